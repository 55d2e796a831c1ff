"""What the check finds before a board is hung up: texts that are too long, and signs that no font has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

from guidance.fakes import LAYOUT, board, configuration
from stationmaster_base.configuration import Faults
from stationmaster_guidance.boxes import board_boxes
from stationmaster_guidance.cars import car_count
from stationmaster_guidance.fitting import FitReport, check_fit
from stationmaster_guidance.fonts import FontBook, lacking, text_width
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_kernel.configuration import Configuration, Name

SIGNS = (
    "北京呼和浩特东出发暂无列车终到站开点状态次售票厅屏 ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:"
)
EM = 1000


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one font, `Board Test`: Chinese signs are as wide as high, all others half as wide."""
    folder = tmp_path_factory.mktemp("fonts")
    names = {ord(sign): f"u{ord(sign):04X}" for sign in SIGNS}
    glyphs = [".notdef", *names.values()]
    build = FontBuilder(EM, isTTF=True)
    build.setupGlyphOrder(glyphs)
    build.setupCharacterMap(names)
    build.setupGlyf({glyph: Glyph() for glyph in glyphs})
    wide = {name: EM if code > 0x2E80 else EM // 2 for code, name in names.items()}
    build.setupHorizontalMetrics({glyph: (wide.get(glyph, EM), 0) for glyph in glyphs})
    build.setupHorizontalHeader(ascent=880, descent=-120)
    build.setupNameTable({"familyName": "Board Test", "styleName": "Bold"})
    build.setupOS2(usWeightClass=700)
    build.setupPost()
    build.save(folder / "board-test.ttf")
    (folder / "broken.ttf").write_bytes(b"\x00\x01\x00\x00" + b"\xff" * 40)
    return folder


def station(*names: tuple[str, str], body: str = LAYOUT) -> Configuration:
    """A station with one board in the test's font, and these stations' names in Chinese and English."""
    dressed = body.replace("[header]", '[fonts]\nzh = ["Board Test"]\nen = ["Board Test"]\n[header]')
    made = configuration(board(), body=dressed)
    named = tuple(Name(id=zh, names=(("zh", zh), ("en", en))) for zh, en in names)
    return replace(made, names=named)


def check(made: Configuration, fonts: Path) -> FitReport:
    """What the check says of it."""
    return check_fit(made, numbers=("G2402",), book=FontBook((fonts,)))


def test_a_station_that_fits_has_no_findings(fonts: Path) -> None:
    """Usual names fit a usual board; the report says which font file that was looked up in."""
    report = check(station(("北京", "Beijing"), ("呼和浩特东", "Hohhot East")), fonts)
    assert report.findings == ()
    assert report.cells > 10
    assert report.fonts == (f"zh: {fonts / 'board-test.ttf'}", f"en: {fonts / 'board-test.ttf'}")


def test_name_too_long_in_the_smallest_type_is_found_once_with_place_and_remedy(fonts: Path) -> None:
    """A name that a page would have to scroll is a finding: which cell, which board, how much, what would do."""
    report = check(station(("北京", "Beijing East Development Zone South Square")), fonts)
    (fault,) = report.findings
    assert fault.file == "layouts/hall.toml"
    assert fault.place == "region[1] destination.en on hall-1 (1920×1080)"
    assert "'Beijing East Development Zone South Square' is " in fault.problem
    assert "times too long even in the smallest type" in fault.problem
    assert "or a wider cell" in fault.allowed


def test_cell_that_is_meant_to_scroll_takes_any_name(fonts: Path) -> None:
    """Where the layout says scroll, a long name is what was meant."""
    body = LAYOUT.replace('width = 8 },\n  { field = "time"', 'width = 8, overflow = "scroll" },\n  { field = "time"')
    assert body != LAYOUT
    report = check(station(("北京", "Beijing East Development Zone South Square"), body=body), fonts)
    assert report.findings == ()


def test_sign_that_no_font_has_is_found(fonts: Path) -> None:
    """A name with a sign that the fonts lack would show a box; the finding names the sign and its number."""
    report = check(station(("旮旯北", "Gala North")), fonts)
    (fault,) = report.findings
    assert fault.problem == "'旮旯北' has signs that no font has: 旮 U+65EE 旯 U+65EF"
    assert fault.allowed == "other signs, or a font that has them in [fonts] zh"


def test_without_the_fonts_widths_are_guessed_and_that_is_said(tmp_path: Path) -> None:
    """On a machine without the board's fonts the check still finds what is far too long, and owns up to guessing."""
    report = check(station(("北京", "Beijing East Development Zone South Square")), tmp_path)
    assert len(report.findings) == 1
    assert report.fonts[0] == "zh: none of Board Test is here; widths are guessed and signs are not looked for"


def test_board_with_a_broken_layout_is_passed_over(fonts: Path) -> None:
    """What `stationmaster check` tells of is not told twice, and keeps no other board from being looked at."""
    assert check(station(body="languages = 3"), fonts).cells == 0


def test_widths_and_lacking_signs(fonts: Path) -> None:
    """A text is as wide as its signs; a broken font in the folder keeps nobody from the others."""
    faces = FontBook((fonts,)).faces(("Nobody's", "Board Test"))
    assert [face.family for face in faces] == ["Board Test"]
    assert text_width("北京G1", faces) == 3.0
    assert lacking("北京 旮\u3000旮", faces) == "旮"


@pytest.mark.parametrize(
    ("formation", "count"),
    [
        ("8辆", 8),
        ("16", 16),
        ("18 辆", 18),
        ("8+8", 16),
        ("8辆+8辆", 16),
        ("8辆重联", 16),
        ("16辆重联", 16),
        ("8 cars", 8),
        ("CRH380A", 0),
        ("", 0),
        ("0辆", 0),
        ("99辆", 0),
    ],
)
def test_cars_are_counted_only_where_the_words_say_so(formation: str, count: int) -> None:
    """A make-up that says how many cars there are gives their number; any other gives none, and no guess."""
    assert car_count(formation) == count


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1920, 360), (64, 16)])
def test_everything_lies_on_the_board(width: int, height: int) -> None:
    """In whatever shape, header, regions, rows and footer lie within the board, and rows do not overlap."""
    layout = parse_layout('footer = { zh = "脚", en = "Foot" }\n' + LAYOUT, "hall", Faults())
    boxes = board_boxes(board(width=width, height=height), layout)
    assert boxes.footer is not None
    (region,) = boxes.regions
    cells = [cell.box for row in region.rows for cell in row]
    for box in (boxes.footer, region.box, *cells):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width + 0.01
        assert box.y + box.height <= height + 2
    tops = [row[0].box.y for row in region.rows]
    assert tops == sorted(set(tops))
