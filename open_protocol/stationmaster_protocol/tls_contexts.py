"""How TLS is spoken here: versions, ciphers, whose certificates are believed, and a plain word for each refusal.

TLS 1.2 and later with forward secrecy and authenticated encryption; no renegotiation, no compression, and no
resumption, so that every connection is judged by the certificates as they are now. Contexts are made from PEM files and
made anew when a file has changed, so that a renewed certificate counts from the next connection on.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from zope.interface import implementer

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["ClientContext", "PemFiles", "ServerContext", "TlsRefused", "explained"]

_LOG = get_logger("tls")

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP"
"""For TLS 1.2; those of 1.3 are all of this kind."""

_DEPTH = 4
"""Certificates between the peer's and the authority's, at most."""

_VERIFICATION = {
    7: ("bad-signature", "a signature in its certificate chain is wrong"),
    9: ("not-yet-valid", "its certificate is not valid yet, or the clock here is wrong"),
    10: ("certificate-expired", "its certificate has expired, or the clock here is wrong"),
    18: ("wrong-authority", "its certificate is signed by itself and by no authority that is believed here"),
    19: ("wrong-authority", "its certificate comes from another authority than those believed here"),
    20: ("wrong-authority", "its certificate comes from another authority than those believed here"),
    21: ("wrong-authority", "its certificate comes from another authority than those believed here"),
    22: ("wrong-authority", "its certificate chain is too long"),
    24: ("wrong-authority", "a certificate in its chain is no authority's"),
    26: ("wrong-purpose", "its certificate is not made for this side of a connection"),
}
"""OpenSSL's `X509_V_ERR_…`: our code, and what it means of the peer."""

_REASONS = {
    "wrong version number": ("not-tls", "it does not speak TLS"),
    "http request": ("not-tls", "it speaks HTTP and not TLS"),
    "packet length too long": ("not-tls", "it does not speak TLS"),
    "record layer failure": ("not-tls", "it does not speak TLS"),
    "unsupported protocol": ("old-tls", "it speaks no TLS later than 1.1"),
    "version too low": ("old-tls", "it speaks no TLS later than 1.1"),
    "no shared cipher": ("no-cipher", "it has none of the ciphers that are allowed here"),
    "unknown ca": ("refused-by-peer", "it does not know the authority of our certificate"),
    "certificate expired": ("refused-by-peer", "it says that our certificate has expired"),
    "certificate revoked": ("refused-by-peer", "it says that our certificate is revoked"),
    "certificate unknown": ("refused-by-peer", "it does not accept our certificate"),
    "bad certificate": ("refused-by-peer", "it does not accept our certificate"),
    "unsupported certificate": ("refused-by-peer", "it does not accept our certificate"),
    "protocol version": ("refused-by-peer", "it speaks none of the TLS versions that are spoken here"),
    "internal error": ("refused-by-peer", "it does not say why"),
    "handshake failure": ("refused-by-peer", "it found nothing in common with us"),
}
"""Parts of OpenSSL's reasons, our own before those that a peer's alert brings."""


