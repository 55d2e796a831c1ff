"""Turnaround links: which departure leaves with which set, on which dates."""

from dataclasses import replace
from datetime import date, time

from stationmaster.station.running_days import RunningDays
from stationmaster.station.timetable import TimetableRow
from stationmaster.station.turnarounds import departures_of, link_problem, linked_number
from stationmaster_kernel.values import CallKind

FRIDAY = date(2026, 3, 6)
SATURDAY = date(2026, 3, 7)
ENDS = TimetableRow(
    line=2,
    train_class="快速",
    kind=CallKind.TERMINUS,
    number="K2",
    numbers=("K2",),
    origin="甲",
    destination="乙",
    arrival=time(22, 40),
)
BEGINS = replace(
    ENDS, line=3, kind=CallKind.ORIGIN, number="K3", numbers=("K3", "K6"), arrival=None, departure=time(6, 10)
)


def test_a_set_may_stay_over_night() -> None:
    """22:40 to 06:10 is seven and a half hours; the link bears the key of the departure's numbers."""
    (departure,) = departures_of(ENDS, "K6", (BEGINS,))
    assert (departure.shift, departure.wait) == (1, 450)
    assert linked_number(ENDS, "K6", (BEGINS,), FRIDAY) == "K3"
    assert link_problem(ENDS, "K6", (BEGINS,)) == ("", "")


def test_a_link_is_there_only_on_dates_on_which_the_departure_runs() -> None:
    """The set that comes on Friday leaves on Saturday."""
    saturdays = replace(BEGINS, days=RunningDays(weekdays=(6,)))
    assert linked_number(ENDS, "K3", (saturdays,), FRIDAY) == "K3"
    assert linked_number(ENDS, "K3", (saturdays,), SATURDAY) == ""


def test_of_two_departures_of_the_number_the_first_after_the_arrival_is_meant() -> None:
    """The same number may leave twice."""
    again = replace(BEGINS, number="K9", numbers=("K9", "K3"), departure=time(23, 30))
    assert linked_number(ENDS, "K3", (BEGINS, again), FRIDAY) == "K9"


def test_nights_underway_do_not_move_the_dates_apart() -> None:
    """A train that left two days ago meets the one that leaves here on the date on which it arrives."""
    long = replace(ENDS, arrival=time(5, 0), arr_day=2, days=RunningDays(weekdays=(4,)))
    saturdays = replace(BEGINS, days=RunningDays(weekdays=(6,)))
    assert link_problem(long, "K3", (saturdays,)) == ("", "")
    assert linked_number(long, "K3", (saturdays,), SATURDAY) == "K3"
    fridays = replace(BEGINS, days=RunningDays(weekdays=(5,)))
    assert "on no date" in link_problem(long, "K3", (fridays,))[0]
