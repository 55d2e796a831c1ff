"""When a row is on, and what it awaits, in the cases of `docs/kernel.md`, "Display tasks": to the minute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.deeds import Handle, Handling
from stationmaster_kernel.inputs import Configure
from stationmaster_kernel.rules import Base, Moment
from stationmaster_kernel.task import interval_on, stage_at
from stationmaster_kernel.values import EventName, Running, Status
from support.small_station import at
from support.states_station import STATES_STATION, Story

ENDS = {"hall": ("08:11", EventName.DEPARTURE), "arrivals": ("08:10", EventName.ARRIVAL)}
"""When a row ends by the plan, and what it awaits."""


def configured(story: Story, suspended_row: int) -> None:
    """The station keeps the rows of suspended trains for so many minutes."""
    facts = replace(STATES_STATION.station, suspended_row=suspended_row)
    configuration = replace(STATES_STATION, station=facts)
    story.give(Configure(id=f"configure/{suspended_row}", at=story.now, configuration=configuration))


def suspend(story: Story) -> None:
    """The train does not run."""
    story.feed(running=Running.SUSPENDED, reason="大风")


def on_until(story: Story) -> Instant:
    """The minute at which the row goes, and does not come back that day."""
    story.to("07:45")
    assert interval_on(story.task, story.now)
    minutes = [Instant(story.now + minute * MINUTE) for minute in range(12 * 60)]
    on = [minute for minute in minutes if interval_on(story.task, minute)]
    assert on == minutes[: len(on)]
    return Instant(on[-1] + MINUTE)


@pytest.mark.parametrize("suspended_row", [0, 25, 60])
@pytest.mark.parametrize("subject", ENDS)
def test_a_suspended_trains_row_goes_so_many_minutes_after_its_planned_end(subject: str, suspended_row: int) -> None:
    """As many as the station says; no report is awaited, and none keeps it on any longer."""
    story = Story(subject)
    configured(story, suspended_row)
    story.to("07:40")
    suspend(story)
    clock, _ = ENDS[subject]
    assert story.task.awaits is None
    assert story.task.hard_end == story.task.end == at(clock) + suspended_row * MINUTE
    assert on_until(story) == story.task.end


@pytest.mark.parametrize(
    "before",
    [
        {"expected_arrival": at("10:00"), "expected_departure": at("10:10")},
        {"expected_arrival": at("07:50"), "expected_departure": at("07:55")},
        {"arrival_unknown": True, "departure_unknown": True},
    ],
)
@pytest.mark.parametrize("subject", ENDS)
def test_of_a_suspended_train_the_plan_alone_counts(subject: str, before: dict[str, object]) -> None:
    """However late, early or unknown it was before, its row begins and ends by the timetable."""
    plain = Story(subject)
    suspend(plain)
    story = Story(subject)
    story.feed(**before)
    suspend(story)
    times = ("start", "end", "hard_end", "awaits")
    assert [getattr(story.task, name) for name in times] == [getattr(plain.task, name) for name in times]
    assert on_until(story) == at(ENDS[subject][0]) + 60 * MINUTE


def test_a_row_that_begins_by_the_best_time_begins_by_the_plan_when_suspended() -> None:
    """Also where the rule counts from what is best known, and nothing is."""
    story = Story("hall")
    rules = tuple(
        replace(rule, start=Moment(base=Base.DEPARTURE, offset=-120)) if rule.id == "hall" else rule
        for rule in STATES_STATION.rules
    )
    story.give(Configure(id="best", at=story.now, configuration=replace(STATES_STATION, rules=rules)))
    story.feed(arrival_unknown=True, departure_unknown=True)
    assert story.task.start is None
    suspend(story)
    assert story.task.start == at("06:10")


# What is awaited


def order(story: Story) -> None:
    """A person has it on at once."""
    story.act(Handle(tasks=(story.task.id,), how=Handling.NOW))


AWAITING = {**{rule: event for rule, (_, event) in ENDS.items()}, "lights": EventName.DEPARTURE}


@pytest.mark.parametrize("by_hand", [False, True], ids=["by its rule", "by hand"])
@pytest.mark.parametrize("subject", AWAITING)
def test_what_is_reported_is_not_awaited_any_more(subject: str, by_hand: bool) -> None:
    """Reported, taken back and reported again: the task awaits just what is not known, so it goes in its time."""
    event = AWAITING[subject]
    actual = f"actual_{event}"
    story = Story(subject)
    story.to("07:10")
    if by_hand:
        order(story)
    story.to("08:00")
    if event is EventName.DEPARTURE:
        story.feed(actual_arrival=story.now)
    assert story.task.awaits is event
    story.feed(**{actual: story.now})
    assert story.task.awaits is None
    story.wait(1)
    story.feed(**{actual: None})
    assert story.task.awaits is event
    story.wait(1)
    story.feed(**{actual: story.now})
    assert story.task.awaits is None
    ends = story.task.end
    assert ends is not None
    assert interval_on(story.task, ends - 1)
    assert not interval_on(story.task, ends)


@pytest.mark.parametrize("by_hand", [False, True], ids=["by its rule", "by hand"])
@pytest.mark.parametrize("subject", ENDS)
def test_a_suspended_trains_row_awaits_nothing_and_a_restored_ones_does(subject: str, by_hand: bool) -> None:
    """Each time, whoever put it on the board: what it awaited before is not left on it, nor missing afterwards."""
    _, event = ENDS[subject]
    story = Story(subject)
    story.to("07:10")
    if by_hand:
        order(story)
    ends = []
    for _ in range(2):
        assert story.task.awaits is event
        ends.append(story.task.end)
        suspend(story)
        assert (story.task.awaits, story.task.hard_end) == (None, story.task.end)
        story.wait(5)
        story.feed(running=Running.SCHEDULED, reason="")
    assert story.task.awaits is event
    assert {*ends, story.task.end} == {at(ENDS[subject][0])}


def test_lights_that_were_withdrawn_with_their_train_await_nothing_after_its_report() -> None:
    """Suspended by mistake, restored and gone: they go out in time, not at the hard end."""
    story = Story("lights")
    story.to("07:50")
    suspend(story)
    story.wait(2)
    story.feed(running=Running.SCHEDULED, reason="")
    assert story.task.awaits is EventName.DEPARTURE
    story.to("08:10")
    story.feed(actual_arrival=at("08:00"), actual_departure=at("08:10"))
    assert story.task.awaits is None
    assert interval_on(story.task, at("08:20") - 1)
    assert not interval_on(story.task, at("08:20"))


@pytest.mark.parametrize(
    ("said", "until"),
    [({}, "08:10"), ({"expected_arrival": "08:02"}, "08:12"), ({"expected_arrival": "08:30"}, "08:16")],
)
def test_who_has_left_was_here(said: dict[str, str], until: str) -> None:
    """Nobody reported the arrival: its row says that it has arrived once the departure is, and goes as rows do."""
    story = Story("arrivals")
    story.to("07:45")
    story.feed(**{name: at(clock) for name, clock in said.items()})
    story.to("08:06")
    story.feed(**{name: at(clock) for name, clock in said.items()}, actual_departure=at("08:06"))
    assert story.task.awaits is None
    assert (story.task.end, stage_at(story.task, story.now).status) == (at(until), Status.ARRIVED)  # type: ignore[union-attr]
    call = story.state.calls[story.task.call]
    assert call.arrival is not None
    assert not call.arrival.overdue


def test_of_a_train_that_left_nobody_needs_to_know_when_it_came() -> None:
    """Its arrival was unknown; now it is known that it was not after the departure."""
    story = Story("arrivals")
    story.to("07:45")
    story.feed(arrival_unknown=True, departure_unknown=True)
    assert story.task.end is None
    story.to("08:40")
    story.feed(arrival_unknown=True, actual_departure=at("08:40"))
    assert story.task.awaits is None
    assert not interval_on(story.task, story.now)
