"""What the console adds to the hub's face, asked over a string transport."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urljoin

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from service.web import Browser
from stationmaster.console.face import install
from stationmaster.hub.view import HubView
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Configure
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import STATION, at


@dataclass
class Looked:
    """The hub, as far as the console asks it."""

    state: State

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Nothing is ever committed here."""


def made(state: State) -> Browser:
    clock = MachineClock(lambda: float(at("07:50")))
    face = Face(
        health=lambda: Health(process="hub"),
        clock=clock,
        timer=StationTimer(clock, Clock()),
        registry=CollectorRegistry(),
    )
    install(cast("HubView", Looked(state)), face)
    return Browser(face.site())


@pytest.fixture
def browser() -> Browser:
    state, _ = step(State.empty(Instant(0)), Configure(id="configure/1", at=Instant(0), configuration=STATION))
    return made(state)


def test_the_page_is_at_the_root(browser: Browser) -> None:
    """`GET /` is the page, in UTF-8, always asked for anew, and held to its own origin."""
    code, headers, body = browser.ask("GET", "/")
    assert (code, headers["content-type"], headers["cache-control"]) == (200, "text/html; charset=utf-8", "no-cache")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert 'id="panes"' in body.decode("utf-8")


def test_everything_that_the_page_asks_for_is_there(browser: Browser) -> None:
    """Each file that the page and its modules name is served with its type, and nothing is asked of another machine."""
    index = browser.ask("GET", "/console/panes/index.js")[2].decode("utf-8")
    todo = ["/", *(f"/console/panes/{pane}.js" for pane in re.findall(r'^  "(\w+)",$', index, re.MULTILINE))]
    seen = set[str]()
    while todo:
        path = todo.pop()
        code, headers, body = browser.ask("GET", path)
        assert code == 200, path
        seen.add(path)
        if "/lib/" in path:
            continue  # as its authors published it; where it can be read, they name their own pages
        text = body.decode("utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org)", text), path
        if path.endswith(".js"):
            assert headers["content-type"].startswith("text/javascript"), headers
        named = r'(?:href|src)="([^"#]+)"' if path == "/" else r'^(?:import|export|}).*?"(\.{0,2}/[^"]+)";$'
        found = {urljoin(path, name) for name in re.findall(named, text, re.MULTILINE)}
        todo += found - seen - set(todo)
    assert {"/console/console.js", "/console/desk/world.js", "/console/panes/day.js", "/static/clock.js"} <= seen
    assert any(path.startswith("/console/lib/ag-grid") and path.endswith(".js") for path in seen)


def test_names_are_told_in_every_language(browser: Browser) -> None:
    """`/console/names.json` has each station's name by language, under the name that timetables write."""
    code, headers, body = browser.ask("GET", "/console/names.json")
    assert (code, headers["content-type"]) == (200, "application/json; charset=utf-8")
    names = json.loads(body)["names"]
    assert names == {name.id: dict(name.names) for name in STATION.names}
    assert all(set(words) == {"zh", "en"} for words in names.values())


def test_a_hub_without_a_configuration_has_no_names() -> None:
    """Before the station is configured the names are empty, and the page is there."""
    browser = made(State.empty(Instant(0)))
    assert json.loads(browser.ask("GET", "/console/names.json")[2]) == {"names": {}}
    assert browser.ask("GET", "/")[0] == 200


@pytest.mark.parametrize("path", ["/console/none.js", "/console/../face.py", "/console/%2e%2e/face.py", "/console/"])
def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    """What is not one of the console's files is 404, above the folder too."""
    assert browser.ask("GET", path)[0] == 404


def test_it_is_read_only(browser: Browser) -> None:
    """Nothing can be posted to the console."""
    assert browser.ask("POST", "/", "Content-Length: 0\r\n")[0] == 405
    assert browser.ask("POST", "/console/names.json", "Content-Length: 0\r\n")[0] == 405
