"""The track plan in a browser, on a hub's real process that is fed over its line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from console.conftest import HARMLESS, LoggedIn
from console.fed_hub import G101, SAMPLE, FedHub, at
from guidance.browsing import listen_for_errors
from stationmaster.station.load import load_station
from stationmaster.station.own_drawing import DRAWING_FILE, read_drawing
from stationmaster_base.configuration import Faults

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

STANDING = replace(G101, actual_arrival=at("09:58"))
LEFT = replace(STANDING, actual_departure=at("10:06"))


def train(page: Page, number: str) -> Locator:
    """A train on the plan, but for one that is only still to be seen going."""
    return page.locator(f'.train:not(.gone)[data-call*="/2026-03-01/{number}/"]')


def stage(page: Page, number: str, what: str) -> None:
    expect(train(page, number)).to_have_attribute("data-stage", what)


def boxes(page: Page, selector: str) -> list[tuple[str, dict[str, float]]]:
    """What can be seen of a kind, with its place on the screen."""
    found: list[Any] = page.locator(selector).evaluate_all(
        "all => all.filter(node => node.checkVisibility() && node.getAttribute('display') !== 'none')"
        ".map(node => [node.textContent, node.getBoundingClientRect().toJSON()])"
    )
    return [(text, box) for text, box in found]


def clash(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes overlap by more than the blank around letters."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 1 and down > 4


@pytest.fixture(scope="module")
def shared(console_browser: Browser, console_hub: FedHub) -> Iterator[Page]:
    """A page of somebody at the hub's own machine, for tests that leave it as it was; it may not write an error."""
    context = console_browser.new_context(viewport=ViewportSize(width=1366, height=768), locale="en-GB")
    page = context.new_page()
    errors = listen_for_errors(page)
    page.goto(f"{console_hub.base}/#plan")
    expect(page.locator("#track-14")).to_have_count(1)
    yield page
    context.close()
    assert [error for error in errors if not any(harmless in error for harmless in HARMLESS)] == []


@pytest.fixture
def plan(shared: Page) -> Page:
    """The plan on that page."""
    shared.locator('.tab[data-pane="plan"]').click()
    return shared


def test_a_train_comes_in_stands_and_leaves(console_hub: FedHub, plan: Page) -> None:
    """The clock is stepped and reports come: it is drawn before the platform, at it, gone, and nothing else anew."""
    page = plan
    expect(train(page, "G101")).to_have_count(0)
    console_hub.step("09:57")
    stage(page, "G101", "coming")
    expect(train(page, "G101")).to_have_attribute("data-track", "7")
    expect(page.locator(".track-occupied[data-track='7']")).to_have_count(0)
    page.evaluate("window.drawn = document.querySelector('#track-7')")
    before = position(page, "G101")
    console_hub.report(STANDING)
    stage(page, "G101", "standing")
    expect(page.locator(".track-occupied[data-track='7']")).to_have_count(1)
    page.wait_for_function(
        "x => document.querySelector('.train .train-label').getBoundingClientRect().x > x", arg=before
    )
    console_hub.step("10:06")
    console_hub.report(LEFT)
    stage(page, "G101", "leaving")
    console_hub.step("10:09")
    expect(page.locator('.train[data-call*="/G101/"]')).to_have_count(0)
    assert page.evaluate("window.drawn === document.querySelector('#track-7')")


def position(page: Page, number: str) -> float:
    box = train(page, number).locator(".train-label").bounding_box()
    assert box is not None
    return box["x"]


@pytest.fixture(scope="module")
def busy(console_hub: FedHub) -> FedHub:
    """The hub at a time at which two trains stand and one comes in."""
    console_hub.step("10:27")
    console_hub.report(LEFT)  # whichever test comes first
    return console_hub


def test_a_click_leads_to_the_call(busy: FedHub, logged_in: LoggedIn) -> None:
    """A click on a train opens its card with the chief facts; what is done there is seen on the plan, and undone; from
    there one is with the train in the day; Escape closes.
    """
    assert busy.base
    plan = logged_in("conrad", "plan")
    stage(plan, "G103", "standing")
    train(plan, "G103").click()
    card = plan.locator(".plan-card")
    expect(card).to_contain_text("G103")
    expect(card).to_contain_text("10:20")
    expect(card.locator("dl")).to_contain_text("8")
    plan.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(train(plan, "G103")).to_be_focused()
    plan.keyboard.press("Enter")
    card.locator("[data-act=unknown]").click()
    expect(train(plan, "G103")).to_have_class(re.compile("state-unknown"))
    expect(card).to_contain_text("unknown")
    plan.keyboard.press("Control+z")
    expect(train(plan, "G103")).not_to_have_class(re.compile("state-unknown"))
    card.locator("[data-act=day]").click()
    expect(plan.locator("#pane-day")).to_be_visible()
    assert plan.url.endswith("#day")


