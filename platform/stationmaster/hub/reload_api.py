"""`POST /api/v1/reload`: the station's folder is read again, and the answer says what differs, or every fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.bodies import as_json
from stationmaster.hub.reload import Difference, NotNow, Reloader
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["May", "ReloadApi", "on_this_machine"]

May = Callable[[WebRequest], bool]
"""Whether whoever asks may have the folder read."""

FROM_ELSEWHERE = ("origin", "forwarded", "x-forwarded-for", "via")
"""Headers that browsers and proxies add."""


class ReloadApi:
    """The route.

    200 with a `Difference`; 422 with all faults, and nothing has changed; 409 while another reading is under way, or
    the hub is not up; 403 for those who may not.

    Args:
        face: where the route goes.
        reloader: reads the folder.
        may: who may ask.

    """

    def __init__(self, face: Face, reloader: Reloader, may: May) -> None:
        self._reloader = reloader
        self._may = may
        face.app.route("/api/v1/reload", methods=["POST"])(self._reload)

    def _reload(self, request: WebRequest) -> Deferred[bytes] | bytes:
        if not self._may(request):
            message = "Only an operator, or who is on the hub's own machine, may have the folder read again."
            return problem_answer(request, 403, "not-allowed", message)
        reading: Deferred[Any] = self._reloader.reload()
        return reading.addCallbacks(_told, _refused, (request,), {}, (request,))


def on_this_machine(request: WebRequest) -> bool:
    """Whether a program on the hub's own machine asks: no page that a browser shows, and nobody through a proxy."""
    wire: Any = request
    host = str(wire.getClientAddress().host)
    near = host == "::1" or host.startswith(("127.", "::ffff:127.")) or host == str(wire.getHost().host)
    return near and all(request.getHeader(header) is None for header in FROM_ELSEWHERE)


def _told(difference: Difference, request: WebRequest) -> bytes:
    return json_answer(request, as_json(difference))


def _refused(failure: Failure, request: WebRequest) -> bytes:
    error = failure.value
    if isinstance(error, ConfigurationError):
        faults = [as_json(fault) for fault in error.faults]
        return problem_answer(request, 422, error.code, str(error), faults=faults)
    if isinstance(error, StationError):
        code = 409 if isinstance(error, NotNow) else 500
        return problem_answer(request, code, error.code, str(error))
    failure.raiseException()
    raise AssertionError("a failure raises")
