"""What an operator can do, how the feed meets it, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.applying import FIELDS
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.deeds import (
    Actual,
    AddCall,
    Announce,
    Decide,
    Deed,
    Delay,
    Expect,
    Handle,
    Handling,
    Lock,
    SetAcceptance,
    SetCheckIn,
    SetFormation,
    SetMode,
    SetPlaces,
    SetRunning,
    SetTrack,
    SetTurnaround,
    Show,
    Undo,
    Unknown,
)
from stationmaster_kernel.handling import fell_due
from stationmaster_kernel.inputs import Act, Feed, FeedRecord, GradeFeed, Input, Presence, TaskResult, Tick
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Result, Task, Text, announcement_open, interval_on
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Running, Source, TaskKind, TaskState
from support.small_station import DAY, at, planned, record, running_station

G1 = "TST/2026-03-01/G1/1"
ARRIVAL, DEPARTURE = EventName.ARRIVAL, EventName.DEPARTURE
TEXTS = (Text(name="speech", language="zh", text="请注意"),)


def act(clock: str, *deeds: Deed, item: str = "", lock: bool = True, until: str | None = None) -> Act:
    """Deeds of one operator; the id is the clock unless given."""
    return Act(
        id=item or f"act-{clock}",
        at=at(clock),
        by="dispatcher 1",
        why="told by telephone",
        deeds=deeds,
        lock=lock,
        lock_until=None if until is None else at(until),
    )


def news(clock: str, **fields: object) -> Feed:
    return Feed(id=f"feed/{clock}/{sorted(fields)}", at=at(clock), records=(record(**fields),))


def tick(clock: str) -> Tick:
    return Tick(id=f"tick/{clock}", at=at(clock))


def run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def call(state: State) -> Call:
    return state.calls[G1]


def task(state: State, rule: str, occurrence: int = 1) -> Task:
    return state.tasks[f"{G1}/{rule}/{occurrence}"]


def proposals(state: State) -> dict[str, Proposal]:
    return {item.field: item for item in state.records.get("proposal", {}).values()}


def records(state: State) -> list[ActRecord]:
    return [state.records["act"][item] for item in sorted(state.records["act"])]


def best(state: State, event: EventName) -> Instant | None:
    found = call(state).event(event)
    assert found is not None
    return found.best


def done(state: State, rule: str, clock: str) -> State:
    found = task(state, rule)
    for target in found.targets:
        result = Result(target=target, state=TaskState.DONE, at=at(clock), base=found.base)
        state = run(state, TaskResult(id=f"{found.id}/{target}", at=at(clock), task=found.id, result=result))
    return state


# What is set


def test_a_delay_counts_from_the_plan_or_from_what_is_known() -> None:
    """Minutes from the plan replace one another; cumulative ones add up; both may be negative."""
    state = run(running_station(), act("07:00", Delay(call=G1, event=ARRIVAL, minutes=20)))
    assert best(state, ARRIVAL) == at("08:20")
    state = run(state, act("07:01", Delay(call=G1, event=ARRIVAL, minutes=5, cumulative=True)))
    assert best(state, ARRIVAL) == at("08:25")
    state = run(state, act("07:02", Delay(call=G1, event=ARRIVAL, minutes=-3)))
    assert best(state, ARRIVAL) == at("07:57")


def test_check_in_moves_with_the_departure_or_stays() -> None:
    """With check_in=False the gate opens and closes when it would have, whatever becomes of the train."""
    state = run(running_station(), act("07:00", Delay(call=G1, event=DEPARTURE, minutes=30)))
    assert call(state).check_in_close == at("08:37")
    state = run(running_station(), act("07:00", Delay(call=G1, event=DEPARTURE, minutes=30, check_in=False)))
    assert (call(state).check_in_open, call(state).check_in_close) == (at("07:55"), at("08:07"))
    assert best(state, DEPARTURE) == at("08:40")


def test_check_in_times_by_hand_hold_until_they_are_given_back() -> None:
    """They stand against the rule, and None gives them back to it."""
    state = run(running_station(), act("07:00", SetCheckIn(call=G1, opens=at("07:30"), closes=at("07:50"))))
    assert (task(state, "check-in").start, task(state, "check-in").end) == (at("07:30"), at("07:50"))
    state = run(state, act("07:01", SetCheckIn(call=G1)))
    assert (task(state, "check-in").start, task(state, "check-in").end) == (at("07:55"), at("08:07"))


def test_a_named_time_ends_delay_unknown() -> None:
    """Unknown holds the tasks; a person who names a time knows it again."""
    state = run(running_station(), act("07:00", Unknown(call=G1, event=DEPARTURE)))
    assert best(state, DEPARTURE) is None
    assert task(state, "say-check-in").due is None
    state = run(state, act("07:10", Expect(call=G1, event=DEPARTURE, at=at("09:00"))))
    assert best(state, DEPARTURE) == at("09:00")
    assert task(state, "say-check-in").due is not None


def test_a_track_brings_its_platform_gates_and_tasks() -> None:
    """Boards, zones and check-in follow; the change announcement is made for both platforms."""
    state = run(running_station(), tick("07:00"), act("07:00", SetTrack(call=G1, track="3")))
    assert (call(state).platform, call(state).gates, call(state).areas) == ("2", ("2A",), ("B",))
    assert task(state, "check-in").targets == ("2A",)
    assert set(task(state, "moved").targets) == {"waiting-A", "waiting-B", "platform-1", "platform-2"}


def test_gates_that_were_set_stay_when_the_track_changes() -> None:
    """A person's own gates are locked, so they do not follow the platform."""
    state = run(running_station(), act("07:00", SetPlaces(call=G1, gates=("2A", "1A"))))
    state = run(state, act("07:05", SetTrack(call=G1, track="3")))
    assert call(state).gates == ("2A", "1A")
    assert call(state).areas == ("B",)


