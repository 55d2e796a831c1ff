"""The simulator as a process: killed and started again, it goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from support.ports import free_port

SEVEN = from_iso("2026-02-28T23:00:00Z")
STATION = """\
telecode = "QHD"
names = { zh = "清河东", en = "Qinghe East" }
zone = "Asia/Shanghai"
languages = ["zh", "en"]
"""
PLACES = "".join(
    f"""\
[[track]]
id = "{number}"
names = {{ zh = "{number}道", en = "Track {number}" }}
platform = "{number}"
[[platform]]
id = "{number}"
names = {{ zh = "{number}站台", en = "Platform {number}" }}
"""
    for number in (1, 2)
)
TIMETABLE = "train_class,kind,train,origin,destination,arr,dep,track\n" + "".join(
    f"快速,through,K{100 + hour},甲,乙,{hour:02}:10,{hour:02}:20,{hour % 2 + 1}\n" for hour in range(24)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration for a station of two tracks and a train every hour, at 07:00 on a stepped clock."""
    station = tmp_path / "station"
    (station / "layouts").mkdir(parents=True)
    (station / "station.toml").write_text(STATION, "utf-8")
    (station / "places.toml").write_text(PLACES, "utf-8")
    (station / "timetable.csv").write_text(TIMETABLE, "utf-8")
    (station / "names.csv").write_text("name,en\n甲,Jia\n乙,Yi\n", "utf-8")
    for name in ("boards", "zones", "rules", "templates"):
        (station / f"{name}.toml").write_text("", "utf-8")
    port = free_port()
    (tmp_path / "stationmaster.toml").write_text(
        '[clock]\nfile = "clock.json"\n[simulator]\nstation = "station"\n'
        f'database = "sqlite:///dispatching.db"\nport = {port}\n',
        "utf-8",
    )
    set_clock(tmp_path, SEVEN)
    return tmp_path


def set_clock(folder: Path, instant: int) -> None:
    write_anchor(folder / "clock.json", Anchor(station=float(instant), machine=0.0, rate=0.0))


class Running:
    """One life of the simulator; it answers when the constructor returns."""

    def __init__(self, folder: Path) -> None:
        config = folder / "stationmaster.toml"
        port = config.read_text("utf-8").split("port = ")[1].strip()
        self._url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "stationmaster.cli", "simulate", "--config", str(config)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert b'"started"' in line, line + self.process.stderr.read()

    def poke(self) -> dict[str, Any]:
        """`POST /clock`: the answer comes when everything up to now is committed."""
        request = urllib.request.Request(f"{self._url}/clock", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            body: dict[str, Any] = json.load(answer)
        return body

    def end(self, *, kill: bool = False) -> int:
        (self.process.kill if kill else self.process.terminate)()
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def lives(folder: Path) -> Iterator[list[Running]]:
    """Simulators that are started in a test; whatever is left of them ends with it."""
    started: list[Running] = []
    yield started
    for life in started:
        if life.process.poll() is None:
            life.end(kill=True)


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows but their change numbers, as any reader sees them."""
    connection = sqlite3.connect(folder / "dispatching.db")
    try:
        return {
            table: [row[:-1] for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in ("base_timetable", "stage_plan", "report")
        }
    finally:
        connection.close()


def test_a_day_with_and_without_kills_is_the_same(folder: Path, lives: list[Running]) -> None:
    """Killed and restarted every few hours, or run in one leap: the database holds the same in the end."""
    for hour in range(0, 13, 4):
        set_clock(folder, SEVEN + hour * 3600)
        lives.append(Running(folder))
        body = lives[-1].poke()
        assert body["quiet"] is True
        assert from_iso(body["next_at"]) > SEVEN + hour * 3600
        again = lives[-1].poke()
        assert again["changes"] == body["changes"]
        lives[-1].end(kill=True)
    with_kills = contents(folder)
    (folder / "dispatching.db").unlink()
    for rest in folder.glob("dispatching.db-*"):
        rest.unlink()
    lives.append(Running(folder))
    lives[-1].poke()
    assert lives[-1].end() == 0
    assert contents(folder) == with_kills
    assert len(with_kills["base_timetable"]) >= 5 * 24
    assert max(row[-1] for row in with_kills["report"]) > "2026-03-01T09"


def test_a_restart_writes_nothing_that_is_there(folder: Path, lives: list[Running]) -> None:
    """A second start at the same moment leaves the change counter where it was."""
    lives.append(Running(folder))
    first = lives[-1].poke()["changes"]
    assert lives[-1].end() == 0
    lives.append(Running(folder))
    assert lives[-1].poke()["changes"] == first == 1


def test_the_printed_scenario_is_what_happens(folder: Path, lives: list[Running]) -> None:
    """The events that are printed for a day, folded, are the day's rows in the database at its end."""
    command = [sys.executable, "-m", "stationmaster.cli", "simulate", "--config", str(folder / "stationmaster.toml")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    printed = subprocess.run(
        [*command, "--print-scenario", "--day", "2026-03-01"], capture_output=True, check=True, env=environment
    )
    rows: dict[tuple[str, int, str], dict[str, Any]] = {}
    for line in printed.stdout.decode().splitlines():
        event = json.loads(line)
        rows[event["table"], event["run"], event.get("event", "")] = event
    set_clock(folder, SEVEN + 26 * 3600)
    lives.append(Running(folder))
    lives[-1].poke()
    found = contents(folder)
    day = {row[0] for row in found["base_timetable"] if row[1] == "2026-03-01"}
    assert day == {run for table, run, _ in rows if table == "base_timetable"}
    assert {(row[0], row[1]): row[2] for row in found["report"] if row[0] in day} == {
        (run, event): row["actual"] for (table, run, event), row in rows.items() if table == "report"
    }
    assert {row[0]: (row[1], row[5], row[6]) for row in found["stage_plan"] if row[0] in day} == {
        run: (row.get("arrival"), row.get("track"), row.get("running", "scheduled"))
        for (table, run, _), row in rows.items()
        if table == "stage_plan"
    }
