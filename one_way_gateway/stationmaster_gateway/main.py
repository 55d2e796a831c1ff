"""The gateway as a process: where the machine's clock, signals and files enter."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from prometheus_client import CollectorRegistry, ProcessCollector

from stationmaster_base.clock import FileClock, MachineClock, StationClock
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.logfile import BoundedLog, as_text
from stationmaster_base.logging import configure_logging
from stationmaster_gateway.appliance_settings import ApplianceSettings
from stationmaster_gateway.build import Gateway, Outside, build
from stationmaster_gateway.notify import Notifier
from stationmaster_gateway.records import Records, security_folder
from stationmaster_gateway.security_log import export
from stationmaster_gateway.self_test import self_test, tell
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_gateway.vitals import stacks

__all__ = ["export_log", "main", "run_self_test"]

DIED = 1
"""The exit code of a gateway of which a part has died: its supervisor starts it again."""

USER_ERROR = 2
"""The exit code of a process that a person has to do something about."""

_LAST_WORDS_S = 5.0
"""A process that perishes may be hung on its own disk; it waits no longer than this for its report."""
_FILES = 5
"""The ordinary log is so many files: the present one and what was put aside."""


def main(config: Path) -> int:
    """Run the gateway until SIGTERM or SIGINT.

    Returns:
        the exit code: 0; 1 when it is to be started again; 2 when a person has to do something, said on standard error.

    """
    configure_logging("gateway")
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _frame: told.append(signum))
    try:
        settings, clock_file = _read(config)
        clock: StationClock = FileClock(clock_file, time.time) if clock_file else MachineClock(time.time)
        _log_to(settings.appliance)
        records = Records(settings.appliance, wall=time.time, monotonic=time.monotonic)
        records.begin(hashlib.sha256(config.read_bytes()).hexdigest())
    except StationError as error:
        return _said(error)
    return _run(settings, clock, records, told)


def export_log(config: Path, to: Path) -> int:
    """Copy the security log into one file, check its chain, and say what was found.

    Returns:
        the exit code: 0, or 1 if the chain is broken.

    Raises:
        StationError: there is no log, or the file cannot be written.

    """
    settings, _ = _read(config)
    verified = export(security_folder(settings.appliance), to)
    sys.stdout.write(f"{verified.records} records from {verified.first} to {verified.last} are in {to}\n")
    sys.stdout.write(f"The last record's hash: {verified.head}\n")
    for fault in verified.faults:
        sys.stdout.write(f"BROKEN: {fault}\n")
    return 1 if verified.faults else 0


def run_self_test(config: Path) -> int:
    """Try everything that the gateway needs, and write a report.

    Returns:
        the exit code: 0, or 1 if something failed.

    Raises:
        StationError: the settings cannot be used; all that is wrong with them is said.

    """
    configure_logging("gateway", level=logging.CRITICAL)  # the report says it all
    settings, _ = _read(config)
    points = self_test(settings, wall=time.time, monotonic=time.monotonic, sleep=time.sleep)
    return 0 if tell(points, sys.stdout) else 1


def _run(settings: GatewaySettings, clock: StationClock, records: Records, told: list[int]) -> int:
    gateway: Gateway | None = None

    def counters() -> dict[str, int]:
        return {} if gateway is None else gateway.counters()

    def perish(why: str) -> None:
        last = Thread(target=lambda: records.end(DIED, "hung", why, counters=counters(), stacks=stacks()), daemon=True)
        last.start()
        last.join(_LAST_WORDS_S)
        os._exit(DIED)

    try:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        outside = Outside(
            wall=time.time,
            record=records.security.write,
            notifier=Notifier(os.environ),
            perish=perish,
            account=records.account,
        )
        gateway = build(settings, clock=clock, monotonic=time.monotonic, registry=registry, outside=outside)
        gateway.run(stopping=lambda: bool(told), sleep=time.sleep)
    except StationError as error:
        code = _said(error)
        records.end(code, error.code, error.message, counters=counters())
        return code
    except BaseException as error:
        records.end(DIED, "fault", f"{type(error).__name__}: {error}", counters=counters())
        raise
    records.end(0, "told", signal.Signals(told[0]).name, counters=counters())
    return 0


def _read(config: Path) -> tuple[GatewaySettings, Path | None]:
    """The settings, and the file of a shadow clock."""
    faults = Faults()
    table = read_toml(config, faults)
    faults.raise_if_any()
    folder = config.absolute().parent
    clock_file = table.table("clock").text("file", "")  # its other keys are the hub's
    settings = GatewaySettings.from_table(table.table("gateway"), folder)
    faults.raise_if_any()
    if not settings.state.parent.is_dir():
        raise StationError(
            "gateway-state",
            f"The state file {settings.state} cannot be used: its folder is not there.",
            "Make the folder, on a disk that survives restarts.",
        )
    return settings, folder / clock_file if clock_file else None


def _log_to(settings: ApplianceSettings) -> None:
    if settings.log is not None:
        log = BoundedLog(settings.log, most=settings.log_mb * 1_000_000 // _FILES, kept=_FILES - 1)
        configure_logging("gateway", stream=as_text(log))


def _said(error: StationError) -> int:
    sys.stderr.write(f"stationmaster gateway: {error}\n")
    return DIED if error.code == "gateway-died" else USER_ERROR
