"""What the world says to the kernel, drawn: records of the dispatchers, versions of plans, words of executors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Feed, FeedRecord, Plan, PlannedCall, TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import CallKind, Running, TaskState
from support.kernel_machine_station import TRACK_IDS
from support.kernel_machine_world import Key, MachineWorld

__all__ = ["Draw", "draw_feed", "draw_moment", "draw_plan", "draw_result", "one_of"]

Draw = Callable[[st.SearchStrategy[Any]], Any]

OFFSETS = st.one_of(
    st.integers(-15, 45),
    st.sampled_from((-1800, -180, -61, 0, 1, 2, 3, 10, 11, 16, 120, 240, 900, 1800, 2880, 2881, -2881)),
)
"""Minutes from a planned time: mostly as trains run, sometimes by a day and more, sometimes more than can be."""

BRIEF = ("expected", "actual", "expected", "actual", "unknown", "track", "running", "planned", "reason")
CANNOT_BE = ("track", "number", "future", "order", "suspended", "times")


def one_of(draw: Draw, items: Any) -> Any:
    """One of some things that are there now."""
    return draw(st.sampled_from(list(items)))


def draw_moment(draw: Draw, world: MachineWorld) -> Instant:
    """When an input comes: within this minute, and sometimes it says that it is older."""
    return Instant(max(world.now, draw(st.sampled_from((world.now, world.now + 7, world.now + 20, world.now - 90)))))


def draw_feed(draw: Draw, world: MachineWorld) -> Feed:
    """News of one to three trains, or what was said once before."""
    if world.past and draw(st.integers(0, 7)) == 0:
        records = [one_of(draw, world.past[-12:])]
    else:
        records = [_draw_record(draw, world) for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    world.past.extend(records)
    return Feed(id=world.name("feed"), at=draw_moment(draw, world), records=tuple(records))


def _draw_record(draw: Draw, world: MachineWorld) -> FeedRecord:
    if draw(st.integers(0, 9)) == 0:
        key, record = _stranger(draw, world)
    else:
        key = one_of(draw, _trains(world))
        record = world.views.get(key) or _as_planned(world, key)
    for _ in range(draw(st.sampled_from((1, 1, 2, 3)))):
        record = _changed(draw, world, record)
    if draw(st.integers(0, 11)) == 0:
        return _impossible(draw, world, record)
    world.views[key] = record
    return record


def _trains(world: MachineWorld) -> list[Key]:
    """The trains of the plans that are next to now, the nearest first."""
    found: list[tuple[int, Key]] = []
    for day, rows in world.rows.items():
        seen: dict[str, int] = {}
        for row in rows:
            seen[row.number] = nth = seen.get(row.number, 0) + 1
            found.append((abs((row.departure or row.arrival or 0) - world.now), (day, row.number, nth)))
    return [key for _, key in sorted(found)][:8] or [(world.evening, "G1", 1)]


def _as_planned(world: MachineWorld, key: Key) -> FeedRecord:
    day, number, nth = key
    rows = [row for row in world.rows.get(day, ()) if row.number == number]
    row = rows[min(nth, len(rows)) - 1] if rows else next(iter(world.rows[world.evening]))
    return FeedRecord(
        day=day,
        numbers=row.numbers,
        train_class=row.train_class,
        kind=row.kind,
        origin=row.origin,
        destination=row.destination,
        planned_arrival=row.arrival,
        planned_departure=row.departure,
        track=row.track,
    )


def _stranger(draw: Draw, world: MachineWorld) -> tuple[Key, FeedRecord]:
    """A train that no plan has, or of a date without plan."""
    day = one_of(draw, (world.evening, date.fromordinal(world.evening.toordinal() + draw(st.sampled_from((1, 2))))))
    number = one_of(draw, ("X1", "X2", "G3"))
    first = Instant(world.now - world.now % MINUTE + draw(st.integers(-60, 300)) * MINUTE)
    kind = one_of(draw, CallKind)
    record = FeedRecord(
        day=day,
        numbers=(number,),
        kind=kind,
        origin="包头",
        destination="北京",
        planned_arrival=None if kind is CallKind.ORIGIN else first,
        planned_departure=None if kind is CallKind.TERMINUS else Instant(first + 5 * MINUTE),
        running=one_of(draw, (Running.EXTRA, Running.EXTRA, Running.SCHEDULED, Running.DIVERTED)),
    )
    return (day, number, 1), world.views.get((day, number, 1), record)


def _changed(draw: Draw, world: MachineWorld, record: FeedRecord) -> FeedRecord:
    """The record with one thing that is different."""
    what = draw(st.sampled_from(BRIEF))
    events = [name for name in ("arrival", "departure") if getattr(record, f"planned_{name}") is not None]
    event = draw(st.sampled_from(events))
    planned = getattr(record, f"planned_{event}")
    if what == "planned":
        later = Instant(planned + draw(st.sampled_from((-30, -5, 2, 20, 90))) * MINUTE)
        return replace(record, **{f"planned_{event}": later})
    if what == "expected":
        expected = draw(st.none() | OFFSETS.map(lambda minutes: Instant(planned + minutes * MINUTE)))
        return replace(record, **{f"expected_{event}": expected})
    if what == "actual":
        seconds = draw(st.none() | st.sampled_from((0, 30, 60, 120, 300, 900, 3600, 30 * 3600)))
        actual = None if seconds is None else Instant(world.now - world.now % 30 - seconds)
        return replace(record, **{f"actual_{event}": actual})
    if what == "unknown":
        return replace(record, **{f"{event}_unknown": not getattr(record, f"{event}_unknown")})
    if what == "track":
        return replace(record, track=draw(st.sampled_from((*TRACK_IDS, ""))))
    if what == "running":
        running = one_of(draw, (Running.SCHEDULED, Running.SUSPENDED, Running.SUSPENDED, Running.DIVERTED))
        return replace(record, running=running, reason="大风" if running is Running.SUSPENDED else "")
    return replace(record, reason=draw(st.sampled_from(("", "大雪"))))


def _impossible(draw: Draw, world: MachineWorld, record: FeedRecord) -> FeedRecord:
    """The record with something that cannot be."""
    now = world.now
    match draw(st.sampled_from(CANNOT_BE)):
        case "track":
            return replace(record, track="77")
        case "number":
            return replace(record, numbers=())
        case "future":
            return replace(record, actual_departure=Instant(now + 900), planned_departure=now)
        case "order":
            return replace(record, actual_arrival=now, actual_departure=Instant(now - 600))
        case "suspended":
            return replace(record, running=Running.SUSPENDED, actual_arrival=now)
        case _:
            return replace(record, planned_arrival=None, planned_departure=None)


def draw_plan(draw: Draw, world: MachineWorld) -> Plan:
    """A version of a day's plan: the same, a row more or less, or rows that are different."""
    day = one_of(draw, sorted(world.rows))
    if draw(st.integers(0, 6)) == 0:
        known: Any = world.state.records.get("plan", {})
        same = known.get(day.isoformat())
        return world.plan(day, "" if same is None else same.digest)
    for _ in range(draw(st.sampled_from((1, 1, 2, 4)))):
        _change_row(draw, world, day)
    return world.plan(day, world.name("version") if draw(st.integers(0, 4)) else "")


