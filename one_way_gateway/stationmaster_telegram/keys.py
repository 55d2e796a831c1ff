"""Keys by which a receiver knows that a telegram is from its gateway: truncated HMAC with SHA-256 or SM3.

HMAC is RFC 2104 (FIPS 198-1); SHA-256 is FIPS 180-4; SM3 is GB/T 32905-2016, where the machine's OpenSSL has it.
Both ends hold the same file of keys. A sender uses one of them, a receiver takes any of them: so keys are changed
without a gap, the new one being added at the receiver first and the old one being taken away there last.
Secrets stand in no message, no log and no `repr`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError

__all__ = ["TAG_LENGTH", "Algorithm", "Keyring", "SigningKey", "load_keyring"]

TAG_LENGTH = 8
"""Bytes of the HMAC that are sent, the first ones: a forger's chance is 2^-64 with each telegram."""

SHORTEST_SECRET = 16
LONGEST_SECRET = 64
_OTHERS_MAY = 0o077
_HINT = 'a file of [[key]] tables with id = 1, algorithm = "sha256" and secret = "64 hexadecimal digits"'


class Algorithm(StrEnum):
    """The hash under the HMAC."""

    SHA256 = "sha256"
    SM3 = "sm3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key: `id` is 1…255 and stands in each telegram, `secret` has 16 to 64 bytes.

    Raises:
        ValueError: one of them is outside that, or this machine cannot compute the algorithm.

    """

    id: int
    algorithm: Algorithm = Algorithm.SHA256
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.id <= 255:
            raise ValueError(f"key id {self.id} is outside 1…255")
        if not SHORTEST_SECRET <= len(self.secret) <= LONGEST_SECRET:
            raise ValueError(f"a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} bytes, not {len(self.secret)}")
        if not _can_compute(self.algorithm):
            raise ValueError(f"the OpenSSL of this machine has no {self.algorithm}")

    def tag(self, signed: bytes) -> bytes:
        """The first 8 bytes of the HMAC of `signed`: header, key id and payload."""
        return hmac.digest(self.secret, signed, self.algorithm.value)[:TAG_LENGTH]


class Keyring:
    """The keys that a receiver takes.

    Args:
        keys: one or more, no id twice.

    """

    def __init__(self, *keys: SigningKey) -> None:
        if not keys or len({key.id for key in keys}) < len(keys):
            raise ValueError("a keyring holds one key or more, no id twice")
        self._keys = {key.id: key for key in keys}

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids, ascending."""
        return tuple(sorted(self._keys))

    def key(self, key_id: int) -> SigningKey | None:
        """The key of this id."""
        return self._keys.get(key_id)

    def verify(self, key_id: int, signed: bytes, tag: bytes) -> bool:
        """Whether `tag` is the key's for these bytes; takes as long for a wrong tag as for a right one."""
        key = self._keys.get(key_id)
        return key is not None and hmac.compare_digest(key.tag(signed), tag)


def load_keyring(path: Path) -> Keyring:
    """The keys in a file that nobody else may read.

    Raises:
        StationError: `line-keys`: it cannot be read, or belongs to or may be read by others.
        ConfigurationError: a key in it is not possible.

    """
    faults = Faults()
    entries = _entries(path, faults)
    keys = [key for number, entry in enumerate(entries, 1) if (key := _key(entry, number, path, faults)) is not None]
    for number, key in enumerate(keys):
        for before in keys[:number]:
            if key.id == before.id:
                faults.add(str(path), "key", f"id {key.id} stands there twice", "each once")
            elif key.secret == before.secret:
                faults.add(str(path), "key", f"keys {before.id} and {key.id} have the same secret", "a secret each")
    if not entries and not len(faults):
        faults.add(str(path), "key", "is missing", _HINT)
    faults.raise_if_any()
    return Keyring(*keys)


def _entries(path: Path, faults: Faults) -> list[dict[str, object]]:
    """The `[[key]]` tables of the file, as they stand there."""
    try:
        with path.open("rb") as handle:
            status = os.fstat(handle.fileno())
            if status.st_mode & _OTHERS_MAY or status.st_uid not in (0, os.geteuid()):
                raise StationError(
                    "line-keys",
                    f"The keys in {path} are not this process's alone: others may read or change them.",
                    "Make new keys, since these may be known, in a file of its own user: chmod 600.",
                )
            body = tomllib.loads(handle.read().decode("utf-8"))
    except OSError as error:
        raise StationError(
            "line-keys", f"The file of keys {path} cannot be read: {error.strerror}.", f"It is {_HINT}."
        ) from error
    except ValueError:  # the parser's message might show a part of a secret
        raise StationError("line-keys", f"The file of keys {path} is not TOML.", f"It is {_HINT}.") from None
    entries = body.pop("key", [])
    for name in body:
        faults.add(str(path), name, "is not a key of this file", "[[key]]")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.add(str(path), "key", "is not a list of tables", "[[key]]")
        return []
    return entries


def _key(entry: dict[str, object], number: int, path: Path, faults: Faults) -> SigningKey | None:
    before = len(faults)
    secret = entry.pop("secret", None)  # never through the table, whose faults show what they found
    table = Table(entry, str(path), faults, f"key[{number}]")
    key_id = table.integer("id", low=1, high=255)
    algorithm = Algorithm(table.choice("algorithm", list(Algorithm), Algorithm.SHA256))
    table.finish()
    try:
        raw = bytes.fromhex(secret) if isinstance(secret, str) else b""
    except ValueError:
        raw = b""
    if not SHORTEST_SECRET <= len(raw) <= LONGEST_SECRET:
        allowed = f"{2 * SHORTEST_SECRET} to {2 * LONGEST_SECRET} hexadecimal digits"
        table.fault("secret", "is missing" if secret is None else "is no secret", allowed)
    if not _can_compute(algorithm):
        table.fault("algorithm", f"the OpenSSL of this machine has no {algorithm}", Algorithm.SHA256)
    if len(faults) > before:
        return None
    return SigningKey(id=key_id, algorithm=algorithm, secret=raw)


def _can_compute(algorithm: Algorithm) -> bool:
    try:
        hashlib.new(algorithm.value)
    except ValueError:
        return False
    return True