def test_suspending_and_restoring() -> None:
    """A suspended train's tasks go; a restored one's come back, as far as they are not too old."""
    state = run(running_station(), act("07:00", SetRunning(call=G1, running=Running.SUSPENDED, reason="大风")))
    assert task(state, "say-check-in").state is TaskState.WITHDRAWN
    assert (call(state).running, call(state).reason) == (Running.SUSPENDED, "大风")
    assert task(state, "suspended").due == at("07:00")
    state = run(state, act("07:20", SetRunning(call=G1, running=Running.SCHEDULED)))
    assert task(state, "say-check-in").state is TaskState.PLANNED
    assert task(state, "suspended").state is TaskState.WITHDRAWN


def test_an_extra_train_is_a_call_like_any_other() -> None:
    """It gets an id of its own, its tasks, and is matched by the feed."""
    extra = planned("G9", kind=CallKind.ORIGIN, arrival=None, departure="09:00", track="3")
    state = run(running_station(), act("07:00", AddCall(day=DAY, planned=extra)))
    found = state.calls["TST/2026-03-01/G9/1"]
    assert (found.running, found.platform) == (Running.EXTRA, "2")
    assert f"{found.id}/hall/1" in state.tasks
    origin = found.origin_of("running")
    assert origin is not None
    assert (origin.source, origin.by) == (Source.OPERATOR, "dispatcher 1")


def test_formation_and_turnaround_are_set() -> None:
    """Both are facts of the call, with who said so."""
    state = running_station(planned(kind=CallKind.TERMINUS, departure=None))
    state = run(state, act("07:00", SetFormation(call=G1, formation="8 编组"), SetTurnaround(call=G1, number="G2")))
    assert (call(state).formation, call(state).turnaround) == ("8 编组", "G2")
    assert {item.field for item in call(state).provenance} == {"formation", "turnaround"}


