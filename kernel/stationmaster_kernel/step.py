"""The kernel: `step(state, input)` gives the candidate state and what changes. Pure and deterministic.

Time arrives as an input. The same inputs give the same changes, byte for byte, so a journal of inputs replays a day;
nothing here may depend on the order of a hash, on a clock, or on chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.accounts import drop_account, put_account
from stationmaster_kernel.acts import do_act
from stationmaster_kernel.altering import altered
from stationmaster_kernel.applying import is_locked
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Changes, Remembered
from stationmaster_kernel.day_plan import PlanRow, row_id
from stationmaster_kernel.deciding import take_or_propose
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.encounters import settle_encounters
from stationmaster_kernel.feed import differences, impossible, nearest, planned_time, unmatched_id
from stationmaster_kernel.inputs import (
    Act,
    Configure,
    DropAccount,
    Feed,
    FeedRecord,
    GradeFeed,
    Input,
    Plan,
    Presence,
    PutAccount,
    TaskResult,
    Tick,
)
from stationmaster_kernel.making import unplanned_call
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.plan_versions import take_plan
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.settling import rework, settle_by_time, station_of
from stationmaster_kernel.state import State
from stationmaster_kernel.task import POINT_KINDS
from stationmaster_kernel.tasks import apply_result, may_have_had
from stationmaster_kernel.values import FeedGrade, Running, TaskKind

__all__ = ["LEAP", "Refused", "is_news", "step"]

PLACES = ("gates", "areas", "exits")
"""What of a call follows its platform."""

LEAP = 10
"""Minutes between two ticks from which on the second is believed only if its time is vouched for.

A hub that is started anew, or its machine, is away for less. What a false leap would do cannot be taken back: trains
would be long overdue, what is to be said would expire, and calls would be dropped.
"""


def step(state: State, given: Input) -> tuple[State, Changes]:
    """The state after `given`, and what differs. The old state stays valid.

    Raises:
        Refused: the input cannot be true.

    """
    draft = Draft(state, Instant(max(given.at, state.facts.now)))
    _HANDLERS[type(given)](draft, given)
    settle_encounters(draft)
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
    if before is not None and not tick.trusted and tick.at - before > LEAP * MINUTE:
        raise Refused(
            "tick-leap",
            f"The tick of {to_iso(tick.at)} comes {(tick.at - before) // MINUTE} minutes after that of "
            f"{to_iso(before)}, and no master of time vouches for it.",
            "Look at the masters of time. If the time that the hub shows is right, accept it; "
            "otherwise set the clock right.",
        )
    draft.facts = altered(draft.facts, ticked=tick.at)
    for item in draft.due_calls(-1 if before is None else before // MINUTE, tick.at // MINUTE):
        settle_by_time(draft, item)


def _configure(draft: Draft, given: Configure) -> None:
    before = draft.station
    draft.configure(given.configuration)
    for call in draft.calls():
        rework(draft, _replaced(draft, call, before))
    draft.reschedule("")


def _replaced(draft: Draft, call: Call, before: ReadyStation | None) -> Call:
    """The call with the platforms that its tracks have now, and with those places that were its platform's own."""
    station = station_of(draft)
    platform = station.platform_of(call.track)
    places = {}
    if before is not None:
        old, new = before.places_of(call.platform), station.places_of(platform)
        follow = [name for name in PLACES if getattr(call, name) == getattr(old, name)]
        places = {name: getattr(new, name) for name in follow if not is_locked(call, name, draft.now)}
    return replace(call, platform=platform, planned_platform=station.platform_of(call.planned_track), **places)


def _plan(draft: Draft, plan: Plan) -> None:
    take_plan(draft, plan)
    for waiting in draft.all_remembered():
        if waiting.id == unmatched_id(waiting.record) and waiting.record.day <= plan.day:
            draft.forget(waiting.id)
            if waiting.record.day == plan.day:
                _record(draft, waiting.record)


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
    if call is not None and _is_of_another(draft, record, call):
        return
    if call is None:
        if record.running is not Running.EXTRA and record.day not in draft.facts.planned:
            draft.remember(Remembered(id=unmatched_id(record), record=record))
            return
        call = unplanned_call(draft, station, record)
        if call is None:
            return
    known = draft.remembered(call.id)
    before = None if known is None else known.record
    draft.remember(Remembered(id=call.id, record=record))
    if draft.call(call.id) is None:
        draft.put_call(call)  # so that what waits for a decision has something to be about
    rework(draft, take_or_propose(draft, call, differences(call, before, record), station))


def _is_of_another(draft: Draft, record: FeedRecord, call: Call) -> bool:
    """Whether a row of the plan, whose train is over and gone, is nearer to the record than the call is."""
    wanted = planned_time(record)
    if wanted is None:
        return False
    rows = [row for row in _rows_numbered(draft, record) if row.call != call.id and draft.call(row.call) is None]
    times = [row.planned.departure or row.planned.arrival or wanted for row in rows if row.planned is not None]
    return any(abs(time - wanted) < abs(call.planned - wanted) for time in times)


def _rows_numbered(draft: Draft, record: FeedRecord) -> Iterator[PlanRow]:
    """The rows of the record's date that have any of its numbers as their key."""
    for number in record.numbers:
        for nth in count(1):
            row = draft.record("row", row_id(record.day, number, nth))
            if not isinstance(row, PlanRow):
                break
            yield row


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
    seen = tuple(sorted({*draft.facts.seen, *present}))
    draft.facts = replace(draft.facts, present=tuple(sorted(present)), seen=seen)


def _result(draft: Draft, given: TaskResult) -> None:
    task = draft.task(given.task)
    if task is None:
        raise Refused("result-of-no-task", f"There is no task {given.task}.", "It may have been dropped with its call.")
    if task.kind not in POINT_KINDS:
        raise Refused(
            "result-of-interval", f"Task {given.task} is no announcement or notice.", "Only these have results."
        )
    if not may_have_had(draft, task, given.result.target):
        raise Refused(
            "result-of-no-target",
            f"Task {given.task} has no target {given.result.target}, and cannot have had it.",
            "Report on the targets that the hub has given the task.",
        )
    apply_result(draft, task, given.result)
    call = draft.call(task.call)
    if call is not None:
        rework(draft, call)
    else:
        draft.reschedule("")


_HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    Tick: _tick,
    Configure: _configure,
    Plan: _plan,
    Feed: _feed,
    GradeFeed: _grade,
    Presence: _presence,
    TaskResult: _result,
    Act: do_act,
    PutAccount: put_account,
    DropAccount: drop_account,
}
"""One handler for each kind of input."""
