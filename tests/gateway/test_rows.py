"""Rows of the dispatching database become calls, or are told apart as broken."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.times import from_iso
from stationmaster_gateway.rows import RowFault, Rows, instant, merge
from stationmaster_telegram.records import Kind, RunningState

BASE = (
    7,
    "2026-03-01",
    "G2402/G2403",
    "高速",
    "through",
    "包头",
    "北京",
    "2026-03-01T02:00:00Z",
    "2026-03-01T02:05:00Z",
    "3",
)
STAGE = (7, "2026-03-01T02:10:00Z", "2026-03-01T02:15:00Z", 0, 1, "4", "diverted", "大风")
REPORTS = ((7, "arrival", "2026-03-01T02:11:30Z"),)


def base(**change: object) -> tuple[object, ...]:
    """The base row with columns changed."""
    names = (
        "run_id",
        "service_date",
        "train",
        "train_class",
        "kind",
        "origin",
        "destination",
        "arrival",
        "departure",
        "track",
    )
    return tuple(change.get(name, value) for name, value in zip(names, BASE, strict=True))


def test_three_tables_make_one_call() -> None:
    """Planned times are the timetable's, expected ones and track the stage plan's, actual ones the reports'."""
    call = merge(Rows(run=7, base=BASE, stage=STAGE, reports=REPORTS))
    assert call.run == 7
    assert call.numbers == ("G2402", "G2403")
    assert (call.day, call.kind, call.train_class) == (date(2026, 3, 1), Kind.THROUGH, "高速")
    assert call.planned_arrival == from_iso("2026-03-01T02:00:00Z")
    assert call.expected_departure == from_iso("2026-03-01T02:15:00Z")
    assert call.actual_arrival == from_iso("2026-03-01T02:11:30Z")
    assert (call.actual_departure, call.arrival_unknown, call.departure_unknown) == (None, False, True)
    assert (call.track, call.running, call.reason) == ("4", RunningState.DIVERTED, "大风")


def test_without_a_stage_plan_the_timetable_holds() -> None:
    """A run that is only planned is scheduled, on its planned track, with no expected times."""
    call = merge(Rows(run=7, base=BASE))
    assert (call.track, call.running, call.reason, call.expected_arrival) == ("3", RunningState.SCHEDULED, "", None)


def test_a_passing_train_needs_one_of_its_two_times() -> None:
    """A train that passes arrives and leaves at the same time, whichever of the two is given."""
    call = merge(Rows(run=7, base=base(kind="passing", arrival=None)))
    assert call.planned_arrival == call.planned_departure == from_iso("2026-03-01T02:05:00Z")


def test_a_servers_own_types_are_understood() -> None:
    """A database with real dates and times of day is read as well as one with text."""
    moment = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    call = merge(Rows(run=7, base=base(service_date=date(2026, 3, 1), arrival=moment, track=3)))
    assert (call.planned_arrival, call.track) == (from_iso("2026-03-01T02:00:00Z"), "3")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (Rows(run=7, stage=STAGE), "base_timetable"),
        (Rows(run=7, base=base(service_date="1 March")), "service_date"),
        (Rows(run=7, base=base(kind="flying")), "kind"),
        (Rows(run=7, base=base(arrival="10:00")), "arrival"),
        (Rows(run=7, base=base(arrival=5.5)), "arrival"),
        (Rows(run=7, base=base(arrival=None)), "planned arrival"),
        (Rows(run=7, base=base(kind="origin")), "planned arrival"),
        (Rows(run=7, base=base(train="")), "train numbers"),
        (Rows(run=7, base=base(train="G1//G3")), "train numbers"),
        (Rows(run=7, base=base(train=b"G1")), "train"),
        (Rows(run=7, base=base(origin="a\x00b")), "control"),
        (Rows(run=7, base=base(departure="2029-03-01T02:05:00Z")), "60 days"),
        (Rows(run=7, base=BASE, stage=(*STAGE[:6], "late", "")), "running"),
        (Rows(run=7, base=BASE, stage=(*STAGE[:3], 2, *STAGE[4:])), "arrival_unknown"),
        (Rows(run=7, base=BASE, reports=((7, "crash", "2026-03-01T02:05:00Z"),)), "report.event"),
        (Rows(run=7, base=BASE, reports=((7, "arrival", "soon"),)), "report.actual"),
    ],
)
def test_what_is_broken_is_said_with_its_column(rows: Rows, said: str) -> None:
    """A broken row names the column and what stands there."""
    with pytest.raises(RowFault, match=said):
        merge(rows)


anything = st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4) | st.sampled_from(BASE)


@given(
    st.lists(anything, min_size=10, max_size=10),
    st.none() | st.lists(anything, min_size=8, max_size=8),
    st.lists(st.tuples(anything, anything, anything), max_size=3),
)
def test_any_row_is_a_call_or_a_fault(
    base: list[object], stage: list[object] | None, reports: list[tuple[object, ...]]
) -> None:
    """Whatever stands in somebody else's database, nothing but a RowFault comes of it."""
    with suppress(RowFault):
        assert merge(Rows(run=1, base=base, stage=stage, reports=tuple(reports))).run == 1


def test_an_unreadable_time_is_none() -> None:
    """The database's own time is taken from what can be read of it."""
    assert instant("2026-03-01T00:00:00Z") == from_iso("2026-03-01T00:00:00Z")
    assert instant("soon") is None
