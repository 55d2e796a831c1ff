"""Reading the CSV files of a station's folder so that every fault is found at once.

What `Table` is for TOML, `CsvRow` is here: it hands out typed values by column, and everything that is wrong becomes a
fault at its line and column, while the caller goes on with a stand-in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind

__all__ = ["CsvRow", "csv_text", "read_csv"]

NUMBER = re.compile(r"[A-Z0-9]{1,10}\Z")
WEEKDAYS = re.compile(r"[1-7]{1,7}\Z")


class CsvRow:
    """One line of a CSV file, read column by column.

    Args:
        file: the file's name, as faults show it.
        line: the line of the file where the row begins.
        cells: text by column; a column that is not there is an empty cell.
        faults: where faults go.

    """

    def __init__(self, file: str, line: int, cells: Mapping[str, str], faults: Faults) -> None:
        self.file = file
        self.line = line
        self._cells = cells
        self._faults = faults

    def fault(self, column: str, problem: str, allowed: str = "") -> None:
        """Something is wrong in a column."""
        self._faults.add(self.file, f"line {self.line}, {column}", problem, allowed)

    def cell(self, column: str) -> str:
        """The cell without spaces around it."""
        return self._cells.get(column, "").strip()

    def filled(self, column: str) -> str:
        """A cell that must hold something."""
        value = self.cell(column)
        if not value:
            self.fault(column, "is empty", "text")
        return value

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """One of a few words; empty if the cell is, or if it holds another."""
        value = self.cell(column)
        if value and value not in allowed:
            self.fault(column, f"{value!r} is not known", ", ".join(allowed))
            return ""
        return value

    def integer(self, column: str, low: int, high: int) -> int | None:
        """A whole number within bounds; None if the cell is empty or holds none."""
        value = self.cell(column)
        if not value:
            return None
        if not re.fullmatch(r"[-+]?[0-9]{1,6}", value) or not low <= int(value) <= high:
            self.fault(column, f"{value!r} is not possible", f"a whole number {low}…{high}")
            return None
        return int(value)

    def day(self, column: str) -> date | None:
        """A date; None if the cell is empty or holds none."""
        value = self.cell(column)
        return self._day(column, value) if value else None

    def dates(self, column: str) -> frozenset[date]:
        """Dates divided by spaces."""
        days: list[date] = []
        for value in self.cell(column).split():
            day = self._day(column, value)
            if day is not None and day in days:
                self.fault(column, f"{value!r} stands there twice", "each once")
            elif day is not None:
                days.append(day)
        return frozenset(days)

    def period(self) -> tuple[date | None, date | None]:
        """`valid_from` and `valid_until`, in order."""
        first, last = self.day("valid_from"), self.day("valid_until")
        if first is not None and last is not None and first > last:
            self.fault("valid_until", f"{last} lies before valid_from", f"{first} or later")
        return first, last

    def weekdays(self) -> tuple[int, ...]:
        """`weekdays`, 1 (Monday) to 7; all of them if the cell is empty."""
        value = self.cell("weekdays")
        if value and (not WEEKDAYS.match(value) or len(set(value)) < len(value)):
            self.fault("weekdays", f"{value!r} are not weekdays", "digits 1 (Monday) to 7, each once")
            value = ""
        return tuple(sorted(int(day) for day in value or "1234567"))

    def track(self, places: Sequence[Place]) -> Place | None:
        """The track that `track` names; None if the cell is empty or names none."""
        value = self.cell("track")
        tracks = {place.id: place for place in places if place.kind is PlaceKind.TRACK}
        if value and value not in tracks:
            self.fault("track", f"{value!r} is not known", ", ".join(tracks))
        return tracks.get(value)

    def places(self, column: str, kind: PlaceKind, places: Sequence[Place]) -> tuple[str, ...]:
        """Ids of places of a kind, divided by spaces."""
        values = tuple(self.cell(column).split())
        known = [place.id for place in places if place.kind is kind]
        for number, value in enumerate(values):
            if value not in known:
                self.fault(column, f"{value!r} is not known", ", ".join(known))
            elif value in values[:number]:
                self.fault(column, f"{value!r} stands there twice", "each once")
        return values

    def train_numbers(self, column: str) -> tuple[str, ...]:
        """One train number or several, divided by `/`."""
        value = self.cell(column)
        numbers = tuple(value.split("/"))
        if not all(NUMBER.match(number) for number in numbers):
            self.fault(column, f"{value!r} is not a train number", "A–Z and digits; several divided by '/'")
        elif len(set(numbers)) < len(numbers):
            self.fault(column, f"{value!r} has a number twice", "each once")
        return numbers

    def _day(self, column: str, value: str) -> date | None:
        try:
            # Only this one form: fromisoformat alone would also take week dates.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            self.fault(column, f"{value!r} is not a date", "YYYY-MM-DD")
            return None


def read_csv(
    folder: Path, file: str, columns: Sequence[str], needed: Sequence[str], faults: Faults, *, optional: bool = False
) -> Iterator[CsvRow]:
    """The rows of a file of the folder; a row with the wrong number of cells is a fault and is left out.

    Args:
        folder: the station's folder.
        file: the file's name.
        columns: every column that the file may have, in any order.
        needed: those that it must have.
        faults: where faults go.
        optional: whether the file may be missing.

    """
    path = folder / file
    if optional and not path.exists():
        return
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        faults.add(file, "file", "does not exist")
        return
    except (OSError, UnicodeDecodeError) as error:
        faults.add(file, "file", f"cannot be read: {error}", "UTF-8 text")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not _good_header(header, file, columns, needed, faults):
            return
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cells):
                continue
            if len(cells) != len(header):
                faults.add(file, f"line {line}", f"has {len(cells)} cells", f"{len(header)} cells, as the first line")
                continue
            yield CsvRow(file, line, dict(zip(header, cells, strict=True)), faults)
    except csv.Error as error:
        faults.add(file, f"line {reader.line_num}", f"is not CSV: {error}", "comma-separated values")


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A file of the folder with these columns and rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _good_header(
    header: Sequence[str], file: str, columns: Sequence[str], needed: Sequence[str], faults: Faults
) -> bool:
    before = len(faults)
    for number, column in enumerate(header):
        if column not in columns:
            faults.add(file, "line 1", f"{column!r} is not known", ", ".join(columns))
        elif column in header[:number]:
            faults.add(file, "line 1", f"column {column!r} stands there twice", "each once")
    for column in needed:
        if column not in header:
            faults.add(file, "line 1", f"column {column!r} is missing", ", ".join(columns))
    return len(faults) == before
