"""Rows as dots: golden pictures in every font and in both sorts of colour, and what stands on a panel's pages."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from guidance.fakes import LAYOUT, NOON, board, configuration, row_task, stage
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_guidance.layout import BoardLayout
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.led.composing import PanelCell, PanelPage, Show, compose, ink_of
from stationmaster_guidance.led.dots import Bitmap, Ink
from stationmaster_guidance.led.drawing import draw, draw_steps
from stationmaster_guidance.led.glyphs import Fonts
from stationmaster_guidance.led.wrapping import MOST_STEPS, wrapped
from stationmaster_guidance.messages import BoardMessage, BoardMessages
from stationmaster_guidance.rows import board_rows
from stationmaster_kernel.values import Status

GOLDEN = Path(__file__).parent / "golden"
FONTS = Fonts()
BOARD = board(width=192, height=64)
STALE = (("zh", "信息过时"), ("en", "Out of date"))


def layout(**more: object) -> BoardLayout:
    faults = Faults()
    read = parse_layout(LAYOUT, "hall", faults)
    faults.raise_if_any()
    return replace(read, **more)  # type: ignore[arg-type]


def show(*numbers: str, lines: int = 4, status: Status = Status.WAITING, **more: object) -> Show:
    """The pages of a panel whose board has these trains."""
    tasks = [row_task(number, 30 + at, stages=(stage(NOON, status),)) for at, number in enumerate(numbers)]
    picture = board_rows(BOARD, layout(), tasks, NOON + 1)
    values: dict[str, object] = {"lines": lines, "characters": 24, "header": True}
    return compose(BOARD, layout(), picture, configuration().station, **(values | more))  # type: ignore[arg-type]


def words(page: PanelPage) -> list[str]:
    return [" ".join(cell.text for cell in line if cell.text) for line in page.lines]


def as_image(bitmap: Bitmap) -> Image.Image:
    return Image.frombytes("RGB", (bitmap.width, bitmap.height), bitmap.rgb())


def is_golden(name: str, bitmap: Bitmap) -> None:
    """The picture is the one that is kept; STATIONMASTER_TEST_GOLDEN=write keeps it anew."""
    file = GOLDEN / f"{name}.png"
    image = as_image(bitmap)
    if os.environ.get("STATIONMASTER_TEST_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        image.save(file, optimize=True)
    kept = Image.open(file).convert("RGB")
    assert (kept.size, kept.tobytes()) == (image.size, image.tobytes()), bitmap.drawn()


@pytest.mark.parametrize(("size", "lines", "width"), [(16, 4, 256), (16, 4, 192), (32, 2, 576)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_drawn_as_it_was(size: int, lines: int, width: int, language: str) -> None:
    """Header, number, destination, time and status in both languages, in two colours, dot by dot; stepped if narrow."""
    pages = show("G2402", "K1178", "D6856", lines=lines, status=Status.CHECKING_IN).pages
    page = next(page for page in pages if page.language == language)
    is_golden(f"page-{size}-{width}-{language}", draw(page, FONTS, width=width, height=64, size=size).bitmap)


def test_the_fonts_are_drawn_as_they_were() -> None:
    """The three heights in one colour each; 24 dots are Noto's, whose outlines leave the last dot to its edition."""
    for size in (16, 32):
        page = PanelPage(lines=((PanelCell(text="检票口A1 08:05", ink=Ink.RED),),), dwell_s=1)
        is_golden(f"font-{size}", draw(page, FONTS, width=256, height=size, size=size).bitmap)
    page = PanelPage(lines=((PanelCell(text="检票口A1 08:05"),),), dwell_s=1)
    drawn = draw(page, FONTS, width=256, height=24, size=24).bitmap
    lit = sum(byte.bit_count() for byte in drawn.mono)
    assert 500 < lit < 1800
    assert drawn.mono[: drawn.stride] == bytes(drawn.stride)


def test_a_single_colour_loses_no_dot() -> None:
    """What is red, green or amber on a panel of two colours lights on one of a single colour."""
    page = show("G2402", status=Status.LATE).pages[0]
    drawn = draw(page, FONTS, width=192, height=64, size=16).bitmap
    lit = {(x, y) for y in range(64) for x in range(192) if drawn.ink(x, y)}
    mono = Bitmap(width=192, height=64, red=drawn.mono, green=bytes(len(drawn.mono)))
    assert lit == {(x, y) for y in range(64) for x in range(192) if mono.ink(x, y)}
    assert lit


def test_long_words_get_smaller_and_then_come_in_steps() -> None:
    """A text too long for its cell is drawn in a smaller font; one too long for the smallest in parts, dot by dot."""
    page = PanelPage(lines=((PanelCell(text="呼和浩特东站"),),), dwell_s=1)
    assert len(draw_steps(page, FONTS, width=100, height=32, size=32)) == 1
    steps = draw_steps(page, FONTS, width=60, height=32, size=32)
    assert [drawn.cut for drawn in steps] == [(), ()]
    for number, drawn in enumerate(steps, 1):
        is_golden(f"steps-60-{number}", drawn.bitmap)


