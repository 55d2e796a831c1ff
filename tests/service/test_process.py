"""The life of a process, seen from outside: each test runs a real one."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import stationmaster_base
import stationmaster_service

ROOT = str(Path(stationmaster_base.__file__).parents[1])

PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from twisted.application.service import MultiService, Service
from stationmaster_base.errors import StationError
from stationmaster_service.listening import Listening
from stationmaster_service.process import run
from twisted.web.server import Site
from twisted.web.resource import Resource


class Says(Service):
    def startService(self):
        print("started", flush=True)

    def stopService(self):
        print("stopped", flush=True)


def build(running):
    table = running.table.table("part")
    port = table.integer("port", 0)
    mode = table.text("mode", "run")
    table.finish()
    parent = MultiService()
    if port:
        Listening(running.reactor, Site(Resource()), "127.0.0.1", port).setServiceParent(parent)
    Says().setServiceParent(parent)
    if mode == "fail":
        running.reactor.callWhenRunning(running.fail, StationError("broken", "The lamp is broken.", "Change it."))
    if mode == "refuse":
        raise StationError("refused", "Not today.")
    return parent


sys.exit(run("part", Path(sys.argv[1]), build))
"""


def start(config: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(config), ROOT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(folder: Path, text: str) -> Path:
    config = folder / "station.toml"
    config.write_text(text, "utf-8")
    return config


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err


def test_it_runs_until_it_is_told_to_end_and_ends_cleanly(tmp_path: Path) -> None:
    """SIGTERM and SIGINT stop the service and give exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start(write(tmp_path, ""))
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        code, out, err = finish(process)
        assert (code, out) == (0, "stopped\n")
        assert "Traceback" not in err


def test_faults_of_the_configuration_are_all_said_at_once(tmp_path: Path) -> None:
    """Every fault is one line on standard error, nothing else is printed, and the exit code is 2."""
    config = write(tmp_path, '[part]\nport = "x"\nprot = 1\n')
    code, out, err = finish(start(config))
    assert (code, out) == (2, "")
    assert err == (
        f"stationmaster part: {config}: part.port: 'x' is not possible (allowed: a whole number 0…2147483647)\n"
        f"{config}: part.prot: is not a key of this table (allowed: mode, port)\n"
    )


def test_a_file_that_is_not_there_or_not_toml_is_said(tmp_path: Path) -> None:
    """What cannot be read is a sentence and exit code 2, not a traceback."""
    code, _, err = finish(start(tmp_path / "none.toml"))
    assert (code, "does not exist" in err) == (2, True)
    code, _, err = finish(start(write(tmp_path, "[part")))
    assert (code, "is not TOML" in err, "Traceback" in err) == (2, True, False)


def test_a_clock_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A shadow clock without its file stops the start with the reason."""
    code, _, err = finish(start(write(tmp_path, '[clock]\nfile = "clock.json"\n')))
    assert code == 2
    assert f"{tmp_path / 'clock.json'} is not a usable clock file" in err


def test_errors_of_build_of_start_and_of_running_end_it_with_their_message(tmp_path: Path) -> None:
    """A StationError at any time is its message on standard error and exit code 2; what had started is stopped."""
    code, out, err = finish(start(write(tmp_path, '[part]\nmode = "refuse"\n')))
    assert (code, out, err) == (2, "", "stationmaster part: Not today.\n")
    code, out, err = finish(start(write(tmp_path, '[part]\nmode = "fail"\n')))
    assert (code, "Traceback" in err) == (2, False)
    assert err.endswith("stationmaster part: The lamp is broken. Change it.\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = finish(start(write(tmp_path, f"[part]\nport = {port}\n")))
    assert (code, "Traceback" in err) == (2, False)
    assert f"Cannot listen on 127.0.0.1:{port}" in err


def test_the_package_is_whole() -> None:
    """The foundation's own files for browsers are part of the package."""
    folder = Path(stationmaster_service.__file__).parent / "static"
    assert {file.name for file in folder.iterdir()} >= {"base.css", "clock.js"}
