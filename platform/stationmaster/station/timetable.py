"""The base timetable: `timetable.csv`, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, time, timedelta
from pathlib import Path

from stationmaster.station.calendars import weekdays_text
from stationmaster.station.csv_table import CsvRow, csv_text, read_csv
from stationmaster.station.running_days import DAILY, Calendar, RunningDays
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = [
    "COLUMNS",
    "DAYS_UNDERWAY",
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
HHMM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
DAYS_UNDERWAY = 4
"""How many days after its date at its origin a train may call here."""

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
    calendar: str = ""
    arr_day: str = ""
    dep_day: str = ""


COLUMNS = tuple(field.name for field in fields(RawRow) if field.name != "line")
NEEDED_COLUMNS = COLUMNS[:7]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableRow:
    """One train's call in the base timetable.

    `arrival` and `departure` are on the wall's clock, None where the train has none; a passing train has the same
    in both. `arr_day` and `dep_day` are their days after the date on which the train leaves its origin, which is the
    date that `days` tests; without `dep_day` the departure is the first one after the arrival.
    `number` is the key, the first of `numbers`.
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
    arr_day: int = 0
    dep_day: int | None = None

    @property
    def minutes(self) -> tuple[int, int]:
        """Arrival and departure in minutes from the service date's midnight; one alone stands for both."""
        arrival = _minute(self.arrival if self.arrival is not None else self.departure)
        departure = _minute(self.departure if self.departure is not None else self.arrival)
        return arrival, departure + self.nights * DAY

    @property
    def service_day(self) -> int:
        """Days from the train's date at its origin to its service date, that of the arrival here, else departure."""
        return self.arr_day if self.arrival is not None else self.dep_day or 0

    @property
    def nights(self) -> int:
        """Days from the arrival's date to the departure's."""
        if self.arrival is None or self.departure is None:
            return 0
        return int(self.departure < self.arrival) if self.dep_day is None else self.dep_day - self.arr_day

    def calls_on(self, day: date) -> bool:
        """Whether the train calls here on this service date."""
        try:
            return self.days.include(day - timedelta(days=self.service_day))
        except OverflowError:  # before the first date that there is
            return False

    def calls_with(self, other: TimetableRow, shift: int = 0) -> bool:
        """Whether there is a service date of this row `shift` days after which the other row has one."""
        return self.days.meet(other.days, shift + self.service_day - other.service_day)


def read_timetable(
    folder: Path, places: Sequence[Place], calendars: Sequence[Calendar], faults: Faults
) -> tuple[TimetableRow, ...]:
    """The rows of the folder's timetable without those that are wrong; each of these is a fault at its line."""
    rows = tuple(
        row
        for cells in read_csv(folder, TIMETABLE_FILE, COLUMNS, NEEDED_COLUMNS, faults)
        if (row := _read(cells, places, calendars, faults)) is not None
    )
    for row, earlier in repeated_rows(rows):
        faults.add(
            TIMETABLE_FILE,
            f"line {row.line}",
            f"{row.number} stands on line {earlier.line} already, with the same times and dates on which both run",
            "each call once",
        )
    return rows


def read_row(
    raw: RawRow, places: Sequence[Place], file: str, faults: Faults, calendars: Sequence[Calendar] = ()
) -> TimetableRow | None:
    """The row that `raw` says; None if anything is wrong with it, every reason then being a fault at its line."""
    cells = {column: value for column, value in asdict(raw).items() if column != "line"}
    return _read(CsvRow(file, raw.line, cells, faults), places, calendars, faults)


def repeated_rows(rows: Iterable[TimetableRow]) -> Iterable[tuple[TimetableRow, TimetableRow]]:
    """Pairs of rows, the later one first, that are the same train at the same time on the same service date."""
    seen: dict[tuple[str, time | None, time | None, int], list[TimetableRow]] = {}
    for row in rows:
        for number in row.numbers:
            others = seen.setdefault((number, row.arrival, row.departure, row.nights), [])
            twin = next((other for other in others if other.line != row.line and other.calls_with(row)), None)
            others.append(row)
            if twin is not None:
                yield row, twin
                break


def timetable_text(rows: Iterable[TimetableRow]) -> str:
    """The rows as `timetable.csv` has them, with all columns."""
    return csv_text(COLUMNS, [_cells(row) for row in rows])


def _cells(row: TimetableRow) -> tuple[str, ...]:
    return (
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
        weekdays_text(row.days.weekdays),
        row.days.calendar.id if row.days.calendar is not None else "",
        str(row.arr_day) if row.arr_day else "",
        str(row.dep_day) if row.dep_day is not None else "",
    )


def _read(cells: CsvRow, places: Sequence[Place], calendars: Sequence[Calendar], faults: Faults) -> TimetableRow | None:
    before = len(faults)
    row = _RowReader(cells, places, calendars).read()
    return row if len(faults) == before else None


