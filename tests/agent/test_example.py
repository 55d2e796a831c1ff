"""The example of `docs/agent.md`, as it stands there, against a hub process over TCP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import stationmaster_agent

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "agent.md"


def started(*command: str) -> subprocess.Popen[str]:
    paths = [str(TESTS), *sys.path, str(Path(stationmaster_agent.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


@pytest.fixture
def processes():
    running: list[subprocess.Popen[str]] = []
    yield running
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


def test_the_document_shows_one_program_and_its_settings():
    """The document holds one program, short enough to read, and one settings file."""
    (program,) = blocks("python")
    assert len(program.splitlines()) <= 75
    assert len(blocks("toml")) == 1


def test_the_gong_sounds(processes, tmp_path):
    """The documented program connects over TCP, sounds once for each zone, reports it, and ends cleanly on SIGTERM."""
    hub = started("-m", "agent.hub_process")
    processes.append(hub)
    port = int(hub.stdout.readline())
    program = tmp_path / "gong.py"
    program.write_text(blocks("python")[0], "utf-8")
    settings = blocks("toml")[0].replace("7310", str(port)).replace("the operator's secret for this identity", "secret")
    (tmp_path / "gong.toml").write_text(settings, "utf-8")
    for _ in range(2):
        gong = started(str(program), str(tmp_path / "gong.toml"))
        processes.append(gong)
        if len(processes) == 2:
            said = sorted(hub.stdout.readline().strip() for _ in range(4))
            assert said == ["hall begun", "hall done", "platform-1 begun", "platform-1 done"]
            gong.send_signal(signal.SIGTERM)
        else:
            while "resyncing" not in (line := gong.stderr.readline()):
                assert line, "the second gong ended"
            gong.send_signal(signal.SIGTERM)
        _, errors = gong.communicate(timeout=60)
        assert gong.returncode == 0, errors
        assert "Traceback" not in errors
    assert (tmp_path / "gong").read_bytes() == b"\a\a"


def test_wrong_settings_are_told_without_a_traceback(processes, tmp_path):
    """All faults of the settings file are said at once, and the exit code is 2."""
    program = tmp_path / "gong.py"
    program.write_text(blocks("python")[0], "utf-8")
    (tmp_path / "gong.toml").write_text('[gong]\nidentity = "gong"\nhubs = ["x y"]\ndevice = "gong"\n')
    gong = started(str(program), str(tmp_path / "gong.toml"))
    processes.append(gong)
    _, errors = gong.communicate(timeout=60)
    assert gong.returncode == 2
    assert "Traceback" not in errors
    for key in ("gong.token", "gong.state", "gong.hubs[0]"):
        assert key in errors