# What cannot be


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (SetTrack(call=G1, track="77"), "track '77' cannot be. Allowed: 1, 2, 3, 9."),
        (SetTrack(call=G1, track="9"), "no platform"),
        (SetTrack(call="TST/2026-03-01/G7/1", track="1"), "There is no call TST/2026-03-01/G7/1"),
        (SetPlaces(call=G1, gates=("9Z",)), "gate '9Z' cannot be. Allowed: 1A, 2A."),
        (Actual(call=G1, event=ARRIVAL, at=at("09:00")), "a time that is not in the future"),
        (Expect(call=G1, event=ARRIVAL, at=at("09:00", 3)), "at most 48 hours"),
        (Delay(call=G1, event=ARRIVAL, minutes=9999), "a delay of 9999 minutes"),
        (SetCheckIn(call=G1, opens=at("08:00"), closes=at("07:00")), "closes before it opens"),
        (SetTurnaround(call=G1, number="G2"), "a terminus call"),
        (Lock(call=G1, field="colour"), f"Allowed: {', '.join(FIELDS)}"),
        (SetAcceptance(source=Source.REPORT, field="colour", automatic=False), "no field 'colour'"),
        (SetMode(scope="kind.singing", manual=True), "no scope 'kind.singing'"),
        (Decide(proposals=("x",), accept=True), "no proposal x"),
        (Handle(tasks=("x",), how=Handling.NOW), "no task x"),
        (Announce(targets=("moon",), texts=TEXTS), "no zone 'moon'"),
        (Announce(targets=("waiting-A",), texts=()), "says nothing"),
        (Announce(targets=("waiting-A",), template="song"), "no template 'song'"),
        (Announce(targets=("waiting-A",), template="apology", texts=TEXTS), "the one or the other"),
        (Announce(targets=("waiting-A",), template="apology", call="TST/2026-03-01/G7/1"), "no call TST"),
        (Show(targets=("hall-1",), texts=TEXTS, end=at("06:00")), "ends before it begins"),
        (Undo(act="never"), "no act never"),
        (AddCall(day=DAY, planned=planned("G9", track="77")), "track '77' is none of"),
        (AddCall(day=DAY, planned=planned("G9", kind=CallKind.ORIGIN)), "kind origin has not just these times"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(deed: Deed, said: str) -> None:
    """And nothing of the act is done, not even the deeds that could be."""
    state = run(running_station(), tick("07:00"))
    with pytest.raises(Refused) as refused:
        step(state, act("07:00", SetFormation(call=G1, formation="16"), deed))
    assert said in str(refused.value)
    assert call(state).formation == ""


def test_a_person_has_a_template_said_of_a_train_or_of_none() -> None:
    """The kernel renders it in every language, with the train's fields as they are now or with none."""
    of_train = Announce(targets=("waiting-A",), template="apology", call=G1)
    state = run(running_station(), act("07:00", Delay(call=G1, event=DEPARTURE, minutes=35), of_train))
    (said,) = (task for task in state.tasks.values() if not task.call)
    fields = call(state)
    assert said.text("speech", "zh") == f"apology {fields.number}"
    assert said.text("speech", "en") == "apology Baotou 35"
    of_none = Announce(targets=("waiting-A",), template="apology", reason="points failure")
    state = run(running_station(), act("07:00", of_none))
    (said,) = (task for task in state.tasks.values() if not task.call)
    assert said.text("speech", "zh") == "apology"


def test_an_act_says_who_acts() -> None:
    """An act of nobody is refused, and so is one without deeds."""
    with pytest.raises(Refused, match="who acts"):
        step(running_station(), replace(act("07:00", SetTrack(call=G1, track="3")), by=""))
    with pytest.raises(Refused, match="0 deeds"):
        step(running_station(), act("07:00"))


# Locks and proposals


def test_a_feed_value_that_meets_a_lock_becomes_a_proposal() -> None:
    """It changes nothing until accepted; accepted it is as if it had been taken, and the lock is over."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3")), news("07:05", track="2"))
    assert call(state).track == "3"
    (proposal,) = proposals(state).values()
    assert (proposal.field, proposal.source, proposal.why) == ("track", Source.STAGE_PLAN, "locked")
    state = run(state, act("07:06", Decide(proposals=(proposal.id,), accept=True)))
    assert call(state).track == "2"
    assert not proposals(state)
    state = run(state, news("07:10", track="1"))
    assert call(state).track == "1"


def test_a_rejected_value_does_not_come_back_by_itself() -> None:
    """Only a new value of the feed is a new proposal."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3")), news("07:05", track="2"))
    state = run(state, act("07:06", Decide(proposals=tuple(p.id for p in proposals(state).values()), accept=False)))
    assert not proposals(state)
    state = run(state, news("07:07", track="2", reason="x"))
    assert "track" not in proposals(state)
    assert call(state).track == "3"


def test_a_proposal_goes_when_the_feed_comes_round() -> None:
    """What the feed says again as the call has it needs no decision; a newer value takes the older one's place."""
    state = run(running_station(), act("07:00", Expect(call=G1, event=ARRIVAL, at=at("08:20"))))
    state = run(state, news("07:05", expected_arrival=at("08:30")), news("07:06", expected_arrival=at("08:40")))
    (proposal,) = proposals(state).values()
    assert isinstance(proposal.deed, Expect)
    assert proposal.deed.at == at("08:40")
    state = run(state, news("07:07", expected_arrival=at("08:20")))
    assert not proposals(state)
    assert best(state, ARRIVAL) == at("08:20")


