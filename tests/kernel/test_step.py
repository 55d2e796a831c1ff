"""The kernel, one fact at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Feed, FeedRecord, GradeFeed, Input, Plan, Presence, TaskResult, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, is_news, step
from stationmaster_kernel.task import Result, Task, announcement_open, interval_on, stage_at
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Running, Status, TaskKind, TaskState
from support.small_station import DAY, at, planned, record, running_station

G1 = "TST/2026-03-01/G1/1"


def run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def tick(clock: str, days: int = 0) -> Tick:
    return Tick(id=f"tick/{days}/{clock}", at=at(clock, days))


def news(clock: str, *records: FeedRecord) -> Feed:
    return Feed(id=f"feed/{clock}", at=at(clock), records=records)


def done(task: str, target: str, clock: str, base: str, state: TaskState = TaskState.DONE) -> TaskResult:
    result = Result(target=target, state=state, at=at(clock), base=at(base))
    return TaskResult(id=f"{task}{target}{state}", at=at(clock), task=task, result=result)


def task(state: State, rule: str, occurrence: int = 1, call: str = G1) -> Task:
    return state.tasks[f"{call}/{rule}/{occurrence}"]


def status(state: State, rule: str, clock: str) -> Status:
    stage = stage_at(task(state, rule), at(clock))
    assert stage is not None
    return stage.status


def test_a_plan_makes_calls_with_their_platform_and_tasks() -> None:
    """Track gives platform, platform gives gates; rules give tasks with deterministic ids and targets."""
    state = running_station()
    call = state.calls[G1]
    assert (call.platform, call.gates, call.areas, call.exits) == ("1", ("1A",), ("A",), ("N",))
    assert (call.check_in_open, call.check_in_close) == (at("07:55"), at("08:07"))
    assert sorted(state.tasks) == [
        f"{G1}/arrivals/1",
        f"{G1}/check-in/1",
        f"{G1}/hall/1",
        f"{G1}/say-arrived/1",
        f"{G1}/say-check-in/1",
    ]
    assert task(state, "hall").targets == ("hall-1", "gate-1A")
    assert task(state, "hall").text("destination", "en") == "Baotou"
    assert task(state, "say-check-in").targets == ("waiting-A",)


def test_a_row_is_on_from_its_start_and_says_where_the_train_stands() -> None:
    """The stages of a departure row follow check-in."""
    state = running_station()
    row = task(state, "hall")
    assert [interval_on(row, at(clock)) for clock in ("06:09", "06:10", "08:10")] == [False, True, True]
    assert [status(state, "hall", clock) for clock in ("07:54", "07:55", "08:06", "08:07")] == [
        Status.WAITING,
        Status.CHECKING_IN,
        Status.CHECKING_IN,
        Status.CHECK_IN_CLOSED,
    ]


def test_time_alone_never_makes_a_train_leave() -> None:
    """Without a report the row stays, creeps with a fresh feed, and goes only with the departure."""
    state = running_station()
    for minute in range(10, 40):
        state = run(state, tick(f"08:{minute}"))
    call = state.calls[G1]
    assert call.departure is not None
    assert call.arrival is not None
    assert call.arrival.overdue
    assert call.departure.best == at("08:41")
    assert interval_on(task(state, "hall"), at("08:39"))
    state = run(
        state,
        news("08:40", record(actual_arrival=at("08:30"), actual_departure=at("08:38"))),
    )
    assert not interval_on(task(state, "hall"), at("08:40"))
    assert state.calls[G1].departure.overdue is False  # type: ignore[union-attr]


def test_without_a_fresh_feed_a_row_is_unconfirmed_and_ends_hard() -> None:
    """The best time stands still, the row says so, and the rule's hard end takes it down."""
    state = running_station(grade=FeedGrade.LOST)
    for minute in range(60):
        state = run(state, tick(f"08:{minute:02}"))
    call = state.calls[G1]
    assert call.unconfirmed
    assert call.departure is not None
    assert call.departure.best == at("08:10")
    assert status(state, "hall", "08:59") is Status.UNCONFIRMED
    row = task(state, "hall")
    assert row.hard_end == at("09:11")
    assert [interval_on(row, at(clock)) for clock in ("09:10", "09:11")] == [True, False]
    state = run(state, GradeFeed(id="x", at=at("09:00"), grade=FeedGrade.FRESH))
    assert not state.calls[G1].unconfirmed
    assert state.calls[G1].departure.best == at("09:02")  # type: ignore[union-attr]


