"""The kernel's state: everything it knows, and the indexes that make a step cost what it changes.

A state is never changed: `step` makes a candidate that shares all that stayed the same (persistent maps), so the old
one remains valid until the candidate is committed. Every index follows from the resources alone, so a
state read back from a database equals the one that was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from immutables import Map

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import RECORD_KINDS, KernelFacts, Record, Remembered, Resource, Value, owners
from stationmaster_kernel.configuration import Configuration, Place
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.numbering import Numbers, renumbered
from stationmaster_kernel.occupancy import NOBODY, Occupancy, made_occupancy
from stationmaster_kernel.places import ReadyStation, make_ready
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.task import Task
from stationmaster_kernel.times import last_time, moved
from stationmaster_kernel.values import FeedGrade, Running, TaskState

__all__ = [
    "CONFIGURATION_KINDS",
    "State",
    "configuration_values",
    "last_moment",
    "next_loose_wake",
    "next_wake",
    "resource_id",
    "task_order",
]

CONFIGURATION_KINDS: dict[str, str] = {
    "place": "places",
    "board": "boards",
    "zone": "zones",
    "name": "names",
    "pronunciation": "pronunciations",
    "template": "templates",
    "layout": "layouts",
    "rule": "rules",
}
"""Resource kind → the field of `Configuration` that holds such values; the station itself is apart."""

EXPIRY_GRACE = 1
"""Minutes after its validity for which a point task's result may still be on its way."""

ENDING_GRACE = 30
"""Minutes after its validity for which what was begun may still come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the kernel knows, at one moment.

    `records`: kind → id → record; `about`: call → kind and id of the records about it.
    `tasks_of`: call → ids of its tasks, in `task_order`. `numbers`: (service date, number) → calls.
    `wakes`: call → the minute at which time alone next concerns it; `due`: minute → calls.
    `occupancy`: who is where and when.
    """

    facts: KernelFacts
    configuration: Configuration | None = None
    station: ReadyStation | None = None
    calls: Map[str, Call] = Map()
    tasks: Map[str, Task] = Map()
    memory: Map[str, Remembered] = Map()
    records: Map[str, Map[str, Record]] = Map()
    about: Map[str, Map[tuple[str, str], None]] = Map()
    tasks_of: Map[str, tuple[str, ...]] = Map()
    numbers: Numbers = Map()
    wakes: Map[str, int] = Map()
    due: Map[int, Map[str, None]] = Map()
    occupancy: Occupancy = NOBODY

    @classmethod
    def empty(cls, now: Instant) -> State:
        """A kernel that knows nothing but the time."""
        return cls(facts=KernelFacts(now=now))

    @classmethod
    def from_resources(cls, resources: Iterable[Resource]) -> State:
        """The state that has exactly these resources.

        Raises:
            ValueError: there is configuration without a station, or no resource of kind `kernel`.

        """
        by_kind: dict[str, list[Any]] = {}
        for resource in sorted(resources, key=lambda item: item.revision):
            by_kind.setdefault(resource.kind, []).append(resource.value)
        if "kernel" not in by_kind:
            raise ValueError("there is no resource of kind kernel")
        state = cls(facts=by_kind["kernel"][0])
        configuration = _configuration(by_kind)
        state = replace(
            state,
            configuration=configuration,
            station=None if configuration is None else make_ready(configuration),
            calls=Map({call.id: call for call in by_kind.get("call", [])}),
            tasks=Map({task.id: task for task in by_kind.get("task", [])}),
            memory=Map({item.id: item for item in by_kind.get("feed", [])}),
            records=Map(
                {kind: Map({item.id: item for item in by_kind[kind]}) for kind in RECORD_KINDS if by_kind.get(kind)}
            ),
        )
        return _with_occupancy(_with_indexes(state))

    def resources(self) -> Iterator[Resource]:
        """Every resource, internal ones included."""
        if self.configuration is not None:
            for kind, value in configuration_values(self.configuration):
                yield _resource(kind, value)
        for call in self.calls.values():
            yield _resource("call", call)
        for task in self.tasks.values():
            yield _resource("task", task)
        for item in self.memory.values():
            yield _resource("feed", item)
        for kind, records in self.records.items():
            for record in records.values():
                yield _resource(kind, record)
        yield _resource("kernel", self.facts)


def task_order(task: Task) -> tuple[str, int, str]:
    """How the tasks of one call, or those of none, are sorted: by rule and occurrence."""
    return task.rule, task.occurrence, task.id


def resource_id(kind: str, value: Any) -> str:
    """The id of a value as a resource of its kind."""
    if kind == "station":
        return str(value.telecode)
    if isinstance(value, Place):
        return f"{value.kind}.{value.id}"
    return str(value.id)


