"""Values of the model as plain JSON-able data, and back: how the store keeps them.

A frozen dataclass becomes an object without the fields that have their default; a tuple becomes a list, an enum its
word, a date ISO text. What comes back is equal to what went in.
A class that stands in a union with others has a `TAG`, which its object bears as `do`.

Tuples that are equal come back as one object: the tasks of a call say the same things on many boards, and a station
that is read back would otherwise need several times the memory of the one that was written.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["from_plain", "sharing", "to_plain"]

T = TypeVar("T")

TAG_KEY = "do"

SHARED = 1 << 14
"""How many different tuples of one type are remembered, to be given out again."""


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
        return kind
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
        return lambda plain: share(tuple([read(item) for item in plain]))
    readers = [_reader(item) for item in items]
    return lambda plain: tuple(read(item) for read, item in zip(readers, plain, strict=True))


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
        unknown = plain.keys() - readers.keys() - tagged
        missing = needed - plain.keys()
        if unknown or missing:
            raise ValueError(f"{kind.__name__}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        return kind(**{name: readers[name](item) for name, item in plain.items() if name not in tagged})

    return read
