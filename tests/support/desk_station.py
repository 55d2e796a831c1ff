"""A hub, guidance and broadcast as real processes with a part of the sample station, and people who may log in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import Instant
from support.ports import free_ports

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
OPERATOR = "operators-own-token"
PASSWORD = "correct horse battery"
EVIL = "<img src=x onerror=alert(1)>"
"""Where one of its trains goes."""

HOURS = ("08:00", "10:00")
"""Local times between which trains leave, or arrive where they end."""


class DeskStation:
    """The processes; only the hub is started at first.

    Args:
        folder: where everything lives.
        start: station time at the beginning.
        rate: how fast station time runs.
        names: the subsystems.

    """

    def __init__(
        self,
        folder: Path,
        *,
        start: Instant,
        rate: float = 1.0,
        names: tuple[str, ...] = ("guidance", "broadcast"),
        more: str = "",
    ) -> None:
        self.folder = folder
        self.names = names
        hub, protocol, *ports = free_ports(2 + len(names))
        self.ports = dict(zip(("hub", *names), (hub, *ports), strict=True))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.config = folder / "stationmaster.toml"
        self._copy_station()
        subsystems = "".join(
            f'[{name}]\nhubs = ["127.0.0.1:{protocol}"]\nidentity = "{name}"\ntoken = "secret-of-{name}"\n'
            f'state = "{name}.db"\nport = {self.ports[name]}\naccounts = true\nheartbeat_s = 0.3\n'
            + ('sounds = "sounds"\nengine = "silent"\n' if name == "broadcast" else "")
            for name in names
        )
        self.config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\n'
            f'database = "sqlite:///hub.db"\nline = "nowhere"\nport = {hub}\nprotocol_port = {protocol}\n'
            f'heartbeat_s = 0.3\n[hub.operators]\noperator = "{OPERATOR}"\n[hub.subsystems]\n'
            + "".join(f'{name} = "secret-of-{name}"\n' for name in names)
            + subsystems
            + more,
            "utf-8",
        )
        write_anchor(folder / "clock.json", Anchor(station=start, machine=time.time(), rate=rate))

    def _copy_station(self) -> None:
        """The sample station with the trains of two hours, which is quicker planned, and one with markup for a name."""
        shutil.copytree(ROOT / "stations" / "sample", self.folder / "station")
        timetable = self.folder / "station" / "timetable.csv"
        head, *rows = timetable.read_text("utf-8").splitlines(keepends=True)
        first, last = HOURS
        kept = [row for row in rows if first <= (row.split(",")[6] or row.split(",")[5]) < last]
        spoilt = next(row.split(",") for row in kept if row.split(",")[1] == "origin")
        spoilt[2], spoilt[4] = "G9999", EVIL
        timetable.write_text("".join([head, *kept, ",".join(spoilt)]), "utf-8")

    def start(self, *names: str) -> None:
        """Start processes together and wait until they answer."""
        for name in names:
            self._start(name)
        for name in names:
            self.wait(partial(self.health, name), f"{name} answers")

    def _start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "stationmaster.cli", name, "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )

    def kill(self, name: str) -> None:
        """End a process at once."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal that it outlives."""
        self._running[name].send_signal(number)

    def end(self) -> None:
        """End what still runs."""
        for name in list(self._running):
            self.kill(name)

    def base(self, name: str) -> str:
        """Where a process's pages are."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def health(self, name: str) -> dict[str, Any] | None:
        """A process's health, if it answers."""
        try:
            found: dict[str, Any] = self.json(name, "/healthz")
        except (URLError, ConnectionError):
            return None
        return found

    def json(self, name: str, path: str, *, method: str = "GET", body: object = None, **headers: str) -> Any:
        """A JSON answer of a process; the operator asks."""
        request = Request(self.base(name) + path, method=method)
        request.add_header("Authorization", f"Bearer {OPERATOR}")
        for header, value in headers.items():
            request.add_header(header.replace("_", "-"), value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def account(self, login: str, name: str, *roles: str, at: tuple[str, ...] = ("guidance", "broadcast")) -> None:
        """Make an account at the hub."""
        body = {"name": name, "roles": list(roles), "subsystems": list(at), "password": PASSWORD}

        def made() -> bool:
            try:
                self.json("hub", f"/api/v1/accounts/{login}", method="PUT", body=body)
            except HTTPError as error:
                if error.code != 503:  # it has not read its database yet
                    raise
                return False
            return True

        self.wait(made, f"there is an account {login}")

    def lock(self, login: str) -> None:
        """Lock an account at the hub."""
        self.json("hub", f"/api/v1/accounts/{login}", method="PUT", body={"locked": True})

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until `condition` gives something true."""
        deadline = time.monotonic() + PATIENCE_S
        pause = threading.Event()
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if any(process.poll() is not None for process in self._running.values()):
                break
            pause.wait(0.03)
        logs = {path.name: path.read_text("utf-8")[-1500:] for path in self.folder.glob("*.log")}
        raise AssertionError(f"not: {what}; the logs say: {logs}")

    def state(self, name: str) -> str:
        """How a subsystem stands with its hub."""
        return str((self.health(name) or {}).get("state"))
