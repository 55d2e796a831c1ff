"""The minute's tick beside the same tick inside PostgreSQL, each with its commit, in the same run.

    python benchmarks/database_tick.py [HOURS]

Five do the ticks of one day of 900 calls with 8 tasks each, a minute of each in turn, and who begins changes from
minute to minute. All keep what they write durable: PostgreSQL, a server of this program's own, with `fsync` and
`synchronous_commit` on, SQLite with `synchronous=FULL`; both on the same disk.

- *ours on SQLite*, *ours on PostgreSQL*: a batch of one tick through the hub's writer, that is the kernel's step, the
  journal entry with its hash, and one transaction with the head row, the input, the entry and the changed resources.
- *walk*: `CALL walk.tick(…)`, a procedure that walks the day's calls and each call's tasks, works out each task's time
  from its base and offset, and changes the state of what is due. That is how such systems are usually built.
- *sets*: `CALL sets.tick(…)`, two updates over indexed times. Those times are stored; keeping them right when a call
  changes is done between ticks, and is not measured. An index of the times alone still has all that has been due.
- *sets, partial index*: the same two updates where each index has only the tasks whose state is still to change. It is
  the best that we know of for this, and has to be thought of.

The procedures are in `procedures.sql`, what keeps their tables in `procedures.py`. They are called over one open
connection, prepared, and commit as they end: one round trip. They write no journal, know no overdue trains, no
targets, no texts and no notes, so they do less than the kernel; nothing is added to them to make up for it. Their
tables are vacuumed and analysed every half hour, between ticks. A walk meets all of the day's tasks, as it must: it
finds out by looking that there is nothing to do.

Two cases:

- *each task marked*: eight point tasks a call, no executor anywhere, every train reported at its minute. A point task
  that nobody has done is marked by the tick, when it has become too old: one change of state a task, the same for all
  five. After each tick the five have marked the same number, and at the end the same tasks, or this program fails.
- *usual*: one check-in, four rows on boards and three announcements a call; executors that report, and a day of the
  simulator's with late and suspended trains. The procedures switch each row on and off and each announcement to due,
  as such systems do. Our interval tasks are level-triggered: whether one is on follows from the data and the time, and
  nothing is written when it begins or ends. So the kernel has less to write for the same day, which is the point of
  it; the first case is the one that compares like with like.

The kernel's side is what reports and results come to; after each minute its calls and tasks are copied to the
procedures' tables (times, new and withdrawn tasks, what executors have done), so that all have the same data.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from measured import Measured, hand_on, share, told
from procedures import CLOSES, OPENS, SCHEMAS, Procedures, make_schemas
from station_day import DAY, SAMPLE, Day, StationDay, calls_of, configuration_for

from stationmaster.hub.storage.database import database_url
from stationmaster.station.load import load_station
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.rules import Base, Moment, Rule
from stationmaster_kernel.values import CallKind, EventName, TaskKind, TaskState
from stationmaster_simulator.events import Report, ScenarioEvent, TimetableEntry, in_order
from stationmaster_simulator.scenario import make_scenario

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from support.postgresql import postgresql

DURABLE = ("-clisten_addresses=", "-cfsync=on", "-cfull_page_writes=on", "-csynchronous_commit=on")
"""The server's options; all others are PostgreSQL's own."""
CALLS = 900
TASKS = 8
WARM_UP = 20
"""Minutes that are run through and not counted."""
TIDY = 30 * MINUTE
AHEAD = 60
"""The day is planned so many minutes before it begins, when none of its tasks is too old to be made."""
BUDGETS = {"walk": 10.0, "sets": 1.0, "sets, partial index": 1.0}
"""How many times as long as ours each of the others is to take at least."""
STAY = 3 * MINUTE
AT_PLATFORM = "1"
"""A track with a platform, for trains that pass on tracks without one."""

MARKED = (
    ("arrival", -30),
    ("arrival", -10),
    ("arrival", -3),
    ("arrival", 0),
    ("departure", -20),
    ("departure", -12),
    ("departure", -4),
    ("departure", -1),
)
"""Base and offset of the eight point tasks of the first case."""
VALID = 3
USUAL = ("row-hall", "row-waiting", "row-gate", "row-arrivals", "approaching", "check-in-open", "check-in-closed")
"""Those of the sample's rules that, with check-in, make a through call's eight tasks in the second case."""


# The two days.


def through(planned: PlannedCall) -> PlannedCall:
    """The call as one that stops at a platform, so that each has an arrival, a departure, and the same tasks."""
    arrival, departure, track = planned.arrival, planned.departure, planned.track
    if planned.kind is CallKind.PASSING:
        arrival, track = None, AT_PLATFORM
    if arrival is None:
        arrival = Instant((departure or 0) - STAY)
    if departure is None:
        departure = Instant(arrival + STAY)
    return replace(planned, kind=CallKind.THROUGH, arrival=arrival, departure=departure, track=track)


def punctual(calls: Sequence[PlannedCall]) -> tuple[ScenarioEvent, ...]:
    """Every train reported at its minute."""
    events: list[ScenarioEvent] = []
    for run, call in enumerate(calls, start=1):
        events.append(
            TimetableEntry(
                at=Instant(0),
                run=run,
                day=DAY,
                train=call.number,
                train_class=call.train_class,
                kind=call.kind,
                origin=call.origin,
                destination=call.destination,
                arrival=call.arrival,
                departure=call.departure,
                track=call.track,
            )
        )
        for name, at in ((EventName.ARRIVAL, call.arrival), (EventName.DEPARTURE, call.departure)):
            if at is not None:
                events.append(Report(at=at, run=run, event=name, actual=at))
    return in_order(events)


def marked_day(configuration: Configuration, calls: tuple[PlannedCall, ...]) -> Day:
    """Eight point tasks a call, and nobody to do them."""
    rules = tuple(
        Rule(
            id=f"point-{n}",
            does=TaskKind.ANNOUNCEMENT,
            zones=("staff",),
            due=Moment(base=Base(base), offset=offset),
            valid=VALID,
            template="staff-receive",
        )
        for n, (base, offset) in enumerate(MARKED, start=1)
    )
    return Day(
        configuration=replace(configuration, rules=rules),
        plans=((DAY, calls),),
        events=punctual(calls),
        executors=False,
    )


def usual_day(configuration: Configuration, calls: tuple[PlannedCall, ...]) -> Day:
    """A check-in, four rows and three announcements a call, and executors that report."""
    check_in = Rule(
        id="check-in",
        does=TaskKind.CHECK_IN,
        start=Moment(base=Base.DEPARTURE, offset=OPENS),
        end=Moment(base=Base.DEPARTURE, offset=CLOSES),
    )
    rules = (check_in, *(rule for rule in configuration.rules if rule.id in USUAL))
    day = Day(configuration=replace(configuration, rules=rules), plans=((DAY, calls),), events=())
    return replace(day, events=make_scenario(calls, 1, day=DAY, zone=day.zone))


# One case.


@dataclass(slots=True, kw_only=True)
class Case:
    """What was measured: for each of the five, the milliseconds and the changes of state of each tick."""

    calls: int = 0
    tasks: int = 0
    taken: dict[str, list[float]] = field(default_factory=dict)
    changed: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, took: float, changed: int) -> None:
        """One tick."""
        self.taken.setdefault(name, []).append(took)
        self.changed.setdefault(name, []).append(changed)


def run(day: Day, hours: Iterable[int], *, marks: bool) -> Case:
    """A day's ticks, a minute of each of the five in turn."""
    hours = list(hours)
    counted_from, end = day.at(hours[0]), day.at(hours[-1] + 1)
    times = {
        "made_at": Instant(day.at(0) - AHEAD * MINUTE),
        "start": Instant(counted_from - WARM_UP * MINUTE),
        "counted_from": counted_from,
    }
    case = Case()
    with tempfile.TemporaryDirectory() as root, ExitStack() as ending:
        server = ending.enter_context(postgresql(DURABLE))
        connection = ending.enter_context(server.connect(str(server.make_database().database)))
        make_schemas(connection)
        procedures = Procedures(connection, {rule.id: rule for rule in day.configuration.rules}, marks)
        where = {
            "ours on SQLite": database_url("sqlite:///hub.db", Path(root)),
            "ours on PostgreSQL": server.make_database(),
        }
        ours = {}
        for name, url in where.items():
            see = {} if ours else {"seen": procedures.see}
            ours[name] = StationDay(day, url, **times, **see)
            ending.callback(ours[name].end)
        procedures.copy()
        procedures.tidy()
        theirs = {name: procedures.ticker(schema) for name, schema in SCHEMAS.items()}
        first = next(iter(ours.values()))
        case.calls, case.tasks = len(first.bench.state.calls), len(first.bench.state.tasks)
        if (case.calls, case.tasks) != (CALLS, CALLS * TASKS):
            raise RuntimeError(f"There are {case.calls} calls with {case.tasks} tasks.")
        for schema in SCHEMAS.values():
            check_rows(connection, schema, case)
        names = [*ours, *theirs]
        gc.collect()
        while first.now < end:
            turn = first.now // MINUTE % len(names)
            minute(case, names[turn:] + names[:turn], ours, theirs, counted=first.now >= counted_from, marks=marks)
            procedures.copy()
            if first.now % TIDY == 0:
                procedures.tidy()
        if marks:
            check_marked(procedures, first)
    return case


