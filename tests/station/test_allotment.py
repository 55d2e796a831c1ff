"""Allotment: every train gets a track of its own while it is there, or the report says why not."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.allotment import allot_tracks
from stationmaster.station.occupation import Window, conflicts, gap, window_of
from stationmaster.station.running_days import RunningDays
from stationmaster.station.timetable import TimetableRow
from stationmaster_kernel.configuration import Clearance, Place, PlaceKind
from stationmaster_kernel.values import CallKind

USUAL = Clearance()


def track(name: str, platform: str = "P") -> Place:
    return Place(id=name, kind=PlaceKind.TRACK, names=(("zh", name),), platform=platform)


def at(text: str) -> time | None:
    return time.fromisoformat(text) if text else None


def train(number: str, kind: CallKind, arr: str = "", dep: str = "", **more: object) -> TimetableRow:
    row = TimetableRow(
        line=int(number[1:]),
        train_class="快速",
        kind=kind,
        number=number,
        numbers=(number,),
        origin="A",
        destination="B",
        arrival=at(arr),
        departure=at(dep),
    )
    return replace(row, **more)


@pytest.mark.parametrize(
    ("kind", "arr", "dep", "start", "end"),
    [
        (CallKind.THROUGH, "10:00", "10:05", 598, 608),
        (CallKind.PASSING, "10:00", "10:00", 598, 603),
        (CallKind.ORIGIN, "", "10:00", 570, 603),
        (CallKind.TERMINUS, "10:00", "", 598, 620),
        (CallKind.ORIGIN, "", "00:10", -20, 13),
        (CallKind.THROUGH, "23:50", "00:10", 1428, 1453),
    ],
)
def test_windows_are_those_of_the_kind(kind: CallKind, arr: str, dep: str, start: int, end: int) -> None:
    """Through and passing: 2 before, 3 after; an origin stands 30 before, a terminus 20 after; midnight is no wall."""
    assert window_of(train("K1", kind, arr, dep), USUAL) == Window(start=start, end=end)


def test_gap_counts_over_midnight_in_both_directions() -> None:
    """An origin train at 00:10 stands on its track from 23:40 of the day before."""
    early = train("K1", CallKind.ORIGIN, "", "00:10")
    late = train("K2", CallKind.THROUGH, "23:38", "23:45")
    assert gap(early, late, USUAL) < 0
    assert gap(late, early, USUAL) == gap(early, late, USUAL)


def test_trains_that_never_run_on_neighbouring_dates_are_not_in_each_others_way() -> None:
    """One track serves both a Monday and a Thursday train at the same hour."""
    monday = train("K1", CallKind.THROUGH, "10:00", "10:05", days=RunningDays(weekdays=(1,)))
    thursday = train("K2", CallKind.THROUGH, "10:00", "10:05", days=RunningDays(weekdays=(4,)))
    assert gap(monday, thursday, USUAL) == 7 * 1440
    allotted = allot_tracks([monday, thursday], [track("1")], USUAL)
    assert [row.track for row in allotted.rows] == ["1", "1"]
    spring = RunningDays(valid_until=date(2026, 3, 1))
    summer = RunningDays(valid_from=date(2026, 3, 5))
    rows = [replace(monday, days=spring), replace(thursday, days=summer)]
    assert allot_tracks(rows, [track("1")], USUAL).unallotted == ()


def test_trains_are_spread_over_the_tracks() -> None:
    """Each takes the track that has been empty longest, so all are used before one is used twice."""
    rows = [train(f"K{number}", CallKind.THROUGH, f"{8 + number:02}:00", f"{8 + number:02}:05") for number in range(6)]
    allotted = allot_tracks(rows, [track("1"), track("2"), track("3")], USUAL)
    assert sorted(row.track for row in allotted.rows) == ["1", "1", "2", "2", "3", "3"]
    assert allotted.given == 6


def test_only_passing_trains_use_tracks_without_platform_and_they_prefer_them() -> None:
    """A stopping train goes to the platform though the other track is free; a second passing train may use it too."""
    rows = [
        train("K1", CallKind.THROUGH, "10:00", "10:05"),
        train("K2", CallKind.PASSING, "11:00", "11:00"),
        train("K3", CallKind.PASSING, "11:00", "11:00"),
    ]
    allotted = allot_tracks(rows, [track("1"), track("2", platform="")], USUAL)
    assert [row.track for row in allotted.rows] == ["1", "2", "1"]


def test_given_tracks_are_kept_and_count_as_taken() -> None:
    """What a person has said stands."""
    rows = [
        train("K1", CallKind.THROUGH, "10:00", "10:05"),
        train("K2", CallKind.THROUGH, "10:03", "10:09", track="1"),
    ]
    allotted = allot_tracks(rows, [track("1"), track("2")], USUAL)
    assert [row.track for row in allotted.rows] == ["2", "1"]
    assert allotted.given == 1


def test_a_train_is_moved_to_make_room() -> None:
    """The first train's choice must not keep out one that fits on that track only."""
    rows = [
        train("K1", CallKind.PASSING, "10:30", "10:30", track="3"),
        train("K2", CallKind.PASSING, "10:00", "10:00"),
        train("K3", CallKind.PASSING, "10:01", "10:31"),
    ]
    rows[2] = replace(rows[2], departure=time(10, 31))
    tracks = [track("3", ""), track("4", "")]
    allotted = allot_tracks(rows, tracks, USUAL)
    assert allotted.unallotted == ()
    assert [row.track for row in allotted.rows] == ["3", "3", "4"]


