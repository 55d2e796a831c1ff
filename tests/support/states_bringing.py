"""Bringing a task into a state through real inputs: the columns of the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_kernel.deeds import Handle, Handling
from stationmaster_kernel.task import POINT_KINDS, Task, announcement_open, interval_on
from stationmaster_kernel.values import FeedGrade, Running, TaskState
from support.states_station import G1, LOOSE, Story

__all__ = [
    "ARRIVAL_STATES",
    "CHECK_IN_STATES",
    "LIGHT_STATES",
    "POINT_STATES",
    "ROW_STATES",
    "Bring",
    "Column",
    "bring_on",
    "bring_to_come",
    "in_state",
    "is_off",
]

Bring = Callable[[Story], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """For one subject: clocks at which its task is still to come, and at which it is due or on."""

    before: str
    due: str


TIMES = {
    "say-wait": Times(before="07:45", due="07:51"),
    "last-call": Times(before="08:05", due="08:08"),
    "clear": Times(before="08:11", due="08:15"),
    "say-arrived": Times(before="07:45", due="08:00"),
    "hall": Times(before="05:45", due="07:40"),
    "hall-2": Times(before="05:45", due="07:40"),
    "arrivals": Times(before="07:15", due="07:40"),
    "check-in": Times(before="07:40", due="07:56"),
    "lights": Times(before="07:30", due="07:50"),
    LOOSE: Times(before="07:45", due="07:51"),
}


def _to(story: Story, clock: str) -> None:
    """Until then; a train that is to be here by then has arrived at eight."""
    if clock >= "08:00" and story.view.running is not Running.SUSPENDED:
        story.to("08:00")
        if story.view.actual_arrival is None:
            story.feed(actual_arrival=story.now)
    story.to(clock)


def bring_to_come(story: Story) -> None:
    """Not due or on yet."""
    _to(story, TIMES[story.subject].before)
    task = story.task
    assert task.state is TaskState.PLANNED
    if task.kind in POINT_KINDS:
        assert task.due is not None
        assert story.now < task.due
    else:
        assert not interval_on(task, story.now)
        assert task.start is not None
        assert story.now < task.start


def _due(story: Story) -> None:
    _to(story, TIMES[story.subject].due)
    assert announcement_open(story.task, story.now)


def _time_unknown(story: Story) -> None:
    story.to(TIMES[story.subject].before)
    story.feed(arrival_unknown=True, departure_unknown=True)
    assert story.task.due is None
    assert story.task.state is TaskState.PLANNED


def _awaits(story: Story) -> None:
    story.subject = "say-arrived"
    story.to("07:45")
    assert story.task.awaits is not None


def _results(*states: TaskState) -> Bring:
    def bring(story: Story) -> None:
        _due(story)
        for number, state in enumerate(states):
            story.wait(min(number, 1))
            story.result(state)
        assert story.task.state is states[-1]

    return bring


def _begun_in_part(story: Story) -> None:
    """Begun in the first of two zones, and in no other."""
    _due(story)
    first, *others = story.task.targets
    assert others
    story.result(TaskState.BEGUN, first)


def _silent(story: Story) -> bool:
    """Whether there is a target of which nobody has said anything."""
    return any(story.task.result(target) is None for target in story.task.targets)


def _too_old(state: TaskState) -> Bring:
    def bring(story: Story) -> None:
        if state is TaskState.UNCONFIRMED:
            story.absent()
        _due(story)
        story.wait(10)
        assert story.task.state is state

    return bring


def _withdrawn(story: Story) -> None:
    story.to(TIMES[story.subject].before)
    story.feed(running=Running.SUSPENDED, reason="大风")
    assert story.task.state is TaskState.WITHDRAWN


def _deselected(story: Story) -> None:
    """A rule that is for the train's planned platform alone, and a train at another one."""
    story.subject = "hall-2"
    story.to(TIMES[story.subject].before)
    story.feed(track="1")
    assert story.task.state is TaskState.WITHDRAWN


def _by_hand(how: Handling) -> Bring:
    def bring(story: Story) -> None:
        _to(story, TIMES[story.subject].before)
        story.act(Handle(tasks=(story.task.id,), how=how))
        task = story.task
        assert task.held if how is Handling.HOLD else task.state is TaskState.SKIPPED

    return bring


def bring_on(story: Story) -> None:
    """On, by its own times."""
    _to(story, TIMES[story.subject].due)
    assert interval_on(story.task, story.now)


def _on_unknown(story: Story) -> None:
    """On, and nobody knows when the train will come."""
    bring_on(story)
    story.feed(arrival_unknown=True, departure_unknown=True)


def _check_in_unknown(story: Story) -> None:
    story.to(TIMES[story.subject].before)
    story.feed(arrival_unknown=True, departure_unknown=True)


def _has_no_departure_time(story: Story) -> bool:
    departure = story.state.calls[G1].departure
    return departure is not None and departure.best is None


def _over(story: Story) -> None:
    """On the way of all rows: the train has been reported, and the end has come."""
    _to(story, "08:11")
    story.feed(actual_departure=story.now)
    story.wait(15)
    assert not interval_on(story.task, story.now)
    assert story.task.end is not None


def _closed(story: Story) -> None:
    """Check-in has closed by time."""
    _to(story, "08:08")
    assert story.task.end is not None
    assert story.task.end <= story.now


