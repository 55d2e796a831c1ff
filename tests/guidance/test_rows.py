"""What a board shows at a moment follows from the tasks, the layout and the time alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from guidance.fakes import LAYOUT, NOON, board, row_task, stage
from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant
from stationmaster_guidance.layout import BoardLayout, Order
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.rows import NO_ROOM, board_rows
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.values import EventName, Hand, Status, TaskKind, TaskState


def layout(body: str = LAYOUT) -> BoardLayout:
    """A good layout."""
    faults = Faults()
    read = parse_layout(body, "hall", faults)
    faults.raise_if_any()
    return read


def numbers(now: float, *tasks: object) -> list[str]:
    """The numbers of the rows on the board, in order."""
    return [row.number for row in board_rows(board(), layout(), tasks, now).rows]  # type: ignore[arg-type]


def test_a_row_is_on_from_its_start_to_its_end() -> None:
    """A row stands from the second of its start until the second of its end, which it does not reach."""
    task = row_task("G1", 30)
    assert numbers(NOON - 1, task) == []
    assert numbers(NOON, task) == ["G1"]
    assert numbers(NOON + 30 * 60 - 1, task) == ["G1"]
    assert numbers(NOON + 30 * 60, task) == []


def test_a_row_that_awaits_a_report_stays_until_its_hard_end() -> None:
    """Without the report the row outlives its end, but not its hard end."""
    task = row_task("G1", 30, awaits=EventName.DEPARTURE, hard_end=Instant(NOON + 40 * 60))
    assert numbers(NOON + 39 * 60, task) == ["G1"]
    assert numbers(NOON + 40 * 60, task) == []


def test_only_display_tasks_of_this_board_make_rows() -> None:
    """Announcements, other boards' rows and withdrawn rows are not shown."""
    assert numbers(
        NOON,
        row_task("G1", boards=("other",)),
        row_task("G2", kind=TaskKind.CHECK_IN),
        row_task("G3", state=TaskState.WITHDRAWN),
        row_task("G4"),
    ) == ["G4"]


def test_a_manual_mode_keeps_new_rows_away_and_leaves_the_old_ones() -> None:
    """A row that was on when the mode was set stays to its end; one that was to come waits, unless it is released."""
    mode = Mode(id="kind.display", since=Instant(NOON - 60), by="controller")
    there = row_task("G1", 5, start=Instant(NOON - 120))
    coming, released = row_task("G2", 10, start=NOON), row_task("G3", 15, start=NOON, hand=Hand.RELEASED)
    picture = board_rows(board(), layout(), [there, coming, released], NOON, modes=(mode,))
    assert [row.number for row in picture.rows] == ["G1", "G3"]


def test_rows_are_sorted_by_order_then_call() -> None:
    """Two trains of the same minute stand in the order of their calls, whatever the order of news."""
    tasks = [row_task("G9", 10), row_task("G5", 20), row_task("G1", 20), row_task("G7", 5)]
    assert numbers(NOON, *tasks) == numbers(NOON, *reversed(tasks)) == ["G7", "G9", "G1", "G5"]


def test_a_row_takes_the_last_stage_that_has_come() -> None:
    """The status and its words are those of the moment."""
    stages = (stage(NOON, Status.WAITING), stage(NOON + 600, Status.CHECKING_IN))
    task = row_task("G1", stages=stages)
    before = board_rows(board(), layout(), [task], NOON + 599)
    after = board_rows(board(), layout(), [task], NOON + 600)
    assert [row.status for row in before.rows] == [Status.WAITING]
    assert [row.status for row in after.rows] == [Status.CHECKING_IN]
    assert after.rows[0].status_texts == (("zh", "正在检票"), ("en", "Checking in"))
    assert dict(after.rows[0].fields)["destination"] == (("zh", "北京北"), ("en", "Beijing North"))
    assert dict(after.rows[0].fields)["number"] == (("", "G1"),)


def test_until_is_the_next_moment_at_which_time_changes_the_picture() -> None:
    """A picture says until when it holds: the next start, stage, end or hard end of any of its tasks."""
    stages = (stage(NOON, Status.WAITING), stage(NOON + 600, Status.CHECKING_IN))
    task = row_task("G1", 30, stages=stages, awaits=EventName.DEPARTURE, hard_end=Instant(NOON + 3600))
    moments: list[float] = []
    now: float = NOON - 100
    while (until := board_rows(board(), layout(), [task], now).until) is not None:
        moments.append(until - NOON)
        now = until
    assert moments == [0, 600, 1800, 3600]


TWO_REGIONS = (
    LAYOUT
    + """
[[region]]
rows = 2
pages = 1
rules = ["*arriv*"]
[[region.line]]
columns = [{ field = "number", width = 5 }]
"""
)


