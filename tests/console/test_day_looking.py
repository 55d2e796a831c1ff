"""The table of calls, as people who only look see it, on a hub's real process that is fed over its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from console.conftest import HARMLESS
from console.day_table import cell, colour, has_class, of_variable, ready, row, text, trains
from console.fed_hub import G101, G103, FedHub, at
from guidance.browsing import listen_for_errors
from stationmaster_telegram.records import RunningState

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

STRICT = "default-src 'self'; script-src 'self'; style-src 'self'"


@pytest.fixture(scope="module")
def page(console_hub: FedHub, console_browser: Browser) -> Iterator[Page]:
    """The console with nobody logged in, for all tests here, since to open it takes longer than most of them."""
    context = console_browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    page = context.new_page()
    errors = listen_for_errors(page)
    page.goto(f"{console_hub.base}/#day")
    yield page
    context.close()
    assert [error for error in errors if not any(harmless in error for harmless in HARMLESS)] == []


@pytest.fixture
def looker(console_hub: FedHub, page: Page) -> Page:
    """The table, with the feed's trains as planned."""
    console_hub.report(G101, G103)
    expect(cell(ready(page), "G101", "track")).to_have_text("7")
    for number in ("G101", "G103"):
        expect(cell(page, number, "state")).to_have_text("On time")
    return page


def test_the_next_two_hours_stand_first(looker: Page) -> None:
    """Trains of the next two hours stand first in their order, then those of later today, then each day by itself."""
    found = trains(looker)
    assert found[:9] == [
        *("[Past 0]", "[Next two hours 5]", "G101", "G103", "D105", "G107/G108", "K109"),
        *("[Later 1]", "1111"),
    ]
    assert found[9:12] == ["[2026-03-02 6]", "G101", "G103"]
    columns = ("number", "places", "kind", "arrPlan", "arrNow", "arrLate", "depPlan", "depNow", "depLate")
    assert [text(looker, "G101", column) for column in columns] == [
        *("G101", "Beijing West — Wuhan", "Through", "10:00", "", "", "10:05", "", ""),
    ]
    assert [text(looker, "G101", column) for column in ("track", "platform", "gates")] == ["7", "3", "3A 3B"]
    assert text(looker, "G101", "checkIn").endswith("–10:02")
    assert [text(looker, "G103", column) for column in ("kind", "arrPlan", "depPlan")] == ["Origin", "", "10:20"]
    assert [text(looker, "D105", column) for column in ("kind", "depPlan", "gates")] == ["Terminus", "", ""]
    assert text(looker, "G103", "state") == "On time"


def test_a_late_train_is_coloured_and_said(console_hub: FedHub, looker: Page) -> None:
    """A late train has its new times, its minutes with their sign, and the colour of late ones; others do not."""
    calm = colour(cell(looker, "G101", "state"))
    console_hub.report(replace(G101, expected_arrival=at("10:25"), expected_departure=at("10:30")))
    expect(cell(looker, "G101", "state")).to_have_text("25 min late")
    late = ("arrNow", "arrLate", "depNow", "depLate")
    assert [text(looker, "G101", column) for column in late] == ["10:25", "+25", "10:30", "+25"]
    amber = of_variable(looker, "--late")
    assert {colour(cell(looker, "G101", column)) for column in (*late, "state")} == {amber}
    assert colour(cell(looker, "G103", "state")) == calm != amber
    console_hub.report(replace(G101, expected_departure=at("10:03")))
    expect(cell(looker, "G101", "depLate")).to_have_text("−2")
    assert colour(cell(looker, "G101", "depLate")) == of_variable(looker, "--early")


def test_a_changed_track_shows_the_planned_one(console_hub: FedHub, looker: Page) -> None:
    """A train on another track than planned shows both, with the new platform and gates."""
    console_hub.report(replace(G101, track="12"))
    expect(cell(looker, "G101", "track")).to_have_text("7→12")
    expect(cell(looker, "G101", "track")).to_have_class(has_class("moved"))
    assert [text(looker, "G101", column) for column in ("platform", "gates")] == ["3→6", "6A 6B"]
    assert text(looker, "G103", "track") == "8"


