"""The real broadcast process beside a hub's protocol, on a stepped clock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from support.fake_broadcast import START
from support.ports import free_port

PATIENCE = 60.0
"""Machine seconds after which what has not come will not come."""


PROGRAM = "import sys, pathlib, stationmaster_broadcast.main as m; sys.exit(m.main(pathlib.Path(sys.argv[1])))"
"""Runs broadcast as `stationmaster broadcast` does."""


class Station:
    """One broadcast process, its hub, and what they leave on disk."""

    def __init__(self, folder: Path, *, engine: str = "silent", more: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.sounds = folder / "sounds"
        self.config = folder / "station.toml"
        self._record = folder / "results.jsonl"
        self._hub_port = free_port()
        self._environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._machine = time.time()
        self._commands = 0
        self.config.write_text(
            '[clock]\nfile = "clock.json"\n'
            f'[broadcast]\nhubs = ["127.0.0.1:{self._hub_port}"]\nidentity = "broadcast"\ntoken = "secret"\n'
            f'state = "broadcast.db"\nport = {self.port}\nsounds = "sounds"\nengine = "{engine}"\nheartbeat_s = 0.2\n'
            f"{more}\n",
            "utf-8",
        )
        self.set_clock(0)

    def start_hub(self) -> None:
        """Start the hub and wait until it listens."""
        script = Path(__file__).with_name("hub.py")
        arguments = [str(script), str(self._hub_port), str(self._record)]
        hub = self._start("hub", arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert hub.stdout is not None
        assert hub.stdout.readline() == b"ready\n"

    def start(self) -> None:
        """Start broadcast and wait until it answers."""
        with (self.folder / "broadcast.log").open("ab") as log:
            self._start("broadcast", ["-c", PROGRAM, str(self.config)], stderr=log)
        self.wait(self.health, "broadcast does not answer")

    def end(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """End a process; its exit code."""
        process = self._running.pop(name)
        process.send_signal(with_signal)
        code = process.wait(PATIENCE)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def end_all(self) -> None:
        """End what still runs."""
        for name in list(self._running):
            self.end(name)

    def get(self, path: str, method: str = "GET") -> Any:
        """A JSON answer."""
        with urlopen(Request(self.base + path, method=method), timeout=PATIENCE) as answer:
            return json.load(answer)

    def health(self) -> dict[str, Any] | None:
        """The process's health, if it answers."""
        try:
            found: dict[str, Any] = self.get("/healthz")
        except (URLError, ConnectionError):
            return None
        return found

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until `condition` gives something true."""
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            pause.wait(0.02)
        raise AssertionError(f"{what}; the log says: {self.log()[-3000:]}")

    def set_clock(self, seconds: float, rate: float = 0) -> None:
        """Station time is so many seconds after the start; with a rate it runs from now on."""
        anchor = Anchor(station=START + seconds, machine=time.time() if rate else self._machine, rate=rate)
        write_anchor(self.folder / "clock.json", anchor)

    def step(self, seconds: float, state: str = "online") -> None:
        """Station time goes on, and everything of that second is done."""
        self.set_clock(seconds)
        self.get("/clock", "POST")
        self.wait(lambda: self._quiet(state), f"not quiet at {seconds}")

    def run_to(self, end: int, state: str = "online") -> None:
        """Step from one thing to the next, until there is none before `end`."""
        self.wait(lambda: self._quiet(state), "not quiet at first")
        while True:
            health = self.health()
            assert health is not None
            following = health["next_at"]
            if following is None or from_iso(following) - START > end:
                break
            self.step(from_iso(following) - START, state)
        self.step(end, state)

    def played(self, after: int = 0) -> list[dict[str, Any]]:
        """What has been said."""
        found: list[dict[str, Any]] = self.get(f"/api/v1/played?after={after}")
        return found

    def move(self, platform: str) -> None:
        """D7 goes from another platform."""
        hub = self._running["hub"]
        assert hub.stdin is not None
        hub.stdin.write(json.dumps({"platform": platform}).encode() + b"\n")
        hub.stdin.flush()

    def command(self, action: str, *targets: str, **parameters: str) -> dict[str, Any]:
        """Give a command through the hub; what came of it. `text_en` is the parameter `text.en`."""
        self._commands += 1
        body = {
            "id": f"command-{self._commands}",
            "action": action,
            "by": "anna",
            "expires": START + 1_000_000,
            "targets": targets,
            "parameters": {name.replace("_", "."): value for name, value in parameters.items()},
        }
        hub = self._running["hub"]
        assert hub.stdin is not None
        assert hub.stdout is not None
        hub.stdin.write(json.dumps(body).encode() + b"\n")
        hub.stdin.flush()
        while True:
            line = hub.stdout.readline()
            assert line, "the hub has ended"
            if not line.startswith(b"{"):  # its log
                continue
            told: dict[str, Any] = json.loads(line)
            if told["id"] == body["id"] and told["state"] != "accepted":
                return told

    def alarms(self) -> dict[str, dict[str, str]]:
        """The alarms that the hub knows of, each with its words."""
        file = self.folder / "alarms.jsonl"
        found: dict[str, dict[str, str]] = {}
        for line in file.read_text("utf-8").splitlines() if file.exists() else []:
            told = json.loads(line)
            if "gone" in told:
                found.pop(told["gone"], None)
            else:
                found[told["alarm"]] = told["texts"]
        return found

    def pid(self, name: str) -> int:
        """The process of this name."""
        return self._running[name].pid

    def results(self) -> list[list[Any]]:
        """What the hub was told: seconds after the start, state, train, zone."""
        lines = self._record.read_text("utf-8").splitlines() if self._record.exists() else []
        return [
            [at - START, state, task.split("/")[2], target]
            for at, state, task, target, _ in (json.loads(line) for line in lines)
        ]

    def log(self) -> str:
        """What broadcast has written."""
        return (self.folder / "broadcast.log").read_text("utf-8")

    def _quiet(self, state: str) -> bool:
        health = self.health()
        return health is not None and health["quiet"] and health["state"] == state

    def _start(self, name: str, arguments: list[str], **more: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, *arguments], env=self._environment, **more)
        self._running[name] = process
        return process


@contextmanager
def station(folder: Path, **more: Any) -> Iterator[Station]:
    """A hub and a broadcast process, ended afterwards."""
    made = Station(folder, **more)
    try:
        made.start_hub()
        made.start()
        yield made
    finally:
        made.end_all()