def test_a_delay_moves_everything_that_hangs_on_it() -> None:
    """Check-in, rows and announcements follow the expected time; the row starts no later than planned."""
    state = run(running_station(), news("07:00", record(expected_arrival=at("08:30"), expected_departure=at("08:40"))))
    call = state.calls[G1]
    assert call.check_in_open == at("08:25")
    assert task(state, "say-check-in").due == at("08:25")
    assert task(state, "hall").start == at("06:10")
    assert task(state, "hall").text("expected", "zh") == "08:40"
    assert status(state, "hall", "07:01") is Status.LATE
    apology = task(state, "apology")
    assert (apology.due, apology.valid_until) == (at("07:00"), at("07:10"))
    assert apology.text("speech", "en") == "apology Baotou 30"


def test_delay_unknown_is_a_state_and_holds_tasks() -> None:
    """No time, no announcement by time, but the row stays and says so; recovery releases them."""
    state = run(running_station(), news("07:00", record(arrival_unknown=True, departure_unknown=True)))
    call = state.calls[G1]
    assert call.check_in_open is None
    assert task(state, "say-check-in").due is None
    assert task(state, "hall").end is None
    assert interval_on(task(state, "hall"), at("12:00"))
    assert status(state, "hall", "07:00") is Status.DELAY_UNKNOWN
    assert task(state, "unknown").due == at("07:00")
    state = run(state, news("09:00", record(expected_arrival=at("10:00"), expected_departure=at("10:10"))))
    assert task(state, "say-check-in").due == at("09:55")
    assert task(state, "unknown").state is TaskState.WITHDRAWN


def test_an_arrival_unknown_makes_the_departure_unknown() -> None:
    """A train that nobody knows the arrival of has no known departure."""
    state = run(running_station(), news("07:00", record(arrival_unknown=True)))
    assert state.calls[G1].departure.best is None  # type: ignore[union-attr]


def test_a_platform_change_moves_targets_and_tells_both_platforms() -> None:
    """Gates follow the platform, rows change boards, old and new zones hear of it."""
    state = run(running_station(), news("07:00", record(track="3")))
    call = state.calls[G1]
    assert (call.track, call.platform, call.gates, call.planned_platform) == ("3", "2", ("2A",), "1")
    assert task(state, "hall").targets == ("hall-1", "gate-2A")
    assert task(state, "moved").targets == ("waiting-A", "waiting-B", "platform-1", "platform-2")
    state = run(state, news("07:01", record(track="1")))
    assert state.calls[G1].platform == "1"
    assert task(state, "moved").state is TaskState.WITHDRAWN


def test_a_suspended_train_is_shown_and_not_called() -> None:
    """Its timed announcements are withdrawn, its row stays an hour; restored, they are planned again."""
    suspended = record(running=Running.SUSPENDED, reason="大风")
    state = run(running_station(), news("07:00", suspended))
    assert task(state, "say-check-in").state is TaskState.WITHDRAWN
    assert task(state, "check-in").state is TaskState.WITHDRAWN
    assert task(state, "suspended").due == at("07:00")
    assert status(state, "hall", "07:00") is Status.SUSPENDED
    assert task(state, "hall").end == at("09:11")
    state = run(state, news("07:20", record()))
    assert task(state, "say-check-in").state is TaskState.PLANNED
    assert task(state, "check-in").state is TaskState.PLANNED
    assert task(state, "suspended").state is TaskState.WITHDRAWN


