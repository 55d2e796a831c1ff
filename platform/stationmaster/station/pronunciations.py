"""`pronunciations.csv`: how names and words are spoken where their letters mislead.

A row is a word as texts have it, with a column for each language of the station: how it is spoken in texts of that
language, or nothing. Chinese is toned pinyin, or characters that sound the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from stationmaster.station.csv_table import CsvRow, read_csv
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Pronunciation

__all__ = ["PRONUNCIATIONS_FILE", "read_pronunciations"]

PRONUNCIATIONS_FILE = "pronunciations.csv"
KEY = "word"
BESIDE = ("not_before", "not_after")

LONGEST = 80
"""Characters of a word, and of how it is spoken."""

PINYIN = re.compile(r"(?:[a-zü]{1,6}[1-5] ?)+\Z")


def read_pronunciations(folder: Path, languages: tuple[str, ...], faults: Faults) -> tuple[Pronunciation, ...]:
    """The folder's pronunciations in the file's order; none if there is no such file."""
    found: list[Pronunciation] = []
    lines: dict[str, int] = {}
    columns = (KEY, *languages, *BESIDE)
    for row in read_csv(folder, PRONUNCIATIONS_FILE, columns, (KEY,), faults, optional=True):
        word = row.filled(KEY)
        if word in lines:
            row.fault(KEY, f"{word!r} stands on line {lines[word]} already", "each word once")
            continue
        lines[word] = row.line
        found.append(_pronunciation(row, word, languages))
    return tuple(found)


def _pronunciation(row: CsvRow, word: str, languages: tuple[str, ...]) -> Pronunciation:
    if len(word) > LONGEST:
        row.fault(KEY, f"has {len(word)} characters", f"at most {LONGEST}")
    texts = tuple((language, row.cell(language)) for language in languages if row.cell(language))
    if word and not texts:
        row.fault(languages[0], "is empty, as is every other language", "how the word is spoken in one at least")
    for language, spoken in texts:
        if len(spoken) > LONGEST:
            row.fault(language, f"has {len(spoken)} characters", f"at most {LONGEST}")
        elif spoken == word:
            row.fault(language, f"{spoken!r} is the word itself", "how it is spoken, or nothing")
        elif language.partition("-")[0] == "zh" and spoken.isascii() and not PINYIN.match(spoken):
            row.fault(language, f"{spoken!r} is not toned pinyin", "syllables with their tone: lu4an1; or characters")
    for column in BESIDE:
        if any(character.isspace() for character in row.cell(column)):
            row.fault(column, f"{row.cell(column)!r} has spaces", "characters, one after the other")
    return Pronunciation(id=word, texts=texts, not_before=row.cell("not_before"), not_after=row.cell("not_after"))
