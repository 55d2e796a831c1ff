"""How a dataclass stands on the wire, worked out from its fields alone.

Reader, writer and schema all follow the same `Shape`, so they cannot disagree:

- a scalar field is an attribute, left out while it has its default; None is left out too;
- a field that holds a dataclass is a child element;
- a tuple is one child element for each item, named in the singular: scalars as text, dataclasses as they are, and
  pairs of strings (a text by language) as text with an attribute `language`;
- resources are child elements named by their kind.

Names are the fields' with hyphens for underscores. The tables below hold the few names and places that are chosen.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.configuration import Layout, StationFacts
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Text
from stationmaster_protocol.commands import Parameter
from stationmaster_protocol.equipment import Reading
from stationmaster_protocol.messages import (
    CLIENT_MESSAGES,
    EITHER_MESSAGES,
    HUB_MESSAGES,
    Enrol,
    Enrolled,
    Hello,
    Report,
    Welcome,
)
from stationmaster_protocol.scalar_codecs import ScalarCodec, scalar_codec

__all__ = [
    "MESSAGES",
    "OWN_ID",
    "REQUIRED",
    "Field",
    "Form",
    "Shape",
    "message_name",
    "resource_shape",
    "shape_of",
]

CHOSEN_NAMES: Mapping[tuple[type, str], str] = {
    (Report, "results"): "task-result",
    (TaskResult, "result"): "outcome",
}
"""Element names that do not follow from the field's."""

SINGULARS: Mapping[str, str] = {
    "capabilities": "capability",
    "classes": "class",
    "executes": "executes",
    "gone": "gone",
    "provenance": "provenance",
}
"""The singular of a list's name, where it is not the name without its last letter."""

CONTENT: Mapping[type, str] = {Text: "text", Parameter: "value", Reading: "value"}
"""Values of which one text is the element's content and not an attribute."""

ELEMENTS: Mapping[type, frozenset[str]] = {
    Layout: frozenset({"body"}),
    Enrol: frozenset({"request"}),
    Enrolled: frozenset({"certificate", "authority"}),
}
"""Texts of many lines, which are child elements: attributes lose their line breaks to the eye."""

ALWAYS: frozenset[tuple[type, str]] = frozenset({(Hello, "version"), (Welcome, "version")})
"""Attributes that are sent even when they have their default."""

OWN_ID: Mapping[type, str] = {StationFacts: "telecode"}
"""The field that names a resource, where it is not `id`."""

REQUIRED: Any = MISSING
"""The default of a field that has none."""


class Form(Enum):
    """Where a field stands."""

    ATTRIBUTE = auto()
    CONTENT = auto()
    ELEMENT = auto()
    SCALARS = auto()
    PAIRS = auto()
    CHILD = auto()
    CHILDREN = auto()
    RESOURCES = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: `name` in Python, `tag` on the wire, its form, and what it holds (a scalar, or a shape)."""

    name: str
    tag: str
    form: Form
    scalar: ScalarCodec | None = None
    shape: Shape | None = None
    default: Any = REQUIRED

    @property
    def codec(self) -> ScalarCodec:
        """The scalar's codec, for a field of scalars."""
        assert self.scalar is not None
        return self.scalar

    @property
    def inside(self) -> Shape:
        """The shape of what the field holds, for a field of dataclasses."""
        assert self.shape is not None
        return self.shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A dataclass and its fields in the order in which they stand on the wire."""

    type: type
    fields: tuple[Field, ...]

    def having(self, *forms: Form) -> tuple[Field, ...]:
        """The fields of these forms."""
        return tuple(field for field in self.fields if field.form in forms)


@cache
def shape_of(kind: type) -> Shape:
    """The shape of a message or of a value inside one.

    Raises:
        TypeError: a field is of a type that has no form on the wire.

    """
    return Shape(type=kind, fields=tuple(_fields(kind, frozenset())))


@cache
def resource_shape(kind: str) -> Shape:
    """The shape of the values of a resource kind, without the id and the revision that every resource carries."""
    value = PUBLIC_KINDS[kind]
    return Shape(type=value, fields=tuple(_fields(value, frozenset({OWN_ID.get(value, "id"), "revision"}))))


def message_name(kind: type) -> str:
    """`hub-heartbeat` for `HubHeartbeat`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("-")


MESSAGES: Mapping[str, type] = {
    message_name(kind): kind for kind in (*CLIENT_MESSAGES, *HUB_MESSAGES, *EITHER_MESSAGES)
}
"""Every message by the name of its element."""


def _fields(kind: type, left_out: frozenset[str]) -> list[Field]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        _field(kind, item.name, hints[item.name], item.default) for item in fields(kind) if item.name not in left_out
    ]


def _field(kind: type, name: str, hint: Any, default: Any) -> Field:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (item for item in get_args(hint) if item is not type(None))
        default = None
    if (kind, name) in ALWAYS:
        default = REQUIRED
    if get_origin(hint) is tuple:
        return _list_field(kind, name, hint)
    tag = CHOSEN_NAMES.get((kind, name), name.replace("_", "-"))
    scalar = scalar_codec(hint)
    if scalar is not None:
        form = Form.ATTRIBUTE
        if CONTENT.get(kind) == name:
            form = Form.CONTENT
        elif name in ELEMENTS.get(kind, frozenset()):
            form = Form.ELEMENT
        return Field(name=name, tag=tag, form=form, scalar=scalar, default=default)
    if is_dataclass(hint) and isinstance(hint, type):
        return Field(name=name, tag=tag, form=Form.CHILD, shape=shape_of(hint), default=default)
    raise TypeError(f"{kind.__name__}.{name}: {hint!r} has no form on the wire")


def _list_field(kind: type, name: str, hint: Any) -> Field:
    singular = SINGULARS.get(name, name.removesuffix("s"))
    tag = CHOSEN_NAMES.get((kind, name), singular.replace("_", "-"))
    item, *more = get_args(hint)
    if get_origin(item) is tuple and get_args(item) == (str, str) and more == [Ellipsis]:
        return Field(name=name, tag=tag, form=Form.PAIRS, scalar=scalar_codec(str), default=())
    if more != [Ellipsis]:
        raise TypeError(f"{kind.__name__}.{name}: {hint!r} has no form on the wire")
    if item is Resource:
        return Field(name=name, tag="", form=Form.RESOURCES, default=())
    scalar = scalar_codec(item)
    if scalar is not None:
        return Field(name=name, tag=tag, form=Form.SCALARS, scalar=scalar, default=())
    return Field(name=name, tag=tag, form=Form.CHILDREN, shape=shape_of(item), default=())
