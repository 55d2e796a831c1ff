"""Announcements that hang on a condition: how it begins and ends; the states and rows of their tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.deeds import Handle, Handling
from stationmaster_kernel.task import announcement_open
from stationmaster_kernel.values import EventName, Running, TaskState
from support.small_station import at
from support.states_bringing import Column, in_state
from support.states_happenings import Happening, Telling, left_now
from support.states_station import G1, Story

__all__ = ["OF_CHANGES", "OF_TIME", "OVERDUE", "TRIGGER_HAPPENINGS", "TRIGGER_STATES", "Condition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a condition begins to hold and ends; `ready` is what must be before it can begin."""

    begin: Telling
    end: Telling
    ready: Telling = lambda _: None
    nearer: Telling = lambda _: None
    farther: Telling = lambda _: None


def _expected(minutes: int | None) -> Telling:
    """Both events are expected so many minutes from the plan; None: as planned."""

    def tell(story: Story) -> None:
        times = [None if minutes is None else Instant(at(clock) + minutes * MINUTE) for clock in ("08:00", "08:10")]
        story.feed(expected_arrival=times[0], expected_departure=times[1])

    return tell


def _unknown(unknown: bool) -> Telling:
    return lambda story: story.feed(arrival_unknown=unknown, departure_unknown=unknown)


def _track(track: str) -> Telling:
    return lambda story: story.feed(track=track)


def _running(running: Running) -> Telling:
    return lambda story: story.feed(running=running)


def _time_passes(story: Story) -> None:
    """Until the arrival is overdue."""
    arrival = story.state.calls[G1].event(EventName.ARRIVAL)
    assert arrival is not None
    assert arrival.best is not None
    story.until(Instant(arrival.best + 2 * MINUTE))


def _expected_later(story: Story) -> None:
    later = story.now + 20 * MINUTE
    story.feed(expected_arrival=Instant(later), expected_departure=Instant(later + 10 * MINUTE))


OF_TIME: dict[str, Condition] = {
    "apology": Condition(begin=_expected(20), end=_expected(None), nearer=_expected(25), farther=_expected(40)),
    "early": Condition(begin=_expected(-10), end=_expected(None), nearer=_expected(-13), farther=_expected(-25)),
}
"""Rule → its condition, where the best known time tells one occurrence from the next."""

OF_CHANGES: dict[str, Condition] = {
    "unknown": Condition(begin=_unknown(True), end=_unknown(False)),
    "known": Condition(ready=_unknown(True), begin=_unknown(False), end=_unknown(True)),
    "moved": Condition(begin=_track("1"), end=_track("2")),
    "other-track": Condition(begin=_track("3"), end=_track("2")),
    "suspended": Condition(begin=_running(Running.SUSPENDED), end=_running(Running.SCHEDULED)),
    "restored": Condition(
        ready=_running(Running.SUSPENDED), begin=_running(Running.SCHEDULED), end=_running(Running.SUSPENDED)
    ),
    "extra": Condition(begin=_running(Running.EXTRA), end=_running(Running.SCHEDULED)),
}
"""Rule → its condition, where the moment of the change does."""

OVERDUE: dict[str, Condition] = {"overdue": Condition(begin=_time_passes, end=_expected_later)}
"""The rule and condition of what time alone brings about."""

CONDITIONS = OF_TIME | OF_CHANGES | OVERDUE


def _not_made(story: Story) -> None:
    story.to("06:30")
    CONDITIONS[story.subject].ready(story)
    story.wait(1)


def _made(story: Story) -> None:
    _not_made(story)
    CONDITIONS[story.subject].begin(story)
    assert announcement_open(story.task, story.now)


def _then(*more: Callable[[Story], None]) -> Telling:
    def bring(story: Story) -> None:
        _made(story)
        for tell in more:
            tell(story)

    return bring


def _come_to(state: TaskState) -> Telling:
    return lambda story: story.result(state)


def _wait(minutes: int) -> Telling:
    return lambda story: story.wait(minutes)


def _end(story: Story) -> None:
    story.wait(1)
    CONDITIONS[story.subject].end(story)


def _skip(story: Story) -> None:
    story.act(Handle(tasks=(story.task.id,), how=Handling.SKIP))


TRIGGER_STATES: dict[str, Column] = {
    "not made": Column(ways=(_not_made,), holds=lambda story: story.before is None),
    "due": Column(ways=(_made,), holds=lambda story: announcement_open(story.task, story.now)),
    "begun": Column(ways=(_then(_come_to(TaskState.BEGUN)),), holds=in_state(TaskState.BEGUN)),
    "done": Column(ways=(_then(_come_to(TaskState.DONE)),), holds=in_state(TaskState.DONE)),
    "cut": Column(ways=(_then(_come_to(TaskState.INTERRUPTED)),), holds=in_state(TaskState.INTERRUPTED)),
    "expired": Column(ways=(_then(_wait(11)),), holds=in_state(TaskState.EXPIRED)),
    "unconfirmed": Column(ways=(_then(Story.absent, _wait(11)),), holds=in_state(TaskState.UNCONFIRMED)),
    "withdrawn": Column(ways=(_then(_end),), holds=in_state(TaskState.WITHDRAWN)),
    "skipped": Column(ways=(_then(_skip),), holds=in_state(TaskState.SKIPPED)),
}


def _begin(story: Story) -> None:
    story.wait(1)
    CONDITIONS[story.subject].begin(story)


def _end_if_made(story: Story) -> None:
    """The condition has ended, if it held."""
    if story.task_or_none is not None and story.task.state is not TaskState.WITHDRAWN:
        _end(story)


def _reported(story: Story) -> None:
    """It has left, so it runs after all."""
    running = story.view.running
    story.view = replace(story.view, running=Running.SCHEDULED if running is Running.SUSPENDED else running)
    left_now(story)


TRIGGER_HAPPENINGS: dict[str, Happening] = {
    "its condition begins to hold": Happening(prepare=_end_if_made, happen=_begin),
    "its condition goes on": Happening(happen=_wait(1)),
    "its condition ends": Happening(happen=lambda story: CONDITIONS[story.subject].end(story)),
    "its time moves within `rearm`": Happening(happen=lambda story: CONDITIONS[story.subject].nearer(story)),
    "its time moves beyond `rearm`": Happening(happen=lambda story: CONDITIONS[story.subject].farther(story)),
    "the departure is reported": Happening(happen=_reported),
    "its validity is over": Happening(happen=_wait(11)),
}