def test_a_late_trains_minutes_are_all_seen() -> None:
    """Number, time and platform stand still; of the state one part after the other, and no part is another number."""
    line = (
        PanelCell(text="G2402", kept=True, ink=Ink.AMBER),
        PanelCell(text="08:05", kept=True, ink=Ink.RED),
        PanelCell(text="About 2 h 15 min late", ink=Ink.RED),
    )
    steps = draw_steps(PanelPage(lines=(line,), dwell_s=10), FONTS, width=192, height=16, size=16)
    assert len(steps) > 1
    for number, drawn in enumerate(steps, 1):
        assert drawn.cut == ()
        is_golden(f"steps-192-{number}", drawn.bitmap)


def test_what_takes_too_many_steps_is_cut_and_told() -> None:
    """Nobody waits for a text in twenty parts: the rest is left out, and the panel counts as degraded."""
    page = PanelPage(lines=((PanelCell(text="请旅客从南出口有序疏散出站" * 4),),), dwell_s=1)
    steps = draw_steps(page, FONTS, width=96, height=16, size=16)
    assert len(steps) == MOST_STEPS
    assert {len(drawn.cut) for drawn in steps} == {1}


def test_a_board_of_characters_has_as_many_rows_as_lines() -> None:
    """Its size in characters decides how many rows stand on a page, whatever pixels it has."""
    built = board(width=192, height=64, columns=24, rows=2)
    picture = board_rows(built, layout(), [row_task(f"G{at}", 30 + at) for at in range(5)], NOON + 1)
    assert [row.page for row in picture.rows] == [1, 1, 2, 2, 0]
    assert picture.regions[0].rows_per_page == 2


def test_rows_are_those_of_the_board() -> None:
    """Every row of the board's pages is on the panel's, in its order, in each language in turn."""
    told = show("G1", "G2", "G3", "G4", "G5")
    assert [words(page) for page in told.pages] == [
        ["出发 售票厅屏", "G1 北京北 12:30 候车", "G2 北京北 12:30 候车", "G3 北京北 12:30 候车"],
        ["Departures Ticket Hall", *[f"G{n} Beijing North 12:30 Waiting" for n in (1, 2, 3)]],
        ["出发 售票厅屏", "G4 北京北 12:30 候车", "G5 北京北 12:30 候车"],
        ["Departures Ticket Hall", *[f"G{n} Beijing North 12:30 Waiting" for n in (4, 5)]],
    ]
    assert {page.dwell_s for page in told.pages} == {10}
    assert [row.page for row in told.rows] == [1, 1, 1, 2, 2]


def test_a_card_without_chinese_shows_english() -> None:
    """A language that the card cannot write is left out."""
    told = show("G1", lines=1, header=False, speaks=str.isascii)
    assert [words(page) for page in told.pages] == [["G1 Beijing North 12:30 Waiting"]]


def test_no_trains_and_out_of_date_are_said() -> None:
    """An empty board says so; one that cannot be relied on says that below, or in turn where there is one line."""
    assert [words(page)[1] for page in show().pages] == ["暂无列车", "No trains"]
    assert words(show("G1", notice=STALE).pages[0]) == ["出发 售票厅屏", "G1 北京北 12:30 候车", "", "信息过时"]
    one = show("G1", lines=1, header=False, notice=STALE).pages
    assert [words(page) for page in one][:2] == [["G1 北京北 12:30 候车"], ["信息过时"]]


def test_peoples_texts_take_the_panel() -> None:
    """A text for the whole board stands alone, wrapped; one for a line comes round after the rows."""
    text = BoardMessage(
        task="t",
        revision=2,
        priority=5,
        texts=(("zh", "请旅客从南出口有序疏散出站"), ("en", "Leave by the south exit")),
    )
    whole = show("G1", messages=BoardMessages(whole=(text,)))
    assert [words(page) for page in whole.pages] == [["请旅客从南出口有序疏散出", "站"], ["Leave by the south exit"]]
    assert [(row.task, row.revision) for row in whole.rows] == [("t", 2)]
    assert {cell.ink for page in whole.pages for line in page.lines for cell in line} == {Ink.RED}
    calm = show("G1", messages=BoardMessages(whole=(replace(text, priority=20),)))
    assert {cell.ink for page in calm.pages for line in page.lines for cell in line} == {Ink.AMBER}
    after = show("G1", messages=BoardMessages(lines=(text,)))
    assert [words(page)[0] for page in after.pages][-1] == "Leave by the south exit"
    assert [row.task for row in after.rows][-1] == "t"


def test_colours_become_dots() -> None:
    """Each colour of a layout is red, green or amber on a panel."""
    assert [ink_of(each) for each in ("#ff5c5c", "#4df07d", "#ffb13d", "#ffffff")] == [
        Ink.RED,
        Ink.GREEN,
        Ink.AMBER,
        Ink.AMBER,
    ]


def test_words_are_broken_where_they_may_be() -> None:
    """Latin words stay whole while they can, Chinese breaks anywhere, and nothing is lost."""
    assert wrapped("Platform 12 is closed", 11) == ["Platform 12", "is closed"]
    assert wrapped("G2402次列车晚点", 8) == ["G2402次", "列车晚点"]
    assert wrapped("Llanfairpwll", 5) == ["Llanf", "airpw", "ll"]


def test_a_font_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error says which file, and what to install or to write."""
    with pytest.raises(StationError, match="fonts-unifont"):
        Fonts({16: tmp_path / "no.otf"}).word("G1", 16)
