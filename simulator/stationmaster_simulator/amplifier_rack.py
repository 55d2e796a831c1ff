"""An amplifier rack that is not there: channels, lines of loudspeakers and a matrix, told in lines of text.

It is written from the protocol's description in `docs/loudspeakers.md` alone and shares nothing with the driver.
`AmplifierRack` is pure: bytes go in, bytes come out. It knows what is to be heard on each line, so that a test or a
demonstration can ask the loudspeakers and not the driver. `RackFactory` listens for it, `RackOnPty` puts it behind a
pseudo-terminal.
"""

from __future__ import annotations

import os
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from twisted.internet.interfaces import IAddress, IReadDescriptor
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_service.serial_input import ReadingReactor

__all__ = ["AmplifierRack", "RackFactory", "RackOnPty", "RackWays"]


@dataclass(slots=True, kw_only=True)
class RackWays:
    """How it behaves; a test changes it while it runs.

    `silent`: it says nothing. `deaf`: it connects nothing, and says that it did. `mute_notices`: it says by itself of
    no change.
    """

    silent: bool = False
    deaf: bool = False
    mute_notices: bool = False


@dataclass(slots=True, kw_only=True)
class AmplifierRack:
    """One rack.

    Args:
        channels: how many amplifiers it has.
        lines: how many lines of loudspeakers.
        inputs: how many inputs.

    """

    channels: int = 4
    lines: int = 4
    inputs: int = 4
    ways: RackWays = field(default_factory=RackWays)
    unit_fault: str = ""
    channel_faults: dict[int, str] = field(default_factory=dict)
    line_faults: dict[int, str] = field(default_factory=dict)
    connected: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By line: channel and input."""
    commands: list[str] = field(default_factory=list)
    """All that it was told to do, without questions."""
    said: list[Callable[[bytes], None]] = field(default_factory=list)
    """Who hears what it says by itself."""
    held: bytes = b""

    def heard(self, line: int) -> int | None:
        """The input that is to be heard on a line; None if it is silent."""
        if line not in self.connected or line in self.line_faults or self.unit_fault:
            return None
        channel, source = self.connected[line]
        return None if channel in self.channel_faults else source

    def fault(self, *, channel: int | None = None, line: int | None = None, why: str = "overtemperature") -> None:
        """A channel or a line fails."""
        if channel is not None:
            self.channel_faults[channel] = why
        if line is not None:
            self.line_faults[line] = why
        self._notice()

    def mend(self) -> None:
        """Everything is well again."""
        self.unit_fault = ""
        self.channel_faults.clear()
        self.line_faults.clear()
        self._notice()

    def switch_off_and_on(self) -> None:
        """It forgets what was connected."""
        self.connected.clear()
        self.held = b""

    def receive(self, data: bytes) -> bytes:
        """Bytes from the line; what it answers."""
        self.held += data
        *lines, self.held = self.held.split(b"\r\n")
        answers = [self._do(line.decode("ascii", "replace").split()) for line in lines if line.strip()]
        return b"" if self.ways.silent else "".join(f"{answer}\r\n" for answer in answers).encode("ascii")

    def _do(self, words: list[str]) -> str:
        command, *rest = words
        if command == "STATE" and not rest:
            return self._state()
        self.commands.append(" ".join(words))
        if not all(word.isascii() and word.isdecimal() for word in rest):
            return "ERROR 2 numbers are expected"
        numbers = [int(word) for word in rest]
        if command == "OPEN" and len(numbers) == 1:
            return self._open(*numbers)
        if command == "CONNECT" and len(numbers) == 3:
            return self._connect(*numbers)
        return "ERROR 1 no such command"

    def _open(self, line: int) -> str:
        if not 1 <= line <= self.lines:
            return "ERROR 3 no such line"
        if not self.ways.deaf:
            self.connected.pop(line, None)
        return "OK"

    def _connect(self, line: int, channel: int, source: int) -> str:
        if not (1 <= line <= self.lines and 1 <= channel <= self.channels and 1 <= source <= self.inputs):
            return "ERROR 3 no such line, channel or input"
        others = {made[1] for at, made in self.connected.items() if made[0] == channel and at != line}
        if others - {source}:
            return "ERROR 4 the channel has another input"
        if not self.ways.deaf:
            self.connected[line] = (channel, source)
        return "OK"

    def _state(self) -> str:
        answer = ["STATE", f"UNIT {_standing(self.unit_fault)}"]
        for channel in range(1, self.channels + 1):
            answer.append(f"CHANNEL {channel} {_standing(self.channel_faults.get(channel, ''))}")
        for line in range(1, self.lines + 1):
            made = self.connected.get(line)
            where = "OPEN" if made is None else f"CHANNEL {made[0]} INPUT {made[1]}"
            answer.append(f"LINE {line} {_standing(self.line_faults.get(line, ''))} {where}")
        return "\r\n".join([*answer, "END"])

    def _notice(self) -> None:
        if not self.ways.silent and not self.ways.mute_notices:
            for say in self.said:
                say(b"CHANGED\r\n")


def _standing(fault: str) -> str:
    return f"FAULT {fault}" if fault else "OK"


class RackFactory(Factory):
    """Listens for one rack; several may be connected to it at once."""

    noisy = False

    def __init__(self, rack: AmplifierRack) -> None:
        self.rack = rack
        self.wires: list[RackWire] = []

    def buildProtocol(self, addr: IAddress | None) -> RackWire:  # noqa: ARG002, N802 - Twisted's name
        return RackWire(self)

    def cut(self) -> None:
        """Break every connection, as a cable would."""
        for wire in list(self.wires):
            cast("Any", wire.transport).abortConnection()


class RackWire(Protocol):
    """A connection to a rack."""

    def __init__(self, factory: RackFactory) -> None:
        self._factory = factory

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._factory.wires.append(self)
        self._factory.rack.said.append(self._say)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._say(self._factory.rack.receive(data))

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: ARG002, N802 - Twisted's name
        self._factory.wires.remove(self)
        self._factory.rack.said.remove(self._say)

    def _say(self, data: bytes) -> None:
        cast("Any", self.transport).write(data)


@implementer(IReadDescriptor)
class RackOnPty:
    """A rack behind a pseudo-terminal; `path` is what the driver opens."""

    def __init__(self, rack: AmplifierRack, reactor: ReadingReactor) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = Path(os.ttyname(self._slave))
        self._rack = rack
        self._reactor = reactor
        rack.said.append(self._say)
        reactor.addReader(self)

    def close(self) -> None:
        """Unplug it."""
        self._rack.said.remove(self._say)
        self._reactor.removeReader(self)
        os.close(self._master)
        os.close(self._slave)

    def fileno(self) -> int:
        """The end that the rack has."""
        return self._master

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        self._say(self._rack.receive(os.read(self._master, 65536)))

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """The reactor lets go of it."""

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        return "rack"

    def _say(self, data: bytes) -> None:
        if data:
            os.write(self._master, data)
