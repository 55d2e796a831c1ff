"""The four kinds of call through the same states: what each has, what never comes of it, and when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.task import Task, interval_on, stage_at
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Running, Status, TaskState
from support.small_station import at, planned
from support.states_station import Story, newest

EVENTS = {
    CallKind.ORIGIN: (EventName.DEPARTURE,),
    CallKind.TERMINUS: (EventName.ARRIVAL,),
    CallKind.THROUGH: (EventName.ARRIVAL, EventName.DEPARTURE),
    CallKind.PASSING: (EventName.ARRIVAL, EventName.DEPARTURE),
}
USUAL = {
    CallKind.ORIGIN: {"check-in", "hall", "hall-2", "say-check-in", "say-wait", "say-young", "last-call", "clear"},
    CallKind.TERMINUS: {"arrivals", "say-arrived"},
    CallKind.THROUGH: {
        *("check-in", "hall", "hall-2", "lights", "arrivals", "say-arrived"),
        *("say-check-in", "say-wait", "say-young", "last-call", "clear"),
    },
    CallKind.PASSING: set(),
}
"""The rules of which each kind has a task when nothing special is said of it."""

ROW = {CallKind.ORIGIN: "hall", CallKind.TERMINUS: "arrivals", CallKind.THROUGH: "hall"}
KINDS = list(CallKind)
SHOWN = list(ROW)


def story_of(kind: CallKind) -> Story:
    """One train of the kind, at platform 2."""
    plan: PlannedCall = {
        CallKind.ORIGIN: planned(kind=kind, arrival=None, track="2"),
        CallKind.TERMINUS: planned(kind=kind, departure=None, track="2"),
        CallKind.THROUGH: planned(kind=kind, track="2"),
        CallKind.PASSING: planned(kind=kind, arrival="08:00", departure="08:00", track="2"),
    }[kind]
    story = Story(ROW.get(kind, "apology"), plan)
    story.view = replace(story.view, kind=kind, planned_arrival=plan.arrival, planned_departure=plan.departure)
    return story


def told(story: Story, kind: CallKind, what: str, value: object) -> None:
    """The feed says the same of each event that the kind has."""
    fields = {"expected": "expected_{}", "actual": "actual_{}", "unknown": "{}_unknown"}[what]
    story.feed(**{fields.format(name): value for name in EVENTS[kind]})


def there(story: Story) -> dict[str, Task]:
    """Rule → its newest task, if that is to be done or on."""
    tasks = {item.rule: newest(story.state, item.rule) for item in story.state.tasks.values()}
    return {rule: item for rule, item in tasks.items() if item is not None and item.state is not TaskState.WITHDRAWN}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_tasks(kind: CallKind) -> None:
    """A train that does not stop is on no board, and one that ends here is not checked in."""
    assert set(there(story_of(kind))) == USUAL[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_late(kind: CallKind) -> None:
    """Every kind is apologised for when it is late; its other tasks are the same ones."""
    story = story_of(kind)
    story.to("07:00")
    told(story, kind, "expected", at("08:40"))
    assert set(there(story)) == USUAL[kind] | {"apology"}


@pytest.mark.parametrize("kind", KINDS)
def test_overdue_creeps_and_is_told(kind: CallKind) -> None:
    """With a fresh feed each kind creeps with the clock and is called overdue once for each event."""
    story = story_of(kind)
    story.to("08:30")
    (call,) = story.state.calls.values()
    times = [(event.overdue, event.best) for event in (call.arrival, call.departure) if event is not None]
    assert times[0] == (True, at("08:30"))
    if kind is CallKind.THROUGH:  # it cannot leave before it has come and stood here
        assert times[1] == (False, at("08:32"))
    assert story.notes.count("call-overdue") == [overdue for overdue, _ in times].count(True)


@pytest.mark.parametrize("kind", SHOWN)
def test_unconfirmed_and_its_hard_end(kind: CallKind) -> None:
    """Without a fresh feed the row of each kind says so, and goes by its rule's hard end."""
    story = story_of(kind)
    story.grade(FeedGrade.LOST)
    story.to("08:30")
    stage = stage_at(story.task, story.now)
    assert stage is not None
    assert stage.status is Status.UNCONFIRMED
    assert interval_on(story.task, story.now)
    story.to("10:15")
    assert not interval_on(story.task, story.now)


@pytest.mark.parametrize("kind", KINDS)
def test_delay_unknown_and_recovery(kind: CallKind) -> None:
    """What hangs on a time is held or withdrawn, and all is as it was when the time is known again."""
    story = story_of(kind)
    story.to("07:00")
    before = there(story)
    told(story, kind, "unknown", True)
    assert set(there(story)) == (USUAL[kind] - {"check-in"}) | {"unknown"}
    assert all(item.due is None and item.end is None for rule, item in there(story).items() if rule != "unknown")
    told(story, kind, "unknown", False)
    after = there(story)
    assert set(after) == USUAL[kind] | {"known"}
    same = ("due", "start", "end", "awaits", "targets", "texts", "state")
    assert all(getattr(after[rule], field) == getattr(item, field) for rule, item in before.items() for field in same)


@pytest.mark.parametrize("kind", KINDS)
def test_suspended_and_restored(kind: CallKind) -> None:
    """A suspended train of any kind keeps its rows alone, is announced as such, and gets all back."""
    story = story_of(kind)
    story.to("07:00")
    story.feed(running=Running.SUSPENDED)
    rows = USUAL[kind] & {"hall", "hall-2", "arrivals"}
    assert set(there(story)) == rows | {"suspended"}
    story.wait(1)
    story.feed(running=Running.SCHEDULED)
    assert set(there(story)) == USUAL[kind] | {"restored"}


@pytest.mark.parametrize("running", [Running.EXTRA, Running.DIVERTED])
@pytest.mark.parametrize("kind", KINDS)
def test_extra_and_diverted(kind: CallKind, running: Running) -> None:
    """Such a train is treated as any other; an extra one is announced as such."""
    story = story_of(kind)
    story.to("07:00")
    story.feed(running=running)
    assert set(there(story)) == USUAL[kind] | ({"extra"} if running is Running.EXTRA else set())


@pytest.mark.parametrize("kind", KINDS)
def test_reported_it_is_over(kind: CallKind) -> None:
    """Once each event is reported nothing is awaited, overdue or creeping, and soon nothing is on."""
    story = story_of(kind)
    story.to("08:10")
    told(story, kind, "actual", story.now)
    (call,) = story.state.calls.values()
    assert not any(event.overdue for event in (call.arrival, call.departure) if event is not None)
    assert not any(item.awaits for item in there(story).values())
    story.wait(25)
    assert [rule for rule, item in there(story).items() if interval_on(item, story.now)] == []
    assert dict(story.state.calls) == {call.id: call}
