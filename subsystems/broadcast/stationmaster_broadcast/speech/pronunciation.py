"""Names that engines read wrongly, and how they are written so that they are read right.

A table is data: CSV with the columns `language,name,spoken,not_before,not_after`. For Chinese `spoken` is toned pinyin
(`lu4an1`), which the shipped engine reads as it stands. `not_before` and `not_after` list characters beside which the
letters are not the name: 六安 in 第六安检口 is no city. The table that is shipped holds the names that the shipped
engine gets wrong. Before it goes a table of this subsystem's own, and before that what the station says, which comes
from the hub with everything else.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import stationmaster_kernel.configuration as kernel
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Configuration

__all__ = [
    "Pronunciation",
    "PronunciationTable",
    "Pronunciations",
    "read_pronunciations",
    "shipped_pronunciations",
]

COLUMNS = ("language", "name", "spoken", "not_before", "not_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronunciation:
    """How one name is written for the engine in one language."""

    language: str
    name: str
    spoken: str
    not_before: str = ""
    not_after: str = ""


class PronunciationTable:
    """All names of a station that need help; of two entries for one name the first holds.

    Args:
        entries: the station's own first, then what is shipped.

    """

    def __init__(self, entries: Iterable[Pronunciation]) -> None:
        self._spoken: dict[str, dict[str, Pronunciation]] = {}
        for entry in entries:
            self._spoken.setdefault(entry.language, {}).setdefault(entry.name, entry)
        self._patterns = {language: _pattern(names.values()) for language, names in self._spoken.items()}
        self._codes = {
            language: _pattern(codes)
            for language, names in self._spoken.items()
            if (codes := [entry for entry in names.values() if _is_code(entry)])
        }

    def apply(self, text: str, language: str) -> str:
        """`text`, already normalised, with every name of the table as it is to be spoken; longer names first."""
        pattern = self._patterns.get(language)
        if pattern is None:
            return text
        names = self._spoken[language]

        def spoken(found: re.Match[str]) -> str:
            return _apart(names[found[0]].spoken, text, found)

        return pattern.sub(spoken, text)

    def divided(self, text: str, language: str) -> list[tuple[str, bool]]:
        """`text`, not yet normalised, in parts: names that hold letters or digits, already as spoken, and the rest.

        Only in Chinese are letters written out too; elsewhere a name is looked up after its numbers if it has none.
        """
        pattern = self._codes.get(language)
        if pattern is None:
            return [(text, False)]
        names, parts, end = self._spoken[language], [], 0
        for found in pattern.finditer(text):
            spoken = _apart(names[found[0]].spoken, text, found)
            parts += [(text[end : found.start()], False), (spoken, True)]
            end = found.end()
        return [*parts, (text[end:], False)]


class Pronunciations:
    """The table that holds now: it follows what the hub says of the station.

    Args:
        own: what holds where the station says nothing; earlier entries hold.

    """

    def __init__(self, own: Iterable[Pronunciation]) -> None:
        self._own = tuple(own)
        self._said: tuple[kernel.Pronunciation, ...] = ()
        self.table = PronunciationTable(self._own)

    def follow(self, configuration: Configuration | None) -> None:
        """Take what the station says now; without a configuration what was said before stays."""
        if configuration is None or configuration.pronunciations == self._said:
            return
        self._said = configuration.pronunciations
        self.table = PronunciationTable([*_entries(self._said), *self._own])


def shipped_pronunciations() -> tuple[Pronunciation, ...]:
    """The table that comes with the package."""
    text = files("stationmaster_broadcast").joinpath("data", "pronunciation.csv").read_text("utf-8")
    faults = Faults()
    entries = _parse(text, "pronunciation.csv", faults)
    faults.raise_if_any()
    return entries


def read_pronunciations(path: Path, faults: Faults) -> tuple[Pronunciation, ...]:
    """A station's own table; whatever is wrong with it goes to `faults`, by line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        faults.add(str(path), "file", f"cannot be read: {error}", "CSV in UTF-8")
        return ()
    return _parse(text, str(path), faults)


def _entries(said: Iterable[kernel.Pronunciation]) -> Iterator[Pronunciation]:
    for each in said:
        for language, spoken in each.texts:
            yield Pronunciation(
                language=language,
                name=each.id,
                spoken=spoken,
                not_before=each.not_before,
                not_after=each.not_after,
            )


def _parse(text: str, name: str, faults: Faults) -> tuple[Pronunciation, ...]:
    reader = csv.DictReader(text.splitlines(), restkey="more", restval="")
    columns = tuple(reader.fieldnames or ())
    if not set(columns) >= {"language", "name", "spoken"} or not set(columns) <= set(COLUMNS):
        faults.add(name, "line 1", f"the columns are {', '.join(columns) or 'missing'}", ", ".join(COLUMNS))
        return ()
    entries: list[Pronunciation] = []
    for row in reader:
        place = f"line {reader.line_num}"
        if row.pop("more", None):
            faults.add(name, place, "has more fields than columns", ", ".join(columns))
            continue
        entry = Pronunciation(**{key: value.strip() for key, value in row.items()})
        if not (entry.language and entry.name and entry.spoken):
            faults.add(name, place, "language, name or spoken is empty", "text in each")
            continue
        entries.append(entry)
    return tuple(entries)


def _is_code(entry: Pronunciation) -> bool:
    """Whether nothing would be left of the name once letters and numbers are written out."""
    return any(
        char.isascii() and (char.isdigit() or (entry.language == "zh" and char.isalpha())) for char in entry.name
    )


def _pattern(entries: Iterable[Pronunciation]) -> re.Pattern[str]:
    parts = []
    for entry in sorted(entries, key=lambda entry: (-len(entry.name), entry.name)):
        before = f"(?<![{re.escape(entry.not_after)}])" if entry.not_after else ""
        after = f"(?![{re.escape(entry.not_before)}])" if entry.not_before else ""
        start, end = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])") if entry.name.isascii() else ("", "")
        parts.append(f"{before}{start}{re.escape(entry.name)}{end}{after}")
    return re.compile("|".join(parts))


def _apart(spoken: str, text: str, found: re.Match[str]) -> str:
    """`spoken` with blanks towards letters, digits and other names beside it, so that no two syllables run together."""
    if not spoken.isascii() or found[0].isascii():
        return spoken
    return f" {spoken} " if _crowded(text, found) else spoken


def _crowded(text: str, found: re.Match[str]) -> bool:
    before = text[found.start() - 1 : found.start()] if found.start() else ""
    after = text[found.end() : found.end() + 1]
    return any(char and char.isascii() and char.isalnum() for char in (before, after))