def test_what_happened_now_happened_when_the_button_is_pressed(busy: FedHub, logged_in: LoggedIn) -> None:
    """A card may be open for long; and another track shows there what would follow before it is taken."""
    plan = logged_in("conrad", "plan")
    train(plan, "G103").click()
    card = plan.locator(".plan-card")
    expect(card.locator("[data-act=actual]")).to_be_visible()
    busy.step("10:29")
    expect(plan.locator("#clock")).to_contain_text("10:29")
    card.locator("[data-act=actual]").click()
    expect(plan.locator(".toast.ok")).to_contain_text("G103")
    (found,) = [call for call in busy.get("/api/v1/calls")["calls"] if call["id"] == "MZN/2026-03-01/G103/1"]
    assert found["departure"]["actual"] == at("10:29")
    plan.keyboard.press("Control+z")
    card.locator("[data-act=track]").click()
    plan.select_option("#sheet-track", "5")
    expect(plan.locator("#sheet .note")).to_contain_text("conflict clearance 5")
    plan.keyboard.press("Escape")


def test_arrow_keys_go_through_the_trains(busy: FedHub, plan: Page) -> None:
    """From the first train the keys go to the next by track and back again; each says what it is in words; and who goes
    to another pane and comes back asks for no drawing again.
    """
    assert busy.base
    stage(plan, "D105", "coming")
    plan.keyboard.press("Home")
    expect(train(plan, "D105")).to_be_focused()
    plan.keyboard.press("ArrowDown")
    expect(train(plan, "G103")).to_be_focused()
    plan.keyboard.press("ArrowDown")
    expect(train(plan, "D105")).to_be_focused()
    words = re.compile("^D105, Taiyuan — Mingze South, Terminus, Track 5, coming in")
    expect(train(plan, "D105")).to_have_attribute("aria-label", words)
    asked: list[str] = []
    plan.on("request", lambda request: asked.append(request.url))
    plan.keyboard.press("Alt+1")
    expect(plan.locator("#pane-plan")).to_be_hidden()
    with plan.expect_request("**/api/v1/track-plan/events"):
        plan.locator('.tab[data-pane="plan"]').click()
    stage(plan, "D105", "coming")
    assert not [url for url in asked if "drawings" in url]


def test_every_label_can_be_read_on_a_small_screen(busy: FedHub, plan: Page) -> None:
    """At 1366×768 all fourteen tracks are in sight, no label lies on another, and none is lower than 8 pixels; in both
    languages.
    """
    assert busy.base
    for _ in range(2):
        stage(plan, "D105", "coming")
        names = boxes(plan, ".plan-layer-drawing .plan-name")
        trains = boxes(plan, ".train-plate")
        assert len([text for text, _ in names if "rack" in text or "道" in text]) >= 28
        for (one, box), (other, another) in itertools.combinations([*names, *trains], 2):
            assert not clash(box, another), (one, other)
        assert all(box["height"] >= 8 for _, box in names)
        assert all(box["bottom"] <= 768 and box["right"] <= 1366 for _, box in [*names, *trains])
        plan.click("#language")


def test_a_legend_is_each_person_s_own(busy: FedHub, logged_in: LoggedIn) -> None:
    """A colour that somebody chooses is his after a reload, and nobody else's; a button brings the usual ones back."""
    assert busy.base
    page = logged_in("conrad", "plan")
    usual = colour(page)
    page.click("#plan-legend")
    page.locator("[data-state=on_time]").evaluate(
        "input => { input.value = '#123456'; input.dispatchEvent(new Event('change')); }"
    )
    assert colour(page) == "#123456"
    with page.expect_response("**/api/v1/preferences"):
        page.reload()
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('#pane-plan')).getPropertyValue('--plan-on_time') === '#123456'"
    )
    assert colour(logged_in("clara", "plan")) == usual
    page.click("#plan-legend")
    page.click("#legend-reset")
    page.wait_for_function(
        "usual => getComputedStyle(document.querySelector('#pane-plan')).getPropertyValue('--plan-on_time') === usual",
        arg=usual,
    )


