"""JSON schemas of the values that the web API gives and takes, made from their classes.

What an answer holds is written down once, as a dataclass; `bodies.as_json` makes JSON of it, and here its description
is made, so neither can differ from the other. What is sent has the shape that `act_reading` reads: fields with a
default may be left out, and instants may be text.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from inspect import cleandoc
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from stationmaster.hub.web.act_reading import LARGEST_NUMBER, LAST_INSTANT, LONGEST_TEXT, SCHEMA
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_kernel.plain import TAG_KEY

__all__ = ["Schema", "Schemas"]

Schema = dict[str, Any]
"""A JSON schema, of the dialect 2020-12, which OpenAPI 3.1 takes as it is."""

_INSTANT = "Seconds since 1970-01-01T00:00:00Z."
_CENTURY = "^(19[7-9][0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}$"
_SECOND = "^(19[7-9][0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$"
_PRINTABLE = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$"
"""Text without control characters, but it may have several lines."""

_SENT = "Sent"
"""Begins the name of a schema of what is sent, where a class is both sent and told."""


class Schemas:
    """Schemas by name, to be put under `components/schemas`; each class is described once.

    Args:
        names: what classes are called whose own name another has too.
        given: the schemas of types that stand in JSON as something else than they are.

    """

    def __init__(self, names: Mapping[type, str], given: Mapping[Any, Schema]) -> None:
        self.components: dict[str, Schema] = {}
        self._called = names
        self._given = given
        self._names: dict[tuple[Any, bool], str] = {}

    def told(self, kind: Any) -> Schema:
        """The schema of a value of this type as answers have it."""
        return self._schema(kind, sent=False)

    def sent(self, kind: Any) -> Schema:
        """The schema of a value of this type as requests have it."""
        return self._schema(kind, sent=True)

    def own(self, name: str, schema: Schema) -> Schema:
        """A reference to a schema that no class stands for.

        Raises:
            ValueError: another has this name.

        """
        if self.components.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are called {name}")
        return _reference(name)

    def _schema(self, kind: Any, *, sent: bool) -> Schema:
        if kind in self._given:
            return self._given[kind]
        if kind is Instant:
            return _sent_instant() if sent else {"type": "integer", "description": _INSTANT}
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._schema(inner[0], sent=sent)
        if origin in (Union, types.UnionType):
            return self._union(inner, sent=sent)
        if origin is tuple:
            return self._tuple(inner, sent=sent)
        if is_dataclass(kind):
            return self._component(kind, sent=sent)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [item.value for item in kind]}
        return _scalar(kind, sent=sent)

    def _union(self, kinds: tuple[Any, ...], *, sent: bool) -> Schema:
        inner = [self._schema(kind, sent=sent) for kind in kinds if kind is not types.NoneType]
        tags = [getattr(kind, "TAG", None) for kind in kinds]
        if types.NoneType in kinds:
            if len(inner) == 1 and isinstance(inner[0].get("type"), str) and "enum" not in inner[0]:
                return {**inner[0], "type": [inner[0]["type"], "null"]}
            return {"anyOf": [*inner, {"type": "null"}]}
        if all(isinstance(tag, str) for tag in tags):
            mapping = {tag: each["$ref"] for tag, each in zip(tags, inner, strict=True)}
            return {"oneOf": inner, "discriminator": {"propertyName": TAG_KEY, "mapping": mapping}}
        return {"anyOf": inner}

    def _tuple(self, kinds: tuple[Any, ...], *, sent: bool) -> Schema:
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return {"type": "array", "items": self._schema(kinds[0], sent=sent)}
        items = [self._schema(kind, sent=sent) for kind in kinds]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _component(self, kind: Any, *, sent: bool) -> Schema:
        known = self._names.get((kind, sent))
        if known is not None:
            return _reference(known)
        name = (_SENT if sent else "") + self._called.get(kind, kind.__name__)
        if name in self.components:
            raise ValueError(f"two classes are called {name}")
        self._names[kind, sent] = name
        self.components[name] = {}  # a class may hold itself
        self.components[name] = self._object(kind, sent=sent)
        return _reference(name)

    def _object(self, kind: Any, *, sent: bool) -> Schema:
        hints = get_type_hints(kind, include_extras=True)
        properties: dict[str, Schema] = {}
        tag = getattr(kind, "TAG", None)
        if tag is not None:
            properties[TAG_KEY] = {"type": "string", "const": tag}
        for field in fields(kind):
            properties[field.name] = {
                **self._schema(hints[field.name], sent=sent),
                **field.metadata.get(SCHEMA, {}),
            }
        needed = [field.name for field in fields(kind) if not sent or _needed(field)]
        schema: Schema = {"type": "object", "properties": properties}
        if tag is not None:
            needed = [TAG_KEY, *needed]
        if needed:
            schema["required"] = needed
        if sent:
            schema["additionalProperties"] = False
        return {"description": _words(kind), **schema}


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _scalar(kind: Any, *, sent: bool) -> Schema:
    if kind is str:
        return {"type": "string", "maxLength": LONGEST_TEXT, "pattern": _PRINTABLE} if sent else {"type": "string"}
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        return {"type": "integer", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER} if sent else _whole()
    if kind is float:
        return {"type": "number"}
    if kind is date:
        return {"type": "string", "format": "date", **({"pattern": _CENTURY} if sent else {})}
    if kind == JsonValue:
        return {}
    raise TypeError(f"{kind!r} has no JSON schema")


def _whole() -> Schema:
    return {"type": "integer"}


def _sent_instant() -> Schema:
    seconds = {"type": "integer", "minimum": 0, "exclusiveMaximum": LAST_INSTANT}
    return {
        "description": f"{_INSTANT} Or the same as text: 2026-03-01T07:04:00Z. Before the year 2100.",
        "anyOf": [seconds, {"type": "string", "format": "date-time", "pattern": _SECOND}],
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _words(kind: Any) -> str:
    return cleandoc(kind.__doc__ or "")
