"""Secrets that are made here, and how they are kept: as argon2 hashes, and in memory as a keyed hash that is quick.

Tokens and codes are random and long, so nobody finds one by trying, and argon2 need not be dear: it is here so that
nothing in the database can be used to get in. A thousand clients that come back at once are recognised by the keyed
hash, whose key lives as long as the process.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["CHEAP", "Cost", "Hashing", "new_code", "new_token", "plain_code"]

RandomBytes = Callable[[int], bytes]

TOKEN_BYTES = 32
CODE_BYTES = 15
"""256 and 120 bits; a code is 24 letters and digits, which a person can type."""

_GROUP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What argon2id takes: passes over so many KiB."""

    passes: int = 1
    memory_kib: int = 256


CHEAP = Cost(memory_kib=8)
"""As little as there can be; for tests."""


class Hashing:
    """Hashes and recognises secrets. `hashed` and `matches` are slow on purpose, and may run in any thread.

    Args:
        cost: what argon2 takes.
        random_bytes: where salts and the key come from.

    """

    def __init__(self, cost: Cost, random_bytes: RandomBytes) -> None:
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1)
        self._random_bytes = random_bytes
        self._key = random_bytes(32)

    def hashed(self, secret: str) -> str:
        """What is kept of a secret."""
        return self._hasher.hash(secret, salt=self._random_bytes(16))

    def matches(self, kept: str, secret: str) -> bool:
        """Whether a secret is the one of which `kept` was kept."""
        try:
            return self._hasher.verify(kept, secret)
        except (VerificationError, InvalidHashError):
            return False

    def quick(self, secret: str) -> bytes:
        """By what a secret is recognised as long as this process lives."""
        return hmac.digest(self._key, secret.encode("utf-8", "surrogateescape"), hashlib.sha256)


def new_token(random_bytes: RandomBytes) -> str:
    """A token: 64 hexadecimal digits."""
    return random_bytes(TOKEN_BYTES).hex()


def new_code(random_bytes: RandomBytes) -> str:
    """A one-time code for people: `ABCD-EFGH-…`, six groups of letters and the digits 2 to 7."""
    letters = b32encode(random_bytes(CODE_BYTES)).decode("ascii")
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def plain_code(typed: str) -> str:
    """A code as it is hashed, however it was typed: without strokes and spaces, in capitals."""
    return "".join(character for character in typed.upper() if character.isalnum())
