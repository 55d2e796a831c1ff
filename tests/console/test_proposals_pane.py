"""What waits for a decision, in a browser: seen, heard, decided by key and by mouse, by one and by two at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from console.fed_hub import G101, G103, PASSWORD, FedHub, at
from stationmaster_base.times import Instant
from stationmaster_telegram.records import RunningState

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

EXPLAINED = ("401 (Unauthorized)", "409 (Conflict)")
"""What a browser writes before somebody has logged in, and when the hub refuses what another has decided."""

SOURCES = (("stage_plan", "track"), ("stage_plan", "departure.expected"), ("stage_plan", "running"))
EVIL = "<img src=x onerror=alert(1)>"


Opened = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def opened(console_browser: Browser, console_hub: FedHub) -> Iterator[Opened]:
    """Gives the console of somebody on a pane; who has logged in once stays so. What no refusal explains fails."""
    pages: dict[str, Page] = {}
    errors: list[str] = []

    def open_page(login: str, pane: str) -> Page:
        if login not in pages:
            context = console_browser.new_context(viewport=ViewportSize(width=1366, height=768), locale="en-GB")
            page = pages[login] = context.new_page()
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{console_hub.base}/#{pane}")
            page.click("#login")
            page.fill("#sheet-login", login)
            page.fill("#sheet-password", PASSWORD)
            page.press("#sheet-password", "Enter")
            expect(page.locator("#person")).to_be_visible()
        page = pages[login]
        page.click(f"[data-pane={pane}]")
        return page

    yield open_page
    for page in pages.values():
        page.context.close()
    assert [error for error in errors if not any(known in error for known in EXPLAINED)] == []


@pytest.fixture
def waiting(console_hub: FedHub) -> FedHub:
    """The hub, where nothing that the stage plan says of tracks and departures is taken by itself."""
    console_hub.report(G101, G103)
    for source, field in SOURCES:
        console_hub.act({"do": "acceptance", "source": source, "field": field, "automatic": False})
    return console_hub


def propose(hub: FedHub, first: str, second: str, minutes: int = 0) -> None:
    """The feed changes both trains' tracks, and the first one's departure."""
    departure = None if not minutes else Instant(at("10:05") + minutes * 60)
    hub.report(replace(G101, track=first, expected_departure=departure), replace(G103, track=second))


def rows(page: Page) -> Locator:
    return page.locator("#pane-proposals tr[data-id]")


def row(page: Page, number: str, field: str) -> Locator:
    return rows(page).filter(has_text=number).filter(has_text=field)


def track(hub: FedHub, number: str) -> str:
    found: str = next(call["track"] for call in hub.get("/api/v1/calls")["calls"] if call["number"] == number)
    return found


def settle(hub: FedHub) -> None:
    """Nothing waits any more."""
    open_ids = [item["id"] for item in hub.get("/api/v1/proposals")["proposals"] if not item["rejected"]]
    if open_ids:
        hub.act({"do": "decide", "proposals": open_ids, "accept": False})


def test_it_is_seen_heard_and_taken(opened: Opened, waiting: FedHub) -> None:
    """A change of the feed is counted in tab and title and heard; A takes it, R does not, Ctrl+Z takes that back."""
    settle(waiting)
    page = opened("susan", "plans")
    before = track(waiting, "G101")
    propose(waiting, "5", "6")
    counter = page.locator("[data-pane=proposals] .counter")
    expect(counter).to_have_text("2")
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    expect(page.locator("body")).to_have_attribute("data-sounded", re.compile(r"[1-9]"))
    page.keyboard.press("Alt+3")
    expect(rows(page)).to_have_count(2)
    first = row(page, "G101", "Track")
    expect(first).to_contain_text("→ 5")
    expect(first).to_contain_text("Stage plan")
    expect(first).to_contain_text("Not automatic")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.id") is not None
    if "G101" not in page.locator(":focus").inner_text():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    expect(first).to_have_count(0)
    assert track(waiting, "G101") == "5"
    assert page.locator(":focus").inner_text().startswith("G103") or "G103" in page.locator(":focus").inner_text()
    page.keyboard.press("Control+z")
    expect(first).to_have_count(1)
    assert track(waiting, "G101") == before
    row(page, "G103", "Track").get_by_role("button", name="Reject").click()
    expect(row(page, "G103", "Track")).to_have_count(0)
    expect(counter).to_have_text("1")
    settle(waiting)
    expect(page.locator("#pane-proposals .idle")).to_be_visible()
    expect(counter).to_be_hidden()


def test_all_of_a_train_and_all_of_a_source(opened: Opened, waiting: FedHub) -> None:
    """T marks what waits of one train, S of one source, Space one; what is marked is decided at once, as one act."""
    settle(waiting)
    page = opened("susan", "proposals")
    propose(waiting, "9", "10", minutes=12)
    expect(rows(page)).to_have_count(3)
    row(page, "G101", "Departure").click(position={"x": 200, "y": 5})
    page.keyboard.press("t")
    expect(page.locator("#pane-proposals tr.marked")).to_have_count(2)
    page.keyboard.press("s")
    expect(page.locator("#pane-proposals tr.marked")).to_have_count(3)
    page.keyboard.press(" ")
    expect(page.locator("#pane-proposals tr.marked")).to_have_count(2)
    page.keyboard.press(" ")
    acts = len(waiting.get("/api/v1/acts")["acts"])
    page.click("#accept")
    expect(rows(page)).to_have_count(0)
    assert len(waiting.get("/api/v1/acts")["acts"]) == acts + 1
    assert (track(waiting, "G101"), track(waiting, "G103")) == ("9", "10")


def test_of_two_who_decide_at_once_one_is_told(opened: Opened, waiting: FedHub) -> None:
    """While one's decision is on its way another decides: the later one is told who was first, and nothing is lost."""
    settle(waiting)
    page = opened("clara", "proposals")
    propose(waiting, "6", "11")
    expect(row(page, "G103", "Track")).to_have_count(1)
    name = row(page, "G103", "Track").get_attribute("data-id")

    def hold(route: Route) -> None:
        waiting.act({"do": "decide", "proposals": [name], "accept": True})
        route.continue_()

    page.route("**/api/v1/acts", hold, times=1)
    row(page, "G103", "Track").get_by_role("button", name="Reject").click()
    expect(page.locator(".toast.error")).to_be_visible()
    expect(row(page, "G103", "Track")).to_have_count(0)
    assert track(waiting, "G103") == "11"


