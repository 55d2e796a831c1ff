"""The demo's folder: one configuration file for all processes, the shadow clock, and what the processes keep.

The file is written anew at every start; the clock and everything that the processes keep stay, so a demo goes on
where it was. A demo that was ended has its clock held at that moment; one that was killed finds its clock run on.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.cli.processes import PROCESSES
from stationmaster_base.clock import Anchor, read_anchor, write_anchor
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, local_date, local_hhmm, local_instant

__all__ = ["Demo", "DemoOptions", "Ports", "open_demo"]

LOOPBACK = "127.0.0.1"
CONFIGURATION = "stationmaster.toml"
CLOCK = "clock.json"
MARK = "demo.json"
KEPT = (CONFIGURATION, CLOCK, MARK, "first-login.txt", "state", "line", "sounds", "log")
START = "07:00"
SPEED = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What `stationmaster run` was asked for; None is the usual, or what it was before."""

    station: Path
    folder: Path
    at: str | None = None
    day: date | None = None
    speed: float | None = None
    live: bool = False
    fresh: bool = False
    seed: int = 1
    scenario: Path | None = None
    only: tuple[str, ...] | None = None
    ports_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The port of each face, all on loopback."""

    console: int = 8080
    protocol: int = 7310
    guidance: int = 8081
    query: int = 8082
    broadcast: int = 8083
    simulator: int = 8088
    gateway: int = 8089

    @classmethod
    def counted_from(cls, first: int) -> Ports:
        """Seven ports in a row."""
        return cls(
            console=first,
            protocol=first + 1,
            guidance=first + 2,
            query=first + 3,
            broadcast=first + 4,
            simulator=first + 5,
            gateway=first + 6,
        )

    def of(self, command: str) -> tuple[int, ...]:
        """The ports on which a process listens; its web face is the first."""
        ports: Mapping[str, tuple[int, ...]] = {
            "hub": (self.console, self.protocol),
            "guidance": (self.guidance,),
            "query": (self.query,),
            "broadcast": (self.broadcast,),
            "simulate": (self.simulator,),
            "gateway": (self.gateway,),
        }
        return ports.get(command, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that is ready to be started.

    `going_on` is its station time (local, for people) if it was there before; `processes` are commands in the order
    in which they are started.
    """

    folder: Path
    configuration: Path
    ports: Ports
    processes: tuple[str, ...]
    live: bool
    speed: float
    begins: str
    going_on: bool
    lock: int

    @property
    def line_ends(self) -> tuple[Path, Path]:
        """The simulated line's two ends; they are there once the line runs."""
        return self.folder / "line" / "gateway", self.folder / "line" / "hub"

    def hold_clock(self, now: float) -> None:
        """The demo ends: its clock stands until it is started again, and `demo.json` keeps the speed."""
        file = self.folder / CLOCK
        if not self.live:
            anchor = read_anchor(file)
            write_anchor(file, Anchor(station=anchor.at(now), machine=now, rate=0.0))

    def release(self) -> None:
        """Let another `run` have the folder."""
        os.close(self.lock)


