"""A speech chip that is not there: reads frames as the data sheets say and answers as the chips do.

It is written from the frame's description alone and shares nothing with the driver, so that a mistake in one is not
a mistake in both. `ChipSimulator` is pure but for machine time; `ChipOnPty` puts it behind a pseudo-terminal. It can
be told to misbehave: to be silent, to refuse frames, to swallow some, never to end, to start anew.
"""

from __future__ import annotations

import os
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_service.serial_input import ReadingReactor

__all__ = ["ChipOnPty", "ChipSimulator", "ChipWays", "Heard"]

READY, ACCEPTED, BAD, BUSY, IDLE = b"\x4a", b"\x41", b"\x45", b"\x4e", b"\x4f"
_CODECS = {0: "gb2312", 1: "gbk", 2: "big5", 3: "utf-16-be", 4: "utf-16-le", 5: "utf-8"}
_SLEEP = {"syn6288": 0x88, "xfs5152ce": 0x88, "syn8086": 0x22}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One text that it was given: its bytes decoded by the encoding that the frame named, and the music asked for."""

    text: str
    encoding: int
    music: int = 0


@dataclass(slots=True, kw_only=True)
class ChipWays:
    """How it behaves; a test changes it while it runs.

    `refuse` and `swallow` count frames of text that are answered with 45, or lost on the line. `tells_idle` is whether
    it says by itself that it has come to an end, `idle_at_first` whether it is idle for a moment before it begins.
    """

    silent: bool = False
    refuse: int = 0
    swallow: int = 0
    never_ends: bool = False
    tells_idle: bool = True
    idle_at_first: bool = False
    seconds_a_character: float = 0.2


class ChipSimulator:
    """One chip.

    Args:
        model: `syn6288` (with a checksum), `xfs5152ce` or `syn8086`.
        reactor: machine time, in which it speaks.
        answer: takes the bytes that it sends.

    """

    def __init__(self, model: str, reactor: MachineTime, answer: Callable[[bytes], None]) -> None:
        self.ways = ChipWays()
        self.heard: list[Heard] = []
        self.said: list[str] = []
        """What it has spoken to the end."""
        self.stopped = 0
        self.asleep = False
        self._model = model
        self._reactor = reactor
        self._answer = answer
        self._buffer = b""
        self._speaking: DelayedCall | None = None

    @property
    def speaking(self) -> bool:
        """Whether it is speaking now."""
        return self._speaking is not None

    def switch_on(self) -> None:
        """As after power has come back: what it was saying is forgotten."""
        self._hush()
        self.asleep = False
        self._buffer = b""
        self._say(READY)

    def receive(self, data: bytes) -> None:
        """Bytes from the line; what is no frame is passed over until the next head."""
        if self.asleep and self._model == "syn6288":
            self.asleep = False  # the first bytes wake it and are lost
            return
        self._buffer += data
        while True:
            start = self._buffer.find(b"\xfd")
            self._buffer = self._buffer[start:] if start >= 0 else b""
            if len(self._buffer) < 3:
                return
            length = self._buffer[1] << 8 | self._buffer[2]
            if len(self._buffer) < 3 + length:
                return
            frame, self._buffer = self._buffer[: 3 + length], self._buffer[3 + length :]
            self._frame(frame)

    def _frame(self, frame: bytes) -> None:
        body = frame[3:]
        if self._model == "syn6288":
            sum_ = 0
            for byte in frame[:-1]:
                sum_ ^= byte
            if sum_ != frame[-1]:
                self._say(BAD)
                return
            body = body[:-1]
        if self.asleep and body[:1] != b"\xff":
            return
        command = body[0] if body else 0
        if command == 0x01 and len(body) > 2:
            self._text(body[1], body[2:])
        elif command == 0x21:
            self._say(BUSY if self._speaking else IDLE)
        elif command in (0x02, 0x03, 0x04, 0xFF, _SLEEP[self._model]):
            self.stopped += command == 0x02 and self._speaking is not None
            if command in (0x02, _SLEEP[self._model]):
                self._hush()
            self.asleep = command == _SLEEP[self._model]
            self._say(ACCEPTED)
        else:
            self._say(BAD)

    def _text(self, parameter: int, data: bytes) -> None:
        if self.ways.swallow:
            self.ways.swallow -= 1
            return
        limit = 200 if self._model == "syn6288" else 4096
        encoding = parameter & 7
        if self.ways.refuse or len(data) > limit or encoding not in _CODECS:
            self.ways.refuse = max(0, self.ways.refuse - 1)
            self._say(BAD)
            return
        try:
            text = data.decode(_CODECS[encoding])
        except UnicodeDecodeError:
            self._say(BAD)
            return
        self._hush()
        self.heard.append(Heard(text=text, encoding=encoding, music=parameter >> 3))
        self._say(ACCEPTED)
        if self.ways.idle_at_first:
            self._say(IDLE)
        seconds = 1e6 if self.ways.never_ends else self.ways.seconds_a_character * len(text)
        self._speaking = self._reactor.callLater(seconds, self._ended, text)

    def _ended(self, text: str) -> None:
        self._speaking = None
        self.said.append(text)
        if self.ways.tells_idle:
            self._say(IDLE)

    def _hush(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None

    def _say(self, status: bytes) -> None:
        if not self.ways.silent:
            self._answer(status)


@implementer(IReadDescriptor)
class ChipOnPty:
    """A simulated chip behind a pseudo-terminal; `path` is what the driver opens.

    Args:
        model: as of `ChipSimulator`.
        reactor: waits for bytes, and is the machine's time.

    """

    def __init__(self, model: str, reactor: Any) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = Path(os.ttyname(self._slave))
        self.chip = ChipSimulator(model, reactor, self._send)
        self._reactor: ReadingReactor = reactor
        self._reactor.addReader(self)

    def close(self) -> None:
        """Unplug it."""
        self._reactor.removeReader(self)
        os.close(self._master)
        os.close(self._slave)

    def fileno(self) -> int:
        """The end that the chip has."""
        return self._master

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        self.chip.receive(os.read(self._master, 65536))

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """The reactor lets go of it."""

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        return "chip"

    def _send(self, data: bytes) -> None:
        os.write(self._master, data)
