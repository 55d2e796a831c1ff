"""Contacts behind a network: a box that says in lines of text over TCP which of its lines are closed.

The box listens. It sends a line of ASCII whenever a contact changes and at least once a second:

    contacts door=open fire-1=closed fire-2=open

Each line names all contacts of the box. Nothing is sent to it. A box from which nothing comes for three seconds, and
one that says something else, is lost: it is left and connected to again.
"""

from __future__ import annotations

import re
from typing import Any, cast

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from stationmaster_broadcast.emergencies.contacts import ContactParts, ContactsHeard
from stationmaster_service.interfaces import DelayedCall, TCPReactor

__all__ = ["SILENT_S", "TextContacts", "read_contacts", "text_contacts"]

SILENT_S = 3.0
"""Machine seconds without a word after which the box is lost."""

AGAIN_S = 1.0
"""Machine seconds after which it is connected to again."""

LONGEST = 4096

_LINE = re.compile(rb"contacts((?: [A-Za-z0-9][A-Za-z0-9_.-]{0,63}=(?:open|closed))*)\Z")


def read_contacts(line: bytes) -> tuple[frozenset[str], frozenset[str]] | None:
    """The contacts that are closed, and all, of a line without its end; None if it is none, or names one twice."""
    found = _LINE.match(line)
    if found is None:
        return None
    pairs = [word.partition("=") for word in found[1].decode("ascii").split()]
    if len({name for name, _, _ in pairs}) != len(pairs):
        return None
    return frozenset(name for name, _, state in pairs if state == "closed"), frozenset(name for name, _, _ in pairs)


class _Wire(LineOnlyReceiver):
    """One connection."""

    delimiter = b"\n"
    MAX_LENGTH = LONGEST

    def __init__(self, driver: TextContacts) -> None:
        self._driver = driver

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        self._driver.line(self, line.removesuffix(b"\r"))

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802, ARG002 - Twisted's name
        self._driver.gone(self, "it says something else")

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        self._driver.gone(self, reason.getErrorMessage())

    def leave(self) -> None:
        """End it now."""
        if self.transport is not None:
            cast("Any", self.transport).abortConnection()


class _Wires(Factory):
    noisy = False

    def __init__(self, driver: TextContacts) -> None:
        self._driver = driver

    def buildProtocol(self, addr: IAddress | None) -> _Wire:  # noqa: ARG002, N802 - Twisted's name
        return self._driver.connected(_Wire(self._driver))

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:  # noqa: ARG002, N802 - Twisted's name
        self._driver.gone(None, reason.getErrorMessage())

    def startedConnecting(self, connector: Any) -> None:  # noqa: N802 - Twisted's name
        """Nothing to do."""

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """The wire has said so already."""


class TextContacts:
    """One box; a `ContactDriver`.

    Args:
        host, port: where it listens.
        reactor: connections and machine time.
        heard: who is told.

    """

    def __init__(self, host: str, port: int, *, reactor: TCPReactor, heard: ContactsHeard) -> None:
        self._host, self._port = host, port
        self._reactor = reactor
        self._heard = heard
        self._wire: _Wire | None = None
        self._connector: Any = None
        self._silent: DelayedCall | None = None
        self._again: DelayedCall | None = None
        self._running = False

    def start(self) -> None:
        """Connect, and connect again whenever it is lost."""
        self._running = True
        self._connect()

    def stop(self) -> None:
        """Let go of it."""
        self._running = False
        self._calm()
        if self._again is not None and self._again.active():
            self._again.cancel()
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.leave()
        elif self._connector is not None:
            self._connector.disconnect()

    def connected(self, wire: _Wire) -> _Wire:
        """From the factory: there is a connection."""
        self._wire = wire
        self._listen()
        return wire

    def line(self, wire: _Wire, line: bytes) -> None:
        """From a wire: a line has come."""
        if wire is not self._wire:
            return
        found = read_contacts(line)
        if found is None:
            self.gone(wire, "it says something else")
            return
        self._listen()
        self._heard.seen(*found)

    def gone(self, wire: _Wire | None, why: str) -> None:
        """From a wire, or from nobody: there is no connection any more."""
        if not self._running or wire is not self._wire:
            return
        self._wire = None
        self._calm()
        if wire is not None:
            wire.leave()
        self._again = self._reactor.callLater(AGAIN_S, self._connect)
        self._heard.lost(f"{self._host}:{self._port}: {why}")

    def _connect(self) -> None:
        self._connector = self._reactor.connectTCP(self._host, self._port, _Wires(self), timeout=SILENT_S)

    def _listen(self) -> None:
        self._calm()
        self._silent = self._reactor.callLater(SILENT_S, self.gone, self._wire, "nothing comes from it")

    def _calm(self) -> None:
        if self._silent is not None and self._silent.active():
            self._silent.cancel()
        self._silent = None


def text_contacts(parts: ContactParts) -> TextContacts:
    """The driver `text-lines`: `host` and `port`."""
    return TextContacts(
        parts.table.text("host"),
        parts.table.integer("port", low=1, high=65535),
        reactor=parts.reactor,
        heard=parts.heard,
    )
