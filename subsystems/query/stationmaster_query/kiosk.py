"""Answers kiosks from the agent's view, and tells them when their answer may have changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Protocol

from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import StationClock
from stationmaster_base.health import JsonValue
from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.places import ReadyStation, make_ready
from stationmaster_kernel.values import FeedGrade
from stationmaster_query.names import PlaceIndex
from stationmaster_query.search import read_question, search
from stationmaster_query.wire import call_body
from stationmaster_service.events import EventStream
from stationmaster_service.interfaces import MachineTime

__all__ = ["Kiosk", "Source", "View"]

STALE_AFTER = 30 * MINUTE
"""From this age of the dispatching feed on an answer says that it may be out of date."""


class View(Protocol):
    """What a kiosk needs to know of the agent's view."""

    @property
    def state(self) -> AgentState:
        """Whether the hub is there."""

    @property
    def configuration(self) -> Configuration | None:
        """The station; None until it is known."""

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call."""

    @property
    def grade(self) -> FeedGrade:
        """How far the feed can be relied on."""

    @property
    def fresh_at(self) -> Instant | None:
        """When the feed was last fresh, in station time."""


class Source(Protocol):
    """The agent, as far as a kiosk needs it."""

    @property
    def view(self) -> View:
        """What is known now."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of the view, and each minute of station time."""


class Kiosk:
    """All kiosks of the station: they ask, and hear when to ask again.

    Args:
        source: the agent.
        clock: station time.
        reactor: machine time, for the stream.
        boot: this run of the process, the first part of event ids.

    """

    def __init__(self, source: Source, *, clock: StationClock, reactor: MachineTime, boot: str) -> None:
        self._source = source
        self._clock = clock
        self._boot = boot
        self._counter = 0
        self._seen: tuple[object, ...] = ()
        self._configuration: Configuration | None = None
        self._ready: ReadyStation | None = None
        self._places = PlaceIndex(())
        self.stream = EventStream(whole=self._whole, reactor=reactor)

    def start(self) -> None:
        """Begin to follow the agent."""
        self._source.on_change(self.refresh)
        self.refresh()

    def stop(self) -> None:
        """End every kiosk's connection."""
        self.stream.close()

    def refresh(self) -> None:
        """Tell kiosks if anything that an answer may hold has changed since they were last told."""
        view = self._source.view
        minute = int(self._clock.now() // MINUTE)
        seen = (view.calls, view.configuration, view.state, view.grade, minute)
        if self._seen and all(map(_same, seen, self._seen)):
            return
        self._seen = seen
        self._counter += 1
        event_id, data = self._whole()
        self.stream.publish(event_id, "state", data)

    def answer(self, given: Mapping[str, str]) -> dict[str, JsonValue]:
        """The answer to a request's arguments at the present station time.

        Raises:
            StationError: `bad-question`.

        """
        view, now = self._source.view, self._clock.now()
        station = self._station(view.configuration)
        body: dict[str, JsonValue] = {
            "station_time": to_iso(Instant(int(now))),
            "as_of": None if view.fresh_at is None else to_iso(view.fresh_at),
            "state": view.state,
            "stale": _stale(view, now),
        }
        if station is None:
            return body | {"station": None, "calls": [], "more": 0}
        question = read_question(given, station.zone, now)
        found = search(question, view.calls.values(), self._places, now)
        return body | {
            "station": {
                "names": dict(station.facts.names),
                "zone": station.facts.zone,
                "languages": list(station.languages),
            },
            "from": None if question.start is None else to_iso(question.start),
            "calls": [call_body(call, station, now) for call in found.calls],
            "more": found.more,
        }

    def _station(self, configuration: Configuration | None) -> ReadyStation | None:
        """The station's look-ups, made anew when its configuration is another one."""
        if configuration is not None and configuration is not self._configuration:
            self._configuration = configuration
            self._ready = make_ready(configuration)
            self._places = PlaceIndex(configuration.names)
        return self._ready

    def _whole(self) -> tuple[str, str]:
        event_id = f"{self._boot}.{self._counter}"
        return event_id, json.dumps({"id": event_id})


def _same(new: object, old: object) -> bool:
    """Small values are the same when equal; maps and configurations only when they are the same object."""
    return new is old or (isinstance(new, str | int) and new == old)


def _stale(view: View, now: float) -> bool:
    if view.grade is FeedGrade.FRESH and view.state in (AgentState.ONLINE, AgentState.SUSPECT):
        return False
    return view.fresh_at is None or now - view.fresh_at >= STALE_AFTER
