"""Five thousand devices of which five hundred change at once: until the web API has it, and until the page shows it.

    python benchmarks/devices.py [DEVICES [CHANGES [ROUNDS]]]

A hub's real process, one subsystem on a real connection that tells of all devices, and the console's pane of devices in
a headless browser. In each round some devices change their condition in one report; measured is the time from its being
sent until `/api/v1/devices` has the last of them, and until the page says so and has drawn it. Before that, most of
them fail at once from one cause, which is one alarm. The baseline is the same run's: the same devices made
into the same JSON and written through a socket, and nothing else.
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
from measured import Measured, against, hand_on, share, told
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from console.fed_hub import FedHub, at
from guidance.browsing import chromium
from stationmaster.hub.alarms.raising import MOST_RAISED
from stationmaster.hub.web.bodies import as_json
from stationmaster_protocol.equipment import Condition, Device
from support.rack import Rack

COUNT, CHANGES, ROUNDS = 5000, 500, 12
PORTION = 800
REST_S = 10.0
LOOK_S = 0.005
PATIENCE_S = 60.0
API_BUDGET_S, PAGE_BUDGET_S, MEMORY_BUDGET_MB, FRAME_BUDGET_MS = 0.5, 2.0, 250.0, 100.0

WATCH = """() => {
  const watched = { frames: 0, longest: 0, last: performance.now(), shown: new Map() };
  window.watched = watched;
  const frame = (now) => {
    watched.longest = Math.max(watched.longest, now - watched.last);
    watched.last = now;
    watched.frames += 1;
    const count = document.getElementById("device-count").textContent;
    const first = document.querySelector('#device-table .ag-row[row-index="0"] [col-id="condition"]')?.textContent;
    const said = `${count} ${first}`;
    if (!watched.shown.has(said)) {
      watched.shown.set(said, performance.timeOrigin + now);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

SHOWN = "[...watched.shown].find(([said]) => wanted.every((word) => said.includes(word)))"


def main(count: int, changes: int, rounds: int) -> None:
    """Run, and hand on what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        hub = FedHub(Path(folder))
        try:
            hub.start()
            results = Bench(hub, count, changes).run(rounds)
        finally:
            hub.close()
    sys.stdout.write(told(results) + "\n")
    hand_on(results)


class Bench:
    """The hub, its devices, and what is measured."""

    def __init__(self, hub: FedHub, count: int, changes: int) -> None:
        self.hub = hub
        self.changes = changes
        self.devices = [_device(number, Condition.OK) for number in range(count)]
        self.rack = Rack(hub.protocol, "guidance", "secret")
        self.rack.tell(whole=True, devices=tuple(self.devices[:PORTION]))
        for start in range(PORTION, count, PORTION):
            self.rack.tell(devices=tuple(self.devices[start : start + PORTION]))
        assert hub._process is not None
        self.process = psutil.Process(hub._process.pid)

    def run(self, rounds: int) -> list[Measured]:
        """All of it."""
        self.wait(lambda: len(self.get("/api/v1/devices")["devices"]) == len(self.devices))
        storm = self.storm(changes=self.changes)
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"{self.hub.base}/#devices")
            page.wait_for_function(
                "all => document.getElementById('device-count')?.textContent.includes(all)", arg=str(len(self.devices))
            )
            page.evaluate(WATCH)
            rest = self.cpu(lambda: time.sleep(REST_S))
            api, shown, frames, busy = [], [], [], []
            for number in range(rounds):
                condition = Condition.DEGRADED if number % 2 == 0 else Condition.OFF
                busy.append(self.cpu(lambda condition=condition: self.round(page, condition, api, shown)))
                frames.append(
                    page.evaluate("() => { const { longest } = watched; watched.longest = 0; return longest; }")
                )
            memory = self.process.memory_info().rss / 1e6
        changed = [_device(number, Condition.DEGRADED) for number in range(self.changes)]
        encoding = [_bare(changed) for _ in range(rounds)]
        self.rack.unplug()
        return [
            against("changes until the API has them, median", share(api, 0.5), "s", share(encoding, 0.5)),
            Measured(
                name="changes until the API has them, 95th percentile",
                value=share(api, 0.95),
                unit="s",
                budget=f"< {API_BUDGET_S} s",
                ok=share(api, 0.95) < API_BUDGET_S,
            ),
            Measured(
                name="changes until the page shows them, 95th percentile",
                value=share(shown, 0.95),
                unit="s",
                budget=f"< {PAGE_BUDGET_S:g} s",
                ok=share(shown, 0.95) < PAGE_BUDGET_S,
            ),
            Measured(
                name="longest frame of the page meanwhile, median of rounds",
                value=share(frames, 0.5),
                unit="ms",
                budget=f"< {FRAME_BUDGET_MS:g} ms",
                ok=share(frames, 0.5) < FRAME_BUDGET_MS,
            ),
            Measured(name="hub's processor time for one round", value=share(busy, 0.5), unit="s"),
            Measured(name="hub's processor at rest, page open", value=rest / REST_S, unit="of a core"),
            Measured(name="seven tenths of them failing at once until they are one alarm", value=storm, unit="s"),
            Measured(
                name="hub's memory",
                value=memory,
                unit="MB",
                budget=f"< {MEMORY_BUDGET_MB:g} MB",
                ok=memory < MEMORY_BUDGET_MB,
            ),
        ]

    def round(self, page: Page, condition: Condition, api: list[float], shown: list[float]) -> None:
        """Some devices change; how long until the API has it, and until the page shows it."""
        revision = self.get("/api/v1/devices?after=999999999999")["revision"]
        changed = tuple(_device(number, condition) for number in range(self.changes))
        page.evaluate("() => watched.shown.clear()")
        began, wall = time.monotonic(), time.time()
        self.rack.tell(devices=changed)
        self.wait(lambda: len(self.get(f"/api/v1/devices?after={revision}")["devices"]) == self.changes)
        api.append(time.monotonic() - began)
        ill = self.changes if condition is Condition.DEGRADED else 0
        first = {Condition.DEGRADED: "Degraded", Condition.OFF: "Off"}[condition]
        wanted = [f"{ill} not well", first]
        page.wait_for_function(f"wanted => {SHOWN}", arg=wanted)
        moment = page.evaluate(f"wanted => {SHOWN}[1]", wanted)
        shown.append(moment / 1000 - wall)

    def storm(self, changes: int) -> float:
        """Seconds until most of them, failing at once, are one alarm with all parts that a subsystem may raise."""
        began = time.monotonic()
        failing = max(changes, int(len(self.devices) * 0.7))
        parts = min(failing, MOST_RAISED)
        self.all_are(Condition.FAULTY, failing)
        self.wait(lambda: any(each["parts_total"] == parts for each in self.get("/api/v1/alarms")["alarms"]))
        took = time.monotonic() - began
        self.all_are(Condition.OK, failing)
        self.wait(lambda: not self.get("/api/v1/devices?condition=faulty")["devices"])
        return took

    def all_are(self, condition: Condition, count: int) -> None:
        """So many devices, from the first, are in this condition."""
        for start in range(0, count, PORTION):
            some = range(start, min(start + PORTION, count))
            self.rack.tell(devices=tuple(_device(number, condition) for number in some))

    def get(self, path: str) -> Any:
        with urlopen(f"{self.hub.base}{path}") as answer:
            return json.load(answer)

    def wait(self, until: Any) -> None:
        patience = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < patience
            time.sleep(LOOK_S)

    def cpu(self, action: Any) -> float:
        """The hub's processor seconds while something is done."""
        before = sum(self.process.cpu_times()[:2])
        action()
        return sum(self.process.cpu_times()[:2]) - before


def _device(number: int, condition: Condition) -> Device:
    return Device(
        id=f"led-{number:04}", kind="board", condition=condition, since=at("09:40"), targets=(f"hall-{number % 7}",)
    )


def _bare(devices: list[Device]) -> float:
    """The same devices made into JSON and written through a socket to somebody who reads it: seconds."""
    there, here = socket.socketpair()
    length = len(json.dumps(as_json(tuple(devices)), separators=(",", ":")).encode())
    read = threading.Event()

    def reading() -> None:
        left = length
        while left:
            left -= len(here.recv(1 << 16))
        read.set()

    thread = threading.Thread(target=reading)
    thread.start()
    began = time.monotonic()
    there.sendall(json.dumps(as_json(tuple(devices)), separators=(",", ":")).encode())
    assert read.wait(PATIENCE_S)
    took = time.monotonic() - began
    thread.join()
    there.close()
    here.close()
    return took


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(COUNT, CHANGES, ROUNDS)[len(given) :])
