"""`stationmaster simulate`: the composition root of the simulator."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from stationmaster.station.load import load_station
from stationmaster_base.clock import FileClock, MachineClock
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.times import Instant, local_date
from stationmaster_service.process import Running, run
from stationmaster_simulator.build import build_simulator, day_events
from stationmaster_simulator.events import in_order
from stationmaster_simulator.scenario_file import read_scenario, scenario_lines
from stationmaster_simulator.settings import SimulatorSettings

__all__ = ["main", "print_scenario"]


def main(config: Path) -> int:
    """Run the simulator until it is told to end; its exit code."""
    return run("simulator", config, _build)


def print_scenario(config: Path, *, first: date | None = None, days: int = 1) -> int:
    """Write the events of some service dates to standard output, as JSON lines.

    Args:
        config: the configuration file.
        first: the first service date; the station's today unless given.
        days: how many.

    Raises:
        StationError: the configuration, the station or the scenario file is not usable.

    """
    faults = Faults()
    top = read_toml(config, faults)
    faults.raise_if_any()
    folder = config.absolute().parent
    settings = SimulatorSettings.from_table(top.table("simulator"), folder)
    file = top.table("clock").text("file", "")
    faults.raise_if_any()
    if settings.scenario is not None:
        events = read_scenario(settings.scenario)
    else:
        station = load_station(settings.station)
        clock = FileClock(folder / file, time.time) if file else MachineClock(time.time)
        zone = ZoneInfo(station.configuration.station.zone)
        start = first or local_date(Instant(int(clock.now())), zone)
        events = in_order(
            event for number in range(days) for event in day_events(station, settings.seed, start + timedelta(number))
        )
    for line in scenario_lines(events):
        sys.stdout.write(f"{line}\n")
    return 0


def _build(running: Running) -> Service:
    settings = SimulatorSettings.from_table(running.table.table("simulator"), running.folder)
    running.table.faults.raise_if_any()
    pool = ThreadPool(minthreads=0, maxthreads=1, name="database")

    def in_thread(work: Callable[[], int]) -> Deferred[int]:
        reactor: Any = running.reactor  # zope's interface, which the type checker cannot compare
        done: Deferred[int] = deferToThreadPool(reactor, pool, work)
        return done

    service = build_simulator(
        settings,
        load_station(settings.station),
        reactor=running.reactor,
        clock=running.clock,
        timer=running.timer,
        registry=running.registry,
        in_thread=in_thread,
    )
    pool.start()
    running.reactor.addSystemEventTrigger("after", "shutdown", pool.stop)
    return service
