"""What happens in the dispatching database, and when: the events of a scenario.

Each event is one whole row that one of the database's three tables holds from the instant `at` on. A scenario is a
tuple of them in order of `at`; it is all that there is to know of a day, so a test can write one, and something that
checks the station can read the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from stationmaster_base.times import Instant
from stationmaster_kernel.values import CallKind, EventName, Running

__all__ = ["Report", "ScenarioEvent", "StagePlan", "TimetableEntry", "in_order", "run_id"]

FIRST_DAY = date(2000, 1, 1)
MOST_RUNS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableEntry:
    """From `at` on, the base timetable holds this run. `train` is all its numbers, `G2402/G2403`."""

    at: Instant
    run: int
    day: date
    train: str
    train_class: str
    kind: CallKind
    origin: str
    destination: str
    arrival: Instant | None = None
    departure: Instant | None = None
    track: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """From `at` on, the stage plan says this of a run. A time or a track that it does not name is the timetable's."""

    at: Instant
    run: int
    arrival: Instant | None = None
    departure: Instant | None = None
    arrival_unknown: bool = False
    departure_unknown: bool = False
    track: str = ""
    running: Running = Running.SCHEDULED
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """From `at` on, a run is reported to have arrived or departed at `actual`, a whole minute."""

    at: Instant
    run: int
    event: EventName
    actual: Instant


ScenarioEvent = TimetableEntry | StagePlan | Report


def run_id(day: date, number: int) -> int:
    """The key of the `number`th run (from 1) of a service date; it fits 31 bits and is the same after a restart.

    Raises:
        ValueError: a day of 20,000 runs or more, or before the year 2000.

    """
    if not 0 < number < MOST_RUNS or day < FIRST_DAY:
        raise ValueError(f"no run {number} on {day}")
    return (day - FIRST_DAY).days * MOST_RUNS + number


def in_order(events: Iterable[ScenarioEvent]) -> tuple[ScenarioEvent, ...]:
    """The events by instant; of one instant, timetable before stage plan before reports, and else as they came."""
    ranks = {TimetableEntry: 0, StagePlan: 1, Report: 2}
    return tuple(sorted(events, key=lambda event: (event.at, ranks[type(event)])))
