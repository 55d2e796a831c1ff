"""`names.csv`: what stations are called in each language, and how the gaps in it are filled."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import Name

__all__ = ["NAMES_FILE", "FilledNames", "added_warning", "fill_names", "guess_warning", "names_text", "read_names"]

NAMES_FILE = "names.csv"
KEY = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledNames:
    """Names without gaps; `guessed` are the keys of those that have a name made by rule."""

    names: tuple[Name, ...]
    guessed: tuple[str, ...]


def read_names(folder: Path, languages: tuple[str, ...], faults: Faults) -> tuple[Name, ...]:
    """The rows of `names.csv`; a cell that is empty is missing from the name's `names`.

    The column `name` is the name as timetables write it, which is the one in the first language.
    """
    try:
        text = (folder / NAMES_FILE).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        faults.add(NAMES_FILE, "file", "does not exist")
        return ()
    except (OSError, UnicodeDecodeError) as error:
        faults.add(NAMES_FILE, "file", f"cannot be read: {error}", "UTF-8 text")
        return ()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        faults.add(NAMES_FILE, f"line {reader.line_num}", f"is not CSV: {error}", "comma-separated values")
        return ()
    wanted = (KEY, *languages[1:])
    header = tuple(rows[0][1]) if rows else ()
    if header != wanted:
        faults.add(NAMES_FILE, "line 1", f"the columns are {','.join(header)!r}", ",".join(wanted))
        return ()
    return tuple(_rows(rows[1:], languages, faults))


def fill_names(names: Sequence[Name], keys: Iterable[str], languages: tuple[str, ...]) -> FilledNames:
    """`names`, then those of `keys` that are not among them; each gap is filled with the pinyin of the key."""
    known = {name.id for name in names}
    bare = [Name(id=key, names=((languages[0], key),)) for key in dict.fromkeys(keys) if key not in known]
    filled = [_filled(name, languages) for name in (*names, *bare)]
    guessed = tuple(new.id for new, old in zip(filled, (*names, *bare), strict=True) if new is not old)
    return FilledNames(names=tuple(filled), guessed=guessed)


def names_text(names: Iterable[Name], languages: tuple[str, ...]) -> str:
    """The names as `names.csv` has them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((KEY, *languages[1:]))
    for name in names:
        words = dict(name.names)
        writer.writerow((name.id, *(words.get(language, "") for language in languages[1:])))
    return out.getvalue()


def guess_warning(name: Name) -> Fault:
    """The warning for a name that was made by rule."""
    made = ", ".join(f"{language} {text!r}" for language, text in name.names[1:])
    return Fault(
        file=NAMES_FILE, place=name.id, problem=f"has no full entry; used: {made}", allowed=f"a row {name.id},…"
    )


def added_warning(name: Name) -> Fault:
    """The warning for a name that an import has added."""
    made = ", ".join(f"{language} {text!r}" for language, text in name.names[1:])
    return Fault(file=NAMES_FILE, place=name.id, problem=f"is new; added as {made}", allowed="its right name")


def _rows(rows: Iterable[tuple[int, list[str]]], languages: tuple[str, ...], faults: Faults) -> Iterable[Name]:
    lines: dict[str, int] = {}
    for line, cells in rows:
        key = cells[0].strip() if cells else ""
        if not any(cells):
            continue
        if len(cells) != len(languages):
            faults.add(NAMES_FILE, f"line {line}", f"has {len(cells)} cells", f"{len(languages)} cells")
        elif not key:
            faults.add(NAMES_FILE, f"line {line}, {KEY}", "is empty", "a station's name")
        elif key in lines:
            faults.add(NAMES_FILE, f"line {line}", f"{key} stands on line {lines[key]} already", "each station once")
        else:
            lines[key] = line
            words = zip(languages, (key, *(cell.strip() for cell in cells[1:])), strict=True)
            yield Name(id=key, names=tuple((language, text) for language, text in words if text))


def _filled(name: Name, languages: tuple[str, ...]) -> Name:
    words = dict(name.names)
    if all(language in words for language in languages):
        return name
    # Loaded only when it is needed: the reading tables take 40 MB and a quarter of a second.
    from stationmaster.station.pinyin import pinyin_name  # noqa: PLC0415 - see above

    guess = pinyin_name(name.id)
    return Name(id=name.id, names=tuple((language, words.get(language, guess)) for language in languages))
