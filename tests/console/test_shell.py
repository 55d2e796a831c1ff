"""What stays whatever pane is open: the connection, people, languages, themes, keys, and what is always in sight."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Page, Route, expect

from console.conftest import LoggedIn
from console.fed_hub import G101, FedHub

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

SILENCE_MS = 9_000
"""By then a page that hears nothing says so: four and a half seconds, on a machine that is busy."""


@pytest.fixture
def looker(logged_in: LoggedIn) -> Page:
    """The console, with nobody logged in, when everything is there."""
    page = logged_in("")
    expect(page.locator("#lamps")).to_contain_text("Feed: fresh")
    return page


def test_a_hub_that_is_gone_cannot_be_overlooked(console_hub: FedHub, looker: Page) -> None:
    """A banner says since when nothing is heard, the title too; once the hub is back everything is right again."""
    banner = looker.locator("#banner")
    expect(banner).to_be_hidden()
    console_hub.stop(signal.SIGKILL)
    expect(banner).to_have_text(re.compile(r"No connection to the hub: what you see is of \d\d:\d\d:\d\d"))
    assert looker.title().startswith("⚠ ")
    expect(looker.locator("#lamps")).to_contain_text("Not connected")
    console_hub.start()
    console_hub.report(G101)
    expect(banner).to_be_hidden()
    expect(looker.locator("#lamps")).not_to_contain_text("Not connected")
    assert not looker.title().startswith("⚠ ")


def test_a_hub_that_hangs_is_noticed(console_hub: FedHub, looker: Page) -> None:
    """A connection that is open and silent is none; as soon as the hub goes on, so does the page."""
    banner = looker.locator("#banner")
    console_hub.send_signal(signal.SIGSTOP)
    try:
        expect(banner).to_be_visible(timeout=SILENCE_MS)
    finally:
        console_hub.send_signal(signal.SIGCONT)
    expect(banner).to_be_hidden()


def test_a_stream_that_has_gone_dumb_is_opened_anew(looker: Page, console_hub: FedHub) -> None:
    """Where a proxy holds the stream back and answers all the rest, the page says so and opens another one."""
    looker.route("**/api/v1/events*", _dumb)
    looker.reload()
    expect(looker.locator("#banner")).to_be_visible(timeout=SILENCE_MS)
    looker.unroute("**/api/v1/events*")
    expect(looker.locator("#banner")).to_be_hidden(timeout=SILENCE_MS)
    expect(looker.locator("#lamps")).to_contain_text("Feed: fresh")


def _dumb(route: Route) -> None:
    route.fulfill(status=200, headers={"Content-Type": "text/event-stream"}, body=": nothing\n\n")


def test_the_language_and_the_theme_are_kept(looker: Page) -> None:
    """Everything is said in one language at a time, dark or light; who comes again finds the page as he left it."""
    expect(looker.locator("#station")).to_have_text("Mingze South")
    before = looker.evaluate("getComputedStyle(document.body).backgroundColor")
    looker.click("#language")
    expect(looker.locator("#station")).to_have_text("明泽南")
    expect(looker.locator("html")).to_have_attribute("lang", "zh-CN")
    looker.click("#theme")
    looker.reload()
    expect(looker.locator("#due-title")).to_have_text("即将执行")
    assert looker.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_every_key_is_listed(looker: Page) -> None:
    """`?` lists the keys; Escape shuts the list; what is typed into a field is no command."""
    looker.locator("body").press("?")
    expect(looker.locator("#help")).to_be_visible()
    assert {"Ctrl+Z", "Alt+1", "?"} <= set(looker.locator("#help kbd").all_inner_texts())
    looker.keyboard.press("Escape")
    expect(looker.locator("#help")).to_be_hidden()
    looker.locator("body").press("Alt+R")
    expect(looker.locator("#rail")).to_be_hidden()
    looker.locator("body").press("Alt+R")
    expect(looker.locator("#rail")).to_be_visible()


def test_what_is_due_next_stands_in_the_order_of_its_time(looker: Page) -> None:
    """Announcements and check-in with their trains."""
    expect(looker.locator("#due li").first).to_be_visible()
    times = looker.locator("#due li time").all_inner_texts()
    assert times == sorted(times)
    assert len(times) >= 5
    assert looker.locator("#due li", has_text="check-in opens").filter(has_text="G103").count() == 1


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (3840, 2160)])
def test_the_page_fits_its_screen(logged_in: LoggedIn, width: int, height: int) -> None:
    """Neither on a desk nor on a wall does the page itself scroll."""
    page = logged_in("", width=width, height=height)
    expect(page.locator("#due li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
