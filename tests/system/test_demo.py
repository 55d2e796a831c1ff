"""`stationmaster run`, whole: every process up, fed, restarted when it dies, and ended without a trace."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.ports import ENVIRONMENT, free_block

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
NAMES = {"simulate", "line", "gateway", "hub", "guidance", "query", "broadcast"}


class Demo:
    """A demo as a process; what it prints is read line by line."""

    def __init__(self, folder: Path) -> None:
        self.first = free_block()
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "stationmaster.cli", "run", "--station", str(SAMPLE)),
                *("--folder", str(folder), "--ports-from", str(self.first), "--at", "09:00"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            text=True,
        )

    def until(self, text: str) -> str:
        """The next line that holds `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if text in line:
                return self.lines[-1]
        raise AssertionError(f"it ended without {text!r}: {self.lines}")

    def processes(self) -> dict[str, psutil.Process]:
        """The children, by their command."""
        return {child.cmdline()[5]: child for child in psutil.Process(self.process.pid).children()}

    def get(self, offset: int, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.first + offset}{path}", timeout=30) as answer:
            body: bytes = answer.read()
        return body

    def health(self, offset: int) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.get(offset, "/healthz"))
        return body

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return self.process.returncode


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    """Demos that a test starts; what is left of them ends with it."""
    started: list[Demo] = []
    yield started
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGKILL)


def test_the_demo_runs_and_ends(tmp_path: Path, demos: list[Demo]) -> None:
    """Told where to look, a person finds each page; after Ctrl-C there is no process and no half-written file left."""
    demos.append(Demo(tmp_path / "demo"))
    demo = demos[0]
    demo.until("to stop")
    told = "\n".join(demo.lines)
    for offset, name in ((0, "console"), (2, "board"), (3, "kiosk"), (4, "queue")):
        address = f"http://127.0.0.1:{demo.first + offset}/"
        assert address in told, name
    boards = [line.split()[1] for line in demo.lines if line.startswith("board ")]
    assert len(boards) >= 6
    for address in boards:
        assert b"<html" in demo.get(2, address.partition(f":{demo.first + 2}")[2]).lower()
    for offset in (0, 3, 4):
        assert b"<html" in demo.get(offset, "/").lower()
    children = demo.processes()
    assert set(children) == NAMES
    everything = psutil.Process(demo.process.pid).children(recursive=True)
    assert demo.end() == 0
    assert demo.lines[-1] == "Everything has ended."
    assert [process for process in everything if process.is_running()] == []
    assert list(demo.folder.rglob("*.new")) == []
    assert "Traceback" not in "".join(log.read_text("utf-8") for log in (demo.folder / "log").iterdir())


def test_every_process_may_be_killed(tmp_path: Path, demos: list[Demo]) -> None:
    """SIGKILL to each of the seven in turn: each comes back by itself, and the station is fed and whole again.

    SIGKILL to what started them takes all with it, and the demo goes on when it is started again.
    """
    demos.append(Demo(tmp_path / "demo"))
    demo = demos[0]
    demo.until("to stop")
    for name in sorted(NAMES):
        before = demo.processes()[name]
        before.kill()
        demo.until(f"{name} is back")
        assert demo.processes()[name].pid != before.pid
    assert set(demo.processes()) == NAMES
    between = threading.Event()
    for _ in range(300):
        health = demo.health(0)
        if health["feed"]["state"] == "fresh" and health["subscribers"] == 3:
            break
        between.wait(0.2)
    assert health["feed"]["state"] == "fresh"
    assert health["subscribers"] == 3

    everything = psutil.Process(demo.process.pid).children(recursive=True)
    demo.end(signal.SIGKILL)
    assert psutil.wait_procs(everything, timeout=15)[1] == []
    demos.append(Demo(tmp_path / "demo"))
    assert demos[1].until("Starting").startswith("Going on at ")
    demos[1].until("to stop")
    assert set(demos[1].processes()) == NAMES
    assert demos[1].end(signal.SIGTERM) == 0
