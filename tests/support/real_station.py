"""A whole station of real processes, on ports and in a folder of its own, with a clock that a test steps.

The clock moves only when everything that belongs to the present moment is over: the simulator has committed, the
gateway has read it and sent it, the hub has received, decided, committed and published it, every subscriber has
acknowledged, every executor is idle and its results are committed. So what a test compares is exact and not a race.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import MINUTE, Instant, floor_minute, from_iso, to_iso
from support.cable import Cable
from support.ports import free_ports

SUBSYSTEMS = ("guidance", "broadcast", "query")
PROCESSES = ("line", "simulator", "gateway", "hub", *SUBSYSTEMS)
COMMANDS = {name: name for name in PROCESSES} | {"simulator": "simulate"}
PATIENCE_S = 60.0
"""How long a settled state may take before the test fails: a bound on hanging, not a measure of anything."""


class Web:
    """A kept-alive connection to one process's pages."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection: http.client.HTTPConnection | None = None

    def json(self, path: str, method: str = "GET") -> Any:
        """The JSON body at `path`; raises OSError while the process does not answer."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self._connection.request(method, path)
                answer = self._connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == 2:
                    raise OSError(str(error)) from error
                continue
            if answer.status != 200:
                raise OSError(f"{method} {path}: {answer.status} {body[:200]!r}")
            return json.loads(body)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class CableLike(Protocol):
    """What connects a subsystem with the hub, and can be pulled."""

    port: int

    def pull(self) -> None:
        """Let nothing through any more."""

    def plug(self) -> None:
        """Let everything through again."""

    def close(self) -> None:
        """End it."""


@dataclass
class Process:
    """One process of the station."""

    name: str
    config: Path
    web: Web | None
    environment: Mapping[str, str]
    log: Path
    prefix: tuple[str, ...] = ()
    running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.running is not None
        return self.running.pid

    @property
    def dead(self) -> bool:
        """Whether it does not run."""
        return self.running is None or self.running.poll() is not None

    def start(self) -> None:
        """Start it; it need not answer yet."""
        command = [*self.prefix, sys.executable, "-m", "stationmaster.cli", COMMANDS[self.name]]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [*command, "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
            )

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it and wait; the exit code."""
        assert self.running is not None
        if self.running.poll() is None:
            self.running.send_signal(with_signal)
        code = self.running.wait(timeout=30)
        if self.web is not None:
            self.web.close()
        return code

    def web_json(self, path: str) -> Any:
        """The JSON at `path`; it must be there."""
        assert self.web is not None
        return self.web.json(path)

    def health(self, query: str = "") -> dict[str, Any]:
        """Its `/healthz`."""
        answer: dict[str, Any] = self.web_json(f"/healthz{query}")
        return answer


