"""Templates, compiled: what they say of given fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined
from jinja2 import Template as Compiled
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stationmaster_kernel.configuration import Template

__all__ = ["Texts", "environment"]

REMEMBERED = 8192
"""Texts that are kept. A call's texts are asked for at each of its changes, and few of them are new then."""

Field = str | int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Text:
    """One template in one language, with the names of the fields that it uses."""

    name: str
    compiled: Compiled
    uses: tuple[str, ...]


class Texts:
    """All templates of a station."""

    def __init__(self, templates: Iterable[Template]) -> None:
        reader = environment()
        self._texts = {
            (template.id, language): _compiled(reader, template.id, text)
            for template in templates
            for language, text in template.texts
        }
        self._rendered = lru_cache(maxsize=REMEMBERED)(_rendered)

    def render(self, template: str, language: str, fields: Mapping[str, Field]) -> str:
        """A template's text; empty if the template or the language is missing.

        A template that fails on these fields gives its error as text: it is seen, and stops nothing.
        """
        text = self._texts.get((template, language))
        if text is None:
            return ""
        return self._rendered(text, tuple([(name, fields[name]) for name in text.uses if name in fields]))


def environment() -> ImmutableSandboxedEnvironment:
    """How templates are read: sandboxed, an unknown field is an error, no HTML escaping."""
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _compiled(reader: ImmutableSandboxedEnvironment, name: str, text: str) -> _Text:
    uses = find_undeclared_variables(reader.parse(text))
    return _Text(name=name, compiled=reader.from_string(text), uses=tuple(sorted(uses)))


def _rendered(text: _Text, fields: tuple[tuple[str, Field], ...]) -> str:
    try:
        return text.compiled.render(dict(fields)).strip()
    except Exception as error:  # a template may raise anything that its expressions raise, such as a division by zero
        return f"[{text.name}: {error}]"
