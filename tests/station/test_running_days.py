"""On which dates a train runs, and whether two trains ever run on the same one."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.running_days import DAILY, Calendar, RunningDays

FIRST = date(2026, 1, 1)
some_day = st.integers(0, 60).map(lambda number: FIRST + timedelta(days=number))
some_weekdays = st.sets(st.integers(1, 7)).map(lambda days: tuple(sorted(days)))
calendars = st.builds(
    Calendar,
    id=st.just("some"),
    valid_from=st.none() | some_day,
    valid_until=st.none() | some_day,
    weekdays=some_weekdays,
    added=st.frozensets(some_day, max_size=3),
    removed=st.frozensets(some_day, max_size=9),
)
running_days = st.builds(
    RunningDays,
    valid_from=st.none() | some_day,
    valid_until=st.none() | some_day,
    weekdays=some_weekdays.filter(bool),
    calendar=st.none() | calendars,
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


def test_a_calendar_is_weekdays_and_dates_with_exceptions() -> None:
    """An added date counts though its weekday does not and it lies outside; a removed one does not."""
    calendar = Calendar(
        id="school",
        valid_from=date(2026, 3, 2),
        valid_until=date(2026, 3, 13),
        weekdays=(1, 5),
        added=frozenset({date(2026, 3, 3), date(2026, 4, 1)}),
        removed=frozenset({date(2026, 3, 9)}),
    )
    days = [date(2026, 2, 20) + timedelta(days=number) for number in range(60)]
    assert [day for day in days if calendar.include(day)] == [
        date(2026, 3, 2),
        date(2026, 3, 3),
        date(2026, 3, 6),
        date(2026, 3, 13),
        date(2026, 4, 1),
    ]


def test_a_trains_own_cells_and_its_calendar_must_both_hold() -> None:
    """A calendar's added date is none for a train whose own validity has ended."""
    calendar = Calendar(id="two", weekdays=(), added=frozenset({date(2026, 3, 3), date(2026, 4, 1)}))
    days = RunningDays(valid_until=date(2026, 3, 31), calendar=calendar)
    assert days.include(date(2026, 3, 3))
    assert not days.include(date(2026, 4, 1))


def test_a_calendar_all_of_whose_dates_are_removed_is_empty() -> None:
    """However many dates are removed, one that is left is found."""
    first = date(2026, 3, 2)
    mondays = frozenset(first + timedelta(weeks=number) for number in range(10))
    ten = Calendar(id="ten", valid_from=first, valid_until=max(mondays), weekdays=(1,), removed=mondays)
    assert ten.empty
    eleven = Calendar(id="eleven", valid_from=first, weekdays=(1,), removed=mondays)
    assert not eleven.empty


@given(one=running_days, other=running_days, shift=st.integers(-2, 2))
def test_two_trains_meet_exactly_if_there_is_such_a_date(one: RunningDays, other: RunningDays, shift: int) -> None:
    """`meet` says the same as a walk over all dates that can matter."""
    dates = (FIRST + timedelta(days=number) for number in range(-90, 160))
    expected = any(one.include(day) and other.include(day + timedelta(days=shift)) for day in dates)
    assert one.meet(other, shift) == expected, (one, other)
    assert other.meet(one, -shift) == expected


def test_the_calendars_first_and_last_date_are_dates_like_others() -> None:
    """`9999-12-31` is what some write for always."""
    always = RunningDays(valid_from=date.min, valid_until=date.max)
    assert all(always.meet(always, shift) for shift in (-2, 0, 2))
