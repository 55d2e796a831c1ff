"""The self-test: what a person wants to know of an appliance before it is left alone, asked of the real things.

Every point is tried, whatever the others say. The last one puts one telegram on the real port: a state that says
*starting*, under the next epoch, so that a receiver that sees it takes the start after it for news and nothing else.
A gateway that runs is not disturbed: then the port is left alone, and the test fails for that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from prometheus_client import CollectorRegistry

from stationmaster_base.clock import MachineClock
from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health
from stationmaster_gateway.appliance_settings import ApplianceSettings
from stationmaster_gateway.attempts import POLL_TIMEOUTS, Attempts
from stationmaster_gateway.build import signing_key
from stationmaster_gateway.database import DatabaseGone, DatabaseUnfit, DispatchingDatabase
from stationmaster_gateway.epoch import next_epoch
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.port_refusals import MachinePaths
from stationmaster_gateway.records import security_folder
from stationmaster_gateway.security_log import verify
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_gateway.status import StatusServer
from stationmaster_telegram.frame import Header, encode
from stationmaster_telegram.records import DatabaseState, GatewayState

__all__ = ["Point", "self_test", "tell"]

_CLOCK_FROM, _CLOCK_TO = 1_577_836_800, 4_102_444_800
"""2020 to 2100: a clock outside has not been set."""
_SPARE_MB = 50
_DRAIN_S = 5.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point: whether it is well (None: worth a look, but the gateway works), what was found, what to do."""

    name: str
    well: bool | None
    said: str
    do: str = ""


def self_test(
    settings: GatewaySettings,
    *,
    wall: Callable[[], float],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    machine: MachinePaths | None = None,
) -> Iterator[Point]:
    """Try everything, one point after the other."""
    yield _settings(settings)
    yield _keys(settings)
    yield _clock(wall())
    yield from _disk(settings)
    yield _security_log(settings.appliance)
    yield _database(settings, monotonic)
    alone = _alone(settings)
    yield alone
    if alone.well is False:
        yield Point(
            name="port", well=False, said="not tried: a gateway that runs is not disturbed", do="Stop it first."
        )
        return
    yield from _port(settings, monotonic=monotonic, sleep=sleep, machine=machine or MachinePaths())


def tell(points: Iterator[Point], out: TextIO) -> bool:
    """Write the report as it comes; whether nothing failed."""
    worst = True
    for point in points:
        word = {True: "ok  ", None: "LOOK", False: "FAIL"}[point.well]
        lines = point.said.splitlines() or [""]
        out.write(f"{word}  {point.name:<13} {lines[0]}\n")
        out.writelines(f"{'':20}{line}\n" for line in [*lines[1:], *([point.do] if point.do else [])])
        out.flush()
        worst = worst and point.well is not False
    out.write("The gateway can be started.\n" if worst else "The gateway must not be left like this.\n")
    return worst


def _settings(settings: GatewaySettings) -> Point:
    wiring = settings.wiring.kind
    said = f"station {settings.station}, gateway {settings.gateway}, {settings.port} at {settings.baud} baud, {wiring}"
    return Point(name="settings", well=True, said=said)


def _keys(settings: GatewaySettings) -> Point:
    try:
        key = signing_key(settings)
    except StationError as error:
        return Point(name="keys", well=False, said=error.message, do=error.hint)
    return Point(
        name="keys", well=True, said="telegrams are not signed" if key is None else f"signed with key {key.id}"
    )


def _clock(now: float) -> Point:
    shown = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    if _CLOCK_FROM <= now < _CLOCK_TO:
        return Point(name="clock", well=True, said=f"{shown}: compare it with your watch")
    return Point(
        name="clock",
        well=None,
        said=f"{shown} is no time of today; the gateway works without, but its log's times are worth nothing",
        do="Set the clock, or put a battery into the machine.",
    )


def _disk(settings: GatewaySettings) -> Iterator[Point]:
    kept = settings.appliance
    for name, folder in (("state folder", settings.state.parent), ("records", kept.records)):
        try:
            folder.mkdir(mode=0o750, exist_ok=True)
            trial = folder / "self-test"
            write_durably(trial, "written and on disk\n")
            trial.unlink()
            free = shutil.disk_usage(folder).free // 1_000_000
        except OSError as error:
            yield Point(name=name, well=False, said=f"{folder}: {error}", do="Let the gateway's account write there.")
            continue
        wanted = kept.keep_mb + (kept.log_mb if kept.log else 0) + _SPARE_MB - _used_mb(kept.records)
        if free < wanted:
            do = "Make room, or give it less (keep_mb)."
            yield Point(name=name, well=False, said=f"{folder}: {free} MB free, {wanted} MB are wanted", do=do)
        else:
            yield Point(name=name, well=True, said=f"{folder}: can be written to, {free} MB free")


