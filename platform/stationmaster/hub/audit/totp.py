"""Codes of six digits that change every half minute (TOTP, RFC 6238 over RFC 4226), as authenticator apps show them.

A code counts for its own step and, since clocks differ, for the one before and the one after (RFC 6238, 5.2). A step
whose code was shown once does not count again, and neither does any before it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import pyotp
import segno

__all__ = ["DIGITS", "STEP_S", "Invitation", "invitation", "matching_step"]

STEP_S = 30
DIGITS = 6

_DRIFT = (0, -1, 1)
_SECRET = 32
"""Letters of a secret in base 32: the 160 bits that RFC 4226 recommends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What an authenticator app has to be told once.

    `secret` is for typing, `uri` for opening on the same device, and `picture` the same as a QR code: one text for each
    row, `1` for a dark square and `0` for a light one, without a margin.
    """

    secret: str
    uri: str
    picture: tuple[str, ...]


def invitation(login: str, issuer: str, secret: str = "") -> Invitation:
    """A new secret, or one that is there, in every form in which an app takes it.

    Args:
        login: whose.
        issuer: what the app shows beside it: the station's name.
        secret: in base 32; empty: a new one.

    """
    secret = secret or pyotp.random_base32(_SECRET)
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
    rows = segno.make(uri, error="m", micro=False).matrix
    return Invitation(secret=secret, uri=uri, picture=tuple("".join("01"[dark] for dark in row) for row in rows))


def matching_step(secret: str, code: str, now: float, after: int) -> int | None:
    """The step whose code this is; None if it is none that counts.

    Args:
        secret: in base 32.
        code: as it was typed; spaces do not matter.
        now: seconds since 1970, as the world's clocks have them.
        after: the last step whose code was shown.

    """
    plain = "".join(code.split())
    if len(plain) != DIGITS or not (plain.isascii() and plain.isdecimal()):
        return None
    made = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    step = int(now // STEP_S)
    found = None
    for candidate in (step + drift for drift in _DRIFT):
        same = hmac.compare_digest(made.generate_otp(max(candidate, 0)), plain)
        if same and candidate > after and found is None:
            found = candidate
    return found