class TlsRefused(SSL.Error):
    """A TLS connection that came to nothing: a stable code, and what it is about the peer."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__([("stationmaster", "", problem)])
        self.code = code
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem} ({self.code})"


def explained(error: BaseException | None) -> TlsRefused | None:
    """What an error of OpenSSL's means; None for any other error."""
    if isinstance(error, TlsRefused):
        return error
    if not isinstance(error, SSL.Error):
        return None
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reason = str(queue[-1][-1]).lower() if queue else ""
    for part, (code, problem) in _REASONS.items():
        if part in reason:
            return TlsRefused(code, problem)
    return TlsRefused("tls-failed", f"TLS failed: {reason or error!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PemFiles:
    """Where a side's own certificate is (with those between it and the authority), its key, and whom it believes."""

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    """None: at a client the authorities that the machine believes, at a server nobody."""

    def all(self) -> tuple[Path, ...]:
        """Every file."""
        return tuple(file for file in (self.certificate, self.key, self.authority) if file is not None)


@implementer(IOpenSSLServerConnectionCreator)
class ServerContext:
    """What a server speaks TLS by.

    Args:
        files: its certificate and key; with an authority it asks clients for certificates of that, which they need
            not have.

    Raises:
        StationError: `tls-files` if they cannot be used.

    """

    def __init__(self, files: PemFiles) -> None:
        self._fresh = _Fresh(files, _server_context)

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:  # noqa: N802, ARG002 - Twisted's name and arguments
        """The TLS of a new connection."""
        return SSL.Connection(self._fresh.context(), None)


@implementer(IOpenSSLClientConnectionCreator)
class ClientContext:
    """What a client speaks TLS by.

    Args:
        files: its own certificate and key, if it has them, and whom it believes.
        name: what the hub's certificate has to be made out to, a host name or an address.

    Raises:
        StationError: `tls-files` if they cannot be used.

    """

    def __init__(self, files: PemFiles, name: str) -> None:
        self._name = name
        self._context = _client_context(files, name)

    def clientConnectionForTLS(self, protocol: object) -> SSL.Connection:  # noqa: N802, ARG002 - Twisted's name and arguments
        """The TLS of a new connection."""
        connection = SSL.Connection(self._context, None)
        if _address(self._name) is None:
            connection.set_tlsext_host_name(self._name.encode("idna"))
        return connection


class _Fresh:
    """A context that is made anew when one of its files is another one."""

    def __init__(self, files: PemFiles, make: Callable[[PemFiles], SSL.Context]) -> None:
        self._files = files
        self._make = make
        self._seen = self._state()
        self._context = make(files)

    def context(self) -> SSL.Context:
        """The present one; the last that was good while the files are not."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            try:
                self._context = self._make(self._files)
                _LOG.info("tls-files-read", files=[str(file) for file in self._files.all()])
            except StationError as error:
                _LOG.error("tls-files-unusable", problem=str(error), todo="mend them; the ones before go on counting")
        return self._context

    def _state(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_state_of(file) for file in self._files.all())


def _state_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _server_context(files: PemFiles) -> SSL.Context:
    context = _context(files)
    context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
    if files.authority is None:
        context.set_verify(SSL.VERIFY_NONE)
    else:
        context.set_verify(SSL.VERIFY_PEER, _judge_client)
        _read(files.authority, "certificates", lambda _: context.load_client_ca(str(files.authority).encode()))
    return context


def _client_context(files: PemFiles, name: str) -> SSL.Context:
    context = _context(files)
    if files.authority is None:
        context.set_default_verify_paths()
    context.set_verify(SSL.VERIFY_PEER, partial(_judge_server, name))
    return context


def _context(files: PemFiles) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_verify_depth(_DEPTH)
    certificate, key, authority = files.certificate, files.key, files.authority
    if certificate is not None and key is not None:
        _read(certificate, "a certificate", lambda data: _use_chain(context, data))
        _read(key, "a key without a password", lambda data: _use_key(context, data))
        _read(key, f"the key of {certificate}", lambda _: context.check_privatekey())
    if authority is not None:
        _read(authority, "certificates", lambda _: context.load_verify_locations(str(authority)))
    return context


def _use_chain(context: SSL.Context, data: bytes) -> None:
    own, *between = load_pem_x509_certificates(data)
    context.use_certificate(own)
    for each in between:
        context.add_extra_chain_cert(each)


def _use_key(context: SSL.Context, data: bytes) -> None:
    context.use_privatekey(cast("Any", load_pem_private_key(data, None)))


def _read(file: Path, what: str, use: Callable[[bytes], object]) -> None:
    try:
        use(file.read_bytes())
    except OSError as error:
        raise StationError("tls-files", f"{file} cannot be read: {error.strerror}.", "Mend it.") from error
    except (SSL.Error, ValueError, TypeError) as error:
        raise StationError("tls-files", f"{file} does not hold {what} in PEM.", "See docs/security.md.") from error


def _judge_client(connection: SSL.Connection, certificate: Any, number: int, depth: int, ok: int) -> bool:  # noqa: ARG001 - OpenSSL's
    if not ok:
        raise TlsRefused(*_VERIFICATION.get(number, ("bad-certificate", f"its certificate is refused ({number})")))
    return True


def _judge_server(name: str, connection: SSL.Connection, certificate: Any, *found: int) -> bool:
    _judge_client(connection, certificate, *found)
    _, depth, _ = found
    if depth == 0:
        try:
            if _address(name) is None:
                verify_certificate_hostname(certificate.to_cryptography(), name)
            else:
                verify_certificate_ip_address(certificate.to_cryptography(), name)
        except (VerificationError, CertificateError):
            raise TlsRefused("wrong-name", f"its certificate is not made out to {name}") from None
    return True


def _address(name: str) -> object | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
