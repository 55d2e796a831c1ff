"""What must hold of every state of the kernel, and what is worked out from nothing to compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

from immutables import Map

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import RECORD_KINDS, owners
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.encounters import settle_encounters
from stationmaster_kernel.inputs import Configure, Tick
from stationmaster_kernel.links import partner_of
from stationmaster_kernel.meetings import conflicts_between
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.occupation import claims_of
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.rules import Rule, RuleMode, Trigger
from stationmaster_kernel.settling import rework
from stationmaster_kernel.state import CONFIGURATION_KINDS, State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import GONE, POINT_KINDS, Task, announcement_open, expires, interval_on
from stationmaster_kernel.tasks import OVER, stem_of
from stationmaster_kernel.times import base_event, fallback, last_time, moment_time, moved
from stationmaster_kernel.values import Hand, Running, Source, TaskKind, TaskState
from support.kernel_machine_executor import open_targets
from support.kernel_machine_steps import read_back

__all__ = ["at_the_minute", "check_from_nothing", "check_state", "indexes_of"]

FAR = 10 * 24 * 60 * MINUTE
"""Long after everything in the machine's night."""

DAY_LONG = 24 * 60
"""Minutes for which the row of a train with unknown delay is kept after its planned end."""


def check_state(state: State) -> None:
    """Everything that holds of a state by itself."""
    _check_references(state)
    _check_newest(state)
    rules = {} if state.configuration is None else {rule.id: rule for rule in state.configuration.rules}
    for task in state.tasks.values():
        call = state.calls.get(task.call)
        _check_held(task, rules.get(task.rule))
        _check_ends(task, state.facts.now)
        if task.kind in POINT_KINDS:
            _check_suspended(state, task, call, rules.get(task.rule))
        elif interval_on(task, state.facts.now):
            _check_interval(state, task, call, rules.get(task.rule))


