"""The first sheet of an Excel workbook (`.xlsx`) as plain text, one line of CSV for each of its rows.

A workbook is a zip file of XML, and comes from anywhere: every part is read with a limit on its size, no document type
is taken, nothing is fetched, and what is more than a table (macros, formulas) is a fault, with what to do about it.
Times and dates, which a workbook keeps as numbers of days, are written as a person reads them.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from lxml import etree

from stationmaster.station.csv_table import csv_text
from stationmaster_base.configuration import Faults

__all__ = ["archive_faults", "is_workbook", "workbook_text"]

LARGEST_PART = 60_000_000
"""Bytes of one part, unpacked."""

LARGEST_RATIO = 250
"""Bytes that one packed byte may become: tables become some tens, a bomb a thousand."""

SMALL = 1_000_000
"""Below this a ratio says nothing."""

MOST_PARTS = 2000
MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_STRINGS = 500_000
LONGEST_CELL = 2000

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
BOOK, STRINGS, STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"

PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Numbers of the formats that every workbook has and that show a date or a time."""

QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
"""On the wall, in no zone: what the number 0 means."""

LAST_DAY = 200_000


class _Refused(Exception):
    """It is no table that is taken: where, what, and what is allowed."""


def is_workbook(content: bytes) -> bool:
    """Whether a file begins as a zip file does, which a workbook is."""
    return content.startswith(b"PK\x03\x04")


def archive_faults(path: Path, faults: Faults, *, largest: int = LARGEST_PART) -> bool:
    """Faults of a zip file that is not to be unpacked: too much, packed too well, or names that lead elsewhere.

    Returns:
        Whether it may be read.

    """
    try:
        with zipfile.ZipFile(path) as archive:
            _look_over(archive, largest)
    except _Refused as error:
        faults.add(path.name, *error.args)
        return False
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        faults.add(path.name, "file", f"is no zip file that can be read: {error}", "the file as it was saved")
        return False
    return True


def workbook_text(path: Path, faults: Faults) -> str | None:
    """The first sheet as CSV, line for row; None if there is a fault."""
    if not archive_faults(path, faults):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            return csv_text((), list(_Workbook(archive).rows()))[1:]
    except _Refused as error:
        faults.add(path.name, *error.args)
    except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError) as error:
        faults.add(path.name, "file", f"is no workbook that can be read: {error}", "saved as .xlsx or as 'CSV UTF-8'")
    return None


def _look_over(archive: zipfile.ZipFile, largest: int) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise _Refused("file", f"has {len(parts)} files in it", f"at most {MOST_PARTS}")
    for part in parts:
        name = part.filename
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name:
            raise _Refused("file", f"holds {name[:80]!r}, which leads out of it", "files and folders of its own")
        if part.flag_bits & 1:
            raise _Refused("file", "is protected by a password", "one without")
        if part.file_size > largest:
            raise _Refused(name[:80], f"unpacks to {part.file_size} bytes", f"at most {largest}")
        if part.file_size > SMALL and part.file_size > LARGEST_RATIO * max(1, part.compress_size):
            raise _Refused(name[:80], "is packed as no table is", f"at most {LARGEST_RATIO} bytes out of one")


