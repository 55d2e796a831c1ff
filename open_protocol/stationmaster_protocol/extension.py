"""What a resource carries besides what the protocol knows: kept as text, and handed on.

The text is the resource's whole element `extension` in exclusive canonical XML, so that equal content is equal text,
every namespace is declared where it is used, and the text means the same wherever it is put. Canonical XML repeats
a namespace at each use, so a small document could become an enormous text; what would be too long is refused before it
is made.
"""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.messages import NAMESPACE

__all__ = ["EXTENSION", "LONGEST_EXTENSION", "checked_extension", "extension_text"]

EXTENSION = f"{{{NAMESPACE}}}extension"
"""The element's name."""

LONGEST_EXTENSION = 64 * 1024
"""The longest text of an extension, in characters, with each name's namespace counted anew."""

_MARKUP = 8
"""Characters of brackets, quotes and the declaration of a namespace."""


def extension_text(element: etree._Element) -> str:
    """The text of an `extension` element that is valid against the schema; empty if there is nothing in it.

    Raises:
        ValueError: it is longer than `LONGEST_EXTENSION`.

    """
    if not len(element) and not element.attrib:
        return ""
    if _length(element) > LONGEST_EXTENSION:
        raise ValueError(_too_long())
    try:
        text: str = etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, with_tail=False
        ).decode()
    except etree.C14NError as error:
        raise ValueError("An extension has a namespace that is no absolute URI.") from error
    if len(text) > LONGEST_EXTENSION:
        raise ValueError(_too_long())
    return text


@lru_cache(maxsize=1024)
def checked_extension(text: str) -> str:
    """A resource's extension as it may be written into a message.

    Raises:
        LocalProtocolError: `bad-value` if it is not the text of an extension.

    """
    if len(text) > LONGEST_EXTENSION:
        raise LocalProtocolError("bad-value", _too_long(), "")
    if "<!DOCTYPE" in text:
        raise LocalProtocolError("bad-value", "An extension has a document type declaration.", "")
    try:
        element = etree.fromstring(text.encode(), _parser())
        if element.tag != EXTENSION:
            raise ValueError(f"The element {element.tag} is no extension.")
        if any(_namespace(child.tag) in ("", NAMESPACE) for child in element):
            raise ValueError("An extension holds elements of other namespaces only.")
        if any(_namespace(name) in ("", NAMESPACE) for name in element.attrib):
            raise ValueError("An extension has attributes of other namespaces only.")
        if any(part and part.strip() for part in (element.text, *(child.tail for child in element))):
            raise ValueError("An extension holds no text of its own.")
        return extension_text(element)
    except (ValueError, etree.XMLSyntaxError) as error:
        raise LocalProtocolError("bad-value", f"{error}", "") from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _length(element: etree._Element) -> int:
    """How long the text becomes at the most, without its values; no more is looked at than it takes to be too long."""
    length = 0
    for one in element.iter():
        length += 2 * len(str(one.tag)) + _MARKUP
        length += sum(len(str(name)) + _MARKUP for name in one.attrib)
        if length > LONGEST_EXTENSION:
            break
    return length


def _namespace(name: object) -> str:
    text = str(name)
    return text[1:].partition("}")[0] if text.startswith("{") else ""


def _too_long() -> str:
    return f"An extension is longer than {LONGEST_EXTENSION} characters."
