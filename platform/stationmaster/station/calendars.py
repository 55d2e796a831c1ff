"""`calendars.csv`: dates with a name, for trains whose days weekdays and two dates do not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from stationmaster.station.csv_table import CsvRow, csv_text, read_csv
from stationmaster.station.running_days import ALL_WEEK, Calendar
from stationmaster_base.configuration import IDENTIFIER, Faults

__all__ = ["CALENDARS_FILE", "CALENDAR_COLUMNS", "calendars_text", "read_calendars", "weekdays_text"]

CALENDARS_FILE = "calendars.csv"
CALENDAR_COLUMNS = ("calendar", "valid_from", "valid_until", "weekdays", "added", "removed")

NO_WEEKDAY = "-"
"""What stands in `weekdays` where only the added dates count."""


def read_calendars(folder: Path, faults: Faults) -> tuple[Calendar, ...]:
    """The folder's calendars in the file's order; none if there is no such file."""
    calendars: list[Calendar] = []
    lines: dict[str, int] = {}
    for row in read_csv(folder, CALENDARS_FILE, CALENDAR_COLUMNS, ("calendar",), faults, optional=True):
        calendar = _calendar(row)
        if calendar.id in lines:
            row.fault("calendar", f"{calendar.id!r} stands on line {lines[calendar.id]} already", "each calendar once")
            continue
        lines[calendar.id] = row.line
        calendars.append(calendar)
    return tuple(calendars)


def calendars_text(calendars: Iterable[Calendar]) -> str:
    """The calendars as `calendars.csv` has them."""
    return csv_text(CALENDAR_COLUMNS, [_cells(calendar) for calendar in calendars])


def weekdays_text(weekdays: Sequence[int]) -> str:
    """The cell `weekdays` of a row; empty for every day."""
    return "" if tuple(weekdays) == ALL_WEEK else "".join(str(day) for day in weekdays)


def _calendar(row: CsvRow) -> Calendar:
    name = row.filled("calendar")
    if name and not IDENTIFIER.match(name):
        row.fault("calendar", f"{name!r} is not an identifier", "letters, digits, '.', '_', '-'")
    first, last = row.period()
    weekdays = () if row.cell("weekdays") == NO_WEEKDAY else row.weekdays()
    calendar = Calendar(
        id=name,
        valid_from=first,
        valid_until=last,
        weekdays=weekdays,
        added=row.dates("added"),
        removed=row.dates("removed"),
    )
    for day in sorted(calendar.added & calendar.removed):
        row.fault("removed", f"{day.isoformat()!r} is also added", "a date in one of the two")
    if not calendar.added and not weekdays:
        row.fault("weekdays", f"{NO_WEEKDAY!r} leaves no date, as none is added", "weekdays, or dates in added")
    return calendar


def _cells(calendar: Calendar) -> tuple[str, ...]:
    return (
        calendar.id,
        "" if calendar.valid_from is None else calendar.valid_from.isoformat(),
        "" if calendar.valid_until is None else calendar.valid_until.isoformat(),
        weekdays_text(calendar.weekdays) if calendar.weekdays else NO_WEEKDAY,
        _dates(calendar.added),
        _dates(calendar.removed),
    )


def _dates(days: Iterable[date]) -> str:
    return " ".join(day.isoformat() for day in sorted(days))
