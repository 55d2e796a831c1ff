"""Reading a timetable out of whatever a spreadsheet made of it.

What Excel and its like do to a table is undone here and nowhere else: encodings (UTF-8 with or without BOM, UTF-16,
GB18030), delimiters (comma, semicolon, tab, full-width comma), a `sep=` line, blank lines, empty columns at the end,
full-width digits and colons, `="07:04"` and `'07:04`, times without a leading zero, with seconds or as a fraction of a
day, dates with slashes, Chinese headers and kinds. What comes out are rows as `timetable.csv` would have them, whose
values are then checked as that file's are.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stationmaster.station.reading import closest
from stationmaster.station.timetable import COLUMNS, NEEDED_COLUMNS, RawRow
from stationmaster.station.workbook import is_workbook, workbook_text
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import Place, PlaceKind

__all__ = ["Sheet", "read_sheet"]

ALIASES: Mapping[str, tuple[str, ...]] = {
    "train_class": ("列车类型", "列车种类", "列车等级", "车种", "类型", "class"),
    "kind": ("到发类型", "停站类型", "停站性质", "性质", "种别"),
    "train": ("车次", "列车车次", "车次号", "train_number", "number"),
    "origin": ("始发站", "起点站", "起点", "始发", "发站"),
    "destination": ("终到站", "终点站", "终点", "终到", "到站"),
    "arr": ("到达时间", "到站时间", "到达时刻", "到达", "到点", "到时", "arrival"),
    "dep": ("出发时间", "发车时间", "开车时间", "开车时刻", "出发", "开点", "发点", "departure"),
    "track": ("股道", "轨道", "tracks"),
    "gates": ("检票口", "gate"),
    "areas": ("候车区", "候车室", "area"),
    "exits": ("出站口", "exit"),
    "valid_from": ("生效日期", "开始日期", "起始日期"),
    "valid_until": ("失效日期", "结束日期", "截止日期"),
    "weekdays": ("星期", "开行星期", "开行日", "days"),
    "calendar": ("日历", "开行日历"),
    "arr_day": ("到达日", "到达日次", "arrival_day"),
    "dep_day": ("出发日", "发车日", "出发日次", "departure_day"),
}

KINDS: Mapping[str, str] = {
    "始发": "origin",
    "终到": "terminus",
    "经停": "through",
    "路过": "through",
    "停站": "through",
    "通过": "passing",
}

DAY_WORDS: Mapping[str, str] = {"当日": "0", "次日": "1", "隔日": "2"}

NO_TIME = frozenset({"-", "--", "---", "----", "—", "——", "/", "无", "始发", "终到", "始发站", "终到站"})
EVERY_DAY = frozenset({"每日", "每天", "daily", "all"})

DELIMITERS = (",", ";", "\t", "，")
MINUTES_A_DAY = 1440

TIME = re.compile(r"(\d{1,2})(?::|时|点)(\d{2})(?:(?::|分)(\d{1,2})?秒?)?\Z")
BARE_TIME = re.compile(r"(\d{1,2})(\d{2})\Z")
DAY_FRACTION = re.compile(r"0?\.\d+\Z")
ORDINAL_DAY = re.compile(r"第([1-9一二三四五])[日天]\Z")
ORDINALS = "一二三四五"
DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?\Z")
BARE_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a file, with what was passed over in it."""

    rows: tuple[RawRow, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Header:
    """Which column holds what, by position."""

    columns: dict[int, str] = field(default_factory=dict)
    width: int = 0


def read_sheet(path: Path, places: Sequence[Place], faults: Faults) -> Sheet:
    """The rows of the file, cells made plain; what cannot be read is a fault.

    Args:
        path: the file that a person gives.
        places: tracks, gates, areas and exits, which cells may give by id or by name in any language.
        faults: where faults go, with the file's name and line.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.add(path.name, "file", f"cannot be read: {error.strerror}", "a CSV file")
        return Sheet()
    book = is_workbook(content)
    text = workbook_text(path, faults) if book else _decoded(content, path.name, faults)
    if text is None:
        return Sheet()
    return _SheetReader(text, path.name, places, faults, delimiter="," if book else "").read()


def _decoded(content: bytes, file: str, faults: Faults) -> str | None:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        faults.add(file, "file", "is an Excel workbook of the old form", "saved as .xlsx or as 'CSV UTF-8'")
        return None
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue  # the next encoding; if there is none, that is the fault below
        if "\0" not in text:
            return text
    faults.add(file, "file", "is neither UTF-8 nor GB18030 text", "saved as 'CSV UTF-8'")
    return None


class _SheetReader:
    """One file on its way to plain rows."""

    def __init__(self, text: str, file: str, places: Sequence[Place], faults: Faults, *, delimiter: str = "") -> None:
        self._text = text
        self._delimiter = delimiter
        self._file = file
        self._faults = faults
        self._warnings: list[Fault] = []
        self._ids = {
            kind: {words: place.id for place in places if place.kind is kind for words in _called(place)}
            for kind in PlaceKind
        }

    def read(self) -> Sheet:
        lines = self._lines()
        first = next(lines, None)
        if first is None:
            self._faults.add(self._file, "file", "is empty", f"a first line {','.join(NEEDED_COLUMNS)}")
            return Sheet()
        header = self._header(*first)
        rows = [] if header is None else [row for line, cells in lines if (row := self._row(line, cells, header))]
        if header is not None and not rows and not len(self._faults):
            self._faults.add(self._file, "file", "has no rows", "one row a call")
        return Sheet(rows=tuple(rows), warnings=tuple(self._warnings))

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Lines that say something, with their numbers, divided into plain cells."""
        text, skipped = self._text, 0
        start = None if self._delimiter else re.match(r"\s*sep=(.)[^\n]*\n", text, re.IGNORECASE)
        if start:
            text, skipped = text[start.end() :], text[: start.end()].count("\n")
        delimiter = self._delimiter or (start[1] if start else _delimiter(text))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
        line = skipped + 1
        try:
            for cells in reader:
                plain = [_plain(cell) for cell in cells]
                if any(plain):
                    yield line, plain
                line = skipped + reader.line_num + 1
        except csv.Error as error:
            self._faults.add(self._file, f"line {line}", f"is not CSV: {error}", "quotes in pairs")

    def _header(self, line: int, cells: Sequence[str]) -> _Header | None:
        header = _Header(width=len(cells))
        for number, cell in enumerate(cells):
            column = _column(cell)
            if column in header.columns.values():
                self._faults.add(self._file, f"line {line}", f"two columns are {column!r}", "each once")
            elif column:
                header.columns[number] = column
            elif cell:
                near = closest(cell.lower(), COLUMNS)
                hint = f"; did you mean {near!r}?" if near else ""
                self._warnings.append(
                    Fault(
                        file=self._file,
                        place=f"line {line}",
                        problem=f"column {cell!r} is passed over{hint}",
                        allowed=", ".join(COLUMNS),
                    )
                )
        missing = [column for column in NEEDED_COLUMNS if column not in header.columns.values()]
        for column in missing:
            names = ", ".join((column, *ALIASES[column]))
            self._faults.add(self._file, f"line {line}", f"column {column!r} is missing", f"one of {names}")
        return None if missing else header

    def _row(self, line: int, cells: Sequence[str], header: _Header) -> RawRow | None:
        if any(cells[header.width :]):
            self._faults.add(
                self._file, f"line {line}", f"has {len(cells)} cells", f"{header.width}, as the first line"
            )
            return None
        # Cells that are missing at the end are empty: some programs leave such cells out.
        values = {column: cells[number] for number, column in header.columns.items() if number < len(cells)}
        return RawRow(line=line, **{column: self._value(column, value) for column, value in values.items()})

    def _value(self, column: str, cell: str) -> str:
        if column == "kind":
            return KINDS.get(cell, cell.lower())
        if column == "train":
            return _numbers(cell)
        if column in ("arr", "dep"):
            return _time(cell)
        if column in ("valid_from", "valid_until"):
            return _date(cell)
        if column == "weekdays":
            return "" if cell.lower() in EVERY_DAY else re.sub(r"[\s,、;/]", "", cell)
        if column in ("arr_day", "dep_day"):
            return _day_offset(cell)
        if column == "track":
            return self._ids[PlaceKind.TRACK].get(cell, cell)
        if column in ("gates", "areas", "exits"):
            ids = self._ids[PlaceKind(column.removesuffix("s"))]
            if cell in ids:
                return ids[cell]
            return " ".join(ids.get(item, item) for item in re.split(r"[\s,、;/]+", cell) if item)
        return _without_spaces(cell)


def _delimiter(text: str) -> str:
    """The delimiter that stands most often in the first line that says anything."""
    first = next((line for line in text.splitlines() if line.strip(" \t,;，")), "")
    return max(DELIMITERS, key=first.count)


def _plain(cell: str) -> str:
    """A cell without width, padding and the marks by which Excel keeps text as text."""
    text = unicodedata.normalize("NFKC", cell).replace("\ufeff", "").replace("\u200b", "").strip()
    formula = re.fullmatch(r'="(.*)"', text)
    return (formula[1] if formula else text).removeprefix("'").strip()


def _column(cell: str) -> str:
    """The column that a header means; empty if none."""
    word = re.sub(r"[\s_]+", "_", cell.lower())
    return next((column for column in COLUMNS if word == column or word in ALIASES[column]), "")


def _called(place: Place) -> tuple[str, ...]:
    return (place.id, *(_plain(text) for _, text in place.names))


def _without_spaces(cell: str) -> str:
    """Chinese names are sometimes padded to one width, `北 京`; names in letters keep their spaces."""
    return re.sub(r"\s+", "" if HAN.search(cell) else " ", cell)


def _numbers(cell: str) -> str:
    """`k1178 / 5` is K1178/K1175: dispatchers write the second number by what differs at its end."""
    first, *others = re.split(r"[/、,\\]", re.sub(r"\s", "", cell).upper())
    full = [
        first[: len(first) - len(other)] + other if other.isdigit() and len(other) < len(first) else other
        for other in others
    ]
    return "/".join((first, *full))


def _time(cell: str) -> str:
    """HH:MM; seconds are cut off, as boards do. What is no time stays as it is and is then refused."""
    if cell in NO_TIME:
        return ""
    match = TIME.match(cell) or BARE_TIME.match(cell)
    if match:
        return f"{int(match[1]):02}:{int(match[2]):02}"
    if DAY_FRACTION.match(cell):
        minutes = round(float(cell) * MINUTES_A_DAY)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return cell


def _day_offset(cell: str) -> str:
    """`次日`, and `第2日`, are one day after the train's date at its origin."""
    match = ORDINAL_DAY.match(cell)
    if match:
        return str(int(match[1]) - 1 if match[1].isdigit() else ORDINALS.index(match[1]))
    return DAY_WORDS.get(cell, cell)


def _date(cell: str) -> str:
    match = DATE.match(cell) or BARE_DATE.match(cell)
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else cell