def test_an_announcement_that_awaits_a_report_is_held_until_it_comes() -> None:
    """Arrival is announced when the train has arrived, by its actual time."""
    state = run(running_station(), tick("08:00"), tick("08:01"))
    waiting = task(state, "say-arrived")
    assert waiting.awaits is EventName.ARRIVAL
    assert not announcement_open(waiting, at("08:01"))
    state = run(state, news("08:02:20", record(actual_arrival=at("08:02"))))
    said = task(state, "say-arrived")
    assert (said.awaits, said.due, said.valid_until) == (None, at("08:02"), at("08:07"))
    assert announcement_open(said, at("08:02:20"))


def test_results_are_kept_per_target_and_an_end_is_final() -> None:
    """Begun, then done; what comes later for the same target is ignored."""
    name = f"{G1}/say-check-in/1"
    state = run(running_station(), tick("07:55"), done(name, "waiting-A", "07:55", "07:55", TaskState.BEGUN))
    assert task(state, "say-check-in").state is TaskState.BEGUN
    state = run(state, done(name, "waiting-A", "07:56", "07:55"))
    assert task(state, "say-check-in").state is TaskState.DONE
    state = run(state, done(name, "waiting-A", "07:57", "07:55", TaskState.INTERRUPTED))
    assert task(state, "say-check-in").state is TaskState.DONE


def test_done_on_a_base_that_moves_far_is_done_again() -> None:
    """Beyond the rule's threshold a next occurrence is made, within it none."""
    name = f"{G1}/say-check-in/1"
    state = run(running_station(), tick("07:55"), done(name, "waiting-A", "07:55", "07:55"))
    state = run(state, news("07:56", record(expected_arrival=at("08:06"), expected_departure=at("08:16"))))
    assert f"{G1}/say-check-in/2" not in state.tasks
    state = run(state, news("07:57", record(expected_arrival=at("08:30"), expected_departure=at("08:40"))))
    again = task(state, "say-check-in", 2)
    assert (again.due, again.state) == (at("08:25"), TaskState.PLANNED)


def _expected(departure: str, **more: str) -> FeedRecord:
    """The train, expected to leave then, and to arrive ten minutes before that."""
    leaves = at(departure)
    return record(expected_arrival=Instant(leaves - 10 * MINUTE), expected_departure=leaves, **more)


def test_a_delay_that_shrinks_swallows_nothing() -> None:
    """Check-in turns out to have been open for longer than its announcement is valid: it is due at once."""
    late = run(running_station(), news("07:30", _expected("09:10")))
    assert task(late, "say-check-in").due == at("08:55")
    state = run(late, news("08:42", _expected("08:46")))
    said = task(state, "say-check-in")
    assert state.calls[G1].check_in_open == at("08:31")
    assert (said.due, said.valid_until, said.state) == (at("08:42"), at("08:52"), TaskState.PLANNED)
    state = run(state, news("08:42", _expected("08:46", reason="雪")))
    assert task(state, "say-check-in").due == at("08:42")
    in_time = run(late, news("08:40", _expected("08:46")))
    assert task(in_time, "say-check-in").due == at("08:31")


def test_what_is_of_no_use_any_more_is_not_hurried() -> None:
    """Once check-in has closed, nobody is told that it has opened; nor when it was too late before."""
    late = run(running_station(), news("07:30", _expected("09:10")))
    closed = run(late, news("08:42", _expected("08:44")))
    assert closed.calls[G1].check_in_close == at("08:41")
    assert task(closed, "say-check-in").state is TaskState.UNCONFIRMED
    missed = run(running_station(), tick("08:05"), news("08:05", _expected("08:09")))
    assert task(missed, "say-check-in").due == at("07:54")


def test_a_delay_that_becomes_known_swallows_nothing() -> None:
    """What waited for a time is due at once if that time turns out to be past."""
    unknown = record(arrival_unknown=True, departure_unknown=True)
    state = run(running_station(), news("07:30", unknown))
    assert task(state, "say-check-in").due is None
    state = run(state, news("08:42", _expected("08:46")))
    assert task(state, "say-check-in").due == at("08:42")


def test_a_result_on_an_old_base_rearms_when_it_arrives() -> None:
    """An executor that was cut off acted on 07:55; the hub knew 08:25 long since."""
    name = f"{G1}/say-check-in/1"
    state = run(running_station(), news("07:30", record(expected_arrival=at("08:30"), expected_departure=at("08:40"))))
    state = run(state, done(name, "waiting-A", "07:55", "07:55"))
    assert task(state, "say-check-in").state is TaskState.DONE
    assert task(state, "say-check-in", 2).due == at("08:25")