def _hard(story: Story) -> None:
    """Nobody has reported anything, and the hard end has come."""
    story.to("08:01")
    story.grade(FeedGrade.LOST)
    story.to("10:15" if story.subject == "arrivals" else "09:25")
    assert not interval_on(story.task, story.now)
    assert story.task.awaits is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A state: the ways into it, and whether a story's subject is in it."""

    ways: tuple[Bring, ...]
    holds: Callable[[Story], bool]


def in_state(*states: TaskState) -> Callable[[Story], bool]:
    """Whether a story's subject is in one of these states."""
    return lambda story: story.task.state in states


def _is_to_come(story: Story) -> bool:
    task = story.task
    moment = task.due if task.kind in POINT_KINDS else task.start
    waits = task.held or (task.kind in POINT_KINDS and task.awaits is not None)
    return task.state is TaskState.PLANNED and not waits and moment is not None and story.now < moment


def _is_kept_back(story: Story) -> bool:
    return story.task.state is TaskState.PLANNED and story.task.held


def is_off(story: Story) -> bool:
    """Whether it was on, and is not any more."""
    task = story.task
    past = task.start is not None and task.start <= story.now and not interval_on(task, story.now)
    return past and task.state is TaskState.PLANNED and not task.held


def _planned_and(test: Callable[[Task], bool]) -> Callable[[Story], bool]:
    return lambda story: story.task.state is TaskState.PLANNED and test(story.task)


POINT_STATES: dict[str, Column] = {
    "planned": Column(ways=(bring_to_come,), holds=_is_to_come),
    "time unknown": Column(ways=(_time_unknown,), holds=_planned_and(lambda task: task.due is None)),
    "awaits a report": Column(ways=(_awaits,), holds=_planned_and(lambda task: task.awaits is not None)),
    "due": Column(ways=(_due,), holds=lambda story: announcement_open(story.task, story.now)),
    "begun in part": Column(
        ways=(_begun_in_part,), holds=lambda story: story.task.state is TaskState.BEGUN and _silent(story)
    ),
    "begun": Column(
        ways=(_results(TaskState.BEGUN),),
        holds=lambda story: story.task.state is TaskState.BEGUN and not _silent(story),
    ),
    "done": Column(ways=(_results(TaskState.BEGUN, TaskState.DONE),), holds=in_state(TaskState.DONE)),
    "cut": Column(
        ways=(_results(TaskState.BEGUN, TaskState.INTERRUPTED), _results(TaskState.FAILED)),
        holds=in_state(TaskState.INTERRUPTED, TaskState.FAILED),
    ),
    "expired": Column(ways=(_too_old(TaskState.EXPIRED),), holds=in_state(TaskState.EXPIRED)),
    "unconfirmed": Column(ways=(_too_old(TaskState.UNCONFIRMED),), holds=in_state(TaskState.UNCONFIRMED)),
    "withdrawn": Column(ways=(_withdrawn,), holds=in_state(TaskState.WITHDRAWN)),
    "skipped": Column(ways=(_by_hand(Handling.SKIP),), holds=in_state(TaskState.SKIPPED)),
    "kept back": Column(ways=(_by_hand(Handling.HOLD),), holds=_is_kept_back),
}
"""The states of point tasks; with more than one way into a state, a cell holds for each."""

ROW_STATES: dict[str, Column] = {
    "to come": Column(ways=(bring_to_come,), holds=_is_to_come),
    "on": Column(ways=(bring_on,), holds=lambda story: interval_on(story.task, story.now)),
    "time unknown": Column(
        ways=(_on_unknown,), holds=lambda story: interval_on(story.task, story.now) and story.task.end is None
    ),
    "over": Column(ways=(_over,), holds=lambda story: is_off(story) and story.task.awaits is None),
    "ended hard": Column(ways=(_hard,), holds=lambda story: is_off(story) and story.task.awaits is not None),
    "withdrawn": Column(ways=(_deselected,), holds=in_state(TaskState.WITHDRAWN)),
    "skipped": Column(ways=(_by_hand(Handling.SKIP),), holds=in_state(TaskState.SKIPPED)),
    "kept back": Column(ways=(_by_hand(Handling.HOLD),), holds=_is_kept_back),
}
"""The states of rows."""

LIGHT_STATES = ROW_STATES | {"withdrawn": Column(ways=(_withdrawn,), holds=in_state(TaskState.WITHDRAWN))}
"""The states of lights."""

ARRIVAL_STATES = {name: column for name, column in ROW_STATES.items() if name != "withdrawn"}
"""The states of rows on the boards of arrivals."""

CHECK_IN_STATES: dict[str, Column] = {
    "to open": Column(ways=(bring_to_come,), holds=_is_to_come),
    "open": Column(ways=(bring_on,), holds=lambda story: interval_on(story.task, story.now)),
    "closed": Column(ways=(_closed,), holds=is_off),
    "time unknown": Column(ways=(_check_in_unknown,), holds=_has_no_departure_time),
    "withdrawn": Column(ways=(_withdrawn,), holds=in_state(TaskState.WITHDRAWN)),
    "skipped": Column(ways=(_by_hand(Handling.SKIP),), holds=in_state(TaskState.SKIPPED)),
    "kept back": Column(ways=(_by_hand(Handling.HOLD),), holds=_is_kept_back),
}
"""The states of check-in."""
