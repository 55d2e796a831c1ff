"""An ordinary day has no conflicts: what an import and a timetable allow, the kernel does not complain of."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.station.importing import import_timetable
from stationmaster.station.load import Station, load_station
from stationmaster.station.occupation import gap
from stationmaster.station.plans import plan_day
from stationmaster.station.timetable import TimetableRow
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.inputs import Configure, GradeFeed, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade
from support.busy_station import busy, conflicts, opened, proposals, train
from support.effort import scaled

DAY = date(2026, 3, 2)
"""A Monday; the week from it has every train of the sample."""


def planned(station: Station, days: int) -> State:
    """The kernel with the station's plans of some days, and nothing else known."""
    dates = [DAY + timedelta(days=number) for number in range(days)]
    first = min(call.arrival or call.departure or 0 for call in plan_day(station, dates[0]))
    now = Instant(first - 6 * 3600)
    state, _ = step(State.empty(now), Configure(id="c", at=now, configuration=station.configuration))
    for day in dates:
        state, _ = step(state, Plan(id=f"p/{day}", at=now, day=day, calls=plan_day(station, day)))
    state, _ = step(state, GradeFeed(id="g", at=now, grade=FeedGrade.FRESH))
    return state


def test_the_samples_week_has_no_conflicts(sample: Path) -> None:
    """Nobody has anything to decide before anything has happened."""
    state = planned(load_station(sample), 7)
    assert len(state.calls) > 7 * 150
    assert (conflicts(state), proposals(state)) == ({}, {})


def test_a_real_day_has_no_conflicts(folder, real_day: Path) -> None:
    """A timetable without tracks gets them by an import; day after day they suffice."""
    (folder.path / "operations.csv").unlink(missing_ok=True)
    assert import_timetable(real_day, folder.path).written
    state = planned(load_station(folder.path), 3)
    assert (conflicts(state), proposals(state)) == ({}, {})


minute = st.integers(8 * 60, 12 * 60)


@st.composite
def times(draw: st.DrawFn) -> tuple[str | None, str | None]:
    """Arrival and departure of a call of any kind."""
    arrival = draw(minute)
    departure = arrival + draw(st.sampled_from([0, 1, 2, 10, 60]))
    kind = draw(st.sampled_from(["origin", "terminus", "other"]))
    return (
        None if kind == "origin" else f"{arrival // 60:02}:{arrival % 60:02}",
        None if kind == "terminus" else f"{departure // 60:02}:{departure % 60:02}",
    )


@settings(max_examples=scaled(60), deadline=None)
@given(
    times(),
    times(),
    st.builds(
        Clearance,
        before_arrival=st.integers(1, 5),
        after_departure=st.integers(1, 5),
        origin_before=st.integers(5, 40),
        terminus_after=st.integers(5, 30),
        between=st.integers(0, 10),
    ),
)
def test_what_an_allotment_allows_is_no_conflict_and_nothing_else_is(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], clearance: Clearance
) -> None:
    """The station's figures mean the same to an import, over all dates, and to the kernel, on the day."""
    calls = [train("G1", *one), train("G2", *other)]
    configuration = busy(clearance=clearance, dwell_least=0)
    state = opened(*calls, configuration=configuration)
    rows = [
        TimetableRow(
            line=number,
            train_class=call.train_class,
            kind=call.kind,
            number=call.number,
            numbers=call.numbers,
            origin=call.origin,
            destination=call.destination,
            arrival=None if given[0] is None else time.fromisoformat(given[0]),
            departure=None if given[1] is None else time.fromisoformat(given[1]),
            track="1",
        )
        for number, (call, given) in enumerate(zip(calls, (one, other), strict=True))
    ]
    assert bool(conflicts(state)) is (gap(rows[0], rows[1], clearance) < clearance.between)
