"""What a layout adds to a page beyond rows: a third language from top to bottom, cars, a text that fills the board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from guidance.browsing import chromium, listen_for_errors
from guidance.third import LAYOUT, MONGOLIAN, third_moment
from stationmaster_guidance.board_svg import board_svg
from stationmaster_guidance.fonts import FontBook
from stationmaster_guidance.moment import BoardMoment
from stationmaster_guidance.screenshot import ORIGIN, answers, turned_to

SHAPE = """
(element) => {
  const box = element.getBoundingClientRect();
  const cell = element.closest(".cell").getBoundingClientRect();
  const style = getComputedStyle(element);
  return {
    mode: style.writingMode,
    seen: style.visibility,
    font: style.fontFamily,
    higher: box.height > box.width,
    inside: box.top >= cell.top - 1 && box.bottom <= cell.bottom + 1,
  };
}
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A screen of 1080p."""
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1920, "height": 1080})


def opened(page: Page, moment: BoardMoment, language: int) -> Page:
    """The board's page, turned to a language."""
    page.unroute_all()
    page.clock.set_fixed_time(turned_to(moment, language, 1))
    page.route("**/*", answers(moment))
    page.goto(f"{ORIGIN}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden]), #board .standing")
    return page


def test_third_language_has_its_turn_and_runs_downwards(page: Page) -> None:
    """With the third language's turn its names stand from top to bottom, in their own font, within their cell."""
    errors = listen_for_errors(page)
    opened(page, third_moment(), 2)
    text = page.locator(".row .destination .l2")
    assert text.text_content() == MONGOLIAN
    shape = text.evaluate(SHAPE)
    assert (shape["mode"], shape["seen"]) == ("vertical-lr", "visible")
    assert shape["font"].startswith('"Noto Sans Mongolian", Unifont')
    assert shape["higher"]
    assert shape["inside"]
    assert page.locator(".row .destination .l0").evaluate(SHAPE)["seen"] == "hidden"
    assert page.locator(".row .destination .l0").evaluate(SHAPE)["mode"] == "horizontal-tb"
    assert errors == []


def test_together_the_third_language_stands_beside_the_others(page: Page) -> None:
    """Where all languages are shown at once, the one that runs downwards stands at the right of those that do not."""
    opened(page, third_moment(LAYOUT.replace('"alternate"', '"together"')), 0)
    boxes = [page.locator(f".row .destination .l{number}").bounding_box() for number in (0, 2)]
    first, third = (box for box in boxes if box is not None)
    assert third["x"] >= first["x"] + first["width"] - 1
    assert third["height"] > third["width"]
    assert page.locator(".row .destination .l2").evaluate(SHAPE)["inside"]


def test_svg_sets_it_downwards_too() -> None:
    """The picture without a browser gives that language its direction and font, and the others theirs."""
    lines = board_svg(third_moment(), language=2, book=FontBook(())).splitlines()
    (line,) = (line for line in lines if MONGOLIAN in line)
    assert "writing-mode: vertical-lr" in line
    assert "Noto Sans Mongolian" in line
    assert not any("writing-mode" in each for each in board_svg(third_moment(), book=FontBook(())).splitlines())


def test_cars_are_drawn_along_the_platform(page: Page) -> None:
    """Each car has its place below the platform's sectors, the train in the middle, car 1 at the end that is said."""
    body = LAYOUT.replace('{ field = "time", width = 5 }', '{ field = "cars", width = 9 }').replace(
        "[header]", '[cars]\nfirst = "right"\nplaces = 10\nsectors = ["A", "B", "C"]\nhere = "B"\n[header]'
    )
    shown = third_moment(body)
    rows = tuple(replace(row, formation="4辆重联") for row in shown.picture.rows)
    opened(page, replace(shown, picture=replace(shown.picture, rows=rows)), 0)
    assert page.locator(".train b").all_text_contents() == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert page.locator(".sectors i").all_text_contents() == ["A", "B", "C"]
    assert page.locator(".sectors .here").text_content() == "B"
    cell, first, last = (
        page.locator(place).bounding_box() for place in (".cell.cars", ".train b >> nth=0", ".train b >> nth=7")
    )
    assert cell is not None
    assert first is not None
    assert last is not None
    before, after = first["x"] - cell["x"], cell["x"] + cell["width"] - last["x"] - last["width"]
    assert before == pytest.approx(after, abs=first["width"] / 2)
    assert first["y"] + first["height"] <= cell["y"] + cell["height"] + 1


def test_message_board_fills_its_screen(page: Page) -> None:
    """A board without rows shows its standing text, large, in both languages, and nothing of it is cut off."""
    head = LAYOUT.split("[[region]]")[0].replace('"alternate"', '"together"')
    opened(page, third_moment(head + '[message]\ntext = { zh = "欢迎\\n您", en = "Welcome", mn = "ᠬᠥᠬᠡ" }\n'), 0)
    texts = page.locator(".standing .text")
    assert texts.all_text_contents() == ["欢迎\n您", "Welcome", "ᠬᠥᠬᠡ"]
    section = page.locator(".standing").bounding_box()
    assert section is not None
    for text in texts.all():
        box = text.bounding_box()
        assert box is not None
        assert box["height"] > 40
        assert box["y"] >= section["y"]
        assert box["y"] + box["height"] <= section["y"] + section["height"] + 1