def test_a_report_ends_the_lock_on_its_events_expected_time() -> None:
    """The train has come: nobody needs to defend or decide when it was expected."""
    state = run(running_station(), act("07:00", Expect(call=G1, event=ARRIVAL, at=at("08:20"))))
    state = run(state, news("07:05", expected_arrival=at("08:30")), tick("08:25"))
    state = run(state, news("08:25", expected_arrival=at("08:30"), actual_arrival=at("08:24")))
    assert best(state, ARRIVAL) == at("08:24")
    assert not proposals(state)
    assert not any(item.locked for item in call(state).provenance)


def test_an_operators_report_stands_against_the_feeds() -> None:
    """Two reports of one event that differ: the feed's waits for a decision."""
    state = run(running_station(), tick("08:05"), act("08:05", Actual(call=G1, event=ARRIVAL, at=at("08:03"))))
    state = run(state, news("08:06", actual_arrival=at("08:01")))
    assert best(state, ARRIVAL) == at("08:03")
    assert proposals(state)["arrival.actual"].why == "locked"


def test_a_lock_may_expire_and_what_waited_is_taken() -> None:
    """By time alone, at the minute that was given."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), until="07:30"))
    state = run(state, news("07:05", track="2"), tick("07:29"))
    assert call(state).track == "3"
    state, changes = step(state, tick("07:30"))
    assert call(state).track == "2"
    assert not proposals(state)
    assert ("lock-over", G1) in [(note.code, note.subject) for note in changes.notes]


def test_without_a_lock_the_feeds_next_change_is_taken() -> None:
    """A person may set a value only until something newer comes."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), lock=False), news("07:05", track="2"))
    assert call(state).track == "2"


def test_a_lock_can_be_set_and_lifted_by_itself() -> None:
    """Locking keeps the present value; lifting lets the next change in."""
    state = run(running_station(), act("07:00", Lock(call=G1, field="track")), news("07:01", track="2"))
    assert call(state).track == "1"
    state = run(state, act("07:02", Lock(call=G1, field="track", locked=False)), news("07:03", track="3"))
    assert call(state).track == "3"


def test_automatic_acceptance_is_per_source_and_field() -> None:
    """Off for the stage plan's track alone, its expected times are taken as ever."""
    off = SetAcceptance(source=Source.STAGE_PLAN, field="track", automatic=False)
    state = run(running_station(), act("07:00", off), news("07:05", track="2", expected_arrival=at("08:20")))
    assert call(state).track == "1"
    assert best(state, ARRIVAL) == at("08:20")
    assert proposals(state)["track"].why == "manual"
    state = run(state, act("07:06", replace(off, automatic=True)), news("07:07", track="3"))
    assert call(state).track == "3"
    assert not proposals(state)


def test_a_report_that_contradicts_a_person_waits() -> None:
    """An arrival of a train that somebody has suspended cannot be applied and is not lost."""
    state = run(running_station(), tick("08:05"), act("08:05", SetRunning(call=G1, running=Running.SUSPENDED)))
    state = run(state, news("08:06", actual_arrival=at("08:01")))
    waiting = proposals(state)["arrival.actual"]
    assert waiting.why == "contradiction"
    with pytest.raises(Refused, match="restore it first"):
        step(state, act("08:07", Decide(proposals=(waiting.id,), accept=True)))
    restored = SetRunning(call=G1, running=Running.SCHEDULED)
    state = run(state, act("08:08", restored, Decide(proposals=(waiting.id,), accept=True)))
    assert best(state, ARRIVAL) == at("08:01")


def test_two_corrections_of_one_record_are_both_taken() -> None:
    """An arrival that is moved past the old departure is possible, since the departure moves too."""
    state = run(running_station(), tick("08:30"))
    state = run(state, news("08:30", actual_arrival=at("08:00"), actual_departure=at("08:05")))
    state = run(state, news("08:31", actual_arrival=at("08:20"), actual_departure=at("08:25")))
    assert (best(state, ARRIVAL), best(state, DEPARTURE)) == (at("08:20"), at("08:25"))
    assert not proposals(state)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"actual_arrival": at("08:04")}, "report-changed"),
        ({}, "report-cancelled"),
        ({"actual_arrival": at("08:02"), "arrival_unknown": True}, "unknown-after-report"),
    ],
)
def test_a_source_that_contradicts_itself_is_believed_and_noted(second: dict[str, object], code: str) -> None:
    """A corrected, cancelled or doubted report is taken, and people are told."""
    state = run(running_station(), tick("08:05"), news("08:05", actual_arrival=at("08:02")))
    _, changes = step(state, news("08:06", **second))
    assert code in [note.code for note in changes.notes]


