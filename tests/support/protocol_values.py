"""Hypothesis strategies for every value that the open protocol carries, from the types' own annotations.

They follow the dataclasses and know nothing of how the protocol writes them.
"""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st
from lxml import etree

from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.configuration import Place, StationFacts
from stationmaster_protocol.extension import extension_text
from stationmaster_protocol.messages import (
    CLIENT_MESSAGES,
    EITHER_MESSAGES,
    HUB_MESSAGES,
    NAMESPACE,
    Message,
)
from stationmaster_protocol.scalars import LARGEST, Restriction, Stamp

TEXTS = st.text(
    st.one_of(
        st.sampled_from("\t\n\r &<>\"'/]\u00a0\ufffd呼和浩特\U0001f682"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=12,
)
_BREAKS = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
FIRST, LAST = from_iso("1000-01-01T00:00:00Z"), from_iso("9999-12-31T23:59:59Z")


def restricted(base: type, restriction: Restriction) -> st.SearchStrategy[Any]:
    """Values within a restriction."""
    if base is int:
        return st.integers(
            -LARGEST - 1 if restriction.low is None else restriction.low,
            LARGEST if restriction.high is None else restriction.high,
        )
    if restriction.pattern:
        return st.from_regex(restriction.pattern, fullmatch=True)
    return TEXTS


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint."""
    origin = get_origin(hint)
    if origin is Annotated:
        return restricted(*get_args(hint))
    if origin in (Union, types.UnionType):
        return st.one_of(*(values(item) for item in get_args(hint)))
    if origin is tuple:
        return tuples(*get_args(hint))
    if hint is Resource:
        return resources()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if is_dataclass(hint) and isinstance(hint, type):
        return built(hint)
    return PLAIN[hint]


def tuples(first: Any, *more: Any) -> st.SearchStrategy[Any]:
    """Tuples of one kind of item, or of certain items."""
    if more == (Ellipsis,):
        return st.lists(values(first), max_size=3).map(tuple)
    return st.tuples(*(values(item) for item in (first, *more)))


def built(kind: type) -> st.SearchStrategy[Any]:
    """Instances of a dataclass; a field is often left at its default."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})


@cache
def resource_of(kind: str) -> st.SearchStrategy[Resource]:
    """Resources of one public kind, named as the kernel names them, some with an extension."""

    def named(value: Any, extension: str) -> Resource:
        resource_id = value.telecode if isinstance(value, StationFacts) else value.id
        if isinstance(value, Place):
            resource_id = f"{value.kind}.{value.id}"
        return Resource(kind=kind, id=resource_id, revision=value.revision, value=value, extension=extension)

    return st.builds(named, values(PUBLIC_KINDS[kind]), st.just("") | extensions())


@cache
def extensions() -> st.SearchStrategy[str]:
    """Texts of extensions, as a reader would have made them: foreign elements, attributes and texts of any kind."""
    spaces = "".join(f' xmlns:{prefix}="urn:vendor:{prefix}"' for prefix in "vwx")
    names = st.sampled_from(["v:a", "v:b", "w:a", "x:ж"])
    inner = st.sampled_from(["v:a", "w:c", "plain"])
    attributes = st.dictionaries(names, TEXTS, max_size=2)

    def element(name: str, attributes: dict[str, str], text: str, children: list[str]) -> str:
        written = "".join(f" {key}={quoteattr(value, _BREAKS)}" for key, value in attributes.items())
        default = ' xmlns=""' if name == "plain" else ""
        return f"<{name}{default}{written}>{escape(text, _BREAKS)}{''.join(children)}</{name}>"

    def extension(attributes: dict[str, str], children: list[str]) -> str:
        source = element("extension", attributes, "", children)
        source = source.replace("<extension", f'<extension xmlns="{NAMESPACE}"{spaces}', 1)
        return extension_text(etree.fromstring(source.encode()))

    leaves = st.builds(element, inner, attributes, TEXTS, st.just([]))
    tops = st.builds(element, names, attributes, TEXTS, st.lists(leaves, max_size=2))
    return st.builds(extension, attributes, st.lists(tops, max_size=2))


@cache
def resources() -> st.SearchStrategy[Resource]:
    """Resources of every public kind."""
    return st.sampled_from(sorted(PUBLIC_KINDS)).flatmap(resource_of)


def messages() -> st.SearchStrategy[Message]:
    """Messages of every kind."""
    return st.sampled_from([*CLIENT_MESSAGES, *HUB_MESSAGES, *EITHER_MESSAGES]).flatmap(values)


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    str: TEXTS,
    int: st.integers(-LARGEST - 1, LARGEST),
    bool: st.booleans(),
    date: st.dates(min_value=date(1000, 1, 1)),
    Instant: st.integers(FIRST, LAST),
    Stamp: st.integers(FIRST * 1_000_000, LAST * 1_000_000 + 999_999),
}