def test_regions_take_the_rows_of_their_rules() -> None:
    """Arrivals stand in the region that names their rules, the rest in the one that does not want them."""
    body = TWO_REGIONS.replace("pages = 2", 'pages = 2\nrules_except = ["*arriv*"]')
    picture = board_rows(
        board(), layout(body), [row_task("G1"), row_task("G2", rule="row-arrivals"), row_task("G3")], NOON
    )
    assert [(row.number, row.region) for row in picture.rows] == [("G1", 0), ("G2", 1), ("G3", 0)]


def test_what_is_too_much_for_one_region_goes_to_the_next() -> None:
    """A platform's next train stands large in the first region, those that follow in the second."""
    body = TWO_REGIONS.replace("rows = 3\npages = 2", "rows = 1\npages = 1").replace('rules = ["*arriv*"]\n', "")
    picture = board_rows(board(), layout(body), [row_task(f"G{n}", n) for n in range(1, 6)], NOON)
    assert [(row.number, row.region, row.page) for row in picture.rows] == [
        ("G1", 0, 1),
        ("G2", 1, 1),
        ("G3", 1, 1),
        ("G4", 0, NO_ROOM),
        ("G5", 0, NO_ROOM),
    ]
    assert picture.without_room == 2


def test_a_hidden_status_is_not_placed() -> None:
    """A region that hides suspended trains leaves them out, and the picture still tells of them."""
    body = LAYOUT.replace("pages = 2", 'pages = 2\nhide = ["suspended"]')
    task = row_task("G1", stages=(stage(NOON, Status.SUSPENDED),))
    picture = board_rows(board(), layout(body), [task, row_task("G2")], NOON)
    assert [(row.number, row.page) for row in picture.rows] == [("G1", NO_ROOM), ("G2", 1)]


def test_without_a_column_for_the_state_the_time_says_it() -> None:
    """A suspended train's time alone would be a lie; where the state has its own column, times stay times."""
    body = LAYOUT.replace('  { field = "status", heading = { zh = "状态", en = "Status" }, width = 8 },\n', "")
    stages = (stage(NOON, Status.SUSPENDED),)
    (row,) = board_rows(board(), layout(body), [row_task("G1", stages=stages)], NOON).rows
    assert dict(row.fields)["time"] == (("zh", "列车停运"), ("en", "Suspended"))
    (late,) = board_rows(board(), layout(body), [row_task("G1", stages=(stage(NOON, Status.LATE),))], NOON).rows
    assert "time" not in dict(late.fields)
    (usual,) = board_rows(board(), layout(), [row_task("G1", stages=stages)], NOON).rows
    assert "time" not in dict(usual.fields)


def test_latest_first_turns_a_region_round() -> None:
    """In a region with the latest first, the first page holds the latest trains."""
    turned = layout()
    turned = replace(turned, regions=tuple(replace(region, order=Order.LATEST) for region in turned.regions))
    picture = board_rows(board(), turned, [row_task(f"G{n}", n) for n in range(1, 6)], NOON)
    assert {row.number for row in picture.rows if row.page == 1} == {"G5", "G4", "G3"}


@given(
    minutes=st.lists(st.integers(1, 200), max_size=40),
    rows=st.integers(1, 9),
    pages=st.integers(1, 5),
    order=st.sampled_from(Order),
)
def test_paging_shows_each_row_once_and_in_order(minutes: list[int], rows: int, pages: int, order: Order) -> None:
    """Pages are full but for the last, none has too many rows, and no row is lost or doubled."""
    tasks = [row_task(f"G{index}", minute) for index, minute in enumerate(minutes)]
    base = layout()
    region = replace(base.regions[0], rows=rows, pages=pages, order=order)
    picture = board_rows(board(), replace(base, regions=(region,)), tasks, NOON)
    assert sorted(row.number for row in picture.rows) == sorted(task.text("number", "") for task in tasks)
    size = picture.regions[0].rows_per_page
    assert size == rows
    shown = [row for row in picture.rows if row.page != NO_ROOM]
    assert len(shown) == min(len(tasks), rows * pages)
    assert picture.without_room == len(tasks) - len(shown)
    counts = [sum(row.page == page for row in shown) for page in range(1, picture.regions[0].pages + 1)]
    assert all(count == size for count in counts[:-1])
    assert counts[-1] <= size
    assert (counts == [0]) is (not tasks)
    reading = sorted(shown, key=lambda row: (row.order, row.call), reverse=order is Order.LATEST)
    assert [row.page for row in reading] == sorted(row.page for row in shown)
    first_left_out = min((row.order for row in picture.rows if row.page == NO_ROOM), default=None)
    assert first_left_out is None or all(row.order <= first_left_out for row in shown)
