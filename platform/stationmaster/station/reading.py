"""What the readers of a station's files share: faults that suggest a spelling, names in all languages, unique ids."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from stationmaster_base.configuration import Faults, Table
from stationmaster_kernel.configuration import Words

__all__ = ["HelpfulFaults", "closest", "only_keys", "read_reference", "read_references", "read_words", "unique"]

UNKNOWN_KEY = "is not a key of this table"
UNKNOWN_WORD = re.compile(r"'([^']+)' is not known\Z")


class Identified(Protocol):
    """Anything that other files refer to by its id."""

    @property
    def id(self) -> str:
        """The id."""


T = TypeVar("T", bound=Identified)


class HelpfulFaults(Faults):
    """Faults that add `did you mean …?` where a word is nearly one of the allowed ones."""

    def add(self, file: str, place: str, problem: str, allowed: str = "") -> None:
        """Remember one fault."""
        unknown = UNKNOWN_WORD.match(problem)
        word = unknown[1] if unknown else place.rpartition(".")[2] if problem == UNKNOWN_KEY else ""
        near = closest(word, allowed.split(", ")) if word else ""
        super().add(file, place, f"{problem}; did you mean {near!r}?" if near else problem, allowed)


def closest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that `word` was most likely meant to be; empty if none is near."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return near[0] if near else ""


def read_words(table: Table, key: str, languages: Sequence[str]) -> Words:
    """A table of texts with exactly the station's languages, in their order."""
    texts = table.languages(key, languages)
    for language in texts:
        if language not in languages:
            table.fault(f"{key}.{language}", f"{language!r} is not known", ", ".join(languages))
    return tuple((language, texts[language]) for language in languages if language in texts)


def read_reference(table: Table, key: str, what: str, known: Sequence[str], default: str | None = None) -> str:
    """The id of something that another table or file defines."""
    value = table.text(key, default)
    if value and value != default and value not in known:
        table.fault(key, f"{value!r} is not known", ", ".join(known) or f"there is no {what} yet")
    return value


def read_references(table: Table, key: str, what: str, known: Sequence[str]) -> tuple[str, ...]:
    """Ids of things that another table or file defines, each once; empty if the key is absent."""
    if known:
        return table.texts(key, known)
    values = table.texts(key)
    if values:
        table.fault(key, f"{values[0]!r} is not known", f"there is no {what} yet")
    return values


def unique(items: Iterable[tuple[Table, T]]) -> tuple[T, ...]:
    """The items without those whose id stood before; each of these is a fault at its own table."""
    seen: dict[str, str] = {}
    kept: list[T] = []
    for table, item in items:
        if not item.id:
            continue
        if item.id in seen:
            table.fault("id", f"{item.id!r} is already the id of {seen[item.id]}", "each id once")
            continue
        seen[item.id] = table.at
        kept.append(item)
    return tuple(kept)


def only_keys(table: Table, allowed: Sequence[str]) -> None:
    """Report every key that is not allowed: `Table.finish` for tables in which some keys depend on others."""
    keys = table.keys()
    for key in keys:
        if key not in allowed:
            table.fault(key, UNKNOWN_KEY, ", ".join(allowed))
