"""The pace of the clock: whether it ticks each minute or leaps from one event to the next, the same comes of it.

What may differ is what time alone brings and marks with its own moment: when a task was marked as too old, when the end
of a lock was noticed, and, while the feed is fresh and a train overdue, what follows from its time creeping minute by
minute. A leap is one tick; it does not make up for what would have been said on the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.inputs import Act, Configure, GradeFeed, Input, Tick
from stationmaster_kernel.rules import Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade
from support.effort import scaled
from support.kernel_machine_deeds import ALL_DEEDS, CALL_DEEDS, LOOSE_DEEDS, TASK_DEEDS, draw_act, draw_undo
from support.kernel_machine_draws import Draw, draw_feed, draw_plan, one_of
from support.kernel_machine_station import EVENINGS, STATIONS
from support.kernel_machine_world import MachineWorld

PACES = (1, 5, 7, 10_000)
"""Minutes between ticks, where nothing happens meanwhile; there is always one before an input, and one at the end."""

BY_TIME = (Trigger.OVERDUE, Trigger.EARLY)
"""Conditions that begin or end by time alone."""

paced = settings(max_examples=scaled(40), deadline=None, suppress_health_check=list(HealthCheck))


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


def draw_night(draw: Draw, makers: Any, grades: Any) -> tuple[State, list[Input], Instant]:
    """What happens in a night, and when it ends; every input comes at or after the one before."""
    world = MachineWorld(evening=one_of(draw, EVENINGS), checks=False)
    world.executor.away = True
    world.begin()
    world.give(GradeFeed(id=world.name("grade"), at=world.now, grade=one_of(draw, grades)))
    for _ in range(draw(st.integers(1, 12))):
        world.leap(draw(st.sampled_from((0, 1, 4, 11, 30, 75))))
        match draw(st.sampled_from(("feed", "feed", "feed", "act", "act", "plan", "undo", "grade", "configure"))):
            case "feed":
                world.give(draw_feed(draw, world))
            case "plan":
                world.give(draw_plan(draw, world))
            case "grade":
                world.give(GradeFeed(id=world.name("grade"), at=world.now, grade=one_of(draw, grades)))
            case "configure":
                station = one_of(draw, STATIONS)
                world.give(Configure(id=world.name("configure"), at=world.now, configuration=station))
            case "undo" if world.acts:
                world.give(draw_undo(draw, world))
            case _ if world.state.calls:
                world.give(_without_end(draw_act(draw, world, makers)))
    inputs = [each for each in world.inputs if not isinstance(each, Tick)]
    for each in inputs:
        note(repr(each)[:2000])
    end = Instant((world.now // MINUTE + draw(st.sampled_from((1, 20, 60, 400)))) * MINUTE)
    return world.first, inputs, end


def _without_end(act: Act) -> Act:
    """The act with locks that stay: when the end of one is noticed is written down with what waited for it."""
    deeds = [replace(deed, until=None) if hasattr(deed, "until") else deed for deed in act.deeds]
    return replace(act, lock_until=None, deeds=tuple(deeds))


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
