"""The tasks of calls in nights on which the clock is changed, over midnight, and more than a day late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from stationmaster_base.times import MINUTE, Instant, local_date, local_hhmm
from stationmaster_kernel.inputs import (
    Configure,
    Feed,
    FeedRecord,
    GradeFeed,
    Input,
    Plan,
    PlannedCall,
    Presence,
    TaskResult,
    Tick,
)
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Result, Task, announcement_open, interval_on, stage_at
from stationmaster_kernel.values import CallKind, FeedGrade, Status, TaskKind, TaskState
from support.small_station import STATION, planned

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SPRING, AUTUMN, USUAL = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
NIGHTS = [
    (BERLIN, SPRING, 23),
    (BERLIN, AUTUMN, 25),
    (BERLIN, USUAL, 24),
    (SHANGHAI, SPRING, 24),
    (SHANGHAI, AUTUMN, 24),
]


def local(zone: ZoneInfo, day: date, clock: str, *, second: bool = False) -> Instant:
    """The instant of a local time; `second`: when it comes for the second time in the night."""
    moment = datetime.combine(day, time.fromisoformat(clock), zone).replace(fold=int(second))
    return Instant(int(moment.timestamp()))


def train(number: str, arrival: Instant, departure: Instant, track: str = "1") -> PlannedCall:
    """A through train at these instants."""
    return replace(planned(number, track=track), arrival=arrival, departure=departure)


def origin(number: str, departure: Instant) -> PlannedCall:
    """A train that begins here."""
    return replace(train(number, departure, departure), kind=CallKind.ORIGIN, arrival=None)


def opened(zone: ZoneInfo, day: date, *calls: PlannedCall, now: Instant) -> State:
    """The small station in a zone, with a day's plan, a fresh feed and a speaking subsystem."""
    station = replace(STATION.station, zone=zone.key)
    return run(
        State.empty(now),
        Configure(id="c", at=now, configuration=replace(STATION, station=station)),
        Plan(id="p", at=now, day=day, calls=calls),
        GradeFeed(id="g", at=now, grade=FeedGrade.FRESH),
        Presence(id="there", at=now, kind=TaskKind.ANNOUNCEMENT, present=True),
    )


def run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def ticks(first: Instant, last: Instant) -> list[Tick]:
    """Every minute after the first, up to the last."""
    return [Tick(id=f"t{at}", at=Instant(at)) for at in range(first + MINUTE, last + 1, MINUTE)]


def told(day: date, at: Instant, plan: PlannedCall, **more: object) -> Feed:
    """What the dispatching system says of a planned train."""
    record = FeedRecord(
        day=day,
        numbers=plan.numbers,
        kind=plan.kind,
        train_class=plan.train_class,
        origin=plan.origin,
        destination=plan.destination,
        planned_arrival=plan.arrival,
        planned_departure=plan.departure,
        track=plan.track,
    )
    return Feed(id=f"f{at}", at=at, records=(replace(record, **more),))  # type: ignore[arg-type]


def task(state: State, call: str, rule: str, occurrence: int = 1) -> Task:
    return state.tasks[f"{call}/{rule}/{occurrence}"]


def status(row: Task, at: Instant) -> Status | None:
    stage = stage_at(row, at)
    return None if stage is None else stage.status


# Clock-change nights


@pytest.mark.parametrize(("zone", "day", "hours"), NIGHTS)
def test_every_announcement_of_a_day_is_due_once_in_its_minute(zone: ZoneInfo, day: date, hours: int) -> None:
    """A train every half hour of a day of 23, 24 or 25 hours: each is called once, 15 minutes before it leaves."""
    midnight, next_midnight = local(zone, day, "00:00"), local(zone, day + timedelta(days=1), "00:00")
    assert next_midnight - midnight == hours * 3600
    departures = range(midnight + 30 * MINUTE, next_midnight, 30 * MINUTE)
    calls = [origin(f"G{number}", Instant(at)) for number, at in enumerate(departures)]
    state = opened(zone, day, *calls, now=Instant(midnight - 60 * MINUTE))
    assert {call.service_date for call in state.calls.values()} == {day}
    said: dict[str, Instant] = {}
    for tick in ticks(Instant(midnight - 60 * MINUTE), next_midnight):
        state = run(state, tick)
        for item in [item for item in state.tasks.values() if item.rule == "say-check-in"]:
            if announcement_open(item, tick.at):
                assert item.id not in said
                said[item.id] = tick.at
                result = Result(target=item.targets[0], state=TaskState.DONE, at=tick.at, base=item.base)
                state = run(state, TaskResult(id=f"r{item.id}", at=tick.at, task=item.id, result=result))
        for call, plan in zip(calls, departures, strict=True):
            if plan == tick.at:
                state = run(state, told(day, tick.at, call, actual_departure=tick.at))
    assert said == {
        f"TST/{day}/{call.number}/1/say-check-in/1": at - 15 * MINUTE
        for call, at in zip(calls, departures, strict=True)
    }


