"""A board as SVG: what it says, that it is well formed, and that text shrinks into its cell."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from guidance.fakes import LAYOUT, NOON, configuration, row_task, stage
from stationmaster_guidance.board_svg import board_svg
from stationmaster_guidance.fonts import FontBook
from stationmaster_guidance.moment import BoardMoment, board_moment
from stationmaster_kernel.task import Task, Text
from stationmaster_kernel.values import Status

NO_FONTS = FontBook(())
SVG = "{http://www.w3.org/2000/svg}"
MESSAGE = """
languages = "together"
[header]
title = { zh = "站", en = "Station" }
[stale]
text = { zh = "过时", en = "Out of date" }
[message]
text = { zh = "欢迎来到{station}", en = "Welcome to {station}" }
"""
CARS = LAYOUT.replace('{ field = "time"', '{ field = "cars", width = 6 },\n  { field = "time"').replace(
    "[header]", '[cars]\nfirst = "right"\nsectors = ["A", "B"]\nhere = "A"\n[header]'
)


def moment(body: str = LAYOUT, *tasks: Task) -> BoardMoment:
    """The board at noon with these rows."""
    return board_moment(configuration(body=body), "hall-1", tasks, {}, NOON)


def texts(svg: str) -> list[str]:
    """Every text of a document, in order."""
    return [str(element.text) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_svg_says_what_the_board_says() -> None:
    """Title, clock, headings and the cells of each row are there, in the language that was asked for."""
    task = row_task("G1", stages=(stage(NOON, Status.LATE),))
    assert texts(board_svg(moment(LAYOUT, task), book=NO_FONTS)) == [
        "出发 售票厅屏",
        "12:00",
        "车次",
        "终到站",
        "开点",
        "状态",
        "G1",
        "北京北",
        "12:30",
        "晚点约20分",
    ]
    assert "Beijing North" in texts(board_svg(moment(LAYOUT, task), language=1, book=NO_FONTS))


def test_colour_follows_the_status() -> None:
    """A late row's status has the colour that the layout gives it."""
    task = row_task("G1", stages=(stage(NOON, Status.LATE),))
    root = ElementTree.fromstring(board_svg(moment(LAYOUT, task), book=NO_FONTS))
    (status,) = (element for element in root.iter(f"{SVG}text") if element.text == "晚点约20分")
    assert status.get("fill") == "#ffb13d"


def test_board_without_rows_says_so() -> None:
    """An empty board is no empty picture."""
    assert "暂无列车" in texts(board_svg(moment(), book=NO_FONTS))


def test_second_page_has_the_rows_of_the_second_page() -> None:
    """Three rows are a page; the fourth is on the next."""
    tasks = [row_task(f"G{number}", 30 + number) for number in range(1, 5)]
    assert {"G1", "G2", "G3"} <= set(texts(board_svg(moment(LAYOUT, *tasks), book=NO_FONTS)))
    second = set(texts(board_svg(moment(LAYOUT, *tasks), page=2, book=NO_FONTS)))
    assert "G4" in second
    assert "G1" not in second


def test_signs_of_xml_in_a_name_do_no_harm() -> None:
    """A name with < or & is text and nothing else."""
    task = row_task("G1", texts=(Text(name="destination", language="zh", text="<b>&"), Text(name="number", text="G1")))
    assert "<b>&" in texts(board_svg(moment(LAYOUT, task), book=NO_FONTS))


def test_message_board_says_its_standing_text_in_all_its_languages() -> None:
    """A board without regions shows its message, with its placeholders filled."""
    said = texts(board_svg(moment(MESSAGE), book=NO_FONTS))
    assert "欢迎来到明泽南" in said
    assert "Welcome to Mingze South" in said


def test_cars_stand_where_the_layout_says() -> None:
    """With car 1 at the right end the numbers run from high to low, below the sectors of the platform."""
    task = row_task("G1")
    shown = board_moment(configuration(body=CARS), "hall-1", (task,), {}, NOON)
    assert [text for text in texts(board_svg(shown, book=NO_FONTS)) if text in ("A", "B")] == ["A", "B"]
    rows = tuple(replace(row, formation="4辆") for row in shown.picture.rows)
    known = replace(shown, picture=replace(shown.picture, rows=rows))
    assert [text for text in texts(board_svg(known, book=NO_FONTS)) if text.isdecimal()] == ["4", "3", "2", "1"]
