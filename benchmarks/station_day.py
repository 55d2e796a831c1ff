"""A station's day for a benchmark: the calls, what the dispatchers and the executors say of them, and the hub's writer.

The calls are the sample station's, multiplied until a day has the number wanted; the rules, the boards and the zones
are the sample's unless a benchmark gives its own. What comes between two ticks goes to the writer as it would in
a hub: each report a batch of its own, the results of announcements in batches.
"""

from __future__ import annotations

import heapq
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import Work, Writer
from stationmaster.station.load import Station, load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.times import MINUTE, Instant, local_instant, to_iso
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.configuration import Configuration, PlaceKind
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

__all__ = [
    "DAY",
    "SAMPLE",
    "Bench",
    "Day",
    "Dispatchers",
    "StationDay",
    "Ticks",
    "calls_of",
    "configuration_for",
    "sample_days",
]

SAMPLE = Path(__file__).parent.parent / "stations" / "sample"
DAY = date(2026, 3, 2)
BATCH = 256


@dataclass(slots=True, kw_only=True)
class Ticks:
    """What was measured, in milliseconds for each tick or report, and how much there was."""

    calls: int = 0
    tasks: int = 0
    whole: list[float] = field(default_factory=list)
    kernel: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    puts: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    """How many tasks and calls each tick changed or deleted."""
    reports: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a station is given: its configuration, the calls of each date, and what the dispatchers say of them.

    With `executors` each announcement is reported as done when it is due; without, nobody says anything.
    """

    configuration: Configuration
    plans: tuple[tuple[date, tuple[PlannedCall, ...]], ...]
    events: tuple[ScenarioEvent, ...]
    executors: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The station's time zone."""
        return ZoneInfo(self.configuration.station.zone)

    def at(self, hour: int) -> Instant:
        """An hour of the first date; 24 is the next midnight."""
        first = self.plans[0][0] + timedelta(days=hour // 24)
        return local_instant(first, time_of_day(hour % 24), self.zone)


def calls_of(station: Station, day: date, count: int) -> tuple[PlannedCall, ...]:
    """So many calls for a day: the sample's, thinned out, or again and again some minutes later under new numbers.

    Each copy has tracks of its own, so that no two trains are in each other's way before anything has happened.
    """
    sample = plan_day(station, day)
    copies = -(-count // len(sample))
    chosen = [sample[n * len(sample) // count] for n in range(count)] if copies == 1 else list(sample) * copies
    index = {call.number: n for n, call in enumerate(chosen[: len(sample)])}
    made = []
    for n, call in enumerate(chosen[:count]):
        copy = n // len(sample)
        late = copy * 60 // copies * MINUTE
        leaves = index.get(call.turnaround)
        number = _number(call, n)
        made.append(
            replace(
                call,
                number=number,
                numbers=(number,),
                arrival=None if call.arrival is None else Instant(call.arrival + late),
                departure=None if call.departure is None else Instant(call.departure + late),
                track=_track(call.track, copy),
                turnaround="" if leaves is None else _number(chosen[leaves], copy * len(sample) + leaves),
            )
        )
    return tuple(sorted(made, key=lambda call: (call.departure or call.arrival or 0, call.number)))


def _number(call: PlannedCall, n: int) -> str:
    return f"{re.sub('[0-9]', '', call.number)}{n + 1}"


def _track(track: str, copy: int) -> str:
    return f"{track}.{copy}" if track and copy else track


def configuration_for(station: Station, counts: Sequence[tuple[date, int]]) -> Configuration:
    """The station with all the tracks that `calls_of` gives to so many calls on these dates."""
    given = station.configuration
    copies = max(-(-count // len(plan_day(station, day))) for day, count in counts)
    tracks = [place for place in given.places if place.kind is PlaceKind.TRACK]
    more = tuple(replace(place, id=_track(place.id, copy)) for place in tracks for copy in range(1, copies))
    return replace(given, places=given.places + more)


def sample_days(counts: Sequence[int], keep: int) -> Day:
    """So many calls of the sample station on each of some dates; the simulator makes the first date's reports.

    Args:
        counts: how many calls each date has.
        keep: minutes for which a call is kept after its end.

    """
    station = load_station(SAMPLE)
    dates = [DAY + timedelta(days=ahead) for ahead in range(len(counts))]
    given = configuration_for(station, list(zip(dates, counts, strict=True)))
    configuration = replace(given, station=replace(given.station, keep=keep))
    plans = tuple((day, calls_of(station, day, count)) for day, count in zip(dates, counts, strict=True))
    events = make_scenario(plans[0][1], 1, day=DAY, zone=ZoneInfo(configuration.station.zone))
    return Day(configuration=configuration, plans=plans, events=events)


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


Seen = Callable[[Changes], None]


class Bench:
    """A hub's writer with its store, and what feeds it.

    Args:
        url: the store's database.
        start: station time before the first input.
        seen: told what each input has changed.

    """

    def __init__(self, url: URL, start: Instant, seen: Seen = lambda _: None) -> None:
        self.store = Store(url, lambda: "bench")
        self.writer = Writer(self.store, time.perf_counter)
        self.position = self.store.open(1, 1).position
        self.state = State.empty(start)
        self._seen = seen
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
            self._seen(entry.changes)
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


class StationDay:
    """A day, minute by minute.

    Args:
        day: what it is made of.
        url: the hub's database.
        made_at: when the day's plans are put in; before `start`, so that what is due by then is due all at once.
        start: the first minute that is ticked.
        counted_from: the first minute that is measured.
        seen: told what each input has changed.

    """

    def __init__(
        self,
        day: Day,
        url: URL,
        *,
        made_at: Instant,
        start: Instant,
        counted_from: Instant,
        seen: Seen = lambda _: None,
    ) -> None:
        self.now = made_at
        self.ticks = Ticks()
        self.bench = Bench(url, made_at, seen)
        self._day = day
        self._counted_from = counted_from
        self._dispatchers = Dispatchers(events=deque(day.events))
        self._put_all(Configure(id=self.bench.name(), at=self.now, configuration=day.configuration))
        self._put_all(GradeFeed(id=self.bench.name(), at=self.now, grade=FeedGrade.FRESH))
        for kind in TaskKind:
            self._put_all(Presence(id=self.bench.name(), at=self.now, kind=kind, present=day.executors))
        for date_of, calls in day.plans:
            self._put_all(Plan(id=self.bench.name(), at=self.now, day=date_of, calls=calls))
        self.now = start
        self._feed(self._dispatchers.news(self.now), together=50)

    def minute(self) -> None:
        """Tick, and then all else that comes before the next minute."""
        self.tick()
        self.between()

    def tick(self) -> None:
        """The minute's tick."""
        work, took = self.bench.work([Tick(id=f"tick/{to_iso(self.now)}", at=self.now)])
        if self.now >= self._counted_from:
            ticks, state = self.ticks, self.bench.state
            ticks.calls, ticks.tasks = ticks.calls or len(state.calls), ticks.tasks or len(state.tasks)
            ticks.whole.append(took)
            ticks.kernel.append(work.kernel_s * 1000)
            ticks.commit.append(work.commit_s * 1000)
            changes = [entry.changes for entry in work.batch.entries]
            ticks.puts.append(sum(len(each.puts) for each in changes))
            ticks.marks.append(
                sum(put.kind in ("call", "task") for each in changes for put in each.puts)
                + sum(kind in ("call", "task") for each in changes for kind, _ in each.deletes)
            )

    def between(self) -> None:
        """All else that comes before the next minute's tick."""
        last = Instant(self.now + MINUTE - 1)
        reports = self._feed(self._dispatchers.news(last), together=1)
        if self.now >= self._counted_from:
            self.ticks.reports.extend(reports)
        if self._day.executors:
            self._put_all(*self.bench.announced(last))
        self.now = Instant(self.now + MINUTE)

    def end(self) -> None:
        """Close the store."""
        self.bench.store.close()

    def _feed(self, news: Sequence[FeedRecord], together: int) -> list[float]:
        """Put news in, so many records in one input, each input a batch; the milliseconds that each took."""
        at = Instant(self.now + MINUTE - 1)
        took = []
        for n in range(0, len(news), together):
            given = Feed(id=self.bench.name(), at=at, records=tuple(news[n : n + together]))
            took.append(self.bench.work([given])[1])
        return took

    def _put_all(self, *inputs: Input) -> None:
        self.bench.put(inputs)
