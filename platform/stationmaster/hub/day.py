"""The station's day: what the hub puts into the pipeline by itself.

When it starts: the configuration if the folder says something new, the plans, and a tick. From then on a tick at the
first second of each minute, and a plan for each day as it comes into view.
Plans of today and of the days to come are made anew when the hub starts and when the folder was read again; one that
says nothing new is not put in. What becomes of a new one is the kernel's to say: people may have worked on the old one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred, gatherResults

from stationmaster.hub.feeding.feed import Intake
from stationmaster.station.plans import plan_digest
from stationmaster_base.clock import StationClock
from stationmaster_base.times import MINUTE, Instant, floor_minute, local_date, to_iso
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.day_plan import DayPlan
from stationmaster_kernel.inputs import Configure, Plan, PlannedCall, Tick
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["DAYS_AHEAD", "PlanDay", "StationDay", "same_configuration"]

DAYS_AHEAD = 3
"""Service dates after today that have a plan, unless the settings say otherwise."""

PlanDay = Callable[[date], tuple[PlannedCall, ...]]
"""The calls of a service date by the timetable, in order of planned time."""


class StationDay:
    """Keeps the kernel's time and its plans.

    Args:
        configuration: what the station's folder says.
        plan_day: the calls of a service date by the timetable.
        pipeline: where inputs go.
        clock: station time.
        timer: wakes it at each minute.
        boot: makes the ids of this process's inputs unique.
        days_ahead: service dates after today that have a plan.
        doubted: whether the clock has leaped and is not to be believed now.

    """

    def __init__(
        self,
        *,
        configuration: Configuration,
        plan_day: PlanDay,
        pipeline: Intake,
        clock: StationClock,
        timer: StationTimer,
        boot: str,
        days_ahead: int = DAYS_AHEAD,
        doubted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._doubted = doubted
        self._configuration = configuration
        self._plan_day = plan_day
        self._pipeline = pipeline
        self._clock = clock
        self._timer = timer
        self._boot = boot
        self._days_ahead = days_ahead
        self._zone = ZoneInfo(configuration.station.zone)
        self._digests: dict[date, str] = {}
        """Of the newest plan of each day that the kernel has, or that is on its way to it."""
        self._put = 0
        self._next: Handle | None = None

    def begin(self, *, fresh: bool) -> None:
        """Put in what a hub that has just read its store needs; `fresh` means that the store was empty."""
        state = self._pipeline.state
        if state.configuration is None or not same_configuration(state.configuration, self._configuration):
            self._configure()
        plans = cast("dict[str, DayPlan]", state.records.get("plan", {}))
        self._digests = {plan.day: plan.digest for plan in plans.values()}
        if fresh:
            self._plan(self._today() - timedelta(days=1))
        self._renew()
        self._minute()

    def reloaded(self, configuration: Configuration, plan_day: PlanDay) -> Deferred[None]:
        """The folder was read again: put in what it says new. Fires when that is committed; nothing new is at once."""
        put: list[Deferred[Any]] = []
        if not same_configuration(configuration, self._configuration):
            self._configuration = configuration
            self._zone = ZoneInfo(configuration.station.zone)
            put.append(self._configure())
        self._plan_day = plan_day
        put.extend(self._renew())
        return gatherResults(put, consumeErrors=True).addCallback(lambda _: None)

    def end(self) -> None:
        """No more ticks."""
        if self._next is not None:
            self._next.cancel()

    def _minute(self) -> None:
        minute = floor_minute(self._clock.now())
        for day in self._days(local_date(minute, self._zone)):
            if day not in self._digests:
                self._plan(day)
        self._pipeline.put(self._tick(minute))
        self._next = self._timer.call_at(minute + MINUTE, self._minute)

    def _tick(self, minute: Instant) -> Tick:
        """The tick of a minute. One that may be refused has an id of its own: the minute itself may be yet to come."""
        name = f"tick/{to_iso(minute)}"
        if self._doubted():
            return Tick(id=self._id(name), at=minute, trusted=False)
        return Tick(id=name, at=minute)

    def _renew(self) -> list[Deferred[Any]]:
        """Make the plans of today, of the days in view, and of every later day that has one."""
        today = self._today()
        days = sorted({*self._days(today), *(day for day in self._digests if day > today)})
        return [done for day in days if (done := self._plan(day)) is not None]

    def _plan(self, day: date) -> Deferred[Any] | None:
        """Put the plan of a day in if it says anything new."""
        calls = self._plan_day(day)
        digest = plan_digest(calls)
        if self._digests.get(day) == digest:
            return None
        self._digests[day] = digest
        at = Instant(int(self._clock.now()))
        return self._pipeline.put(
            Plan(id=self._id(f"plan/{day.isoformat()}"), at=at, day=day, calls=calls, digest=digest)
        )

    def _configure(self) -> Deferred[Any]:
        at = Instant(int(self._clock.now()))
        return self._pipeline.put(Configure(id=self._id("configure"), at=at, configuration=self._configuration))

    def _id(self, what: str) -> str:
        self._put += 1
        return f"{what}/{self._boot}/{self._put}"

    def _today(self) -> date:
        return local_date(floor_minute(self._clock.now()), self._zone)

    def _days(self, today: date) -> list[date]:
        return [today + timedelta(days=ahead) for ahead in range(self._days_ahead + 1)]


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
