"""A simulated contact box on a TCP port: it says in lines of text which of its contacts are closed.

It can be told to be silent, to say nonsense, and to drop whoever listens; a contact bounces if a test moves it quickly.
Run by itself (`python -m stationmaster_simulator.contact_box PORT door fire-1`) it reads `door=closed` from its
standard input, a line for each change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, cast

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from stationmaster_service.interfaces import DelayedCall, TCPReactor

__all__ = ["ContactBox"]

EVERY_S = 1.0
"""Machine seconds between two lines while nothing changes."""


class _Listener(Protocol):
    """Whoever is connected."""

    def __init__(self, box: ContactBox) -> None:
        self._box = box

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._box.joined(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802, ARG002 - Twisted's name
        self._box.left(self)

    def say(self, data: bytes) -> None:
        """Send this."""
        cast("Any", self.transport).write(data)

    def drop(self) -> None:
        """End it now."""
        cast("Any", self.transport).abortConnection()


class ContactBox(Factory):
    """The box, and the factory of its port.

    Args:
        names: its contacts, all of them open.
        reactor: machine time and the port.

    """

    noisy = False

    def __init__(self, names: Iterable[str], reactor: TCPReactor) -> None:
        self.silent = False
        """Whether it says nothing, as a box that hangs."""
        self._closed = dict.fromkeys(names, False)
        self._reactor = reactor
        self._listeners: list[_Listener] = []
        self._next: DelayedCall | None = None

    def buildProtocol(self, addr: IAddress | None) -> _Listener:  # noqa: ARG002, N802 - Twisted's name
        return _Listener(self)

    def set(self, name: str, closed: bool) -> None:
        """Close or open a contact; whoever listens hears of it at once.

        Raises:
            KeyError: the box has no such contact.

        """
        if name not in self._closed:
            raise KeyError(name)
        self._closed[name] = closed
        self._say()

    def say(self, line: bytes) -> None:
        """Say something else."""
        for listener in self._listeners:
            listener.say(line)

    def drop(self) -> None:
        """Drop whoever listens."""
        for listener in list(self._listeners):
            listener.drop()

    def joined(self, listener: _Listener) -> None:
        """From a connection."""
        self._listeners.append(listener)
        self._say()

    def left(self, listener: _Listener) -> None:
        """From a connection."""
        self._listeners.remove(listener)
        if not self._listeners and self._next is not None:
            self._next.cancel()
            self._next = None

    def _say(self) -> None:
        if self._next is not None and self._next.active():
            self._next.cancel()
        self._next = self._reactor.callLater(EVERY_S, self._say) if self._listeners else None
        if not self.silent:
            words = [f"{name}={'closed' if closed else 'open'}" for name, closed in self._closed.items()]
            self.say(" ".join(["contacts", *words]).encode("ascii") + b"\n")


class _Hand(LineOnlyReceiver):
    """Moves contacts as standard input says."""

    delimiter = b"\n"

    def __init__(self, box: ContactBox) -> None:
        self._box = box

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        name, _, state = line.decode("ascii", "replace").strip().partition("=")
        if state in ("open", "closed"):
            self._box.set(name, state == "closed")


def main(port: int, names: list[str]) -> None:
    """Be a box until killed."""
    from twisted.internet import reactor  # noqa: PLC0415 - only the composition root has it

    box = ContactBox(names, cast("TCPReactor", reactor))
    cast("TCPReactor", reactor).listenTCP(port, box, interface="127.0.0.1")
    StandardIO(_Hand(box))
    cast("Any", reactor).callWhenRunning(lambda: print("ready", flush=True))  # noqa: T201 - whoever started it waits
    cast("Any", reactor).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
