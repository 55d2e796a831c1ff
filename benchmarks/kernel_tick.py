"""How long a minute's tick takes with its commit: the kernel's step, and the hub's store on SQLite, synchronous=FULL.

    python benchmarks/kernel_tick.py

The calls are the sample station's, multiplied until a day has the number wanted; the rules, the boards and the zones
are the sample's. The simulator makes the day's reports; each announcement is reported as done when it is due.
Each tick is a batch of its own for the hub's writer; what else comes goes to it between ticks, and is not measured.
The days are run side by side, a minute of each in turn, so a ratio between them is of one and the same machine.
Beside each tick one row is changed in another SQLite file with the same durability: less than that no commit can cost.

A day of 10,000 calls has eleven times as much due in a minute as one of 900; so the same is measured for 10,000
calls of which 900 run a day, which shows what it costs that calls exist.
"""

from __future__ import annotations

import gc
import heapq
import re
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from measured import Measured, against, hand_on, share, told

from stationmaster.hub.database import database_url
from stationmaster.hub.store import Store
from stationmaster.hub.writer import Work, Writer
from stationmaster.station.load import Station, load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.times import MINUTE, Instant, local_instant, to_iso
from stationmaster_kernel.inputs import (
    Configure,
    Feed,
    FeedRecord,
    GradeFeed,
    Input,
    Plan,
    PlannedCall,
    Presence,
    TaskResult,
    Tick,
)
from stationmaster_kernel.state import State
from stationmaster_kernel.task import Result, Task, announcement_open
from stationmaster_kernel.values import EventName, FeedGrade, TaskKind, TaskState
from stationmaster_simulator.events import Report, ScenarioEvent, StagePlan, TimetableEntry
from stationmaster_simulator.scenario import make_scenario

SAMPLE = Path(__file__).parent.parent / "stations" / "sample"
DAY = date(2026, 3, 2)
BEGIN_HOUR, END_HOUR = 9, 13
WARM_UP = 30
"""Minutes before `BEGIN_HOUR` that are run through and not counted."""
KEEP = 240
"""Minutes for which a call is kept after its end, so that calls are dropped in the hours that are measured."""
BATCH = 256
BUDGET_MS = 1.0
GROWTH = 1.3


@dataclass(slots=True, kw_only=True)
class Ticks:
    """What was measured, in milliseconds for each tick, and how much there was."""

    calls: int = 0
    tasks: int = 0
    whole: list[float] = field(default_factory=list)
    kernel: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    puts: list[int] = field(default_factory=list)


