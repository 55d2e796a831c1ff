"""A third language by data alone, written from top to bottom: on the page, in the SVG, and in the check."""

from __future__ import annotations

from collections.abc import Iterator

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
    page.wait_for_selector("#board .row:not([hidden])")
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
