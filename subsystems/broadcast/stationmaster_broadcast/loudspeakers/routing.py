"""Which amplifier feeds a zone's loudspeakers. Pure: what is well comes in, what is to be connected goes out.

A zone has routes in order of preference: the usual one, then spare ones. A spare amplifier may stand in for several
zones, but it amplifies one input at a time; so who has it keeps it, until the usual route is well again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stationmaster_broadcast.loudspeakers.amplifiers import Connection

__all__ = ["Feed", "Route", "choose_feeds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way from an input of a rack to a zone's loudspeakers."""

    amplifier: str
    connection: Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a zone gets: a route, whether it is the usual one, and whether it is well.

    A route that is not well is what is left where none is: it may still sound.
    """

    route: Route
    usual: bool
    well: bool


def choose_feeds(
    routes: Mapping[str, Sequence[Route]], current: Mapping[str, Route], well: Callable[[Route], bool]
) -> dict[str, Feed]:
    """A feed for each zone for which there is one.

    First come usual routes that are well, then zones that have a spare one and keep it, then the others, each in the
    order of `routes`, which is how important zones are. No channel gets two inputs, and no line two channels.
    """
    taken = _Taken()
    found: dict[str, Feed] = {}
    for zone, ways in routes.items():
        if ways and well(ways[0]) and taken.take(ways[0]):
            found[zone] = Feed(route=ways[0], usual=True, well=True)
    for zone, ways in routes.items():
        kept = current.get(zone)
        if zone not in found and kept in ways[1:] and kept is not None and well(kept) and taken.take(kept):
            found[zone] = Feed(route=kept, usual=False, well=True)
    for zone, ways in routes.items():
        if zone not in found:
            spare = next((way for way in ways[1:] if well(way) and taken.take(way)), None)
            if spare is not None:
                found[zone] = Feed(route=spare, usual=False, well=True)
    for zone, ways in routes.items():
        if zone not in found and ways and taken.take(ways[0]):
            found[zone] = Feed(route=ways[0], usual=True, well=False)
    return found


class _Taken:
    """Channels with their inputs, and lines with their channels, that are spoken for."""

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, int], int] = {}
        self._lines: dict[tuple[str, int], Connection] = {}

    def take(self, route: Route) -> bool:
        """Take what the route needs, if it is free, or taken for the same."""
        made = route.connection
        channel, line = (route.amplifier, made.channel), (route.amplifier, made.line)
        if self._inputs.get(channel, made.input) != made.input or self._lines.get(line, made) != made:
            return False
        self._inputs[channel] = made.input
        self._lines[line] = made
        return True
