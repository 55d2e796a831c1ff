"""Recorded fragments: which words of a text have been recorded, and what is left to be spoken.

A library is a folder of wave files (one channel, 16 bits, any rate) and an index, `index.csv` with the columns
`language,text,file` or `index.toml` with `[[fragment]]` tables of the same keys. A text in the index is written as
on a board (`08:05`, `六安`) or as it is spoken (`八点零五分`, `lu4an1`): both are found.

The longest fragment wins, from left to right, and no fragment begins or ends within a word or a toned syllable.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Faults
from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_broadcast.speech.pronunciation import PronunciationTable
from stationmaster_broadcast.speech.recording import Utterance

__all__ = ["Fragment", "FragmentLibrary", "Gap", "Pause", "Piece", "read_library"]

_MARK = re.compile(r"[，、。！？；：,.!?;:…·\"“”()（）]")
_LONG = frozenset("。！？；.!?;…")
_FILLED = re.compile(r"\w")

SHORT_PAUSE, LONG_PAUSE = 0.18, 0.4
"""Seconds at a comma and at the end of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One recording and what is said in it."""

    language: str
    text: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Words that nobody has recorded."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Silence at a punctuation mark."""

    seconds: float


Piece = Fragment | Gap | Pause


class FragmentLibrary:
    """What has been recorded.

    Args:
        fragments: all of them; of two with the same text the first counts.
        table: how names are spoken in the texts that will come.

    """

    def __init__(self, fragments: Iterable[Fragment], table: PronunciationTable) -> None:
        self._texts: dict[str, dict[str, Fragment]] = {}
        self._longest: dict[str, int] = {}
        digest = hashlib.sha256()
        for fragment in fragments:
            status = fragment.file.stat()
            digest.update(f"{fragment.language} {fragment.text} {status.st_size} {status.st_mtime_ns}\n".encode())
            known = self._texts.setdefault(fragment.language, {})
            spoken = normalise(fragment.text, fragment.language)
            for text in (spoken, table.apply(spoken, fragment.language)):
                known.setdefault(_plain(text), fragment)
        for language, known in self._texts.items():
            self._longest[language] = max(map(len, known))
        self.signature = digest.hexdigest()[:16]

    def plan(self, utterance: Utterance, least_share: float) -> tuple[Piece, ...]:
        """What the utterance is put together from.

        Where less than `least_share` of its letters has been recorded all of it is one gap: a patchwork of two voices
        is harder to understand than either.
        """
        pieces = tuple(self._pieces(utterance))
        recorded = sum(len(piece.text) for piece in pieces if isinstance(piece, Fragment))
        missing = sum(len(piece.text) for piece in pieces if isinstance(piece, Gap))
        if missing and recorded < least_share * (recorded + missing):
            return (Gap(text=utterance.text),)
        return pieces

    def _pieces(self, utterance: Utterance) -> Iterator[Piece]:
        text = _plain(utterance.text)
        known = self._texts.get(utterance.language, {})
        longest = self._longest.get(utterance.language, 0)
        at = 0
        gap = ""
        while at < len(text):
            found = self._longest_at(text, at, known, longest)
            if found is None and not _MARK.match(text[at]):
                gap += text[at]
                at += 1
                continue
            if _FILLED.search(gap):
                yield Gap(text=gap.strip())
            gap = ""
            if found is None:
                yield Pause(seconds=LONG_PAUSE if text[at] in _LONG else SHORT_PAUSE)
                at += 1
            else:
                yield known[found]
                at += len(found)
        if _FILLED.search(gap):
            yield Gap(text=gap.strip())

    @staticmethod
    def _longest_at(text: str, at: int, known: dict[str, Fragment], longest: int) -> str | None:
        if _within(text, at):
            return None
        for end in range(min(len(text), at + longest), at, -1):
            if text[at:end] in known and not _within(text, end):
                return text[at:end]
        return None


def _plain(text: str) -> str:
    """How texts are compared: small letters, and blanks only between Latin words."""
    lowered = text.lower()
    text = lowered if len(lowered) == len(text) else text
    return re.sub(r"(?<![!-~]) | (?![!-~])", "", " ".join(text.split()))


def _within(text: str, at: int) -> bool:
    """Whether `at` lies within a Latin word or a number."""
    before, after = text[at - 1 : at], text[at : at + 1]
    return bool(at and after) and all(char.isascii() and char.isalnum() for char in (before, after))


def read_library(folder: Path, table: PronunciationTable, faults: Faults) -> FragmentLibrary:
    """The library in `folder`; whatever is wrong with it goes to `faults`, and the rest of it counts."""
    csv_file, toml_file = folder / "index.csv", folder / "index.toml"
    index = toml_file if toml_file.is_file() else csv_file
    try:
        text = index.read_bytes().decode("utf-8-sig")
        rows = list(_toml_rows(text) if index is toml_file else _csv_rows(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.add(str(index), "file", f"cannot be read: {error}", "an index.csv or index.toml in UTF-8")
        rows = []
    fragments = []
    for place, row in rows:
        language, words, name = (row.get(key, "").strip() for key in ("language", "text", "file"))
        if not (language and words and name):
            faults.add(str(index), place, "language, text or file is empty", "text in each")
            continue
        problem = _problem(folder / name)
        if problem:
            faults.add(str(index), place, f"{name}: {problem}", "a wave file of one channel and 16 bits")
            continue
        fragments.append(Fragment(language=language, text=words, file=folder / name))
    return FragmentLibrary(fragments, table)


def _csv_rows(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines(), restkey="more", restval="")
    for row in reader:
        row.pop("more", None)
        yield f"line {reader.line_num}", row


def _toml_rows(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    tables = tomllib.loads(text).get("fragment", [])
    for number, row in enumerate(tables if isinstance(tables, list) else []):
        entries = row.items() if isinstance(row, dict) else ()
        yield f"fragment[{number}]", {key: value for key, value in entries if isinstance(value, str)}


def _problem(path: Path) -> str:
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, _rate, frames = file.getparams()[:4]
    except (OSError, EOFError, wave.Error) as error:
        return f"cannot be read: {error}"
    if (channels, width) != (1, 2):
        return f"has {channels} channels of {8 * width} bits"
    return "" if frames else "is empty"