@pytest.mark.parametrize(("present", "end"), [(True, TaskState.EXPIRED), (False, TaskState.UNCONFIRMED)])
def test_a_task_of_which_nobody_says_anything(present: bool, end: TaskState) -> None:
    """It expires when its executor is there, and is unconfirmed when it is not; a later result replaces that."""
    state = run(
        running_station(),
        Presence(id="b", at=at("06:00"), kind=TaskKind.ANNOUNCEMENT, present=present),
        tick("08:05"),
    )
    assert task(state, "say-check-in").state is TaskState.PLANNED
    state = run(state, tick("08:06"))
    assert task(state, "say-check-in").state is end
    state = run(state, done(f"{G1}/say-check-in/1", "waiting-A", "07:55", "07:55"))
    assert task(state, "say-check-in").state is TaskState.DONE


def test_the_apology_is_repeated_when_the_delay_grows() -> None:
    """A new occurrence for each further step beyond the threshold."""
    late = record(expected_arrival=at("08:20"), expected_departure=at("08:30"))
    state = run(running_station(), news("07:00", late), done(f"{G1}/apology/1", "waiting-A", "07:01", "08:30"))
    state = run(state, news("07:05", replace(late, expected_departure=at("08:38"))))
    assert f"{G1}/apology/2" not in state.tasks
    state = run(state, news("07:10", replace(late, expected_departure=at("08:50"))))
    assert task(state, "apology", 2).due == at("07:10")


def test_impossible_records_are_quarantined_with_their_reason() -> None:
    """Nothing of such a record is taken, the next good one is."""
    state = running_station()
    bad = {
        "track": record(track="77"),
        "future": record(actual_arrival=at("09:00")),
        "before": record(actual_arrival=at("06:00"), actual_departure=at("05:59")),
        "suspended": record(actual_arrival=at("06:00"), running=Running.SUSPENDED),
        "48 hours": record(expected_departure=at("08:00", 3)),
        "lacks": record(planned_departure=None),
        "number": record(number=""),
    }
    for word, wrong in bad.items():
        after, changes = step(state, news("06:00", wrong))
        (note,) = changes.notes
        assert note.code == "quarantined"
        assert word in dict(note.detail)["reason"]
        assert after.calls == state.calls


def test_a_report_finds_the_nearest_call_by_any_number() -> None:
    """Two calls of one number on one date; one of them under its other number."""
    morning, evening = planned("G1/G2"), planned("G1/G2", arrival="20:00", departure="20:10")
    state = running_station(morning, evening)
    late = record("G2", planned_arrival=at("20:00"), planned_departure=at("20:10"), expected_departure=at("20:20"))
    state = run(state, news("07:00", late))
    assert state.calls[G1].departure.best == at("08:10")  # type: ignore[union-attr]
    assert state.calls["TST/2026-03-01/G1/2"].departure.best == at("20:20")  # type: ignore[union-attr]


def test_a_record_without_a_call_is_an_extra_train() -> None:
    """On a planned date it makes a call; before the date's plan it waits for it."""
    state = run(running_station(), news("06:10", record("K9", running=Running.EXTRA)))
    assert state.calls["TST/2026-03-01/K9/1"].running is Running.EXTRA
    early = record("G1", day=DAY.replace(day=2), planned_arrival=at("08:00", 1), planned_departure=at("08:10", 1))
    early = replace(early, expected_departure=at("08:20", 1))
    state = run(state, news("06:11", early))
    assert len(state.calls) == 2
    assert not is_news(state, early)
    tomorrow = replace(planned(), arrival=at("08:00", 1), departure=at("08:10", 1))
    state = run(state, Plan(id="p2", at=at("06:12"), day=DAY.replace(day=2), calls=(tomorrow,)))
    assert state.calls["TST/2026-03-02/G1/1"].departure.best == at("08:20", 1)  # type: ignore[union-attr]


