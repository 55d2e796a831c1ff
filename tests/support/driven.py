"""A reactor that a test drives: simulated time, descriptors read on demand, datagrams to servers in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import DNSLookupError
from twisted.internet.task import Clock

Server = Callable[[bytes], bytes | None]


class DrivenReactor(Clock):
    """`servers` answer datagrams by (address, port); `hosts` are the names that are known."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[Any] = []
        self.servers: dict[tuple[str, int], Server] = {}
        self.hosts: dict[str, str] = {}
        self.listening: list[_Port] = []

    def addReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        self.readers.remove(reader)

    def read(self) -> None:
        """Let every descriptor be read once."""
        for reader in list(self.readers):
            reader.doRead()

    def listenUDP(self, port: int, protocol: Any, interface: str = "") -> _Port:  # noqa: N802 - Twisted's name
        opened = _Port(self, port, protocol)
        self.listening.append(opened)
        protocol.transport = opened
        protocol.startProtocol()
        return opened

    def resolve(self, name: str, timeout: Any = ()) -> Deferred[str]:
        found = self.hosts.get(name)
        return fail(DNSLookupError(name)) if found is None else succeed(found)


class _Port:
    def __init__(self, reactor: DrivenReactor, port: int, protocol: Any) -> None:
        self._reactor = reactor
        self.port = port
        self.protocol = protocol
        self._peer: tuple[str, int] | None = None
        self.sent: list[tuple[bytes, Any]] = []

    def connect(self, host: str, port: int) -> None:
        self._peer = host, port

    def write(self, data: bytes, addr: Any = None) -> None:
        if self._peer is None:
            self.sent.append((data, addr))
            return
        server = self._reactor.servers.get(self._peer)
        if server is None:
            self.protocol.connectionRefused()
            return
        answer = server(data)
        if answer is not None:
            self._reactor.callLater(1 / 256, self._answered, answer)

    def _answered(self, answer: bytes) -> None:
        if self in self._reactor.listening:
            self.protocol.datagramReceived(answer, self._peer)

    def stopListening(self) -> None:  # noqa: N802 - Twisted's name
        self._reactor.listening.remove(self)
