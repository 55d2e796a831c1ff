"""The lamp of `examples/lamp`, as it stands there, against a hub in a process of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import stationmaster_agent
from stationmaster_base.clock import Anchor, write_anchor

TESTS = Path(__file__).parents[1]
EXAMPLE = TESTS.parent / "examples" / "lamp"


def started(*command: str, **more) -> subprocess.Popen[str]:
    paths = [str(TESTS), *sys.path, str(Path(stationmaster_agent.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment, **more)


@pytest.fixture
def processes():
    running: list[subprocess.Popen[str]] = []
    yield running
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_is_short():
    """A vendor writes about sixty lines, comments and imports included."""
    assert len((EXAMPLE / "lamp.py").read_text("utf-8").splitlines()) <= 75


def test_the_lamp_follows_its_task_and_commands(processes, tmp_path):
    """It is on while its task is, tells its condition whole and then changed, is tested once a command, and refuses."""
    hub = started("-m", "agent.lamp_hub", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    processes.append(hub)

    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line.strip()) for line in hub.stdout], daemon=True).start()

    def heard(seconds: float = 60.0) -> str:
        """The next line; empty if none comes for so long."""
        try:
            return lines.get(timeout=seconds)
        except queue.Empty:
            return ""

    def order(words: str) -> None:
        hub.stdin.write(f"{words}\n")
        hub.stdin.flush()

    port = heard()
    settings = (EXAMPLE / "lamp.toml").read_text("utf-8")
    settings = settings.replace("7310", port).replace("the operator's secret for this identity", "secret")
    # Its station time stands still, so that no minute begins in the middle of the test.
    write_anchor(tmp_path / "clock", Anchor(machine=time.time(), station=time.time(), rate=0.0))
    (tmp_path / "lamp.toml").write_text(f'{settings}[clock]\nfile = "clock"\n', "utf-8")
    lamp = started(str(EXAMPLE / "lamp.py"), str(tmp_path / "lamp.toml"), stderr=subprocess.PIPE)
    processes.append(lamp)
    brightness = tmp_path / "brightness"

    told = heard()
    assert told in ("lamp lamp ok off whole", "lamp lamp ok on whole")  # with or without the snapshot
    if "off" in told:
        assert heard() == "lamp lamp ok on changed"
    assert brightness.read_text() == "1"
    order("off")
    assert heard() == "lamp lamp ok off changed"
    assert brightness.read_text() == "0"
    # It may follow its task again before it has told that the test switched it on; then it is tested once more.
    for number in range(5):
        order(f"test-{number}")
        said = [heard()]
        if said[0] == f"lamp test-{number} done None":
            said.append(heard(2))
        if "lamp lamp ok on changed" in said:
            break
    assert sorted(said) == ["lamp lamp ok on changed", f"lamp test-{number} done None"]
    order("test-0")
    assert heard() == "lamp test-0 done None"  # the same command again only brings its answer
    order("dance")
    assert heard() == "lamp dance refused unknown-action"

    lamp.send_signal(signal.SIGTERM)
    _, errors = lamp.communicate(timeout=60)
    assert lamp.returncode == 0, errors
    assert "Traceback" not in errors
