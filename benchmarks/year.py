"""A station's year, one day plan a day: what a tick and memory cost in the first week and in the last.

    python benchmarks/year.py [DAYS]

135 calls a day by the sample station's rules. Each midnight the plan of the next day is put in; every ten minutes there
is a tick, then each train that has arrived or left since is reported, and each announcement that was due is
reported as done. Calls are dropped when they have been over for as long as the sample station keeps them.
The database is SQLite, synchronous=FULL, and keeps its whole journal.

`make bench` runs six weeks, `make soak` a year. The first and the last week are compared: the median of the ticks, with
commit, and this process' memory at the week's end. The weeks are minutes or hours apart, and the machine may have
become slower meanwhile; so what is judged of a tick is its processor time, as a multiple of that of a fixed piece of
work that is done beside each tick. Plans and reports are not measured one by one; the seconds that a day took show
them all together.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from measured import Measured, against, hand_on, resident_mb, share, told
from station_day import DAY, SAMPLE, Bench, calls_of

from stationmaster.hub.storage.database import database_url
from stationmaster.station.load import Station, load_station
from stationmaster_base.times import MINUTE, Instant, local_instant, to_iso
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan, PlannedCall, Presence, Tick
from stationmaster_kernel.values import FeedGrade, TaskKind

DAYS = 42
CALLS = 135
GRAIN = 10
"""Minutes from one tick to the next."""
WEEK = 7
TICK_GROWTH, MEMORY_GROWTH = 1.3, 1.15


@dataclass(slots=True, kw_only=True)
class Week:
    """What was measured in a week."""

    ticks: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    fixed: list[float] = field(default_factory=list)
    seconds: float = 0.0
    memory_mb: float = 0.0
    database_mb: float = 0.0
    calls: int = 0
    tasks: int = 0
    remembered: int = 0


def fixed_work() -> float:
    """Something that always costs the same; the milliseconds of processor time that it took."""
    begun = time.process_time()
    json.loads(json.dumps([{"id": str(n), "at": n} for n in range(500)]))
    return (time.process_time() - begun) * 1000


class Year:
    """The hub's writer, and the days that it lives through."""

    def __init__(self, station: Station, folder: Path) -> None:
        self._station = station
        self._zone = ZoneInfo(station.configuration.station.zone)
        self._file = folder / "hub.db"
        start = self._midnight(DAY)
        self._bench = Bench(database_url("sqlite:///hub.db", folder), start)
        self._bench.put([Configure(id=self._bench.name(), at=start, configuration=station.configuration)])
        self._bench.put([GradeFeed(id=self._bench.name(), at=start, grade=FeedGrade.FRESH)])
        for kind in TaskKind:
            self._bench.put([Presence(id=self._bench.name(), at=start, kind=kind, present=True)])
        self._trains: deque[tuple[Instant, FeedRecord]] = deque()
        self._plan(DAY, start)

    def week(self, first: date, days: int) -> Week:
        """Live through so many days."""
        week = Week()
        begun = time.perf_counter()
        for ahead in range(days):
            self._day(first + timedelta(days=ahead), week)
        week.seconds = time.perf_counter() - begun
        week.memory_mb = resident_mb()
        week.database_mb = self._file.stat().st_size / 1e6
        state = self._bench.state
        week.calls, week.tasks, week.remembered = len(state.calls), len(state.tasks), len(state.memory)
        return week

    def end(self) -> None:
        """Close the store."""
        self._bench.store.close()

    def _day(self, day: date, week: Week) -> None:
        now, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        self._plan(day + timedelta(days=1), now)
        while now < end:
            begun = time.process_time()
            _, took = self._bench.work([Tick(id=f"tick/{to_iso(now)}", at=now)])
            week.processor.append((time.process_time() - begun) * 1000)
            week.ticks.append(took)
            week.fixed.append(fixed_work())
            last = Instant(now + GRAIN * MINUTE - 1)
            while self._trains and self._trains[0][0] <= last:
                _, record = self._trains.popleft()
                self._bench.work([Feed(id=self._bench.name(), at=last, records=(record,))])
            self._bench.put(self._bench.announced(last))
            now = Instant(now + GRAIN * MINUTE)

    def _plan(self, day: date, now: Instant) -> None:
        calls = calls_of(self._station, day, CALLS)
        self._bench.put([Plan(id=self._bench.name(), at=now, day=day, calls=calls)])
        events = [event for call in calls for event in reports(day, call)]
        self._trains = deque(sorted((*self._trains, *events), key=lambda event: event[0]))

    def _midnight(self, day: date) -> Instant:
        return local_instant(day, time_of_day(0), self._zone)


def reports(day: date, call: PlannedCall) -> list[tuple[Instant, FeedRecord]]:
    """What is reported of a train that keeps its plan: when it arrives, and when it leaves."""
    said = []
    for arrived, at in ((True, call.arrival), (False, call.departure)):
        if at is None:
            continue
        record = FeedRecord(
            day=day,
            numbers=call.numbers,
            train_class=call.train_class,
            kind=call.kind,
            origin=call.origin,
            destination=call.destination,
            planned_arrival=call.arrival,
            planned_departure=call.departure,
            actual_arrival=call.arrival,
            actual_departure=None if arrived and call.arrival is not None else call.departure,
            track=call.track,
        )
        said.append((at, record))
    return said


def relative(week: Week) -> float:
    """The median processor time of a tick against that of the fixed work beside it."""
    return share(week.processor, 0.5) / share(week.fixed, 0.5)


def results_of(days: int, first: Week, last: Week) -> list[Measured]:
    """The last week beside the first."""
    results = []
    for what, after, before, unit, growth in (
        ("tick with commit, median", share(last.ticks, 0.5), share(first.ticks, 0.5), "ms", None),
        ("processor time of a tick, in fixed pieces of work", relative(last), relative(first), "", TICK_GROWTH),
        ("memory", last.memory_mb, first.memory_mb, "MB", MEMORY_GROWTH),
        ("machine time a day", last.seconds / WEEK, first.seconds / WEEK, "s", None),
    ):
        label = f"{days} days of {CALLS} calls: {what}, last week against first"
        budget = "" if growth is None else f"≤ {growth}×"
        results.append(against(label, after, unit, before, budget, ratio=growth))
    return results


def main(arguments: Sequence[str]) -> None:
    """Measure, print, hand on."""
    days = max(2 * WEEK, int(arguments[0]) if arguments else DAYS)
    station = load_station(SAMPLE)
    weeks: list[Week] = []
    print("  days   calls   tasks  records   tick: median    p95, ms   s a day   memory, MB   database, MB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        year = Year(station, Path(folder))
        gc.collect()
        for gone in range(0, days - days % WEEK, WEEK):
            week = year.week(DAY + timedelta(days=gone), WEEK)
            weeks.append(week)
            print(
                f"{gone + WEEK:6} {week.calls:7} {week.tasks:7} {week.remembered:8} {share(week.ticks, 0.5):14.3f}"
                f" {share(week.ticks, 0.95):10.3f} {week.seconds / WEEK:9.2f} {week.memory_mb:12.1f}"
                f" {week.database_mb:14.1f}",
                flush=True,
            )
        year.end()
    results = results_of(len(weeks) * WEEK, weeks[0], weeks[-1])
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(sys.argv[1:])
