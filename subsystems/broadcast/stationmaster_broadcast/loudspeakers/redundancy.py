"""What alone would silence a zone, read from the settings: no single failure may. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from stationmaster_broadcast.loudspeakers.routing import Route
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneWiring

__all__ = ["single_points"]


def single_points(wiring: ZoneWiring, routes: Sequence[Route]) -> tuple[str, ...]:
    """Every part without which nothing is heard in a zone, in words; empty if any one of them may fail.

    A zone's own outputs need one of its routes, if it has routes; its spare outputs need none.
    """
    if len(wiring.own) + len(wiring.spare) == 1:
        return (f"output {(*wiring.own, *wiring.spare)[0]}",)
    if wiring.spare or not routes:
        return ()
    found = []
    racks = {route.amplifier for route in routes}
    if len(racks) > 1:
        return ()
    rack = routes[0].amplifier
    found.append(f"amplifier {rack}")
    if len({route.connection.channel for route in routes}) == 1:
        found.append(f"channel {routes[0].connection.channel} of {rack}")
    if len({route.connection.line for route in routes}) == 1:
        found.append(f"line {routes[0].connection.line} of {rack}")
    return tuple(found)
