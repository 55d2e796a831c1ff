"""What is kept secret in the database: sealed with a key that is in a file and not in the database.

Who has the database, or a backup of it, has no secret; who has the file as well has them all. A sealed text is bound
to whose it is, so that nobody can give one person's secret to another (AES-256-GCM, the name as associated data).
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stationmaster_base.errors import StationError

__all__ = ["Seal", "read_key"]

_KEY = 32
_NONCE = 12


class Seal:
    """Seals and opens with one key.

    Args:
        key: 32 bytes.
        random_bytes: gives so many random bytes.

    """

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._key = key
        self._cipher = AESGCM(key)
        self._random_bytes = random_bytes

    def seal(self, whose: str, text: str) -> str:
        """A text that only `open` reads; each time another one."""
        nonce = self._random_bytes(_NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), whose.encode())).decode()

    def open(self, whose: str, sealed: str) -> str:
        """The text that was sealed for somebody.

        Raises:
            StationError: `sealed-otherwise`: with another key, for somebody else, or never.

        """
        try:
            raw = b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], whose.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise StationError(
                "sealed-otherwise", f"What was kept of {whose} was not sealed with this key.", "Restore the key's file."
            ) from error

    def print_of(self, whose: str, text: str) -> str:
        """What is kept of a text that only has to be recognised."""
        return hmac.new(self._key, f"{whose}\n{text}".encode(), sha256).hexdigest()


def read_key(file: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """The key in a file; a new one if there is no file, which its owner alone may read.

    Raises:
        StationError: `key-file` if it cannot be read or written, holds no key, or others may read it.

    """
    try:
        if not file.exists():
            made = random_bytes(_KEY)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(f"{made.hex()}\n")
                out.flush()
                os.fsync(out.fileno())
            return made
        if file.stat().st_mode & 0o077:
            raise _unusable(file, "others may read it", f"Run chmod 600 {file.name}.")
        key = bytes.fromhex(file.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error), "Restore it from a backup.") from error
    if len(key) != _KEY:
        raise _unusable(file, "it holds no key", "Restore it from a backup.")
    return key


def _unusable(file: Path, why: str, hint: str) -> StationError:
    return StationError("key-file", f"The key {file.name} cannot be used: {why}.", hint)
