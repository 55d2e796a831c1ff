"""The day plan: which trains, at which instants, in which order."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.station.load import Station, load_station
from stationmaster.station.operations import Operation, Operations, Template
from stationmaster.station.plans import plan_day, plan_days, plan_digest
from stationmaster.station.running_days import RunningDays
from stationmaster.station.timetable import TimetableRow
from stationmaster_base.times import Instant, local_date, local_hhmm, to_iso
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.values import CallKind

MONDAY = date(2026, 3, 2)


def row(**values: object) -> TimetableRow:
    usual = TimetableRow(
        line=2,
        train_class="快速",
        kind=CallKind.THROUGH,
        number="K1",
        numbers=("K1",),
        origin="北京西",
        destination="西安",
        arrival=time(10, 0),
        departure=time(10, 5),
    )
    return replace(usual, **values)


def station(sample: Path, *rows: TimetableRow, zone: str = "Asia/Shanghai") -> Station:
    whole = load_station(sample)
    facts = replace(whole.configuration.station, zone=zone)
    return replace(whole, configuration=replace(whole.configuration, station=facts), timetable=rows)


def test_times_are_instants_of_the_stations_zone(sample: Path) -> None:
    """10:00 in Shanghai is 02:00 UTC."""
    (call,) = plan_day(station(sample, row()), MONDAY)
    assert call.arrival is not None
    assert call.departure is not None
    assert to_iso(call.arrival) == "2026-03-02T02:00:00Z"
    assert to_iso(call.departure) == "2026-03-02T02:05:00Z"


def test_a_departure_before_the_arrival_is_on_the_next_day(sample: Path) -> None:
    """The service date is the arrival's."""
    (call,) = plan_day(station(sample, row(arrival=time(23, 51), departure=time(0, 9))), MONDAY)
    assert call.arrival is not None
    assert call.departure is not None
    assert call.departure - call.arrival == 18 * 60
    assert local_date(call.departure, ZoneInfo("Asia/Shanghai")) == date(2026, 3, 3)


def test_calls_are_in_order_of_planned_time_then_of_number(sample: Path) -> None:
    """Departure, else arrival; the order in the file does not matter."""
    rows = (
        row(number="K9", numbers=("K9",)),
        row(number="K2", numbers=("K2",), kind=CallKind.TERMINUS, departure=None, arrival=time(10, 5)),
        row(number="K3", numbers=("K3",), kind=CallKind.ORIGIN, departure=time(9, 0), arrival=None),
        row(number="K4", numbers=("K4",), arrival=time(8, 0), departure=time(11, 0)),
    )
    for order in (rows, rows[::-1]):
        assert [call.number for call in plan_day(station(sample, *order), MONDAY)] == ["K3", "K2", "K9", "K4"]


def test_validity_and_weekdays_are_those_of_the_service_date(sample: Path) -> None:
    """A train of Mondays that leaves after midnight is in the plan of Monday, not of Tuesday."""
    night = row(arrival=time(23, 50), departure=time(0, 10), days=RunningDays(weekdays=(1,)))
    last = row(number="K3", numbers=("K3",), days=RunningDays(valid_until=MONDAY))
    both = station(sample, night, last)
    assert [call.number for call in plan_day(both, MONDAY)] == ["K3", "K1"]
    assert plan_day(both, date(2026, 3, 3)) == ()
    assert [call.number for call in plan_day(both, date(2026, 3, 9))] == ["K1"]


def test_places_of_the_row_are_in_the_plan(sample: Path) -> None:
    """Track, gates, areas and exits are carried as the timetable has them."""
    (call,) = plan_day(station(sample, row(track="5", gates=("2C",), areas=("A",), exits=("E",))), MONDAY)
    assert (call.track, call.gates, call.areas, call.exits) == ("5", ("2C",), ("A",), ("E",))


def test_a_stop_in_the_hour_that_the_clock_leaps_over_keeps_its_length(sample: Path) -> None:
    """In Berlin there is no 02:30 on 29 March 2026: a train from 02:50 to 03:05 still stops 15 minutes."""
    berlin = station(sample, row(arrival=time(2, 50), departure=time(3, 5)), zone="Europe/Berlin")
    (call,) = plan_day(berlin, date(2026, 3, 29))
    assert call.arrival is not None
    assert call.departure is not None
    assert call.departure - call.arrival == 15 * 60


