"""Documents of the open protocol made from the schema alone: whatever it admits, would our code write it or not.

It reads `open-protocol-1.xsd` as a vendor's tool would, and knows nothing of the shapes that the schema was made from.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st
from lxml import etree

from stationmaster_protocol.reading import schema_text

XS = "{http://www.w3.org/2001/XMLSchema}"
SCHEMA = etree.fromstring(schema_text())
NAMESPACE = SCHEMA.get("targetNamespace") or ""
MESSAGES = [element.get("name") or "" for element in SCHEMA.findall(f"{XS}element")]
SPACES = st.sampled_from(["", "", "", " ", "\n"])
CHARACTERS = st.text(
    st.one_of(
        st.sampled_from("\t\n <>&\"'京"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=8,
)
_KEPT = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}

Parts = st.SearchStrategy[str]


def documents(message: str) -> Parts:
    """Valid documents of one message."""
    (element,) = [each for each in SCHEMA.findall(f"{XS}element") if each.get("name") == message]
    return _element(message, element.get("type") or "", root=True)


@cache
def _element(name: str, kind: str, *, root: bool = False) -> Parts:
    declared = f' xmlns="{NAMESPACE}" xmlns:v="urn:vendor:v"' if root else ""
    complex_type = _named("complexType", kind)
    if complex_type is None:
        return st.builds(lambda text: f"<{name}{declared}>{escape(text, {chr(13): '&#13;'})}</{name}>", _simple(kind))
    simple = complex_type.find(f"{XS}simpleContent/{XS}extension")
    if simple is not None:
        inside = _simple(simple.get("base") or "").map(lambda text: escape(text, {"\r": "&#13;"}))
        return st.builds(lambda a, i: f"<{name}{declared}{a}>{i}</{name}>", _attributes(simple), inside)
    sequence = complex_type.find(f"{XS}sequence")
    inside = st.just("") if sequence is None else _sequence(sequence)
    return st.builds(lambda a, i: f"<{name}{declared}{a}>{i}</{name}>", _attributes(complex_type), inside)


def _attributes(owner: etree._Element) -> Parts:
    parts: list[Parts] = []
    for attribute in owner.findall(f"{XS}attribute"):
        name = attribute.get("name") or ""
        given = _simple(attribute.get("type") or "").map(lambda text, name=name: f" {name}={quoteattr(text, _KEPT)}")
        parts.append(given if attribute.get("use") == "required" else st.just("") | given)
    if owner.find(f"{XS}anyAttribute") is not None:
        parts.append(st.sampled_from(["", "", ' v:new="1"']))
    return st.tuples(*parts).map("".join)


def _sequence(sequence: etree._Element) -> Parts:
    parts = [_repeated(each, _particle(each)) for each in sequence]
    return st.tuples(*parts, SPACES).map("".join)


def _particle(particle: etree._Element) -> Parts:
    match particle.tag.removeprefix(XS):
        case "any":
            return st.sampled_from(
                ['<v:a v:b="1"><plain xmlns="">t</plain></v:a>', '<b xmlns="urn:w"/>', "<v:c>x</v:c>"]
            )
        case "group":
            return st.deferred(lambda: _choice(particle.get("ref") or ""))
        case _:
            name, kind = particle.get("name") or "", particle.get("type") or ""
            return st.deferred(lambda: _element(name, kind))


@cache
def _choice(group: str) -> Parts:
    named = _named("group", group)
    assert named is not None
    return st.one_of(*(_particle(each) for each in named.find(f"{XS}choice")))


def _repeated(particle: etree._Element, one: Parts) -> Parts:
    least = int(particle.get("minOccurs") or 1)
    most = 2 if particle.get("maxOccurs") == "unbounded" else int(particle.get("maxOccurs") or 1)
    return st.lists(one, min_size=least, max_size=most).map("".join)


def _named(tag: str, name: str) -> etree._Element | None:
    return next((each for each in SCHEMA.findall(f"{XS}{tag}") if each.get("name") == name), None)


@cache
def _simple(kind: str) -> Parts:
    """Texts of a simple type."""
    plain = {
        "xs:string": CHARACTERS,
        "xs:boolean": st.sampled_from(["true", "false", "1", "0", " true "]),
        "xs:long": st.integers(-(2**63), 2**63 - 1).map(str) | st.sampled_from(["+7", " 007 ", "-0"]),
    }
    if kind in plain:
        return plain[kind]
    named = _named("simpleType", kind)
    assert named is not None, kind
    (restriction,) = named.findall(f"{XS}restriction")
    facets: dict[str, list[Any]] = {}
    for facet in restriction:
        facets.setdefault(facet.tag.removeprefix(XS), []).append(facet.get("value"))
    if "enumeration" in facets:
        return st.sampled_from(facets["enumeration"])
    base = restriction.get("base") or ""
    if base == "xs:long":
        return st.integers(int(facets["minInclusive"][0]), int(facets["maxInclusive"][0])).map(str)
    if base in ("xs:dateTime", "xs:date"):
        return _times(base, "\\." in facets["pattern"][0])
    if "pattern" in facets:
        return st.from_regex(facets["pattern"][0], fullmatch=True, alphabet=st.characters(codec="ascii"))
    return CHARACTERS


def _times(base: str, decimals: bool) -> Parts:
    day = st.dates().filter(lambda day: day.year >= 1000).map(lambda day: day.isoformat())
    if base == "xs:date":
        return day
    clock = st.times().map(lambda time: time.replace(microsecond=0).isoformat())
    fraction = st.from_regex(r"\.[0-9]{1,6}", fullmatch=True) if decimals else st.just("")
    return st.builds(lambda day, clock, fraction: f"{day}T{clock}{fraction}Z", day, clock, fraction)
