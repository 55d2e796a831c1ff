"""A drill: a copy of the day to do anything with, from which nothing can reach what is real."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.test_process import PATIENCE_S, START, World, ask
from stationmaster.cli.drills import CLOCK, DrillOptions, prepare_drill
from stationmaster.hub.settings import HubSettings
from stationmaster_base.clock import read_anchor
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.times import from_iso
from support.ports import free_ports

TOKEN = "of-the-operator-of-this-drill"
HOST = "127.0.0.2"

ATTEMPTS = {
    "a connection": "socket.create_connection(('127.0.0.1', port))",
    "a connection that does not wait": "s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', port))",
    "a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "a message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('127.0.0.1', port))",
    "another port": "socket.socket().bind(('127.0.0.1', 0))",
    "a local socket": "socket.socket(socket.AF_UNIX).bind(folder + '/x')",
    "a serial line": "os.open('/dev/ttyS0', os.O_WRONLY)",
    "a terminal": "open('/dev/tty', 'wb')",
    "a program": "subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "a child": "os.fork()",
    "a library": "__import__('ctypes').CDLL('libc.so.6')",
}

SEALED = """\
import json, os, socket, subprocess, sys
from stationmaster.cli.drills import seal
port, mine, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
seal({("127.0.0.1", mine)})
came = {}
for what, attempt in json.loads(sys.argv[4]).items():
    try:
        exec(attempt)
    except PermissionError as error:
        came[what] = "this is a drill" in str(error)
    else:
        came[what] = False
server = socket.socket()
server.bind(("127.0.0.1", mine))
server.listen()
with open(folder + "/came.json", "w") as file:
    json.dump(came, file)
"""


def test_a_sealed_process_reaches_nothing(tmp_path: Path) -> None:
    """Each way out is refused, and what a console needs is not: files, and its own port."""
    port, mine = free_ports(2)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SEALED, str(port), str(mine), str(tmp_path), json.dumps(ATTEMPTS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "came.json").read_text("ascii")) == dict.fromkeys(ATTEMPTS, True)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path, int]]:
    """A hub that runs, with an operator; its configuration file and web port."""
    world = World(tmp_path_factory.mktemp("real"))
    config, port = world.configure()
    with config.open("a", encoding="utf-8") as file:
        file.write(f'[hub.operators]\ndesk = "{TOKEN}"\n[hub.subsystems]\nguidance = "{TOKEN}-too"\n')
    world.up(world.start(config), port)
    yield world, config, port
    for process in world.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def said(port: int, method: str, path: str, body: object = None) -> Any:
    """What the drill answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request(
            method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {TOKEN}"}
        )
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def listening(pid: int) -> set[tuple[str, int]]:
    """The addresses on which a process listens, and the far ends of its connections, as the kernel says."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[9] in inodes and fields[3] == "0A":
            host, _, number = fields[1].partition(":")
            found.add((".".join(str(byte) for byte in reversed(bytes.fromhex(host))), int(number, 16)))
    return found


def test_a_drill_has_the_day_and_reaches_nobody(copied: tuple[World, Path, int], tmp_path: Path) -> None:
    """It begins with the trains that there are, says that it is a drill, and what is done in it stays in it."""
    world, config, real = copied
    (port,) = free_ports(1)
    folder = tmp_path / "drill"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "stationmaster.cli", "drill", "--config", str(config), "--into", str(folder)),
            *("--port", str(port), "--speed", "0"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    world.processes.append(process)
    while True:
        assert process.poll() is None, process.communicate()
        try:
            if said(port, "GET", "/healthz")["settled"]:
                break
        except OSError:
            world._pause.wait(0.05)  # nothing depends on its length
    assert listening(process.pid) == {(HOST, port)}
    before, state = ask(real, "GET", "/api/v1/calls"), said(port, "GET", "/api/v1/state")
    assert (state["drill"], state["calls"]) == (True, len(before["calls"]))
    assert ask(real, "GET", "/api/v1/state")["drill"] is False
    call = next(call for call in before["calls"] if call["departure"] is not None)["id"]
    act = {"id": "d", "deeds": [{"do": "delay", "call": call, "event": "departure", "minutes": 30}]}
    assert said(port, "POST", "/api/v1/acts", act)["by"] == "desk"
    assert ask(real, "GET", "/api/v1/calls") == before
    command = {"id": "c", "identity": "guidance", "action": "brightness", "devices": ["led-1"]}
    assert "done" not in json.dumps(said(port, "POST", "/api/v1/commands", command))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out.splitlines()[0]) == (0, "DRILL. Nothing here reaches any device.")
    assert "Traceback" not in err
    assert read_anchor(folder / CLOCK).rate == 0.0


def test_a_drill_goes_on_or_begins_anew(copied: tuple[World, Path, int], tmp_path: Path) -> None:
    """It begins at the hub's time or at one that is named, goes on with its copy, and is made afresh when asked."""
    _, config, real = copied
    folder = tmp_path / "drill"
    options = DrillOptions(config=config, folder=folder, port=8090, speed=0.0)
    written = prepare_drill(options, 1000.0)
    assert read_anchor(folder / CLOCK).at(0.0) == START
    assert written.stat().st_mode & 0o777 == 0o600
    mark = (folder / "hub.db").stat().st_mtime_ns
    prepare_drill(DrillOptions(config=config, folder=folder, at="17:30"), 2000.0)
    assert read_anchor(folder / CLOCK).at(2000.0) == from_iso("2026-03-01T09:30:00Z")
    assert (folder / "hub.db").stat().st_mtime_ns == mark
    prepare_drill(DrillOptions(config=config, folder=folder, fresh=True), 3000.0)
    assert (folder / "hub.db").stat().st_mtime_ns != mark
    assert not list(folder.glob("*.backup"))
    assert ask(real, "GET", "/healthz")["status"] == "ok"
    with pytest.raises(StationError, match="not a time"):
        prepare_drill(DrillOptions(config=config, folder=folder, at="noon"), 1.0)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds anything but a drill is not touched."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear", "utf-8")
    config = tmp_path / "hub.toml"
    config.write_text('[hub]\nstation = "station"\n', "utf-8")
    with pytest.raises(StationError, match="something else than a drill"):
        prepare_drill(DrillOptions(config=config, folder=folder), 1.0)
    assert [each.name for each in folder.iterdir()] == ["letter.txt"]


def test_a_hub_of_a_drill_has_nobody_to_talk_to(tmp_path: Path) -> None:
    """Settings of a drill that name a line, subsystems or their pages are a fault."""
    for more in ('line = "/dev/ttyS0"', '[hub.subsystems]\nguidance = "x"', '[hub.console]\nbroadcast = "http://b/"'):
        file = tmp_path / "hub.toml"
        file.write_text(f'[hub]\ndrill = true\nstation = "station"\n{more}\n', "utf-8")
        faults = Faults()
        table: Table = read_toml(file, faults)
        HubSettings.from_table(table.table("hub"), tmp_path)
        assert any(fault.place.endswith("drill") for fault in faults), more
