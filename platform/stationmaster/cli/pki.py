"""`stationmaster pki`: a station's own authority, on files alone; no hub is needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from stationmaster.hub.open_protocol.authority import Authority, load_certificate, load_key, write_private
from stationmaster.hub.open_protocol.certificates import Certified, Purpose, certified, pem_of, pem_of_key, request_of
from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError

__all__ = ["begin", "issue", "list_certificates", "renew", "revoke"]


def begin(folder: Path, name: str) -> int:
    """Make an authority."""
    made = Authority.create(folder, name, _now())
    sys.stdout.write(f"{folder}: the authority {name!r}, until {_day(made.certificate.not_valid_after_utc)}\n")
    return 0


def issue(folder: Path, name: str, *, hosts: Sequence[str], days: int, request: Path | None) -> int:
    """Make a certificate, and a key unless the key is with who made the request."""
    authority = Authority(folder)
    file = _file(folder, name)
    if file.exists():
        raise StationError("pki-exists", f"{file} is there already.", "`stationmaster pki renew` makes another.")
    if request is None:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
    else:
        key, public = None, _requested(request, name)
    made = authority.issue(public, name=name, hosts=hosts, now=_now(), days=days)
    if key is not None:
        _write(file.with_suffix(".key"), pem_of_key(key), private=True)
    _write(file, pem_of(made))
    _say(file, certified(made))
    return 0


def renew(folder: Path, name: str, *, days: int, new_key: bool) -> int:
    """Make a certificate as the last one of this name, for later; with the same key unless told otherwise."""
    authority = Authority(folder)
    file = _file(folder, name)
    before = certified(load_certificate(file))
    private = file.with_suffix(".key")
    if new_key:
        key = ec.generate_private_key(ec.SECP256R1())
    elif private.exists():
        key = load_key(private)
    else:
        raise StationError("pki-file", f"{private} is not here.", "Issue one for a new request instead.")
    made = authority.issue(key.public_key(), name=name, hosts=before.hosts, now=_now(), days=days)
    if new_key:
        _write(private, pem_of_key(key), private=True)
    _write(file, pem_of(made))
    _say(file, certified(made))
    return 0


def revoke(folder: Path, which: str) -> int:
    """Revoke every certificate of a name, or the one with a serial number in hexadecimal digits."""
    authority = Authority(folder)
    known = authority.revoked()
    found = [
        each for each in authority.issued() if which in (each.name, f"{each.serial:x}") and each.serial not in known
    ]
    if not found:
        raise StationError("pki-unknown", f"No certificate that counts is called {which!r}.", "See `pki list`.")
    authority.revoke([each.serial for each in found], _now())
    for each in found:
        sys.stdout.write(f"{each.name}: certificate {each.serial:x} revoked\n")
    sys.stdout.write(f"Hubs that read {folder / 'revoked.pem'} know it in seconds; take a copy to all others.\n")
    return 0


def list_certificates(folder: Path) -> int:
    """Write a line for each certificate, the first to expire first."""
    authority, now = Authority(folder), _now()
    revoked = authority.revoked()
    for each in authority.issued():
        state = "counts"
        if each.serial in revoked:
            state = f"revoked {_day(revoked[each.serial].at)}"
        elif each.until <= now:
            state = "expired"
        sys.stdout.write(f"{_line(each)}: {state}\n")
    sys.stdout.write(f"The authority is valid until {_day(authority.certificate.not_valid_after_utc)}.\n")
    return 0


def _requested(file: Path, name: str) -> ec.EllipticCurvePublicKey:
    try:
        asked, key = request_of(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StationError("pki-file", f"{file} cannot be read: {error}.", "Name a request in PEM.") from error
    if asked != name:
        raise StationError("bad-request", f"{file} asks for a certificate of {asked!r}.", f"Not of {name!r}.")
    return key


def _file(folder: Path, name: str) -> Path:
    if not name or "/" in name or name.startswith(".") or name in ("authority", "revoked"):
        raise StationError("bad-name", f"{name!r} cannot be the name of a file.", "Take the identity or host name.")
    return folder / f"{name}.pem"


def _write(file: Path, text: str, *, private: bool = False) -> None:
    try:
        (write_private if private else write_durably)(file, text)
    except OSError as error:
        raise StationError("pki-file", f"{file} cannot be written: {error.strerror}.", "Mend it.") from error


def _say(file: Path, made: Certified) -> None:
    sys.stdout.write(f"{file}: {_line(made)}\n")


def _line(each: Certified) -> str:
    what = f"hub at {', '.join(each.hosts)}" if each.purpose is Purpose.HUB else "subsystem"
    return f"{each.name}, {what}, until {_day(each.until)}, {each.serial:x}"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _now() -> datetime:
    return datetime.now(UTC)
