"""Layouts: what may stand in a file, what is said of what may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.fakes import LAYOUT, ROOT
from stationmaster_base.configuration import Faults, Table
from stationmaster_guidance.check import check_layout
from stationmaster_guidance.layout import BoardLayout, Languages, Overflow
from stationmaster_guidance.layout_reader import contrast, parse_layout, read_layout
from stationmaster_kernel.values import Status

SAMPLES = sorted((ROOT / "stations" / "sample" / "layouts").glob("*.toml"))


def faults_of(body: str) -> list[str]:
    """What is wrong with a layout, as `place: problem`."""
    faults = Faults()
    parse_layout(body, "hall", faults)
    return [f"{fault.place}: {fault.problem}" for fault in faults]


def good(body: str = LAYOUT) -> BoardLayout:
    """A layout that has to be good."""
    faults = Faults()
    layout = parse_layout(body, "hall", faults)
    faults.raise_if_any()
    return layout


def test_layout_is_read_with_defaults() -> None:
    """What a layout leaves out has the values that the design names: 20 s a page, shrinking texts, readable colours."""
    layout = good()
    assert layout.languages is Languages.ALTERNATE
    assert layout.dwell_s == 20
    assert layout.header.titles == (("zh", "出发 {board}"), ("en", "Departures {board}"))
    (region,) = layout.regions
    assert (region.rows, region.pages, region.share) == (3, 2, 1.0)
    assert [column.field for column in region.lines[0].columns] == ["number", "destination", "time", "status"]
    assert region.lines[0].width == 27
    assert all(column.overflow is Overflow.SHRINK for column in region.lines[0].columns)
    assert layout.colours.of(Status.LATE) == "#ffb13d"
    assert layout.colours.of(None) == layout.colours.text


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_sample_layouts_are_good(file: Path) -> None:
    """Every layout of the sample station can be used as it is."""
    assert check_layout(file, file.name) == []


def test_sample_has_a_layout_for_every_type_of_board() -> None:
    """The sample shows one layout for each type that is shipped."""
    assert {file.stem for file in SAMPLES} >= {
        "hall",
        "entrance",
        "arrivals",
        "waiting",
        "gate",
        "platform",
        "underpass",
        "exit",
        "staff",
        "message",
    }


def test_all_faults_are_found_at_once() -> None:
    """A person who mends a layout sees everything that is wrong with it in one go, each with its place."""
    body = """
