"""From XML to values.

Three gates, one after the other: a parser that knows no DTD, no entities and no network and has libxml2's limits on
depth and size; the schema, for every message; and the few things that a schema cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.configuration import Place
from stationmaster_kernel.plain import sharing
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.extension import EXTENSION, extension_text
from stationmaster_protocol.messages import NAMESPACE, Message
from stationmaster_protocol.shapes import MESSAGES, OWN_ID, Field, Form, Shape, resource_shape, shape_of

__all__ = ["LONGEST_NAMESPACE", "MOST_ATTRIBUTES", "read_document", "schema_text"]

SCHEMA_FILE = "open-protocol-1.xsd"

MOST_ATTRIBUTES = 64
"""On one element, those of other namespaces included."""

LONGEST_NAMESPACE = 256
"""Characters in the name of a namespace."""

_LONG_NAMESPACE = re.compile(
    rb"xmlns[^=>]{0,256}=\s*(?:\"[^\"]{%d}|'[^']{%d})" % (LONGEST_NAMESPACE, LONGEST_NAMESPACE)
)

_Read = Callable[[etree._Element], Any]


def schema_text() -> bytes:
    """The XSD, as it is in the package."""
    return files(__package__).joinpath(SCHEMA_FILE).read_bytes()


def read_document(document: bytes) -> Message:
    """The message in an XML document.

    Raises:
        RemoteProtocolError: `not-utf8`, `doctype`, `not-xml`, `invalid` or `bad-value`.

    """
    root = _parsed(document)
    schema = _schema()
    if not schema.validate(root):
        raise RemoteProtocolError("invalid", _first_complaint(schema.error_log))
    try:
        message: Message = _reader(MESSAGES[etree.QName(root).localname])(root)
    except ValueError as error:
        raise RemoteProtocolError("bad-value", str(error)) from error
    return message


def _parsed(document: bytes) -> etree._Element:
    try:
        document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("not-utf8", f"Byte {error.start} is not UTF-8.") from error
    if b"<!DOCTYPE" in document:
        raise RemoteProtocolError("doctype", "The document has a document type declaration.")
    try:
        root = etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as error:
        raise RemoteProtocolError("not-xml", f"{error.msg}.") from error
    _refuse_laborious(document, root)
    return root


def _refuse_laborious(document: bytes, root: etree._Element) -> None:
    """No document may cost much more than its length: some of what follows takes the product of two lengths."""
    if any(len(element.attrib) > MOST_ATTRIBUTES for element in root.iter()):
        raise RemoteProtocolError("invalid", f"An element has more than {MOST_ATTRIBUTES} attributes.")
    if _LONG_NAMESPACE.search(document) and any(
        len(str(name)) > LONGEST_NAMESPACE and len(etree.QName(name).namespace or "") > LONGEST_NAMESPACE
        for element in root.iter()
        for name in (element.tag, *element.attrib)
    ):
        raise RemoteProtocolError("invalid", f"A namespace is longer than {LONGEST_NAMESPACE} characters.")


@cache
def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(schema_text()))


def _first_complaint(log: etree._ListErrorLog) -> str:
    for entry in log:
        if "'token'" in entry.message:
            # Complaints quote the value, and this one goes into an answer and a log.
            return f"Line {entry.line}: the attribute 'token' is not valid."
        return f"Line {entry.line}: {entry.message.replace(f'{{{NAMESPACE}}}', '')}"
    return "The document is not valid."


@cache
def _reader(kind: type) -> _Read:
    return _compiled(shape_of(kind), kind)


def _compiled(shape: Shape, make: Callable[..., Any]) -> _Read:
    """A reader that calls `make` with the fields as keywords; what it does not know it leaves out."""
    attributes = {field.tag: (field.name, field.codec.read) for field in shape.having(Form.ATTRIBUTE)}
    contents = [(field.name, field.codec.read) for field in shape.having(Form.CONTENT)]
    single = {tag: child for field in shape.having(*_SINGLE) for tag, child in _children(field)}
    several = {tag: child for field in shape.having(*_SEVERAL) for tag, child in _children(field)}
    lists: dict[str, Any] = {field.name: () for field in shape.having(*_SEVERAL)}
    shared = {field.name: sharing() for field in shape.having(*_SEVERAL) if field.form is not Form.RESOURCES}

    def read(element: etree._Element) -> Any:
        values = dict(lists)
        found: dict[str, list[Any]] = {}
        for key, text in element.attrib.items():
            if key in attributes:
                name, read_text = attributes[str(key)]
                values[name] = read_text(str(text))
        for name, read_text in contents:
            values[name] = read_text(element.text or "")
        for child in element:
            if child.tag in several:
                name, read_child = several[child.tag]
                found.setdefault(name, []).append(read_child(child))
            elif child.tag in single:
                name, read_child = single[child.tag]
                values[name] = read_child(child)
        for name, items in found.items():
            values[name] = shared[name](tuple(items)) if name in shared else tuple(items)
        return make(**values)

    return read


_SINGLE = (Form.ELEMENT, Form.CHILD)
_SEVERAL = (Form.SCALARS, Form.PAIRS, Form.CHILDREN, Form.RESOURCES)


def _children(field: Field) -> Iterator[tuple[str, tuple[str, _Read]]]:
    """The tags under which a field's items stand, each with the field's name and the item's reader."""
    if field.form is Form.RESOURCES:
        for kind in PUBLIC_KINDS:
            yield f"{{{NAMESPACE}}}{kind}", (field.name, _resource_reader(kind))
    elif field.form is Form.PAIRS:
        yield f"{{{NAMESPACE}}}{field.tag}", (field.name, _pair)
    elif field.shape is not None:
        yield f"{{{NAMESPACE}}}{field.tag}", (field.name, _reader(field.shape.type))
    else:
        yield f"{{{NAMESPACE}}}{field.tag}", (field.name, _text_reader(field.codec.read))


def _text_reader(read_text: Callable[[str], Any]) -> _Read:
    return lambda element: read_text(element.text or "")


def _pair(element: etree._Element) -> tuple[str, str]:
    return element.get("language", ""), element.text or ""


@cache
def _resource_reader(kind: str) -> _Read:
    value = PUBLIC_KINDS[kind]
    own = OWN_ID.get(value, "id")
    read_fields = _compiled(resource_shape(kind), dict)

    def read(element: etree._Element) -> Resource:
        resource_id = element.get("id", "")
        revision = int(element.get("revision", ""))
        fields = read_fields(element)
        extension = extension_text(element[-1]) if len(element) and element[-1].tag == EXTENSION else ""
        name = resource_id
        if value is Place:
            # Ids of places are unique within their kind only, so the kind is part of the resource's id.
            place_kind, _, name = resource_id.partition(".")
            if place_kind != fields["kind"]:
                raise ValueError(f"The id of place {resource_id!r} does not begin with its kind, {fields['kind']}.")
        return Resource(
            kind=kind,
            id=resource_id,
            revision=revision,
            value=value(**{own: name}, revision=revision, **fields),
            extension=extension,
        )

    return read
