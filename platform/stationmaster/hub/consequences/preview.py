"""What an act would do, without doing it: the kernel's step on the committed state, and what differs.

The kernel is pure, so its candidate state can be looked at and let go. Nothing here touches the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, cast

from stationmaster.hub.web.bodies import Plain, as_json
from stationmaster.hub.web.meanwhile import value_of
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.changes import Changes, Note, Value
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import GONE, Task

__all__ = ["CallForeseen", "Change", "FieldForeseen", "Foreseen", "OtherForeseen", "TaskForeseen", "preview"]

_T = TypeVar("_T")

MOST_TASKS = 1000
"""Tasks that are told; an act on hundreds of trains changes thousands."""

_NOT_TOLD = frozenset({"id", "revision", "provenance"})
_HIDDEN = frozenset({"act", "account", "feed", "kernel"})
"""Kinds that are no consequence that anybody would look for."""


class Change(StrEnum):
    """What would become of something."""

    MADE = "made"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    """It would stay known, and would not be done."""
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldForeseen:
    """A field that would be another; those of an event are `arrival.best` and the like."""

    field: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class CallForeseen:
    """A call that would be another; `call` as it would be, null if it would be gone."""

    id: str
    change: Change
    fields: tuple[FieldForeseen, ...]
    call: Call | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskForeseen:
    """A row, an announcement or another task that would be another; `fields` are the names of those that differ."""

    id: str
    change: Change
    fields: tuple[str, ...]
    before: Task | None
    after: Task | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherForeseen:
    """Anything else: a mode, a row of a plan, an automatic acceptance."""

    kind: str
    id: str
    change: Change
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """All that would come of an act. `tasks_left_out` are more than are told."""

    calls: tuple[CallForeseen, ...]
    tasks: tuple[TaskForeseen, ...]
    tasks_left_out: int
    conflicts_made: tuple[Conflict, ...]
    conflicts_ended: tuple[Conflict, ...]
    proposals_made: tuple[Proposal, ...]
    proposals_ended: tuple[Proposal, ...]
    others: tuple[OtherForeseen, ...]
    notes: tuple[Note, ...]


def preview(state: State, act: Act) -> tuple[State, Foreseen]:
    """The state that an act would lead to, and what differs there.

    Raises:
        Refused: it would be refused.

    """
    after, changes = step(state, act)
    tasks = sorted(_tasks(state, changes), key=_by_time)
    return after, Foreseen(
        calls=tuple(_calls(state, changes)),
        tasks=tuple(tasks[:MOST_TASKS]),
        tasks_left_out=max(0, len(tasks) - MOST_TASKS),
        conflicts_made=_made(state, changes, "conflict", Conflict),
        conflicts_ended=_ended(state, changes, "conflict", Conflict),
        proposals_made=_made(state, changes, "proposal", Proposal),
        proposals_ended=_ended(state, changes, "proposal", Proposal),
        others=tuple(_others(state, changes)),
        notes=changes.notes,
    )


def _touched(state: State, changes: Changes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str, Any, Any]]:
    """Kind, id, and how it was and would be."""
    for put in changes.puts:
        if wanted(put.kind):
            yield put.kind, put.id, value_of(state, put.kind, put.id), put.value
    for kind, item in changes.deletes:
        if wanted(kind):
            yield kind, item, value_of(state, kind, item), None


def _calls(state: State, changes: Changes) -> Iterator[CallForeseen]:
    for _, item, before, after in _touched(state, changes, lambda kind: kind == "call"):
        found = tuple(_fields(before, after)) if before is not None and after is not None else ()
        if found or before is None or after is None:
            yield CallForeseen(id=item, change=_change(before, after), fields=found, call=after)


def _fields(before: Call, after: Call) -> Iterator[FieldForeseen]:
    for field in fields(Call):
        if field.name in _NOT_TOLD:
            continue
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(old, Event) and isinstance(new, Event):
            for part in fields(Event):
                yield from _field(f"{field.name}.{part.name}", getattr(old, part.name), getattr(new, part.name))
        else:
            yield from _field(field.name, old, new)


def _field(name: str, before: Any, after: Any) -> Iterator[FieldForeseen]:
    if before != after:
        yield FieldForeseen(field=name, before=Plain(as_json(before)), after=Plain(as_json(after)))


def _tasks(state: State, changes: Changes) -> Iterator[TaskForeseen]:
    for _, item, before, after in _touched(state, changes, lambda kind: kind == "task"):
        names = () if before is None or after is None else tuple(_names(before, after))
        if names or before is None or after is None:
            yield TaskForeseen(id=item, change=_change(before, after), fields=names, before=before, after=after)


def _names(before: Task, after: Task) -> Iterator[str]:
    for field in fields(Task):
        if field.name != "revision" and getattr(before, field.name) != getattr(after, field.name):
            yield field.name


def _by_time(task: TaskForeseen) -> tuple[int, str]:
    known = cast("Task", task.after or task.before)
    return known.due or known.start or known.order, task.id


def _change(before: Value | None, after: Value | None) -> Change:
    if before is None:
        return Change.MADE
    if after is None:
        return Change.GONE
    if isinstance(before, Task) and isinstance(after, Task) and after.state in GONE and before.state not in GONE:
        return Change.WITHDRAWN
    return Change.CHANGED


def _made(state: State, changes: Changes, kind: str, of: type[_T]) -> tuple[_T, ...]:
    touched = _touched(state, changes, lambda found: found == kind)
    return tuple(after for _, _, before, after in touched if isinstance(after, of) and before is None)


def _ended(state: State, changes: Changes, kind: str, of: type[_T]) -> tuple[_T, ...]:
    touched = _touched(state, changes, lambda found: found == kind)
    return tuple(before for _, _, before, after in touched if isinstance(before, of) and after is None)


def _others(state: State, changes: Changes) -> Iterable[OtherForeseen]:
    told = _HIDDEN | {"call", "task", "conflict", "proposal"}
    for kind, item, before, after in _touched(state, changes, lambda found: found not in told):
        yield OtherForeseen(
            kind=kind,
            id=item,
            change=_change(before, after),
            before=Plain(as_json(before)),
            after=Plain(as_json(after)),
        )
