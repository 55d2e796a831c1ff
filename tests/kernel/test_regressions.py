"""Faults that the machine has found, each by the shortest inputs that showed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.deeds import AddCall, Announce, DecideRows, Deed, Delay, Handle, Handling, SetMode, Undo
from stationmaster_kernel.inputs import Act, Configure, Feed, Input, Plan, TaskResult, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Result, Text
from stationmaster_kernel.values import EventName, TaskState
from support.small_station import DAY, STATION, at, planned, record, running_station

SAID = Announce(targets=("waiting-A",), texts=(Text(name="speech", language="zh", text="请注意"),))


def test_what_a_step_makes_and_drops_again_is_not_deleted() -> None:
    """A record of a train that has long gone leaves nothing behind, and nobody is told to delete what never was."""
    state = running_station(now="23:00")
    state, _ = step(state, Configure(id="c2", at=at("23:00"), configuration=_keeping(600)))
    gone = record("X1", planned_arrival=at("20:00"), planned_departure=at("20:10"), actual_departure=at("06:00"))
    after, changes = step(state, Feed(id="f", at=at("23:01"), records=(gone,)))
    assert changes.deletes == ()
    assert [put.kind for put in changes.puts] == ["kernel"]
    assert list(after.memory) == list(state.memory)


def test_a_repeat_puts_nothing() -> None:
    """A record that says what the last one said is no change, even where nobody has left it out."""
    news = record(expected_departure=at("08:30"))
    state, _ = step(running_station(), Feed(id="f", at=at("06:10"), records=(news,)))
    _, changes = step(state, Feed(id="g", at=at("06:11"), records=(replace(news), news)))
    assert [put.kind for put in changes.puts] == ["kernel"]


def test_another_keep_counts_for_what_hangs_on_no_call() -> None:
    """When an operator's announcement is forgotten follows the configuration, also of one that was made before."""
    state, _ = step(running_station(), Act(id="a", at=at("06:10"), by="controller 2", deeds=(SAID,)))
    state, _ = step(state, Configure(id="c2", at=at("06:11"), configuration=_keeping(30)))
    assert state.wakes[""] * MINUTE == at("06:21")
    assert State.from_resources(state.resources()).wakes == state.wakes


def test_two_rows_of_a_first_plan_never_share_a_call() -> None:
    """Of two trains of one number the first is over when its plan comes; the second is the second all the same."""
    early, late = planned(arrival="00:10", departure="00:20"), planned(arrival="20:00", departure="20:10")
    state = State.empty(at("19:00"))
    for given in (
        Configure(id="c", at=at("19:00"), configuration=_keeping(60)),
        Plan(id="p", at=at("19:00"), day=DAY, calls=(early, late)),
    ):
        state, _ = step(state, given)
    rows = {item: row.call for item, row in state.records["row"].items() if isinstance(row, PlanRow)}
    assert rows == {f"{DAY}/G1/1": f"TST/{DAY}/G1/1", f"{DAY}/G1/2": f"TST/{DAY}/G1/2"}
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]
    moved = replace(early, arrival=at("00:05"))
    state, _ = step(state, Plan(id="q", at=at("19:01"), day=DAY, calls=(moved, late)))
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]


def test_an_extra_train_does_not_take_the_place_of_one_that_is_over() -> None:
    """A row keeps the id of its train when that is long over; another of the number, made then, has the next."""
    state = running_station(planned(arrival="07:00", departure="07:10"))
    state, _ = step(state, Configure(id="c2", at=at("10:00"), configuration=_keeping(60)))
    assert not state.calls
    extra = record(planned_arrival=at("11:00"), planned_departure=at("11:10"))
    state, _ = step(state, Feed(id="f", at=Instant(at("10:00") + 7), records=(extra,)))
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]


def _keeping(minutes: int) -> Configuration:
    return replace(STATION, station=replace(STATION.station, keep=minutes))


def test_the_order_of_what_hangs_on_no_call_is_that_of_its_ids() -> None:
    """Announcements without a train stand in one order, however they were made and in whatever order they are read."""
    state = running_station()
    for number in (3, 1, 2):
        state, _ = step(state, Act(id=f"a{number}", at=at("06:10"), by="controller 2", deeds=(SAID,)))
    assert state.tasks_of[""] == ("a1/1", "a2/1", "a3/1")
    assert State.from_resources(state.resources()).tasks_of == state.tasks_of


def test_of_two_announcements_of_one_act_one_is_made_again_without_the_other() -> None:
    """What is to be said again now gets an id of its own, and not that of the act's next announcement."""
    state = _run(running_station(), _act("a", SAID, SAID))
    done = Result(target="waiting-A", state=TaskState.DONE, at=at("06:10"))
    state = _run(state, *(TaskResult(id=f"r{n}", at=at("06:11"), task=f"a/{n}", result=done) for n in (1, 2)))
    state = _run(state, _act("b", Handle(tasks=("a/1",), how=Handling.NOW)))
    state = _run(state, TaskResult(id="r3", at=at("06:12"), task="a/1/2", result=done))
    state = _run(state, _act("c", Handle(tasks=("a/1/2",), how=Handling.NOW)))
    assert set(state.tasks_of[""]) == {"a/1", "a/2", "a/1/2", "a/1/3"}
    assert state.tasks["a/2"].results == (done,)


