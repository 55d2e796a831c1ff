"""What a TCP or TLS connection can do, as far as it is used here; Twisted's own interfaces are not types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from twisted.internet.interfaces import IHalfCloseableDescriptor, ISSLTransport

from stationmaster_protocol.hub_side import Peer

__all__ = ["StreamTransport", "close_in_order", "flusher", "peer_of", "peer_text"]


class StreamTransport(Protocol):
    """One open connection."""

    def write(self, data: bytes, /) -> None: ...
    def registerProducer(self, producer: object, streaming: bool, /) -> None: ...  # noqa: N802 - Twisted's name
    def unregisterProducer(self) -> None: ...  # noqa: N802 - Twisted's name
    def pauseProducing(self) -> None: ...  # noqa: N802 - Twisted's name
    def resumeProducing(self) -> None: ...  # noqa: N802 - Twisted's name
    def loseConnection(self) -> None: ...  # noqa: N802 - Twisted's name
    def abortConnection(self) -> None: ...  # noqa: N802 - Twisted's name
    def setTcpNoDelay(self, enabled: bool, /) -> None: ...  # noqa: N802 - Twisted's name
    def getPeer(self) -> object: ...  # noqa: N802 - Twisted's name


class _Certificate(Protocol):
    def to_cryptography(self) -> Certificate: ...


class _SecureTransport(StreamTransport, Protocol):
    def getPeerCertificate(self) -> _Certificate | None: ...  # noqa: N802 - Twisted's name


class _HalfCloseable(Protocol):
    def loseWriteConnection(self) -> None: ...  # noqa: N802 - Twisted's name


class _Writing(Protocol):
    """What of a connection hands bytes to the system (`IWriteDescriptor`, `IFileDescriptor`)."""

    def doWrite(self) -> object: ...  # noqa: N802 - Twisted's name
    def startWriting(self) -> None: ...  # noqa: N802 - Twisted's name


def flusher(transport: StreamTransport) -> Callable[[], None]:
    """Gives a function that hands to the system at once what was written, as far as it takes it.

    Without it, bytes wait for the reactor's next turn, in which a thousand connections are each asked whether they can
    write, and each is heard out as well if it has said something. What is wrong with one is left to the reactor.
    """
    lowest: object = getattr(transport, "transport", transport)  # TLS lies over the connection itself
    if not hasattr(lowest, "doWrite"):
        return lambda: None
    writing = cast("_Writing", lowest)

    def flush() -> None:
        if writing.doWrite() is not None:
            writing.startWriting()

    return flush


def close_in_order(transport: StreamTransport) -> None:
    """Send what is written, say that nothing more comes, and leave the closing to the peer.

    A socket that is closed while bytes lie in it unread resets the connection, and a reset takes with it what the peer
    has not read yet: the very words that say why. So the peer is heard out, without heed, until it closes; the caller
    aborts if it does not. TLS has its own farewell, for whose answer `loseConnection` waits.
    """
    transport.resumeProducing()
    if IHalfCloseableDescriptor.providedBy(transport) and not ISSLTransport.providedBy(transport):
        cast("_HalfCloseable", transport).loseWriteConnection()
    else:
        transport.loseConnection()


def peer_of(transport: StreamTransport) -> Peer:
    """Who is at the other end, as far as the connection says; the certificate only after the TLS handshake."""
    address = transport.getPeer()
    host = str(getattr(address, "host", address))
    if not ISSLTransport.providedBy(transport):
        return Peer(address=host)
    certificate = cast("_SecureTransport", transport).getPeerCertificate()
    der = None if certificate is None else certificate.to_cryptography().public_bytes(Encoding.DER)
    return Peer(address=host, secure=True, certificate=der)


def peer_text(transport: StreamTransport) -> str:
    """The other end's address for people: `10.0.0.7:40122`, `[fd00::7]:40122`, or whatever else it is called."""
    address = transport.getPeer()
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is None or port is None:
        return str(address)
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
