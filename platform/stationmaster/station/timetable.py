"""The base timetable: `timetable.csv`, row by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from pathlib import Path

from stationmaster.station.running_days import DAILY, RunningDays
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = [
    "COLUMNS",
    "NEEDED_COLUMNS",
    "TIMETABLE_FILE",
    "RawRow",
    "TimetableRow",
    "read_row",
    "read_timetable",
    "repeated_rows",
    "timetable_text",
]

TIMETABLE_FILE = "timetable.csv"
NUMBER = re.compile(r"[A-Z0-9]{1,10}\Z")
HHMM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row's cells as text, each empty if it is not there; `line` is the line of the file where the row begins."""

    line: int
    train_class: str = ""
    kind: str = ""
    train: str = ""
    origin: str = ""
    destination: str = ""
    arr: str = ""
    dep: str = ""
    track: str = ""
    gates: str = ""
    areas: str = ""
    exits: str = ""
    valid_from: str = ""
    valid_until: str = ""
    weekdays: str = ""


COLUMNS = tuple(field.name for field in fields(RawRow) if field.name != "line")
NEEDED_COLUMNS = COLUMNS[:7]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableRow:
    """One train's call in the base timetable.

    `arrival` and `departure` are on the wall's clock, None where the train has none; a passing train has the same
    in both. A departure before the arrival is on the next day. `number` is the key, the first of `numbers`.
    `track`, `gates`, `areas` and `exits` are empty where the timetable leaves them open.
    """

    line: int
    train_class: str
    kind: CallKind
    number: str
    numbers: tuple[str, ...]
    origin: str
    destination: str
    arrival: time | None = None
    departure: time | None = None
    track: str = ""
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    days: RunningDays = DAILY

    @property
    def minutes(self) -> tuple[int, int]:
        """Arrival and departure in minutes from the service date's midnight; one alone stands for both."""
        arrival = _minute(self.arrival if self.arrival is not None else self.departure)
        departure = _minute(self.departure if self.departure is not None else self.arrival)
        return arrival, departure + DAY if departure < arrival else departure


def read_timetable(folder: Path, places: Sequence[Place], faults: Faults) -> tuple[TimetableRow, ...]:
    """The rows of the folder's timetable without those that are wrong; each of these is a fault at its line."""
    try:
        text = (folder / TIMETABLE_FILE).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        faults.add(TIMETABLE_FILE, "file", "does not exist")
        return ()
    except (OSError, UnicodeDecodeError) as error:
        faults.add(TIMETABLE_FILE, "file", f"cannot be read: {error}", "UTF-8 text")
        return ()
    rows = tuple(
        row for raw in _raw_rows(text, faults) if (row := read_row(raw, places, TIMETABLE_FILE, faults)) is not None
    )
    for row, earlier in repeated_rows(rows):
        faults.add(
            TIMETABLE_FILE,
            f"line {row.line}",
            f"{row.number} stands on line {earlier.line} already, with the same times and dates on which both run",
            "each call once",
        )
    return rows


def read_row(raw: RawRow, places: Sequence[Place], file: str, faults: Faults) -> TimetableRow | None:
    """The row that `raw` says; None if anything is wrong with it, every reason then being a fault at its line."""
    return _RowReader(raw, places, file, faults).read()


def repeated_rows(rows: Iterable[TimetableRow]) -> Iterable[tuple[TimetableRow, TimetableRow]]:
    """Pairs of rows, the later one first, that are the same train at the same time on the same date."""
    seen: dict[tuple[str, time | None, time | None], list[TimetableRow]] = {}
    for row in rows:
        for number in row.numbers:
            others = seen.setdefault((number, row.arrival, row.departure), [])
            twin = next((other for other in others if other.line != row.line and other.days.meet(row.days)), None)
            others.append(row)
            if twin is not None:
                yield row, twin
                break