def _used_mb(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 1_000_000


def _security_log(settings: ApplianceSettings) -> Point:
    folder = security_folder(settings)
    try:
        found = verify(folder)
    except OSError as error:
        return Point(name="security log", well=False, said=f"{folder}: {error}")
    if found.faults:
        return Point(
            name="security log",
            well=False,
            said="\n".join(found.faults[:10]),
            do="Export it, and find out who did that.",
        )
    if not found.records:
        return Point(name="security log", well=True, said=f"{folder}: none yet")
    return Point(name="security log", well=True, said=f"{found.records} records since {found.first}, unbroken")


def _database(settings: GatewaySettings, monotonic: Callable[[], float]) -> Point:
    def make() -> DispatchingDatabase:
        return DispatchingDatabase(
            settings.database,
            timeout_s=settings.timeout_s,
            whole_read_s=settings.whole_read_s,
            monotonic=monotonic,
            source=settings.source,
        )

    name = settings.database.render_as_string(hide_password=True)
    try:
        attempts = Attempts(make, POLL_TIMEOUTS * settings.timeout_s)
        try:
            begun = monotonic()
            reading = attempts.poll()
            took = monotonic() - begun
        finally:
            attempts.close()
    except DatabaseUnfit as error:
        said = "\n".join(str(fault) for fault in error.faults)
        return Point(name="database", well=False, said=said, do="Mend it, or [gateway.source].")
    except DatabaseGone as error:
        return Point(name="database", well=False, said=f"{name}: {error.message}", do=error.hint)
    except StationError as error:
        return Point(name="database", well=False, said=error.message, do=error.hint)
    said = f"{name}: the account can only read, the tables fit, {len(reading.runs)} runs read in {took * 1000:.0f} ms"
    return Point(name="database", well=True, said=said)


def _alone(settings: GatewaySettings) -> Point:
    """Whether this is the only gateway here: the status page's address is to be had."""
    try:
        StatusServer(
            (settings.listen, settings.status_port),
            health=lambda: Health(process="gateway"),
            clock=MachineClock(lambda: 0.0),
            registry=CollectorRegistry(),
        ).close()
    except StationError as error:
        do = "Stop the gateway that runs, or change listen, status_port."
        return Point(name="status page", well=False, said=error.message, do=do)
    return Point(name="status page", well=True, said=f"{settings.listen}:{settings.status_port} is free")


def _port(
    settings: GatewaySettings,
    *,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    machine: MachinePaths,
) -> Iterator[Point]:
    port = TransmitPort(settings.port, settings.baud, machine=machine, wiring=settings.wiring)
    try:
        port.open()
    except StationError as error:
        yield Point(name="port", well=False, said=error.message, do=error.hint)
        return
    try:
        device = port.device
        if device is not None and device.pseudo(machine):
            do = "Name the serial device, for example /dev/ttyS1, if this is to be more than a demonstration."
            yield Point(name="port", well=None, said=f"{settings.port} is a pseudo-terminal", do=do)
        else:
            yield Point(name="port", well=True, said=f"{settings.port}: nobody else uses it; it only transmits")
        yield _telegram(settings, port, monotonic=monotonic, sleep=sleep)
    except StationError as error:
        yield Point(name="line", well=False, said=error.message, do=error.hint)
    finally:
        port.close()


def _telegram(
    settings: GatewaySettings, port: TransmitPort, *, monotonic: Callable[[], float], sleep: Callable[[float], None]
) -> Point:
    """Transmit one telegram, and wait until the device has let it go.

    Raises:
        StationError: the state file or the key cannot be used, or the device has gone.

    """
    epoch = next_epoch(settings.state)
    header = Header(station=settings.station, gateway=settings.gateway, epoch=epoch, sequence=1)
    frame = encode(header, GatewayState(database=DatabaseState.STARTING), key=signing_key(settings)) or b""
    rest = frame
    ending = monotonic() + _DRAIN_S
    while (rest := rest[port.write(rest) :]) or port.queued():
        if monotonic() >= ending:
            said = f"after {_DRAIN_S:g} s {len(rest) + port.queued()} of {len(frame)} bytes have not left the device"
            return Point(name="line", well=False, said=said, do="See what holds the device back.")
        sleep(_LOOK_S)
    # What is in the device's own buffer is in no queue that can be asked for, and closing throws it away.
    sleep(_LOOK_S + len(frame) * 10 / settings.baud)
    said = f"one telegram of {len(frame)} bytes has left, epoch {epoch}: the receiver must show it"
    return Point(name="line", well=True, said=said)
