"""The night on which the timetable changes: every train of the old and of the new one comes, and comes once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.load import Station, load_station
from stationmaster.station.plans import plan_day
from stationmaster.station.running_days import Calendar, RunningDays
from stationmaster.station.timetable import TimetableRow
from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.inputs import Configure, Plan, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import CallKind

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
LAST = date(2026, 3, 28)
"""The old timetable's last date; in Berlin the clock leaps in the night after it."""
NEXT = LAST + timedelta(days=1)
OLD = RunningDays(valid_until=LAST)
NEW = RunningDays(valid_from=NEXT)
WINDOW = range(-8, 9)
WHOLE = load_station(SAMPLE)


def station(*rows: TimetableRow, zone: str = "Asia/Shanghai") -> Station:
    facts = replace(WHOLE.configuration.station, zone=zone)
    return replace(WHOLE, configuration=replace(WHOLE.configuration, station=facts), timetable=rows)


def train(days: RunningDays, arrival: time, departure: time, **more: object) -> TimetableRow:
    usual = TimetableRow(
        line=2,
        train_class="快速",
        kind=CallKind.THROUGH,
        number="K1",
        numbers=("K1",),
        origin="北京西",
        destination="西安",
        arrival=arrival,
        departure=departure,
        track="8",
        days=days,
    )
    return replace(usual, **more)


def live(whole: Station, first: datetime, last: datetime) -> dict[str, tuple[int, int]]:
    """Run the kernel minute by minute, with a plan for each service date at its eve, and say which calls were made."""
    zone = ZoneInfo(whole.configuration.station.zone)
    begin, end = Instant(int(first.timestamp())), Instant(int(last.timestamp()))
    state, _ = step(State.empty(begin), Configure(id="c", at=begin, configuration=whole.configuration))
    seen: dict[str, tuple[int, int]] = {}
    planned: set[date] = set()
    for minute in range(begin, end + 1, MINUTE):
        now = Instant(minute)
        today = datetime.fromtimestamp(minute, zone).date()
        for day in (today, today + timedelta(days=1)):
            if day not in planned:
                planned.add(day)
                state, _ = step(state, Plan(id=f"p{day}", at=now, day=day, calls=plan_day(whole, day)))
        state, _ = step(state, Tick(id=f"t{minute}", at=now))
        for call in state.calls.values():
            assert call.arrival is not None
            assert call.departure is not None
            times = (call.arrival.planned, call.departure.planned)
            assert seen.setdefault(call.id, times) == times
    return seen


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_a_train_that_began_under_the_old_timetable_ends_under_it(zone: str) -> None:
    """At 00:20 the old train of the day before comes, though the new timetable, by which it is 00:50, has begun."""
    whole = station(
        train(OLD, time(0, 20), time(0, 31), arr_day=1), train(NEW, time(0, 50), time(1, 2), arr_day=1), zone=zone
    )
    clock = ZoneInfo(zone)
    seen = live(whole, datetime(2026, 3, 28, 22, 0, tzinfo=clock), datetime(2026, 3, 30, 4, 0, tzinfo=clock))
    expected = {
        date(2026, 3, 28): (time(0, 20), time(0, 31)),
        NEXT: (time(0, 20), time(0, 31)),
        date(2026, 3, 30): (time(0, 50), time(1, 2)),
        date(2026, 3, 31): (time(0, 50), time(1, 2)),
    }
    assert seen == {
        f"MZN/{day.isoformat()}/K1/1": tuple(local_instant(day, at, clock) for at in times)
        for day, times in expected.items()
    }


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_the_same_number_may_come_twice_on_the_first_date_of_the_new_timetable(zone: str) -> None:
    """The old train of the eve comes after midnight, the new one of that date before the next: n is 1 and 2."""
    whole = station(train(OLD, time(0, 20), time(0, 31), arr_day=1), train(NEW, time(23, 55), time(0, 6)), zone=zone)
    clock = ZoneInfo(zone)
    seen = live(whole, datetime(2026, 3, 28, 22, 0, tzinfo=clock), datetime(2026, 3, 30, 2, 0, tzinfo=clock))
    assert sorted(name for name in seen if "/2026-03-29/" in name) == ["MZN/2026-03-29/K1/1", "MZN/2026-03-29/K1/2"]
    assert seen["MZN/2026-03-29/K1/1"][0] == local_instant(NEXT, time(0, 20), clock)
    assert seen["MZN/2026-03-29/K1/2"][0] == local_instant(NEXT, time(23, 55), clock)
    assert seen["MZN/2026-03-29/K1/2"][1] == local_instant(date(2026, 3, 30), time(0, 6), clock)


