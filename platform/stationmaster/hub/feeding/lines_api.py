"""`/api/v1/lines` and `/api/v1/lines/calls`: how the feed comes in, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_dmis.status import FeedStatus
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest
from stationmaster_telegram.records import DatabaseState

__all__ = ["CallAge", "CallAgesBody", "LinesApi", "LinesBody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesBody:
    """The feed, every line in the order of preference, and every gateway on each; None without any line."""

    now: Instant
    feed: FeedStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAge:
    """How many seconds ago the gateway last said this call."""

    day: date
    numbers: tuple[str, ...]
    run: int
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAgesBody:
    """Every call of the gateway whose word counts, the one that was not said for longest first."""

    now: Instant
    calls: tuple[CallAge, ...]


class LinesApi:
    """The routes.

    Args:
        view: the hub.
        face: where the routes go.

    """

    def __init__(self, view: HubView, face: Face) -> None:
        self._view = view
        for path, answer in (
            ("/api/v1/lines", self._lines),
            ("/api/v1/lines/calls", self._calls),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)

    def _lines(self, request: WebRequest) -> bytes:
        return json_answer(request, _with_words(as_json(LinesBody(now=self._now(), feed=self._view.line()))))

    def _calls(self, request: WebRequest) -> bytes:
        calls = tuple(
            CallAge(day=record.day, numbers=record.numbers, run=record.run, age_s=round(age, 3))
            for record, age in self._view.call_ages()
        )
        return json_answer(request, as_json(CallAgesBody(now=self._now(), calls=calls)))

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _with_words(body: JsonValue) -> JsonValue:
    """The same, the states of databases being words instead of the line's numbers."""
    if isinstance(body, list):
        return [_with_words(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        key: DatabaseState(value).name.lower() if key == "database" and isinstance(value, int) else _with_words(value)
        for key, value in body.items()
    }
