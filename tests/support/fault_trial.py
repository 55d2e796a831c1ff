"""A hub and its subsystems as real processes on the machine's own time, and when each found itself alone or online.

The subsystems are guidance, broadcast and query, and as many that are nothing but agents as a trial wants. Every time
is one that a process stamped itself when it happened: a subsystem its state, the network its fault, the hub its being
up. So a test that is slow to look, or a machine with much else to do, makes nothing seem later than it was.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import IO, Any

from stationmaster.cli import pki
from stationmaster_base.clock import Anchor, write_anchor
from support.ports import ENVIRONMENT, free_block
from support.real_day import SAMPLE

HEARTBEAT_S = 0.5
PATIENCE_S = 40.0
"""After so long something has not happened; a bound on hanging, not a measure of anything."""

PRODUCTS = ("guidance", "broadcast", "query")
TOKEN = "a token for a test"
DESK = "desk-token"
STARTS = datetime.fromisoformat("2026-03-02T08:00:00+08:00").timestamp()
TRAINS = 30
ASK = """
import sys, urllib.request
url, token, body = sys.argv[1:]
asked = urllib.request.Request(url, body.encode() or None, {"Authorization": "Bearer " + token})
sys.stdout.buffer.write(urllib.request.urlopen(asked, timeout=20).read())
"""
"""A program that asks a page of the hub."""

RATE = 20.0
"""Station seconds in one of the machine's: every three seconds the hub has a minute's changes to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who was in which state from when on, by the machine's wall clock."""

    identity: str
    state: str
    at: float


class Stamps:
    """What the processes have said of themselves, in order; filled by threads that read it."""

    def __init__(self) -> None:
        self._all: list[Stamp] = []
        self._said = threading.Condition()

    def put(self, stamp: Stamp) -> None:
        """Somebody has said something."""
        with self._said:
            self._all.append(stamp)
            self._said.notify_all()

    def first(self, identity: str, state: str, after: float) -> Stamp:
        """The first time after that moment that somebody came into a state; waits for it."""

        def found() -> Stamp | None:
            return next((each for each in self._all if self._is(each, identity, after) and each.state == state), None)

        with self._said:
            assert self._said.wait_for(found, PATIENCE_S), f"{identity} not {state}: {self.since(identity, after)}"
            stamp = found()
        assert stamp is not None
        return stamp

    def since(self, identity: str, after: float) -> list[str]:
        """The states of one since then."""
        return [each.state for each in list(self._all) if self._is(each, identity, after)]

    def last(self, identity: str, before: float) -> str:
        """The state of one at a moment that is over."""
        return next((each.state for each in reversed(self._all) if each.identity == identity and each.at <= before), "")

    @staticmethod
    def _is(stamp: Stamp, identity: str, after: float) -> bool:
        return stamp.identity == identity and stamp.at >= after


