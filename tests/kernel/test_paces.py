"""The pace of the clock: whether it ticks each minute or leaps from one event to the next, the same comes of it.

What may differ is what time alone brings and marks with its own moment: when a task was marked as too old, when the end
of a lock was noticed, and, while the feed is fresh and a train overdue, what follows from its time creeping minute by
minute. A leap is one tick; it does not make up for what would have been said on the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.inputs import Input, Tick
from stationmaster_kernel.rules import Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade
from support.effort import scaled
from support.kernel_machine_deeds import ALL_DEEDS, CALL_DEEDS, LOOSE_DEEDS, TASK_DEEDS
from support.kernel_machine_nights import draw_night

PACES = (1, 5, 7, 10_000)
"""Minutes between ticks, where nothing happens meanwhile; there is always one before an input, and one at the end."""

BY_TIME = (Trigger.OVERDUE, Trigger.EARLY)
"""Conditions that begin or end by time alone."""

paced = settings(max_examples=scaled(12), deadline=None, suppress_health_check=list(HealthCheck))


def run(first: State, inputs: list[Input], end: Instant, pace: int) -> State:
    """The state at `end`, with ticks at this pace."""
    state, ticked = first, first.facts.now // MINUTE
    for given_input in [*inputs, Tick(id="end", at=end)]:
        minute = given_input.at // MINUTE
        ticks = sorted({*(each for each in range(ticked + 1, minute + 1) if each % pace == 0), minute} - {ticked})
        for each in ticks:
            state, _ = step(state, Tick(id=f"tick/{each}", at=Instant(each * MINUTE)))
        ticked = minute
        try:
            state, _ = step(state, given_input)
        except Refused:
            continue
    return state


def calls_of(state: State) -> dict[str, Call]:
    return {item: replace(call, revision=0) for item, call in state.calls.items()}


def tasks_of(state: State) -> dict[str, Task]:
    """The tasks, but for those whose condition is a matter of time, and for when they were marked as too old."""
    assert state.configuration is not None
    by_time = {rule.id for rule in state.configuration.rules if rule.trigger in BY_TIME}
    return {
        item: replace(
            task, revision=0, results=tuple(replace(result, at=Instant(0), base=None) for result in task.results)
        )
        for item, task in state.tasks.items()
        if task.rule not in by_time
    }


def conflicts_of(state: State) -> dict[str, Any]:
    known: Any = state.records.get("conflict", {})
    return {item: replace(record, revision=0, solution="") for item, record in known.items()}


@paced
@given(st.data())
def test_calls_are_the_same_at_any_pace(data: st.DataObject) -> None:
    """Whatever the feed's grade: best times, overdue, check-in, provenance, and which calls there are."""
    makers = (*CALL_DEEDS, *LOOSE_DEEDS)
    first, inputs, end = draw_night(data.draw, makers, (FeedGrade.FRESH, FeedGrade.FRESH, FeedGrade.LOST))
    wanted = run(first, inputs, end, PACES[0])
    for pace in PACES[1:]:
        found = run(first, inputs, end, pace)
        assert calls_of(found) == calls_of(wanted)
        assert conflicts_of(found) == conflicts_of(wanted)


@paced
@given(st.data())
def test_without_a_fresh_feed_tasks_are_the_same_at_any_pace(data: st.DataObject) -> None:
    """Nothing creeps then: every row, light, check-in, announcement and notice is the same, whatever people do."""
    makers = (*ALL_DEEDS, *TASK_DEEDS, *CALL_DEEDS)
    first, inputs, end = draw_night(data.draw, makers, (FeedGrade.LOST, FeedGrade.LATE))
    wanted = run(first, inputs, end, PACES[0])
    for pace in PACES[1:]:
        found = run(first, inputs, end, pace)
        assert calls_of(found) == calls_of(wanted)
        assert tasks_of(found) == tasks_of(wanted)
