"""The pages for people at guidance and broadcast, as a controller uses them in the night in which the hub dies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stationmaster_base.times import from_iso
from support.contrast import FAINT
from support.desk_station import EVIL, PASSWORD, DeskStation

CHROMIUM = os.environ.get("STATIONMASTER_CHROMIUM", "/usr/bin/chromium")
BOARD = "hall-1"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class Desk:
    """A person's page at one subsystem."""

    def __init__(self, browser: Browser, station: DeskStation, name: str) -> None:
        self.errors: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": 1366, "height": 768})
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{station.base(name)}/local")

    def login(self, login: str) -> None:
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".desk-login .person")).to_be_visible()

    def choose(self, call: str) -> None:
        """By keyboard alone: the pane with the trains, then the train."""
        self.page.locator("[role=tab]", has_text="列车").focus()
        self.page.keyboard.press("Enter")
        self.page.locator(f"tr[data-call='{call}'] button").focus()
        self.page.keyboard.press("Enter")

    def delay(self, minutes: int) -> None:
        self.page.fill("[maxlength='200']", EVIL)
        self.page.fill("input.minutes", str(minutes))
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".answer .changes")).to_contain_text("departure")
        self.page.keyboard.press("Enter")  # the button that does it has the focus
        expect(self.page.locator(".desk-said")).to_contain_text("Done")

    def readable(self) -> None:
        """By day and by night."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            assert self.page.evaluate(FAINT) == []
        self.page.emulate_media(color_scheme="light")

    def keep(self, name: str) -> None:
        """For looking at: a picture where the environment asks for one."""
        folder = os.environ.get("STATIONMASTER_PICTURES")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_delay_entered_alone_is_seen_at_once_and_reaches_the_hub_once(tmp_path: Path, browser: Browser) -> None:
    """The hub is dead: a controller logs in, enters a delay, and boards and announcements follow.

    What the feed is too old for is said at his word. An emergency is called and ended.
    When the hub is back, its journal has each act once, with his name; who is locked there is out here.
    """
    station = DeskStation(tmp_path, start=from_iso("2026-03-02T00:00:30Z"))
    try:
        station.start("hub")
        station.account("wang", "王站长", "controller")
        station.start("guidance", "broadcast")
        for name in ("guidance", "broadcast"):
            station.wait(lambda name=name: station.state(name) == "online", f"{name} is online")
        rows = station.json("guidance", "/api/v1/boards")["boards"][BOARD]["rows"]
        call, number = next((row["call"], row["number"]) for row in rows[3:] if row["page"] == 1)
        desks = {name: Desk(browser, station, name) for name in ("guidance", "broadcast")}
        board = browser.new_page(viewport={"width": 1366, "height": 768})
        board.goto(f"{station.base('guidance')}/board/{BOARD}")
        expect(board.locator("body")).to_contain_text(number)

        station.kill("hub")
        for name, desk in desks.items():
            station.wait(lambda name=name: station.state(name) == "alone", f"{name} is alone")
            expect(desk.page.locator(".desk-banner.alone")).to_contain_text("AUTONOMOUS")
            expect(desk.page.locator(".desk-banner.shadow")).to_be_visible()
            desk.login("wang")
        for name, desk in desks.items():
            desk.choose(call)
            desk.delay(47)
            desk.keep(f"desk-{name}")
            desk.readable()
            expect(desk.page.locator(".desk-banner.alone")).to_contain_text("1 项操作待报")

        expected = _expected(station, call)
        expect(board.locator("body")).to_contain_text(expected)
        (row,) = [
            row for row in station.json("guidance", "/api/v1/boards")["boards"][BOARD]["rows"] if row["call"] == call
        ]
        assert expected in str(row["fields"]["expected"])

        broadcast = desks["broadcast"].page
        broadcast.keyboard.press("Alt+1")
        waits = broadcast.locator(".zone", has=broadcast.locator("[data-how=now]")).first
        zone = broadcast.locator(f".zone[data-zone='{waits.get_attribute('data-zone')}']")
        zone.locator("[data-how=now]").first.click()  # the feed is too old for it to be said by itself
        expect(zone).to_contain_text("▶")
        desks["broadcast"].keep("desk-zones")
        broadcast.click("[data-do=emergency]")
        broadcast.click("[data-do=sure]")
        expect(broadcast.locator(".underway")).to_contain_text("EMERGENCY UNDER WAY")
        desks["broadcast"].keep("desk-emergency")
        desks["broadcast"].readable()
        broadcast.click("[data-do=end]")
        broadcast.click("[data-do=end]")
        expect(broadcast.locator(".underway")).to_have_count(0)

        station.start("hub")
        for name in desks:
            station.wait(lambda name=name: station.state(name) == "online", f"{name} is online again")
            station.wait(lambda name=name: (station.health(name) or {})["acts_waiting"] == 0, f"{name} has reported")
        acts = station.json("hub", "/api/v1/acts")["acts"]
        done = sorted(
            ((act["by"], *(deed.get("minutes", deed.get("how")) for deed in act["deeds"])) for act in acts), key=str
        )
        who = "王站长 (wang) at"
        assert [(by, kinds[0]) for by, *kinds in done] == [
            (f"{who} broadcast", "now"),
            (f"{who} broadcast", 47),
            (f"{who} guidance", 47),
        ]
        assert {act["why"] for act in acts} == {EVIL, ""}
        for desk in desks.values():
            expect(desk.page.locator("tr[data-call]", has_text="G9999")).to_contain_text(EVIL)
            assert desk.page.locator("img").count() == 0
        guidance = desks["guidance"].page
        guidance.locator("[role=tab]", has_text="操作记录").click()
        expect(guidance.locator(".act")).to_contain_text(EVIL)
        assert guidance.locator(".act img").count() == 0
        expect(desks["guidance"].page.locator(".desk-state.online")).to_be_visible()
        station.lock("wang")
        for desk in desks.values():
            expect(desk.page.locator(".desk-login form")).to_be_visible(timeout=10_000)
        assert [desk.errors for desk in desks.values()] == [[], []]
    finally:
        station.end()


def _expected(station: DeskStation, call: str) -> str:
    """The time that a board has to show: of the train as guidance has it."""
    found = next(iter(re.findall(r"\d\d:\d\d", str(_row(station, call)["fields"]["planned"]))))
    hours, minutes = (int(part) for part in found.split(":"))
    moved = hours * 60 + minutes + 47
    return f"{moved // 60 % 24:02d}:{moved % 60:02d}"


def _row(station: DeskStation, call: str) -> dict[str, Any]:
    rows = station.json("guidance", "/api/v1/boards")["boards"][BOARD]["rows"]
    return next(row for row in rows if row["call"] == call)