def test_in_the_hour_that_comes_twice_it_is_the_first(sample: Path) -> None:
    """In Berlin 02:30 comes twice on 25 October 2026."""
    berlin = station(sample, row(arrival=time(2, 30), departure=time(2, 40)), zone="Europe/Berlin")
    (call,) = plan_day(berlin, date(2026, 10, 25))
    assert call.arrival is not None
    assert to_iso(call.arrival) == "2026-10-25T00:30:00Z"


def test_the_samples_day_has_all_kinds_and_is_the_same_each_time(sample: Path) -> None:
    """On any day more than 150 calls; a plan depends on nothing but folder and date."""
    whole = load_station(sample)
    plan = plan_day(whole, MONDAY)
    assert len(plan) > 150
    assert {call.kind for call in plan} == set(CallKind)
    assert plan == plan_day(load_station(sample), MONDAY)
    zone = ZoneInfo("Asia/Shanghai")
    shown = [(call.number, local_hhmm(call.departure, zone)) for call in plan if call.departure is not None]
    assert ("G6704", "07:05") in shown
    assert ("K600", "00:09") in shown


def test_templates_fill_what_the_timetable_leaves_open(sample: Path) -> None:
    """Formation, places and check-in of the row's class; the row's own gates stay."""
    classes = Template(
        line=2,
        train_class="快速",
        operation=Operation(track="5", gates=("2A",), exits=("N",), formation="17辆", opens=-25, closes=-4),
    )
    whole = replace(station(sample, row(gates=("2C",))), operations=Operations(templates=(classes,)))
    (call,) = plan_day(whole, MONDAY)
    assert (call.track, call.gates, call.areas, call.exits) == ("5", ("2C",), (), ("N",))
    assert (call.formation, call.turnaround, call.opens, call.closes) == ("17辆", "", -25, -4)


def test_a_turnaround_is_in_the_plan_on_the_dates_of_its_departure(sample: Path) -> None:
    """Two origin calls of one number stand for one train; on other days the set goes away empty."""
    ends = row(kind=CallKind.TERMINUS, departure=None)
    mondays = row(
        kind=CallKind.ORIGIN,
        number="K4",
        numbers=("K4", "K5"),
        arrival=None,
        departure=time(12, 0),
        days=RunningDays(weekdays=(1,)),
    )
    link = Template(line=2, train="K1", operation=Operation(turnaround="K5"))
    whole = replace(station(sample, ends, mondays), operations=Operations(templates=(link,)))
    links = [[call.turnaround for call in calls] for _, calls in plan_days(whole, MONDAY, 2)]
    assert links == [["K4", ""], [""]]


def test_plans_of_a_range_are_the_plans_of_its_dates(sample: Path) -> None:
    """From the first one on, each with its date."""
    whole = load_station(sample)
    dates = [MONDAY + timedelta(days=ahead) for ahead in range(4)]
    assert list(plan_days(whole, MONDAY, 4)) == [(day, plan_day(whole, day)) for day in dates]


def test_a_digest_tells_whether_two_plans_say_the_same(sample: Path) -> None:
    """It does not depend on order, and every field of every call counts."""
    whole = load_station(sample)
    calls = plan_day(whole, MONDAY)
    digest = plan_digest(calls)
    assert plan_digest(plan_day(load_station(sample), MONDAY)) == digest
    assert plan_digest(calls[::-1]) == digest
    assert plan_digest(calls[1:]) != digest
    assert plan_digest((*calls, calls[0])) != digest
    first = calls[20]
    others = {
        plan_digest((*calls[:20], changed, *calls[21:]))
        for changed in (
            replace(first, number="K9999"),
            replace(first, track="1"),
            replace(first, gates=("1A",)),
            replace(first, areas=("1A",)),
            replace(first, formation="1辆"),
            replace(first, turnaround="K1"),
            replace(first, opens=0),
            replace(first, closes=0),
            replace(first, departure=None),
        )
    }
    assert len(others | {digest}) == 10


def test_a_digest_is_the_same_for_ever() -> None:
    """Plans that were taken by an older version must not look changed: this is the digest of a known plan."""
    call = PlannedCall(
        number="K1",
        numbers=("K1", "K4"),
        train_class="快速",
        kind=CallKind.THROUGH,
        origin="北京西",
        destination="西安",
        arrival=Instant(1772416800),
        departure=Instant(1772417100),
        gates=("2A",),
    )
    assert plan_digest((call,)) == "df952acd5c3223949e6fd4e25322395bfe38290396f3a80f84ca20781e846cac"
    assert plan_digest(()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