def test_words_of_the_feed_are_words(opened: Opened, waiting: FedHub) -> None:
    """Markup in a reason is shown and not obeyed, in the row and in what is said of the decision."""
    settle(waiting)
    page = opened("clara", "proposals")
    waiting.report(G101, replace(G103, running=RunningState.SUSPENDED, reason=EVIL))
    expect(row(page, "G103", "Running")).to_contain_text(f"Suspended {EVIL}")
    assert page.locator("#pane-proposals img").count() == 0
    waiting.report(G101, G103)
    expect(row(page, "G103", "Running")).to_have_count(0)


def test_what_is_taken_by_itself(opened: Opened, waiting: FedHub) -> None:
    """A supervisor says for each source and field what waits; a controller sees it and cannot change it."""
    settle(waiting)
    page = opened("susan", "proposals")
    page.click("#pane-proposals summary")
    box = page.locator('[data-acceptance="stage_plan/track"]')
    expect(box).not_to_be_checked()
    with page.expect_response("**/api/v1/acts"):  # the box is checked before the hub has been told
        box.click()
    expect(box).to_be_checked()
    propose(waiting, "8", "13")
    assert track(waiting, "G101") == "8"
    page.locator('[data-acceptance="report/arrival.actual"]').click()
    expect(page.locator(".toast.ok").last).to_contain_text("Waits for a person: Report · Arrival actual")
    kept = {item["id"] for item in waiting.get("/api/v1/proposals")["acceptances"]}
    assert kept == {"stage_plan/departure.expected", "stage_plan/running", "report/arrival.actual"}
    other = opened("clara", "proposals")
    other.click("#pane-proposals summary")
    expect(other.locator('[data-acceptance="report/arrival.actual"]')).to_be_disabled()
    expect(other.locator("#accept")).to_be_enabled()


def test_nothing_waits_unseen(opened: Opened, waiting: FedHub) -> None:
    """What nobody decides on becomes an alarm, stands out in the tab, and is heard again until it is switched off."""
    settle(waiting)
    page = opened("susan", "proposals")
    propose(waiting, "6", "9")
    expect(rows(page)).to_have_count(2)
    waiting.step("09:42")
    expect(page.locator("[data-pane=proposals] .counter")).to_have_class(re.compile(r"\bgrave\b"))
    expect(row(page, "G101", "Track")).to_contain_text("shown or said now")
    expect(page.locator("#rail")).to_contain_text("for a decision")
    alarms: list[dict[str, Any]] = waiting.get("/api/v1/alarms")["alarms"]
    assert {alarm["severity"] for alarm in alarms if alarm["id"].startswith("proposals/")} == {"alarm"}
    heard = page.locator("body").get_attribute("data-sounded") or ""
    page.evaluate("() => { const now = performance.now.bind(performance); performance.now = () => now() + 25_000; }")
    expect(page.locator("body")).not_to_have_attribute("data-sounded", heard)
    page.locator("#pane-proposals .bar label input").uncheck()
    heard = page.locator("body").get_attribute("data-sounded")
    settle(waiting)
    propose(waiting, "4", "12")
    expect(rows(page)).to_have_count(2)
    assert page.locator("body").get_attribute("data-sounded") == heard
