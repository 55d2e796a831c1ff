"""The hub as a process: it starts by its configuration alone, and goes on where it was however it ended."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from support.ports import free_ports
from support.postgresql import PostgreSQL

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
START = from_iso("2026-03-01T00:00:00Z")
PATIENCE_S = 60.0
PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1])))"
)


@dataclass
class World:
    """A folder with a small station, a stepped clock and a configuration, and the hubs that were started in it."""

    folder: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    _pause: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        shutil.copytree(SAMPLE, self.folder / "station")
        timetable = self.folder / "station" / "timetable.csv"
        timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:8]), "utf-8")
        self.set_clock(START)

    def set_clock(self, now: float) -> None:
        write_anchor(self.folder / "clock.json", Anchor(station=now, machine=0.0, rate=0.0))

    def configure(self, name: str = "station", *, database: str = "sqlite:///hub.db") -> tuple[Path, int]:
        """A configuration file on ports of its own; the web port."""
        port, protocol = free_ports(2)
        config = self.folder / f"{name}.toml"
        config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\nport = {port}\nprotocol_port = {protocol}\n'
            f'database = "{database}"\n',
            "utf-8",
        )
        return config, port

    def start(self, config: Path, program: str = PROGRAM) -> subprocess.Popen[str]:
        number = len(self.processes)
        # A pipe that nobody reads would stop it once it is full.
        with self._file("out", number).open("wb") as out, self._file("err", number).open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-c", program, str(config)],
                stdout=out,
                stderr=err,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self.processes.append(process)
        return process

    def said(self, process: subprocess.Popen[str], stream: str = "err") -> str:
        """What a hub has written so far, to its standard error unless told otherwise (`out`)."""
        return self._file(stream, self.processes.index(process)).read_text("utf-8")

    def _file(self, stream: str, number: int) -> Path:
        return self.folder / f"standard-{stream}-{number}"

    def up(self, process: subprocess.Popen[str], port: int) -> dict[str, Any]:
        """The hub's health as soon as it is settled."""
        return self.look(process, port, lambda health: bool(health["settled"]))

    def look(
        self, process: subprocess.Popen[str], port: int, wanted: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """The hub's health as soon as it is as wanted."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            assert process.poll() is None, self.said(process)
            try:
                health = ask(port, "GET", "/healthz")
            except OSError:
                health = {}
            if health and wanted(health):
                return health
            self._pause.wait(0.02)  # nothing depends on its length
        raise AssertionError(f"the hub does not come to it: {health}")

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Wait for its end: code, output, errors."""
        code = process.wait(timeout=PATIENCE_S)
        return code, self.said(process, "out"), self.said(process)


def ask(port: int, method: str, path: str) -> dict[str, Any]:
    """One request to the hub's pages."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_runs_steps_dies_and_goes_on(world: World) -> None:
    """A stepped minute is committed when `POST /clock` answers; after SIGKILL and SIGTERM the same hub goes on."""
    config, port = world.configure()
    first = world.start(config)
    health = world.up(first, port)
    assert (health["status"], health["head"], health["calls"]) == ("ok", 8, 35)
    assert (health["quiet"], health["next_at"]) == (True, "2026-03-01T00:01:00Z")
    world.set_clock(START + 60)
    stepped = ask(port, "POST", "/clock")
    assert (stepped["head"], stepped["station_time"], stepped["settled"]) == (9, "2026-03-01T00:01:00Z", True)
    first.kill()
    first.communicate()

    second = world.start(config)
    again = world.up(second, port)
    assert (again["epoch"], again["head"]) == (health["epoch"], 9)
    calls = ask(port, "GET", "/api/v1/calls")["calls"]
    assert len(calls) == 35
    second.send_signal(signal.SIGTERM)
    code, out, err = world.finish(second)
    assert (code, out) == (0, "")
    assert "Traceback" not in err

    third = world.start(config)
    assert world.up(third, port)["head"] == 9
    assert ask(port, "GET", "/api/v1/calls")["calls"] == calls


def test_a_second_hub_waits_for_the_first(world: World) -> None:
    """With two hubs on one database the second says who has it, and goes on where the first was killed."""
    config, port = world.configure()
    first = world.start(config)
    health = world.up(first, port)
    other, other_port = world.configure("other")
    second = world.start(other)
    waiting = world.look(second, other_port, lambda answer: "another hub" in answer["trouble"])
    assert (waiting["status"], waiting["settled"], waiting["head"]) == ("degraded", False, 0)
    assert waiting["trouble"].startswith(f"The database cannot be used: another hub (process {first.pid}) has it.")
    world.set_clock(START + 60)
    assert ask(port, "POST", "/clock")["head"] == 9
    first.kill()
    first.communicate()
    again = world.up(second, other_port)
    assert (again["epoch"], again["head"], again["trouble"]) == (health["epoch"], 9, "")
    world.set_clock(START + 120)
    assert ask(other_port, "POST", "/clock")["head"] == 10


def test_a_hub_without_its_database_says_so_and_catches_up(world: World) -> None:
    """While the file is away `/healthz` is degraded and says why, and inputs wait; when it is back they are there."""
    config, port = world.configure()
    hub = world.start(config)
    assert world.up(hub, port)["trouble"] == ""
    database = world.folder / "hub.db"
    database.rename(world.folder / "elsewhere")
    world.set_clock(START + 60)
    answers: list[dict[str, Any]] = []
    stepping = threading.Thread(target=lambda: answers.append(ask(port, "POST", "/clock")))
    stepping.start()
    without = world.look(hub, port, lambda answer: "has gone." in answer["trouble"])
    assert (without["status"], without["quiet"], without["head"]) == ("degraded", False, 8)
    assert "make an empty file of that name" in without["trouble"]
    (world.folder / "elsewhere").rename(database)
    stepping.join(PATIENCE_S)
    (stepped,) = answers
    assert (stepped["status"], stepped["trouble"], stepped["head"]) == ("ok", "", 9)


def test_a_hub_outlives_its_server(world: World, postgresql_database: URL, server: PostgreSQL) -> None:
    """On PostgreSQL inputs wait while the server is down, and a spare takes over from a hub that was killed."""
    database = postgresql_database.set(drivername="postgresql").render_as_string(hide_password=False)
    config, port = world.configure(database=database)
    first = world.start(config)
    assert world.up(first, port)["head"] == 8
    server.stop()
    world.set_clock(START + 60)
    answers: list[dict[str, Any]] = []
    stepping = threading.Thread(target=lambda: answers.append(ask(port, "POST", "/clock")))
    stepping.start()
    without = world.look(first, port, lambda answer: bool(answer["trouble"]))
    assert (without["status"], without["head"]) == ("degraded", 8)
    server.start()
    stepping.join(PATIENCE_S)
    (stepped,) = answers
    assert (stepped["trouble"], stepped["head"]) == ("", 9)
    other, other_port = world.configure("other", database=database)
    second = world.start(other)
    world.look(second, other_port, lambda answer: "another hub has it" in answer["trouble"])
    first.kill()
    first.communicate()
    again = world.up(second, other_port)
    assert (again["epoch"], again["head"]) == (stepped["epoch"], 9)


def test_what_a_person_did_wrong_is_said(world: World) -> None:
    """Faults of the station's folder and of the configuration end the start with exit code 2 and no traceback."""
    config, _ = world.configure()
    rules = world.folder / "station" / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace('does = "display"', 'does = "dance"', 1), "utf-8")
    code, out, err = world.finish(world.start(config))
    assert (code, out, "Traceback" in err) == (2, "", False)
    assert "dance" in err
    config.write_text('[hub]\nstaton = "x"\n', "utf-8")
    code, _, err = world.finish(world.start(config))
    assert (code, "hub.staton" in err, "hub.station: is missing" in err) == (2, True, True)
