"""Values of the model as JSON text: what `plain.to_plain` gives, written in one go.

Every change that the hub commits is such a text, in the journal and in a row, so this is the most of what a tick costs.
`to_text(value)` is byte for byte the text of `to_plain(value)` without spaces and with every character as itself; that
its way there is another is nobody's concern but this module's. For each class there is a writer made of source text, as
`dataclasses` makes its methods. It takes values whose fields are what they are declared to be; any other field
goes by way of `to_plain`.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Union, get_args, get_origin, get_type_hints

from stationmaster_kernel.plain import TAG_KEY, to_plain

__all__ = ["compact", "quoted", "to_text"]

_Write = Callable[[Any], str]


def to_text(value: Any) -> str:
    """JSON text for a value of the model."""
    return _writer(value.__class__)(value)


quoted = encode_basestring
"""JSON text of a text, with every character as itself."""


def compact(plain: Any) -> str:
    """JSON text of plain data, without spaces, with every character as itself."""
    return _ENCODER.encode(plain)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _by_way_of_plain(value: Any) -> str:
    return compact(to_plain(value))


def _member(value: Any) -> str:
    """One of several kinds of object, or null."""
    return _writer(value.__class__)(value)


@cache
def _writer(kind: Any) -> _Write:
    """The writer for what is declared to be of this type."""
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:  # a NewType
        return _writer(supertype)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_writer([item for item in get_args(kind) if item is not type(None)])
    if origin is tuple:
        return _tuple_writer(get_args(kind))
    if kind is str:
        return _text_writer
    if kind is int:
        return _number_writer
    if kind is date:
        return _date_writer
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word_writer(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _object_writer(kind)
    return _by_way_of_plain


def _text_writer(value: Any) -> str:
    return encode_basestring(value) if value.__class__ is str else _by_way_of_plain(value)


def _number_writer(value: Any) -> str:
    return repr(value) if value.__class__ is int else _by_way_of_plain(value)


def _date_writer(value: Any) -> str:
    return f'"{value.isoformat()}"' if value.__class__ is date else _by_way_of_plain(value)


def _word_writer(kind: type[Enum]) -> _Write:
    words = {member: compact(member.value) for member in kind}

    def write(value: Any) -> str:
        return words[value] if value.__class__ is kind else _by_way_of_plain(value)

    return write


def _union_writer(kinds: list[Any]) -> _Write:
    if len(kinds) > 1:
        return _member
    write = _writer(kinds[0])
    return lambda value: "null" if value is None else write(value)


def _tuple_writer(items: tuple[Any, ...]) -> _Write:
    if len(items) == 2 and items[1] is Ellipsis:
        write = _writer(items[0])

        def write_all(value: Any) -> str:
            if value.__class__ is not tuple:
                return _by_way_of_plain(value)
            return f"[{','.join([write(item) for item in value])}]"

        return write_all
    writers = [_writer(item) for item in items]

    def write_each(value: Any) -> str:
        if value.__class__ is not tuple or len(value) != len(writers):
            return _by_way_of_plain(value)
        return f"[{','.join([write(item) for write, item in zip(writers, value, strict=True)])}]"

    return write_each


def _object_writer(kind: type) -> _Write:
    """The writer for a class' objects.

    Its source for a class with a text `name` and a list `texts` that is empty by default:

        def write(value):
            if value.__class__ is not kind: return by_way_of_plain(value)
            text = ''
            text += f',"name":{w0(value.name)}'
            item = value.texts
            if item is not d1 and item != d1: text += f',"texts":{w1(item)}'
            return '{' + text[1:] + '}'
    """
    hints = get_type_hints(kind)
    tag = getattr(kind, "TAG", None)
    names: dict[str, Any] = {"kind": kind, "by_way_of_plain": _by_way_of_plain}
    begin = "" if tag is None else f",{compact(TAG_KEY)}:{compact(tag)}"
    lines = [
        "def write(value):",
        " if value.__class__ is not kind: return by_way_of_plain(value)",
        f" text = {begin!r}",
    ]
    for n, field in enumerate(fields(kind)):
        names[f"w{n}"], names[f"d{n}"] = _writer(hints[field.name]), field.default
        add = f"text += f',\"{field.name}\":{{w{n}(item)}}'"
        lines.append(f" item = value.{field.name}")
        lines.append(f" {add}" if field.default is MISSING else f" if item is not d{n} and item != d{n}: {add}")
    lines.append(" return '{' + text[1:] + '}'")
    exec("\n".join(lines), names)  # noqa: S102 - the source is made of the names of a class and its fields alone
    made: _Write = names["write"]
    return made