@pytest.mark.parametrize(
    ("day", "departs", "opens", "closes", "row"),
    [
        (SPRING, "03:10", "01:55", "03:07", "00:10"),
        (SPRING, "03:20", "03:05", "03:17", "00:20"),
        (SPRING, "01:50", "01:35", "01:47", "23:50"),
        (AUTUMN, "03:10", "02:55", "03:07", "02:10"),
        (AUTUMN, "02:10", "01:55", "02:07", "00:10"),
        (AUTUMN, "04:30", "04:15", "04:27", "02:30"),
        (USUAL, "03:10", "02:55", "03:07", "01:10"),
    ],
)
def test_minutes_are_counted_through_the_change(day: date, departs: str, opens: str, closes: str, row: str) -> None:
    """Offsets are minutes that pass, not hands of a clock: check-in is twelve minutes long and a row two hours."""
    departure = local(BERLIN, day, departs)
    state = opened(BERLIN, day, origin("G1", departure), now=Instant(departure - 300 * MINUTE))
    item = f"TST/{day}/G1/1"
    call = state.calls[item]
    assert call.check_in_open is not None
    assert call.check_in_close is not None
    assert (local_hhmm(call.check_in_open, BERLIN), local_hhmm(call.check_in_close, BERLIN)) == (opens, closes)
    assert call.check_in_close - call.check_in_open == 12 * MINUTE
    hall = task(state, item, "hall")
    assert hall.start == departure - 120 * MINUTE
    assert local_hhmm(Instant(departure - 120 * MINUTE), BERLIN) == row
    assert hall.text("planned", "zh") == departs
    on = [minute for minute in range(-121, 2) if interval_on(hall, departure + minute * MINUTE)]
    assert on == list(range(-120, 2))  # it waits for the report
    shown = [status(hall, Instant(departure + minute * MINUTE)) for minute in (-16, -15, -4, -3)]
    assert shown == [Status.WAITING, Status.CHECKING_IN, Status.CHECKING_IN, Status.CHECK_IN_CLOSED]


def test_the_hour_that_comes_twice_has_two_trains() -> None:
    """The same number leaves at 02:30 and, an hour later, at 02:30: two calls, each with its own tasks and reports."""
    first, second = local(BERLIN, AUTUMN, "02:30"), local(BERLIN, AUTUMN, "02:30", second=True)
    assert second - first == 60 * MINUTE
    calls = origin("G1", first), origin("G1", second)
    state = opened(BERLIN, AUTUMN, *calls, now=Instant(first - 180 * MINUTE))
    ids = [f"TST/{AUTUMN}/G1/{nth}" for nth in (1, 2)]
    halls = [task(state, item, "hall") for item in ids]
    assert [hall.text("planned", "en") for hall in halls] == ["02:30", "02:30"]
    assert [hall.order for hall in halls] == [first, second]
    assert [task(state, item, "say-check-in").due for item in ids] == [first - 15 * MINUTE, second - 15 * MINUTE]
    state = run(state, *ticks(Instant(first - 180 * MINUTE), first))
    state = run(
        state, told(AUTUMN, first, calls[0], actual_departure=first), *ticks(first, Instant(first + 2 * MINUTE))
    )
    rows = [interval_on(task(state, item, "hall"), first + 2 * MINUTE) for item in ids]
    assert rows == [False, True]
    late = Instant(second + 20 * MINUTE)
    state = run(state, told(AUTUMN, Instant(first + 2 * MINUTE), calls[1], expected_departure=late))
    assert task(state, ids[1], "hall").text("expected", "en") == "02:50"
    assert task(state, ids[1], "say-check-in").due == late - 15 * MINUTE
    assert state.calls[ids[0]].departure.best == first  # type: ignore[union-attr]


def test_a_delay_over_the_missing_hour_is_its_minutes() -> None:
    """A train of 01:50 that is twenty minutes late leaves at 03:10 by the clock on the wall."""
    departure = local(BERLIN, SPRING, "01:50")
    plan = origin("G1", departure)
    state = opened(BERLIN, SPRING, plan, now=Instant(departure - 60 * MINUTE))
    late = Instant(departure + 20 * MINUTE)
    state = run(state, told(SPRING, Instant(departure - 60 * MINUTE), plan, expected_departure=late))
    item = f"TST/{SPRING}/G1/1"
    assert task(state, item, "hall").text("expected", "en") == "03:10"
    assert task(state, item, "apology").text("speech", "en") == "apology Baotou 20"
    assert task(state, item, "say-check-in").due == departure + 5 * MINUTE
    assert local_hhmm(Instant(departure + 5 * MINUTE), BERLIN) == "01:55"


