"""TLS for the open protocol, at both ends: endpoints, what they are told by files, and who is at the other end.

Outside of one machine the protocol goes over TLS and nothing else: `client_endpoint` does not connect to another
machine without a `TlsTrust`, and a hub does not listen for others without a `TlsFiles`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    TCP6ClientEndpoint,
    TCP6ServerEndpoint,
)
from twisted.internet.interfaces import IStreamClientEndpoint, IStreamServerEndpoint
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_protocol.tls_contexts import ClientContext, PemFiles, ServerContext, TlsRefused, explained

__all__ = [
    "Address",
    "ClientEndpoint",
    "Refused",
    "ServerEndpoint",
    "TlsFiles",
    "TlsRefused",
    "TlsTrust",
    "client_endpoint",
    "is_loopback",
    "server_endpoint",
    "tls_factory",
    "tls_needed",
    "trust_from_table",
]

SYSTEM = "system"
"""In place of an authority's file: the authorities that the machine believes."""


class Address(Protocol):
    """Where a hub listens."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class ClientEndpoint(Protocol):
    """Makes connections (`IStreamClientEndpoint`)."""

    def connect(self, factory: Any, /) -> Deferred[Any]: ...


class ServerEndpoint(Protocol):
    """Listens for connections (`IStreamServerEndpoint`)."""

    def listen(self, factory: Any, /) -> Deferred[Any]: ...


Refused = Callable[[str, TlsRefused], None]
"""Told the address, without the port, of a client whose TLS came to nothing, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTrust:
    """How a client knows its hub, and how it shows itself.

    `authority` is a PEM file with those who may have signed the hub's certificate; None: the authorities that the
    machine believes. The certificate has to be made out to the host that is connected to, or to `server_name`.
    `certificate` (with those between it and the authority) and `key` are the client's own, if it has them.
    """

    authority: Path | None = None
    server_name: str = ""
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """A hub's certificate (with those between it and the authority), its key, and who signs clients' certificates.

    Without `client_authority` clients are not asked for certificates; with it they may have one.
    """

    certificate: Path
    key: Path
    client_authority: Path | None = None


def trust_from_table(table: Table, folder: Path) -> TlsTrust | None:
    """Read the optional table `tls` of a subsystem's table: `authority`, `server_name`, `certificate`, `key`.

    Faults go to the table. Relative paths count from `folder`. `authority = "system"` means those that the machine
    believes.
    """
    if "tls" not in table:
        return None
    tls = table.table("tls")
    authority = tls.text("authority")
    own = [folder / tls.text(key) if key in tls else None for key in ("certificate", "key")]
    if (own[0] is None) != (own[1] is None):
        tls.fault("key" if own[1] is None else "certificate", "is missing", "certificate and key, or neither")
    trust = TlsTrust(
        authority=None if authority == SYSTEM else folder / authority,
        server_name=tls.text("server_name") if "server_name" in tls else "",
        certificate=own[0],
        key=own[1],
    )
    tls.finish()
    return trust


def is_loopback(host: str) -> bool:
    """Whether a connection with this address never leaves the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_endpoint(
    reactor: object, address: Address, trust: TlsTrust | None, timeout_s: float = 30.0
) -> ClientEndpoint:
    """Connects to a hub: over TLS with a trust, else in plain text, and that on this machine alone.

    A connection is made when TCP is, before TLS is; when TLS then fails, the protocol is told so by `connectionLost`,
    with a failure of `TlsRefused`, and nothing that was written has been sent.

    Args:
        reactor: makes the connection.
        address: of the hub.
        trust: how the hub is known; its files are read at each connection.
        timeout_s: machine seconds in which TCP has to be connected.

    Returns:
        an endpoint; its `connect` fails with a `StationError` `tls-needed` or `tls-files`, or as TCP does.

    """
    kinds: dict[int, Any] = {0: HostnameEndpoint, 4: TCP4ClientEndpoint, 6: TCP6ClientEndpoint}
    plain: ClientEndpoint = kinds[_version(address.host)](reactor, address.host, address.port, timeout=timeout_s)
    if trust is None and is_loopback(address.host):
        return plain
    return _TlsClient(reactor, plain, address, trust)


def server_endpoint(
    reactor: object, interface: str, port: int, files: TlsFiles | None, refused: Refused = lambda *_: None
) -> ServerEndpoint:
    """Listens: over TLS with files, else in plain text, and that on this machine alone.

    Args:
        reactor: where it listens.
        interface: the address to listen on.
        port: the port; 0 takes a free one.
        files: the server's certificate and key.
        refused: is told of clients whose TLS came to nothing.

    Raises:
        StationError: `tls-needed`, or `tls-files` if they cannot be used.

    """
    kind = TCP6ServerEndpoint if ":" in interface else TCP4ServerEndpoint
    plain: ServerEndpoint = kind(cast("Any", reactor), port, interface=interface)
    if files is None:
        if not is_loopback(interface):
            raise tls_needed(f"listen on {interface}")
        return plain
    context = ServerContext(_server_files(files))
    return _TlsServer(plain, lambda factory: _server_factory(reactor, factory, context, refused))


def tls_factory(
    reactor: object, factory: Factory[Any], files: TlsFiles, refused: Refused = lambda *_: None
) -> Factory[Any]:
    """A factory that speaks TLS to its clients and what `factory` speaks inside of that.

    Raises:
        StationError: `tls-files` if the files cannot be used.

    """
    return _server_factory(reactor, factory, ServerContext(_server_files(files)), refused)


def _version(host: str) -> int:
    """Of an address, 4 or 6; 0 for a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return 0