def open_demo(options: DemoOptions, *, zone: ZoneInfo, telecode: str, now: float, token: Callable[[], str]) -> Demo:
    """Make the folder ready: lock it, write the configuration, set the clock.

    Args:
        options: what was asked for.
        zone: the station's time zone.
        telecode: the station's.
        now: the machine's clock.
        token: makes a secret.

    Raises:
        StationError: the folder is in use, is not a demo's, or was asked to be two things at once; a port is taken.

    """
    processes = _processes(options)
    folder = options.folder.absolute()
    ports = Ports() if options.ports_from is None else Ports.counted_from(options.ports_from)
    start = _start_of_day(options.at or START)
    lock = _locked(folder)
    try:
        if options.fresh:
            _forget(folder)
        before = _before(folder)
        if before is not None and before.live != options.live:
            was = "in real time" if before.live else "on a shadow clock"
            raise StationError("demo-clock", f"The demo in {folder} ran {was}.", "Begin anew with --fresh.")
        _see_that_ports_are_free({command: ports.of(command) for command in processes})
        for name in ("state", "line", "sounds", "log"):
            (folder / name).mkdir(exist_ok=True)
        speed = 1.0
        begins = Instant(int(now))
        going_on = False
        if not options.live:
            going_on = before is not None and (folder / CLOCK).exists()
            if before is not None and going_on:
                anchor = _clock_as_before(folder, before, options.speed, now)
            else:
                day = options.day or local_date(Instant(int(now)), zone)
                speed = SPEED if options.speed is None else options.speed
                anchor = Anchor(station=float(local_instant(day, start, zone)), machine=now, rate=speed)
            speed, begins = anchor.rate, Instant(int(anchor.station))
            write_anchor(folder / CLOCK, anchor)
        _write(folder / MARK, json.dumps({"live": options.live, "speed": speed}))
        text = _configuration(options, ports, telecode, token)
        _write(folder / CONFIGURATION, text)
    except BaseException:
        os.close(lock)
        raise
    return Demo(
        folder=folder,
        configuration=folder / CONFIGURATION,
        ports=ports,
        processes=processes,
        live=options.live,
        speed=speed,
        begins=f"{local_date(begins, zone).isoformat()} {local_hhmm(begins, zone)}",
        going_on=going_on,
        lock=lock,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What the folder says of the demo that ran in it."""

    live: bool
    speed: float


def _processes(options: DemoOptions) -> tuple[str, ...]:
    """In the order of starting: first what the others read from."""
    order = ("simulate", "line", "gateway", "hub", "guidance", "query", "broadcast")
    if options.only is None:
        return order
    known = {process.command for process in PROCESSES}
    for word in options.only:
        if word not in known:
            raise StationError("demo-only", f"--only: {word!r} is no process.", f"There are: {', '.join(order)}.")
    return tuple(command for command in order if command in options.only)


def _start_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise StationError("demo-at", f"--at: {text!r} is not a time of day.", "Write 07:00.") from error


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StationError(
            "demo-folder", f"The demo cannot use {folder}: {error.strerror}.", "Choose another one with --folder."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise StationError(
            "demo-running", f"A demo is running in {folder} already.", "End it with Ctrl-C, or use another --folder."
        ) from error
    return lock


def _forget(folder: Path) -> None:
    """Remove what a demo keeps, and nothing else; a folder that was never a demo's is left alone."""
    strangers = [path.name for path in folder.iterdir() if path.name not in (*KEPT, "lock")]
    if strangers and not (folder / MARK).exists():
        raise StationError(
            "demo-folder",
            f"{folder} is no demo's folder: it holds {strangers[0]}.",
            "Choose an empty or a new one with --folder.",
        )
    for name in KEPT:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _before(folder: Path) -> _Before | None:
    try:
        body = json.loads((folder / MARK).read_text("utf-8"))
        return _Before(live=bool(body["live"]), speed=float(body["speed"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StationError(
            "demo-folder", f"{folder / MARK} is not usable: {error}.", "Begin anew with --fresh."
        ) from error


def _clock_as_before(folder: Path, before: _Before, speed: float | None, now: float) -> Anchor:
    station = read_anchor(folder / CLOCK).at(now)
    return Anchor(station=station, machine=now, rate=before.speed if speed is None else speed)


def _see_that_ports_are_free(wanted: Mapping[str, tuple[int, ...]]) -> None:
    """Say at once which ports are taken, and not process by process.

    Raises:
        StationError: `port-taken`.

    """
    taken = [f"{port} ({command})" for command, ports in wanted.items() for port in ports if not _is_free(port)]
    if taken:
        raise StationError(
            "port-taken",
            f"On {LOOPBACK} these ports are taken: {', '.join(taken)}.",
            "End what has them, or use others with --ports-from N.",
        )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


BROADCAST_KEYS = 'sounds = "sounds"\nsink = "auto"'
"""Announcements go to files, and are heard as well where the machine has a sound card."""


def _write(path: Path, text: str) -> None:
    """In one move, and for nobody else to read: the configuration holds tokens."""
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _configuration(options: DemoOptions, ports: Ports, telecode: str, token: Callable[[], str]) -> str:
    station = json.dumps(str(options.station.absolute()), ensure_ascii=False)  # a TOML basic string, too
    tokens = {name: token() for name in ("guidance", "query", "broadcast")}
    clock = "" if options.live else f'[clock]\nfile = "{CLOCK}"\n'
    scenario = "" if options.scenario is None else f"scenario = {json.dumps(str(options.scenario.absolute()))}\n"
    subsystems = "".join(
        f"""
[{name}]
hubs = ["{LOOPBACK}:{ports.protocol}"]
identity = "{name}"
token = "{secret}"
state = "state/{name}.db"
listen = "{LOOPBACK}"
port = {ports.of(name)[0]}
{"" if name == "query" else "accounts = true"}
{BROADCAST_KEYS if name == "broadcast" else ""}
""".rstrip()
        + "\n"
        for name, secret in tokens.items()
    )
    return f"""\
# Written by `stationmaster run` at every start. Copy it to begin a configuration of your own.
{clock}
[simulator]
station = {station}
database = "sqlite:///state/dispatching.db"
seed = {options.seed}
{scenario}listen = "{LOOPBACK}"
port = {ports.simulator}

[gateway]
database = "sqlite:///state/dispatching.db"
port = "line/gateway"
baud = 115200
station = "{telecode}"
state = "state/gateway.json"
listen = "{LOOPBACK}"
status_port = {ports.gateway}

[line]
gateway = "line/gateway"
hub = "line/hub"
baud = 115200

[hub]
station = {station}
database = "sqlite:///state/hub.db"
line = "line/hub"
baud = 115200
listen = "{LOOPBACK}"
port = {ports.console}
protocol_listen = "{LOOPBACK}"
protocol_port = {ports.protocol}

[hub.console]
broadcast = "http://{LOOPBACK}:{ports.broadcast}"
guidance = "http://{LOOPBACK}:{ports.guidance}"

[hub.operators]
demo = "{token()}"

[hub.subsystems]
{"".join(f'{name} = "{secret}"' + chr(10) for name, secret in tokens.items())}{subsystems}"""
