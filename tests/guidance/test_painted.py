"""What a board's page says of itself in a real browser, and what becomes of that when the page is meddled with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from guidance.browsing import SOON_MS, ServedBoards, listen_for_errors


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A screen of 1080p."""
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    yield opened
    opened.close()


def until(page: Page, served: ServedBoards, board: str = "hall-1", **wanted: Any) -> dict[str, Any]:
    """What the hub is told of a board, once it is as wanted; callables are asked."""
    told: dict[str, Any] = {}
    for _ in range(SOON_MS // 50):
        told = served.act("told", board=board)
        if all(want(told[key]) if callable(want) else told[key] == want for key, want in wanted.items()):
            return told
        page.wait_for_timeout(50)
    raise AssertionError(f"{wanted} did not come: {told}")


def opened(page: Page, served: ServedBoards) -> list[list[Any]]:
    """Open the board, and wait until the hub knows of it what it should show."""
    page.goto(f"{served.base}/board/hall-1")
    due = [row for row in served.get("/api/v1/boards")["boards"]["hall-1"]["rows"] if row["page"]]
    due.sort(key=lambda row: (row["region"], row["page"]))
    rows = [[row["task"], row["revision"], row["page"]] for row in due]
    told = until(page, served, rows=rows, condition="ok")
    assert told["alarm"] == ""
    assert told["capacity"] >= len(rows)
    return rows


def test_page_tells_what_it_shows_and_how_soon(served: ServedBoards, page: Page) -> None:
    """Every row that is painted is read back, a change within a second, and it is measured how long that took."""
    errors = listen_for_errors(page)
    before = opened(page, served)
    changed = served.act("late", minutes=20)["number"]
    told = until(page, served, rows=lambda rows: rows is not None and rows != before, condition="ok")
    assert any(f"/{changed.split('/')[0]}/" in row[0] for row in told["rows"])
    assert told["health"]["shown_ms"]["p50"] < 1000
    assert errors == []


@pytest.mark.parametrize(
    ("meddling", "words"),
    [
        ("document.querySelector('.row:not([hidden])').remove()", "rows missing"),
        (
            "document.body.append(Object.assign(document.createElement('div'), "
            "{style: 'position: fixed; inset: 0; z-index: 9; background: #05070c'}))",
            "rows that cannot be seen",
        ),
        (
            "(() => { const [one, other] = document.querySelectorAll('.row:not([hidden])'); "
            "[one.style.order, other.style.order] = [other.style.order, one.style.order] })()",
            "out of order",
        ),
    ],
)
def test_what_a_page_shows_wrongly_is_an_alarm(served: ServedBoards, page: Page, meddling: str, words: str) -> None:
    """A row that is lost, old, covered, unreadable, elsewhere or other than it should be is known within seconds."""
    opened(page, served)
    page.evaluate(meddling)
    told = until(page, served, alarm=lambda alarm: words in alarm)
    assert told["condition"] == "faulty"
    assert told["health"]["boards_wrong"] == ["hall-1"]
    page.reload()
    until(page, served, alarm="", condition="ok")


def test_text_takes_the_board_and_gives_it_back(served: ServedBoards, page: Page) -> None:
    """A text that takes all of the board is read back instead of rows, an emergency before others; then all is back."""
    rows = opened(page, served)
    served.act("write", words="列车晚点，请留意广播", whole=True)
    expect(page.locator("#whole")).to_contain_text("列车晚点，请留意广播")
    until(page, served, rows=[["hub-1-1", 1, 1]], condition="ok")
    served.act("write", words="请立即离开车站", name="2", whole=True, priority=1)
    expect(page.locator("#whole")).to_contain_text("请立即离开车站")
    until(page, served, rows=[["hub-1-2", 1, 1]], condition="ok")
    page.evaluate("document.querySelector('#whole .text').textContent = 'Nothing'")
    until(page, served, alarm=lambda alarm: "a text is not as it should be" in alarm)
    served.act("unwrite")
    expect(page.locator("#whole")).to_be_hidden()
    until(page, served, rows=rows, condition="ok", alarm="")


def test_line_stands_below_the_rows(served: ServedBoards, page: Page) -> None:
    """A line takes no row away, and both are read back."""
    rows = opened(page, served)
    served.act("write", words="请勿在站台奔跑")
    expect(page.locator("#lines")).to_contain_text("请勿在站台奔跑")
    until(page, served, rows=[*rows, ["hub-1-1", 1, 1]], condition="ok", alarm="")
    served.act("unwrite")
    until(page, served, rows=rows, condition="ok")


def test_commands_are_done_by_the_page(served: ServedBoards, page: Page) -> None:
    """A board is dimmed, tested, switched off and on again by command, and what it shows says so."""
    rows = opened(page, served)
    served.act("command", action="brightness", board="hall-1", percent="40")
    expect(page.locator("#dark")).to_have_css("opacity", "0.6")
    name = served.act("command", action="test", board="hall-1")["command"]
    told = until(page, served, results=lambda results: len(results[name]) == 2)
    state, detail = told["results"][name]
    assert state == "done", detail
    assert "1920 × 1080" in detail
    served.act("command", action="off", board="hall-1")
    until(page, served, blank=True, rows=[], condition="off", alarm="")
    served.act("write", words="请立即离开车站", whole=True, priority=1)
    until(page, served, blank=False, rows=[["hub-1-1", 1, 1]], condition="ok", alarm="")
    served.act("unwrite")
    until(page, served, blank=True, condition="off")
    served.act("command", action="on", board="hall-1")
    until(page, served, blank=False, rows=rows, condition="ok", alarm="")


def test_page_that_closes_is_missed_and_one_that_only_looks_is_not(served: ServedBoards, browser: Browser) -> None:
    """The last page of a board that goes is an alarm; a page of somebody who looks is no screen."""
    screen, looker = browser.new_page(), browser.new_page()
    opened(screen, served)
    looker.goto(f"{served.base}/board/hall-1?look")
    looker.wait_for_selector("#board .row:not([hidden])")
    screen.goto("about:blank")
    told = until(looker, served, condition="absent", rows=None)
    assert "no page of it is open" in told["alarm"]
    looker.close()
    screen.close()


def test_no_row_stays_after_its_time_though_the_server_is_gone(served: ServedBoards, page: Page) -> None:
    """A page whose server died says so, and takes down each row at its end by itself."""
    opened(page, served)
    served.stop()
    try:
        page.evaluate("() => { const now = performance.now(); performance.now = () => now + 40 * 3600 * 1000 }")
        expect(page.locator("#board .row")).to_have_count(0)
        expect(page.locator("#notice.stale")).to_be_visible()
    finally:
        served.start()
