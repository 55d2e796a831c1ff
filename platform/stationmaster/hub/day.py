"""The station's day: what the hub puts into the pipeline by itself.

When it starts: the configuration if the folder says something new, the plans that are missing, and a tick. From
then on a tick at the first second of each minute, and a plan for each day as it comes into view.
A plan that exists is never made again: people may have worked on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stationmaster.hub.feed import Intake
from stationmaster_base.clock import StationClock
from stationmaster_base.times import MINUTE, Instant, floor_minute, local_date, to_iso
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.inputs import Configure, Plan, PlannedCall, Tick
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["DAYS_AHEAD", "StationDay", "same_configuration"]

DAYS_AHEAD = 3
"""Service dates after today that have a plan."""


class StationDay:
    """Keeps the kernel's time and its plans.

    Args:
        configuration: what the station's folder says.
        plan_day: the calls of a service date by the timetable.
        pipeline: where inputs go.
        clock: station time.
        timer: wakes it at each minute.
        boot: makes the ids of this process's inputs unique.

    """

    def __init__(
        self,
        *,
        configuration: Configuration,
        plan_day: Callable[[date], tuple[PlannedCall, ...]],
        pipeline: Intake,
        clock: StationClock,
        timer: StationTimer,
        boot: str,
    ) -> None:
        self._configuration = configuration
        self._plan_day = plan_day
        self._pipeline = pipeline
        self._clock = clock
        self._timer = timer
        self._boot = boot
        self._zone = ZoneInfo(configuration.station.zone)
        self._planned: set[date] = set()
        self._next: Handle | None = None

    def begin(self, *, fresh: bool) -> None:
        """Put in what a hub that has just read its store needs; `fresh` means that the store was empty."""
        state = self._pipeline.state
        now = self._clock.now()
        if state.configuration is None or not same_configuration(state.configuration, self._configuration):
            at = Instant(int(now))
            self._pipeline.put(Configure(id=f"configure/{self._boot}", at=at, configuration=self._configuration))
        self._planned = set(state.facts.planned)
        if fresh:
            self._plan(local_date(floor_minute(now), self._zone) - timedelta(days=1))
        self._minute()

    def end(self) -> None:
        """No more ticks."""
        if self._next is not None:
            self._next.cancel()

    def _minute(self) -> None:
        minute = floor_minute(self._clock.now())
        today = local_date(minute, self._zone)
        for ahead in range(DAYS_AHEAD + 1):
            self._plan(today + timedelta(days=ahead))
        self._pipeline.put(Tick(id=f"tick/{to_iso(minute)}", at=minute))
        self._next = self._timer.call_at(minute + MINUTE, self._minute)

    def _plan(self, day: date) -> None:
        if day not in self._planned:
            self._planned.add(day)
            at = Instant(int(self._clock.now()))
            self._pipeline.put(Plan(id=f"plan/{day.isoformat()}/1", at=at, day=day, calls=self._plan_day(day)))


def same_configuration(one: Configuration, other: Configuration) -> bool:
    """Whether two configurations say the same, whatever their revisions."""
    return _unrevised(one) == _unrevised(other)


def _unrevised(configuration: Configuration) -> list[Any]:
    values: list[Any] = []
    for field in fields(configuration):
        value = getattr(configuration, field.name)
        items = value if isinstance(value, tuple) else (value,)
        values.append([replace(item, revision=0) for item in items])
    return values
