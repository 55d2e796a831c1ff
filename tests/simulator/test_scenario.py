"""A made day: believable, possible, and the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.values import CallKind, EventName, Running
from stationmaster_simulator.events import Report, ScenarioEvent, StagePlan, TimetableEntry, run_id
from stationmaster_simulator.occupancy import Occupancy, Stay
from stationmaster_simulator.picture import picture_of
from stationmaster_simulator.scenario import Habits, make_scenario
from stationmaster_simulator.scenario_file import scenario_lines

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 1)
FACES = {str(track): str((track + 1) // 2) for track in range(1, 13)}
KINDS = (CallKind.ORIGIN, CallKind.TERMINUS, CallKind.THROUGH, CallKind.THROUGH, CallKind.PASSING)


def call_at(number: int, minute: int, kind: CallKind, track: str, day: date = DAY) -> PlannedCall:
    """A call at a minute of the day; a through train stops for 6 minutes."""
    arrival = Instant(local_instant(day, time(0), ZONE) + minute * MINUTE)
    departure = Instant(arrival + (6 * MINUTE if kind is CallKind.THROUGH else 0))
    name = f"{'GDK'[number % 3]}{100 + number}"
    return PlannedCall(
        number=name,
        numbers=(name, f"{name}X") if number % 7 == 0 else (name,),
        train_class="高速动车",
        kind=kind,
        origin="呼和浩特",
        destination="北京北",
        arrival=None if kind is CallKind.ORIGIN else arrival,
        departure=None if kind is CallKind.TERMINUS else departure,
        track=track,
    )


def busy_day(count: int = 150, day: date = DAY) -> tuple[PlannedCall, ...]:
    """Trains of all kinds over the whole day, on tracks 1 to 12 in turn; passing ones on 13."""
    calls = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        track = "13" if kind is CallKind.PASSING else str(number % 12 + 1)
        calls.append(call_at(number, 5 + number * 1425 // count, kind, track, day))
    return tuple(calls)


def made(seed: int = 1, calls: tuple[PlannedCall, ...] | None = None) -> tuple[ScenarioEvent, ...]:
    return make_scenario(busy_day() if calls is None else calls, seed, day=DAY, zone=ZONE, faces=FACES)


def actual_times(events: tuple[ScenarioEvent, ...], run: int) -> list[Instant]:
    return [event.actual for event in events if isinstance(event, Report) and event.run == run]


def planned_first(entry: TimetableEntry) -> Instant:
    first = entry.arrival if entry.arrival is not None else entry.departure
    assert first is not None
    return first


def test_the_same_seed_and_day_give_the_same_events() -> None:
    """Two makings of one day are equal to the byte, and another seed makes another day."""
    assert scenario_lines(made(7)) == scenario_lines(made(7))
    assert made(7) != made(8)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_every_day_is_possible(seed: int, count: int) -> None:
    """Whatever the seed: order, whole minutes, a report an event, none for the suspended, none missing, none early."""
    calls = busy_day(count) if count else ()
    events = made(seed, calls)
    picture = picture_of(events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert len([event for event in events if isinstance(event, Report)]) == len(picture.reports)
    for run, entry in picture.timetable.items():
        arrival = picture.reports.get((run, EventName.ARRIVAL))
        departure = picture.reports.get((run, EventName.DEPARTURE))
        if picture.stage_plan[run].running is Running.SUSPENDED:
            assert arrival is None
            assert departure is None
            continue
        assert (arrival is not None) == (entry.arrival is not None)
        assert (departure is not None) == (entry.departure is not None)
        for report in filter(None, (arrival, departure)):
            assert report.actual % MINUTE == 0
            assert 0 < report.at - report.actual < 4 * MINUTE
            assert 0 < report.at % MINUTE < 59
        if arrival is not None and departure is not None:
            assert arrival.actual <= departure.actual
            assert arrival.at <= departure.at
        if departure is not None and entry.kind is not CallKind.PASSING and entry.departure is not None:
            assert departure.actual >= entry.departure
    for event in events:
        if isinstance(event, StagePlan):
            assert event.at >= picture.timetable[event.run].at
            times = actual_times(events, event.run)
            assert not times or event.at < max(times)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_day_is_like_a_day(seed: int) -> None:
    """About 85 % keep their time within 3 minutes; some are late, unknown, moved, suspended, extra."""
    events = made(seed)
    picture = picture_of(events)
    late = []
    for (run, event), report in picture.reports.items():
        entry = picture.timetable[run]
        planned = entry.arrival if event is EventName.ARRIVAL else entry.departure
        assert planned is not None
        late.append((report.actual - planned) // MINUTE)
    punctual = sum(-3 <= minutes <= 3 for minutes in late) / len(late)
    assert 0.75 <= punctual <= 0.95
    assert max(late) >= 15
    assert min(late) < 0
    plans = [event for event in events if isinstance(event, StagePlan)]
    unknown = {plan.run for plan in plans if plan.arrival_unknown or plan.departure_unknown}
    assert 2 <= len(unknown) <= 3
    assert not any(
        picture.stage_plan[run].arrival_unknown or picture.stage_plan[run].departure_unknown for run in unknown
    )
    suspended = {plan.run for plan in plans if plan.running is Running.SUSPENDED}
    for_good = {run for run in suspended if picture.stage_plan[run].running is Running.SUSPENDED}
    assert 1 <= len(for_good) <= 2
    assert len(suspended - for_good) == 1
    assert Counter(plan.running for plan in picture.stage_plan.values())[Running.EXTRA] == 1
    changed = [run for run, plan in picture.stage_plan.items() if plan.track != picture.timetable[run].track]
    assert 3 <= len(changed) <= 5


def test_tracks_are_changed_before_the_train_comes_and_only_to_free_ones() -> None:
    """No changed train stands where another is planned to stand or stands, five minutes of clearance included."""
    for seed in range(1, 8):
        events = made(seed)
        picture = picture_of(events)
        spans: dict[int, tuple[int, int]] = {}
        for run, entry in picture.timetable.items():
            times = [time for time in (entry.arrival, entry.departure) if time is not None] + actual_times(events, run)
            spans[run] = (min(times), max(times))
        changed: set[int] = set()
        for event in events:
            entry = picture.timetable[event.run]
            if not isinstance(event, StagePlan) or event.track == entry.track or event.run in changed:
                continue
            changed.add(event.run)
            assert event.at < min(planned_first(entry), *actual_times(events, event.run))
            start, end = spans[event.run]
            for run, other in picture.timetable.items():
                if run != event.run and event.track in (other.track, picture.stage_plan[run].track):
                    assert spans[run][1] + 5 * MINUTE <= start or end + 5 * MINUTE <= spans[run][0]


def test_an_extra_is_in_no_timetable_before_it_is_announced() -> None:
    """The extra enters hours before it runs, with its stage plan, under a number that no other train of the day has."""
    events = made(3)
    (extra,) = {event.run for event in events if isinstance(event, StagePlan) and event.running is Running.EXTRA}
    entry = next(event for event in events if isinstance(event, TimetableEntry) and event.run == extra)
    plan = next(event for event in events if isinstance(event, StagePlan) and event.run == extra)
    assert plan.at == entry.at
    assert 100 * MINUTE < planned_first(entry) - entry.at < 245 * MINUTE
    others = {event.train for event in events if isinstance(event, TimetableEntry) and event.run != extra}
    assert entry.train not in others
    assert extra == run_id(DAY, len(busy_day()) + 1)


def test_the_base_timetable_enters_three_days_before() -> None:
    """All runs of the timetable are there from shortly after midnight, three days before."""
    entered = {event.at for event in made() if isinstance(event, TimetableEntry)}
    midnight = local_instant(DAY - timedelta(days=3), time(0), ZONE)
    assert min(entered) == midnight + 20
    assert len(entered) == 2  # the timetable, and the extra


def test_the_stage_plan_covers_every_run_before_it_comes() -> None:
    """Every run has its row in the stage plan by half an hour before its stage of four hours begins, or by its news."""
    events = made()
    first: dict[int, Instant] = {}
    for event in events:
        if isinstance(event, StagePlan):
            first.setdefault(event.run, event.at)
    for event in events:
        if isinstance(event, TimetableEntry):
            assert first[event.run] <= planned_first(event) - 28 * MINUTE


def test_without_tracks_nobody_changes_track() -> None:
    """A timetable without tracks makes a day without track changes, and the extra has none either."""
    calls = tuple(call_at(number, 60 + number * 8, KINDS[number % 5], "") for number in range(150))
    events = make_scenario(calls, 1, day=DAY, zone=ZONE)
    assert not any(event.track for event in events if not isinstance(event, Report))
    assert any(event.running is Running.EXTRA for event in events if isinstance(event, StagePlan))


def test_habits_decide() -> None:
    """A day with no bad habits has no late train, no unknown delay, no change, no suspension and no extra."""
    good = Habits(punctual=1.0, unknown=(0, 0), track_changes=(0, 0), suspended=(0, 0), restored=(0, 0), extra=(0, 0))
    events = make_scenario(busy_day(), 1, day=DAY, zone=ZONE, faces=FACES, habits=good)
    plans = [event for event in events if isinstance(event, StagePlan)]
    assert {plan.running for plan in plans} == {Running.SCHEDULED}
    assert not any(plan.arrival_unknown or plan.departure_unknown for plan in plans)
    picture = picture_of(events)
    assert all(plan.track == picture.timetable[plan.run].track for plan in plans)
    assert len(picture.timetable) == len(busy_day())


def test_a_day_on_which_the_clocks_change_is_a_day() -> None:
    """On the nights of 23 and 25 hours every run still gets its reports."""
    zone = ZoneInfo("Europe/Berlin")
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        midnight = local_instant(day, time(0), zone)
        calls = tuple(
            PlannedCall(
                number=f"K{number}",
                numbers=(f"K{number}",),
                train_class="K",
                kind=CallKind.TERMINUS,
                origin="a",
                destination="b",
                arrival=Instant(midnight + number * 10 * MINUTE),
            )
            for number in range(1, 130)
        )
        quiet = Habits(suspended=(0, 0), extra=(0, 0))
        events = make_scenario(calls, 5, day=day, zone=zone, habits=quiet)
        assert len(picture_of(events).reports) == len(calls)


def test_run_numbers_are_bounded_and_distinct() -> None:
    """Runs of neighbouring days never share a number, and what does not fit is refused."""
    assert run_id(DAY, 19_999) < run_id(DAY + timedelta(days=1), 1) < 2**31
    with pytest.raises(ValueError, match="no run 20000"):
        run_id(DAY, 20_000)


def test_a_free_track_is_at_another_platform_if_possible() -> None:
    """Only when every other platform is taken is the neighbouring face of the same platform offered."""
    tracks = Occupancy({"1": "1", "2": "1", "3": "2"})
    stay = Stay(start=0, end=600)
    tracks.add("1", stay)
    assert tracks.free(stay, instead_of="1") == ["3"]
    tracks.add("3", Stay(start=600, end=900))
    assert tracks.free(stay, instead_of="1") == ["2"]
    tracks.add("2", Stay(start=-900, end=-301))
    assert tracks.free(stay, instead_of="1") == ["2"]
    tracks.add("2", Stay(start=-300, end=-299))
    assert tracks.free(stay, instead_of="1") == []
