"""Asks before every route of the hub whether who asks may have it done, so that no route can be forgotten.

What is done is known by the method and the path, from the description of the API. A path under `/api` that is not
described there is allowed to nobody; pages and files are for everybody, since they say nothing of the station.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from stationmaster.hub.openapi.operations import Operation
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.people.permits import STREAMS
from stationmaster_base.errors import StationError
from stationmaster_service.interfaces import WebRequest

__all__ = ["PermitGuard"]

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_FOR_PROGRAMS = "/api/"


class PermitGuard:
    """What `Face.guard` asks.

    Args:
        askers: says who may.
        operations: everything that the description of the API has.

    """

    def __init__(self, askers: Askers, operations: Iterable[Operation]) -> None:
        self._askers = askers
        self._ids = {(each.method, each.path): each.id for each in operations}
        self._paths: dict[str, str] = {}

    def __call__(self, request: WebRequest, route: str) -> bytes | None:
        """The answer to who may not; None: he may."""
        method = request.method.decode("ascii", "replace")
        path = self._paths.get(route) or self._paths.setdefault(route, _PLACE.sub(r"{\1}", route))
        operation = self._ids.get(("GET" if method == "HEAD" else method, path))
        if operation is None and not path.startswith(_FOR_PROGRAMS):
            return None
        try:
            asker = self._askers.permit(request, operation or f"{method} {path}")
        except StationError as error:
            return refusal(request, error)
        if operation in STREAMS:
            self._askers.follow(request, asker)
        return None