class _RowReader:
    """Reads one row; every method adds its faults and gives a stand-in."""

    def __init__(self, cells: CsvRow, places: Sequence[Place], calendars: Sequence[Calendar]) -> None:
        self._cells = cells
        self._places = places
        self._calendars = {calendar.id: calendar for calendar in calendars}

    def read(self) -> TimetableRow:
        cells = self._cells
        kind = self._kind()
        numbers = cells.train_numbers("train")
        arrival, departure = self._times(kind)
        arr_day, dep_day = self._offsets(kind, arrival, departure)
        return TimetableRow(
            line=cells.line,
            train_class=cells.filled("train_class"),
            kind=kind or CallKind.THROUGH,
            number=numbers[0] if numbers else "",
            numbers=numbers,
            origin=cells.filled("origin"),
            destination=cells.filled("destination"),
            arrival=arrival,
            departure=departure,
            track=self._track(kind),
            gates=cells.places("gates", PlaceKind.GATE, self._places),
            areas=cells.places("areas", PlaceKind.AREA, self._places),
            exits=cells.places("exits", PlaceKind.EXIT, self._places),
            days=self._days(),
            arr_day=arr_day,
            dep_day=dep_day,
        )

    def _kind(self) -> CallKind | None:
        value = self._cells.cell("kind")
        kinds = [kind.value for kind in CallKind]
        if value in kinds:
            return CallKind(value)
        self._cells.fault("kind", f"{value!r} is not known", ", ".join(kinds))
        return None

    def _times(self, kind: CallKind | None) -> tuple[time | None, time | None]:
        cells = self._cells
        arrival, departure = self._time("arr"), self._time("dep")
        if kind is CallKind.PASSING:
            arrival, departure = arrival or departure, departure or arrival
            if arrival is None and not cells.cell("arr") and not cells.cell("dep"):
                cells.fault("arr", "is empty", "the time of passing, HH:MM")
            if arrival != departure:
                cells.fault("dep", f"{cells.cell('dep')!r} is not the time of arr", "a passing train has one time")
        elif kind is not None:
            self._presence("arr", kind is not CallKind.ORIGIN, kind)
            self._presence("dep", kind is not CallKind.TERMINUS, kind)
        return arrival, departure

    def _presence(self, column: str, needed: bool, kind: CallKind) -> None:
        value = self._cells.cell(column)
        if needed and not value:
            self._cells.fault(column, f"is empty, and the kind is {kind.value}", "HH:MM")
        elif value and not needed:
            self._cells.fault(column, f"{value!r} stands there, and the kind is {kind.value}", "nothing")

    def _time(self, column: str) -> time | None:
        value = self._cells.cell(column)
        if not value:
            return None
        match = HHMM.match(value)
        if not match:
            self._cells.fault(column, f"{value!r} is not a time", "HH:MM, 00:00…23:59")
            return None
        return time(int(match[1]), int(match[2]))

    def _offsets(self, kind: CallKind | None, arrival: time | None, departure: time | None) -> tuple[int, int | None]:
        """`arr_day` and `dep_day`, the latter None where it says no more than the times do."""
        cells = self._cells
        arr_day = cells.integer("arr_day", 0, DAYS_UNDERWAY)
        dep_day = cells.integer("dep_day", 0, DAYS_UNDERWAY)
        if kind is CallKind.PASSING:
            if arr_day is not None and dep_day is not None and arr_day != dep_day:
                cells.fault("dep_day", f"'{dep_day}' is not arr_day", "a passing train has one time")
            return (arr_day if arr_day is not None else dep_day) or 0, None
        for column, day, absent in (("arr_day", arr_day, CallKind.ORIGIN), ("dep_day", dep_day, CallKind.TERMINUS)):
            if day is not None and kind is absent:
                cells.fault(column, f"'{day}' stands there, and the kind is {kind.value}", "nothing")
        if kind is CallKind.ORIGIN:
            return 0, dep_day or None
        if arrival is None or departure is None:
            return arr_day or 0, None
        first = (arr_day or 0) + int(departure < arrival)
        if first > DAYS_UNDERWAY and dep_day is None:
            cells.fault("arr_day", f"'{arr_day}' puts the departure beyond day {DAYS_UNDERWAY}", "fewer days")
        elif dep_day is not None and dep_day < first:
            cells.fault("dep_day", f"'{dep_day}' puts the departure before the arrival", f"{first}…{DAYS_UNDERWAY}")
        return arr_day or 0, dep_day if dep_day != first else None

    def _track(self, kind: CallKind | None) -> str:
        track = self._cells.track(self._places)
        if track is not None and kind not in (CallKind.PASSING, None) and not track.platform:
            faced = ", ".join(place.id for place in self._places if place.kind is PlaceKind.TRACK and place.platform)
            self._cells.fault("track", f"track {track.id!r} has no platform, and the train stops", faced)
        return track.id if track is not None else ""

    def _days(self) -> RunningDays:
        first, last = self._cells.period()
        name = self._cells.cell("calendar")
        if name and name not in self._calendars:
            known = ", ".join(self._calendars) or "there is no calendar yet"
            self._cells.fault("calendar", f"{name!r} is not known", known)
        return RunningDays(
            valid_from=first,
            valid_until=last,
            weekdays=self._cells.weekdays(),
            calendar=self._calendars.get(name),
        )


def _minute(clock: time | None) -> int:
    return 0 if clock is None else clock.hour * 60 + clock.minute
