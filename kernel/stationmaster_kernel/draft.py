"""A candidate state in the making: what one step reads and writes, before revisions are given out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from immutables import Map

from stationmaster_base.times import Instant
from stationmaster_kernel.altering import altered
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import (
    Changes,
    KernelFacts,
    Note,
    Record,
    Remembered,
    Resource,
    Value,
    kind_of,
    owners,
)
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.configuring import configuration_changes, numbered_configuration
from stationmaster_kernel.numbering import renumbered
from stationmaster_kernel.places import make_ready
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.state import (
    CONFIGURATION_KINDS,
    State,
    next_loose_wake,
    next_wake,
    task_order,
)
from stationmaster_kernel.task import Task

__all__ = ["Draft"]

_NONE: Map[str, Record] = Map()


class Draft:
    """One step's working copy. Values are put and deleted; `finish` numbers what really changed.

    Args:
        state: the state before the step; it is left as it is.
        now: station time of the input.

    """

    def __init__(self, state: State, now: Instant) -> None:
        self._before = state
        self.now = now
        self.facts: KernelFacts = altered(state.facts, now=max(now, state.facts.now))
        self.configuration = state.configuration
        self.station = state.station
        self._calls = state.calls
        self._tasks = state.tasks
        self._memory = state.memory
        self._records = state.records
        self._about = state.about
        self._tasks_of = state.tasks_of
        self._numbers = state.numbers
        self._wakes = state.wakes
        self._due = state.due
        self.occupancy = state.occupancy
        self._stirred: dict[str, None] = {}
        self._decided: dict[str, None] = {}
        self._puts: dict[tuple[str, str], Value] = {}
        self._unsure: set[tuple[str, str]] = set()  # what was put, and may yet be what it was
        self._deletes: dict[tuple[str, str], None] = {}
        self._notes: list[Note] = []

    # Reading

    def calls(self) -> list[Call]:
        """Every call, by id."""
        return [self._calls[item] for item in sorted(self._calls)]

    def call(self, call_id: str) -> Call | None:
        """One call."""
        return self._calls.get(call_id)

    def calls_numbered(self, day: date, numbers: Iterable[str]) -> list[Call]:
        """The calls of a date that have any of the numbers."""
        found = {item: None for number in numbers for item in self._numbers.get((day, number), ())}
        return [self._calls[item] for item in found]

    def task(self, task_id: str) -> Task | None:
        """One task."""
        return self._tasks.get(task_id)

    def tasks_of(self, call_id: str) -> list[Task]:
        """The call's tasks, by rule and occurrence."""
        return [self._tasks[item] for item in self._tasks_of.get(call_id, ())]

    def remembered(self, item: str) -> Remembered | None:
        """A remembered feed record."""
        return self._memory.get(item)

    def all_remembered(self) -> list[Remembered]:
        """Every remembered feed record, by id."""
        return [self._memory[item] for item in sorted(self._memory)]

    def record(self, kind: str, item: str) -> Record | None:
        """One record."""
        return self._records.get(kind, _NONE).get(item)

    def records(self, kind: str) -> list[Record]:
        """Every record of a kind, by id."""
        found = self._records.get(kind, _NONE)
        return [found[item] for item in sorted(found)]

    def records_about(self, call_id: str, kind: str) -> list[Record]:
        """The records of a kind that are about a call, by id."""
        ids = sorted(item for of, item in self._about.get(call_id, ()) if of == kind)
        return [self._records[kind][item] for item in ids]

    def all_tasks(self) -> Iterable[Task]:
        """Every task, in no order that means anything."""
        return self._tasks.values()

    def value(self, kind: str, item: str) -> Value | None:
        """A call, a task or a record."""
        return self._value(kind, item, self._calls, self._tasks, self._records)

    def touched(self) -> list[tuple[str, str, Value | None, Value | None]]:
        """What has been put and deleted so far: kind, id, the value before the step, the present one."""
        before = self._before
        return [
            (kind, item, self._value(kind, item, before.calls, before.tasks, before.records), self.value(kind, item))
            for kind, item in (*self._puts, *self._deletes)
        ]

    @staticmethod
    def _value(
        kind: str,
        item: str,
        calls: Map[str, Call],
        tasks: Map[str, Task],
        records: Map[str, Map[str, Record]],
    ) -> Value | None:
        if kind == "call":
            return calls.get(item)
        return tasks.get(item) if kind == "task" else records.get(kind, _NONE).get(item)

    def due_calls(self, before_minute: int, minute: int) -> list[str]:
        """Ids of the calls that time alone concerns after `before_minute` up to `minute`, sorted.

        What was due up to `before_minute` has been dealt with, so there is nothing left of it.
        """
        if minute - before_minute > len(self._due):
            minutes: Iterable[int] = [item for item in self._due if item <= minute]
        else:
            minutes = [item for item in range(before_minute + 1, minute + 1) if item in self._due]
        return sorted(call_id for item in minutes for call_id in self._due[item])

    def call_before(self, call_id: str) -> Call | None:
        """One call as it was before the step."""
        return self._before.calls.get(call_id)

    def stirred(self) -> list[str]:
        """Ids of the calls that were put or dropped, or that are configured anew, in order."""
        return list(self._stirred)

    def decided(self) -> list[str]:
        """Ids of the calls whose proposals were put or deleted, in order."""
        return list(self._decided)

    def is_configured_anew(self) -> bool:
        """Whether the step has brought a configuration."""
        return self.configuration is not self._before.configuration

    # Writing

    def note(self, code: str, subject: str, **detail: str) -> None:
        """Tell people something."""
        self._notes.append(Note(code=code, subject=subject, detail=tuple(sorted(detail.items()))))

    def put_call(self, call: Call) -> None:
        """Add or change a call."""
        before = self._calls.get(call.id)
        if self._put("call", call.id, before, call):
            self._numbers = renumbered(self._numbers, before, call)
            self.occupancy = self.occupancy.with_call(before, call)
            self._calls = self._calls.set(call.id, call)
            self._stirred[call.id] = None

    def put_task(self, task: Task) -> None:
        """Add or change a task."""
        if self._put("task", task.id, self._tasks.get(task.id), task):
            if task.id not in self._tasks:
                tasks = [*self.tasks_of(task.call), task]
                order = tuple(item.id for item in sorted(tasks, key=task_order))
                self._tasks_of = self._tasks_of.set(task.call, order)
            self._tasks = self._tasks.set(task.id, task)

    def put_value(self, kind: str, value: Value) -> None:
        """Add or change a call, a task or a record."""
        if isinstance(value, Call):
            self.put_call(value)
        elif isinstance(value, Task):
            self.put_task(value)
        elif isinstance(value, Record):
            self.put_record(value)
        else:
            raise TypeError(f"{kind} is no call, task or record")

    def drop_task(self, task: Task) -> None:
        """Delete a task that hangs on no call."""
        rest = tuple(item for item in self._tasks_of[task.call] if item != task.id)
        self._tasks_of = self._tasks_of.set(task.call, rest) if rest else self._tasks_of.delete(task.call)
        self._tasks = self._tasks.delete(task.id)
        self._delete("task", task.id)

    def remember(self, item: Remembered) -> None:
        """Keep a feed record to compare the next one with."""
        if self._put("feed", item.id, self._memory.get(item.id), item):
            self._memory = self._memory.set(item.id, item)

    def forget(self, item: str) -> None:
        """Drop a remembered feed record, if there is one."""
        if item in self._memory:
            self._memory = self._memory.delete(item)
            self._delete("feed", item)

    def put_record(self, record: Record) -> None:
        """Add or change a record."""
        kind = kind_of(record)
        before = self.record(kind, record.id)
        if self._put(kind, record.id, before, record):
            if isinstance(record, Proposal):
                self._decided[record.call] = None
            if before is None or owners(before) != owners(record):
                self._unrelate(kind, before)
                for call_id in owners(record):
                    about = self._about.get(call_id, Map())
                    self._about = self._about.set(call_id, about.set((kind, record.id), None))
            self._records = self._records.set(kind, self._records.get(kind, Map()).set(record.id, record))

    def delete_record(self, kind: str, item: str) -> None:
        """Delete a record, if there is one."""
        record = self.record(kind, item)
        if record is None:
            return
        if isinstance(record, Proposal):
            self._decided[record.call] = None
        self.occupancy = self.occupancy.with_seeking(item, ())
        self._unrelate(kind, record)
        rest_of_kind = self._records[kind].delete(item)
        self._records = self._records.set(kind, rest_of_kind) if rest_of_kind else self._records.delete(kind)
        self._delete(kind, item)

    def drop_call(self, call: Call) -> None:
        """Delete a call, its tasks, its feed record, and the records that are about no other call."""
        for task in self.tasks_of(call.id):
            self._tasks = self._tasks.delete(task.id)
            self._delete("task", task.id)
        if call.id in self._tasks_of:
            self._tasks_of = self._tasks_of.delete(call.id)
        self.forget(call.id)
        self._numbers = renumbered(self._numbers, call, None)
        self.occupancy = self.occupancy.with_call(call, None)
        self._stirred[call.id] = None
        self._schedule(call.id, None)
        self._calls = self._calls.delete(call.id)
        self._delete("call", call.id)
        for kind, item in sorted(self._about.get(call.id, ())):
            record = self._records[kind][item]
            if not any(other in self._calls for other in owners(record)):
                self.delete_record(kind, item)

    def configure(self, configuration: Configuration) -> None:
        """Take a configuration; a kind with any change is put anew whole, so that revisions keep the folder's order."""
        puts, deletes = configuration_changes(self.configuration, configuration)
        for key in deletes:
            self._delete(*key)
        self._puts.update(puts)
        self.configuration = configuration
        self.station = make_ready(configuration)
        self._stirred.update(dict.fromkeys(sorted(self._calls)))

    def reschedule(self, call_id: str) -> None:
        """Work out anew when time alone next concerns the call, or what hangs on none (`""`)."""
        if not call_id and self.station is not None:
            acts = self.records_about("", "act")
            self._schedule("", next_loose_wake(self.tasks_of(""), acts, self.facts, self.station.facts.keep))
            return
        call = self._calls.get(call_id)
        if call is not None and self.station is not None:
            facts = self.station.facts
            tasks = self.tasks_of(call_id)
            self._schedule(call_id, next_wake(call, tasks, self.facts, facts.overdue_after, facts.keep))

    # Ending

    def finish(self) -> tuple[State, Changes]:
        """The candidate state, and what differs from the state before."""
        counter = self.facts.counter
        puts: list[Resource] = []
        for (kind, item), value in self._puts.items():
            if (kind, item) in self._unsure and self._is_as_before(kind, item, value):
                continue
            counter += 1
            numbered = altered(value, revision=counter)
            self._store(item, numbered)
            puts.append(Resource(kind=kind, id=item, revision=counter, value=numbered))
        deletes = tuple(key for key in self._deletes if self._was_there(*key))
        if self.facts != self._before.facts or puts or deletes:
            counter += 1
            self.facts = altered(self.facts, counter=counter, revision=counter)
            puts.append(Resource(kind="kernel", id=self.facts.id, revision=counter, value=self.facts))
        state = State(
            facts=self.facts,
            configuration=self._configured(puts),
            station=self.station,
            calls=self._calls,
            tasks=self._tasks,
            memory=self._memory,
            records=self._records,
            about=self._about,
            tasks_of=self._tasks_of,
            numbers=self._numbers,
            wakes=self._wakes,
            due=self._due,
            occupancy=self.occupancy,
        )
        return state, Changes(puts=tuple(puts), deletes=deletes, notes=tuple(self._notes))

    def _configured(self, puts: list[Resource]) -> Configuration | None:
        before, after = self._before.configuration, self.configuration
        return after if after is before or after is None else numbered_configuration(before, after, puts)

    def _put(self, kind: str, item: str, before: Value | None, after: Value) -> bool:
        if before is after or before == after:
            return False
        made = before is not None and before.revision != after.revision  # and not altered
        if made or (kind, item) in self._puts or (kind, item) in self._deletes:
            self._unsure.add((kind, item))
            self._deletes.pop((kind, item), None)
        self._puts[(kind, item)] = after
        return True

    def _delete(self, kind: str, item: str) -> None:
        self._puts.pop((kind, item), None)
        self._deletes[(kind, item)] = None

    def _is_as_before(self, kind: str, item: str, value: Value) -> bool:
        """Whether what was put is what was there before the step; then that stands, with its revision."""
        known = self._known(kind, item)
        if known is None:
            return False
        if value.revision != known.revision:
            value = altered(value, revision=known.revision)
        if value != known:
            return False
        self._store(item, known)
        return True

    def _was_there(self, kind: str, item: str) -> bool:
        """Whether what was deleted was there before the step, and not only made within it."""
        return kind == "station" or kind in CONFIGURATION_KINDS or self._known(kind, item) is not None

    def _known(self, kind: str, item: str) -> Value | None:
        """A call, task, feed record or record as it was before the step."""
        before = self._before
        if kind == "feed":
            return before.memory.get(item)
        return self._value(kind, item, before.calls, before.tasks, before.records)

    def _store(self, item: str, value: Value) -> None:
        if isinstance(value, Call):
            self._calls = self._calls.set(item, value)
        elif isinstance(value, Task):
            self._tasks = self._tasks.set(item, value)
        elif isinstance(value, Remembered):
            self._memory = self._memory.set(item, value)
        elif isinstance(value, Record):
            kind = kind_of(value)
            self._records = self._records.set(kind, self._records[kind].set(item, value))

    def _unrelate(self, kind: str, record: Record | None) -> None:
        for call_id in () if record is None else owners(record):
            rest = self._about[call_id].delete((kind, cast("Record", record).id))
            self._about = self._about.set(call_id, rest) if rest else self._about.delete(call_id)

    def _schedule(self, call_id: str, minute: int | None) -> None:
        before = self._wakes.get(call_id)
        if before == minute:
            return
        if before is not None:
            calls = self._due[before].delete(call_id)
            self._due = self._due.set(before, calls) if calls else self._due.delete(before)
        if minute is None:
            self._wakes = self._wakes.delete(call_id)
        else:
            self._wakes = self._wakes.set(call_id, minute)
            self._due = self._due.set(minute, self._due.get(minute, Map()).set(call_id, None))
