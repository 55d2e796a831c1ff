"""What must hold of every single step of the kernel, whatever the input: told by the states before and after alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import KINDS, Changes, Resource
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.deeds import Actual, Decide, DecideRows, Handle, Handling, Undo
from stationmaster_kernel.inputs import Act, Feed, Input, Plan
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.plain_text import to_text
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.settling import is_over
from stationmaster_kernel.state import CONFIGURATION_KINDS, State
from stationmaster_kernel.tasks import stem_of
from stationmaster_kernel.values import EventName, TaskState

__all__ = ["check_step", "read_back", "resources_of", "text_of"]

PUT_WHOLE = ("station", *CONFIGURATION_KINDS)
"""Kinds that are put anew as a whole when one of their values differs."""

REPORTED_OVER = (TaskState.DONE, TaskState.INTERRUPTED, TaskState.FAILED)


World = dict[tuple[str, str], Resource]
"""Resources by kind and id, as a subscriber holds them."""


def resources_of(state: State) -> World:
    """A state's resources by kind and id."""
    return {(item.kind, item.id): item for item in state.resources()}


def text_of(changes: Changes) -> str:
    """Changes as text: equal changes are equal bytes."""
    puts = (f"{put.kind} {put.id} {put.revision} {to_text(put.value)}" for put in changes.puts)
    return "\n".join((*puts, *map(str, changes.deletes), *map(to_text, changes.notes)))


def read_back(state: State) -> State:
    """The state that a restart finds: through text, and in another order."""
    read = [
        Resource(
            kind=item.kind,
            id=item.id,
            revision=item.revision,
            value=from_plain(KINDS[item.kind], json.loads(to_text(item.value))),
        )
        for item in state.resources()
    ]
    return State.from_resources(reversed(read))


def check_step(world: World, before: State, given: Input, after: State, changes: Changes) -> World:
    """Everything that holds of one step; `world` are the resources before it, and those after it are given back."""
    world = _changed(world, changes)
    assert world == resources_of(after), "the changes do not lead to the state"
    assert after.facts.counter == max((put.revision for put in changes.puts), default=before.facts.counter)
    _check_reports(before, given, after)
    _check_drops(before, given, after)
    _check_results(before, given, after)
    _check_now(given, after)
    return world


def _changed(world: World, changes: Changes) -> World:
    """What a replica has afterwards. Revisions grow and are never used again; nothing is put for nothing."""
    world, last = dict(world), world["kernel", "kernel"].revision
    for put in changes.puts:
        assert put.revision > last, f"revision {put.revision} of {put.kind} {put.id} after {last}"
        last = put.revision
        assert put.value.revision == put.revision
        known = world.get((put.kind, put.id))
        if known is not None and put.kind not in PUT_WHOLE:
            value: Any = put.value
            assert replace(value, revision=known.revision) != known.value, f"{put.kind} {put.id} is put as it was"
    keys = [(put.kind, put.id) for put in changes.puts]
    assert len(set(keys)) == len(keys), "a resource is put twice"
    assert len(set(changes.deletes)) == len(changes.deletes), "a resource is deleted twice"
    assert not set(keys) & set(changes.deletes), "a resource is put and deleted"
    for key in changes.deletes:
        assert key in world, f"{key} is deleted and was not there"
        del world[key]
    world.update(((put.kind, put.id), put) for put in changes.puts)
    return world


def _check_reports(before: State, given: Input, after: State) -> None:
    """Only a report, a person's word, or what waited for a lock's end makes a train arrive or leave, or not."""
    for item, call in after.calls.items():
        known = before.calls.get(item)
        for name in EventName:
            if _actual(known, name) != _actual(call, name):
                assert any(_may_report(before, given, call, name)), f"{item} has {name} {_actual(call, name)}"


def _may_report(before: State, given: Input, call: Call, name: EventName) -> Iterator[bool]:
    if isinstance(given, Feed):
        yield any(set(record.numbers) & set(call.numbers) for record in given.records)
    if isinstance(given, Plan):
        yield any(record.record.day == call.service_date for record in before.memory.values())
    if isinstance(given, Act):
        yield any(isinstance(deed, Undo | Decide) or getattr(deed, "call", "") == call.id for deed in given.deeds)
    yield any(
        isinstance(item, Proposal)
        and item.call == call.id
        and isinstance(item.deed, Actual)
        and item.deed.event == name
        for item in before.records.get("proposal", {}).values()
    )


def _actual(call: Call | None, name: EventName) -> int | None:
    event = None if call is None else call.event(name)
    return None if event is None else event.actual


def _check_drops(before: State, given: Input, after: State) -> None:
    """No train goes before its time is over, but by a plan without it or by a person."""
    assert after.station is not None or not before.calls
    for item, call in before.calls.items():
        if item in after.calls or is_over(call, after.station, after.facts.now):  # type: ignore[arg-type]
            continue
        rows = [row for row in after.records.get("row", {}).values() if isinstance(row, PlanRow) and row.call == item]
        assert (
            (isinstance(given, Plan) and any(row.planned is None for row in rows))
            or (isinstance(given, Act) and any(isinstance(deed, Undo | DecideRows) for deed in given.deeds))
            or any(any(_may_report(before, given, call, name)) for name in EventName)
        ), f"{item} is gone by {type(given).__name__}"


def _check_results(before: State, given: Input, after: State) -> None:
    """What an executor has said of a target stays; and only a person skips a task, or holds it by hand."""
    for item, task in after.tasks.items():
        known = before.tasks.get(item)
        if known is task or known is None:
            continue
        for result in known.results:
            now = task.result(result.target)
            assert now is not None, f"{item}: nothing is known any more of {result.target}"
            assert result.state not in REPORTED_OVER or now == result, f"{item}: {result} became {now}"
        if not isinstance(given, Act):
            assert task.state is not TaskState.SKIPPED or known.state is TaskState.SKIPPED, f"{item} is skipped"


def _check_now(given: Input, after: State) -> None:
    """What a person wants done now, and is not refused, is not withdrawn at once."""
    if not isinstance(given, Act) or len(given.deeds) != 1:
        return
    (deed,) = given.deeds
    if isinstance(deed, Handle) and deed.how is Handling.NOW:
        for item in deed.tasks:
            stem = stem_of(after.tasks[item])
            of_stem = (task for task in after.tasks.values() if stem_of(task) == stem)
            newest = max(of_stem, key=lambda task: task.occurrence)
            assert newest.state is not TaskState.WITHDRAWN, f"{newest.id} was to be done now, and is withdrawn"