def test_an_overdue_train_creeps_through_the_change() -> None:
    """Minute by minute over the hour that is left out, its expected time is the present minute and its row stays."""
    departure = local(BERLIN, SPRING, "01:55")
    state = opened(BERLIN, SPRING, origin("G1", departure), now=Instant(departure - 10 * MINUTE))
    item = f"TST/{SPRING}/G1/1"
    for tick in ticks(Instant(departure - 10 * MINUTE), Instant(departure + 30 * MINUTE)):
        state = run(state, tick)
        assert interval_on(task(state, item, "hall"), tick.at)
        if tick.at >= departure + 2 * MINUTE:
            assert task(state, item, "hall").text("expected", "zh") == local_hhmm(tick.at, BERLIN)
    assert task(state, item, "hall").text("expected", "zh") == "03:25"


# Over midnight


def test_a_call_over_midnight_keeps_its_service_date() -> None:
    """Arrival on one date, departure on the next: the date is the arrival's, whatever becomes of the train."""
    day = date(2026, 3, 1)
    plan = train("G1", local(SHANGHAI, day, "23:58"), local(SHANGHAI, day + timedelta(days=1), "00:06"))
    now = local(SHANGHAI, day, "22:30")
    state = opened(SHANGHAI, day, plan, now=now)
    item = f"TST/{day}/G1/1"
    assert list(state.calls) == [item]
    assert task(state, item, "say-check-in").due == local(SHANGHAI, day, "23:51")
    assert task(state, item, "hall").text("planned", "zh") == "00:06"
    assert task(state, item, "arrivals").text("planned", "zh") == "23:58"
    state = run(state, *ticks(now, local(SHANGHAI, day, "23:50")))
    later = [Instant(at + 40 * MINUTE) for at in (plan.arrival or 0, plan.departure or 0)]
    news = told(day, local(SHANGHAI, day, "23:50"), plan, expected_arrival=later[0], expected_departure=later[1])
    state = run(state, news)
    assert list(state.calls) == [item]
    assert state.calls[item].service_date == day
    moved = task(state, item, "say-check-in").due
    assert moved is not None
    assert local_date(moved, SHANGHAI) == day + timedelta(days=1)
    assert local_hhmm(moved, SHANGHAI) == "00:31"
    state = run(state, *ticks(local(SHANGHAI, day, "23:50"), later[1]))
    left = told(day, later[1], plan, actual_arrival=later[0], actual_departure=later[1])
    state = run(state, left, *ticks(later[1], Instant(later[1] + 2 * MINUTE)))
    assert list(state.calls) == [item]
    assert not interval_on(task(state, item, "hall"), later[1] + 2 * MINUTE)


def test_the_next_days_train_of_the_same_number_is_another_call() -> None:
    """Yesterday's train comes after midnight, today's in the evening; each report finds its own by its date."""
    day, tomorrow = date(2026, 3, 1), date(2026, 3, 2)
    old = train("G1", local(SHANGHAI, day, "23:50"), local(SHANGHAI, day, "23:58"))
    new = train("G1", local(SHANGHAI, tomorrow, "23:50"), local(SHANGHAI, tomorrow, "23:58"))
    state = opened(SHANGHAI, day, old, now=local(SHANGHAI, day, "23:00"))
    state = run(state, Plan(id="p2", at=local(SHANGHAI, day, "23:00"), day=tomorrow, calls=(new,)))
    before = {item: value for item, value in state.tasks.items() if str(tomorrow) in item}
    now = local(SHANGHAI, tomorrow, "00:20")
    state = run(state, *ticks(local(SHANGHAI, day, "23:00"), now))
    state = run(state, told(day, now, old, actual_arrival=Instant(now - 5 * MINUTE), actual_departure=now))
    assert state.calls[f"TST/{day}/G1/1"].departure.actual == now  # type: ignore[union-attr]
    assert {item: value for item, value in state.tasks.items() if str(tomorrow) in item} == before


# More than a day late