def _change_row(draw: Draw, world: MachineWorld, day: date) -> None:
    rows = world.rows[day]
    what = draw(st.sampled_from(("gone", "again", "time", "time", "track", "other", "kind")))
    if what == "again" or not rows:
        there = world.templates[world.evening if day not in world.templates else day]
        rows.append(one_of(draw, there))
        return
    number = draw(st.integers(0, len(rows) - 1))
    row = rows[number]
    match what:
        case "gone":
            del rows[number]
        case "time":
            minutes = draw(st.sampled_from((-45, -10, -1, 1, 12, 60, 300)))
            rows[number] = _moved(row, minutes)
        case "track":
            rows[number] = replace(row, track=draw(st.sampled_from((*TRACK_IDS, ""))))
        case "kind" if row.kind is CallKind.THROUGH:
            rows[number] = replace(row, kind=CallKind.TERMINUS, departure=None)
        case _:
            rows[number] = replace(
                row,
                formation=draw(st.sampled_from(("", "8", "16"))),
                gates=draw(st.sampled_from(((), ("1A",), ("2A", "1A")))),
                opens=draw(st.sampled_from((None, -30, -5))),
                numbers=draw(st.sampled_from((row.numbers, (row.number,), (row.number, "Z9")))),
                turnaround=draw(st.sampled_from((row.turnaround, "", "G2"))) if row.departure is None else "",
            )


def _moved(row: PlannedCall, minutes: int) -> PlannedCall:
    times = {
        name: None if time is None else Instant(time + minutes * MINUTE)
        for name, time in (("arrival", row.arrival), ("departure", row.departure))
    }
    return replace(row, **times)  # type: ignore[arg-type]


def draw_result(draw: Draw, world: MachineWorld) -> TaskResult:
    """A word of some other executor: of any task and target, there or not, at any time."""
    tasks = sorted(world.state.tasks)
    item = draw(st.sampled_from([*tasks[:60], "TST/none"])) if tasks else "TST/none"
    task = world.state.tasks.get(item)
    targets = task.targets if task is not None else ()
    target = draw(st.sampled_from((*targets, *targets, "waiting-A", "platform-2", "water", "nowhere")))
    state = one_of(draw, (TaskState.BEGUN, TaskState.DONE, TaskState.INTERRUPTED, TaskState.FAILED))
    base = draw(st.sampled_from((None if task is None else task.base, None, Instant(world.now - 3600))))
    result = Result(target=target, state=state, at=Instant(world.now - draw(st.sampled_from((0, 600)))), base=base)
    return TaskResult(id=world.name("word"), at=world.now, task=item, result=result)
