"""The kernel: `step(state, input)` gives the candidate state and what changes. Pure and deterministic.

Time arrives as an input. The same inputs give the same changes, byte for byte, so a journal of inputs replays a day;
nothing here may depend on the order of a hash, on a clock, or on chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.call import Call, Event, call_id
from stationmaster_kernel.changes import Changes, Remembered
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.feed import applied, impossible, nearest, unmatched_id
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
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.settling import is_over, rework, station_of
from stationmaster_kernel.state import State
from stationmaster_kernel.tasks import apply_result
from stationmaster_kernel.values import CallKind, FeedGrade, Running, TaskKind

__all__ = ["Refused", "is_news", "step"]


def step(state: State, given: Input) -> tuple[State, Changes]:
    """The state after `given`, and what differs. The old state stays valid.

    Raises:
        Refused: the input cannot be true.

    """
    draft = Draft(state, Instant(max(given.at, state.facts.now)))
    _HANDLERS[type(given)](draft, given)
    return draft.finish()


def is_news(state: State, record: FeedRecord) -> bool:
    """Whether a feed record says anything that its last one did not."""
    calls = (state.calls[item] for number in record.numbers for item in state.numbers.get((record.day, number), ()))
    call = nearest(record, {call.id: call for call in calls}.values())
    known = state.memory.get(unmatched_id(record) if call is None else call.id)
    return known is None or known.record != record


def _tick(draft: Draft, tick: Tick) -> None:
    before = draft.facts.ticked
    if before is not None and tick.at < before:
        raise Refused(
            "tick-backwards",
            f"The tick of {to_iso(tick.at)} comes after that of {to_iso(before)}.",
            "Set the clock right.",
        )
    draft.facts = replace(draft.facts, ticked=tick.at)
    for item in draft.due_calls(-1 if before is None else before // MINUTE, tick.at // MINUTE):
        call = draft.call(item)
        if call is not None:
            rework(draft, call)


def _configure(draft: Draft, given: Configure) -> None:
    draft.configure(given.configuration)
    for call in draft.calls():
        rework(draft, _replaced(draft, call))


def _replaced(draft: Draft, call: Call) -> Call:
    """The call with the platforms that its tracks have in the present configuration."""
    station = station_of(draft)
    return replace(
        call,
        platform=station.platform_of(call.track),
        planned_platform=station.platform_of(call.planned_track),
    )


def _plan(draft: Draft, plan: Plan) -> None:
    station = station_of(draft)
    seen: dict[str, int] = {}
    for planned in plan.calls:
        seen[planned.number] = nth = seen.get(planned.number, 0) + 1
        there = [call for call in draft.calls_numbered(plan.day, (planned.number,)) if call.number == planned.number]
        if len(there) < nth:
            rework(draft, _planned_call(station, plan.day, planned, len(there) + 1))
    draft.facts = replace(draft.facts, planned=tuple(sorted({*draft.facts.planned, plan.day})))
    for waiting in draft.all_remembered():
        if waiting.id == unmatched_id(waiting.record) and waiting.record.day <= plan.day:
            draft.forget(waiting.id)
            if waiting.record.day == plan.day:
                _record(draft, waiting.record)


def _planned_call(station: ReadyStation, day: date, planned: PlannedCall, nth: int) -> Call:
    platform = station.platform_of(planned.track)
    where = station.places_of(platform)
    arrival, departure = planned.arrival, planned.departure
    if planned.kind is CallKind.PASSING:
        arrival, departure = arrival or departure, departure or arrival
    return Call(
        id=call_id(station.facts.telecode, day, planned.number, nth),
        service_date=day,
        number=planned.number,
        numbers=planned.numbers,
        train_class=planned.train_class,
        kind=planned.kind,
        origin=planned.origin,
        destination=planned.destination,
        arrival=None if arrival is None else Event(planned=arrival),
        departure=None if departure is None else Event(planned=departure),
        track=planned.track,
        platform=platform,
        planned_track=planned.track,
        planned_platform=platform,
        gates=planned.gates or where.gates,
        areas=planned.areas or where.areas,
        exits=planned.exits or where.exits,
    )


def _feed(draft: Draft, feed: Feed) -> None:
    station_of(draft)
    for record in feed.records:
        _record(draft, record)


def _record(draft: Draft, record: FeedRecord) -> None:
    station = station_of(draft)
    reason = impossible(record, station, draft.now)
    if reason:
        draft.note("quarantined", "/".join(record.numbers), day=record.day.isoformat(), reason=reason)
        return
    call = nearest(record, draft.calls_numbered(record.day, record.numbers))
    if call is None:
        if record.running is not Running.EXTRA and record.day not in draft.facts.planned:
            draft.remember(Remembered(id=unmatched_id(record), record=record))
            return
        call = _unplanned_call(draft, station, record)
        if call is None:
            return
    known = draft.remembered(call.id)
    before = None if known is None else known.record
    draft.remember(Remembered(id=call.id, record=record))
    rework(draft, applied(call, before, record, station, draft.now))


def _unplanned_call(draft: Draft, station: ReadyStation, record: FeedRecord) -> Call | None:
    """A call that only the feed knows; None if it would be over and dropped already."""
    number = record.numbers[0]
    there = [call for call in draft.calls_numbered(record.day, (number,)) if call.number == number]
    planned = PlannedCall(
        number=number,
        numbers=record.numbers,
        train_class=record.train_class,
        kind=record.kind,
        origin=record.origin,
        destination=record.destination,
        arrival=record.planned_arrival,
        departure=record.planned_departure,
        track=record.track,
    )
    call = _planned_call(station, record.day, planned, len(there) + 1)
    if is_over(call, station, draft.now):
        return None
    running = Running.EXTRA if record.running is Running.SCHEDULED else record.running
    draft.note("call-unplanned", call.id, running=running)
    return replace(call, running=running)


def _grade(draft: Draft, given: GradeFeed) -> None:
    if given.grade is draft.facts.grade:
        return
    fresh_before = draft.facts.grade is FeedGrade.FRESH
    draft.facts = replace(draft.facts, grade=given.grade)
    draft.note(f"feed-{given.grade}", "feed")
    if fresh_before is (given.grade is FeedGrade.FRESH):
        return  # late and lost are the same to a call
    for call in draft.calls():
        if any(event is not None and event.overdue for event in (call.arrival, call.departure)):
            rework(draft, call)


def _presence(draft: Draft, given: Presence) -> None:
    present: set[TaskKind] = set(draft.facts.present)
    if given.present:
        present.add(given.kind)
    else:
        present.discard(given.kind)
    draft.facts = replace(draft.facts, present=tuple(sorted(present)))


def _result(draft: Draft, given: TaskResult) -> None:
    task = draft.task(given.task)
    if task is None:
        raise Refused("result-of-no-task", f"There is no task {given.task}.", "It may have been dropped with its call.")
    if given.result.target not in task.targets:
        raise Refused("result-of-no-target", f"Task {given.task} has no target {given.result.target}.")
    apply_result(draft, task, given.result)
    call = draft.call(task.call)
    if call is not None:
        rework(draft, call)


_HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    Tick: _tick,
    Configure: _configure,
    Plan: _plan,
    Feed: _feed,
    GradeFeed: _grade,
    Presence: _presence,
    TaskResult: _result,
}
"""One handler for each kind of input."""
