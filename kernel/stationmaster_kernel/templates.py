"""Templates: what they say of given fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2 import Template as JinjaTemplate
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stationmaster_kernel.configuration import Template

__all__ = ["Compiled", "Texts", "compiled", "environment"]

COMPILED = 1024
"""Compiled texts that are kept. A configuration is made ready again and again, and most of its texts are the same."""

REMEMBERED = 8192
"""Rendered texts that are kept. A call's texts are asked for at each of its changes, and few of them are new then."""

Field = str | int


class Texts:
    """All templates of a station. A text is compiled when it is first asked for: not every process says everything."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._texts = {(template.id, language): text for template in templates for language, text in template.texts}
        self._rendered = lru_cache(maxsize=REMEMBERED)(_rendered)

    def render(self, template: str, language: str, fields: Mapping[str, Field]) -> str:
        """A template's text; empty if the template or the language is missing.

        A template that fails on these fields gives its error as text: it is seen, and stops nothing.
        """
        text = self._texts.get((template, language))
        if text is None:
            return ""
        try:
            made = compiled(text)
            return self._rendered(made, tuple([(name, fields[name]) for name in made.uses if name in fields]))
        except Exception as error:  # a template may raise anything that its expressions raise
            return f"[{template}: {error}]"


def environment() -> ImmutableSandboxedEnvironment:
    """How templates are read: sandboxed, an unknown field is an error, no HTML escaping.

    The same fields always give the same text, in little time and space: there is no chance in it (`random`, `lipsum`),
    nothing that makes much of little, and what has no words of its own (a method, a function) cannot be said.
    """
    made = _Sandbox(undefined=StrictUndefined, autoescape=False, finalize=_sayable)
    made.globals = {"range": _short_range}
    for name in _NO_FILTERS:
        made.filters.pop(name, None)
    return made


class _Sandbox(ImmutableSandboxedEnvironment):
    """Refuses the arithmetic by which a short text would become a long one."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (isinstance(left, int) and isinstance(right, int)):
            raise SecurityError(f"{operator!r} is for whole numbers that are multiplied")
        return super().call_binop(context, operator, left, right)


_NO_FILTERS = ("center", "format", "indent", "lipsum", "pprint", "random", "tojson", "urlize", "wordwrap", "xmlattr")
"""Filters that say something else each time, or that fill texts up to any length, or that are for web pages."""

LONGEST_RANGE = 100


def _short_range(*arguments: int) -> range:
    numbers = range(*arguments)
    if len(numbers) > LONGEST_RANGE:
        raise SecurityError(f"a range of more than {LONGEST_RANGE} numbers")
    return numbers


def _sayable(value: object) -> object:
    """What a text may hold; an undefined field goes on to fail in its own words."""
    if isinstance(value, (str, int, float, Undefined)) and not isinstance(value, bool):
        return value
    raise SecurityError(f"{type(value).__name__} is nothing that can be said")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """A compiled text, with the names that it uses and does not make itself: fields, and what every text has."""

    template: JinjaTemplate
    uses: tuple[str, ...]


@lru_cache(maxsize=COMPILED)
def compiled(text: str) -> Compiled:
    """A text made ready to be rendered. To read a station's folder is to compile its texts, and the kernel goes on
    with those.

    Raises:
        TemplateSyntaxError: it is no template.

    """
    reader = _reader()
    tree = reader.parse(text)
    uses = find_undeclared_variables(tree)
    return Compiled(template=reader.from_string(tree), uses=tuple(sorted(uses)))


@cache
def _reader() -> ImmutableSandboxedEnvironment:
    """One for all texts, which cannot change it: each of its own would be as much again as what it has compiled."""
    return environment()


def _rendered(made: Compiled, fields: tuple[tuple[str, Field], ...]) -> str:
    return made.template.render(dict(fields)).strip()
