"""A value with some fields changed, as `dataclasses.replace` gives it, in a quarter of the time.

For the few places that every tick goes through. The model's values do nothing when they are made, so a copy of the
fields is as good as a new value; of a class that does, `dataclasses.replace` makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar, cast

__all__ = ["altered"]

T = TypeVar("T")


def altered(value: T, **changes: Any) -> T:
    """The value with these fields.

    Raises:
        TypeError: it has no such field.

    """
    kind: Any = value.__class__
    copy, setters = _tools(kind)
    if copy is None:
        made: T = replace(cast("Any", value), **changes)
        return made
    if not setters.keys() >= changes.keys():
        raise TypeError(f"{value.__class__.__name__} has no {', '.join(sorted(changes.keys() - setters.keys()))}")
    new: T = copy(value)
    for name, item in changes.items():
        setters[name](new, item)
    return new


_Copy = Callable[[Any], Any]
_Setters = dict[str, Callable[[Any, Any], None]]


@cache
def _tools(kind: type) -> tuple[_Copy | None, _Setters]:
    """What copies a value of this class, and what sets each field of the copy; no copy for what needs its `__init__`.

    The source of the copying of a class with fields `id` and `text`:

        def copy(value):
            new = make(kind)
            s0(new, value.id)
            s1(new, value.text)
            return new
    """
    setters: _Setters = {}
    for field in fields(kind):
        place: Any = kind.__dict__.get(field.name)
        if not hasattr(place, "__set__") or not field.init:
            return None, {}
        setters[field.name] = place.__set__
    if hasattr(kind, "__post_init__"):
        return None, {}
    names: dict[str, Any] = {"make": object.__new__, "kind": kind}
    lines = ["def copy(value):", " new = make(kind)"]
    for n, (name, setter) in enumerate(setters.items()):
        names[f"s{n}"] = setter
        lines.append(f" s{n}(new, value.{name})")
    lines.append(" return new")
    exec("\n".join(lines), names)  # noqa: S102 - the source is made of the names of a class' fields alone
    copy: _Copy = names["copy"]
    return copy, setters
