"""`POST /api/v1/reload`: the station's folder is read again, and the answer says what differs, or every fault."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.reload import Difference, NotNow, Reloader
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["ReloadApi"]


class ReloadApi:
    """The route.

    200 with a `Difference`; 422 with all faults, and nothing has changed; 409 while another reading is under way, or
    the hub is not up; 401 and 403 for those who may not.

    Args:
        face: where the route goes.
        reloader: reads the folder.
        askers: who may ask.

    """

    def __init__(self, face: Face, reloader: Reloader, askers: Askers) -> None:
        self._reloader = reloader
        self._askers = askers
        face.app.route("/api/v1/reload", methods=["POST"])(self._reload)

    def _reload(self, request: WebRequest) -> Deferred[bytes] | bytes:
        try:
            self._askers.permit(request, "reload")
        except StationError as error:
            return refusal(request, error)
        reading: Deferred[Any] = self._reloader.reload()
        return reading.addCallbacks(_told, _refused, (request,), {}, (request,))


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