def at_the_minute(state: State) -> State:
    """The state at the next minute, if nothing else happens."""
    return step(state, Tick(id="settled", at=Instant((state.facts.now // MINUTE + 1) * MINUTE)))[0]


def check_from_nothing(state: State) -> None:
    """What was kept step by step is what is worked out of the resources alone."""
    again = read_back(state)
    for name, kept, made in zip(_INDEXES, indexes_of(_with_wakes_to_come(state)), indexes_of(again), strict=True):
        assert kept == made, f"index {name}"
    _check_conflicts(state)
    if state.station is not None:
        _check_settled(state)


_INDEXES = (
    "facts",
    "configuration",
    "calls",
    "tasks",
    "memory",
    "records",
    "about",
    "tasks_of",
    "numbers",
    "wakes",
    "due",
    "links",
    "claims",
    "claimants",
    "seeking",
    "seekers",
)


def indexes_of(state: State) -> tuple[Any, ...]:
    """All that a state holds, in the order of `_INDEXES`."""
    occupancy = state.occupancy
    values = [getattr(state, name) for name in _INDEXES[:11]]
    values += [getattr(occupancy, name) for name in _INDEXES[11:]]
    return tuple(values)


def _check_references(state: State) -> None:
    """Nothing is about what is not there."""
    for task in state.tasks.values():
        assert not task.call or task.call in state.calls, f"task {task.id} has no call"
        assert not task.call or task.id == f"{task.call}/{task.rule}/{task.occurrence}"
        begins = task.due if task.kind in POINT_KINDS else task.start
        assert begins is None or expires(task) is not None, f"task {task.id} begins and never expires"
    for item in state.memory:
        assert item in state.calls or item.startswith("unmatched/"), f"feed record {item} has no call"
    for kind in RECORD_KINDS:
        for record in state.records.get(kind, {}).values():
            of = owners(record)
            if isinstance(record, ActRecord):  # an act stays with the last of its calls
                assert "" in of or any(item in state.calls for item in of), f"act {record.id} has no call"
            else:
                assert all(item in state.calls for item in of), f"{kind} {record.id} is about {of}"
            if isinstance(record, Mode) and record.id.startswith("call."):
                assert record.id.removeprefix("call.") in state.calls, f"mode {record.id} has no call"
    proposals: Any = state.records.get("proposal", {})
    solutions = {
        record.solution for record in state.records.get("conflict", {}).values() if isinstance(record, Conflict)
    }
    for item in solutions - {""}:
        assert item in proposals, f"there is no solution {item}"
        assert not proposals[item].rejected, f"solution {item} is rejected"
    for record in proposals.values():
        if isinstance(record, Proposal) and record.source is Source.CONFLICT and not record.rejected:
            assert record.id in solutions, f"proposal {record.id} solves nothing"


def _check_newest(state: State) -> None:
    """Of a rule's tasks for a call only the newest is still to be done."""
    newest: dict[str, Task] = {}
    for task in sorted(state.tasks.values(), key=lambda item: item.occurrence):
        stem = stem_of(task)
        before = newest.get(stem)
        assert before is None or before.state is not TaskState.PLANNED, (
            f"{before.id} is planned, and there is {task.id}"
        )
        newest[stem] = task


def _check_held(task: Task, rule: Rule | None) -> None:
    """What a person or its rule holds does not begin."""
    if task.hand is Hand.HELD or (task.hand is Hand.AUTOMATIC and rule is not None and rule.mode is RuleMode.MANUAL):
        assert task.held or task.state in (*GONE, TaskState.BEGUN, *OVER), f"{task.id} is not held"
    if task.held:
        assert task.hand is not Hand.RELEASED, f"{task.id} was let go, and is held"


def _check_ends(task: Task, now: Instant) -> None:
    """A replica that hears nothing more shows nothing and says nothing for ever."""
    for later in (now + FAR, now + 2 * FAR):
        assert not interval_on(task, later) or task.kind in POINT_KINDS, f"{task.id} is on for ever"
        assert not announcement_open(task, later), f"{task.id} may be begun for ever"


def _check_suspended(state: State, task: Task, call: Call | None, rule: Rule | None) -> None:
    """Of a suspended train nothing may be begun, but what says that it is suspended."""
    if call is None or call.running is not Running.SUSPENDED:
        return
    if rule is not None and rule.trigger is Trigger.SUSPENSION:
        return
    assert not list(open_targets(task, (), state.facts.now)), f"{task.id} of a suspended call may be begun"


def _check_interval(state: State, task: Task, call: Call | None, rule: Rule | None) -> None:
    """What is on has a train that asks for it, and an end that comes whatever happens."""
    now = state.facts.now
    if not task.call:
        assert task.end is not None
        assert now < task.end, f"{task.id} is on after its end"
        return
    assert call is not None
    assert rule is not None, f"{task.id} is on, and there is no such rule"
    last = _last_moment(state, call, rule, task)
    assert last is not None, f"{task.id} is on for ever"
    assert now < last, f"{task.id} is on after {last}"


def _last_moment(state: State, call: Call, rule: Rule, task: Task) -> Instant | None:
    """Until when the document lets such a task be on at the longest; None: without end."""
    assert state.station is not None
    if task.kind is TaskKind.CHECK_IN:
        assert call.running is not Running.SUSPENDED, f"{task.id} is on for a suspended train"
        return call.check_in_close
    assert rule.end is not None
    event = call.event(base_event(rule.end.base))
    planned = fallback(call, rule.end)
    assert event is not None
    assert planned is not None
    if call.running is Running.SUSPENDED:
        assert task.kind is TaskKind.DISPLAY, f"{task.id} is on for a suspended train"
        return moved(planned, state.station.facts.suspended_row)
    end = moment_time(call, rule.end)
    if end is None:
        return moved(planned, DAY_LONG)
    awaited = rule.awaits is not None and call.event(rule.awaits) is not None and not call.is_past(rule.awaits)
    return moved(end, rule.hard_end) if awaited else end


def _check_conflicts(state: State) -> None:
    """The conflicts are those that comparing each call with each other finds."""
    station = state.station
    if station is None:
        return

    def numbered(day: date, numbers: Any) -> Iterator[Call]:
        return (
            call
            for item, call in sorted(state.calls.items())
            if call.service_date == day and set(call.numbers) & set(numbers)
        )

    claims = [
        claimed
        for call in state.calls.values()
        if (claimed := claims_of(call, station, partner_of(call, numbered))) is not None
    ]
    found = {item.id: item for one, other in combinations(claims, 2) for item in conflicts_between(one, other)}
    there = {
        item: replace(record, revision=0, solution="")
        for item, record in state.records.get("conflict", {}).items()
        if isinstance(record, Conflict)
    }
    assert there == found, "conflicts"


def _check_settled(state: State) -> None:
    """At the minute, when all that time alone brings has been done, looking at everything again finds nothing."""
    state = at_the_minute(state)
    draft = Draft(state, state.facts.now)
    for call in draft.calls():
        rework(draft, call)
    settle_encounters(draft)
    _, changes = draft.finish()
    assert not changes.puts, f"worked out anew, {[(put.kind, put.id) for put in changes.puts]} are others"
    assert not changes.deletes, f"worked out anew, {changes.deletes} are gone"
    assert not changes.notes
    assert state.configuration is not None
    for call in state.calls.values():
        assert state.facts.now < moved(last_time(call), state.configuration.station.keep), f"{call.id} is over"
        over = [
            item for item in call.provenance if item.locked and (item.until or state.facts.now + 1) <= state.facts.now
        ]
        assert not over, f"{call.id} is locked beyond its time: {over}"
    again, changes = step(state, Configure(id="again", at=state.facts.now, configuration=_as_read(state.configuration)))
    differ = [(put.kind, put.id) for put in changes.puts if put.kind != "kernel"] + list(changes.deletes)
    others = [key for key in differ if not _is_of_conflict(*key)]
    assert not others, f"configured the same, {others} are others"
    assert _solved(again) == _solved(state), "configured the same, other conflicts have a solution"


def _is_of_conflict(kind: str, item: str) -> bool:
    """Whether this is a conflict, or the proposal of another track that would end one."""
    return kind == "conflict" or (kind == "proposal" and item.endswith(f"/{Source.CONFLICT}"))


def _solved(state: State) -> dict[str, bool]:
    """Which conflicts have a solution. Where several tracks would end one, what is proposed already stays."""
    return {
        item: bool(record.solution)
        for item, record in state.records.get("conflict", {}).items()
        if isinstance(record, Conflict)
    }


def _as_read(configuration: Configuration) -> Configuration:
    """A configuration as the station's folder gives it: without revisions."""
    fields = {
        name: tuple(replace(item, revision=0) for item in getattr(configuration, name))
        for name in CONFIGURATION_KINDS.values()
    }
    return Configuration(station=replace(configuration.station, revision=0), **fields)


def _with_wakes_to_come(state: State) -> State:
    """What was due before an input that came without a tick is due at the next one."""
    next_minute = state.facts.now // MINUTE + 1
    wakes = {item: max(minute, next_minute) for item, minute in state.wakes.items()}
    due: dict[int, Map[str, None]] = {}
    for item, minute in wakes.items():
        due[minute] = due.get(minute, Map()).set(item, None)
    return replace(state, wakes=Map(wakes), due=Map(due))
