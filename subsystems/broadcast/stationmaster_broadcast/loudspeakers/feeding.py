"""Has each zone fed by an amplifier that works, and back by the usual one when that has been well for a while.

A channel, a line or a whole rack in trouble is left within a second of its telling so. It is trusted again only after
ten seconds without trouble: an amplifier that trips again and again must not take the zone with it each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.routing import Feed, Route, choose_feeds
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Feeding"]

_LOG = get_logger("amplifiers")

STEADY_S = 10.0
"""Machine seconds without trouble after which something is trusted again."""

_Part = tuple[str, str, int]
"""Rack, `channel`, `line` or `unit`, and number."""


class Feeding:
    """All amplifiers of a process.

    Args:
        links: the racks.
        routes: by zone, in order of preference; zones in order of importance.
        reactor: machine time.

    """

    def __init__(
        self, links: Sequence[AmplifierLink], routes: Mapping[str, Sequence[Route]], reactor: MachineTime
    ) -> None:
        self.links = {link.name: link for link in links}
        self.routes = {zone: tuple(ways) for zone, ways in routes.items()}
        self.feeds: dict[str, Feed] = {}
        """By zone, what it gets at present."""
        self._reactor = reactor
        self._listeners: list[Callable[[], None]] = []
        self._troubled: dict[_Part, float | None] = {}
        """What is in trouble (None), or was, until that machine time."""
        self._again: DelayedCall | None = None
        self._choose()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever a rack says something new, or a zone is fed by something else."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to look after the racks."""
        for link in self.links.values():
            link.start(self._changed)

    def stop(self) -> None:
        """Leave them as they are."""
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = None
        for link in self.links.values():
            link.stop()

    def cut_off(self, zone: str) -> bool:
        """Whether no amplifier that is well carries this zone; never for a zone without routes."""
        return zone in self.routes and (zone not in self.feeds or not self.feeds[zone].well)

    def zones_of(self, amplifier: str) -> tuple[str, ...]:
        """Zones that have a route through this rack."""
        return tuple(zone for zone, ways in self.routes.items() if any(way.amplifier == amplifier for way in ways))

    def _changed(self) -> None:
        now = self._reactor.seconds()
        troubled = self._in_trouble()
        for part in troubled:
            self._troubled[part] = None
        for part, since in self._troubled.items():
            if part not in troubled and since is None:
                self._troubled[part] = now
        self._choose()
        for listener in self._listeners:
            listener()

    def _in_trouble(self) -> set[_Part]:
        found: set[_Part] = set()
        for name, link in self.links.items():
            if link.problem:
                found.add((name, "unit", 0))
            if link.state is not None:
                found.update((name, "channel", number) for number, _ in link.state.channels)
                found.update((name, "line", number) for number, _ in link.state.lines)
        return found

    def _choose(self) -> None:
        now = self._reactor.seconds()
        self._troubled = {
            part: since for part, since in self._troubled.items() if since is None or now - since < STEADY_S
        }
        current = {zone: feed.route for zone, feed in self.feeds.items()}
        feeds = choose_feeds(self.routes, current, self._well)
        for zone, feed in feeds.items():
            if current and current.get(zone) != feed.route:
                _LOG.info("zone-fed-anew", zone=zone, amplifier=feed.route.amplifier, usual=feed.usual)
        self.feeds = feeds
        for name, link in self.links.items():
            wanted = frozenset(feed.route.connection for feed in feeds.values() if feed.route.amplifier == name)
            lines = frozenset(
                way.connection.line for ways in self.routes.values() for way in ways if way.amplifier == name
            )
            link.want(wanted, lines)
        self._look_again(now)

    def _well(self, route: Route) -> bool:
        made = route.connection
        parts = (("unit", 0), ("channel", made.channel), ("line", made.line))
        return not any((route.amplifier, *part) in self._troubled for part in parts)

    def _look_again(self, now: float) -> None:
        """When the next thing can be trusted again."""
        if self._again is not None and self._again.active():
            self._again.cancel()
        steady = [since + STEADY_S for since in self._troubled.values() if since is not None]
        self._again = self._reactor.callLater(max(0.0, min(steady) - now), self._changed) if steady else None
