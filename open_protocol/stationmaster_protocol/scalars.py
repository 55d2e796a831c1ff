"""The small types of the wire, each with its limits.

What the schema says of a value and what the code checks is one table: a `Restriction` stands in the type of a
message's field (`Annotated[str, Restriction(...)]`), the XSD is made from it, and nothing is sent that breaks it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, NewType

__all__ = [
    "Code",
    "Count",
    "DigestText",
    "EpochName",
    "HashText",
    "Host",
    "Identity",
    "LongText",
    "Port",
    "Positive",
    "Restriction",
    "ShortText",
    "Stamp",
    "Token",
    "Version",
    "Word",
    "milliseconds_of",
    "seconds_of",
    "stamp_from_text",
    "stamp_of",
    "stamp_text",
]

LARGEST = 2**63 - 1
"""The largest whole number on the wire (xs:long)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What a text or a number may be.

    `name` is the type's name in the schema and `says` its description there. `pattern` is a regular expression that
    means the same in XSD and in Python and matches the whole text; `longest` counts characters; `low` and `high` are
    for numbers. A secret never stands in an error's text.
    """

    name: str
    says: str
    pattern: str = ""
    longest: int | None = None
    low: int | None = None
    high: int | None = None
    secret: bool = False


Identity = Annotated[
    str,
    Restriction(
        name="identity",
        says="The name under which the operator knows a subsystem.",
        pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}",
    ),
]
Token = Annotated[
    str, Restriction(name="token-text", says="The secret that belongs to an identity.", longest=256, secret=True)
]
Version = Annotated[
    str,
    Restriction(name="version", says="Version of this protocol: major.minor.", pattern="[1-9][0-9]{0,3}\\.[0-9]{1,4}"),
]
EpochName = Annotated[
    str,
    Restriction(
        name="epoch",
        says="Which history of the hub a sequence belongs to; opaque, compared for equality only.",
        pattern="[A-Za-z0-9_.\\-]{1,64}",
    ),
]
HashText = Annotated[
    str,
    Restriction(
        name="hash",
        says="The hash of a journal entry; opaque, compared for equality only.",
        pattern="[A-Za-z0-9]{0,128}",
    ),
]
DigestText = Annotated[
    str,
    Restriction(
        name="digest",
        says="Digest of a set of (kind, id, revision): 32 lower-case hexadecimal digits.",
        pattern="[0-9a-f]{32}",
    ),
]
Code = Annotated[
    str, Restriction(name="code", says="A stable word that programs may test.", pattern="[a-z][a-z0-9\\-]{0,63}")
]
Word = Annotated[
    str, Restriction(name="word", says="A word without spaces.", pattern="[A-Za-z0-9][A-Za-z0-9_.:\\-]{0,63}")
]
ShortText = Annotated[str, Restriction(name="short-text", says="Text for a person to read.", longest=2000)]
LongText = Annotated[str, Restriction(name="long-text", says="A text of several lines, as a PEM file.", longest=16384)]
Host = Annotated[
    str, Restriction(name="host", says="A host name or an address of IPv4 or IPv6.", pattern="[A-Za-z0-9_.:\\-]{1,255}")
]
Port = Annotated[int, Restriction(name="port", says="A TCP port.", low=1, high=65535)]
Count = Annotated[int, Restriction(name="count", says="A whole number from 0.", low=0, high=LARGEST)]
Positive = Annotated[int, Restriction(name="positive", says="A whole number from 1.", low=1, high=LARGEST)]

Stamp = NewType("Stamp", int)
"""Microseconds since 1970-01-01T00:00:00Z: instants fine enough to set a clock by."""

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stamp_of(seconds: float) -> Stamp:
    """A clock reading in seconds as a stamp."""
    return Stamp(round(seconds * 1_000_000))


def milliseconds_of(seconds: float | None) -> int | None:
    """An error in seconds as whole milliseconds, rounded up; None stays None."""
    return None if seconds is None else math.ceil(seconds * 1000)


def seconds_of(stamp: Stamp) -> float:
    """A stamp as a clock reading in seconds."""
    return stamp / 1_000_000


def stamp_text(stamp: Stamp) -> str:
    """`2026-03-01T07:04:00.250000Z`: always six decimals.

    Raises:
        OverflowError: the year does not have four digits.

    """
    return (_START + stamp * _MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_from_text(text: str) -> Stamp:
    """The reverse of `stamp_text`; one to six decimals are read.

    Raises:
        ValueError: `text` is not of that form.

    """
    parsed = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return Stamp((parsed - _START) // _MICROSECOND)