def calls_of(station: Station, day: date, count: int) -> tuple[PlannedCall, ...]:
    """So many calls for a day: the sample's, thinned out, or again and again some minutes later under new numbers."""
    sample = plan_day(station, day)
    copies = -(-count // len(sample))
    made = []
    for n in range(count):
        call = sample[n * len(sample) // count] if copies == 1 else sample[n % len(sample)]
        late = 0 if copies == 1 else n // len(sample) * 60 // copies * MINUTE
        number = f"{re.sub('[0-9]', '', call.number)}{n + 1}"
        made.append(
            replace(
                call,
                number=number,
                numbers=(number,),
                arrival=None if call.arrival is None else Instant(call.arrival + late),
                departure=None if call.departure is None else Instant(call.departure + late),
            )
        )
    return tuple(sorted(made, key=lambda call: (call.departure or call.arrival or 0, call.number)))


@dataclass(slots=True, kw_only=True)
class Dispatchers:
    """What the dispatching system says of each run, as whole records."""

    events: deque[ScenarioEvent]
    records: dict[int, FeedRecord] = field(default_factory=dict)

    def news(self, until: Instant) -> tuple[FeedRecord, ...]:
        """The records that have changed since, each once."""
        changed = {}
        while self.events and self.events[0].at <= until:
            event = self.events.popleft()
            self.records[event.run] = changed[event.run] = self._after(event)
        return tuple(changed.values())

    def _after(self, event: ScenarioEvent) -> FeedRecord:
        match event:
            case TimetableEntry():
                return FeedRecord(
                    day=event.day,
                    numbers=tuple(event.train.split("/")),
                    train_class=event.train_class,
                    kind=event.kind,
                    origin=event.origin,
                    destination=event.destination,
                    planned_arrival=event.arrival,
                    planned_departure=event.departure,
                    track=event.track,
                )
            case StagePlan():
                record = self.records[event.run]
                return replace(
                    record,
                    expected_arrival=event.arrival,
                    expected_departure=event.departure,
                    arrival_unknown=event.arrival_unknown,
                    departure_unknown=event.departure_unknown,
                    track=event.track or record.track,
                    running=event.running,
                    reason=event.reason,
                )
            case Report():
                record = self.records[event.run]
                if event.event is EventName.ARRIVAL:
                    return replace(record, actual_arrival=event.actual)
                return replace(record, actual_departure=event.actual)


class Bench:
    """A hub's writer with its store, and what feeds it."""

    def __init__(self, folder: Path, start: Instant) -> None:
        self.store = Store(database_url("sqlite:///hub.db", folder), lambda: "bench")
        self.writer = Writer(self.store, time.perf_counter)
        self.position = self.store.open(1, 1).position
        self.state = State.empty(start)
        self._count = 0
        self._announcements: list[tuple[Instant, str]] = []

    def name(self) -> str:
        """The id of the next input."""
        self._count += 1
        return f"input/{self._count}"

    def put(self, inputs: Sequence[Input]) -> None:
        """Commit inputs in batches, as the hub does with those that wait together."""
        for start in range(0, len(inputs), BATCH):
            self.work(inputs[start : start + BATCH])

    def work(self, inputs: Sequence[Input]) -> tuple[Work, float]:
        """Commit one batch; what the writer says of it, and the milliseconds that it took."""
        begun = time.perf_counter()
        work = self.writer.work(self.state, self.position, inputs)
        took = (time.perf_counter() - begun) * 1000
        self.state, self.position = work.batch.state, work.batch.head
        for entry in work.batch.entries:
            if entry.refused:
                raise RuntimeError(f"The kernel does not take {entry.input_id}: {entry.notes_text}")
            for put in entry.changes.puts:
                task = put.value
                if isinstance(task, Task) and task.kind is TaskKind.ANNOUNCEMENT and task.due and task.awaits is None:
                    heapq.heappush(self._announcements, (task.due, task.id))
        return work, took

    def announced(self, now: Instant) -> list[Input]:
        """A result for each target of every announcement that is due."""
        given: list[Input] = []
        while self._announcements and self._announcements[0][0] <= now:
            task = self.state.tasks.get(heapq.heappop(self._announcements)[1])
            if task is None or task.state is not TaskState.PLANNED or not announcement_open(task, now):
                continue
            for target in task.targets:
                done = Result(target=target, state=TaskState.DONE, at=now, base=task.base)
                given.append(TaskResult(id=self.name(), at=now, task=task.id, result=done))
        return given


class EmptyTransaction:
    """One row, changed in a transaction of its own, as durable as the hub's."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "empty.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE one (n INTEGER)"):
            self._connection.execute(statement)
        self._connection.execute("INSERT INTO one VALUES (0)")

    def __call__(self) -> float:
        """Do it; the milliseconds that it took."""
        begun = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("UPDATE one SET n = n + 1")
        self._connection.execute("COMMIT")
        return (time.perf_counter() - begun) * 1000


class StationDay:
    """The first of some days, each with so many calls, minute by minute."""

    def __init__(self, station: Station, days: Sequence[int], folder: Path) -> None:
        facts = replace(station.configuration.station, keep=KEEP)
        configuration = replace(station.configuration, station=facts)
        zone = ZoneInfo(facts.zone)
        self.now = Instant(local_instant(DAY, time_of_day(BEGIN_HOUR), zone) - WARM_UP * MINUTE)
        self._counted_from = Instant(self.now + WARM_UP * MINUTE)
        self._bench, self._empty = Bench(folder, self.now), EmptyTransaction(folder)
        self._put_all(Configure(id=self._bench.name(), at=self.now, configuration=configuration))
        self._put_all(GradeFeed(id=self._bench.name(), at=self.now, grade=FeedGrade.FRESH))
        for kind in TaskKind:
            self._put_all(Presence(id=self._bench.name(), at=self.now, kind=kind, present=True))
        events: tuple[ScenarioEvent, ...] = ()
        for ahead, count in enumerate(days):
            day = DAY + timedelta(days=ahead)
            calls = calls_of(station, day, count)
            self._put_all(Plan(id=self._bench.name(), at=self.now, day=day, calls=calls))
            if not ahead:
                events = make_scenario(calls, 1, day=day, zone=zone)
        self._dispatchers = Dispatchers(events=deque(events))
        self._feed(self._dispatchers.news(self.now), together=50)
        self.ticks = Ticks()

    def minute(self) -> None:
        """Tick, and then all else that comes before the next minute."""
        work, took = self._bench.work([Tick(id=f"tick/{to_iso(self.now)}", at=self.now)])
        least = self._empty()
        if self.now >= self._counted_from:
            ticks, state = self.ticks, self._bench.state
            ticks.calls, ticks.tasks = ticks.calls or len(state.calls), ticks.tasks or len(state.tasks)
            ticks.whole.append(took)
            ticks.kernel.append(work.kernel_s * 1000)
            ticks.commit.append(work.commit_s * 1000)
            ticks.empty.append(least)
            ticks.puts.append(sum(len(entry.changes.puts) for entry in work.batch.entries))
        last = Instant(self.now + MINUTE - 1)
        self._feed(self._dispatchers.news(last), together=1)
        self._put_all(*self._bench.announced(last))
        self.now = Instant(self.now + MINUTE)

    def end(self) -> None:
        """Close the store."""
        self._bench.store.close()

    def _feed(self, news: Sequence[FeedRecord], together: int) -> None:
        at = Instant(self.now + MINUTE - 1)
        self._put_all(
            *(
                Feed(id=self._bench.name(), at=at, records=tuple(news[n : n + together]))
                for n in range(0, len(news), together)
            )
        )

    def _put_all(self, *inputs: Input) -> None:
        self._bench.put(inputs)


def measure(station: Station, days: Mapping[str, Sequence[int]]) -> dict[str, Ticks]:
    """Run these days side by side, a minute of each in turn, so that each has the same machine."""
    with tempfile.TemporaryDirectory() as root, ExitStack() as ending:
        running = {}
        for number, (name, sizes) in enumerate(days.items()):
            folder = Path(root) / str(number)
            folder.mkdir()
            running[name] = StationDay(station, sizes, folder)
            ending.callback(running[name].end)
        gc.collect()
        for _ in range(WARM_UP + (END_HOUR - BEGIN_HOUR) * 60):
            for day in running.values():
                day.minute()
        return {name: day.ticks for name, day in running.items()}


def main() -> None:
    """Measure, print, hand on."""
    station = load_station(SAMPLE)
    days = {
        "135 calls a day": [135],
        "900 calls a day": [900],
        "10,000 calls a day": [10_000],
        "10,000 calls, 900 a day": [900] * 11 + [100],
    }
    results: list[Measured] = []
    medians: dict[str, float] = {}
    print(
        "day                      known calls   tasks  ticks  resources put: median p95   kernel  commit: medians, ms"
    )
    for name, ticks in measure(station, days).items():
        print(
            f"{name:25} {ticks.calls:10} {ticks.tasks:7} {len(ticks.whole):6} {share(ticks.puts, 0.5):22}"
            f" {share(ticks.puts, 0.95):3} {share(ticks.kernel, 0.5):8.3f} {share(ticks.commit, 0.5):7.3f}",
            flush=True,
        )
        medians[name] = median = share(ticks.whole, 0.5)
        empty = share(ticks.empty, 0.5)
        is_budget = name == "900 calls a day"
        results.append(
            against(
                f"tick with commit, {name}, median",
                median,
                "ms",
                empty,
                f"≤ {BUDGET_MS:g} ms" if is_budget else "",
                ok=not is_budget or median <= BUDGET_MS,
            )
        )
        results.append(
            against(f"tick with commit, {name}, p95", share(ticks.whole, 0.95), "ms", share(ticks.empty, 0.95))
        )
    for name in ("10,000 calls a day", "10,000 calls, 900 a day"):
        results.append(
            against(
                f"tick, {name}, median against that of 900 calls a day",
                medians[name],
                "ms",
                medians["900 calls a day"],
                f"≤ {GROWTH}×",
                ratio=GROWTH,
            )
        )
    print("baseline: one row changed in an SQLite transaction of its own, WAL, synchronous=FULL, beside each tick")
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main()
