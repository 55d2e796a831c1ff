"""The tables of a GTFS feed, row by row, with every fault told at its line.

`pygtfs` opens the feed and knows what each value of each table may be. Its own loader stops at the first row that it
does not like, so rows are given to its model here cell by cell. Which cells are looked at is for the caller to say: a
national feed has millions of rows that are of no concern to one station.
"""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults

__all__ = ["Archive", "FeedRow"]

MODELS: Mapping[str, str] = {
    "stops.txt": "Stop",
    "routes.txt": "Route",
    "trips.txt": "Trip",
    "stop_times.txt": "StopTime",
    "calendar.txt": "Service",
    "calendar_dates.txt": "ServiceException",
}
"""What the library calls a row of each table whose values are looked at."""

TIME = re.compile(r"[0-9]{1,3}:[0-5][0-9]:[0-5][0-9]\Z")
DATE = re.compile(r"[0-9]{8}\Z")
WHOLE = re.compile(r"[0-9]{1,9}\Z")


class FeedRow:
    """One row of a table, read column by column; what is wrong is a fault at its line, and a stand-in is given."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str], model: str, faults: Faults) -> None:
        self.file = file
        self.line = line
        self._cells = cells
        self._model = model
        self._parsing: Any = None
        self._faults = faults

    def fault(self, column: str, problem: str, allowed: str = "") -> None:
        """Something is wrong in a column."""
        self._faults.add(self.file, f"line {self.line}, {column}", problem, allowed)

    def text(self, column: str) -> str:
        """The cell without spaces around it; empty if there is no such column."""
        return self._cells.get(column, "").strip()

    def filled(self, column: str) -> str:
        """A cell that must hold something."""
        value = self.text(column)
        if not value:
            self.fault(column, "is empty", "text")
        return value

    def number(self, column: str) -> int:
        """A whole number; 0 if it is none."""
        value = self.text(column)
        if not WHOLE.match(value):
            self.fault(column, f"{value!r} is not a whole number", "0, 1, 2, …")
            return 0
        return int(value)

    def choice(self, column: str, allowed: str, default: int = 0) -> int:
        """One of the numbers that the format allows there, `default` if the cell is empty; `allowed` says them."""
        value = self._parsed(column, allowed)
        return value if isinstance(value, int) else default

    def flag(self, column: str) -> bool:
        """1 or 0."""
        return bool(self._parsed(column, "0, 1"))

    def minute(self, column: str) -> int | None:
        """Whole minutes from the service day's midnight, seconds cut off; None if the cell is empty or no time."""
        allowed = "HH:MM:SS, 24:00:00 and more being after midnight"
        value = self._parsed(column, allowed, TIME)
        return int(value.total_seconds()) // 60 if isinstance(value, timedelta) else None

    def day(self, column: str) -> date | None:
        """A date; None if the cell holds none, which is a fault."""
        if not self.text(column):
            self.fault(column, "is empty", "YYYYMMDD")
            return None
        value = self._parsed(column, "YYYYMMDD", DATE)
        return value if isinstance(value, date) else None

    def _parsed(self, column: str, allowed: str, form: re.Pattern[str] | None = None) -> object:
        """What the library makes of the cell; None if it refuses it."""
        value = self.text(column)
        try:
            if value and form is not None and not form.match(value):
                raise ValueError(value)
            if self._parsing is None:  # most rows are of no concern, and it takes longer than all else
                self._parsing = getattr(_library("gtfs_entities"), self._model)()
            setattr(self._parsing, column, value or None)
        except ValueError:
            self.fault(column, f"{value!r} is not possible" if value else "is empty", allowed)
            return None
        parsed: object = getattr(self._parsing, column)
        return parsed


class Archive:
    """A feed, which is a zip file.

    Args:
        path: where it is.
        faults: where faults go; a feed that cannot be opened is one, and then has no tables.

    """

    def __init__(self, path: Path, faults: Faults) -> None:
        self._faults = faults
        self._feed: Any = None
        self._names: frozenset[str] = frozenset()
        try:
            with zipfile.ZipFile(path) as archive:
                self._names = frozenset(archive.namelist())
            self._feed = _library("feed").Feed(path)
        except zipfile.BadZipFile:
            faults.add(path.name, "file", "is not a zip file", "a GTFS feed: a zip file with stops.txt, trips.txt, …")
        except OSError as error:
            faults.add(path.name, "file", f"cannot be read: {error.strerror}", "a GTFS feed, a zip file")

    @property
    def opened(self) -> bool:
        """Whether there is a feed."""
        return self._feed is not None

    def has(self, file: str) -> bool:
        """Whether the feed has this table."""
        return file in self._names

    def rows(self, file: str, needed: Sequence[str]) -> Iterator[FeedRow]:
        """The rows of a table; it and its `needed` columns must be there."""
        if self._feed is None:
            return
        if not self.has(file):
            self._faults.add(file, "file", "is not in the feed", "the file, beside the others and in no folder")
            return
        reader = self._feed.reader(file)
        model = MODELS.get(file, "")
        try:
            header = [cell.strip().removeprefix("\ufeff") for cell in next(reader, [])]
            if not self._good_header(file, header, needed):
                return
            start = reader.line_num + 1
            for cells in reader:
                line, start = start, reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    allowed = f"{len(header)} cells, as the first line"
                    self._faults.add(file, f"line {line}", f"has {len(cells)} cells", allowed)
                    continue
                yield FeedRow(file, line, dict(zip(header, cells, strict=True)), model, self._faults)
        except UnicodeDecodeError as error:
            self._faults.add(file, f"after line {reader.line_num}", f"cannot be read: {error.reason}", "UTF-8 text")
        except (csv.Error, OSError, zipfile.BadZipFile, zlib.error) as error:
            self._faults.add(file, f"after line {reader.line_num}", f"cannot be read: {error}", "a whole CSV file")

    def _good_header(self, file: str, header: Sequence[str], needed: Sequence[str]) -> bool:
        missing = [column for column in needed if column not in header]
        for column in missing:
            self._faults.add(file, "line 1", f"column {column!r} is missing", ", ".join(needed))
        twice = sorted({column for column in header if column and header.count(column) > 1})
        for column in twice:
            self._faults.add(file, "line 1", f"column {column!r} stands there twice", "each once")
        return not missing and not twice


def _library(module: str) -> Any:
    """A module of the library, which comes with the extra `gtfs` and is wanted by nothing else."""
    with warnings.catch_warnings():
        # It takes a name of SQLAlchemy's from where that stood before 2.0, and is told so each time.
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module(f"pygtfs.{module}")