class Child:
    """A process whose lines are read."""

    def __init__(self, command: Sequence[str], read: Callable[[str], None], log: Path) -> None:
        self._command = list(command)
        self._read = read
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._threads = [
            threading.Thread(target=self._follow, args=(stream,), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, number: signal.Signals) -> float:
        """Send it a signal; the wall time at which that was done."""
        assert self._process is not None
        self._process.send_signal(number)
        return time.time()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            if number is signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        for thread in self._threads:
            thread.join()
        return code

    def _follow(self, stream: IO[str]) -> None:
        with stream, self._log.open("a", encoding="utf-8") as log:
            for line in stream:
                log.write(line)
                log.flush()
                self._read(line)


class Trial:
    """The processes. Use `fault_trial`.

    Args:
        folder: where everything of it lives.
        identities: the subsystems that are nothing but agents.
        reach: gives the address at which an identity finds the hub, from the hub's own port.
        products: whether guidance, broadcast and query run as well.
        heartbeat_s: machine seconds between two heartbeats of each side.
        places: what stands before the commands of the hub and of the subsystems, if they run somewhere else. The hub
            is then listened to from other machines, and so over TLS.

    """

    def __init__(
        self,
        folder: Path,
        identities: Sequence[str],
        reach: Callable[[str, int], str],
        *,
        products: bool = True,
        heartbeat_s: float = HEARTBEAT_S,
        places: tuple[Sequence[str], Sequence[str]] = ((), ()),
    ) -> None:
        self.stamps = Stamps()
        self.heartbeat_s = heartbeat_s
        self.agents = tuple(identities)
        self.products = PRODUCTS if products else ()
        self._folder = folder
        self._hubs_place, self._subsystems_place = places
        first = free_block()
        self._page, self.protocol = first, first + 1
        self._pages = {name: first + 2 + number for number, name in enumerate(PRODUCTS)}
        self._reach = {name: reach(name, self.protocol) for name in (*self.products, *self.agents)}
        self._acts = 0
        self.had: dict[str, int] = {}
        _small_station(folder / "station")
        write_anchor(folder / "clock.json", Anchor(station=STARTS, machine=time.time(), rate=RATE))
        if self._hubs_place:
            _make_authority(folder / "pki", {each.partition(":")[0] for each in self._reach.values()})
        self.config = folder / "stationmaster.toml"
        self.config.write_text(self._configuration(), "utf-8")
        self.children = {name: self._child(name) for name in ("hub", *self.products)}
        if self.agents:
            command = (*self._subsystems_place, sys.executable, "-m", "support.fault_agents", str(self.config))
            self.children["agents"] = Child(command, self._read, folder / "agents.log")

    @property
    def everybody(self) -> tuple[str, ...]:
        """All subsystems."""
        return (*self.products, *self.agents)

    def begin(self) -> None:
        """Start everything and wait until all are online."""
        begun = time.time()
        for child in self.children.values():
            child.start()
        for name in self.everybody:
            self.stamps.first(name, "online", begun)
        self.settle()

    def settle(self) -> None:
        """Wait until each has acknowledged what concerns it, and has been heard since, with the digest that it should.

        Then none is still busy with what it was sent at first, and what it does next it does at once.
        """
        until = time.monotonic() + PATIENCE_S
        pause = threading.Event()
        while time.monotonic() < until:
            table = self.subscribers()
            if len(table) == len(self.everybody) and all(
                each["whole"] and each["acked"] >= each["last"] and each["heard_s"] < self.heartbeat_s * 1.5
                for each in table.values()
            ):
                return
            pause.wait(0.1)
        raise AssertionError(f"not settled: {self.subscribers()}")

    def end(self) -> None:
        """End everything in order, the hub last, once each has what concerns it: up to where is in `had`."""
        self.settle()
        self.had = {name: min(each["last"], each["acked"]) for name, each in self.subscribers().items()}
        for name in reversed(self.children):
            assert self.children[name].stop() == 0, f"{name} ended badly:\n{self.log(name)}"

    def kill(self) -> None:
        """End whatever is left."""
        for child in self.children.values():
            child.stop(signal.SIGKILL)

    def hub_up(self, after: float) -> float:
        """When the hub was next ready."""
        return self.stamps.first("hub", "up", after).at

    def subscribers(self) -> dict[str, dict[str, Any]]:
        """The hub's table: each session by identity."""
        table = self._ask("/api/v1/subsystems")["subsystems"]
        return {each["identity"]: each["sessions"][0] for each in table if each["sessions"]}

    def act(self) -> None:
        """Have something happen that every subsystem is told: a train is expected later."""
        self._acts += 1
        calls = self._ask("/api/v1/calls")["calls"]
        departing = [call for call in calls if call["departure"] is not None and call["departure"]["actual"] is None]
        call = departing[self._acts * 7 % len(departing)]["id"]
        deed = {"do": "delay", "call": call, "event": "departure", "minutes": 5 + self._acts % 30}
        self._ask("/api/v1/acts", {"id": f"trial-{self._acts}", "deeds": [deed]})

    def log(self, name: str) -> str:
        """The last of what a process has written."""
        return (self._folder / f"{name}.log").read_text("utf-8")[-3000:]

    def _ask(self, path: str, body: object = None) -> Any:
        """What the hub's pages answer; whoever asks does so where the hub is."""
        asked = [f"http://127.0.0.1:{self._page}{path}", DESK, "" if body is None else json.dumps(body)]
        command = [*self._hubs_place, sys.executable, "-I", "-c", ASK, *asked]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=30).stdout)

    def _child(self, name: str) -> Child:
        place = self._hubs_place if name == "hub" else self._subsystems_place
        command = (*place, sys.executable, "-m", "stationmaster.cli", name, "--config", str(self.config))
        return Child(command, self._read, self._folder / f"{name}.log")

    def _read(self, line: str) -> None:
        """A line of a process's own log: an agent's states, and that the hub is up."""
        if not line.startswith("{"):
            return
        told = json.loads(line)
        if told["event"] in ("up", "state"):
            at = datetime.fromisoformat(told["timestamp"]).timestamp()
            self.stamps.put(Stamp(identity=told["process"], state=told.get("after", "up"), at=at))

    def _configuration(self) -> str:
        tables: dict[str, dict[str, object]] = {
            "clock": {"file": "clock.json"},
            "hub": {
                "station": "station",
                "database": "sqlite:///hub.db",
                "port": self._page,
                "protocol_port": self.protocol,
                "heartbeat_s": self.heartbeat_s,
            },
            "hub.subsystems": dict.fromkeys(self.everybody, TOKEN),
            "hub.operators": {"desk": DESK},
        }
        if self._hubs_place:
            tables["hub"]["protocol_listen"] = "0.0.0.0"
            tables["hub.protocol"] = {"certificate": "pki/hub.pem", "key": "pki/hub.key"}
        for name in self.products:
            tables[name] = {
                "hubs": [self._reach[name]],
                "identity": name,
                "token": TOKEN,
                "state": f"{name}.db",
                "port": self._pages[name],
                "heartbeat_s": self.heartbeat_s,
            }
        if self.products:
            tables["broadcast"] |= {"sounds": "sounds", "engine": "silent"}
        if self.agents:
            tables["agents"] = {"token": TOKEN, "heartbeat_s": self.heartbeat_s}
            tables["agents.hubs"] = {name: self._reach[name] for name in self.agents}
        for name in (*self.products, *(["agents"] if self.agents else [])) if self._hubs_place else ():
            tables[f"{name}.tls"] = {"authority": "pki/authority.pem"}
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
            for name, table in tables.items()
        )


def _make_authority(folder: Path, hosts: set[str]) -> None:
    """A station's own authority, and a certificate for its hub."""
    with redirect_stdout(StringIO()):
        pki.begin(folder, "A station")
        pki.issue(folder, "hub", hosts=sorted(hosts), days=30, request=None)


def _small_station(folder: Path) -> None:
    """The sample station with few trains, so that the machine has little else to do than what is measured."""
    shutil.copytree(SAMPLE, folder)
    timetable = folder / "timetable.csv"
    head, *rows = timetable.read_text("utf-8").splitlines()
    timetable.write_text("\n".join([head, *rows[:: len(rows) // TRAINS]]) + "\n", "utf-8")


@contextmanager
def fault_trial(trial: Trial) -> Iterator[Trial]:
    """A trial whose subsystems are online, and of which nothing is left afterwards."""
    try:
        trial.begin()
        yield trial
        trial.end()
    finally:
        trial.kill()
