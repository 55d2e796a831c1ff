"""On which dates a train runs, and whether two trains ever run on the same one."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.running_days import DAILY, RunningDays

FIRST = date(2026, 1, 1)
some_day = st.integers(0, 60).map(lambda number: FIRST + timedelta(days=number))
running_days = st.builds(
    RunningDays,
    valid_from=st.none() | some_day,
    valid_until=st.none() | some_day,
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
)


def test_daily_is_every_day() -> None:
    """A train without dates and weekdays runs always."""
    assert DAILY.include(date(1999, 12, 31))
    assert DAILY.include(date(2099, 1, 1))


def test_both_ends_of_the_validity_are_included() -> None:
    """`valid_until` is the last day on which the train runs."""
    days = RunningDays(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 3))
    assert [days.include(date(2026, 2, 28) + timedelta(days=number)) for number in range(5)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_weekdays_count_from_monday() -> None:
    """1 is Monday and 7 is Sunday."""
    assert RunningDays(weekdays=(1,)).include(date(2026, 3, 2))
    assert RunningDays(weekdays=(7,)).include(date(2026, 3, 1))
    assert not RunningDays(weekdays=(7,)).include(date(2026, 3, 2))


@given(one=running_days, other=running_days, shift=st.integers(-2, 2))
def test_two_trains_meet_exactly_if_there_is_such_a_date(one: RunningDays, other: RunningDays, shift: int) -> None:
    """`meet` says the same as a walk over all dates that can matter."""
    dates = (FIRST + timedelta(days=number) for number in range(-20, 90))
    expected = any(one.include(day) and other.include(day + timedelta(days=shift)) for day in dates)
    assert one.meet(other, shift) == expected
    assert other.meet(one, -shift) == expected


def test_the_calendars_first_and_last_date_are_dates_like_others() -> None:
    """`9999-12-31` is what some write for always."""
    always = RunningDays(valid_from=date.min, valid_until=date.max)
    assert all(always.meet(always, shift) for shift in (-2, 0, 2))
