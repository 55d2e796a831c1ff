"""Connections in memory: bytes wait until a test lets them through, and a full wire pauses who writes to it."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

CAPACITY = 64 * 1024


class Wire:
    """One end of a connection, as its protocol sees it."""

    def __init__(self, protocol: Protocol, name: str) -> None:
        self.protocol = protocol
        self.name = name
        self.peer: Wire
        self.buffer = bytearray()
        self.written = 0
        self.most = 0
        self.connected = True
        self.closing = False
        self.reading = True
        self.blocked = False
        self.producer: Any = None
        self._paused = False

    def write(self, data: bytes) -> None:
        """Bytes for the peer; after closing began they are dropped, as a socket does."""
        if not self.connected or self.closing:
            return
        self.buffer += data
        self.written += len(data)
        self.most = max(self.most, len(self.buffer))
        if self.producer is not None and len(self.buffer) > CAPACITY and not self._paused:
            self._paused = True
            self.producer.pauseProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802 - Twisted's name
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802 - Twisted's name
        self.producer = None

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.reading = False

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.reading = True

    def loseConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.closing = True

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.buffer.clear()
        self.end(ConnectionAborted())

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802 - Twisted's name
        assert enabled

    def getPeer(self) -> str:  # noqa: N802 - Twisted's name
        return self.peer.name

    def carry(self, most: int = 1 << 30) -> bool:
        """Let up to `most` bytes through to the peer; False if nothing moved."""
        if not self.connected or self.blocked or not self.peer.reading:
            return False
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        if data and not self.peer.closing:
            self.peer.protocol.dataReceived(data)
        moved = bool(data)
        if self._paused and not self.buffer and self.connected:
            self._paused = False
            if self.producer is not None:
                self.producer.resumeProducing()
            moved = True
        if self.closing and not self.buffer and self.connected and self.producer is None:
            self.end(ConnectionDone())
            moved = True
        return moved

    def end(self, reason: Exception) -> None:
        """Both ends learn that the connection is gone."""
        for wire in (self, self.peer):
            if wire.connected:
                wire.connected = False
                wire.protocol.connectionLost(Failure(reason))


def joined(server: Protocol, client: Protocol) -> tuple[Wire, Wire]:
    """A connection between two protocols; the wires of the server and of the client."""
    there, here = Wire(server, "hub"), Wire(client, "client")
    there.peer, here.peer = here, there
    server.makeConnection(there)
    client.makeConnection(here)
    return there, here