def timetable_text(rows: Iterable[TimetableRow]) -> str:
    """The rows as `timetable.csv` has them, with all columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            (
                row.train_class,
                row.kind.value,
                "/".join(row.numbers),
                row.origin,
                row.destination,
                row.arrival.strftime("%H:%M") if row.arrival is not None else "",
                row.departure.strftime("%H:%M") if row.departure is not None else "",
                row.track,
                " ".join(row.gates),
                " ".join(row.areas),
                " ".join(row.exits),
                row.days.valid_from.isoformat() if row.days.valid_from else "",
                row.days.valid_until.isoformat() if row.days.valid_until else "",
                "" if row.days.weekdays == DAILY.weekdays else "".join(str(day) for day in row.days.weekdays),
            )
        )
    return out.getvalue()


def _raw_rows(text: str, faults: Faults) -> Iterable[RawRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not _good_header(header, faults):
            return
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cells):
                continue
            if len(cells) != len(header):
                faults.add(
                    TIMETABLE_FILE, f"line {line}", f"has {len(cells)} cells", f"{len(header)} cells, as the first line"
                )
                continue
            yield RawRow(line=line, **dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        faults.add(TIMETABLE_FILE, f"line {reader.line_num}", f"is not CSV: {error}", "comma-separated values")


def _good_header(header: Sequence[str], faults: Faults) -> bool:
    good = True
    for number, column in enumerate(header):
        if column not in COLUMNS:
            faults.add(TIMETABLE_FILE, "line 1", f"{column!r} is not known", ", ".join(COLUMNS))
            good = False
        elif column in header[:number]:
            faults.add(TIMETABLE_FILE, "line 1", f"column {column!r} stands there twice", "each once")
            good = False
    for column in NEEDED_COLUMNS:
        if column not in header:
            faults.add(TIMETABLE_FILE, "line 1", f"column {column!r} is missing", ", ".join(COLUMNS))
            good = False
    return good


class _RowReader:
    """Reads one row; every method adds its faults and gives a stand-in."""

    def __init__(self, raw: RawRow, places: Sequence[Place], file: str, faults: Faults) -> None:
        self._raw = raw
        self._places = places
        self._file = file
        self._faults = faults

    def read(self) -> TimetableRow | None:
        raw, before = self._raw, len(self._faults)
        kind = self._kind()
        numbers = self._numbers()
        arrival, departure = self._times(kind)
        row = TimetableRow(
            line=raw.line,
            train_class=self._filled("train_class"),
            kind=kind or CallKind.THROUGH,
            number=numbers[0] if numbers else "",
            numbers=numbers,
            origin=self._filled("origin"),
            destination=self._filled("destination"),
            arrival=arrival,
            departure=departure,
            track=self._track(kind),
            gates=self._list("gates", PlaceKind.GATE),
            areas=self._list("areas", PlaceKind.AREA),
            exits=self._list("exits", PlaceKind.EXIT),
            days=self._days(),
        )
        return row if len(self._faults) == before else None

    def _fault(self, column: str, problem: str, allowed: str = "") -> None:
        self._faults.add(self._file, f"line {self._raw.line}, {column}", problem, allowed)

    def _cell(self, column: str) -> str:
        value: str = getattr(self._raw, column)
        return value.strip()

    def _filled(self, column: str) -> str:
        value = self._cell(column)
        if not value:
            self._fault(column, "is empty", "text")
        return value

    def _kind(self) -> CallKind | None:
        value = self._cell("kind")
        kinds = [kind.value for kind in CallKind]
        if value in kinds:
            return CallKind(value)
        self._fault("kind", f"{value!r} is not known", ", ".join(kinds))
        return None

    def _numbers(self) -> tuple[str, ...]:
        value = self._cell("train")
        numbers = tuple(value.split("/"))
        if not all(NUMBER.match(number) for number in numbers):
            self._fault("train", f"{value!r} is not a train number", "A–Z and digits; several divided by '/'")
        elif len(set(numbers)) < len(numbers):
            self._fault("train", f"{value!r} has a number twice", "each once")
        return numbers

    def _times(self, kind: CallKind | None) -> tuple[time | None, time | None]:
        arrival, departure = self._time("arr"), self._time("dep")
        if kind is CallKind.PASSING:
            arrival, departure = arrival or departure, departure or arrival
            if arrival is None and not self._cell("arr") and not self._cell("dep"):
                self._fault("arr", "is empty", "the time of passing, HH:MM")
            if arrival != departure:
                self._fault("dep", f"{self._cell('dep')!r} is not the time of arr", "a passing train has one time")
        elif kind is not None:
            self._presence("arr", kind is not CallKind.ORIGIN, kind)
            self._presence("dep", kind is not CallKind.TERMINUS, kind)
        return arrival, departure

    def _presence(self, column: str, needed: bool, kind: CallKind) -> None:
        value = self._cell(column)
        if needed and not value:
            self._fault(column, f"is empty, and the kind is {kind.value}", "HH:MM")
        elif value and not needed:
            self._fault(column, f"{value!r} stands there, and the kind is {kind.value}", "nothing")

    def _time(self, column: str) -> time | None:
        value = self._cell(column)
        if not value:
            return None
        match = HHMM.match(value)
        if not match:
            self._fault(column, f"{value!r} is not a time", "HH:MM, 00:00…23:59")
            return None
        return time(int(match[1]), int(match[2]))

    def _track(self, kind: CallKind | None) -> str:
        value = self._cell("track")
        if not value:
            return ""
        tracks = {place.id: place for place in self._places if place.kind is PlaceKind.TRACK}
        if value not in tracks:
            self._fault("track", f"{value!r} is not known", ", ".join(tracks))
        elif kind not in (CallKind.PASSING, None) and not tracks[value].platform:
            faced = ", ".join(track.id for track in tracks.values() if track.platform)
            self._fault("track", f"track {value!r} has no platform, and the train stops", faced)
        return value

    def _list(self, column: str, kind: PlaceKind) -> tuple[str, ...]:
        values = tuple(self._cell(column).split())
        known = [place.id for place in self._places if place.kind is kind]
        for number, value in enumerate(values):
            if value not in known:
                self._fault(column, f"{value!r} is not known", ", ".join(known))
            elif value in values[:number]:
                self._fault(column, f"{value!r} stands there twice", "each once")
        return values

    def _days(self) -> RunningDays:
        first, last = self._date("valid_from"), self._date("valid_until")
        if first is not None and last is not None and first > last:
            self._fault("valid_until", f"{last} lies before valid_from", f"{first} or later")
        weekdays = self._cell("weekdays")
        if not weekdays:
            return RunningDays(valid_from=first, valid_until=last)
        if not re.fullmatch(r"[1-7]{1,7}", weekdays) or len(set(weekdays)) < len(weekdays):
            self._fault("weekdays", f"{weekdays!r} are not weekdays", "digits 1 (Monday) to 7, each once")
            return DAILY
        return RunningDays(valid_from=first, valid_until=last, weekdays=tuple(sorted(int(day) for day in weekdays)))

    def _date(self, column: str) -> date | None:
        value = self._cell(column)
        if not value:
            return None
        try:
            # Only this one form: fromisoformat alone would also take week dates.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            self._fault(column, f"{value!r} is not a date", "YYYY-MM-DD")
            return None


def _minute(clock: time | None) -> int:
    return 0 if clock is None else clock.hour * 60 + clock.minute
