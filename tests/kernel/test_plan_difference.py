"""What people are shown of two day plans: what differs, as text, in the order in which it matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.day_plan import PlanRow, RowChange, row_id
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.places import make_ready
from stationmaster_kernel.plan_difference import (
    FieldDifference,
    PlanSide,
    RowDifference,
    before_version,
    field_differences,
    plan_difference,
    standing,
    wall_clock,
)
from stationmaster_kernel.values import CallKind
from support.small_station import DAY, STATION, at, planned

READY = make_ready(STATION)
NEXT = DAY + timedelta(days=1)
BERLIN = make_ready(replace(STATION, station=replace(STATION.station, zone="Europe/Berlin")))
SUMMER = date(2026, 3, 29)
"""The day on which Berlin's clocks leap from 2 to 3 o'clock."""

WINTER = date(2026, 10, 25)
"""The day on which Berlin's clocks go back from 3 to 2 o'clock."""


def side(*calls: PlannedCall, day: date = DAY) -> PlanSide:
    return PlanSide(day=day, calls=tuple(((call.number, 1), call) for call in calls))


def local(day: date, clock: str) -> Instant:
    return local_instant(day, time.fromisoformat(clock), ZoneInfo("Europe/Berlin"))


def test_the_same_plan_has_no_difference() -> None:
    """Equal plans differ in nothing."""
    assert plan_difference(side(planned()), side(planned()), READY) == ()


def test_added_and_gone_come_first_by_time_of_day() -> None:
    """Trains that only one side has are told without fields, the added ones before those that are gone."""
    before = side(planned("G1"), planned("G5", departure="07:50", arrival=None, kind=CallKind.ORIGIN))
    after = side(planned("G1", track="2"), planned("G3", departure="09:00"), planned("G2", departure="08:30"))
    assert plan_difference(before, after, READY) == (
        RowDifference(change=RowChange.ADDED, number="G2", nth=1, at="08:30"),
        RowDifference(change=RowChange.ADDED, number="G3", nth=1, at="09:00"),
        RowDifference(change=RowChange.GONE, number="G5", nth=1, at="07:50"),
        RowDifference(
            change=RowChange.CHANGED,
            number="G1",
            nth=1,
            at="08:10",
            fields=(
                FieldDifference(field="track", before="1", after="2"),
                FieldDifference(field="platform", before="1", after="2"),
            ),
        ),
    )


def test_fields_stand_in_the_order_in_which_they_matter() -> None:
    """Times, track and platform, then places and formation, then offsets, then the rest."""
    newer = replace(
        planned(arrival="08:01", departure="08:11", track="2"),
        gates=("1A", "2A"),
        areas=("A",),
        exits=("N",),
        formation="16",
        opens=-20,
        closes=-4,
        kind=CallKind.ORIGIN,
        train_class="城际",
        numbers=("G1", "G2"),
        origin="包头",
        destination="北京",
        turnaround="G9",
    )
    fields = [item.field for item in field_differences(planned(), DAY, newer, DAY, READY)]
    assert fields == [
        *("arrival", "departure", "track", "platform"),
        *("gates", "areas", "exits", "formation"),
        *("opens", "closes"),
        *("kind", "train_class", "numbers", "origin", "destination", "turnaround"),
    ]


def test_changes_are_read_by_weight_and_then_by_time() -> None:
    """A changed track at noon is read before changed gates in the morning."""
    before = side(planned("G1"), planned("G2", departure="12:00"), planned("G3", departure="10:00"))
    after = side(
        replace(planned("G1"), gates=("2A",)),
        planned("G2", departure="12:00", track="2"),
        planned("G3", departure="10:05"),
    )
    assert [item.number for item in plan_difference(before, after, READY)] == ["G3", "G2", "G1"]


def test_another_day_is_compared_by_the_clock_on_the_wall() -> None:
    """The same train on the next day is no difference, though every instant differs; a train over midnight as well."""
    late = planned("G2", arrival="23:55", departure="23:59")
    over = replace(late, departure=at("00:05", days=1))
    moved = [
        replace(call, arrival=Instant(call.arrival + 1440 * MINUTE), departure=Instant(call.departure + 1440 * MINUTE))
        for call in (planned(), over)
        if call.arrival is not None and call.departure is not None
    ]
    assert plan_difference(side(planned(), over), side(*moved, day=NEXT), READY) == ()
    (changed,) = plan_difference(side(planned(), late), side(*moved, day=NEXT), READY)
    assert changed.fields == (FieldDifference(field="departure", before="23:59", after="00:05+1"),)


def test_a_clock_change_is_no_difference() -> None:
    """A train at 08:10 stays at 08:10 when the clocks change between the two days, in spring and in autumn."""
    for day in (SUMMER, WINTER):
        yesterday = day - timedelta(days=1)
        before, after = (
            side(replace(planned(), arrival=local(each, "08:00"), departure=local(each, "08:10")), day=each)
            for each in (yesterday, day)
        )
        assert (after.calls[0][1].arrival or 0) - (before.calls[0][1].arrival or 0) != 1440 * MINUTE
        assert plan_difference(before, after, BERLIN) == ()


def test_an_hour_that_does_not_exist_is_a_difference() -> None:
    """A train of the hour that is leapt over calls an hour later by the clock on the wall, and that is told."""
    yesterday = SUMMER - timedelta(days=1)
    before, after = (
        side(replace(planned(), arrival=None, departure=local(each, "02:30"), kind=CallKind.ORIGIN), day=each)
        for each in (yesterday, SUMMER)
    )
    (changed,) = plan_difference(before, after, BERLIN)
    assert changed.fields == (FieldDifference(field="departure", before="02:30", after="03:30"),)


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """The second 02:30 of an autumn night is not the first."""
    first = local(WINTER, "02:30")
    second = Instant(first + 60 * MINUTE)
    assert wall_clock(first, WINTER, BERLIN.zone) == "02:30"
    assert wall_clock(second, WINTER, BERLIN.zone) == "02:30*"
    assert wall_clock(None, WINTER, BERLIN.zone) == ""


def rows(*given_rows: tuple[int, PlannedCall | None, PlannedCall | None]) -> list[PlanRow]:
    return [
        PlanRow(id=row_id(DAY, f"G{n}", 1), day=DAY, call="", version=version, planned=stands, before=before)
        for n, (version, stands, before) in enumerate(given_rows, start=1)
    ]


def test_the_version_before_is_told_from_the_rows() -> None:
    """Rows that the newest version changed count as they were before it, the others as they are."""
    old, new = planned(departure="08:10"), planned(departure="08:20")
    found = rows((3, new, old), (1, new, None), (3, None, old), (3, new, None), (2, new, old))
    before = before_version(DAY, found, 3)
    assert [key for key, _ in before.calls] == [("G1", 1), ("G2", 1), ("G3", 1), ("G5", 1)]
    assert dict(before.calls)["G1", 1] == old
    after = standing(DAY, found)
    assert [key for key, _ in after.calls] == [("G1", 1), ("G2", 1), ("G4", 1), ("G5", 1)]
    assert [(item.change, item.number) for item in plan_difference(before, after, READY)] == [
        (RowChange.ADDED, "G4"),
        (RowChange.GONE, "G3"),
        (RowChange.CHANGED, "G1"),
    ]


def test_a_first_version_differs_from_nothing() -> None:
    """The first version of a day has no version before it, and so nothing to be read."""
    found = rows((1, planned(), None))
    assert plan_difference(before_version(DAY, found, 1), standing(DAY, found), READY) == ()


CALLS = st.dictionaries(
    st.sampled_from(["G1", "G2", "G3"]),
    st.tuples(st.sampled_from(["08:10", "08:20"]), st.sampled_from(["1", "2", "9"]), st.sampled_from([None, -20])),
).map(
    lambda items: side(
        *(
            replace(planned(number, departure=out, track=track), opens=opens)
            for number, (out, track, opens) in items.items()
        )
    )
)


@given(CALLS, CALLS)
def test_the_reverse_of_a_difference(before: PlanSide, after: PlanSide) -> None:
    """Read the other way round, added is gone and each field has its two values exchanged; nothing else differs."""
    there, back = plan_difference(before, after, READY), plan_difference(after, before, READY)
    turned = {RowChange.ADDED: RowChange.GONE, RowChange.GONE: RowChange.ADDED, RowChange.CHANGED: RowChange.CHANGED}
    assert {(item.number, turned[item.change]) for item in there} == {(item.number, item.change) for item in back}
    swapped = {item.number: tuple((each.field, each.after, each.before) for each in item.fields) for item in there}
    assert swapped == {
        item.number: tuple((each.field, each.before, each.after) for each in item.fields) for item in back
    }
    assert (before == after) == (not there) or dict(before.calls) == dict(after.calls)
