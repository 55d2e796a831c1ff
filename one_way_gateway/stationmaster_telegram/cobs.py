"""Consistent Overhead Byte Stuffing: a frame's body without the byte 0x00, so that 0x00 can only be a delimiter.

S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
Bodies here are shorter than 254 bytes, so stuffing costs exactly one byte and the code 0xFF never occurs.
"""

from __future__ import annotations

__all__ = ["LONGEST", "stuff", "unstuff"]

LONGEST = 253
"""The longest body that may be stuffed, in bytes."""


def stuff(body: bytes) -> bytes:
    """`body` without zeros, one byte longer.

    Raises:
        ValueError: `body` is longer than `LONGEST`.

    """
    if len(body) > LONGEST:
        raise ValueError(f"{len(body)} bytes are more than {LONGEST}")
    return b"".join(bytes((len(run) + 1,)) + run for run in body.split(b"\0"))


def unstuff(stuffed: bytes) -> bytes:
    """The body that `stuff` was given.

    Raises:
        ValueError: no body has this form: it is empty or too long, holds a zero, or a code points past the end.

    """
    if not 0 < len(stuffed) <= LONGEST + 1:
        raise ValueError(f"{len(stuffed)} bytes are no stuffed body")
    if 0 in stuffed:
        raise ValueError("a stuffed body holds no zero")
    runs = []
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        run = stuffed[at + 1 : at + code]
        if len(run) != code - 1:
            raise ValueError("a code points past the end")
        runs.append(run)
        at += code
    return b"\0".join(runs)
