"""Which events are still to come: day after day from the timetable, or the lines of one scenario file."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, timedelta
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant, local_date, local_instant
from stationmaster_simulator.events import ScenarioEvent, in_order
from stationmaster_simulator.scenario import DAYS_AHEAD

__all__ = ["DailyEvents", "EventSource", "GivenEvents"]

ONE_DAY = timedelta(days=1)


class EventSource(Protocol):
    """Gives each event once, in order, when its instant has come."""

    def until(self, now: float) -> list[ScenarioEvent]:
        """All events up to `now` that were not given before."""

    def next_at(self) -> Instant | None:
        """The instant at which `until` next has something to do; None if never."""

    def runs(self) -> frozenset[int]:
        """Every run that there is still an event for."""


class GivenEvents:
    """The events of a scenario that somebody wrote."""

    def __init__(self, events: Iterable[ScenarioEvent]) -> None:
        self._events = in_order(events)
        self._given = 0

    def until(self, now: float) -> list[ScenarioEvent]:
        first = self._given
        while self._given < len(self._events) and self._events[self._given].at <= now:
            self._given += 1
        return list(self._events[first : self._given])

    def next_at(self) -> Instant | None:
        return self._events[self._given].at if self._given < len(self._events) else None

    def runs(self) -> frozenset[int]:
        return frozenset(event.run for event in self._events[self._given :])


class DailyEvents:
    """Events made day by day, for ever: from yesterday to the day whose timetable is the next to enter the database.

    Args:
        make: the events of one service date, in order.
        zone: the station's time zone, in which days begin.
        now: station time of the start; service dates before the day before are not made.

    """

    def __init__(self, make: Callable[[date], Sequence[ScenarioEvent]], zone: ZoneInfo, now: float) -> None:
        self._make = make
        self._zone = zone
        self._numbers = count()
        self._heap: list[tuple[Instant, int, ScenarioEvent]] = []
        self._next_day = local_date(Instant(int(now)), zone) - ONE_DAY
        self._extend(now)

    def until(self, now: float) -> list[ScenarioEvent]:
        self._extend(now)
        given = []
        while self._heap and self._heap[0][0] <= now:
            given.append(heapq.heappop(self._heap)[2])
        return given

    def next_at(self) -> Instant | None:
        return self._heap[0][0] if self._heap else self._turn()

    def runs(self) -> frozenset[int]:
        return frozenset(event.run for _, _, event in self._heap)

    def _extend(self, now: float) -> None:
        """Make the days until the one whose timetable comes next is there."""
        while self._turn() <= now:
            for event in self._make(self._next_day):
                heapq.heappush(self._heap, (event.at, next(self._numbers), event))
            self._next_day += ONE_DAY

    def _turn(self) -> Instant:
        """The midnight from which the next day must be there: one day before its timetable comes."""
        return local_instant(self._next_day, time(0), self._zone, days=-DAYS_AHEAD - 1)
