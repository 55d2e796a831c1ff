"""Passwords of people: what one must be like, and the verifier that is kept of it.

A verifier is an Argon2id PHC string with the parameters that RFC 9106 recommends where memory is scarce (64 MiB, three
passes). To make or to check one takes some 50 ms of a core by design, so neither is ever done on the reactor's thread.
"""

from __future__ import annotations

import unicodedata
from hashlib import sha256

__all__ = ["LEAST", "MOST", "NOBODY", "fingerprint", "made_verifier", "one_time_password", "password_fault", "verifies"]

LEAST = 10
"""Characters of a password at least: NIST SP 800-63B and the Chinese MLPS (GB/T 22239) both ask for 8."""

MOST = 128

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c3RhdGlvbm1hc3Rlcg$4zrnr46K0W5ISMm3cVqhBUAyoaJb4RCjsRzjr8uZ8fI"
"""A verifier that is checked for names that there are not, so that they take as long."""

_DIFFERENT = 5
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 4, 4


def password_fault(password: str, login: str) -> str:
    """What is wrong with a password; empty if nothing is. It does not repeat the password."""
    plain = _plain(password)
    if not LEAST <= len(plain) <= MOST:
        return f"has {len(plain)} characters"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in plain):
        return "has control characters, or halves of characters"
    if len(set(plain.casefold())) < _DIFFERENT:
        return f"has fewer than {_DIFFERENT} different characters"
    if login.casefold() in plain.casefold() and len(login) * 2 >= len(plain):
        return "is little more than the login name"
    return ""


def made_verifier(password: str) -> str:
    """The verifier of a password; each time another one, as the salt is random. Takes long."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - subsystems without logins need not have it
    from argon2.profiles import RFC_9106_LOW_MEMORY  # noqa: PLC0415 - as above

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash(_plain(password))


def verifies(verifier: str, password: str) -> bool:
    """Whether a verifier was made of this password; one that cannot be read fits none. Takes long."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - subsystems without logins need not have it
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as above

    try:
        return PasswordHasher().verify(verifier, _plain(password))
    except (VerificationError, InvalidHashError, UnicodeEncodeError):  # half a character is in no password
        return False


def one_time_password(random_bytes: bytes) -> str:
    """A password that a person can type, of 16 random bytes: 16 letters and digits, none of which looks like another.

    It is worth some 78 bits.
    """
    letters = "".join(_ALPHABET[byte * len(_ALPHABET) >> 8] for byte in random_bytes[: _GROUPS * _GROUP])
    return "-".join(letters[begin : begin + _GROUP] for begin in range(0, len(letters), _GROUP))


def fingerprint(verifier: str) -> str:
    """What tells one verifier from another, and of which neither verifier nor password can be had."""
    return sha256(verifier.encode()).hexdigest()


def _plain(password: str) -> str:
    """The same characters typed on another keyboard, or by another input method, are the same password."""
    return unicodedata.normalize("NFKC", password)