def test_a_train_that_is_26_hours_late_keeps_all_its_tasks() -> None:
    """Its row is on from the planned two hours before until it has left, and check-in is called for the real train."""
    day = date(2026, 3, 1)
    plan = train("G1", local(SHANGHAI, day, "08:00"), local(SHANGHAI, day, "08:10"))
    assert plan.arrival is not None
    assert plan.departure is not None
    now = local(SHANGHAI, day, "07:00")
    state = opened(SHANGHAI, day, plan, now=now)
    item = f"TST/{day}/G1/1"
    later = [Instant(at + 26 * 60 * MINUTE) for at in (plan.arrival, plan.departure)]
    state = run(state, told(day, now, plan, expected_arrival=later[0], expected_departure=later[1]))
    assert task(state, item, "apology").text("speech", "en") == "apology Baotou 1560"
    assert task(state, item, "say-check-in").due == later[1] - 15 * MINUTE
    for tick in ticks(now, Instant(later[1] - MINUTE)):
        state = run(state, tick)
        assert interval_on(task(state, item, "hall"), tick.at)
    assert status(task(state, item, "hall"), Instant(later[1] - 10 * MINUTE)) is Status.CHECKING_IN
    assert task(state, item, "say-check-in").state is TaskState.EXPIRED  # no one began it, and the executor was there
    state = run(state, told(day, later[1], plan, actual_arrival=later[0], actual_departure=later[1]))
    state = run(state, *ticks(later[1], Instant(later[1] + 2 * MINUTE)))
    assert not interval_on(task(state, item, "hall"), later[1] + 2 * MINUTE)
    kept = Instant(later[1] + STATION.station.keep * MINUTE)
    assert item in run(state, Tick(id="last", at=Instant(kept - MINUTE))).calls
    state = run(state, Tick(id="over", at=kept))
    assert not state.calls
    assert not state.tasks


def test_a_report_of_a_train_that_was_dropped_makes_nothing() -> None:
    """The call is gone with its tasks, and neither a call, a task nor an announcement comes of its late report."""
    day = date(2026, 3, 1)
    plan = train("G1", local(SHANGHAI, day, "08:00"), local(SHANGHAI, day, "08:10"))
    assert plan.arrival is not None
    assert plan.departure is not None
    state = opened(SHANGHAI, day, plan, now=local(SHANGHAI, day, "07:00"))
    dropped = Instant(plan.departure + STATION.station.keep * MINUTE)
    state = run(state, Tick(id="over", at=dropped))
    assert not state.calls
    late = told(day, dropped, plan, actual_arrival=plan.arrival, actual_departure=plan.departure)
    after = run(state, late)
    assert not after.calls
    assert not after.tasks
    assert not after.memory


def test_a_report_just_before_the_call_is_dropped_is_taken() -> None:
    """Its actual time counts from then on, so it is kept as long as any other train that has gone."""
    day = date(2026, 3, 1)
    plan = train("G1", local(SHANGHAI, day, "08:00"), local(SHANGHAI, day, "08:10"))
    assert plan.departure is not None
    state = opened(SHANGHAI, day, plan, now=local(SHANGHAI, day, "07:00"))
    nearly = Instant(plan.departure + (STATION.station.keep - 1) * MINUTE)
    left = Instant(nearly - 60 * MINUTE)
    state = run(
        state, Tick(id="nearly", at=nearly), told(day, nearly, plan, actual_arrival=left, actual_departure=left)
    )
    item = f"TST/{day}/G1/1"
    assert not interval_on(task(state, item, "hall"), nearly)
    kept = Instant(left + STATION.station.keep * MINUTE)
    assert item in run(state, Tick(id="last", at=Instant(kept - MINUTE))).calls
    assert not run(state, Tick(id="over", at=kept)).calls


# Two calls of one number on one date


def test_two_calls_of_a_number_stay_apart_when_the_first_is_later_than_the_second() -> None:
    """The morning's train comes after the evening's; what is said of it by its planned time never touches the other."""
    day = date(2026, 3, 1)
    morning = train("G1", local(SHANGHAI, day, "08:00"), local(SHANGHAI, day, "08:10"))
    evening = train("G1", local(SHANGHAI, day, "20:00"), local(SHANGHAI, day, "20:10"), track="3")
    now = local(SHANGHAI, day, "07:00")
    state = opened(SHANGHAI, day, morning, evening, now=now)
    first, second = (f"TST/{day}/G1/{nth}" for nth in (1, 2))
    untouched = {item: value for item, value in state.tasks.items() if item.startswith(second)}
    later = [Instant(at + 13 * 60 * MINUTE) for at in (morning.arrival or 0, morning.departure or 0)]
    state = run(state, told(day, now, morning, expected_arrival=later[0], expected_departure=later[1]))
    assert task(state, first, "say-check-in").due == later[1] - 15 * MINUTE
    assert {item: value for item, value in state.tasks.items() if item.startswith(second)} == untouched
    leaves = local(SHANGHAI, day, "20:10")
    state = run(state, *ticks(now, leaves))
    state = run(state, told(day, leaves, evening, actual_arrival=Instant(leaves - 600), actual_departure=leaves))
    state = run(state, *ticks(leaves, Instant(leaves + 2 * MINUTE)))
    assert not interval_on(task(state, second, "hall"), leaves + 2 * MINUTE)
    assert interval_on(task(state, first, "hall"), leaves + 2 * MINUTE)