# Tasks by hand


def test_now_makes_an_announcement_due_at_once() -> None:
    """Held or not, awaited or not; done already, it is done once more."""
    state = run(running_station(), tick("07:00"))
    state = run(state, act("07:00", Handle(tasks=(task(state, "say-check-in").id,), how=Handling.NOW)))
    assert announcement_open(task(state, "say-check-in"), at("07:00"))
    state = done(state, "say-check-in", "07:01")
    state = run(state, tick("07:30"))
    state = run(state, act("07:30", Handle(tasks=(task(state, "say-check-in").id,), how=Handling.NOW)))
    again = task(state, "say-check-in", 2)
    assert announcement_open(again, at("07:30"))
    assert not again.results


def now(clock: str, item: str) -> Act:
    return act(clock, Handle(tasks=(item,), how=Handling.NOW))


def test_what_is_done_is_not_done_again_for_a_suspended_train() -> None:
    """The refusal says why and what is allowed; the announcement of the suspension itself can be made once more."""
    state = done(run(running_station(), tick("07:55")), "say-check-in", "07:55")
    state = run(state, act("07:56", SetRunning(call=G1, running=Running.SUSPENDED)))
    again = now("07:57", f"{G1}/say-check-in/1")
    with pytest.raises(Refused, match=r"its train is suspended\. Allowed: restore the train first, or announce"):
        step(state, again)
    told = run(done(state, "suspended", "07:56"), now("07:57", f"{G1}/suspended/1"))
    assert announcement_open(task(told, "suspended", 2), at("07:57"))
    restored = run(state, act("07:57", SetRunning(call=G1, running=Running.SCHEDULED)), again)
    assert announcement_open(task(restored, "say-check-in", 2), at("07:57"))


def test_a_train_is_restored_and_announced_in_one_act() -> None:
    """What an act has done already counts for what it does next."""
    state = done(run(running_station(), tick("07:55")), "say-check-in", "07:55")
    state = run(state, act("07:56", SetRunning(call=G1, running=Running.SUSPENDED)))
    restore = SetRunning(call=G1, running=Running.SCHEDULED)
    state = run(state, act("07:57", restore, Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.NOW)))
    assert announcement_open(task(state, "say-check-in", 2), at("07:57"))


@pytest.mark.parametrize("rule", ["check-in", "say-check-in"])
def test_what_was_skipped_is_not_done_now_for_a_suspended_train(rule: str) -> None:
    """Neither an interval nor an announcement; else it would be withdrawn at once, and nobody would know why."""
    state = run(running_station(), act("07:00", Handle(tasks=(f"{G1}/{rule}/1",), how=Handling.SKIP)))
    assert run(state, now("07:01", f"{G1}/{rule}/1")).tasks[f"{G1}/{rule}/1"].state is TaskState.PLANNED
    state = run(state, act("07:00", SetRunning(call=G1, running=Running.SUSPENDED)))
    with pytest.raises(Refused, match="its train is suspended"):
        step(state, now("07:01", f"{G1}/{rule}/1"))


def test_what_nothing_asks_for_any_more_is_not_done_again() -> None:
    """A train that is on time again needs no apology; while it is late, one more can be made."""
    state = run(running_station(), news("07:00", expected_arrival=at("08:20"), expected_departure=at("08:30")))
    state = done(state, "apology", "07:01")
    assert announcement_open(task(run(state, now("07:02", f"{G1}/apology/1")), "apology", 2), at("07:02"))
    with pytest.raises(Refused, match=r"nothing asks for it any more\. Allowed: announce or show it yourself"):
        step(run(state, news("07:03")), now("07:04", f"{G1}/apology/1"))


def test_skipped_is_not_done_and_automatic_brings_it_back() -> None:
    """The task is there and says why nothing happens."""
    state = run(running_station(), act("07:00", Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.SKIP)))
    state = run(state, tick("07:56"))
    assert task(state, "say-check-in").state is TaskState.SKIPPED
    assert not announcement_open(task(state, "say-check-in"), at("07:56"))
    state = run(state, act("07:57", Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.AUTOMATIC)))
    assert announcement_open(task(state, "say-check-in"), at("07:57"))


def test_a_held_row_stays_off_until_it_is_released() -> None:
    """An interval task held before it begins is not on; released it is, to its usual end."""
    state = run(running_station(), tick("06:05"))
    state = run(state, act("06:05", Handle(tasks=(f"{G1}/hall/1",), how=Handling.HOLD)))
    assert not interval_on(task(state, "hall"), at("07:00"))
    state = run(state, act("07:01", Handle(tasks=(f"{G1}/hall/1",), how=Handling.RELEASE)))
    assert interval_on(task(state, "hall"), at("07:01"))


