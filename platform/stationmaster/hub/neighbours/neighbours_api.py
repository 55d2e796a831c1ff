"""`/api/v1/neighbours`: which subsystems' own pages the hub knows, so that nobody asks for what is not there."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.web.bodies import as_json
from stationmaster_service.answers import json_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["NeighboursApi", "NeighboursBody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighboursBody:
    """Whether the hub was told where broadcast's and guidance's own pages are."""

    broadcast: bool
    guidance: bool


class NeighboursApi:
    """The route.

    Args:
        known: what the settings say.
        face: where it goes.

    """

    def __init__(self, known: NeighboursBody, face: Face) -> None:
        self._known = known
        face.app.route("/api/v1/neighbours", methods=["GET"])(self._get)

    def _get(self, request: WebRequest) -> bytes:
        return json_answer(request, as_json(self._known))