def test_a_suspended_train_is_struck_through(console_hub: FedHub, looker: Page) -> None:
    """Number and times of a suspended train are struck through, and the reason stands with it; others are not."""

    def struck(number: str) -> str:
        found: str = cell(looker, number, "number").evaluate("one => getComputedStyle(one).textDecorationLine")
        return found

    assert struck("G103") == "none"
    console_hub.report(replace(G103, running=RunningState.SUSPENDED, reason="因大风"))
    expect(cell(looker, "G103", "state")).to_have_text("Suspended 因大风")
    assert (struck("G103"), struck("G101")) == ("line-through", "none")


def test_an_unknown_delay_is_said_and_not_counted(console_hub: FedHub, looker: Page) -> None:
    """A delay that nobody knows is said to be unknown, and is no number."""
    console_hub.report(replace(G103, departure_unknown=True))
    expect(cell(looker, "G103", "depNow")).to_have_text("unknown")
    assert (text(looker, "G103", "depLate"), text(looker, "G103", "state")) == ("?", "Delay unknown")


def test_trains_are_found_by_number_name_pinyin_and_place(looker: Page) -> None:
    """What is typed is sought in numbers, in names of places in both languages, their pinyin and initials, and in
    tracks, platforms and gates; with nothing typed all are there again.
    """
    find = looker.locator("#find")
    for words, found in (
        *(("g108", "G107/G108"), ("武汉", "G101"), ("lanzhou west", "G107/G108"), ("lzx", "G107/G108")),
        *(("beijingxi", "G101"), ("bjx", "G101"), ("t5", "D105"), ("股9", "G107/G108"), ("4c g103", "G103")),
    ):
        find.fill(words)
        expect(cell(looker, found.partition("/")[0], "number")).to_be_visible()
        assert {each for each in trains(looker) if not each.startswith("[")} == {found}, words
    find.fill("no such train")
    expect(row(looker, "G101")).to_have_count(0)
    expect(looker.locator("#count")).to_have_text("0 / 24")
    find.press("Escape")
    expect(row(looker, "G101").first).to_be_visible()
    assert find.input_value() == ""


def test_views_choose_trains(console_hub: FedHub, looker: Page) -> None:
    """Departures, arrivals and those that are not on time are a press away; which was chosen is seen."""
    console_hub.report(replace(G103, expected_departure=at("10:31")))
    expect(cell(looker, "G103", "depLate")).to_have_text("+11")
    for view, there, gone in (("arrivals", "D105", "G103"), ("departures", "G103", "D105"), ("late", "G103", "G101")):
        looker.click(f'[data-view="{view}"]')
        expect(row(looker, there).first).to_be_visible()
        expect(row(looker, gone)).to_have_count(0)
        expect(looker.locator(f'[data-view="{view}"]')).to_have_attribute("aria-pressed", "true")
    looker.click('[data-view="all"]')
    expect(row(looker, "K109").first).to_be_visible()


def test_it_is_dense_and_nothing_of_the_page_scrolls(looker: Page) -> None:
    """At 1366×768 the table shows at least twenty-four rows, and the page itself has no scroll bar."""
    assert looker.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert looker.evaluate("document.documentElement.scrollHeight <= innerHeight")
    whole = looker.evaluate(
        """() => {
          const port = document.querySelector('#day-table .ag-grid-viewport').getBoundingClientRect();
          const seen = [...document.querySelectorAll('#day-table .ag-row')].filter((row) => {
            const box = row.getBoundingClientRect();
            return box.height && box.top >= port.top && box.bottom <= port.bottom;
          });
          return new Set(seen.map((row) => row.getAttribute('row-index'))).size;
        }"""
    )
    assert whole >= 24


