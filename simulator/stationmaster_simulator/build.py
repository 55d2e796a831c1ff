"""Wires the simulator from what it is given."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, Gauge
from twisted.application.service import MultiService

from stationmaster.station.load import Station
from stationmaster.station.plans import plan_day
from stationmaster_base.clock import StationClock
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_service.face import Face
from stationmaster_service.interfaces import TCPReactor
from stationmaster_service.listening import Listening
from stationmaster_service.timer import StationTimer
from stationmaster_simulator.calendar import DailyEvents, EventSource, GivenEvents
from stationmaster_simulator.database import DispatchingDatabase
from stationmaster_simulator.events import ScenarioEvent
from stationmaster_simulator.scenario import make_scenario
from stationmaster_simulator.scenario_file import read_scenario
from stationmaster_simulator.service import InThread, Simulator
from stationmaster_simulator.settings import SimulatorSettings

__all__ = ["build_simulator", "day_events", "event_source"]


def day_events(station: Station, seed: int, day: date) -> tuple[ScenarioEvent, ...]:
    """Everything that happens on account of one service date of a station."""
    places = station.configuration.places
    return make_scenario(
        plan_day(station, day),
        seed,
        day=day,
        zone=ZoneInfo(station.configuration.station.zone),
        faces={place.id: place.platform for place in places if place.kind is PlaceKind.TRACK and place.platform},
    )


def event_source(settings: SimulatorSettings, station: Station, now: float) -> EventSource:
    """The scenario file's events if there is one, else the timetable's, day by day.

    Raises:
        ConfigurationError: the scenario file's faults.

    """
    if settings.scenario is not None:
        return GivenEvents(read_scenario(settings.scenario))
    zone = ZoneInfo(station.configuration.station.zone)
    return DailyEvents(lambda day: day_events(station, settings.seed, day), zone, now)


def build_simulator(
    settings: SimulatorSettings,
    station: Station,
    *,
    reactor: TCPReactor,
    clock: StationClock,
    timer: StationTimer,
    registry: CollectorRegistry,
    in_thread: InThread,
) -> MultiService:
    """The simulator with its web face, as one service.

    Raises:
        StationError: the scenario file or the database's URL is not usable.

    """
    simulator = Simulator(
        source=event_source(settings, station, clock.now()),
        database=DispatchingDatabase(settings.database),
        in_thread=in_thread,
        clock=clock,
        timer=timer,
        reactor=reactor,
        zone=ZoneInfo(station.configuration.station.zone),
    )
    Gauge(
        "stationmaster_simulator_changes",
        "Commits in the dispatching database that changed something.",
        registry=registry,
    ).set_function(lambda: simulator.changes)
    face = Face(health=simulator.health, clock=clock, timer=timer, registry=registry, settle=simulator.settle)
    whole = MultiService()
    for service in (Listening(reactor, face.site(), settings.listen, settings.port), simulator):
        service.setServiceParent(whole)  # type: ignore[no-untyped-call]  # Twisted's has no annotations
    return whole