@dataclass
class RealStation:
    """The processes, and the clock.

    Args:
        folder: where everything of this station lives; must exist.
        station: the station's folder of data.
        start: station time at the beginning.
        scenario: what happens in the dispatching system, as JSON lines; the simulator's own day without.
        tables: more for the configuration, or other, by table.
        prefix: words before each process's command, to limit it.
        cabled: the subsystems whose connection to the hub can be pulled.
        cable: makes the cable of one of them, to a port.

    """

    folder: Path
    station: Path
    start: Instant
    scenario: Path | None = None
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    cabled: tuple[str, ...] = ()
    cable: Callable[[str, int], CableLike] = lambda _, port: Cable(port)
    cables: dict[str, CableLike] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    now: Instant = field(init=False)
    steps: int = 0
    _changes: int = -1
    _pulled: set[str] = field(default_factory=set)
    _announced: dict[str, str | None] = field(default_factory=dict)
    _between_polls: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        protocol, *ports = free_ports(len(PROCESSES) + 1)
        self.ports = dict(zip(PROCESSES, ports, strict=True)) | {"protocol": protocol}
        self.cables = {name: self.cable(name, protocol) for name in self.cabled}
        self.clock_file = self.folder / "clock.json"
        config = self.folder / "stationmaster.toml"
        config.write_text(self._config(), "utf-8")
        self._set_clock(self.start)
        environment = {**os.environ, "PYTHONHASHSEED": "random", "PYTHONPATH": os.pathsep.join(sys.path)}
        for name in PROCESSES:
            web = None if name == "line" else Web(self.ports[name])
            log = self.folder / f"{name}.log"
            self.processes[name] = Process(name, config, web, environment, log, self.prefix)

    # Life

    def begin(self) -> None:
        """Start every process and wait until the present moment is over for the first time."""
        for process in self.processes.values():
            process.start()
        self.wait("all processes answer", self._answering)
        self.settle()

    def end(self) -> None:
        """End every process; each must end well."""
        codes = {name: process.stop() for name, process in self.processes.items() if process.running is not None}
        assert all(code == 0 for code in codes.values()), f"exit codes {codes}"

    def kill(self) -> None:
        """End whatever is left, without asking."""
        for process in self.processes.values():
            if process.running is not None and process.running.poll() is None:
                process.stop(signal.SIGKILL)
        for cable in self.cables.values():
            cable.close()

    def crash(self, name: str) -> None:
        """SIGKILL one process and start it again."""
        process = self.processes[name]
        process.stop(signal.SIGKILL)
        process.start()
        self.wait(f"{name} answers again", lambda: self._healthy(name))

    def crash_while(self, name: str, after_s: float) -> None:
        """Go on to the next moment, and SIGKILL a process so many machine seconds into it; then start it again."""

        def kill() -> None:
            threading.Event().wait(after_s)
            self.processes[name].stop(signal.SIGKILL)

        self.step_while(kill)

    def step_while(self, trouble: Callable[[], object]) -> None:
        """Go on to the next moment while another thread makes trouble; who is dead afterwards is started again."""
        self._set_clock(self.next_moment())
        self.steps += 1
        making = threading.Thread(target=trouble)
        making.start()
        for poked in ("hub", *SUBSYSTEMS, "simulator"):
            with suppress(OSError):  # it may be dead already; it reads the clock when it starts
                self._poke(poked)
        making.join()
        dead = [
            name for name, each in self.processes.items() if each.running is None or each.running.poll() is not None
        ]
        for name in dead:
            self.processes[name].start()
        for name in dead:
            self.wait(f"{name} answers again", partial(self._healthy, name))
        self.settle_inside()
        self.settle_outside()

    def cut(self, name: str) -> None:
        """Pull a subsystem's cable and wait until it goes on alone; the moment's work is over before and after."""
        self.wait(f"{name} knows the feed's age of now", lambda: self._knows_feed(name))
        self.cables[name].pull()
        self._pulled.add(name)
        self.wait(f"{name} is alone", lambda: self.processes[name].health()["state"] == "alone")
        self.settle_inside()

    def mend(self, name: str) -> None:
        """Plug the cable in again and wait until all agree."""
        self.cables[name].plug()
        self._pulled.remove(name)
        self.settle_inside()

    # Time

    def run_to(self, end: Instant, each_minute: Callable[[Instant], None] | None = None) -> None:
        """Step from moment to moment until `end`; `each_minute` sees every minute when it is over."""
        while self.now < end:
            self.step(min(self.next_moment(), end))
            if each_minute is not None and self.now % MINUTE == 0:
                each_minute(self.now)

    def next_moment(self) -> Instant:
        """The next minute, or an earlier moment that a process has announced."""
        announced = [from_iso(moment) for moment in self._announced.values() if moment is not None]
        return min([Instant(floor_minute(self.now) + MINUTE), *(moment for moment in announced if moment > self.now)])

    def step(self, moment: Instant, returning: Sequence[str] = ()) -> None:
        """Set the clock, let the hub and the subsystems do what is due, then the world outside.

        The cables of the `returning` are plugged in when the hub has done so and before they do: at this moment they
        know again what the hub knows.
        """
        self._set_clock(moment)
        self.steps += 1
        self._poke("hub")
        for name in returning:
            self.cables[name].plug()
            self._pulled.remove(name)
        for name in returning:
            self.wait(f"{name} is online", partial(self._online, name))
        for name in SUBSYSTEMS:
            self._poke(name)
        self.settle_inside()
        self.settle_outside()

    def settle(self) -> None:
        """Wait until all that the dispatching system holds has come through, and the station is at rest."""
        self.settle_outside()
        self.settle_inside()

    def settle_outside(self) -> None:
        """Let the dispatching system come to the present, and what it has to say come through to the last board."""
        self._poke("simulator")
        simulator = self.wait("the simulator is quiet", lambda: self._told("simulator", "?until=quiet"))
        if simulator["changes"] == self._changes:
            return
        self._changes = simulator["changes"]
        self._poke("gateway")
        polls = self.processes["gateway"].health()["polls"]
        sent = self.wait("the gateway has read and sent", lambda: self._sent(polls + 2))
        self.wait("the hub has received", lambda: self._received(sent))
        self.settle_inside()

    def settle_inside(self) -> None:
        """Wait until hub and subsystems have nothing left to do at the present time."""
        self.wait("hub and subsystems are quiet", self._at_rest)

    def wait(self, what: str, condition: Callable[[], Any]) -> Any:
        """The condition's first true value; fails with the state of all processes if it takes too long."""
        until = time.monotonic() + PATIENCE_S
        pause = 0.0005
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > until:
                raise AssertionError(f"not so after {PATIENCE_S} s: {what} at {to_iso(self.now)}\n{self.report()}")
            self._between_polls.wait(pause)  # nothing depends on its length
            pause = min(pause * 1.5, 0.02)

    def report(self) -> str:
        """What every process says of itself, for a failing test."""
        lines = []
        for name, process in self.processes.items():
            code = None if process.running is None else process.running.poll()
            try:
                says = json.dumps(process.health(), ensure_ascii=False) if process.web is not None else "no pages"
            except OSError as error:
                says = f"does not answer: {error}"
            tail = process.log.read_text("utf-8", "replace")[-600:] if process.log.exists() else ""
            lines.append(f"--- {name} (exit {code}): {says}\n{tail}")
        return "\n".join(lines)

    # Inside

    def _online(self, name: str) -> bool:
        return bool(self.processes[name].health()["state"] == "online")

    def _knows_feed(self, name: str) -> bool:
        fresh_at = self.processes[name].health()["fresh_at"]
        return fresh_at is not None and from_iso(fresh_at) >= self.now

    def _set_clock(self, moment: Instant) -> None:
        self.now = moment
        write_anchor(self.clock_file, Anchor(station=moment, machine=0.0, rate=0.0))

    def _poke(self, name: str) -> None:
        process = self.processes[name]
        if process.running is not None and process.running.poll() is None and process.web is not None:
            process.web.json("/clock", "POST")

    def _healthy(self, name: str) -> bool:
        process = self.processes[name]
        assert process.running is not None
        assert process.running.poll() is None, f"{name} ended by itself\n{self.report()}"
        try:
            return process.web is None or bool(process.health())
        except OSError:
            return False

    def _answering(self) -> bool:
        return all(self._healthy(name) for name in PROCESSES)

    def _sent(self, polls: int) -> tuple[int, int] | None:
        gateway = self.processes["gateway"].health()
        if gateway["polls"] < polls or gateway["backlog"]:
            return None
        return gateway["epoch"], gateway["sequence"]

    def _received(self, sent: tuple[int, int]) -> bool:
        line = self.processes["hub"].health()["line"]
        return line["complete"] and (line["epoch"] or 0, line["sequence"] or 0) >= sent

    def _told(self, name: str, query: str = "") -> dict[str, Any] | None:
        """What a process says if it is quiet at the present time; the moment that it announces is kept."""
        health = self.processes[name].health(query)
        if not health["quiet"] or from_iso(health["station_time"]) < self.now:
            return None
        self._announced[name] = health["next_at"]
        return health

    def _at_rest(self) -> bool:
        """Quiet, in one order: the hub, the subsystems, the hub again with the same head.

        Whatever a subsystem still did after the hub was asked is a result that is not reported, or moves the head.
        """
        hub = self._told("hub", "?until=quiet")
        if hub is None or not hub["settled"] or not all(self._subsystem_quiet(name) for name in SUBSYSTEMS):
            return False
        again = self.processes["hub"].health()
        return bool(again["quiet"] and again["settled"] and again["head"] == hub["head"])

    def _subsystem_quiet(self, name: str) -> bool:
        """At rest, and online unless its cable is pulled; online, with every result committed."""
        health = self._told(name, "?until=quiet")
        if health is None or name in self._pulled:
            return health is not None
        return health["state"] == "online" and not health["unreported"]

    def _config(self) -> str:
        tables: dict[str, dict[str, object]] = {
            "clock": {"file": "clock.json"},
            "hub": {
                "station": str(self.station),
                "database": "sqlite:///hub.db",
                "port": self.ports["hub"],
                "protocol_port": self.ports["protocol"],
                "line": "line-hub",
                "baud": 230400,
                "feed_late_s": 60,
                "feed_lost_s": 120,
            },
            "hub.subsystems": dict.fromkeys(SUBSYSTEMS, "a token for a test"),
            "gateway": {
                "database": "sqlite:///dispatching.db",
                "port": "line-gateway",
                "baud": 230400,
                "station": "TST",
                "state": "gateway.state",
                "poll_hz": 100,
                "status_port": self.ports["gateway"],
            },
            "simulator": {
                "station": str(self.station),
                "database": "sqlite:///dispatching.db",
                "port": self.ports["simulator"],
            },
            "line": {"gateway": "line-gateway", "hub": "line-hub", "baud": 230400},
        }
        if self.scenario is not None:
            tables["simulator"]["scenario"] = str(self.scenario)
        for name in SUBSYSTEMS:
            tables[name] = {
                "hubs": [f"127.0.0.1:{self.cables[name].port if name in self.cables else self.ports['protocol']}"],
                "identity": name,
                "token": "a token for a test",
                "state": f"{name}.db",
                "port": self.ports[name],
            }
        tables["broadcast"]["sounds"] = "sounds"
        for name, more in self.tables.items():
            tables[name] = {**tables.get(name, {}), **more}
        return "\n".join(
            f"[{name}]\n"
            + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
            for name, table in tables.items()
        )


@contextmanager
def real_station(station: RealStation) -> Iterator[RealStation]:
    """A `RealStation` that is begun, and of which nothing is left afterwards."""
    try:
        station.begin()
        yield station
        station.end()
    finally:
        station.kill()
