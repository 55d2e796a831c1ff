"""The console over a network that is cut or slow, and without its hub: what was typed stays, acts are done once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from console.conftest import HARMLESS
from console.day_table import cell, ready
from console.fed_hub import PASSWORD, FedHub
from guidance.browsing import listen_for_errors
from support.cable import Cable

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

DAY = "2026-03-02"
SLOW = {"offline": False, "latency": 600, "downloadThroughput": 60_000, "uploadThroughput": 20_000}
"""As over a poor radio link: 600 ms, 60 and 20 KB a second."""

QUICK = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest.fixture(scope="module")
def cable(console_hub: FedHub) -> Iterator[Cable]:
    """What lies between browser and hub."""
    made = Cable(console_hub.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def controller(console_browser: Browser, cable: Cable) -> Iterator[Page]:
    """A controller's console at the end of the cable."""
    context = console_browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    page = context.new_page()
    errors = listen_for_errors(page)
    page.goto(f"http://127.0.0.1:{cable.port}/#day")
    page.click("#login")
    page.fill("#sheet-login", "conrad")
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#person")).to_be_visible()
    yield ready(page)
    context.close()
    assert [each for each in errors if not any(word in each for word in (*HARMLESS, "ERR_", "503 ("))] == []


def typed(page: Page, number: str, words: str) -> None:
    """Have a line open for a train, with something typed into it."""
    cell(page, number, "depNow", DAY).click()
    page.keyboard.press(words[0])
    page.keyboard.type(words[1:])


def done(hub: FedHub, minutes: int) -> list[Any]:
    """The acts that set a delay of so many minutes."""
    acts = hub.get("/api/v1/acts")["acts"]
    return [act for act in acts if any(deed.get("minutes") == minutes for deed in act["deeds"])]


def test_a_cable_that_is_pulled(controller: Page, console_hub: FedHub, cable: Cable) -> None:
    """It is said at once; what others did meanwhile is there when the cable is back, and an act that waited is done."""
    typed(controller, "G101", "+7")
    cable.pull()
    expect(controller.locator("#banner")).to_be_visible()
    controller.keyboard.press("Enter")
    other = f"MZN/{DAY}/G103/1"
    console_hub.act({"do": "delay", "call": other, "event": "departure", "minutes": 33})
    assert done(console_hub, 7) == []
    cable.plug()
    expect(cell(controller, "G103", "depNow", DAY)).to_have_text("10:53")
    expect(cell(controller, "G101", "depNow", DAY)).to_have_text("10:12")
    expect(controller.locator("#banner")).to_be_hidden()
    assert len(done(console_hub, 7)) == 1


def test_a_hub_that_is_restarted_under_an_edit(controller: Page, console_hub: FedHub) -> None:
    """What was typed stays while the hub is away; the person is still logged in, and Enter does it once."""
    typed(controller, "G107", "+11")
    console_hub.stop(signal.SIGKILL)
    expect(controller.locator("#banner")).to_be_visible()
    expect(controller.locator("#day-line")).to_have_value("+11")
    console_hub.start()
    expect(controller.locator("#banner")).to_be_hidden()
    expect(controller.locator("#day-line")).to_have_value("+11")
    expect(controller.locator("#person")).to_have_text("Conrad")
    controller.locator("#day-line").press("Enter")
    expect(cell(controller, "G107", "depNow", DAY)).to_have_text("10:55")
    assert len(done(console_hub, 11)) == 1


def test_an_act_that_goes_out_to_a_dead_hub(controller: Page, console_hub: FedHub) -> None:
    """It is sent again with its id until somebody answers, and that it waits is said."""
    typed(controller, "1111", "+13")
    console_hub.stop(signal.SIGKILL)
    controller.keyboard.press("Enter")
    expect(controller.locator(".toast", has_text="The act waits for the hub")).to_be_visible()
    console_hub.start()
    expect(cell(controller, "1111", "depNow", DAY)).to_have_text("18:22")
    assert len(done(console_hub, 13)) == 1


def test_a_slow_network(controller: Page, console_hub: FedHub) -> None:
    """Over a poor link everything takes longer, and happens once."""
    slow = controller.context.new_cdp_session(controller)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW)
    typed(controller, "G101", "+17")
    controller.keyboard.press("Enter")
    expect(cell(controller, "G101", "depNow", DAY)).to_have_text("10:22")
    assert len(done(console_hub, 17)) == 1
    slow.send(
        "Network.emulateNetworkConditions", {**SLOW, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    )
    slow.detach()
