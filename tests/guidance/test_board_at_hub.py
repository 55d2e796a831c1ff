"""A real hub, a real guidance process and a real browser: what is really on a board is known at the hub."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page

from guidance.browsing import SOON_MS, chromium
from guidance.fakes import ROOT
from guidance.running import RunningProcess
from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from support.ports import free_block

MORNING = 1_772_326_800  # 2026-03-01T01:00:00Z, nine o'clock in Shanghai

CONFIG = """
[clock]
file = "clock.json"
[hub]
station = "{station}"
database = "sqlite:///hub.db"
port = {web}
protocol_port = {protocol}
heartbeat_s = 1
[hub.operators]
"controller 1" = "operators-token"
[hub.subsystems]
guidance = "a token for a test"
[hub.watch]
readback_s = 1
[guidance]
identity = "guidance"
token = "a token for a test"
hubs = ["127.0.0.1:{protocol}"]
state = "guidance.db"
port = {guidance}
"""


class Station:
    """Hub and guidance, and what is asked of the hub."""

    def __init__(self, folder: Path) -> None:
        first = free_block()
        self.hub, self.guidance = f"http://127.0.0.1:{first}", f"http://127.0.0.1:{first + 2}"
        config = folder / "stationmaster.toml"
        station = ROOT / "stations" / "sample"
        config.write_text(CONFIG.format(station=station, web=first, protocol=first + 1, guidance=first + 2))
        write_anchor(folder / "clock.json", Anchor(station=MORNING, machine=time.time(), rate=1.0))
        self._config = config
        self.processes: list[RunningProcess] = []

    def start(self) -> None:
        """Start both."""
        for package in ("stationmaster.hub", "stationmaster_guidance"):
            self.processes.append(RunningProcess(package, self._config))
            self.processes[-1].wait_for("started")

    def board(self, name: str = "hall-1") -> dict[str, Any]:
        """What the hub says of a board."""
        with urlopen(f"{self.hub}/api/v1/boards/{name}") as answer:
            body: dict[str, Any] = json.load(answer)
        return body

    def alarms(self) -> set[str]:
        """What is wrong at the hub, as far as it is about the board."""
        with urlopen(f"{self.hub}/api/v1/alarms") as answer:
            found = json.load(answer)["alarms"]
        both = [each for alarm in found for each in (alarm, *alarm["parts"])]
        return {each["id"] for each in both if "hall-1" in each["id"]}

    def post(self, path: str, **body: object) -> dict[str, Any]:
        """An operator's act or command."""
        headers = {"Authorization": "Bearer operators-token", "Content-Type": "application/json"}
        try:
            with urlopen(Request(f"{self.hub}/api/v1/{path}", json.dumps(body).encode(), headers)) as answer:
                result: dict[str, Any] = json.load(answer)
        except HTTPError as error:
            with error:
                raise AssertionError(error.read().decode()) from error
        return result

    def well(self) -> bool:
        """Whether the hub knows that the board shows what it should, by what was painted."""
        board = self.board()
        shown = board["shown"]
        return (
            shown is not None
            and shown["evidence"] == "painted"
            and len(shown["rows"]) > 0
            and not board["differences"]
            and not self.alarms()
        )


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A station at nine in the morning."""
    made = Station(tmp_path)
    try:
        made.start()
        yield made
    finally:
        codes = [process.end() for process in made.processes]
    assert codes == [0, 0]
    assert not any("Traceback" in line for process in made.processes for line in process.lines)


def until(page: Page, true: Any, what: object = "") -> None:
    for _ in range(SOON_MS // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what() if callable(what) else what)


def test_hub_knows_what_a_board_really_shows(station: Station) -> None:
    """The boards check is green with a real page; meddling with the page is an alarm at the hub within seconds; a text
    takes the board, ends by itself and gives it back; a board is switched off and on by command.
    """
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{station.guidance}/board/hall-1")
        until(page, station.well, lambda: (station.board(), station.alarms()))
        due = [row["task"] for row in station.board()["should"]]
        shown = [row["task"] for row in station.board()["shown"]["rows"]]
        assert shown == due[: len(shown)]

        page.evaluate("document.querySelector('.row:not([hidden])').remove()")
        wrong = {"board/hall-1", "board-differs/hall-1"}
        until(page, lambda: {name.split(":")[-1] for name in station.alarms()} >= wrong, station.alarms)
        page.reload()
        until(page, station.well, lambda: (station.board(), station.alarms()))

        with urlopen(f"{station.hub}/healthz") as answer:
            now = json.load(answer)["station_time"]
        text = {"name": "text", "language": "zh", "text": "请立即离开车站"}
        deed = {"do": "show", "targets": ["type:ticket_hall"], "texts": [text], "end": from_iso(now) + 4, "whole": True}
        station.post("acts", id="test-1", why="drill", deeds=[{**deed, "priority": 1}])
        page.wait_for_selector("#whole:not([hidden])")
        until(page, lambda: len(station.board()["texts"]) == 1 and not station.board()["differences"], station.board)
        page.wait_for_selector("#whole", state="hidden")
        until(page, station.well, lambda: (station.board(), station.alarms()))

        station.post(
            "commands", id="test-2", identity="guidance", action="off", devices=["hall-1"], expires_s=30, by="li"
        )
        until(page, lambda: station.board()["shown"]["blank"], station.board)
        station.post(
            "commands", id="test-3", identity="guidance", action="on", devices=["hall-1"], expires_s=30, by="li"
        )
        until(page, station.well, lambda: (station.board(), station.alarms()))