def tls_needed(what: str) -> StationError:
    """The refusal to `what` in plain text."""
    return StationError(
        "tls-needed",
        f"Cannot {what} without TLS: the open protocol leaves a machine encrypted, or not at all.",
        "Give it certificates (docs/security.md says how), or stay on 127.0.0.1.",
    )


def _server_files(files: TlsFiles) -> PemFiles:
    return PemFiles(certificate=files.certificate, key=files.key, authority=files.client_authority)


class _Transport(TLSMemoryBIOProtocol):
    """TLS on one connection; what it ends with is told in our words.

    It encrypts what it is given at once: messages come in batches already, and Twisted's buffering kind of it would
    have each wait for the reactor's next turn.
    """

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        # Twisted keeps what OpenSSL said here, and tells it to the protocol instead of `reason`.
        said: Failure | None = self._reason
        refused = None if said is None else explained(said.value)
        if refused is not None:
            self._reason = Failure(refused)
            if isinstance(self.factory, _ServerFactory):
                peer: Any = cast("Any", self).getPeer()
                self.factory.refused(str(getattr(peer, "host", peer)), refused)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted's has no types


class _ServerFactory(TLSMemoryBIOFactory):
    protocol = _Transport
    noisy = False
    refused: Refused


def _server_factory(reactor: Any, factory: Factory[Any], context: ServerContext, refused: Refused) -> _ServerFactory:
    made = _ServerFactory(cast("Any", context), False, cast("Any", factory), reactor)
    made.refused = refused
    return made


class _ClientFactory(TLSMemoryBIOFactory):
    protocol = _Transport
    noisy = False


@implementer(IStreamClientEndpoint)
class _TlsClient:
    """TLS over another endpoint."""

    def __init__(self, reactor: Any, endpoint: ClientEndpoint, address: Address, trust: TlsTrust | None) -> None:
        self._reactor = reactor
        self._endpoint = endpoint
        self._address = address
        self._trust = trust

    def connect(self, protocolFactory: Factory[Any]) -> Deferred[Any]:  # noqa: N803 - Twisted's name
        """Connect."""
        trust, host = self._trust, self._address.host
        try:
            if trust is None:
                raise tls_needed(f"connect to {host}")
            files = PemFiles(certificate=trust.certificate, key=trust.key, authority=trust.authority)
            context: Any = ClientContext(files, trust.server_name or host)
        except StationError as error:
            return fail(error)
        factory = _ClientFactory(context, True, cast("Any", protocolFactory), self._reactor)
        connecting: Deferred[Any] = self._endpoint.connect(factory)
        return connecting.addCallback(lambda transport: transport.wrappedProtocol)


@implementer(IStreamServerEndpoint)
class _TlsServer:
    """TLS over another endpoint."""

    def __init__(self, endpoint: ServerEndpoint, wrap: Callable[[Factory[Any]], Factory[Any]]) -> None:
        self._endpoint = endpoint
        self._wrap = wrap

    def listen(self, protocolFactory: Factory[Any]) -> Deferred[Any]:  # noqa: N803 - Twisted's name
        """Listen."""
        listening: Deferred[Any] = self._endpoint.listen(self._wrap(protocolFactory))
        return listening
