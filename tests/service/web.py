"""A browser for tests: one connection to a site over a string transport."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.web.server import Site


class Browser:
    """One HTTP/1.1 connection; answers pile up in `answer`."""

    def __init__(self, site: Site) -> None:
        self.transport = StringTransport(peerAddress=IPv4Address("TCP", "127.0.0.1", 40000))
        site.doStart()
        protocol = site.buildProtocol(IPv4Address("TCP", "127.0.0.1", 40000))
        assert protocol is not None
        self.protocol = protocol
        self.protocol.makeConnection(self.transport)

    def ask(self, method: str, path: str, headers: str = "", *, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Send a request that is answered at once; its code, headers (lower case) and body."""
        self.send(method, path, f"{headers}Content-Length: {len(body)}\r\n" if body else headers)
        if body:
            self.protocol.dataReceived(body)
        return self.take()

    def send(self, method: str, path: str, headers: str = "") -> None:
        """Send a request; the answer may come later."""
        self.protocol.dataReceived(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())

    def take(self) -> tuple[int, dict[str, str], bytes]:
        """The answer that has come by now."""
        raw = self.transport.value()
        self.transport.clear()
        head, _, body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        found = {name.lower(): value for name, _, value in pairs}
        if found.get("transfer-encoding") == "chunked":
            body = unchunk(body)
        return int(status.split()[1]), found, body


def unchunk(body: bytes) -> bytes:
    """The content of a chunked body, whether or not it has ended."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        content += rest[:length]
        body = rest[length + 2 :]
    return content
