"""The life of one Twisted process: from its configuration file to its exit code.

Every `main.py` of a component calls `run`; this is where the machine's clock, its randomness and the reactor enter.
"""

from __future__ import annotations

import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry, ProcessCollector
from twisted.application.service import Service
from twisted.internet.error import ReactorNotRunning
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogBeginner

from stationmaster_base.clock import FileClock, StationClock
from stationmaster_base.collecting import kept_for_good
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.logging import configure_logging, get_logger
from stationmaster_base.steering import SteeredClock
from stationmaster_service.interfaces import Reactor
from stationmaster_service.timer import StationTimer

__all__ = ["Running", "run"]

_LOG = get_logger("process")

USER_ERROR = 2
"""The exit code of a process that a person has to do something about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the process gives to its component.

    `table` is the configuration file's top table and `folder` the folder from which its relative paths count.
    `fail` ends the process with an error that only a person can mend.
    `on_hangup` has a function called, in the reactor's thread, whenever the process is sent SIGHUP.
    """

    reactor: Reactor
    clock: StationClock
    timer: StationTimer
    table: Table
    folder: Path
    registry: CollectorRegistry
    random: random.Random
    new_boot_id: Callable[[], str]
    fail: Callable[[StationError], None]
    on_hangup: Callable[[Callable[[], object]], None] = lambda _: None


def run(name: str, config: Path, build: Callable[[Running], Service]) -> int:
    """Run one process until it is told to end.

    `build` wires the component and returns its service; the configuration's faults are reported when it returns.
    SIGTERM and SIGINT stop the service and wait for it.

    Returns:
        the exit code: 0, or 2 when a person has to do something, said on standard error.

    """
    reactor = _installed_reactor()

    configure_logging(name)
    failures: list[StationError] = []

    def fail(error: StationError) -> None:
        failures.append(error)
        if reactor.running:
            with suppress(ReactorNotRunning):  # it is ending already
                reactor.stop()

    def start(service: Service) -> None:
        if failures:
            return
        try:
            service.privilegedStartService()
            service.startService()
        except StationError as error:
            fail(error)
        else:
            _LOG.info("started")

    try:
        faults = Faults()
        table = read_toml(config, faults)
        faults.raise_if_any()
        folder = config.absolute().parent
        clock = _clock(table, folder)
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        running = Running(
            reactor=reactor,
            clock=clock,
            timer=StationTimer(clock, reactor),
            table=table,
            folder=folder,
            registry=registry,
            random=random.Random(),  # noqa: S311 - for jitter and the like; secrets are not made of it
            new_boot_id=lambda: uuid.uuid4().hex,
            fail=fail,
            on_hangup=lambda call: _on_hangup(reactor, call),
        )
        with kept_for_good():
            service = build(running)
        faults.raise_if_any()
    except StationError as error:
        failures.append(error)
    if not failures:
        globalLogBeginner.beginLoggingTo([cast("Any", _log_twisted)], redirectStandardIO=False)
        reactor.callWhenRunning(start, service)
        reactor.addSystemEventTrigger("before", "shutdown", lambda: service.stopService() if service.running else None)
        reactor.run()
    for failure in failures:
        sys.stderr.write(f"stationmaster {name}: {failure}\n")
    return USER_ERROR if failures else 0


def _installed_reactor() -> Reactor:
    """Twisted's default reactor; importing it installs it, which only a process that runs it may do.

    Twisted counts in wall time, so a step of the machine's clock would hold up every timeout, or fire them all at once.
    """
    reactor: Any = import_module("twisted.internet.reactor")
    reactor.seconds = time.monotonic
    found: Reactor = reactor
    return found


def _on_hangup(reactor: Reactor, call: Callable[[], object]) -> None:
    signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(call))


def _clock(table: Table, folder: Path) -> StationClock:
    """A demo's or a drill's clock if there is one, else one that shows the machine's time until somebody steers it.

    The table's other keys are for the component that listens to masters of time, and it finds the faults in them.
    """
    file = table.table("clock").text("file", "")
    table.faults.raise_if_any()
    return FileClock(folder / file, time.time) if file else SteeredClock(time.time, time.monotonic)


def _log_twisted(event: LogEvent) -> None:
    """What Twisted itself has to say, from warnings upwards."""
    level = event.get("log_level", LogLevel.info)
    if level < LogLevel.warn:
        return
    failure = event.get("log_failure")
    _LOG.log(
        30 if level is LogLevel.warn else 40,
        "twisted",
        said=formatEvent(event),
        system=str(event.get("log_system") or event.get("log_namespace") or ""),
        problem=None if failure is None else failure.getTraceback(),
    )
