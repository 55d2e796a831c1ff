"""The log, people, second persons and changes of shift at the console: a real hub, two persons with two browsers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from console.conftest import LoggedIn
from console.fed_hub import PASSWORD, FedHub, at
from console.test_every_pane import RULES

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

MARKUP = "<img src=x onerror=document.title='taken'>"
CALL = "MZN/2026-03-01/G101/1"


class Session:
    """Somebody's session without a browser's window."""

    def __init__(self, hub: FedHub, login: str, password: str = PASSWORD) -> None:
        self._hub = hub
        self._cookie = self._proof = ""
        begun = self.ask("POST", "/api/v1/session", {"login": login, "password": password})
        self._proof, self.person = begun["proof"], begun["person"]

    def ask(self, method: str, path: str, body: object) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._hub.port, timeout=30)
        headers = {"Content-Type": "application/json", "Cookie": self._cookie, "X-Session-Proof": self._proof}
        try:
            connection.request(method, path, json.dumps(body), headers)
            response = connection.getresponse()
            self._cookie = (response.getheader("Set-Cookie") or self._cookie).split(";")[0]
            return json.loads(response.read())
        finally:
            connection.close()

    def show(self, item: str, text: str) -> Any:
        """Ask for an emergency on all boards."""
        texts = [{"name": "text", "language": "zh", "text": text}]
        deed = {"do": "show", "targets": ["*"], "texts": texts, "end": at("11:00"), "whole": True, "priority": 5}
        return self.ask("POST", "/api/v1/acts", {"id": item, "why": MARKUP, "deeds": [deed]})


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedHub]:
    """A hub where emergencies need two persons."""
    hub = FedHub(tmp_path_factory.mktemp("hub"), people='two_persons = ["emergency"]\n')
    try:
        hub.start()
        people = {"aud": "auditor", "sara": "security", "conrad": "controller", "clara": "controller"}
        for login, role in people.items():
            hub.let_in(login, role)
        yield hub
    finally:
        hub.close()


def go(page: Page, pane: str) -> None:
    """Open a pane by its tab."""
    page.click(f'#tabs .tab[data-pane="{pane}"]')
    expect(page.locator(f"#pane-{pane}")).to_be_visible()


def test_what_two_persons_do_at_two_consoles(console_hub: FedHub, logged_in: LoggedIn) -> None:
    """An emergency is seen by both, taken back by who asked or confirmed by the other; a shift is handed over."""
    conrad, clara = logged_in("conrad", "handover"), logged_in("clara", "handover")
    _emergency(console_hub, conrad, clara)
    _shift(conrad, clara)


def _emergency(console_hub: FedHub, conrad: Page, clara: Page) -> None:
    """Who asked can only take it back, the other one confirms."""
    asker = Session(console_hub, "conrad")
    assert asker.show("e1", f"请离开 {MARKUP}")["waits"] is True
    for page in (conrad, clara):
        request = page.locator("#confirmations .request")
        expect(request).to_contain_text(MARKUP)
        expect(request).to_contain_text("Conrad")
    expect(conrad.locator('#confirmations [data-confirm="true"]')).to_have_count(0)
    conrad.click('#confirmations [data-confirm="false"]')
    for page in (conrad, clara):
        expect(page.locator("#confirmations .request")).to_have_count(0)
    assert asker.show("e1", f"请离开 {MARKUP}")["error"] == "not-confirmed"
    asker.show("e2", "请离开")
    clara.click('#confirmations [data-confirm="true"]')
    expect(clara.locator(".toast")).to_contain_text("Confirmed and done")
    expect(conrad.locator("#confirmations .request")).to_have_count(0)
    assert asker.show("e2", "请离开")["by"] == "Conrad"
    acts = {act["id"] for act in console_hub.get("/api/v1/acts")["acts"]}
    assert "act/e2" in acts
    assert "act/e1" not in acts


def _shift(conrad: Page, clara: Page) -> None:
    """Who goes writes what is to be known and signs; who comes sees it, signs, and finds it again later."""
    conrad.fill("#handover-notes", f"2A 闸机 {MARKUP}")
    conrad.click("#handover-give")
    expect(conrad.locator(".toast").last).to_contain_text("Handed over")
    clara.click("#handover-again")
    expect(clara.locator(".notes").first).to_have_text(f"2A 闸机 {MARKUP}")
    clara.click("#handover-take")
    expect(clara.locator(".signed").filter(has_text="Clara (clara)")).to_be_visible()
    expect(clara.locator("#handover-which option")).to_have_count(2)
    assert _broken(clara, "handover") == []
    assert "taken" not in clara.title()


def test_the_log_is_read_searched_and_checked(console_hub: FedHub, logged_in: LoggedIn) -> None:
    """Names and reasons that look like markup are text; a search narrows it; it is whole, and exported."""
    account = {"name": MARKUP, "roles": ["viewer"], "password": PASSWORD}
    assert "account" in console_hub.send("PUT", "/api/v1/accounts/mallory", account)
    deed = {"do": "delay", "call": CALL, "event": "departure", "minutes": 7}
    asker = Session(console_hub, "conrad")
    assert "position" in asker.ask("POST", "/api/v1/acts", {"id": "late", "why": MARKUP, "deeds": [deed]})
    console_hub.stop()
    console_hub.start()
    volume = {"id": "v1", "identity": "guidance", "action": "volume", "parameters": {"percent": "40"}}
    console_hub.send("POST", "/api/v1/commands", volume)
    console_hub.send("POST", "/api/v1/identities", {"do": "enrol", "identity": "guidance-2", "kind": "guidance"})
    page = logged_in("aud", "log")
    go(page, "log")
    rows = page.locator("table.log tbody tr")
    expect(rows.filter(has_text="delay").first).to_contain_text(MARKUP)
    expect(rows.filter(has_text="delay").first).to_contain_text("10:12")
    expect(rows.filter(has_text="volume percent=40: refused not-connected")).to_have_count(1)
    expect(rows.filter(has_text="enrol guidance-2")).to_have_count(1)
    page.fill("#log-text", "mallory")
    page.click("#log-search")
    expect(rows).to_have_count(1)
    rows.locator("summary").click()
    expect(rows).to_contain_text(MARKUP)
    page.click("#log-check")
    expect(page.locator("#log-verdict")).to_contain_text("whole")
    assert page.locator("table.log img").count() == 0
    assert "taken" not in page.title()
    with page.expect_download() as download:
        page.click("#log-csv")
    assert "mallory" in download.value.path().read_text("utf-8")
    page.click("#theme")
    assert _broken(page, "log") == []


def test_accounts_are_made_at_the_console(console_hub: FedHub, logged_in: LoggedIn) -> None:
    """A new person is told his first password once, and has to choose another; whoever manages him sees his session."""
    page = logged_in("sara", "people")
    go(page, "people")
    page.click("#people-new")
    page.fill("#sheet-login", "nina")
    page.fill("#sheet-name", "Nina")
    page.select_option("#sheet-roles", ["announcer"])
    page.press("#sheet-name", "Enter")
    password = page.locator("#given-password").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator('#accounts tr[data-login="nina"]')).to_contain_text("Announcer")
    expect(page.locator('#accounts tr[data-login="sara"] [data-do="lock"]')).to_have_count(0)
    page.click('#accounts tr[data-login="nina"] [data-do="lock"]')
    expect(page.locator('#accounts tr[data-login="nina"]')).to_contain_text("Locked")
    page.click('#accounts tr[data-login="nina"] [data-do="lock"]')
    expect(page.locator('#accounts tr[data-login="nina"]')).not_to_contain_text("Locked")
    assert Session(console_hub, "nina", password).person["change_password"] is True
    page.click("#tabs .tab[data-pane=day]")
    go(page, "people")
    expect(page.locator("#sessions")).to_contain_text("Nina")
    assert _broken(page, "people") == []


def _broken(page: Page, pane: str) -> list[str]:
    """The rules of axe-core that a pane breaks."""
    found = Axe().run(page, context=f"#pane-{pane}", options=RULES).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]
