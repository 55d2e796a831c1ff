"""A station's own authority: a folder with its key, its certificate, what it has issued and what it has revoked.

`authority.key` and `authority.pem` are the authority's own; `issued/` has every certificate under its serial number;
`revoked.pem` is the signed list of those that do not count any more. There is no other book that could differ from
these. Every file is replaced as a whole, so that whoever reads one meanwhile reads the old one or the new one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from stationmaster.hub.open_protocol.certificates import (
    CERTIFICATE_DAYS,
    Certified,
    Revoked,
    certified,
    certify,
    certify_authority,
    pem_of,
    pem_of_key,
    revocation_list,
)
from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError

__all__ = ["Authority", "load_certificate", "load_key", "read_revoked", "write_private"]

_KEY, _CERTIFICATE, _REVOKED, _ISSUED, _LOCK = "authority.key", "authority.pem", "revoked.pem", "issued", ".lock"


class Authority:
    """The authority in a folder.

    Args:
        folder: where it is.

    Raises:
        StationError: `pki-file` if it is not there or cannot be used.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = load_certificate(folder / _CERTIFICATE)
        self._key = load_key(folder / _KEY)
        if self._key.public_key() != self.certificate.public_key():
            raise _unusable(folder / _KEY, "is not the key of authority.pem")

    @staticmethod
    def create(folder: Path, name: str, now: datetime) -> Authority:
        """Make a new authority.

        Raises:
            StationError: `pki-exists`, `bad-name`, `pki-file`.

        """
        if (folder / _KEY).exists() or (folder / _CERTIFICATE).exists():
            raise StationError("pki-exists", f"There is an authority in {folder} already.", "Name another folder.")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = certify_authority(key, name, now)
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            (folder / _ISSUED).mkdir(exist_ok=True)
            write_private(folder / _KEY, pem_of_key(key))
            write_durably(folder / _CERTIFICATE, pem_of(certificate))
        made = Authority(folder)
        made._publish((), now)
        return made

    def issue(
        self,
        public_key: ec.EllipticCurvePublicKey,
        *,
        name: str,
        hosts: Sequence[str] = (),
        now: datetime,
        days: int = CERTIFICATE_DAYS,
    ) -> x509.Certificate:
        """A certificate for a hub that is reached at `hosts`, or without any for the subsystem `name`.

        Raises:
            StationError: `bad-name`, `bad-host`, `pki-file`.

        """
        certificate = certify(self.certificate, self._key, public_key, name=name, hosts=hosts, now=now, days=days)
        file = self.folder / _ISSUED / f"{certificate.serial_number:040x}.pem"
        with _writing(file):
            write_durably(file, pem_of(certificate))
        return certificate

    def issued(self) -> list[Certified]:
        """Every certificate that was issued, the first to expire first.

        Raises:
            StationError: `pki-file`.

        """
        files = (self.folder / _ISSUED).glob("*.pem")
        return sorted((certified(load_certificate(file)) for file in files), key=lambda each: (each.until, each.serial))

    def revoked(self) -> dict[int, Revoked]:
        """The certificates that do not count any more, by serial number.

        Raises:
            StationError: `pki-file`.

        """
        return {each.serial: each for each in read_revoked(self.folder / _REVOKED, self.certificate)}

    def revoke(self, serials: Iterable[int], now: datetime) -> None:
        """Have these count no more; the list is signed anew, even without any.

        Raises:
            StationError: `pki-file`.

        """
        with self._alone():
            known = self.revoked()
            for serial in serials:
                known.setdefault(serial, Revoked(serial=serial, at=now))
            self._publish(known.values(), now)

    def _publish(self, revoked: Iterable[Revoked], now: datetime) -> None:
        made = revocation_list(self.certificate, self._key, revoked, now)
        with _writing(self.folder / _REVOKED):
            write_durably(self.folder / _REVOKED, made.public_bytes(Encoding.PEM).decode("ascii"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The hub and a person may both be at it."""
        with _writing(self.folder / _LOCK), (self.folder / _LOCK).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def read_revoked(file: Path, authority: x509.Certificate) -> tuple[Revoked, ...]:
    """What an authority's list of revoked certificates says.

    Raises:
        StationError: `pki-file` if it cannot be read, or another authority has signed it.

    """
    try:
        found = x509.load_pem_x509_crl(file.read_bytes())
        good = found.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # of a kind that signs
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(file, f"is no list of revoked certificates: {error}") from error
    if not good:
        raise _unusable(file, "is not signed by the authority")
    return tuple(Revoked(serial=each.serial_number, at=each.revocation_date_utc) for each in found)


def load_certificate(file: Path) -> x509.Certificate:
    """The first certificate of a file.

    Raises:
        StationError: `pki-file`.

    """
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(file, f"is no certificate in PEM: {error}") from error


def load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file.

    Raises:
        StationError: `pki-file`.

    """
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(file, f"is no key in PEM without a password: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(file, "is no EC key")
    return key


def write_private(path: Path, text: str) -> None:
    """Put `text` in place of what the file holds, for its owner alone to read.

    Raises:
        OSError: it could not be written; the file is as it was.

    """
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    write_durably(path, text)  # by way of the same draft, which keeps its mode


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StationError("pki-file", f"{place} cannot be written: {error.strerror or error}.", "Mend it.") from error


def _unusable(file: Path, problem: str) -> StationError:
    return StationError("pki-file", f"{file} {problem}.", "`stationmaster pki init` makes an authority.")
