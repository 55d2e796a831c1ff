"""How each scalar type stands on the wire: its text, and the XSD type that this text is valid against."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from typing import Annotated, Any, get_args, get_origin

from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.scalars import LARGEST, Restriction, Stamp, stamp_from_text, stamp_text

__all__ = ["NUMBER", "TEXT", "ScalarCodec", "carriable", "cleaned", "cleaned_value", "scalar_codec"]

_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = " \t\r\n"
_CLOCK = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_DAY = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_EARLIEST = from_iso("1000-01-01T00:00:00Z")
_LATEST = from_iso("9999-12-31T23:59:59Z")


def carriable(text: str) -> bool:
    """Whether XML can carry every character of a text. It cannot carry most control characters."""
    return _UNCARRIABLE.search(text) is None


def cleaned(text: str) -> str:
    """The text with U+FFFD in place of each character that XML cannot carry.

    For whoever makes values out of foreign text; the protocol itself refuses such a text and changes none.
    """
    return _UNCARRIABLE.sub("\ufffd", text)


def cleaned_value(value: Any) -> Any:
    """A value of the model with every text in it cleaned."""
    if type(value) is str:
        return cleaned(value)
    if isinstance(value, tuple):
        return tuple(cleaned_value(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: cleaned_value(getattr(value, field.name)) for field in fields(value)})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarCodec:
    """One scalar type.

    `xsd` names its XSD type; `facets` are the lines of a simple type of that name, empty for XSD's own types;
    `says` describes it. `write` gives the text, not yet escaped, and raises `LocalProtocolError`
    (`bad-value`) for what the type does not hold; `read` takes a text that is valid against the schema and raises
    ValueError where that was not enough.
    """

    xsd: str
    base: str = ""
    facets: tuple[str, ...] = ()
    says: str = ""
    write: Callable[[Any], str]
    read: Callable[[str], Any]


@cache
def scalar_codec(hint: Any) -> ScalarCodec | None:
    """The codec for a type hint without its `| None`; None if it is no scalar."""
    if get_origin(hint) is Annotated:
        base, restriction = get_args(hint)
        return _restricted_text(restriction) if base is str else _restricted_number(restriction)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _words(hint)
    return _PLAIN.get(hint)


def _refuse(value: object, allowed: str) -> LocalProtocolError:
    return LocalProtocolError("bad-value", f"{value!r} cannot be sent.", f"Allowed: {allowed}.")


def _write_text(text: str) -> str:
    if type(text) is not str or not carriable(text):
        raise _refuse(text, "text of characters that XML can carry")
    return text


def _write_number(number: int) -> str:
    if type(number) is not int or not -LARGEST - 1 <= number <= LARGEST:
        raise _refuse(number, "a whole number of 64 bits")
    return str(number)


def _write_flag(flag: bool) -> str:
    if type(flag) is not bool:
        raise _refuse(flag, "true, false")
    return "true" if flag else "false"


def _write_date(day: date) -> str:
    if type(day) is not date or day.year < 1000:
        raise _refuse(day, "a date of the years 1000 to 9999")
    return day.isoformat()


# A station's instants are whole minutes of a few days: the same texts come again and again.
_iso = lru_cache(maxsize=8192)(to_iso)
_instant = lru_cache(maxsize=8192)(from_iso)


def _write_instant(instant: Instant) -> str:
    if type(instant) is not int or not _EARLIEST <= instant <= _LATEST:
        raise _refuse(instant, "an instant of the years 1000 to 9999")
    return _iso(instant)


def _write_stamp(stamp: Stamp) -> str:
    if type(stamp) is not int or not _EARLIEST <= stamp // 1_000_000 <= _LATEST:
        raise _refuse(stamp, "a stamp of the years 1000 to 9999")
    return stamp_text(stamp)


TEXT = ScalarCodec(xsd="xs:string", write=_write_text, read=str)
NUMBER = ScalarCodec(xsd="xs:long", write=_write_number, read=int)

_PLAIN: dict[Any, ScalarCodec] = {
    str: TEXT,
    int: NUMBER,
    bool: ScalarCodec(xsd="xs:boolean", write=_write_flag, read=lambda text: text.strip(_SPACE) in ("true", "1")),
    date: ScalarCodec(
        xsd="date",
        base="xs:date",
        facets=(f'<xs:pattern value="{_DAY}"/>',),
        says="A calendar date at the station, YYYY-MM-DD.",
        write=_write_date,
        read=lambda text: date.fromisoformat(text.strip(_SPACE)),
    ),
    Instant: ScalarCodec(
        xsd="instant",
        base="xs:dateTime",
        facets=(f'<xs:pattern value="{_DAY}{_CLOCK}Z"/>',),
        says="A whole second of UTC.",
        write=_write_instant,
        read=lambda text: _instant(text.strip(_SPACE)),
    ),
    Stamp: ScalarCodec(
        xsd="stamp",
        base="xs:dateTime",
        facets=(f'<xs:pattern value="{_DAY}{_CLOCK}\\.[0-9]{{1,6}}Z"/>',),
        says="UTC with one to six decimals of a second, fine enough to set a clock by.",
        write=_write_stamp,
        read=lambda text: stamp_from_text(text.strip(_SPACE)),
    ),
}


def _words(words: type[Enum]) -> ScalarCodec:
    by_text = {str(item.value): item for item in words}

    def write(word: Enum) -> str:
        if type(word) is not words:
            raise _refuse(word, ", ".join(by_text))
        return str(word.value)

    return ScalarCodec(
        xsd=words.__name__,
        base="xs:string",
        facets=tuple(f'<xs:enumeration value="{text}"/>' for text in by_text),
        says=(words.__doc__ or "").strip().splitlines()[0],
        write=write,
        read=by_text.__getitem__,
    )


def _restricted_text(restriction: Restriction) -> ScalarCodec:
    facets = []
    if restriction.pattern:
        facets.append(f'<xs:pattern value="{restriction.pattern}"/>')
    if restriction.longest is not None:
        facets.append(f'<xs:maxLength value="{restriction.longest}"/>')
    matches = re.compile(restriction.pattern or "(?s:.*)")

    def write(text: str) -> str:
        too_long = restriction.longest is not None and len(text) > restriction.longest
        if too_long or not carriable(text) or not matches.fullmatch(text):
            shown = f"this {restriction.name}" if restriction.secret else text
            raise _refuse(shown, restriction.pattern or f"at most {restriction.longest} characters that XML can carry")
        return text

    return ScalarCodec(
        xsd=restriction.name,
        base="xs:string",
        facets=tuple(facets),
        says=restriction.says,
        write=write,
        read=str,
    )


def _restricted_number(restriction: Restriction) -> ScalarCodec:
    low = -LARGEST - 1 if restriction.low is None else restriction.low
    high = LARGEST if restriction.high is None else restriction.high

    def write(number: int) -> str:
        written = _write_number(number)
        if not low <= number <= high:
            raise _refuse(number, f"{low} to {high}")
        return written

    return ScalarCodec(
        xsd=restriction.name,
        base="xs:long",
        facets=(f'<xs:minInclusive value="{low}"/>', f'<xs:maxInclusive value="{high}"/>'),
        says=restriction.says,
        write=write,
        read=int,
    )