def test_a_repeat_is_no_news() -> None:
    """The carousel brings everything again and again; nothing of it is an input."""
    state = running_station()
    assert is_news(state, record())
    state = run(state, news("06:10", record()))
    assert not is_news(state, record())


def test_a_cancelled_report_is_taken_back() -> None:
    """An actual time that disappears makes the event open again."""
    state = run(running_station(), news("08:00", record(actual_arrival=at("08:00"))), news("08:01", record()))
    assert state.calls[G1].arrival.actual is None  # type: ignore[union-attr]
    assert task(state, "say-arrived").awaits is EventName.ARRIVAL


def test_calls_are_dropped_with_all_that_hangs_on_them() -> None:
    """A day and a half after its last event nothing of a call is left."""
    state = run(running_station(), news("08:12", record(actual_arrival=at("08:00"), actual_departure=at("08:12"))))
    state = run(state, tick("20:11", 1))
    assert G1 in state.calls
    state = run(state, tick("20:12", 1))
    assert not state.calls
    assert not state.tasks
    assert not state.memory
    assert not state.due
    assert not state.numbers


def test_an_overdue_train_creeps_every_minute() -> None:
    """What comes about it within a minute does not make the kernel miss the next."""
    state = run(running_station(), tick("08:02"), tick("08:03"))
    state = run(state, done(f"{G1}/say-check-in/1", "waiting-A", "08:03:30", "08:10"), tick("08:04"))
    assert state.calls[G1].arrival.best == at("08:04")  # type: ignore[union-attr]


def test_a_train_that_nobody_reports_is_dropped_in_the_end() -> None:
    """It creeps with the clock, but it is not kept for ever."""
    state = run(running_station(), *(tick(f"{hour:02}:30", day) for day in (0, 1) for hour in range(7, 21)))
    assert not state.calls
    assert not state.due


def test_a_tick_that_goes_backwards_is_refused() -> None:
    """Station time never runs backwards."""
    state = run(running_station(), tick("07:00"))
    with pytest.raises(Refused, match="comes after"):
        step(state, tick("06:59"))


def test_a_leap_that_nobody_vouches_for_is_refused() -> None:
    """Beyond ten minutes it is; up to them it counts, as do a first tick and a leap that is vouched for."""
    state = run(running_station(), tick("07:00"))
    leap = replace(tick("10:00"), trusted=False)
    with pytest.raises(Refused, match="180 minutes after") as refused:
        step(state, leap)
    assert refused.value.code == "tick-leap"
    with pytest.raises(Refused, match="11 minutes after"):
        step(state, replace(tick("07:11"), trusted=False))
    assert run(state, replace(tick("07:10"), trusted=False)).facts.ticked == at("07:10")
    assert run(state, replace(leap, trusted=True)).facts.ticked == at("10:00")
    assert run(State.empty(at("07:00")), leap).facts.ticked == at("10:00")


def test_after_a_refused_leap_all_is_as_if_it_had_not_been() -> None:
    """The ticks of the right time go on where they were, and rows, states and tasks are what they would be without."""
    state = run(running_station(), tick("07:00"))
    with pytest.raises(Refused):
        step(state, replace(tick("07:00", days=2), trusted=False))
    steady = [tick(f"07:{minute:02}") for minute in range(1, 60)]
    without = run(running_station(), tick("07:00"), *steady)
    assert list(run(state, *steady).resources()) == list(without.resources())
    assert run(state, *steady, replace(tick("08:05"), trusted=False)).facts.ticked == at("08:05")


def test_a_passing_train_has_no_row() -> None:
    """It is on no departure board and has one time."""
    state = running_station(planned("X1", CallKind.PASSING, None, "08:10", "9"))
    (call,) = state.calls.values()
    assert call.arrival == call.departure
    assert not state.tasks


def test_a_plan_given_twice_changes_nothing() -> None:
    """Calls that are there are left as they are."""
    state = running_station()
    after, changes = step(state, Plan(id="p9", at=at("06:00"), day=DAY, calls=(planned(),)))
    assert after.calls == state.calls
    assert changes.puts == ()