languages = "both"
dwell_s = 0
colour = "red"
[header]
title = { zh = "出发 {gate}", en = "Departures" }
[stale]
text = { zh = "过时" }
[colours]
text = "#222222"
number = "yellow"
[colours.status]
late = "#000000"
lost = "#ffffff"
[[region]]
rows = 0
hide = ["gone"]
[[region.line]]
columns = [
  { field = "speed", width = 5 },
  { field = "time" },
  { field = "number", width = 3, align = "middle", overflow = "cut" },
  { field = "number", width = 3 },
]
"""
    found = faults_of(body)
    for expected in (
        "languages: 'both' is not known",
        "dwell_s: 0 is not possible",
        "colour: is not a key of this table",
        "header.title.zh: '{gate}' is no placeholder",
        "stale.text.en: is missing",
        "colours.text: #222222 on #05070c has contrast 1.3 and cannot be read",
        "colours.number: 'yellow' is not a colour",
        "colours.status.late: #000000 on #05070c has contrast 1.0 and cannot be read",
        "colours.status.lost: is not a status",
        "region[1].rows: 0 is not possible",
        "region[1].hide[0]: 'gone' is not known",
        "region[1].line[1].columns[1].field: 'speed' is not known",
        "region[1].line[1].columns[2].width: is missing",
        "region[1].line[1].columns[3].align: 'middle' is not known",
        "region[1].line[1].columns[3].overflow: 'cut' is not known",
        "region[1].line[1].columns: 'number' stands there twice in the same language",
    ):
        assert any(line.startswith(expected) for line in found), (expected, found)


def test_fault_names_the_file_and_what_is_allowed(tmp_path: Path) -> None:
    """A fault says in which file it is and what may stand there."""
    file = tmp_path / "x.toml"
    file.write_text(LAYOUT.replace('"alternate"', '"sometimes"'))
    (fault,) = check_layout(file, "layouts/x.toml")
    assert str(fault) == ("layouts/x.toml: languages: 'sometimes' is not known (allowed: alternate, together, first)")


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    """What is not TOML at all is one fault with its line, not a flood of missing keys."""
    file = tmp_path / "x.toml"
    file.write_text('languages = "alternate"\n[header\n')
    (fault,) = check_layout(file, "x.toml")
    assert fault.place == "line 2"
    assert [fault.place for fault in check_layout(tmp_path / "none.toml", "none.toml")] == ["file"]


def test_a_page_may_not_turn_before_all_languages_were_shown() -> None:
    """With two languages of 10 s, a page of 15 s would be seen in Chinese only half as well as in English."""
    (fault,) = faults_of(LAYOUT.replace("dwell_s = 20", "dwell_s = 15"))
    assert fault == "language_s: a page would turn before it has been seen in 2 languages"


def test_every_text_needs_every_language() -> None:
    """A language that one text of the layout has and another has not would leave a hole on the board."""
    (fault,) = faults_of(LAYOUT.replace('en = "No trains"', 'en = ""'))
    assert fault == "region[1].empty.en: is missing"


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48)])
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    """Contrast is computed as WCAG 2.2 does, whichever colour comes first."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-5, 100),
        st.floats(allow_nan=False, width=32),
        st.sampled_from(["alternate", "number", "#ffffff", "late", "", "{board}", "top"]),
        st.text(max_size=5),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["zh", "en", "title", "text", "line", "columns", "field", "width", "rows", "status", "late", "heading"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["languages", "language_s", "dwell_s", "header", "stale", "colours", "region", "footer", "alone", "split", "x"]
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_no_table_crashes_the_reader(body: dict[str, object]) -> None:
    """Whatever types stand in the file, the answer is a list of faults."""
    faults = Faults()
    read_layout(Table(body, "x.toml", faults), "x")
    assert len(faults) > 0
    assert all(str(fault).startswith("x.toml: ") for fault in faults)


def test_the_documented_example_is_a_layout() -> None:
    """What the document shows can be copied."""
    text = (ROOT / "docs" / "layouts.md").read_text("utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    without_narrow = example.split("[[region.narrow]]")[0]
    layout = good(without_narrow)
    assert layout.header.titles == (("zh", "{station}欢迎您"), ("en", "Welcome to {station}"))
    assert layout.regions[0].rows == 10


def test_fonts_cars_and_messages_say_what_is_allowed() -> None:
    """Faults in what was added for fonts, vertical languages, cars and messages are found all at once as well."""
    head = """
vertical = ["mn", "top down"]
[fonts]
zh = ["Noto Sans CJK SC", "x\\"; }"]
Chinese = ["Noto"]
[cars]
first = "middle"
places = 0
sectors = ["A", "B"]
here = "C"
[message]
text = { zh = "欢迎 {train}", en = "Welcome" }
colour = "#333333"
align = "justify"
"""
    found = faults_of(LAYOUT.replace("[header]", head + "[header]"))
    for expected in (
        "vertical[1]: 'top down' is not a language",
        "fonts.zh[1]: 'x\"; }' is no name of a font",
        "fonts.Chinese: is not a language",
        "cars.first: 'middle' is not known",
        "cars.places: 0 is not possible",
        "cars.here: 'C' is not a sector",
        "message.text.zh: '{train}' is no placeholder",
        "message.colour: #333333 on #0d2a52 has contrast",
        "message.align: 'justify' is not known",
    ):
        assert any(line.startswith(expected) for line in found), (expected, found)


def test_board_without_regions_needs_a_message() -> None:
    """A layout may do without rows if it says something instead; one that shows nothing at all is a fault."""
    bare = LAYOUT.split("[[region]]")[0]
    assert faults_of(bare) == ["region: there are 0 regions"]
    layout = good(bare + '[message]\ntext = { zh = "欢迎", en = "Welcome" }\n')
    assert layout.regions == ()
    assert layout.message.texts == (("zh", "欢迎"), ("en", "Welcome"))
    assert not layout.shows_formation