def minute(
    case: Case,
    names: Sequence[str],
    ours: Mapping[str, StationDay],
    theirs: Mapping[str, Callable[[Instant], tuple[float, int]]],
    *,
    counted: bool,
    marks: bool,
) -> None:
    """One tick of each, in this order, and then what comes before the next."""
    now = next(iter(ours.values())).now
    changed = {}
    for name in names:
        if name in ours:
            ours[name].tick()
            if counted:
                ticks = ours[name].ticks
                changed[name] = ticks.marks[-1]
                case.add(name, ticks.whole[-1], changed[name])
        else:
            took, changed[name] = theirs[name](now)
            if counted:
                case.add(name, took, changed[name])
    if counted and marks and len(set(changed.values())) != 1:
        raise RuntimeError(f"Not all have marked the same number of tasks at {now}: {changed}")
    for day in ours.values():
        day.between()


def check_rows(connection: psycopg.Connection[Any], schema: str, case: Case) -> None:
    """Whether a schema holds what the kernel has."""
    for table, count in (("call", case.calls), ("task", case.tasks)):
        row = connection.execute(f"SELECT count(*) FROM {schema}.{table}").fetchone()
        if row is None or row[0] != count:
            raise RuntimeError(f"{schema}.{table} has {row} rows, not {count}.")