def configuration_values(configuration: Configuration) -> Iterator[tuple[str, Value]]:
    """Every value of a configuration with its resource kind, in the folder's order."""
    yield "station", configuration.station
    for kind, field in CONFIGURATION_KINDS.items():
        for value in getattr(configuration, field):
            yield kind, value


def next_wake(call: Call, tasks: Iterable[Task], facts: KernelFacts, overdue_after: int, keep: int) -> int:
    """The next minute (its first second ÷ 60) at which time alone changes something about the call."""
    next_minute = facts.now // MINUTE + 1
    moments: list[Instant] = [moved(last_time(call), keep)]
    moments.extend(item.until for item in call.provenance if item.locked and item.until is not None)
    for event in (call.arrival, call.departure):
        if event is None or event.actual is not None or event.best is None or call.running is Running.SUSPENDED:
            continue
        if not event.overdue:
            moments.append(moved(event.best, overdue_after))
        elif facts.grade is FeedGrade.FRESH:
            return next_minute
    moments.extend(_expiries(tasks))
    return _minute(next_minute, moments)


def next_loose_wake(tasks: Iterable[Task], acts: Iterable[Record], facts: KernelFacts, keep: int) -> int | None:
    """The same for what hangs on no call; None if there is nothing."""
    tasks = tuple(tasks)
    moments = [*_expiries(tasks), *(moved(last_moment(task), keep) for task in tasks)]
    moments.extend(moved(act.at, keep) for act in acts if isinstance(act, ActRecord))
    return _minute(facts.now // MINUTE + 1, moments) if moments else None


def last_moment(task: Task) -> Instant:
    """When a task without a call is over, if nothing else is said of it."""
    return task.valid_until or task.end or task.order


def _expiries(tasks: Iterable[Task]) -> Iterator[Instant]:
    for task in tasks:
        if (
            task.valid_until is None
            or task.awaits is not None
            or task.state not in (TaskState.PLANNED, TaskState.BEGUN)
        ):
            continue
        if len(task.results) < len(task.targets) or any(task.result(target) is None for target in task.targets):
            yield moved(task.valid_until, EXPIRY_GRACE)
        elif task.state is TaskState.BEGUN:
            yield moved(task.valid_until, ENDING_GRACE)


def _minute(earliest: int, moments: Iterable[Instant]) -> int:
    return max(earliest, min(-(-moment // MINUTE) for moment in moments))


def _resource(kind: str, value: Value) -> Resource:
    return Resource(kind=kind, id=resource_id(kind, value), revision=value.revision, value=value)


def _configuration(by_kind: dict[str, list[Any]]) -> Configuration | None:
    if "station" not in by_kind:
        if any(kind in by_kind for kind in CONFIGURATION_KINDS):
            raise ValueError("there is configuration, but no resource of kind station")
        return None
    return Configuration(
        station=by_kind["station"][0],
        **{field: tuple(by_kind.get(kind, ())) for kind, field in CONFIGURATION_KINDS.items()},
    )


def _with_indexes(state: State) -> State:
    tasks_of: dict[str, tuple[str, ...]] = {}
    for task in sorted(state.tasks.values(), key=task_order):
        tasks_of[task.call] = (*tasks_of.get(task.call, ()), task.id)
    numbers: Numbers = Map()
    for call in state.calls.values():
        numbers = renumbered(numbers, None, call)
    about: dict[str, Map[tuple[str, str], None]] = {}
    for kind, records in state.records.items():
        for record in records.values():
            for call_id in owners(record):
                about[call_id] = about.get(call_id, Map()).set((kind, record.id), None)
    wakes: dict[str, int] = {}
    due: dict[int, Map[str, None]] = {}
    if state.station is not None:
        station = state.station.facts
        for call in state.calls.values():
            tasks = [state.tasks[item] for item in tasks_of.get(call.id, ())]
            minute = next_wake(call, tasks, state.facts, station.overdue_after, station.keep)
            wakes[call.id] = minute
            due[minute] = due.get(minute, Map()).set(call.id, None)
        loose = next_loose_wake(
            [state.tasks[item] for item in tasks_of.get("", ())],
            [record for record in state.records.get("act", Map()).values() if "" in owners(record)],
            state.facts,
            station.keep,
        )
        if loose is not None:
            wakes[""] = loose
            due[loose] = due.get(loose, Map()).set("", None)
    return replace(state, about=Map(about), tasks_of=Map(tasks_of), numbers=numbers, wakes=Map(wakes), due=Map(due))


def _with_occupancy(state: State) -> State:
    def numbered(day: date, numbers: Iterable[str]) -> Iterator[Call]:
        return (state.calls[item] for number in numbers for item in state.numbers.get((day, number), ()))

    records = (record for kind in ("proposal", "conflict") for record in state.records.get(kind, Map()).values())
    seeking = (record for record in records if isinstance(record, Proposal | Conflict))
    return replace(state, occupancy=made_occupancy(state.calls, seeking, numbered, state.station))
