"""The table of calls over some hours: trains come, leave and fold away, and without a feed they are unconfirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from console.conftest import LoggedIn
from console.day_table import cell, has_class, ready, row, trains
from console.fed_hub import G101, FedHub, at

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes


def test_trains_come_leave_and_fold_away(console_hub: FedHub, logged_in: LoggedIn) -> None:
    """A train that is here is said to be; one that has left folds away a little later, and is there when one looks."""
    page = ready(logged_in(""))
    late = replace(G101, expected_arrival=at("10:25"), expected_departure=at("10:30"))
    console_hub.step("10:27")
    console_hub.report(replace(late, actual_arrival=at("10:26")))
    expect(cell(page, "G101", "arrNow")).to_have_text("✓10:26")
    expect(cell(page, "G101", "state")).to_contain_text("In station")
    expect(cell(page, "G101", "checkIn")).to_have_text("■10:15–10:27")
    cell(page, "G101", "state").click()

    console_hub.step("10:32")
    console_hub.report(replace(late, actual_arrival=at("10:26"), actual_departure=at("10:31")))
    expect(cell(page, "G101", "state")).to_have_text("Departed · 26 min late")

    console_hub.step("10:42")
    expect(row(page, "G101")).to_have_count(0)
    assert trains(page)[0] == "[Past 1]"
    page.locator("#day-table .section.past button").click()
    expect(row(page, "G101").first).to_have_class(has_class("over"))
    assert trains(page)[:3] == ["[Past 1]", "G101", "[Next two hours 4]"]
    page.locator("#day-table .section.past button").click()
    expect(row(page, "G101")).to_have_count(0)
    page.fill("#find", "g101")
    expect(row(page, "G101").first).to_be_visible()
    page.fill("#find", "")


def test_without_a_feed_trains_are_unconfirmed_and_do_not_pile_up(console_browser: Browser, tmp_path: Path) -> None:
    """What has passed while no feed tells of it is unconfirmed, said in words, for two hours; then it folds away."""
    hub = FedHub(tmp_path)
    context = console_browser.new_context(locale="en-GB")
    try:
        hub.start()
        page = context.new_page()
        page.goto(f"{hub.base}/#day")
        ready(page)
        hub.step("10:30")
        expect(cell(page, "G101", "state")).to_contain_text("Unconfirmed")
        expect(cell(page, "G101", "unconfirmed")).to_have_count(0)  # far to the right; the state says it
        expect(page.locator("#lamps li.alarm").first).to_contain_text("lost")
        hub.step("12:45")
        expect(row(page, "G101")).to_have_count(0)
        page.locator("#day-table .section.past button").click()
        expect(cell(page, "G101", "state")).to_contain_text("Unconfirmed")
    finally:
        context.close()
        hub.close()
