"""Values of the model as plain JSON-able data, and back: how the store keeps them.

A frozen dataclass becomes an object without the fields that have their default; a tuple becomes a list, an enum its
word, a date ISO text. What comes back is equal to what went in.
A class that stands in a union with others has a `TAG`, which its object bears as `do`.

Tuples that are equal come back as one object: the tasks of a call say the same things on many boards, and a station
that is read back would otherwise need several times the memory of the one that was written.

A hub reads ten thousands of values when it starts, so objects have a fast reader, made of source text for each class as
`dataclasses` makes its methods. It takes what is ordinary; whatever else it meets, it leaves to the plain reader, which
alone says what is wrong.
"""

from __future__ import annotations

import marshal
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["TAG_KEY", "from_plain", "sharing", "to_plain"]

T = TypeVar("T")

TAG_KEY = "do"

SHARED = 1 << 14
"""How many different tuples of one type are remembered, to be given out again."""

NEARBY = 64
"""How many lists of objects of one type are remembered as they were read: those of a call stand near one another."""

_ABSENT: Any = object()


def to_plain(value: Any) -> Any:
    """Plain data for a value of the model."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    plain = {
        name: to_plain(item)
        for name, default in _defaults(value.__class__)
        if (item := getattr(value, name)) is not default and item != default
    }
    tag = getattr(value, "TAG", None)
    return plain if tag is None else {TAG_KEY: tag, **plain}


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of type `kind` that `to_plain` made `plain` of.

    Raises:
        ValueError, TypeError, KeyError: `plain` does not describe such a value.

    """
    shape: Any = kind
    result: T = _reader(shape)(plain)
    return result


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:  # a NewType
        return _reader(supertype)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_reader(get_args(kind))
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if kind is date:
        return date.fromisoformat
    if is_dataclass(kind):
        return _object_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word_reader(kind)
    return _checked(kind)


def _union_reader(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    inner = [item for item in kinds if item is not type(None)]
    if len(inner) == 1:
        read = _reader(inner[0])
        return lambda plain: None if plain is None else read(plain)
    readers = {item.TAG: _reader(item) for item in inner}

    def read_tagged(plain: Any) -> Any:
        tag = plain[TAG_KEY]
        if tag not in readers:
            raise ValueError(f"{TAG_KEY} is {tag!r}, and may be {', '.join(sorted(readers))}")
        return readers[tag](plain)

    return read_tagged


def _word_reader(kind: type[Enum]) -> Callable[[Any], Any]:
    words = {member.value: member for member in kind}

    def read(plain: Any) -> Any:
        member = words.get(plain)
        return kind(plain) if member is None else member

    return read


def _checked(kind: type) -> Callable[[Any], Any]:
    def read(plain: Any) -> Any:
        if type(plain) is not kind:
            raise TypeError(f"{plain!r} is not {kind.__name__}")
        return plain

    return read


def _tuple_reader(items: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(items) == 2 and items[1] is Ellipsis:
        read = _reader(items[0])
        share = sharing()
        if is_dataclass(items[0]):
            return _list_reader(read, share)
        return lambda plain: share(tuple([read(item) for item in _list(plain)]))
    readers = [_reader(item) for item in items]
    return lambda plain: tuple([read(item) for read, item in zip(readers, _list(plain), strict=True)])


def _list_reader(
    read: Callable[[Any], Any], share: Callable[[tuple[Any, ...]], tuple[Any, ...]]
) -> Callable[[Any], tuple[Any, ...]]:
    """For a list of objects: the same one is read once. To pack it costs a tenth of reading it."""

    @lru_cache(maxsize=NEARBY)
    def read_packed(packed: bytes) -> tuple[Any, ...]:
        plain = marshal.loads(packed)  # noqa: S302 - packed here, a moment ago
        return share(tuple([read(item) for item in plain]))

    return lambda plain: read_packed(marshal.dumps(_list(plain), _WITHOUT_REFERENCES))


_WITHOUT_REFERENCES = 2
"""The version of marshal's format in which equal data is equal bytes, whatever it shares."""


def _list(plain: Any) -> list[Any]:
    if type(plain) is not list:
        raise TypeError(f"{plain!r} is not a list")
    return plain


def sharing() -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """A function that gives, of tuples of one type that are equal, the first; it remembers a bounded number."""
    return lru_cache(maxsize=SHARED)(_itself)


def _itself(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return value


def _object_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    tagged = frozenset((TAG_KEY,)) if hasattr(kind, "TAG") else frozenset()

    def read(plain: Any) -> Any:
        if type(plain) is not dict:
            raise TypeError(f"{plain!r} is not an object of {kind.__name__}")
        unknown = plain.keys() - readers.keys() - tagged
        missing = needed - plain.keys()
        if unknown or missing:
            raise ValueError(f"{kind.__name__}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        return kind(**{name: readers[name](item) for name, item in plain.items() if name not in tagged})

    if tagged or any(field.default_factory is not MISSING for field in fields(kind)):
        return read
    return _fast_reader(kind, hints, readers, read)


def _fast_reader(
    kind: Any, hints: dict[str, Any], readers: dict[str, Callable[[Any], Any]], plainly: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """A reader of objects that have all that they need, nothing unknown, and simple fields of the very type.

    Its source for a class with a text `name` and a list `texts` that may be absent:

        def read(plain):
            if plain.__class__ is not dict: return plainly(plain)
            get = plain.get
            count = 0
            v0 = get('name', absent)
            if v0.__class__ is not str: return plainly(plain)
            count += 1
            v1 = get('texts', absent)
            if v1 is absent: v1 = d1
            else:
                v1 = r1(v1)
                count += 1
            if count != len(plain): return plainly(plain)
            return kind(name=v0, texts=v1)
    """
    names: dict[str, Any] = {"kind": kind, "plainly": plainly, "absent": _ABSENT}
    lines = [
        "def read(plain):",
        " if plain.__class__ is not dict: return plainly(plain)",
        " get = plain.get",
        " count = 0",
    ]
    for n, field in enumerate(fields(kind)):
        names[f"r{n}"], names[f"d{n}"] = readers[field.name], field.default
        lines.append(f" v{n} = get({field.name!r}, absent)")
        simple = _simple(hints[field.name])
        if simple is not None:
            names[f"t{n}"] = simple
            take = f"if v{n}.__class__ is not t{n}: return plainly(plain)"
        elif field.default is MISSING:
            take = f"if v{n} is absent: return plainly(plain)\n v{n} = r{n}(v{n})"
        else:
            take = f"v{n} = r{n}(v{n})"
        if field.default is MISSING:
            lines += [f" {take}", " count += 1"]
        else:
            lines += [f" if v{n} is absent: v{n} = d{n}", " else:", f"  {take}", "  count += 1"]
    lines += [
        " if count != len(plain): return plainly(plain)",
        f" return kind({', '.join(f'{field.name}=v{n}' for n, field in enumerate(fields(kind)))})",
    ]
    exec("\n".join(lines), names)  # noqa: S102 - the source is made of the names of a class' fields alone
    made: Callable[[Any], Any] = names["read"]
    return made


def _simple(hint: Any) -> type | None:
    """The class that plain data of this type has itself, if it is not null; None if such data needs to be read."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [item for item in get_args(hint) if item is not type(None)]
        if len(inner) != 1:
            return None
        (hint,) = inner
    hint = getattr(hint, "__supertype__", hint)
    return hint if hint in (str, int, bool, float) else None