def test_what_finds_no_track_is_reported_with_who_is_there() -> None:
    """The reason names the time and the trains that are in the way."""
    rows = [
        train("K1", CallKind.THROUGH, "10:00", "10:05"),
        train("K2", CallKind.THROUGH, "10:01", "10:06"),
    ]
    allotted = allot_tracks(rows, [track("1")], USUAL)
    (missing,) = allotted.unallotted
    assert missing.row.number == "K2"
    assert missing.reason == "09:59–10:09 every track is taken (1: K1)"
    assert [row.track for row in allotted.rows] == ["1", ""]
    assert allot_tracks(rows, [], USUAL).unallotted[0].reason == "there is no track"
    assert allot_tracks(rows, [track("1", "")], USUAL).unallotted[0].reason == "there is no track with a platform"


def test_clearance_is_data() -> None:
    """With ten minutes between trains, two that just fitted no longer do."""
    rows = [train("K1", CallKind.THROUGH, "10:00", "10:05"), train("K2", CallKind.THROUGH, "10:12", "10:15")]
    assert allot_tracks(rows, [track("1")], USUAL).unallotted == ()
    assert len(allot_tracks(rows, [track("1")], replace(USUAL, between=10)).unallotted) == 1


minute = st.integers(0, 1439)


@st.composite
def timetables(draw: st.DrawFn) -> list[TimetableRow]:
    rows = []
    for number in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(CallKind))
        arrival = draw(minute)
        departure = arrival if kind is CallKind.PASSING else (arrival + draw(st.integers(0, 90))) % 1440
        rows.append(
            train(
                f"K{number}",
                kind,
                "" if kind is CallKind.ORIGIN else f"{arrival // 60:02}:{arrival % 60:02}",
                "" if kind is CallKind.TERMINUS else f"{departure // 60:02}:{departure % 60:02}",
                track=draw(st.sampled_from(["", "", "", "1"])),
                days=RunningDays(
                    weekdays=tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
                ),
            )
        )
    return rows


@given(rows=timetables())
def test_no_allotted_track_is_ever_used_by_two_trains_at_once(rows: list[TimetableRow]) -> None:
    """Conflicts can only be between rows whose tracks a person gave, and the outcome is repeatable."""
    tracks = [track("1"), track("2"), track("3"), track("4", platform="")]
    allotted = allot_tracks(rows, tracks, USUAL)
    given_by_people = {row.number for row in rows if row.track}
    for conflict in conflicts(allotted.rows, USUAL):
        assert {conflict.first.number, conflict.second.number} <= given_by_people
    assert allot_tracks(rows, tracks, USUAL) == allotted
    assert allotted.given + len(allotted.unallotted) == sum(not row.track for row in rows)
    assert all(row.track != "4" or row.kind is CallKind.PASSING for row in allotted.rows)
