"""`stationmaster drill`: a hub with a copy of today, on a shadow clock, that cannot reach anything real.

The copy is made of a running hub's database and station, so a drill begins with the day as it is. Its hub has no port
for subsystems, no line and no neighbours; and before it starts, the process is sealed: it opens no connection, sends no
datagram, listens on its console's port alone, opens no device and starts no program. A seal cannot be taken off, so
whatever else in the process may try, no board, loudspeaker or line hears of a drill.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time as clock_time
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.backup import back_up
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.restore import restore
from stationmaster.station.load import load_station
from stationmaster_base.clock import Anchor, read_anchor, write_anchor
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, local_date, local_instant

__all__ = ["DrillOptions", "prepare_drill", "run_drill", "seal"]

CLOCK = "clock.json"
CONFIGURATION = "drill.toml"
DATABASE = "hub.db"
MARK = "drill.json"
STATION = "station"
KEPT = (CLOCK, CONFIGURATION, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", MARK, STATION)

LISTEN = "127.0.0.2"
"""An address of its own on this machine: a browser keeps the sessions of a drill and of the real hub apart."""

PORT = 8090
_BEFORE_SEAL = ("twisted.internet.reactor", "stationmaster.hub.freed")
"""What looks at the machine when it is imported: its devices, its C library."""
_DEVICES = frozenset({"/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillOptions:
    """What `stationmaster drill` was asked for; `at` None is now."""

    config: Path
    folder: Path
    listen: str = LISTEN
    port: int = PORT
    at: str | None = None
    speed: float = 1.0
    fresh: bool = False


def run_drill(options: DrillOptions, run_hub: Callable[[Path], int]) -> int:
    """Prepare a drill, seal this process and run the hub in it; its exit code.

    Raises:
        StationError: the hub's configuration, database or folder cannot be used.

    """
    configuration = prepare_drill(options, time.time())
    sys.stdout.write(
        f"DRILL. Nothing here reaches any device.\nconsole         http://{options.listen}:{options.port}/\n"
        f"data            {options.folder.absolute()}\nto stop         Ctrl-C\n"
    )
    sys.stdout.flush()
    for name in _BEFORE_SEAL:
        import_module(name)
    seal({(options.listen, options.port)})
    try:
        return run_hub(configuration)
    finally:
        _hold(options.folder.absolute(), time.time())


def prepare_drill(options: DrillOptions, now: float) -> Path:
    """Make the drill's folder, with a copy of the hub's database and station; the configuration file in it.

    A folder that holds a drill goes on with it, unless it is to be fresh.

    Raises:
        StationError: the hub's configuration or database cannot be used, or the folder is something else's.

    """
    faults = Faults()
    table = read_toml(options.config, faults)
    faults.raise_if_any()
    home = options.config.absolute().parent
    settings = HubSettings.from_table(table.table("hub"), home)
    faults.raise_if_any()
    folder = options.folder.absolute()
    going_on = _claimed(folder, fresh=options.fresh)
    if not going_on:
        _copy(settings, folder, now)
    file = table.table("clock").text("file", "")
    there = read_anchor(home / file).at(now) if file else now
    if options.at is not None:
        begins = _at(options.at, settings, there)
    else:
        begins = read_anchor(folder / CLOCK).at(now) if going_on else there
    write_anchor(folder / CLOCK, Anchor(station=begins, machine=now, rate=options.speed))
    configuration = folder / CONFIGURATION
    operators = {operator.name: operator.token for operator in settings.operators}
    configuration.write_text(_settings(options, operators), "utf-8")
    configuration.chmod(0o600)
    return configuration


def _claimed(folder: Path, *, fresh: bool) -> bool:
    """Have the folder for a drill; whether there is one in it that goes on.

    Raises:
        StationError: `drill-folder` if something else is in it.

    """
    there = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    if there and MARK not in there:
        raise StationError("drill-folder", f"{folder} holds something else than a drill.", "Name another with --into.")
    if there and not fresh:
        return True
    for name in KEPT:
        place = folder / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    return False


def _copy(settings: HubSettings, folder: Path, now: float) -> None:
    """Bring the hub's database, of whatever kind, and the station's folder here; the hub goes on meanwhile."""
    copy = folder / f"{secrets.token_hex(4)}.backup"
    try:
        back_up(settings.database, copy, Instant(int(now)))
        restore(database_url(f"sqlite:///{DATABASE}", folder), copy, lambda: uuid.uuid4().hex, replace=True)
    finally:
        copy.unlink(missing_ok=True)
    shutil.copytree(settings.station, folder / STATION)
    (folder / MARK).write_text(json.dumps({"of": str(settings.station), "made": int(now)}) + "\n", "utf-8")


def _at(clock: str, settings: HubSettings, there: float) -> float:
    """That time of the day that it is at the hub that is copied."""
    zone = ZoneInfo(load_station(settings.station).configuration.station.zone)
    try:
        moment = clock_time.fromisoformat(clock)
    except ValueError as error:
        raise StationError("time", f"{clock!r} is not a time.", "Write 14:06.") from error
    return float(local_instant(local_date(Instant(int(there)), zone), moment, zone))


def _hold(folder: Path, now: float) -> None:
    """The drill ends: its clock stands until it goes on."""
    anchor = read_anchor(folder / CLOCK)
    write_anchor(folder / CLOCK, Anchor(station=anchor.at(now), machine=now, rate=0.0))


def _settings(options: DrillOptions, operators: Mapping[str, str]) -> str:
    lines = [
        "# Made by `stationmaster drill`.",
        "[clock]",
        f'file = "{CLOCK}"',
        "[hub]",
        "drill = true",
        f'station = "{STATION}"',
        f'database = "sqlite:///{DATABASE}"',
        f"listen = {json.dumps(options.listen)}",
        f"port = {options.port}",
        "[hub.operators]",
        *(f"{json.dumps(name)} = {json.dumps(token)}" for name, token in operators.items()),
    ]
    return "\n".join(lines) + "\n"


def seal(listening: set[tuple[str, int]]) -> None:
    """Have this process never again reach anything outside of it, but for who comes to these addresses.

    Python tells its audit hooks of all of this before it is done, and a hook can neither be taken off nor passed by.
    """

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        judge = _JUDGES.get(event)
        if judge is not None and not judge(arguments, listening):
            raise PermissionError(f"this is a drill: {event} {arguments[-1:]!r} is refused")

    sys.addaudithook(refuse)


_Judge = Callable[[tuple[Any, ...], set[tuple[str, int]]], bool]


def _never(_: tuple[Any, ...], __: object) -> bool:
    return False


def _bind(arguments: tuple[Any, ...], listening: set[tuple[str, int]]) -> bool:
    return tuple(arguments[1][:2]) in listening if isinstance(arguments[1], tuple) else False


def _open(arguments: tuple[Any, ...], _: object) -> bool:
    path = arguments[0]
    text = path.decode("utf-8", "replace") if isinstance(path, bytes) else str(path)
    return not text.startswith("/dev/") or text in _DEVICES


_JUDGES: Mapping[str, _Judge] = MappingProxyType(
    {
        "socket.connect": _never,
        "socket.sendto": _never,
        "socket.sendmsg": _never,
        "socket.bind": _bind,
        "open": _open,
        "subprocess.Popen": _never,
        "os.system": _never,
        "os.exec": _never,
        "os.posix_spawn": _never,
        "os.fork": _never,
        "os.forkpty": _never,
        "pty.spawn": _never,
        "ctypes.dlopen": _never,
    }
)
"""By the name of the audit event: whether it may be."""