def test_a_row_can_be_shown_before_its_time_and_taken_off() -> None:
    """Now begins an interval early; skip ends it."""
    state = run(running_station(), tick("06:00"))
    row = f"{G1}/arrivals/1"
    assert not interval_on(state.tasks[row], at("06:00"))
    state = run(
        state, act("06:00", Handle(tasks=(row,), how=Handling.NOW)), news("06:10", expected_arrival=at("08:09"))
    )
    assert interval_on(state.tasks[row], at("06:10"))
    state = run(state, act("06:20", Handle(tasks=(row,), how=Handling.SKIP)))
    assert not interval_on(state.tasks[row], at("06:20"))


def test_what_is_begun_can_not_be_held_or_skipped() -> None:
    """It is too late; the executor is speaking."""
    state = done(run(running_station(), tick("07:55")), "say-check-in", "07:55")
    for how in (Handling.HOLD, Handling.SKIP):
        with pytest.raises(Refused, match="done already"):
            step(state, act("07:56", Handle(tasks=(f"{G1}/say-check-in/1",), how=how)))


def test_an_operators_announcement_is_a_task_without_a_call() -> None:
    """Due now, done by the same executor, and dropped in the end."""
    state = run(running_station(), act("07:00", Announce(targets=("waiting-A",), texts=TEXTS), item="desk-1"))
    made = state.tasks["desk-1/1"]
    assert (made.call, made.kind, made.targets) == ("", TaskKind.ANNOUNCEMENT, ("waiting-A",))
    assert announcement_open(made, at("07:00"))
    result = Result(target="waiting-A", state=TaskState.DONE, at=at("07:01"), base=None)
    state = run(state, TaskResult(id="r", at=at("07:01"), task=made.id, result=result))
    assert state.tasks["desk-1/1"].state is TaskState.DONE
    state = run(state, Tick(id="late", at=at("07:00", 3)))
    assert "desk-1/1" not in state.tasks
    assert "act" not in state.records


def test_an_operators_announcement_that_nobody_makes_is_marked() -> None:
    """Too old with an executor present is expired, without one unconfirmed."""
    announced = act("07:00", Announce(targets=("waiting-A",), texts=TEXTS, valid=5), item="desk-1")
    state = run(running_station(), announced, tick("07:05"), tick("07:06"))
    assert state.tasks["desk-1/1"].state is TaskState.UNCONFIRMED
    present = Presence(id="p", at=at("06:30"), kind=TaskKind.ANNOUNCEMENT, present=True)
    state = run(running_station(), present, announced, tick("07:05"), tick("07:06"))
    assert state.tasks["desk-1/1"].state is TaskState.EXPIRED


def test_a_text_is_on_boards_until_its_end() -> None:
    """It ends by itself."""
    shown = Show(targets=("hall-1",), texts=TEXTS, end=at("08:00"), whole=True)
    state = run(running_station(), act("07:00", shown, item="desk-2"))
    made = state.tasks["desk-2/1"]
    assert (made.kind, made.whole) == (TaskKind.MESSAGE, True)
    assert interval_on(made, at("07:59"))
    assert not interval_on(made, at("08:00"))


# Automatic and manual


def test_manual_keeps_back_what_has_not_begun() -> None:
    """What is on stays on and ends by itself; what is to begin waits."""
    state = run(running_station(), tick("06:30"), act("06:30", SetMode(scope="station", manual=True)))
    modes = list(state.records["mode"].values())
    assert not keeps_back(modes, task(state, "hall"))
    assert keeps_back(modes, task(state, "arrivals"))
    assert keeps_back(modes, task(state, "say-check-in"))
    state = run(state, act("06:31", Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.RELEASE)))
    assert not keeps_back(modes, task(state, "say-check-in"))


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ("station", {"hall", "arrivals", "say-check-in", "check-in", "say-arrived"}),
        ("kind.announcement", {"say-check-in", "say-arrived"}),
        ("rule.arrivals", {"arrivals"}),
        (f"call.{G1}", {"hall", "arrivals", "say-check-in", "check-in", "say-arrived"}),
    ],
)
def test_a_scope_is_the_station_a_subsystem_a_rule_or_a_call(scope: str, kept: set[str]) -> None:
    """Each covers its own tasks and no others."""
    state = run(running_station(now="05:00"), act("05:00", SetMode(scope=scope, manual=True)))
    modes = list(state.records["mode"].values())
    assert {item.rule for item in state.tasks.values() if keeps_back(modes, item)} == kept