def test_where_a_value_came_from_is_told_by_key_and_by_pointer(console_hub: FedHub, looker: Page) -> None:
    """A focused cell says who set it, when, and that it is locked; so does one under the pointer; locks are seen."""
    console_hub.act({"do": "track", "call": "MZN/2026-03-02/G103/1", "track": "12"})
    moved = cell(looker, "G103", "track", "2026-03-02")
    expect(moved).to_have_class(has_class("locked"))
    looker.keyboard.press("j")
    expect(cell(looker, "G101", "number")).to_be_focused()
    looker.keyboard.press("ArrowDown")
    expect(cell(looker, "G103", "number")).to_be_focused()
    expect(looker.locator("#day-info")).to_contain_text("G103 Train: G103")
    said = "track: operator · tester · 09:40 · locked"
    moved.hover()
    expect(looker.locator(".ag-tooltip")).to_contain_text(said)
    moved.click()
    expect(looker.locator("#day-info")).to_contain_text(said)


def test_it_needs_no_inline_style_and_no_inline_script(console_hub: FedHub, looker: Page) -> None:
    """Under the strictest policy the whole table works: nothing that the page does is held back by it."""

    def strict(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": STRICT})

    looker.route(f"{console_hub.base}/", strict)
    looker.add_init_script(
        "window.held = []; document.addEventListener('securitypolicyviolation', (event) => window.held.push("
        "`${event.violatedDirective} ${event.sourceFile} ${event.lineNumber}`));"
    )
    looker.reload()
    ready(looker)
    looker.locator('.ag-header-cell[col-id="track"]').click()
    expect(looker.locator('.ag-header-cell[col-id="track"]')).to_have_attribute("aria-sort", "ascending")
    assert trains(looker)[1:7] == ["[Next two hours 5]", "K109", "D105", "G101", "G103", "G107/G108"]
    cell(looker, "G101", "track").first.hover()
    expect(looker.locator(".ag-tooltip")).to_be_visible()
    assert [each for each in looker.evaluate("window.held") if "ag-grid" in each or "/panes/day" in each] == []
    assert looker.evaluate("document.querySelectorAll('#day-table style').length") == 0


def test_names_of_trains_and_places_are_never_markup(console_hub: FedHub, looker: Page) -> None:
    """What a feed writes in a reason is shown as it is written, and is nothing that a browser would run."""
    attack = "<img src=x onerror=window.hurt=1>"
    console_hub.report(replace(G103, running=RunningState.SUSPENDED, reason=attack))
    expect(cell(looker, "G103", "state")).to_have_text(f"Suspended {attack}")
    cell(looker, "G103", "state").hover()
    expect(looker.locator(".ag-tooltip", has_text=attack)).to_be_visible()
    cell(looker, "G103", "state").click()
    assert looker.locator("#day-table img, #day-info img, .ag-tooltip img").count() == 0
    assert looker.evaluate("window.hurt") is None


def test_who_only_looks_can_do_nothing(looker: Page) -> None:
    """Without the right to act nothing can be typed, no key opens the line, and the buttons say so."""
    assert looker.locator('[data-sheet="delay"]').is_disabled()
    assert looker.locator('[data-sheet="details"]').is_enabled()
    cell(looker, "D105", "track").click()
    looker.keyboard.press("t")
    looker.keyboard.press("Enter")
    looker.keyboard.press("5")
    expect(looker.locator("#day-line")).to_have_value("")
    expect(looker.locator("input[data-editor]")).to_have_count(0)


def test_columns_are_chosen(looker: Page) -> None:
    """Which columns are seen, and which stay at the left, is chosen at the side; a given view has them all again."""
    looker.click("#columns")
    looker.locator("#sheet-shown").select_option(["number", "state", "formation", "track"])
    looker.locator("#sheet-pinned").select_option(["number", "formation"])
    looker.locator("#sheet button[type=submit]").click()
    expect(cell(looker, "G101", "formation").first).to_be_visible()
    expect(cell(looker, "G101", "places")).to_have_count(0)
    looker.click('[data-view="all"]')
    expect(cell(looker, "G101", "places").first).to_be_visible()
