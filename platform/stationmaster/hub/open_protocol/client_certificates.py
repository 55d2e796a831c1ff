"""Clients' certificates at the hub: whose each is, whether it was revoked, and new ones where the hub may sign.

TLS has verified a certificate before it gets here: its authority, its purpose, its time. Which identity it is for says
its one common name. The authority's list of revoked ones is read anew when its file has changed; a list that cannot be
read leaves the one before standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from stationmaster.hub.open_protocol.authority import Authority, load_certificate, read_revoked
from stationmaster.hub.open_protocol.certificates import pem_of, request_of, subject_of
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["ClientCertificates", "Shown", "Signed"]

_LOG = get_logger("security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a client's certificate says: for whom it is, and its serial number in hexadecimal digits."""

    name: str
    serial: str
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A new certificate and that of its authority, in PEM, and its serial number in hexadecimal digits."""

    certificate: str
    authority: str
    serial: str


class ClientCertificates:
    """Args:
        authority: the file with the certificates of those who may sign clients' certificates.
        revoked: the first one's list of those that do not count any more; None: there is none.
        signing: the folder of a station's own authority, if the hub is to sign.

    Raises:
        StationError: `pki-file` if a file cannot be used.

    """

    def __init__(self, authority: Path, revoked: Path | None, signing: Path | None) -> None:
        self._authority = load_certificate(authority)
        self._file = revoked
        self._signing = None if signing is None else Authority(signing)
        self._seen = self._state()
        self._revoked = self._read()

    @property
    def signs(self) -> bool:
        """Whether certificates can be made here."""
        return self._signing is not None

    def shown(self, der: bytes) -> Shown:
        """What a certificate says that TLS has verified."""
        certificate = x509.load_der_x509_certificate(der)
        return Shown(
            name=subject_of(certificate.subject),
            serial=f"{certificate.serial_number:x}",
            revoked=certificate.serial_number in self._revoked,
        )

    def is_revoked(self, serial: str) -> bool:
        """Whether this one does not count any more."""
        return int(serial, 16) in self._revoked

    def look(self) -> bool:
        """Read the list again if its file has changed; whether there is something new in it."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        before = self._revoked
        try:
            self._revoked = self._read()
        except StationError as error:
            _LOG.error("revoked-list-unusable", problem=str(error), todo="mend it; the one before goes on counting")
            return False
        _LOG.info("revoked-list-read", certificates=len(self._revoked))
        return self._revoked != before

    def sign(self, request: str, identity: str, now: datetime) -> Signed:
        """A certificate for an identity that asks for one. Takes a while: it is written to disk.

        Raises:
            StationError: `bad-request` if it is no request, or one for somebody else; `no-signing`; `pki-file`.

        """
        if self._signing is None:
            raise StationError("no-signing", "This hub signs no certificates.", "Enrol for a token.")
        name, key = request_of(request)
        if name != identity:
            raise StationError("bad-request", f"The request is for {name!r}.", f"Make one for {identity}.")
        made = self._signing.issue(key, name=identity, now=now)
        return Signed(
            certificate=pem_of(made), authority=pem_of(self._signing.certificate), serial=f"{made.serial_number:x}"
        )

    def revoke(self, serials: list[str], now: datetime) -> None:
        """Put these on the authority's list, if it is ours.

        Raises:
            StationError: `pki-file`.

        """
        if self._signing is not None and serials:
            self._signing.revoke([int(serial, 16) for serial in serials], now)

    def _read(self) -> frozenset[int]:
        if self._file is None:
            return frozenset()
        return frozenset(each.serial for each in read_revoked(self._file, self._authority))

    def _state(self) -> tuple[int, int] | None:
        try:
            found = None if self._file is None else self._file.stat()
        except OSError:
            return None
        return None if found is None else (found.st_ino, found.st_mtime_ns)
