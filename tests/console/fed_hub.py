"""A hub's real process on a small station, and a line into it whose far side a test holds."""

from __future__ import annotations

import http.client
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import Instant
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.records import CallRecord, Calls, DatabaseState, GatewayState, Kind, Manifest
from support.ports import free_ports
from support.telegrams import frame

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
DAY = date(2026, 3, 1)
PATIENCE_S = 60.0
TOKEN = "operators-own-token"
PASSWORD = "seven cups of tea"
"""Of everyone who may log in."""
TIMETABLE = """\
train_class,kind,train,origin,destination,arr,dep,track,gates,areas,exits,valid_from,valid_until,weekdays
高速动车,through,G101,北京西,武汉,10:00,10:05,7,,,,2026-03-01,,
高速动车,origin,G103,明泽南,上海虹桥,,10:20,8,,,,2026-03-01,,
动车组,terminus,D105,太原,明泽南,10:30,,5,,,,2026-03-01,,
高速动车,through,G107/G108,郑州东,兰州西,10:40,10:44,9,,,,2026-03-01,,
快速,passing,K109,广州,包头,10:50,10:50,2,,,,2026-03-01,,
普快,through,1111,大同,昆明,18:00,18:09,10,,,,2026-03-01,,
"""


def at(clock: str) -> Instant:
    """The instant of a local HH:MM of the day."""
    return Instant(int(datetime.fromisoformat(f"{DAY}T{clock}").replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()))


G101 = CallRecord(
    run=1,
    day=DAY,
    numbers=("G101",),
    kind=Kind.THROUGH,
    train_class="高速动车",
    origin="北京西",
    destination="武汉",
    planned_arrival=at("10:00"),
    planned_departure=at("10:05"),
    track="7",
)
G103 = replace(
    G101,
    run=2,
    numbers=("G103",),
    kind=Kind.ORIGIN,
    origin="明泽南",
    destination="上海虹桥",
    planned_arrival=None,
    planned_departure=at("10:20"),
    track="8",
)


class FedHub:
    """The process; it can be ended and started again on the same ports. `people` are settings of `[hub.people]`.

    `can_go_back`: all that has happened to it is news of trains that the next news can undo.
    """

    def __init__(self, folder: Path, people: str = "") -> None:
        self.folder = folder
        self.port, self.protocol = free_ports(2)
        self.base = f"http://127.0.0.1:{self.port}"
        station = folder / "station"
        shutil.copytree(SAMPLE, station)
        (station / "timetable.csv").write_text(TIMETABLE, "utf-8")
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.set_clock("09:40")
        self._config = folder / "stationmaster.toml"
        self._config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\nport = {self.port}\n'
            f'protocol_port = {self.protocol}\nline = "{os.ttyname(self._slave)}"\n'
            "feed_late_s = 600\nfeed_lost_s = 1200\n"
            f'[hub.subsystems]\nguidance = "secret"\n[hub.operators]\ntester = "{TOKEN}"\n'
            f"[hub.people]\n{people}",
            "utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._records: dict[int, CallRecord] = {}
        self._sequence = 0
        self._acts = 0
        self._between_looks = threading.Event()
        self.can_go_back = True

    def start(self) -> None:
        """Start it and wait until it is up."""
        with (self.folder / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stationmaster.cli", "hub", "--config", str(self._config)],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        self._until(lambda: self._health().get("settled"))

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, at once unless told otherwise."""
        self.can_go_back = False
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=PATIENCE_S)
            self._process = None

    def send_signal(self, number: signal.Signals) -> None:
        """Send the running process a signal that it outlives."""
        assert self._process is not None
        self._process.send_signal(number)

    def close(self) -> None:
        """End everything."""
        self.stop()
        os.close(self.master)
        os.close(self._slave)

    def set_clock(self, clock: str) -> None:
        """Station time stands at this local time from now on; a hub that runs must be told with `step`."""
        write_anchor(self.folder / "clock.json", Anchor(station=at(clock), machine=0.0, rate=0.0))

    def step(self, clock: str) -> None:
        """Station time is this, and what is due is done."""
        self.can_go_back = False
        self.set_clock(clock)
        self._ask("POST", "/clock")

    def report(self, *records: CallRecord) -> None:
        """What the dispatching system has now; each is a newer state of its run than what was reported before."""
        self.can_go_back = self.can_go_back and {record.run for record in records} <= {G101.run, G103.run}
        for record in records:
            known = self._records.get(record.run)
            revision = 1 if known is None else known.revision + 1
            self._records[record.run] = replace(record, revision=revision)
        everything = tuple(self._records.values())
        digest = whole_digest(manifest_hours(everything))
        for content in (
            Calls(records=everything),
            Manifest(cycle=0, count=len(everything), digest=digest),
            GatewayState(database=DatabaseState.GOOD),
        ):
            self._sequence += 1
            os.write(self.master, frame(content, self._sequence, station="MZN"))
        self._until(lambda: self._health()["line"]["sequence"] == self._sequence and self._health()["settled"])

    def get(self, path: str) -> Any:
        """A JSON answer."""
        return self._ask("GET", path)

    def send(self, method: str, path: str, body: object = None) -> Any:
        """What a program with an operator's token is answered."""
        return self._ask(method, path, body)

    def let_in(self, login: str, *roles: str) -> None:
        """Somebody may log in from now on, with the password that everyone has."""
        account = {"name": login.capitalize(), "roles": roles, "password": PASSWORD}
        assert "account" in self.send("PUT", f"/api/v1/accounts/{login}", account)

    def act(self, *deeds: dict[str, object]) -> Any:
        """A program does something to the day."""
        self.can_go_back = False
        self._acts += 1
        done = self.send("POST", "/api/v1/acts", {"id": f"test-{self._acts}", "deeds": deeds})
        assert "position" in done, done
        return done

    def _health(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "hub.log").read_text("utf-8")
        try:
            answer: dict[str, Any] = self._ask("GET", "/healthz")
        except OSError:
            return {}
        return answer

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        try:
            if body is None:
                connection.request(method, path, headers={} if method == "GET" else headers)
            else:
                connection.request(method, path, json.dumps(body), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _until(self, condition: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < until, (self.folder / "hub.log").read_text("utf-8")
            self._between_looks.wait(0.02)  # nothing depends on its length
