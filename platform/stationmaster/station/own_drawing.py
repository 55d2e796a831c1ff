"""`plan.svg`: a station's own drawing of its tracks, checked and made harmless.

It comes from outside and is shown to people who may act. So what could run, load or hide something is a fault, with
what is allowed instead; what drawing programs leave of their own (other namespaces, comments, editors' data) is left
out without a word. Ids that name no place get a prefix, so that they cannot be taken for a page's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lxml import etree

from stationmaster.station.svg_words import (
    ATTRIBUTES,
    CLASS,
    DRAWN,
    ELEMENTS,
    IDENTIFIER,
    LOCAL_URL,
    PROPERTIES,
    REFERENCES,
    SVG,
    TRACK_SHAPES,
    is_harmless,
)
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind

__all__ = ["DRAWING_FILE", "read_drawing"]

DRAWING_FILE = "plan.svg"

LARGEST = 2_000_000
"""Bytes."""

MOST_ELEMENTS = 20_000
DEEPEST = 40
MOST_TOLD = 20
"""Faults of one drawing; who has more of them sees the rest when these are mended."""

HARMFUL = ("script", "iframe", "object", "embed", "html", "body", "link", "style", "form")
"""Elements that are a fault in any namespace."""

OWN = "own-"
"""Begins ids that name no place."""

_NEEDED = (PlaceKind.TRACK, PlaceKind.PLATFORM)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NUMBERS = re.compile(r"\s*(-?\d+(?:\.\d+)?)(?:[\s,]+|\Z)" * 4 + r"\Z")


def read_drawing(folder: Path, places: Iterable[Place], faults: Faults) -> bytes | None:
    """The drawing as it may be shown; None if the station has none of its own, or none that can be used."""
    path = folder / DRAWING_FILE
    if not path.exists():
        return None
    content = path.read_bytes()
    found: list[tuple[str, str, str]] = []
    svg = _Reader(found).read(content, tuple(places))
    for place, problem, allowed in found[:MOST_TOLD]:
        faults.add(DRAWING_FILE, place, problem, allowed)
    if len(found) > MOST_TOLD:
        faults.add(DRAWING_FILE, "drawing", f"has {len(found) - MOST_TOLD} faults more", "mend these first")
    return None if found else svg


class _Reader:
    """Reads one drawing and remembers what is wrong with it."""

    def __init__(self, found: list[tuple[str, str, str]]) -> None:
        self._found = found
        self._kept: frozenset[str] = frozenset()

    def read(self, content: bytes, places: tuple[Place, ...]) -> bytes:
        """The document as it may be shown; of no use if a fault was found."""
        root = self._parse(content)
        if root is None:
            return b""
        self._kept = frozenset(f"{place.kind}-{place.id}" for place in places if place.kind in DRAWN) | {"hall"}
        self._look(root)
        clean = etree.fromstring(f'<svg xmlns="{SVG}"/>')
        self._fill(clean, root, 0)
        if self._found:
            return b""
        self._uses(clean)
        self._ids(clean, places)
        if not clean.get("viewBox"):
            self._box(root, clean)
        for name in ("width", "height", "x", "y"):
            clean.attrib.pop(name, "")
        etree.cleanup_namespaces(clean)
        return etree.tostring(clean, encoding="UTF-8", xml_declaration=True)

    def _fault(self, place: str, problem: str, allowed: str = "") -> None:
        self._found.append((place, problem, allowed))

    def _parse(self, content: bytes) -> etree._Element | None:
        if len(content) > LARGEST:
            self._fault("drawing", f"has {len(content)} bytes", f"{LARGEST} at most")
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            line = error.position[0] if error.position else 0
            self._fault(f"line {line}", f"is no XML: {error.msg}", "an SVG document")
            return None
        if root.tag != f"{{{SVG}}}svg":
            self._fault("drawing", f"begins with {_short(root.tag)}", f'<svg xmlns="{SVG}">')
            return None
        if root.getroottree().docinfo.internalDTD is not None and _declares(root):
            self._fault("drawing", "declares entities", "a document without <!ENTITY …>")
            return None
        return root

    def _look(self, root: etree._Element) -> None:
        """Sizes, before anything is done with it."""
        count = sum(1 for _ in root.iter())
        if count > MOST_ELEMENTS:
            self._fault("drawing", f"has {count} elements", f"{MOST_ELEMENTS} at most")

    def _fill(self, clean: etree._Element, element: etree._Element, depth: int) -> None:
        """Copy into `clean` what an element has and may have."""
        where = _where(element)
        clean.text = element.text
        for key, value in element.attrib.items():
            self._attribute(clean, str(key), str(value), where)
        for child in element:
            if not self._may_stand(child):
                continue
            if depth >= DEEPEST:
                self._fault(_where(child), f"lies more than {DEEPEST} groups deep", "flatter groups")
                return
            copy = etree.SubElement(clean, child.tag)
            copy.tail = child.tail
            self._fill(copy, child, depth + 1)

    def _may_stand(self, element: etree._Element) -> bool:
        """Whether an element is copied; what is not is a fault, unless it is an editor's own."""
        if not isinstance(element.tag, str):
            return False
        name = etree.QName(element)
        editors = name.namespace != SVG and name.localname.lower() not in HARMFUL
        if editors or name.localname == "metadata":
            return False
        if name.namespace == SVG and name.localname in ELEMENTS:
            return True
        self._fault(_where(element), f"<{name.localname}> is not allowed", _ALLOWED)
        return False

    def _attribute(self, clean: etree._Element, key: str, value: str, where: str) -> None:
        if key in REFERENCES:
            if value.startswith("#") and IDENTIFIER.match(value[1:]):
                clean.set("href", value)
            else:
                self._fault(where, f"refers to {value[:60]!r}", "#id of something in the drawing itself")
            return
        name = key if key != _LANG else "lang"
        if name.lower().startswith("on"):
            self._fault(where, f"{name} is not allowed", "a drawing without anything that runs")
        elif name == "style":
            self._style(clean, value, where)
        elif name == "class":
            kept = [word for word in value.split() if CLASS.match(word)]
            if kept:
                clean.set("class", " ".join(kept))
        elif name in ATTRIBUTES:
            self._value(clean, name, value, where)

    def _style(self, clean: etree._Element, style: str, where: str) -> None:
        """Declarations as attributes; those that are not known are left out, as editors write many."""
        for declaration in style.split(";"):
            name, _, value = declaration.partition(":")
            if name.strip().lower() in PROPERTIES:
                self._value(clean, name.strip().lower(), value.replace("!important", "").strip(), where)

    def _value(self, clean: etree._Element, name: str, value: str, where: str) -> None:
        if not is_harmless(value):
            self._fault(
                where, f"{name}={value[:60]!r} is not allowed", "plain values, and url(#id) of the drawing itself"
            )
        else:
            clean.set(name, value)

    def _uses(self, clean: etree._Element) -> None:
        """What is used again must not use anything itself: a few lines of that would fill a browser's memory."""
        known = {item: element for element in clean.iter() if (item := element.get("id")) is not None}
        for use in clean.iter(f"{{{SVG}}}use"):
            target = known.get((use.get("href") or "#")[1:])
            if target is not None and next(target.iter(f"{{{SVG}}}use"), None) is not None:
                self._fault(_where(use), "uses something that uses something", "<use> of what has no <use> in it")

    def _ids(self, clean: etree._Element, places: tuple[Place, ...]) -> None:
        """Each id once; those of places are as they should be; the others get a prefix wherever they stand."""
        count = Counter(item for element in clean.iter() if (item := element.get("id")) is not None)
        for item, number in count.items():
            if number > 1:
                self._fault(f"#{item[:60]}", f"stands {number} times", "each id once")
        for place in places:
            name = f"{place.kind}-{place.id}"
            if place.kind in _NEEDED and name not in count:
                shape = " or ".join(f"<{shape}>" for shape in TRACK_SHAPES) if place.kind is PlaceKind.TRACK else "<g>"
                self._fault(f"#{name}", "is missing", f'{shape} with id="{name}"')
        for element in clean.iter():
            item = element.get("id")
            name = etree.QName(element).localname
            if item in self._kept and item.startswith("track-") and name not in TRACK_SHAPES:
                self._fault(f"#{item}", f"is a <{name}>", " or ".join(f"<{shape}>" for shape in TRACK_SHAPES))
            if item is not None and item not in self._kept:
                element.set("id", OWN + item)
            for key, value in list(element.attrib.items()):
                if key == "href":
                    element.set(key, "#" + self._own(str(value)[1:]))
                elif "url(" in str(value).lower():
                    element.set(key, LOCAL_URL.sub(lambda found: f"url(#{self._own(found[1])})", str(value)))

    def _own(self, item: str) -> str:
        return item if item in self._kept else OWN + item

    def _box(self, root: etree._Element, clean: etree._Element) -> None:
        sizes = [re.match(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*\Z", root.get(name) or "") for name in ("width", "height")]
        if all(sizes):
            clean.set("viewBox", " ".join(["0", "0", *(size[1] for size in sizes if size is not None)]))
        else:
            self._fault("drawing", "has no viewBox", 'viewBox="0 0 <width> <height>"')


_ALLOWED = "groups, shapes, texts, gradients, markers, clip paths and <use>"


_PLAIN = "plain values, and url(#id) of the drawing itself"


def _where(element: etree._Element) -> str:
    item = element.get("id")
    line = element.sourceline
    return f"#{item[:60]}" if item else f"line {line}" if line else _short(element.tag)


def _short(tag: object) -> str:
    return f"<{etree.QName(str(tag)).localname}>"


def _declares(root: etree._Element) -> bool:
    """Whether the document type says more than a name; drawing programs write `<!DOCTYPE svg PUBLIC …>`."""
    dtd = root.getroottree().docinfo.internalDTD
    declared: Any = dtd
    return dtd is not None and bool(declared.entities() or declared.elements())