def check_marked(procedures: Procedures, day: StationDay) -> None:
    """Whether all have marked the same tasks, and marked many."""
    ours = {task.id for task in day.bench.state.tasks.values() if task.state is TaskState.UNCONFIRMED}
    for schema in SCHEMAS.values():
        if procedures.on(schema) != ours or not ours:
            raise RuntimeError(f"{schema} has marked other tasks than the kernel.")


# All of it.


def results_of(title: str, case: Case) -> list[Measured]:
    """The figures of a case."""
    medians = {name: share(taken, 0.5) for name, taken in case.taken.items()}
    results = []
    for name in ("ours on SQLite", "ours on PostgreSQL"):
        for other, least in BUDGETS.items():
            times = medians[other] / medians[name]
            results.append(
                Measured(
                    name=f"{title}: {other} against {name}, medians",
                    value=medians[other],
                    unit="ms",
                    baseline=medians[name],
                    ratio=times,
                    budget=f"≥ {least:g}×",
                    ok=times >= least,
                )
            )
    return results


def show(title: str, case: Case) -> None:
    """Print a case."""
    print(f"{title}: {case.calls} calls, {case.tasks} tasks")
    print(f"{'':20} ticks   median      p95  changes of state: median  p95   all")
    for name, taken in case.taken.items():
        changed = case.changed[name]
        print(
            f"{name:20} {len(taken):5} {share(taken, 0.5):8.3f} {share(taken, 0.95):8.3f}"
            f" {share(changed, 0.5):25} {share(changed, 0.95):4} {sum(changed):5}",
            flush=True,
        )


def main(arguments: Sequence[str]) -> None:
    """Measure, print, hand on."""
    hours = range(24 - int(arguments[0]), 24) if arguments else range(24)
    station = load_station(SAMPLE)
    calls = tuple(through(call) for call in calls_of(station, DAY, CALLS))
    configuration = configuration_for(station, [(DAY, CALLS)])
    results: list[Measured] = []
    for title, day, marks in (
        ("each task marked", marked_day(configuration, calls), True),
        ("usual", usual_day(configuration, calls), False),
    ):
        case = run(day, hours, marks=marks)
        show(title, case)
        results += results_of(title, case)
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(sys.argv[1:])
