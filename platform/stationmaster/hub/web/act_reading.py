"""Reading an act from JSON that somebody sent, so that every fault of it is found at once.

The shape of a deed is the kernel's own: its class says which fields there are and what may stand in them, so a deed
that is new to the kernel can be sent without a line here. What is read can be stored by any database that we use.
"""

from __future__ import annotations

import re
import types
import unicodedata
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.deeds import Deed
from stationmaster_kernel.inputs import Act, Known, KnownKind
from stationmaster_kernel.knowing import MOST_KNOWN
from stationmaster_kernel.plain import TAG_KEY

__all__ = ["LAST_REVISION", "SCHEMA", "ActRequest", "Revision", "Seen", "read_act"]

TAG = TAG_KEY
LONGEST_TEXT = 4000
LAST_INSTANT = 4_102_444_800
"""2100-01-01T00:00:00Z."""

LARGEST_NUMBER = 1_000_000
LAST_REVISION = 2**53 - 1
Revision = NewType("Revision", int)
"""Of a resource; these numbers grow for ever."""

SCHEMA = "schema"
"""In a field's metadata: what the API's description says of it beyond its type."""

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
_BODY = "act"

_Read = Callable[[Any, str, Faults], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A resource that was seen in this revision when the act was decided on; 0: there was none."""

    kind: KnownKind
    id: str
    revision: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRequest:
    """An act as it was asked for; `id` is the client's own, by which a repeat is known.

    With anything `known` that is not so any more, nothing is done.
    """

    id: str = field(metadata={SCHEMA: {"pattern": "^[A-Za-z0-9._:-]{1,64}$", "maxLength": 64}})
    deeds: tuple[Deed, ...] = field(metadata={SCHEMA: {"minItems": 1}})
    why: str = ""
    lock: bool = True
    lock_until: Instant | None = None
    known: tuple[Seen, ...] = field(default=(), metadata={SCHEMA: {"maxItems": MOST_KNOWN}})

    def act(self, by: str, at: Instant, known: tuple[Known, ...] = ()) -> Act:
        """The kernel's input."""
        return Act(
            id=f"act/{self.id}",
            at=at,
            by=by,
            why=self.why,
            deeds=self.deeds,
            lock=self.lock,
            lock_until=self.lock_until,
            known=known,
        )


def read_act(body: bytes, faults: Faults) -> ActRequest | None:
    """The act that a request's body describes; None if it describes none, with every reason in `faults`."""
    try:
        plain = plain_json(body)
    except ValueError as error:
        faults.add(_BODY, "body", f"is not JSON: {error}", "a JSON object in UTF-8")
        return None
    before = len(faults)
    request = _reader(ActRequest)(plain, "", faults)
    if len(faults) > before:
        return None
    if not _ID.match(request.id):
        faults.add(_BODY, "id", f"{request.id!r} is not an id", "1 to 64 letters, digits, '.', '_', ':', '-'")
        return None
    if not request.deeds:
        faults.add(_BODY, "deeds", "is empty", "at least one deed")
        return None
    if len(request.known) > MOST_KNOWN:
        faults.add(_BODY, "known", f"has {len(request.known)} entries", f"at most {MOST_KNOWN}")
        return None
    asked: ActRequest = request
    return asked


@cache
def _reader(kind: Any) -> _Read:
    if kind is Instant:
        return _instant
    if kind is Revision:
        return _revision
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(get_args(kind))
    if origin is tuple:
        return _many(get_args(kind)[0])
    if is_dataclass(kind):
        return _object(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word(kind)
    return {str: _text, bool: _flag, int: _number, date: _date}[kind]


def _union(kinds: tuple[Any, ...]) -> _Read:
    inner = [item for item in kinds if item is not types.NoneType]
    if len(inner) == 1:
        read_inner = _reader(inner[0])

        def read_optional(plain: Any, place: str, faults: Faults) -> Any:
            return None if plain is None else read_inner(plain, place, faults)

        return read_optional
    readers = {item.TAG: _reader(item) for item in inner}
    words = ", ".join(sorted(readers))

    def read_tagged(plain: Any, place: str, faults: Faults) -> Any:
        if not isinstance(plain, dict):
            return _wrong(plain, place, "an object", faults)
        tag = plain.get(TAG)
        if not isinstance(tag, str) or tag not in readers:
            problem = "is missing" if TAG not in plain else f"{_shown(tag)} is not known"
            faults.add(_BODY, _inside(place, TAG), problem, words)
            return None
        return readers[tag](plain, place, faults)

    return read_tagged


def _many(kind: Any) -> _Read:
    read = _reader(kind)

    def read_many(plain: Any, place: str, faults: Faults) -> Any:
        if not isinstance(plain, list):
            return _wrong(plain, place, "a list", faults)
        return tuple([read(item, f"{place}[{number}]", faults) for number, item in enumerate(plain)])

    return read_many


def _object(kind: Any) -> _Read:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    known = {*readers, *((TAG,) if hasattr(kind, "TAG") else ())}

    def read_object(plain: Any, place: str, faults: Faults) -> Any:
        if not isinstance(plain, dict):
            return _wrong(plain, place, "an object", faults)
        before = len(faults)
        for name in plain.keys() - known:
            faults.add(_BODY, _inside(place, _name(name)), "is not a field of it", ", ".join(sorted(known)))
        for name in sorted(needed - plain.keys()):
            faults.add(_BODY, _inside(place, name), "is missing")
        values = {
            name: read(plain[name], _inside(place, name), faults) for name, read in readers.items() if name in plain
        }
        return None if len(faults) > before else kind(**values)

    return read_object


def _word(kind: type[Enum]) -> _Read:
    words = {str(item.value): item for item in kind}

    def read_word(plain: Any, place: str, faults: Faults) -> Any:
        if not isinstance(plain, str) or plain not in words:
            return _wrong(plain, place, ", ".join(words), faults)
        return words[plain]

    return read_word


def _text(plain: Any, place: str, faults: Faults) -> Any:
    if not isinstance(plain, str):
        return _wrong(plain, place, "text", faults)
    if len(plain) > LONGEST_TEXT:
        faults.add(_BODY, place, f"has {len(plain)} characters", f"at most {LONGEST_TEXT}")
        return None
    if any(unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in plain):
        return _wrong(plain, place, "text without control characters and half characters", faults)
    return plain


def _flag(plain: Any, place: str, faults: Faults) -> Any:
    return plain if isinstance(plain, bool) else _wrong(plain, place, "true, false", faults)


def _number(plain: Any, place: str, faults: Faults) -> Any:
    if isinstance(plain, bool) or not isinstance(plain, int) or abs(plain) > LARGEST_NUMBER:
        return _wrong(plain, place, f"a whole number, at most {LARGEST_NUMBER}", faults)
    return plain


def _revision(plain: Any, place: str, faults: Faults) -> Any:
    if isinstance(plain, bool) or not isinstance(plain, int) or not 0 <= plain <= LAST_REVISION:
        return _wrong(plain, place, "a revision", faults)
    return Revision(plain)


def _instant(plain: Any, place: str, faults: Faults) -> Any:
    if isinstance(plain, int) and not isinstance(plain, bool) and 0 <= plain < LAST_INSTANT:
        return Instant(plain)
    if isinstance(plain, str):
        try:
            instant = from_iso(plain)
        except ValueError:
            pass
        else:
            if 0 <= instant < LAST_INSTANT:
                return instant
    return _wrong(plain, place, "an instant such as 2026-03-01T07:04:00Z, or seconds since 1970", faults)


def _date(plain: Any, place: str, faults: Faults) -> Any:
    try:
        found = date.fromisoformat(plain) if isinstance(plain, str) else None
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year < 2100:
        return _wrong(plain, place, "a date such as 2026-03-01", faults)
    return found


def _wrong(plain: Any, place: str, allowed: str, faults: Faults) -> None:
    faults.add(_BODY, place or "body", f"{_shown(plain)} is not possible", allowed)


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _name(name: str) -> str:
    return _shown(name)[1:-1]


def _shown(plain: Any) -> str:
    """What was sent, short, and printable whatever it was."""
    text = ascii(plain) if not isinstance(plain, str) or not plain.isprintable() else repr(plain)
    return text if len(text) <= 80 else text[:76] + " ...'"
