"""What stays whatever pane is open: the connection, people, languages, themes, keys, and what is always in sight."""

from __future__ import annotations

import re
import signal
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from console.conftest import LoggedIn
from console.fed_hub import G101, FedHub, at

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


def test_many_notes_of_a_minute_are_one_line(console_hub: FedHub, looker: Page) -> None:
    """Reports that cannot be true are noted with train and reason, and those of one minute stand in one line."""
    console_hub.report(*(replace(G101, run=run, numbers=(f"G{run}",), track="99") for run in range(201, 206)))
    notes = looker.locator("#notes li", has_text="quarantined")
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("track '99' is not one of this station's")
    expect(notes).to_contain_text("(5)")
    expect(notes).to_contain_text("G205")


def test_subsystems_stand_with_how_far_they_follow_and_what_is_wrong(console_hub: FedHub, logged_in: LoggedIn) -> None:
    """Behind, rejecting, whole, away since when: each is said, with its figures and the boards that show wrong rows."""
    (there,) = console_hub.get("/api/v1/subscribers")["subscribers"]
    well = there | {"connected": True, "digest": "whole", "snapshots": 1, "version": "1.0", "heard_s": 0.4}
    table = [
        well | {"identity": "a", "kind": "guidance", "ack_ms": 12, "secure": True, "devices": 3},
        well | {"identity": "b", "behind": 14, "queued": 220_000, "trouble": ["hall-1", "card-2"]},
        well | {"identity": "c", "digest": "differs", "rejected": "no such layout"},
        well | {"identity": "d", "digest": "unproved", "behind": 2, "snapshots": 0},
        there | {"identity": "e", "since": at("09:31"), "devices": 7},
    ]
    page = logged_in("")
    page.route("**/api/v1/subscribers", lambda route: route.fulfill(json={"now": at("09:40"), "subscribers": table}))
    page.reload()
    rows = page.locator("#subsystems tr")
    expect(rows).to_have_count(5)
    said = [" ".join(text.split()) for text in rows.all_inner_texts()]
    assert said == [
        "a guidance online ✓ up to date ack 12 ms · devices 3 · TLS",
        "b online behind: 14 queued 215 KiB ⚠ hall-1, card-2",
        "c online rejected: no such layout",
        "d online loading",
        "e absent 09:31 devices 7",
    ]
    assert rows.nth(0).get_attribute("title") == "a · guidance · open protocol 1.0 · snapshots 1 · silent 0 s"


def test_tasks_that_come_near_are_asked_for(console_hub: FedHub, looker: Page) -> None:
    """Only tasks of the next two hours are asked for; when the day has moved on, the next ones are there."""
    evening = looker.locator("#due li", has_text="1111")
    assert evening.count() == 0
    console_hub.step("17:50")
    expect(evening.first).to_be_visible()


def test_single_letters_can_be_turned_off(looker: Page) -> None:
    """Who dictates or has an unsteady hand turns them off (WCAG 2.1.4); what needs Alt or Ctrl still works."""
    looker.click("#keys")
    looker.get_by_label("Single letters and signs are commands").uncheck()
    looker.keyboard.press("Escape")
    looker.locator("body").press("?")
    expect(looker.locator("#help")).to_be_hidden()
    looker.reload()
    expect(looker.locator("#due li").first).to_be_visible()
    looker.locator("body").press("Alt+R")
    expect(looker.locator("#rail")).to_be_hidden()
    looker.locator("body").press("?")
    expect(looker.locator("#help")).to_be_hidden()