def test_the_return_does_only_what_is_chosen() -> None:
    """What fell due meanwhile is listed; the chosen is done now, the rest not at all, and what is to come as usual."""
    state = run(running_station(), tick("07:20"), act("07:20", SetMode(scope="station", manual=True)))
    state = run(state, *(tick(f"07:{minute}") for minute in range(21, 60)))
    mode = state.records["mode"]["station"]
    assert isinstance(mode, Mode)
    fallen = [item.rule for item in fell_due(mode, state.tasks.values(), at("07:59"))]
    assert fallen == ["arrivals", "check-in", "say-check-in"]
    chosen = (f"{G1}/arrivals/1",)
    state = run(state, act("07:59", SetMode(scope="station", manual=False, chosen=chosen)))
    assert "mode" not in state.records
    assert interval_on(task(state, "arrivals"), at("07:59"))
    assert task(state, "check-in").state is TaskState.SKIPPED
    assert task(state, "say-check-in").state is TaskState.SKIPPED
    assert task(state, "say-arrived").state is TaskState.PLANNED
    again = run(state, act("08:00", SetMode(scope="station", manual=True)))
    with pytest.raises(Refused, match="did not fall due"):
        step(again, act("08:01", SetMode(scope="station", manual=False, chosen=chosen)))


# Undo

ACTS: list[Callable[[State], tuple[Deed, ...]]] = [
    lambda _: (Delay(call=G1, event=ARRIVAL, minutes=20),),
    lambda _: (Delay(call=G1, event=DEPARTURE, minutes=20, check_in=False),),
    lambda _: (SetTrack(call=G1, track="3"), SetFormation(call=G1, formation="16")),
    lambda _: (SetPlaces(call=G1, gates=("2A",), areas=("B",), exits=()),),
    lambda _: (SetRunning(call=G1, running=Running.SUSPENDED, reason="大风"),),
    lambda _: (Unknown(call=G1, event=DEPARTURE),),
    lambda _: (Actual(call=G1, event=ARRIVAL, at=at("07:00")),),
    lambda _: (SetCheckIn(call=G1, opens=at("07:30"), closes=at("07:50")),),
    lambda _: (Lock(call=G1, field="track"),),
    lambda _: (Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.NOW),),
    lambda _: (Handle(tasks=(f"{G1}/say-check-in/1", f"{G1}/hall/1"), how=Handling.SKIP),),
    lambda _: (Handle(tasks=(f"{G1}/say-check-in/1",), how=Handling.HOLD),),
    lambda _: (SetMode(scope="station", manual=True),),
    lambda _: (SetAcceptance(source=Source.REPORT, field="arrival.actual", automatic=False),),
    lambda _: (AddCall(day=DAY, planned=planned("G9")),),
    lambda state: (Decide(proposals=tuple(item.id for item in proposals(state).values()), accept=True),),
    lambda state: (Decide(proposals=tuple(item.id for item in proposals(state).values()), accept=False),),
]


def said(state: State) -> object:
    """All that there is, without the numbers that only count; going back to a platform is itself a change of it."""
    calls = {
        item: replace(value, revision=0, platform_since=None, platform_before="") for item, value in state.calls.items()
    }
    tasks = {item: replace(value, revision=0) for item, value in state.tasks.items()}
    others = {
        (kind, item): replace(value, revision=0)
        for kind, records in state.records.items()
        if kind != "act"
        for item, value in records.items()
    }
    return calls, tasks, others


@pytest.mark.parametrize("deeds", ACTS)
def test_every_act_can_be_undone_and_the_undo_too(deeds: Callable[[State], tuple[Deed, ...]]) -> None:
    """Undone at once, the day is what it was; undone again, what the act had made of it."""
    state = run(running_station(), tick("07:00"), act("07:00", SetFormation(call=G1, formation="8"), item="a0"))
    state = run(state, act("07:00", Lock(call=G1, field="departure.expected"), item="a1"))
    before = run(state, news("07:00", expected_departure=at("08:20")))
    assert proposals(before)
    acted = run(before, act("07:00", *deeds(before), item="a2"))
    assert said(acted) != said(before)
    undone = run(acted, act("07:00", Undo(act="a2"), item="a3"))
    tasks_made = said(undone)[1].keys() - said(before)[1].keys()  # type: ignore[index]
    assert all(undone.tasks[item].state in (TaskState.WITHDRAWN, TaskState.SKIPPED) for item in tasks_made)
    assert without(said(undone), tasks_made) == without(said(before), tasks_made)
    again = run(undone, act("07:00", Undo(act="a3"), item="a4"))
    assert said(again) == said(acted)
    with pytest.raises(Refused, match="taken back by a3"):
        step(undone, act("07:01", Undo(act="a2"), item="a5"))


