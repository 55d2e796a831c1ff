"""The demo with real processes: it ends clean, it restarts what dies, and it leaves no orphan however it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.ports import ENVIRONMENT, free_block

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"


class Run:
    """`stationmaster run` with the simulator alone, as a process; what it prints is read line by line."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.first = free_block()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "stationmaster.cli", "run", "--station", str(SAMPLE)),
                *("--folder", str(folder), "--ports-from", str(self.first), "--only", "simulate", *more),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            text=True,
        )
        self.lines: list[str] = []

    def until(self, text: str) -> str:
        """The next line that holds `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if text in line:
                return self.lines[-1]
        raise AssertionError(f"it ended without {text!r}: {self.lines}")

    def child(self) -> psutil.Process:
        """The simulator."""
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.first + 5}/healthz", timeout=10) as answer:
            body: dict[str, Any] = json.load(answer)
        return body

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=30)
        self.lines += rest.splitlines()
        return self.process.returncode


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    """Demos that a test starts; what is left of them ends with it."""
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.end(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_ends_clean(tmp_path: Path, runs: list[Run], number: int) -> None:
    """Ready when the process answers; ended, there is no child, no half-written file, and the clock stands."""
    runs.append(Run(tmp_path / "demo"))
    run = runs[0]
    run.until("Ctrl-C")
    assert run.health()["shadow"] is True
    child = run.child()
    assert run.end(number) == 0
    assert not child.is_running()
    assert run.lines[-1] == "Everything has ended."
    assert json.loads((tmp_path / "demo" / "clock.json").read_text())["rate"] == 0.0
    assert not list((tmp_path / "demo").rglob("*.new"))
    assert "started" in (tmp_path / "demo" / "log" / "simulate.log").read_text()


def test_a_killed_process_is_started_again(tmp_path: Path, runs: list[Run]) -> None:
    """SIGKILL to a child: it is said, and a second later there is a new one that answers."""
    runs.append(Run(tmp_path / "demo"))
    run = runs[0]
    run.until("Ctrl-C")
    first = run.child()
    first.kill()
    assert "killed by SIGKILL" in run.until("simulate ended")
    run.until("simulate is back")
    assert run.child().pid != first.pid
    assert run.health()["status"] == "ok"
    assert run.end(signal.SIGTERM) == 0


def test_no_orphan_outlives_a_killed_supervisor(tmp_path: Path, runs: list[Run]) -> None:
    """SIGKILL to the supervisor takes its children with it, and the demo goes on when it is started again."""
    runs.append(Run(tmp_path / "demo"))
    runs[0].until("Ctrl-C")
    child = runs[0].child()
    runs[0].end(signal.SIGKILL)
    assert psutil.wait_procs([child], timeout=10)[1] == []
    runs.append(Run(tmp_path / "demo"))
    assert runs[1].until("Starting").startswith("Going on at ")
    runs[1].until("Ctrl-C")
    assert runs[1].end(signal.SIGTERM) == 0


def test_a_station_that_is_not_there_is_a_message(tmp_path: Path) -> None:
    """No folder is made for a demo without a station."""
    command = [sys.executable, "-P", "-m", "stationmaster.cli", "run", "--station", str(tmp_path / "none")]
    ended = subprocess.run(
        [*command, "--folder", str(tmp_path / "demo")], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert ended.returncode == 2
    assert "--station DIR" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "demo").exists()