def test_a_date_may_have_no_call_when_a_train_moves_over_midnight() -> None:
    """The old one came at 23:55 of its own date, the new one comes at 00:10 of the next."""
    whole = station(train(OLD, time(23, 55), time(0, 6)), train(NEW, time(0, 10), time(0, 21), arr_day=1))
    assert [len(plan_day(whole, LAST + timedelta(days=ahead))) for ahead in (-1, 0, 1, 2)] == [1, 1, 0, 1]


@pytest.mark.parametrize(
    ("day", "arrival", "departure", "minutes"),
    [
        (date(2026, 3, 29), (time(1, 55), time(3, 5)), ("00:55", "01:05"), 10),
        (date(2026, 3, 29), (time(2, 10), time(2, 40)), ("01:10", "01:40"), 30),
        (date(2026, 10, 25), (time(1, 55), time(3, 5)), ("23:55", "02:05"), 130),
        (date(2026, 10, 25), (time(2, 10), time(2, 40)), ("00:10", "00:40"), 30),
    ],
)
def test_in_a_night_with_a_clock_change_every_train_comes_once(
    day: date, arrival: tuple[time, time], departure: tuple[str, str], minutes: int
) -> None:
    """Berlin's clock leaps from 02:00 to 03:00 and falls back from 03:00 to 02:00."""
    for arr_day in (0, 1):
        whole = station(train(RunningDays(), *arrival, arr_day=arr_day), zone="Europe/Berlin")
        (call,) = plan_day(whole, day)
        assert call.arrival is not None
        assert call.departure is not None
        shown = [datetime.fromtimestamp(at, UTC).strftime("%H:%M") for at in (call.arrival, call.departure)]
        assert shown == list(departure)
        assert call.departure - call.arrival == minutes * MINUTE


clocks = st.builds(time, st.sampled_from([0, 1, 2, 3, 12, 22, 23]), st.integers(0, 59))


@st.composite
def rows(draw: st.DrawFn, days: RunningDays) -> TimetableRow:
    arrival, departure = draw(clocks), draw(clocks)
    arr_day = draw(st.integers(0, 3))
    first = arr_day + (departure < arrival)
    dep_day = draw(st.none() | st.integers(first, 4))
    kind = draw(st.sampled_from([CallKind.THROUGH, CallKind.TERMINUS, CallKind.ORIGIN]))
    row = train(days, arrival, departure, arr_day=arr_day, dep_day=dep_day)
    if kind is CallKind.TERMINUS:
        return replace(row, kind=kind, departure=None, dep_day=None)
    return row if kind is CallKind.THROUGH else replace(row, kind=kind, arrival=None, arr_day=0, dep_day=dep_day or 0)


@given(
    old=rows(OLD),
    new=rows(NEW),
    holiday=st.none() | st.sampled_from([LAST, NEXT]),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]),
)
def test_each_date_at_the_origin_has_its_train_exactly_once(
    old: TimetableRow, new: TimetableRow, holiday: date | None, zone: str
) -> None:
    """Whatever the two timetables say, however many nights underway; but for dates that a calendar removes."""
    if holiday is not None:
        calendar = Calendar(id="not", removed=frozenset({holiday}))
        old, new = (replace(row, days=replace(row.days, calendar=calendar)) for row in (old, new))
    whole, clock = station(old, new, zone=zone), ZoneInfo(zone)
    expected: Counter[tuple[Instant | None, date]] = Counter()
    for ahead in WINDOW:
        begun = LAST + timedelta(days=ahead)
        row = old if begun <= LAST else new
        day = begun + timedelta(days=row.service_day)
        if begun != holiday and abs((day - LAST).days) <= 4:
            clock_time = row.arrival or row.departure
            assert clock_time is not None
            expected[local_instant(day, clock_time, clock), day] += 1
    found: Counter[tuple[Instant | None, date]] = Counter()
    for ahead in range(-4, 5):
        day = LAST + timedelta(days=ahead)
        for call in plan_day(whole, day):
            found[call.arrival if call.arrival is not None else call.departure, day] += 1
    assert found == expected
