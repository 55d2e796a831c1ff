"""The kiosk in a real browser: touched, typed at, left alone, and with its server gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from guidance.browsing import ServedBoards, listen_for_errors


@pytest.fixture
def page(browser: Browser, served: ServedBoards) -> Iterator[Page]:
    """A kiosk at its start."""
    opened = browser.new_page(viewport={"width": 1080, "height": 1920}, has_touch=True)
    opened.goto(served.base)
    opened.wait_for_selector("#trains li")
    yield opened
    opened.close()


def test_start_shows_the_next_two_hours(page: Page, served: ServedBoards) -> None:
    """The kiosk opens in Chinese with the trains of the next two hours, in order."""
    told = [call["call"] for call in served.get("/api/v1/search")["calls"]]
    assert [entry.get_attribute("data-call") for entry in page.locator("#trains li").all()] == told
    expect(page.locator("#summary")).to_have_text("未来两小时的列车")
    expect(page.locator("h1")).to_have_text("明泽南 列车查询")


def test_search_by_touch(page: Page, served: ServedBoards) -> None:
    """Touching a train's number finds it, with its live status, platform and gate, and without an error."""
    errors = listen_for_errors(page)
    number = next(call["number"] for call in served.get("/api/v1/search")["calls"] if call["departure"])
    for key in number:
        page.locator(f'#keys [data-key="{key}"]').tap()
    expect(page.locator("#summary")).to_have_text(f"“{number}”的列车")
    (told, *_) = served.get(f"/api/v1/search?q={number}")["calls"]
    first = page.locator("#trains li").first
    expect(first.locator(".number")).to_contain_text(number)
    expect(first.locator(".status")).to_have_text(told["status_texts"]["zh"])
    expect(first.locator(".platform")).to_contain_text(told["platform"]["zh"])
    expect(first.locator(".gates")).to_contain_text(told["gates"]["zh"])
    page.locator("#clear").tap()
    expect(page.locator("#summary")).to_have_text("未来两小时的列车")
    assert errors == []


def test_search_by_place_and_language(page: Page) -> None:
    """Initials find a place; the language switch changes everything at once."""
    page.locator("#tab-place").tap()
    for key in "BJX":
        page.locator(f'#keys [data-key="{key}"]').tap()
    expect(page.locator("#trains .route").first).to_contain_text("北京西")
    page.locator("#language").tap()
    expect(page.locator("#trains .route").first).to_contain_text("Beijing West")
    expect(page.locator("#summary")).to_have_text("Trains for “BJX”")
    assert not re.search("[一-鿿]", page.locator("#trains").inner_text())


def test_search_by_time(page: Page) -> None:
    """An hour is one touch away."""
    page.locator("#tab-time").tap()
    page.locator('#keys [data-key="18:00"]').tap()
    expect(page.locator("#summary")).to_have_text("18:00 起两小时的列车")
    expect(page.locator("#trains .times").first).to_contain_text("18:")


def test_keyboard_alone_is_enough(page: Page) -> None:
    """Typing goes to the field without a click; arrow keys change the way to search; Escape starts again."""
    page.keyboard.type("G")
    expect(page.locator("#typed")).to_have_value("G")
    expect(page.locator("#summary")).to_have_text("“G”的列车")
    page.locator("#tab-number").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-place")).to_be_focused()
    expect(page.locator("#tab-place")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#tab-number")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#typed")).to_have_value("")


def test_status_is_live(page: Page, served: ServedBoards) -> None:
    """A delay reaches an answer that is being read, in place."""
    number = served.act("late", minutes=20)["number"]
    entry = page.locator("#trains li", has=page.locator(".number", has_text=number))
    expect(entry.locator(".status")).to_have_text("晚点约20分", timeout=3000)
    expect(entry.locator(".times b")).to_be_visible()


def test_kiosk_goes_back_to_the_start(browser: Browser, served: ServedBoards) -> None:
    """A minute after the last touch the kiosk is in its first language with nothing typed."""
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.clock.install()
    page.goto(served.base)
    page.wait_for_selector("#trains li")
    page.locator("#language").click()
    page.keyboard.type("G")
    expect(page.locator("#typed")).to_have_value("G")
    page.clock.run_for(59_000)
    expect(page.locator("#typed")).to_have_value("G")
    page.clock.run_for(2_000)
    expect(page.locator("#typed")).to_have_value("")
    expect(page.locator("#language")).to_have_text("English")
    page.close()


def test_kiosk_owns_up_to_old_data_and_to_silence(browser: Browser, served: ServedBoards) -> None:
    """Old data is called old; a kiosk whose server is gone says so and recovers by itself."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.clock.install()
    page.goto(served.base)
    page.wait_for_selector("#trains li")
    expect(page.locator("#notice")).to_be_hidden()
    served.act("lost")
    page.clock.run_for(25_000)
    expect(page.locator("#notice")).to_contain_text("信息可能已过时")
    served.stop()
    page.clock.run_for(60_000)
    expect(page.locator("#notice")).to_contain_text("暂时无法连接")
    served.start()
    page.clock.run_for(25_000)
    expect(page.locator("#notice")).to_be_hidden()
    page.close()
