"""Passwords of people: what one must be like, and the verifier that is kept of it.

A verifier is an Argon2id PHC string with the parameters that RFC 9106 recommends where memory is scarce (64 MiB, three
passes). To make or to check one takes some 50 ms of a core by design, so neither is ever done on the reactor's thread.
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

__all__ = ["LEAST", "MOST", "made_verifier", "password_fault", "verifies"]

LEAST = 10
"""Characters of a password at least: NIST SP 800-63B and the Chinese MLPS (GB/T 22239) both ask for 8."""

MOST = 128

_DIFFERENT = 5
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def password_fault(password: str, login: str) -> str:
    """What is wrong with a password; empty if nothing is. It does not repeat the password."""
    plain = _plain(password)
    if not LEAST <= len(plain) <= MOST:
        return f"has {len(plain)} characters"
    if any(unicodedata.category(character) == "Cc" for character in plain):
        return "has control characters"
    if len(set(plain.casefold())) < _DIFFERENT:
        return f"has fewer than {_DIFFERENT} different characters"
    if login.casefold() in plain.casefold() and len(login) * 2 >= len(plain):
        return "is little more than the login name"
    return ""


def made_verifier(password: str) -> str:
    """The verifier of a password; each time another one, as the salt is random. Takes long."""
    return _HASHER.hash(_plain(password))


def verifies(verifier: str, password: str) -> bool:
    """Whether a verifier was made of this password. Takes long."""
    try:
        return _HASHER.verify(verifier, _plain(password))
    except (VerificationError, InvalidHashError):
        return False


def _plain(password: str) -> str:
    """The same characters typed on another keyboard, or by another input method, are the same password."""
    return unicodedata.normalize("NFKC", password)
