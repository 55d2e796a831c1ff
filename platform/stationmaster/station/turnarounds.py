"""Turnaround links (立折): which departure leaves with the set of which arrival.

A link is a number, and the train of that number that is meant is the first one to leave after the arrival; a set may
stay here over a night, but not longer than `LONGEST`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stationmaster.station.timetable import TimetableRow
from stationmaster_kernel.values import CallKind

__all__ = ["LONGEST", "Departure", "departures_of", "link_problem", "linked_number"]

LONGEST = 720
"""Minutes from the arrival to the departure with the same set, at most."""

DAY = 1440
SHIFTS = (0, 1)
"""Days from the arrival's service date to the departure's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """An origin call that can leave with the set of a terminus call: `shift` days after it, `wait` minutes after."""

    row: TimetableRow
    shift: int
    wait: int


def departures_of(arrival: TimetableRow, number: str, rows: Iterable[TimetableRow]) -> Iterator[Departure]:
    """The origin calls of that number that leave in time after the arrival, whatever the dates on which they run."""
    for row in rows:
        if row.kind is CallKind.ORIGIN and number in row.numbers:
            for shift in SHIFTS:
                wait = row.minutes[1] + shift * DAY - arrival.minutes[0]
                if 0 < wait <= LONGEST:
                    yield Departure(row=row, shift=shift, wait=wait)


def linked_number(arrival: TimetableRow, number: str, rows: Iterable[TimetableRow], day: date) -> str:
    """The key of the train that leaves with the set which arrives on this service date; empty if none does then."""
    found = [
        departure
        for departure in departures_of(arrival, number, rows)
        if departure.row.calls_on(day + timedelta(days=departure.shift))
    ]
    return min(found, key=lambda departure: departure.wait).row.number if found else ""


def link_problem(arrival: TimetableRow, number: str, rows: Sequence[TimetableRow]) -> tuple[str, str]:
    """What is wrong with a link and what is allowed; empty if nothing is."""
    same = [row for row in rows if number in row.numbers]
    origins = [row for row in same if row.kind is CallKind.ORIGIN]
    allowed = f"an origin call that leaves at most {LONGEST // 60} hours after {arrival.number} arrives"
    if not same:
        return f"{number!r} is not in the timetable", allowed
    if not origins:
        return f"{number!r} is no origin call (line {same[0].line} of the timetable: {same[0].kind.value})", allowed
    if any(arrival.calls_with(departure.row, departure.shift) for departure in departures_of(arrival, number, rows)):
        return "", ""
    common = next((row for row in origins if arrival.calls_with(row)), None)
    if common is None:
        return f"{number!r} runs on no date on which {arrival.number} does", allowed
    here, leaves = _clock(arrival.minutes[0]), _clock(common.minutes[1])
    late = "before" if common.minutes[1] <= arrival.minutes[0] else "too long after"
    return f"{number!r} leaves at {leaves}, {late} {arrival.number} arrives at {here}", allowed


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
