"""`/api/v1/station`: the station as it is configured, as far as people choose from it.

A console offers tracks, gates, zones, boards and templates by their names; it asks for them once, and again when the
folder has been read anew. Rules, looks and names of other stations are not in it: nobody chooses from those.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.openapi.operations import Answer, Operation
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Board, Place, StationFacts, Template, Zone
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.messages import Position
from stationmaster_service.answers import json_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["STATION", "RuleGlance", "StationApi", "StationBody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGlance:
    """A rule, as far as people speak of it: tasks name it, and it can be made manual."""

    id: str
    kind: TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBody:
    """The station, its places, boards, zones, templates and rules in the folder's order.

    `station` is None, and all else empty, while the hub has no configuration.
    """

    position: Position
    now: Instant
    station: StationFacts | None
    places: tuple[Place, ...] = ()
    boards: tuple[Board, ...] = ()
    zones: tuple[Zone, ...] = ()
    templates: tuple[Template, ...] = ()
    rules: tuple[RuleGlance, ...] = ()


STATION: tuple[Operation, ...] = (
    Operation(
        id="station",
        method="GET",
        path="/api/v1/station",
        about="hub",
        summary="The station as it is configured: its places, boards, zones, templates and rules.",
        answers={200: Answer(words="The station.", kind=StationBody)},
    ),
)
"""The operation, for the description of the web API."""


class StationApi:
    """The route for the station.

    Args:
        view: the hub.
        face: where the route goes.

    """

    def __init__(self, view: HubView, face: Face) -> None:
        self._view = view
        face.app.route("/api/v1/station", methods=["GET"], endpoint="station")(self._get)

    def _get(self, request: WebRequest) -> bytes:
        position, now = self._view.position(), Instant(int(self._view.now))
        known = self._view.state.configuration
        if known is None:
            return json_answer(request, as_json(StationBody(position=position, now=now, station=None)))
        body = StationBody(
            position=position,
            now=now,
            station=known.station,
            places=known.places,
            boards=known.boards,
            zones=known.zones,
            templates=known.templates,
            rules=tuple(RuleGlance(id=rule.id, kind=rule.does) for rule in known.rules),
        )
        return json_answer(request, as_json(body))
