"""The lamp in a process of its own, over TLS: enrolled with a one-time code, then known again by what it has kept."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import stationmaster_agent
from support.certificates import TestAuthority

TESTS = Path(__file__).parents[1]
LAMP = TESTS.parent / "examples" / "lamp" / "lamp.py"

SETTINGS = """
[lamp]
identity = "lamp"
code = "one-time"
hubs = ["localhost:{port}"]
state = "lamp.db"
file = "brightness"
light = "platform-1"

[lamp.tls]
authority = "{authority}"
"""


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


def test_enrols_over_tls_and_is_known_again(processes, tmp_path):
    """The code is shown once over TLS; the token lies in a file of our own and opens the next session."""
    authority = TestAuthority(tmp_path)
    files = authority.hub("localhost", clients=False)
    hub = started(
        "-m", "agent.lamp_hub", str(files.certificate), str(files.key), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    processes.append(hub)
    port = hub.stdout.readline().strip()
    (tmp_path / "lamp.toml").write_text(SETTINGS.format(port=port, authority=authority.pem), "utf-8")
    for attempt in range(2):
        lamp = started(str(LAMP), str(tmp_path / "lamp.toml"), stderr=subprocess.PIPE)
        processes.append(lamp)
        if attempt == 0:
            assert hub.stdout.readline().strip() == "enrolled lamp secure"
        assert hub.stdout.readline().startswith("lamp lamp ok")
        lit, patience = threading.Event(), time.monotonic() + 60
        while (tmp_path / "brightness").read_text() != "1":  # for a moment it is empty, whenever it is written anew
            assert time.monotonic() < patience
            lit.wait(0.01)
        lamp.send_signal(signal.SIGTERM)
        _, errors = lamp.communicate(timeout=60)
        assert lamp.returncode == 0, errors
        (tmp_path / "brightness").write_text("?")
    assert stat.S_IMODE((tmp_path / "lamp.db.secret").stat().st_mode) == 0o600


def test_a_hub_of_another_authority_is_not_talked_to(processes, tmp_path):
    """A hub that somebody else has certified hears nothing of us, neither code nor name, and it is said why."""
    (tmp_path / "other").mkdir()
    other = TestAuthority(tmp_path / "other", "somebody else")
    files = other.hub("localhost", clients=False)
    hub = started(
        "-m", "agent.lamp_hub", str(files.certificate), str(files.key), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    processes.append(hub)
    port = hub.stdout.readline().strip()
    authority = TestAuthority(tmp_path)
    (tmp_path / "lamp.toml").write_text(SETTINGS.format(port=port, authority=authority.pem), "utf-8")
    lamp = started(str(LAMP), str(tmp_path / "lamp.toml"), stderr=subprocess.PIPE)
    processes.append(lamp)
    line = ""
    while "another authority" not in line:
        line = lamp.stderr.readline()
        assert line, "the lamp ended"
    lamp.send_signal(signal.SIGTERM)
    lamp.communicate(timeout=60)
    hub.terminate()
    assert hub.stdout.read() == ""
