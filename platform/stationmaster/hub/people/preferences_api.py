"""`/api/v1/preferences`: how the person who asks has set up his console."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.people.preferences import KEY, LARGEST_VALUE, Preferences
from stationmaster.hub.people.request_reading import TooLarge, body_of
from stationmaster.hub.storage.store import StoreDown
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["PreferencesApi"]

_LOG = get_logger("preferences")


class PreferencesApi:
    """The routes.

    Args:
        preferences: what is kept.
        askers: who asks.
        face: where the routes go.

    """

    def __init__(self, preferences: Preferences, askers: Askers, face: Face) -> None:
        self._preferences = preferences
        self._askers = askers
        route = face.app.route
        route("/api/v1/preferences", methods=["GET"], endpoint="preferences")(self._get)
        route("/api/v1/preferences/<key>", methods=["PUT"], endpoint="preferences put")(self._put)
        route("/api/v1/preferences/<key>", methods=["DELETE"], endpoint="preferences delete")(self._delete)

    def _get(self, request: WebRequest) -> bytes | Deferred[bytes]:
        login = self._person(request, "preferences")
        if isinstance(login, bytes):
            return login
        return _answered(request, self._preferences.of(login), lambda found: found)

    def _put(self, request: WebRequest, key: str) -> bytes | Deferred[bytes]:
        login = self._person(request, "putPreference")
        if isinstance(login, bytes):
            return login
        if not KEY.match(key):
            return problem_answer(
                request,
                400,
                "bad-preference",
                f"{key!r:.80} is no key.",
                "1 to 64 letters, digits, '.', '_', ':', '-'.",
            )
        try:
            value = _value(body_of(request, LARGEST_VALUE))
        except TooLarge:
            return problem_answer(request, 413, "preference-too-large", f"It is larger than {LARGEST_VALUE} bytes.")
        except ValueError:
            return problem_answer(request, 400, "bad-preference", "It is no JSON in UTF-8.", "Any JSON will do.")
        return _answered(request, self._preferences.put(login, key, value), lambda _: {"key": key, "value": value})

    def _delete(self, request: WebRequest, key: str) -> bytes | Deferred[bytes]:
        login = self._person(request, "deletePreference")
        if isinstance(login, bytes):
            return login
        return _answered(request, self._preferences.drop(login, key[:64]), lambda _: {"key": key, "value": None})

    def _person(self, request: WebRequest, operation: str) -> str | bytes:
        """The login of who asks, or the answer to who has none."""
        try:
            asker = self._askers.permit(request, operation)
            if not asker.login:
                raise StationError("not-a-person", "A token has no preferences.", "Log in with an account.")
        except StationError as error:
            return refusal(request, error)
        return asker.login


def _value(body: bytes) -> JsonValue:
    value: JsonValue = plain_json(body)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # what could be told to nobody is not kept
    return value


def _answered(request: WebRequest, doing: Deferred[Any], told: Callable[[Any], JsonValue]) -> Deferred[bytes]:
    def failed(failure: Failure) -> bytes:
        error = failure.value
        if isinstance(error, StoreDown):
            request.setHeader(b"Retry-After", b"5")
            return problem_answer(request, 503, error.code, error.message, error.hint)
        if isinstance(error, StationError):
            return problem_answer(request, 409, error.code, error.message, error.hint)
        _LOG.error("preference-not-answered", problem=failure.getTraceback(), todo="report this to the maker")
        return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")

    return doing.addCallbacks(lambda outcome: json_answer(request, told(outcome)), failed)