def without(everything: object, tasks: set[str]) -> object:
    calls, there, others = everything  # type: ignore[misc]
    return calls, {item: value for item, value in there.items() if item not in tasks}, others


def test_undo_is_refused_where_something_newer_built_on_it() -> None:
    """The other fields of an act can still be set by hand; nothing newer is ever overwritten."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), item="a1"))
    state = run(state, act("07:01", SetTrack(call=G1, track="2"), item="a2"))
    with pytest.raises(Refused, match="track has been set since"):
        step(state, act("07:02", Undo(act="a1")))
    state = run(state, act("07:03", Undo(act="a2"), item="a3"), act("07:04", Undo(act="a1"), item="a4"))
    assert call(state).track == "1"


def test_acts_on_different_fields_do_not_stand_in_each_others_way() -> None:
    """The earlier of two acts on one call can be undone alone."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), item="a1"))
    state = run(state, act("07:01", Delay(call=G1, event=ARRIVAL, minutes=20), item="a2"))
    state = run(state, act("07:02", Undo(act="a1"), item="a3"))
    assert (call(state).track, best(state, ARRIVAL)) == ("1", at("08:20"))


def test_an_act_is_kept_with_who_when_why_and_from_what_to_what() -> None:
    """It can be read as long as its calls are there."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), item="a1"))
    (kept,) = records(state)
    assert (kept.by, kept.at, kept.why, kept.calls) == ("dispatcher 1", at("07:00"), "told by telephone", (G1,))
    assert ("track", '"1"', '"3"') in [(was.field, was.before, was.after) for was in kept.was]
    state = run(state, Tick(id="late", at=at("07:00", 4)))
    assert "act" not in state.records


def test_what_was_announced_cannot_be_taken_back() -> None:
    """The announcement has been made; the undo says so."""
    state = run(running_station(), act("07:00", Announce(targets=("waiting-A",), texts=TEXTS), item="a1"))
    result = Result(target="waiting-A", state=TaskState.BEGUN, at=at("07:00"), base=None)
    state = run(state, TaskResult(id="r", at=at("07:00"), task="a1/1", result=result))
    with pytest.raises(Refused, match="changed since"):
        step(state, act("07:01", Undo(act="a1")))


def test_acts_survive_a_restart() -> None:
    """Everything that acts made is in the resources: the state read back is the same."""
    state = run(running_station(), act("07:00", SetTrack(call=G1, track="3"), item="a1"), news("07:05", track="2"))
    state = run(
        state, act("07:06", SetMode(scope="station", manual=True), Announce(targets=("waiting-A",), texts=TEXTS))
    )
    read_back = State.from_resources(state.resources())
    assert replace(read_back, station=state.station) == state


def test_the_feeds_grade_changes_nothing_of_what_people_set() -> None:
    """A lost feed does not undo a person's value."""
    state = run(running_station(), act("07:00", Expect(call=G1, event=ARRIVAL, at=at("08:20"))))
    state = run(state, GradeFeed(id="lost", at=at("07:30"), grade=FeedGrade.LOST), tick("07:31"))
    assert best(state, ARRIVAL) == at("08:20")


def test_only_what_an_act_touches_is_changed() -> None:
    """Other calls are left alone."""
    state = running_station(planned("G1"), planned("G2", track="3"))
    _, changes = step(state, act("07:00", SetTrack(call=G1, track="3")))
    assert isinstance(changes, Changes)
    assert not any("G2" in put.id for put in changes.puts if put.kind != "conflict")


def test_a_record_of_the_feed_finds_a_call_by_any_number() -> None:
    """Locks hold whichever number the feed uses."""
    state = running_station(planned("G1/G4"))
    state = run(state, act("07:00", SetTrack(call=G1, track="3")))
    again: FeedRecord = record("G4", track="2")
    state = run(state, Feed(id="f", at=at("07:01"), records=(again,)))
    assert call(state).track == "3"
    assert proposals(state)["track"].call == G1
