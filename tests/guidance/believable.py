"""A believable moment of the sample station's day, made by the kernel from the sample's own rules.

The morning has its troubles: trains late by minutes and by hours, one of unknown delay, one suspended, one moved to
another platform, some early. All of it follows from the timetable and a seed, so a picture can be made again.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from guidance.fakes import ROOT
from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.times import MINUTE, Instant, floor_minute, local_instant
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan, PlannedCall, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade, Running

DAY = date(2026, 3, 2)
SAMPLE = ROOT / "stations" / "sample"


class BelievableDay:
    """The sample station from a moment on; `state` is the kernel's."""

    def __init__(self, clock: time, *, folder: Path = SAMPLE, seed: int = 3) -> None:
        station = load_station(folder)
        self.configuration: Configuration = station.configuration
        self.now = local_instant(DAY, clock, ZoneInfo(self.configuration.station.zone))
        self.planned = plan_day(station, DAY)
        self._random = random.Random(seed)
        self._count = 0
        self.state = State.empty(Instant(self.now - 12 * 3600))
        early = Instant(self.now - 12 * 3600)
        self._step(Configure(id="configure", at=early, configuration=self.configuration))
        self._step(GradeFeed(id="grade", at=early, grade=FeedGrade.FRESH))
        self._step(Plan(id="plan", at=early, day=DAY, calls=self.planned))
        self.records = {call: self._record(call) for call in self.planned}
        self._step(Feed(id="feed", at=self.now, records=tuple(self.records.values())))
        self.tick(self.now)

    def tick(self, now: Instant) -> None:
        """Go on to `now`."""
        self.now = now
        self._count += 1
        self._step(Tick(id=f"tick-{self._count}", at=floor_minute(now)))

    def report(self, number: str, **change: object) -> None:
        """The dispatching system has news of this train: fields of its feed record."""
        call = next(call for call in self.planned if number in call.numbers)
        self.records[call] = replace(self.records[call], **change)  # type: ignore[arg-type]
        self._count += 1
        self._step(Feed(id=f"feed-{self._count}", at=self.now, records=(self.records[call],)))

    def next_departure(self, minutes: int = 10) -> PlannedCall:
        """The first train that leaves at least `minutes` from now."""
        later = self.now + minutes * MINUTE
        return next(call for call in self.planned if call.departure is not None and call.departure >= later)

    def _step(self, given: Configure | GradeFeed | Plan | Feed | Tick) -> None:
        self.state, _ = step(self.state, given)

    def _record(self, call: PlannedCall) -> FeedRecord:
        chance = self._random.random()
        last = call.departure or call.arrival or Instant(0)
        late = 0 if chance < 0.72 else self._random.choice((3, 6, 8, 12, 18, 25, 47, 95))
        late = -4 if 0.72 <= chance < 0.76 else late
        record = FeedRecord(
            day=DAY,
            numbers=call.numbers,
            train_class=call.train_class,
            kind=call.kind,
            origin=call.origin,
            destination=call.destination,
            planned_arrival=call.arrival,
            planned_departure=call.departure,
            track=call.track,
        )
        if last > self.now and 0.76 <= chance < 0.79:
            return replace(record, arrival_unknown=call.arrival is not None, departure_unknown=True)
        if last > self.now and 0.79 <= chance < 0.81:
            return replace(record, running=Running.SUSPENDED, reason="线路检修")
        arrival = _moved(call.arrival, late)
        departure = _moved(call.departure, max(0, late))
        return replace(
            record,
            expected_arrival=arrival if late else None,
            expected_departure=departure if late > 0 else None,
            actual_arrival=arrival if arrival is not None and arrival <= self.now else None,
            actual_departure=departure if departure is not None and departure <= self.now else None,
        )


def _moved(at: Instant | None, minutes: int) -> Instant | None:
    return None if at is None else Instant(at + minutes * MINUTE)
