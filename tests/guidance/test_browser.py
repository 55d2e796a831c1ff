"""Board pages in a real browser: what is painted, how it follows, and that it lives through its server's death."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from guidance.browsing import SOON_MS, ServedBoards, listen_for_errors
from guidance.gallery import BOARDS, FIRST_PAGE, SHAPES, visit

CLIPPED = """
() => [...document.querySelectorAll("#board .row:not([hidden]) .text")]
  .filter((text) => {
    const cell = text.closest(".cell").getBoundingClientRect();
    const own = text.getBoundingClientRect();
    const sliding = text.classList.contains("sliding");
    return own.height > 0 && ((own.right > cell.right + 1 && !sliding) || own.height > cell.height * 1.05 + 1);
  })
  .map((text) => text.textContent)
"""
"""Texts of visible rows that are cut off and do not scroll."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A screen of 1080p that shows first pages in the first language."""
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    opened.clock.set_fixed_time(FIRST_PAGE)
    yield opened
    opened.close()


def rows_on(page: Page) -> list[str]:
    """The calls that are painted."""
    rows = page.locator("#board .row:not([hidden])")
    return [row.get_attribute("data-call") or "" for row in rows.all()]


def test_page_shows_what_the_server_says(served: ServedBoards, page: Page) -> None:
    """The first page's rows are painted, in order, with their words, and the console stays clean."""
    errors = listen_for_errors(page)
    page.goto(f"{served.base}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden])")
    told = served.get("/api/v1/boards")["boards"]["hall-1"]["rows"]
    first = [row for row in told if row["page"] == 1]
    assert sorted(rows_on(page)) == sorted(row["call"] for row in first)
    tops = {row["call"]: page.locator(f'[data-call="{row["call"]}"]').bounding_box()["y"] for row in first}
    assert sorted(tops, key=lambda call: tops[call]) == [row["call"] for row in first]
    for row in first:
        painted = page.locator(f'[data-call="{row["call"]}"]')
        expect(painted.locator(".number")).to_have_text(row["number"])
        expect(painted.locator(".status .l0")).to_have_text(row["status_texts"]["zh"])
        expect(painted.locator(".destination .l0")).to_have_text(row["fields"]["destination"]["zh"])
        assert painted.get_attribute("data-revision") == str(row["revision"])
    expect(page.locator("h1 .l0")).to_have_text("出发列车")
    expect(page.locator(".clock time")).to_contain_text(re.compile(r"^08:\d\d:\d\d$"))
    expect(page.locator(".shadow-badge")).to_contain_text("演示时间")
    assert errors == []


def test_page_follows_without_reload(served: ServedBoards, page: Page) -> None:
    """A delay reaches the painted row, which keeps its element: nothing flickers."""
    errors = listen_for_errors(page)
    page.goto(f"{served.base}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden])")
    page.evaluate("() => { for (const row of document.querySelectorAll('.row')) row.mark = row.dataset.call }")
    changed = served.act("late", minutes=20)["number"]
    row = page.locator(".row", has=page.locator(".number", has_text=changed))
    expect(row.locator(".status .l0")).to_have_text("晚点约20分")
    expect(row.locator(".time b")).to_be_visible()
    assert row.evaluate("(element) => element.mark === element.dataset.call")
    assert errors == []


