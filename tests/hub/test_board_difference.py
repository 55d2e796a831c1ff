"""What a board should show, and how what it shows differs from that."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.hub.subsystems.board_difference import Difference, DifferenceKind, differences
from stationmaster.hub.subsystems.board_intent import Intent, board_intent
from stationmaster.hub.subsystems.board_lanes import ANY_LANE, Lane, lanes_of
from stationmaster.station.load import Station, load_station
from stationmaster_base.configuration import Faults
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.geometry import capacity
from stationmaster_guidance.layout import BoardLayout
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.rows import NO_ROOM, board_rows
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Stage, Task
from stationmaster_kernel.values import EventName, Status, TaskKind, TaskState
from stationmaster_protocol.equipment import Evidence, Readback, ShownRow

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
NOW = 1_772_323_200
MISSING, EXTRA, OLD, STALE, ORDER, BLANK, TEXT = DifferenceKind


def row(number: int, rule: str = "departures", *, start: int = -60, end: int | None = 60, **more: object) -> Task:
    """A row for board `hall`; times are minutes from now."""
    task = Task(
        id=f"T/{number}/{rule}/1",
        revision=10 + number,
        call=f"T/{number}",
        rule=rule,
        occurrence=1,
        kind=TaskKind.DISPLAY,
        targets=("hall",),
        start=Instant(NOW + start * MINUTE),
        end=None if end is None else Instant(NOW + end * MINUTE),
        order=Instant(NOW + number * MINUTE),
    )
    return replace(task, **more)  # type: ignore[arg-type]


def text(number: int, *, whole: bool) -> Task:
    return row(number, rule="", call="", kind=TaskKind.MESSAGE, whole=whole)


def intent(*tasks: Task, lanes: tuple[Lane, ...] = ANY_LANE) -> Intent:
    return board_intent("hall", lanes, tasks, NOW)


def shown(*tasks: Task, room: int | None = None, blank: bool = False, at: int = 0) -> Readback:
    rows = tuple(ShownRow(task=task.id, revision=task.revision) for task in tasks)
    return Readback(
        target="hall", at=Instant(NOW + at), evidence=Evidence.PAINTED, capacity=room, blank=blank, rows=rows
    )


def found(
    due: Intent, readback: Readback, lanes: tuple[Lane, ...] = ANY_LANE, *, texts: bool = False
) -> list[tuple[DifferenceKind, str]]:
    return [(each.kind, each.task.split("/")[1] if each.task else "") for each in _all(due, readback, lanes, texts)]


def _all(due: Intent, readback: Readback, lanes: tuple[Lane, ...], texts: bool) -> tuple[Difference, ...]:
    return differences(due, readback, lanes, texts=texts)


ONE, TWO, THREE = row(1), row(2), row(3)


def test_rows_are_due_by_their_times_and_in_their_order() -> None:
    """On now, not withdrawn, for this board, not held, and not kept back by a manual mode; sorted as on a board."""
    over, later, gone = row(4, end=-1), row(5, start=1), row(6, state=TaskState.WITHDRAWN)
    other, held = row(7, targets=("gate",)), row(8, held=True)
    waits = row(9, end=-5, awaits=EventName.DEPARTURE)
    due = board_intent("hall", ANY_LANE, (waits, THREE, over, later, gone, other, held, ONE), NOW)
    assert [each.task for each in due.rows] == [ONE.id, THREE.id, waits.id]
    assert due.until == NOW + MINUTE
    since = Instant(NOW - 2 * 3600)
    manual = (Mode(id="rule.departures", since=since, by="x"),)
    assert (
        board_intent("hall", ANY_LANE, (ONE, row(2, rule="others")), NOW, manual).rows
        == intent(row(2, rule="others")).rows
    )


def test_a_board_that_shows_what_it_should_has_no_difference() -> None:
    """With room for all of it, or for the first of it."""
    due = intent(ONE, TWO, THREE)
    assert found(due, shown(ONE, TWO, THREE)) == []
    assert found(due, shown(ONE, TWO, room=2)) == []
    assert found(intent(), shown()) == []


@pytest.mark.parametrize(
    ("readback", "expected"),
    [
        (shown(ONE, THREE), [(MISSING, "2")]),
        (shown(ONE, TWO), [(MISSING, "3")]),
        (shown(), [(MISSING, "1"), (MISSING, "2"), (MISSING, "3")]),
        (shown(ONE, room=2), [(MISSING, "2")]),
        (shown(ONE, THREE, room=2), [(MISSING, "2")]),
        (shown(ONE, TWO, THREE, row(4)), [(EXTRA, "4")]),
        (shown(ONE, TWO, TWO, THREE), [(EXTRA, "2")]),
        (shown(ONE, replace(TWO, revision=11), THREE), [(OLD, "2")]),
        (shown(ONE, THREE, TWO), [(ORDER, "3")]),
        (shown(blank=True), [(BLANK, "")]),
    ],
)
def test_what_is_different_is_named(readback: Readback, expected: list[tuple[DifferenceKind, str]]) -> None:
    """Missing, too much, twice, old, out of order, nothing at all: each with the train that it is about."""
    assert found(intent(ONE, TWO, THREE), readback) == expected


def test_a_picture_of_before_a_change_by_time_is_stale() -> None:
    """Check-in has opened, the revision is the same, and what is seen was painted before: the state in it is old."""
    stages = (
        Stage(at=Instant(NOW - 3600), status=Status.WAITING),
        Stage(at=Instant(NOW - 20), status=Status.CHECKING_IN),
    )
    due = intent(row(1, stages=stages))
    assert due.rows[0].status is Status.CHECKING_IN
    assert found(due, shown(ONE, at=-21)) == [(STALE, "1")]
    assert found(due, shown(ONE, at=-20)) == []


def test_a_blank_board_is_right_when_there_is_nothing_or_a_text_takes_it() -> None:
    """A board that is switched off while rows are due is not."""
    assert found(intent(), shown(blank=True)) == []
    notice = text(9, whole=True)
    assert found(intent(ONE, notice), shown(blank=True), texts=True) == []
    assert found(intent(ONE, notice), shown(blank=True)) == [(BLANK, "")]


def test_a_text_for_the_whole_board_is_to_be_seen() -> None:
    """Where its subsystem shows texts: then no row is missing, and an old wording is told."""
    notice, line = text(9, whole=True), text(8, whole=False)
    due = intent(ONE, TWO, notice, line)
    assert found(due, shown(ONE, TWO), texts=True) == [(TEXT, "9")]
    assert found(due, shown(notice), texts=True) == []
    assert found(due, shown(replace(notice, revision=1)), texts=True) == [(OLD, "9")]
    assert found(due, shown(ONE, TWO)) == []
    assert found(intent(ONE, line), shown(line, ONE)) == []
    assert found(intent(ONE, line), shown(line, room=1)) == []


def test_lanes_are_read_from_a_layout() -> None:
    """Patterns, states, room and order of each region; a layout that cannot be read takes everything."""
    body = '[[region]]\nrows = 7\nrules_except = ["*arriv*"]\nhide = ["suspended"]\n[[region]]\nrows = 2\npages = 1\n'
    first, second = lanes_of(body + 'order = "latest"\nrules = ["*arriv*"]')
    assert first == Lane(rules_except=("*arriv*",), hide=("suspended",), most=21)
    assert second == Lane(rules=("*arriv*",), most=2, latest=True)
    for bad in ("", "[", 'region = "no"', "region = [1]"):
        assert lanes_of(bad) == ANY_LANE


def test_of_two_parts_each_shows_its_own_first_rows() -> None:
    """A full part lacks rows that are no difference; a part with room for more must have them."""
    lanes = (Lane(rules_except=("arr*",), most=2), Lane(rules=("arr*",), most=3))
    leaving = [row(number) for number in (1, 2, 3, 4)]
    coming = [row(number, rule="arrivals") for number in (5, 6)]
    due = intent(*leaving, *coming, lanes=lanes)
    assert found(due, shown(*leaving[:2], *coming, room=5), lanes) == []
    assert found(due, shown(*leaving[:2], coming[0], room=5), lanes) == [(MISSING, "6")]
    assert found(due, shown(leaving[0], *coming, room=5), lanes) == [(MISSING, "2")]
    assert found(due, shown(leaving[1], *coming, room=5), lanes) == [(MISSING, "1")]
    hidden = intent(row(1, rule="staff"), lanes=(Lane(rules=("arr*",)),))
    assert found(hidden, shown(), (Lane(rules=("arr*",)),)) == []
    assert found(hidden, shown(row(1, rule="staff")), (Lane(rules=("arr*",)),)) == []


@cache
def sample() -> Station:
    return load_station(SAMPLE)


@cache
def layout(name: str) -> tuple[BoardLayout, tuple[Lane, ...]]:
    body = next(each.body for each in sample().configuration.layouts if each.id == name)
    return parse_layout(body, name, Faults()), lanes_of(body)


TASKS = st.lists(
    st.builds(
        row,
        number=st.integers(0, 40),
        rule=st.sampled_from(("departures-hall", "arrivals-exit", "terminus-row")),
        start=st.integers(-90, 10),
        end=st.none() | st.integers(-10, 90),
        revision=st.integers(1, 9),
    ),
    max_size=40,
    unique_by=lambda task: task.id,
)


def painted(name: str, tasks: list[Task]) -> tuple[Intent, Readback, tuple[Lane, ...]]:
    """A board of the sample station as guidance paints it, and what it should show."""
    board = next(each for each in sample().configuration.boards if each.layout == name)
    drawn, lanes = layout(name)
    tasks = [replace(task, targets=(board.id,)) for task in tasks]
    picture = board_rows(board, drawn, tasks, NOW)
    room = sum(capacity(board, drawn, region) * region.pages for region in drawn.regions)
    rows = tuple(
        ShownRow(task=each.task, revision=each.revision, page=each.page)
        for each in picture.rows
        if each.page != NO_ROOM
    )
    readback = Readback(
        target=board.id, at=Instant(NOW), evidence=Evidence.PAINTED, capacity=room, blank=False, rows=rows
    )
    return board_intent(board.id, lanes, tasks, NOW), readback, lanes


LAYOUTS = st.sampled_from(("hall", "entrance", "underpass", "staff", "gate", "platform"))


@given(LAYOUTS, TASKS)
@settings(max_examples=60, deadline=None)
def test_what_guidance_paints_is_never_different(name: str, tasks: list[Task]) -> None:
    """Whatever is due, on every kind of layout with one part or several, a right board has no difference."""
    due, readback, lanes = painted(name, tasks)
    assert differences(due, readback, lanes) == ()


@given(LAYOUTS, TASKS, st.data())
@settings(max_examples=80, deadline=None)
def test_what_somebody_changed_on_a_right_board_is_found(name: str, tasks: list[Task], data: st.DataObject) -> None:
    """A row of another revision, one too much, one that is gone from above another: each is told, and nothing else."""
    due, readback, lanes = painted(name, tasks)
    rows = list(readback.rows)
    if not rows:
        return
    index = data.draw(st.integers(0, len(rows) - 1))
    old = replace(rows[index], revision=rows[index].revision + 100)
    changed = replace(readback, rows=(*rows[:index], old, *rows[index + 1 :]))
    assert {each.kind for each in differences(due, changed, lanes)} == {OLD}
    assert [each.task for each in differences(due, changed, lanes)] == [old.task]
    more = replace(readback, rows=(*rows[:index], ShownRow(task="nothing", revision=1), *rows[index:]))
    assert (EXTRA, "nothing") in {(each.kind, each.task) for each in differences(due, more, lanes)}
    same = next(each.lanes for each in due.rows if each.task == rows[index].task)
    below = {each.task for each in due.rows if each.lanes == same} & {each.task for each in rows[index + 1 :]}
    if below:
        less = replace(readback, rows=(*rows[:index], *rows[index + 1 :]))
        assert Difference(kind=MISSING, task=rows[index].task) in differences(due, less, lanes)


@given(TASKS, TASKS, st.booleans(), st.none() | st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_read_back_breaks_it(
    tasks: list[Task], rows: list[Task], blank: bool, room: int | None
) -> None:
    """Any readback gives differences, the same ones each time."""
    lanes = (Lane(rules=("*arriv*",), most=3), Lane(most=5, latest=True))
    due = intent(*tasks, lanes=lanes)
    readback = shown(*rows, room=room, blank=blank)
    assert differences(due, readback, lanes, texts=True) == differences(due, readback, lanes, texts=True)
