"""From values to XML.

Text is put together by hand: a resource's XML is made once and then stands, unchanged, in the messages to every
subscriber that gets it. Whatever XML or the schema could not carry is refused here, before a byte leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.extension import checked_extension
from stationmaster_protocol.messages import NAMESPACE, Message
from stationmaster_protocol.scalar_codecs import NUMBER, TEXT
from stationmaster_protocol.shapes import MESSAGES, Field, Form, Shape, message_name, resource_shape, shape_of

__all__ = ["Fragment", "document_text", "resource_text"]

Fragment = Callable[[Resource], str]
"""Gives the XML of a resource: `resource_text`, or something that remembers what it gave."""

_Inside = Callable[[Any, Fragment], tuple[str, str]]
"""Gives a value's attributes (each with a space before it) and its content."""

_IN_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_IN_CONTENT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_SPECIAL = re.compile('[&<>"\t\n\r]')


def document_text(message: Message, fragment: Fragment | None = None) -> str:
    """The XML document of a message, without a declaration.

    Raises:
        LocalProtocolError: `bad-value` if a field holds what the protocol does not allow.

    """
    kind: type = type(message)
    name = message_name(kind)
    if MESSAGES.get(name) is not kind:
        raise LocalProtocolError("bad-value", f"{kind.__name__} is not a message of the protocol.", "")
    attributes, content = _inside_of(kind)(message, fragment or resource_text)
    return _element(name, f' xmlns="{NAMESPACE}"{attributes}', content)


def resource_text(resource: Resource) -> str:
    """The XML element of one resource, in the namespace of whatever it is put into.

    Raises:
        LocalProtocolError: `bad-value` if its kind is not public or a field holds what the protocol does not allow.

    """
    kind = resource.kind
    if PUBLIC_KINDS.get(kind) is not type(resource.value):
        raise LocalProtocolError("bad-value", f"{kind!r} with {type(resource.value).__name__} is not public.", "")
    attributes, content = _inside_of_resource(kind)(resource.value, resource_text)
    if resource.extension:
        content += checked_extension(resource.extension)
    named = f' id="{_attribute(TEXT.write(resource.id))}" revision="{NUMBER.write(resource.revision)}"'
    return _element(kind, named + attributes, content)


def _element(name: str, attributes: str, content: str) -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def _attribute(text: str) -> str:
    return text.translate(_IN_ATTRIBUTE) if _SPECIAL.search(text) else text


def _content(text: str) -> str:
    return text.translate(_IN_CONTENT) if _SPECIAL.search(text) else text


@cache
def _inside_of(kind: type) -> _Inside:
    return _compiled(shape_of(kind))


@cache
def _inside_of_resource(kind: str) -> _Inside:
    return _compiled(resource_shape(kind))


def _compiled(shape: Shape) -> _Inside:
    attributes = [
        (field.name, f' {field.tag}="', field.codec.write, field.default) for field in shape.having(Form.ATTRIBUTE)
    ]
    children = [_CHILD_WRITERS[field.form](field) for field in shape.fields if field.form is not Form.ATTRIBUTE]

    def inside(value: Any, fragment: Fragment) -> tuple[str, str]:
        written = []
        for name, opening, write, default in attributes:
            item = getattr(value, name)
            if item is not default and item != default:
                written.append(f'{opening}{_attribute(write(item))}"')
        return "".join(written), "".join([child(value, fragment) for child in children])

    return inside


_Child = Callable[[Any, Fragment], str]


def _content_writer(field: Field) -> _Child:
    name, write = field.name, field.codec.write
    return lambda value, _fragment: _content(write(getattr(value, name)))


def _element_writer(field: Field) -> _Child:
    name, tag, write, default = field.name, field.tag, field.codec.write, field.default

    def child(value: Any, _fragment: Fragment) -> str:
        item = getattr(value, name)
        return "" if item == default else _element(tag, "", _content(write(item)))

    return child


def _scalars_writer(field: Field) -> _Child:
    name, tag, write = field.name, field.tag, field.codec.write
    return lambda value, _fragment: "".join([_element(tag, "", _content(write(item))) for item in getattr(value, name)])


def _pairs_writer(field: Field) -> _Child:
    name, tag, write = field.name, field.tag, field.codec.write
    return lambda value, _fragment: "".join(
        [
            _element(tag, f' language="{_attribute(write(language))}"', _content(write(text)))
            for language, text in getattr(value, name)
        ]
    )


def _child_writer(field: Field) -> _Child:
    name, tag, inside, default = field.name, field.tag, _inside_of(field.inside.type), field.default

    def child(value: Any, fragment: Fragment) -> str:
        item = getattr(value, name)
        return "" if item == default else _element(tag, *inside(item, fragment))

    return child


def _children_writer(field: Field) -> _Child:
    name, tag, inside = field.name, field.tag, _inside_of(field.inside.type)
    return lambda value, fragment: "".join([_element(tag, *inside(item, fragment)) for item in getattr(value, name)])


def _resources_writer(field: Field) -> _Child:
    name = field.name
    return lambda value, fragment: "".join([fragment(resource) for resource in getattr(value, name)])


_CHILD_WRITERS: dict[Form, Callable[[Field], _Child]] = {
    Form.CONTENT: _content_writer,
    Form.ELEMENT: _element_writer,
    Form.SCALARS: _scalars_writer,
    Form.PAIRS: _pairs_writer,
    Form.CHILD: _child_writer,
    Form.CHILDREN: _children_writer,
    Form.RESOURCES: _resources_writer,
}