def test_page_says_trouble_as_people_know_it(served: ServedBoards, page: Page) -> None:
    """Large delays in hours and minutes, unknown without a new time, suspended with its time struck out."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    numbers = served.act("trouble")
    page.goto(f"{served.base}/board/staff-1")
    page.wait_for_selector("#board .row:not([hidden])")
    said = {}
    for name, number in numbers.items():
        row = page.locator(".row", has=page.locator(".number", has_text=number)).first
        said[name] = (
            row.locator(".status").inner_text(),
            len(re.findall(r"\d\d:\d\d", row.locator(".time").inner_text())),
        )
    assert said == {
        "hours": ("晚点约2小时15分", 2),
        "day": ("晚点约25小时", 2),
        "unknown": ("晚点未定", 1),
        "suspended": ("列车停运", 1),
    }


def test_old_platforms_page_says_where_the_train_is_now(served: ServedBoards, page: Page) -> None:
    """At once with the change, striped, never as the next train; and the page counts as showing what it should."""
    page.goto(f"{served.base}/board/platform-2")
    page.wait_for_selector("#board .regions")
    number = served.act("move", track="13", platform="2")["number"]
    row = page.locator('.row[data-status="platform_changed"]')
    expect(row.locator(".number")).to_have_text(number)
    expect(row.locator(".status .l0")).to_contain_text("改6站台")
    assert "gradient" in row.evaluate("(element) => getComputedStyle(element).backgroundImage")
    assert page.locator(".region").first.locator(".row").filter(has_text=number).count() == 0
    task = row.get_attribute("data-task")
    told: dict[str, Any] = {}
    for _ in range(SOON_MS // 50):
        told = served.act("told", board="platform-2")
        if task in [each[0] for each in told["rows"] or []]:
            break
        page.wait_for_timeout(50)
    assert task in [each[0] for each in told["rows"]]
    assert told["condition"] == "ok"


def test_pages_and_languages_turn(served: ServedBoards, page: Page) -> None:
    """The board shows each page in both languages, then the next page."""
    page.goto(f"{served.base}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden])")
    first = rows_on(page)
    expect(page.locator("h1 .l0")).to_be_visible()
    expect(page.locator("h1 .l1")).to_be_hidden()
    page.clock.set_fixed_time(FIRST_PAGE + 10)
    expect(page.locator("h1 .l1")).to_be_visible()
    expect(page.locator("h1 .l0")).to_be_hidden()
    assert rows_on(page) == first
    page.clock.set_fixed_time(FIRST_PAGE + 20)
    expect(page.locator("h1 .l0")).to_be_visible()
    assert not set(rows_on(page)) & set(first)


def test_page_owns_up_and_comes_back_by_itself(served: ServedBoards, page: Page) -> None:
    """With its server dead the page says that it is out of date; with the server back it is right again, unaided."""
    page.goto(f"{served.base}/board/quick")
    page.wait_for_selector("#board .row:not([hidden])")
    expect(page.locator("#notice")).to_be_hidden()
    page.evaluate("() => { window.sameLoad = true }")
    served.stop()
    expect(page.locator("#notice.stale")).to_be_visible()
    assert len(rows_on(page)) > 0
    served.start()
    expect(page.locator("#notice")).to_be_hidden()
    changed = served.act("late", minutes=30)["number"]
    row = page.locator(".row", has=page.locator(".number", has_text=changed))
    expect(row.locator(".status .l0")).to_have_text("晚点约30分")
    assert page.evaluate("() => window.sameLoad === true")


def test_page_says_that_guidance_is_alone_or_its_data_old(served: ServedBoards, page: Page) -> None:
    """A cut-off board goes on with a mark; one whose feed has been gone for long says so in both languages."""
    page.goto(f"{served.base}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden])")
    served.act("alone")
    expect(page.locator("#notice.alone")).to_contain_text("本系统正独立运行")
    served.act("lost")
    notice = page.locator("#notice.stale")
    expect(notice).to_contain_text("信息可能已过时")
    expect(notice).to_contain_text("out of date")


def test_empty_board_says_so(served: ServedBoards, page: Page) -> None:
    """A board without trains is not a blank screen."""
    page.goto(f"{served.base}/board/hall-1")
    page.wait_for_selector("#board .row:not([hidden])")
    served.act("empty")
    expect(page.locator(".empty .l0")).to_be_visible()
    expect(page.locator(".empty .l0")).to_have_text("暂无列车")
    assert rows_on(page) == []


def test_unknown_board_is_said_on_the_page(served: ServedBoards, page: Page) -> None:
    """Who mistypes a board's address reads what is wrong."""
    page.goto(f"{served.base}/board/nowhere")
    expect(page.locator("#opening")).to_contain_text("没有引导屏 nowhere")
    expect(page.locator("#opening")).to_contain_text("The station has no board 'nowhere'.")


def test_list_of_boards_opens_a_board(served: ServedBoards, page: Page) -> None:
    """The list leads to the boards, and writes no error."""
    errors = listen_for_errors(page)
    page.goto(served.base)
    page.get_by_role("link", name="North Exit").click()
    page.wait_for_selector("#board .row:not([hidden])")
    assert errors == []


def test_every_type_in_every_shape_is_readable(served: ServedBoards, browser: Browser) -> None:
    """On landscape, portrait and ultra-wide screens no text is cut off and none is too small to be read."""
    seen: list[str] = []

    def look(page: Page, board: str, name: str) -> None:
        _readable(page, board, name)
        seen.append(name)

    visit(browser, served, look)
    assert {name.rsplit("-", 2)[0] for name in seen} == set(BOARDS)
    assert len(seen) > len(BOARDS) * len(SHAPES)
    assert [name for name in seen if "-own-" in name]


def _readable(page: Page, board: str, name: str) -> None:
    assert page.evaluate(CLIPPED) == [], name
    smallest = page.evaluate(
        """() => Math.min(1000, ...[...document.querySelectorAll("#board .row:not([hidden]) .value .text")]
             .filter((text) => text.textContent !== "" && getComputedStyle(text).visibility === "visible")
             .map((text) => parseFloat(getComputedStyle(text).fontSize))) / Math.min(innerWidth, innerHeight)"""
    )
    least = 0.012 if board.startswith("staff") else 0.018
    assert smallest > least, (name, smallest)