class _Workbook:
    """An archive that has been looked over."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        if any("vbaproject" in name.lower() for name in self._names):
            raise _Refused("file", "has macros", "saved as .xlsx, without macros")
        if BOOK not in self._names:
            raise _Refused("file", "is a zip file and no workbook", "a workbook (.xlsx), or for GTFS the kind 'gtfs'")
        book = self._tree(BOOK)
        facts = book.find(f"{SHEET}workbookPr")
        self._epoch = EPOCH_1904 if facts is not None and facts.get("date1904") in ("1", "true") else EPOCH
        self._sheet = self._first_sheet(book)
        self._strings = list(self._shared()) if STRINGS in self._names else []
        self._dates = self._date_styles() if STYLES in self._names else frozenset()

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row; rows that the file leaves out are empty."""
        next_row = 1
        for _, row in self._elements(self._sheet, "row"):
            number = int(row.get("r", next_row))
            if not next_row <= number <= MOST_ROWS:
                raise _Refused(f"row {number}", "is out of order or too far down", f"at most {MOST_ROWS} rows")
            for _ in range(next_row, number):
                yield []
            yield self._cells(row, number)
            next_row = number + 1
            row.clear(keep_tail=False)
            while row.getprevious() is not None:
                del row.getparent()[0]

    def _cells(self, row: Any, number: int) -> list[str]:
        cells: list[str] = []
        for cell in row.iterchildren(f"{SHEET}c"):
            place = PLACE.fullmatch(cell.get("r", ""))
            column = len(cells) if place is None else _column(place[1])
            if not len(cells) <= column < MOST_COLUMNS:
                raise _Refused(f"line {number}", "has too many columns", f"at most {MOST_COLUMNS}")
            cells += [""] * (column - len(cells))
            if cell.find(f"{SHEET}f") is not None:
                what = f"line {number}, column {column + 1}"
                raise _Refused(what, "is a formula", "its value: copy, and paste as values")
            cells.append(" ".join(self._value(cell)[:LONGEST_CELL].split()))
        return cells

    def _value(self, cell: Any) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _said(cell)
        value = cell.findtext(f"{SHEET}v") or ""
        if kind == "s":
            return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""
        if kind != "n" or not value:
            return str(value)
        number = float(value)
        style = cell.get("s", "0")
        if style.isdecimal() and int(style) in self._dates and 0 <= number < LAST_DAY:
            return self._moment(number)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def _moment(self, days: float) -> str:
        """A date, or the time of a day, whichever the number is."""
        moment = self._epoch + timedelta(minutes=round(days * 1440))
        return moment.strftime("%Y-%m-%d") if days >= 1 and float(days).is_integer() else moment.strftime("%H:%M")

    def _first_sheet(self, book: Any) -> str:
        sheet = book.find(f"{SHEET}sheets/{SHEET}sheet")
        wanted = None if sheet is None else sheet.get(RELATION_ID)
        for relation in self._tree("xl/_rels/workbook.xml.rels").iterchildren(f"{RELATION}Relationship"):
            if relation.get("Id") == wanted:
                target = str(relation.get("Target", ""))
                name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
                if name in self._names:
                    return name
        raise _Refused("file", "has no first sheet", "a workbook with the timetable on its first sheet")

    def _shared(self) -> Iterator[str]:
        for number, (_, item) in enumerate(self._elements(STRINGS, "si")):
            if number >= MOST_STRINGS:
                raise _Refused("file", "has too many texts", f"at most {MOST_STRINGS}")
            yield _said(item)[:LONGEST_CELL]
            item.clear(keep_tail=False)

    def _date_styles(self) -> frozenset[int]:
        """The numbers of the styles whose format shows a date or a time."""
        tree = self._tree(STYLES)
        own = {
            int(each.get("numFmtId", "0")): QUOTED.sub("", each.get("formatCode", "")).lower()
            for each in tree.iterfind(f"{SHEET}numFmts/{SHEET}numFmt")
        }
        shown = {number for number, code in own.items() if re.search(r"[ymdhs年月日时分]", code)}
        styles = tree.iterfind(f"{SHEET}cellXfs/{SHEET}xf")
        formats = [int(each.get("numFmtId", "0")) for each in styles]
        return frozenset(style for style, item in enumerate(formats) if item in shown | DATE_FORMATS)

    def _tree(self, name: str) -> Any:
        root = None
        for _, found in self._elements(name, None):
            root = found
        if root is None:
            raise _Refused(name, "is empty", "a workbook as it was saved")
        return root

    def _elements(self, name: str, tag: str | None) -> Iterator[tuple[str, Any]]:
        """The elements of a part as they end; of all of them if no tag is given, of which the last is the root."""
        with self._archive.open(name) as file:
            parsing = etree.iterparse(
                _Bounded(file),
                events=("end",),
                tag=None if tag is None else f"{SHEET}{tag}",
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            for number, (event, found) in enumerate(parsing):
                if number == 0 and found.getroottree().docinfo.doctype:
                    raise _Refused(name, "has a document type", "a workbook as Excel or LibreOffice saves it")
                yield str(event), found


class _Bounded:
    """A part that is read no further than it may be long, whatever the archive says of its length."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = LARGEST_PART

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(min(size, 65536) if size > 0 else 65536)
        self._left -= len(content)
        if self._left < 0:
            raise _Refused("file", "unpacks to more than it says", f"at most {LARGEST_PART} bytes a part")
        return content


def _said(item: Any) -> str:
    """The text of a cell without what is only there for reading aloud (phonetic guides)."""
    return "".join(
        text.text or ""
        for text in item.iter(f"{SHEET}t")
        if text.getparent() is not None and text.getparent().tag != f"{SHEET}rPh"
    )


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
