"""The sample station is believable: every row finds its boards, every announcement finds its time in its zone."""

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from stationmaster.station.load import Station, load_station
from stationmaster.station.occupation import conflicts
from stationmaster.station.plans import plan_day
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.inputs import Configure, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import CallKind, TaskKind

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
DAY = date(2026, 3, 6)
"""A Friday, on which the weekend's trains run as well."""

ZH_PER_SECOND = 4.0
EN_WORDS_PER_SECOND = 2.6
PAUSE = 2.0
"""Seconds: chime and the gap between the languages."""


@cache
def whole() -> Station:
    return load_station(SAMPLE)


@cache
def planned() -> State:
    start = plan_day(whole(), DAY)[0].arrival
    assert start is not None
    at = Instant(start - 6 * 3600)
    state, _ = step(State.empty(at), Configure(id="1", at=at, configuration=whole().configuration))
    state, _ = step(state, Plan(id="2", at=at, day=DAY, calls=plan_day(whole(), DAY)))
    return state


def tasks(kind: TaskKind) -> list[Task]:
    return [task for task in planned().tasks.values() if task.kind is kind]


def zh_seconds(task: Task) -> float:
    return len(task.text("speech", "zh")) / ZH_PER_SECOND


def en_seconds(task: Task) -> float:
    return len(re.findall(r"\w+", task.text("speech", "en"))) / EN_WORDS_PER_SECOND


def test_the_day_has_a_large_stations_variety() -> None:
    """All kinds, trains over midnight, with two numbers, long stops, own gates, weekdays and seasons."""
    rows = whole().timetable
    assert all(len(plan_day(whole(), DAY + timedelta(days=number))) >= 150 for number in range(7))
    assert {row.kind for row in rows} == set(CallKind)
    assert any(row.departure and row.arrival and row.departure < row.arrival for row in rows)
    assert sum(len(row.numbers) > 1 for row in rows) >= 5
    assert max(last - first for first, last in (row.minutes for row in rows)) >= 30
    assert any(row.gates for row in rows)
    assert any(row.exits for row in rows)
    assert any(len(row.days.weekdays) < 7 for row in rows)
    assert any(row.days.valid_from for row in rows)


def test_every_track_is_used_and_no_two_trains_share_one() -> None:
    """The main lines carry passing trains alone; some trains pass at a platform and are warned of there."""
    rows = whole().timetable
    tracks = {place.id for place in whole().configuration.places if place.kind is PlaceKind.TRACK}
    assert {row.track for row in rows} == tracks
    assert list(conflicts(rows, whole().clearance)) == []
    warned = [task for task in tasks(TaskKind.ANNOUNCEMENT) if task.rule == "passing-warning"]
    assert len(warned) == 3
    assert all(target.startswith("platform-") for task in warned for target in task.targets)


def test_the_invented_station_is_not_a_real_one(real_stations: list[tuple[str, str]]) -> None:
    """Neither its name nor its telecode is taken."""
    facts = whole().configuration.station
    assert facts.telecode not in {telecode for _, telecode in real_stations}
    assert dict(facts.names)["zh"] not in {name for name, _ in real_stations}


@pytest.mark.parametrize("board", [board.id for board in whole().configuration.boards if board.type != "message"])
def test_every_board_has_rows_in_the_course_of_the_day(board: str) -> None:
    """No board of the sample stays empty but the one that is there for texts alone."""
    assert any(board in task.targets for task in tasks(TaskKind.DISPLAY))


def test_every_departure_is_checked_in_at_its_gates() -> None:
    """Each origin and through call opens check-in before it closes it."""
    departing = [call for call in planned().calls.values() if call.kind in (CallKind.ORIGIN, CallKind.THROUGH)]
    check_ins = {task.call: task for task in tasks(TaskKind.CHECK_IN)}
    assert set(check_ins) == {call.id for call in departing}
    for task in check_ins.values():
        assert task.start is not None
        assert task.end is not None
        assert task.end - task.start >= 120
        assert task.targets


def test_every_announcement_is_short_and_in_both_languages() -> None:
    """Chinese and English of one announcement take at most 30 seconds; English alone at most 13."""
    for task in tasks(TaskKind.ANNOUNCEMENT):
        assert zh_seconds(task) > 2
        assert 2 < en_seconds(task) <= 13, task.text("speech", "en")
        assert zh_seconds(task) + en_seconds(task) + PAUSE <= 30, task.text("speech", "zh")


@pytest.mark.parametrize("zone", [zone.id for zone in whole().configuration.zones])
def test_no_zones_announcements_grow_too_old_waiting_for_each_other(zone: str) -> None:
    """On a day as planned, each is begun in its validity though the zone speaks but one at a time."""
    free = 0.0
    mine = [task for task in tasks(TaskKind.ANNOUNCEMENT) if zone in task.targets]
    for task in sorted(mine, key=lambda item: (item.due or 0, item.priority)):
        assert task.due is not None
        assert task.valid_until is not None
        begun = max(free, task.due)
        assert begun < task.valid_until, task.id
        free = begun + zh_seconds(task) + en_seconds(task) + PAUSE
