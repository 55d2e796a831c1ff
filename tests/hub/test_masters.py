"""The hub's masters of time: configured, shown at its pages, told to subsystems, and off in a demo."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.nmea_lines import rmc
from support.ports import free_ports
from support.time_peer import time_peer

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
PATIENCE_S = 60.0
PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1])))"
)


@dataclass
class World:
    """A folder with a small station, and a hub in a process of its own."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    port: int = 0
    pause: threading.Event = field(default_factory=threading.Event)

    def start(self, clock: str) -> subprocess.Popen[str]:
        shutil.copytree(SAMPLE, self.folder / "station")
        timetable = self.folder / "station" / "timetable.csv"
        timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:8]), "utf-8")
        self.port, protocol = free_ports(2)
        config = self.folder / "station.toml"
        config.write_text(
            f'[hub]\nstation = "station"\nport = {self.port}\nprotocol_port = {protocol}\n{clock}', "utf-8"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        return self.process

    def ask(self, path: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def until_settled(
        self, says: Callable[[], None] = lambda: None, wanted: Callable[[Any], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The hub's health as soon as it is settled and its clock is as wanted; `says` is called again and again."""
        assert self.process is not None
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            says()
            try:
                health = self.ask("/healthz")[1]
            except OSError:
                health = {}
            if health.get("settled") and wanted(health["clock"]):
                return health
            self.pause.wait(0.05)  # nothing depends on its length
        raise AssertionError(f"the hub does not come to it: {health}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    if made.process is not None:
        if made.process.poll() is None:
            made.process.kill()
        made.process.communicate()


def test_the_day_begins_on_the_masters_time(world: World, tmp_path: Path) -> None:
    """A hub with a time server and a receiver on a port locks to both before its day begins, and says so."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    told = [0]

    def says() -> None:
        """The receiver tells each second once, as soon as it has begun."""
        second = int(time.time())
        if second != told[0]:
            told[0] = second
            os.write(ours, rmc(float(second), talker="GB"))

    with time_peer(tmp_path) as port:
        world.start(
            f"""
[clock]
start_wait_s = 60
[[clock.serial]]
name = "receiver"
device = "{os.ttyname(theirs)}"
[[clock.ntp]]
name = "server"
host = "127.0.0.1"
port = {port}
poll_s = 1
"""
        )
        clock = world.until_settled(says)["clock"]
        assert clock["state"] == "locked"
        clock = world.until_settled(says, lambda told: {each["condition"] for each in told["sources"]} == {"good"})[
            "clock"
        ]
        assert clock["state"] == "locked"
        assert clock["error_s"] < 0.6
        assert world.ask("/api/v1/clock")[1]["clock"]["state"] == "locked"
        status, body = world.ask("/api/v1/clock/accept", "POST")
        assert (status, body["error"]) == (409, "nothing-to-accept")
    os.close(ours)
    os.close(theirs)
    assert world.process is not None
    world.process.send_signal(signal.SIGTERM)
    _, errors = world.process.communicate(timeout=PATIENCE_S)
    assert world.process.returncode == 0, errors
    assert "Traceback" not in errors


def test_a_master_that_jumps_moves_nothing_until_a_person_accepts_it(world: World) -> None:
    """The judge refuses three hours at once; accepted, they are one tick, which is vouched for."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    ahead, told = [0.0], [0]

    def says() -> None:
        second = int(time.time() + ahead[0])
        if second != told[0]:
            told[0] = second
            os.write(ours, rmc(float(second), talker="GB"))

    world.start(
        f"""
[clock]
start_wait_s = 60
[[clock.serial]]
name = "receiver"
device = "{os.ttyname(theirs)}"
"""
    )
    world.until_settled(says, lambda clock: clock["state"] == "locked")
    ahead[0] = 3 * 3600.0
    clock = world.until_settled(says, lambda clock: clock["trouble"] == "step-refused")["clock"]
    assert clock["state"] == "holdover"
    assert world.ask("/api/v1/clock/accept", "POST")[0] == 200
    world.until_settled(says, lambda clock: clock["state"] == "locked")
    os.close(ours)
    os.close(theirs)
    assert world.process is not None
    world.process.send_signal(signal.SIGTERM)
    _, errors = world.process.communicate(timeout=PATIENCE_S)
    assert world.process.returncode == 0, errors
    assert "Traceback" not in errors
    with contextlib.closing(sqlite3.connect(world.folder / "hub.db")) as database:
        ticks = [at for (at,) in database.execute("SELECT at FROM input WHERE kind = 'tick' ORDER BY sequence")]
        (refused,) = database.execute("SELECT count(*) FROM journal WHERE refused").fetchone()
    leaps = [after - before for before, after in itertools.pairwise(ticks) if after - before > 600]
    assert len(leaps) == 1
    assert 10800 - 60 <= leaps[0] <= 10800 + 120
    assert not refused


def test_a_demo_has_no_masters(world: World) -> None:
    """With a shadow clock the masters in the same file stay off."""
    (world.folder / "clock.json").write_text('{"station": 1772323200, "machine": 0, "rate": 0}', "utf-8")
    world.start('[clock]\nfile = "clock.json"\n[[clock.ntp]]\nname = "server"\nhost = "127.0.0.1"\n')
    assert world.until_settled()["clock"] is None
    assert world.ask("/api/v1/clock") == (200, {"clock": None})


def test_faults_of_the_clock_are_told_with_the_hubs(world: World) -> None:
    """A misspelt key of `[clock]` and one of `[hub]` are said together, and the exit code is 2."""
    process = world.start("shiny = 1\n[clock]\nfrobnicate = 1\n")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "hub.shiny" in errors
    assert "clock.frobnicate" in errors