def test_an_added_train_that_is_taken_back_leaves_an_act_that_is_about_no_train() -> None:
    """Its act is there to be read until its time is over, and adding it can be done once more."""
    added = AddCall(day=DAY, planned=planned("X1", arrival="20:00", departure="20:10"))
    state = _run(running_station(), _act("a", added), _act("b", Undo(act="a")))
    act = state.records["act"]["a"]
    assert isinstance(act, ActRecord)
    assert (act.undone, act.calls, f"TST/{DAY}/X1/1" in state.calls) == ("b", (), False)
    state = _run(state, _act("c", Undo(act="b")))
    act = state.records["act"]["a"]
    assert isinstance(act, ActRecord)
    assert (act.undone, act.calls, f"TST/{DAY}/X1/1" in state.calls) == ("", (f"TST/{DAY}/X1/1",), True)
    read = State.from_resources(state.resources())
    assert (read.about, read.wakes) == (state.about, state.wakes)


def test_a_mode_goes_with_its_train() -> None:
    """What was made manual for one train is manual no longer than there is the train, and cannot be so again."""
    manual = SetMode(scope=f"call.TST/{DAY}/G1/1", manual=True)
    automatic = replace(manual, manual=False)
    acts = (_act("a", manual, clock="12:00"), _act("b", automatic, clock="12:00"), _act("c", manual, clock="12:00"))
    state = _run(running_station(), *acts)
    state = _run(state, Tick(id="t", at=at("21:00", days=1)))
    assert not state.calls
    assert "mode" not in state.records
    with pytest.raises(Refused, match="its call is gone"):
        step(state, _act("d", Undo(act="b"), clock="21:00", days=1))


def test_a_plan_never_moves_a_train_into_the_past_by_itself() -> None:
    """A row that would be over at once by a newer version waits for a person; accepted, the train goes."""
    state = _run(running_station(planned(arrival="20:00", departure="20:10"), now="12:00"), _configured(60))
    past = Plan(id="q", at=at("12:01"), day=DAY, calls=(planned(arrival="02:00", departure="02:10"),))
    state = _run(state, past)
    assert list(state.calls) == [f"TST/{DAY}/G1/1"]
    state = _run(state, _act("a", DecideRows(day=DAY, rows=(f"{DAY}/G1/1",), accept=True), clock="12:02"))
    assert not state.calls


def test_news_of_a_train_that_is_over_is_no_news_of_the_next_with_its_number() -> None:
    """Of two trains of one number the first is long gone; a late record of it leaves the second as it is."""
    both = (planned(arrival="00:10", departure="00:20"), planned(arrival="20:00", departure="20:10"))
    state = _run(running_station(*both, now="12:00"), _configured(60))
    (before,) = state.calls.values()
    late = record(planned_arrival=at("00:10"), planned_departure=at("00:20"), actual_departure=at("00:22"))
    state = _run(state, Feed(id="f", at=at("12:01"), records=(late,)))
    assert list(state.calls.values()) == [before]


def test_an_interval_has_no_results() -> None:
    """What is on for a while follows from data and time; a result of it is refused, and puts nothing on again."""
    state = running_station()
    done = Result(target="hall-1", state=TaskState.DONE, at=at("06:10"))
    with pytest.raises(Refused, match="no announcement or notice"):
        step(state, TaskResult(id="r", at=at("06:10"), task=f"TST/{DAY}/G1/1/hall/1", result=done))


CALL = f"TST/{DAY}/G1/1"
SAY = f"{CALL}/say-check-in"


def _said_anew() -> State:
    """The check-in announcement was skipped, and is planned anew because of a delay."""
    state = _run(running_station(), _act("skip", Handle(tasks=(f"{SAY}/1",), how=Handling.SKIP)))
    state = _run(state, _act("late", Delay(call=CALL, event=EventName.ARRIVAL, minutes=60), clock="06:15"))
    assert [state.tasks[f"{SAY}/{n}"].state for n in (1, 2)] == [TaskState.SKIPPED, TaskState.PLANNED]
    return state


def test_now_on_an_older_occurrence_is_now_for_the_newest() -> None:
    """What is still to be done is done now, and not once more later, when nobody looks after it."""
    state = _run(_said_anew(), _act("now", Handle(tasks=(f"{SAY}/1",), how=Handling.NOW), clock="06:20"))
    assert f"{SAY}/3" not in state.tasks
    assert state.tasks[f"{SAY}/2"].due == at("06:20")


def test_an_older_occurrence_is_not_planned_again() -> None:
    """Neither when it is automatic again, nor when its skipping is taken back: its next occurrence is there."""
    state = _run(_said_anew(), _act("auto", Handle(tasks=(f"{SAY}/1",), how=Handling.AUTOMATIC), clock="06:20"))
    assert state.tasks[f"{SAY}/1"].state is TaskState.SKIPPED
    with pytest.raises(Refused, match="made anew since"):
        step(_said_anew(), _act("undo", Undo(act="skip"), clock="06:20"))


def _run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def _act(item: str, *deeds: Deed, clock: str = "06:12", days: int = 0) -> Act:
    return Act(id=item, at=at(clock, days), by="controller 2", deeds=deeds)


def _configured(keep: int) -> Configure:
    return Configure(id=f"keep/{keep}", at=at("12:00"), configuration=_keeping(keep))