def colour(page: Page) -> str:
    """The colour of trains that are on time, as the page has it."""
    expect(page.locator("#track-14")).to_have_count(1)
    found: str = page.locator("#pane-plan").evaluate(
        "root => getComputedStyle(root).getPropertyValue('--plan-on_time')"
    )
    return found


def test_devices_are_marked_at_their_places(busy: FedHub, plan: Page) -> None:
    """Boards and loudspeakers stand where they serve; a click marks those of one place, and the page is told of it."""
    assert busy.base
    plan.evaluate("document.addEventListener('stationmaster:marked', (event) => { window.marked = event.detail; })")
    plan.click("#plan-devices")
    lights = plan.locator('[data-group="platform-3-light"]')
    expect(lights).to_have_attribute("aria-checked", "false")
    lights.click()
    expect(lights).to_have_attribute("aria-checked", "true")
    assert plan.evaluate("window.marked.map((each) => each.key)") == ["light platform-3"]
    plan.locator('[data-group="gate-2A-board"]').focus()
    plan.keyboard.press("Enter")
    expect(plan.locator(".plan-marks strong")).to_contain_text("2")
    plan.locator(".plan-marks button").last.click()
    expect(lights).to_have_attribute("aria-checked", "false")
    plan.click("#plan-devices")
    expect(lights).to_have_count(0)


def own_drawing(folder: Path) -> str:
    """A drawing as a person might make it, as the hub gives it out: tracks bent, drawn from right to left, in a group
    that is moved and made larger, with a platform beside each.
    """
    tracks = "".join(
        f'<path id="track-{n}" d="M300 {n * 20}C200 {n * 20} 200 {n * 12} 0 {n * 12}"/>' for n in range(1, 15)
    )
    platforms = "".join(f'<rect id="platform-{n}" x="100" y="{n * 30}" width="90" height="4"/>' for n in range(1, 8))
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 700">'
    (folder / DRAWING_FILE).write_text(
        f'{head}<g transform="translate(20 30) scale(2)" fill="none" stroke="#777">{tracks}{platforms}</g></svg>',
        "utf-8",
    )
    faults = Faults()
    found = read_drawing(folder, load_station(SAMPLE).configuration.places, faults)
    faults.raise_if_any()
    assert found is not None
    return found.decode()


def dashes(page: Page, number: str) -> str:
    """How a train's body is drawn on its track: nothing, a gap, its length, and nothing more."""
    return train(page, number).locator(".train-body").get_attribute("stroke-dasharray") or ""


def test_trains_follow_a_drawing_of_one_s_own(busy: FedHub, logged_in: LoggedIn, tmp_path: Path) -> None:
    """Whatever a station's own drawing looks like, a train that stands is at its platform, on its track, and one that
    comes in is to the left of it; for who wants less motion, it waits there at once.
    """
    assert busy.base
    page = logged_in("", "day")
    page.emulate_media(reduced_motion="reduce")
    svg = own_drawing(tmp_path)
    page.route("**/track-plan/drawings/*", lambda route: route.fulfill(body=svg, content_type="image/svg+xml"))
    page.locator('.tab[data-pane="plan"]').click()
    stage(page, "G103", "standing")
    page.wait_for_function("() => document.querySelectorAll('.train-plate').length === 2")
    platform = boxes(page, "#platform-4")[0][1]
    standing, coming = (
        boxes(page, f'.train[data-call*="/{number}/"] .train-plate')[0][1] for number in ("G103", "D105")
    )
    middle = (standing["left"] + standing["right"]) / 2
    assert platform["left"] < middle < platform["right"]
    assert coming["right"] < middle
    _, start, length, _ = (float(part) for part in dashes(page, "D105").split())
    assert start > 0
    assert length > 20
    on_track = page.locator("#track-8").evaluate(
        """(line, x) => {
          const box = (n) => line.getPointAtLength(n).matrixTransform(line.getScreenCTM());
          const points = Array.from({ length: 401 }, (_, n) => box((n / 400) * line.getTotalLength()));
          return points.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a)).y;
        }""",
        middle,
    )
    assert abs(on_track - (standing["top"] + standing["bottom"]) / 2) < 3
