"""`GET /api/v1/history`: what boards were to show at a time, and what was said in zones around it.

The journal is read in a thread of its own, on a connection that only reads; the hub goes on meanwhile.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.history import MINUTES, MOST_MINUTES, Then, instant_from_text, look_back
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["HistoryApi"]

_MOST_WAITING = 4
"""Questions that may wait; who asks one more is told to come again."""

_NOT_THERE = ("no-such-board", "no-such-zone", "before-journal", "journal-empty")


class HistoryApi:
    """The route: `?at=2026-03-01T14:06&board=hall-1&zone=platform-3&minutes=10`; boards and zones may be repeated.

    200 with a `Then`; 400 for what cannot be asked; 404 for a board, a zone or a time that the journal does not have;
    503 while too many others ask, or the journal cannot be read.

    Args:
        face: where the route goes.
        database: the hub's.
        zone: the station's, in which a time without one is.
        in_thread: where the journal is read.

    """

    def __init__(self, face: Face, database: URL, zone: ZoneInfo, in_thread: InThread) -> None:
        self._database = database
        self._zone = zone
        self._in_thread = in_thread
        self._waiting = 0
        face.app.route("/api/v1/history", methods=["GET"])(self._history)

    def _history(self, request: WebRequest) -> Deferred[bytes] | bytes:
        boards, zones = _arguments(request, "board"), _arguments(request, "zone")
        minutes = (_arguments(request, "minutes") or [str(MINUTES)])[0]
        try:
            at = instant_from_text((_arguments(request, "at") or [""])[0], self._zone)
        except StationError as error:
            return _bad(request, str(error))
        if not boards and not zones:
            return _bad(request, "Name boards with board=ID, or zones with zone=ID.")
        if not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 5 and int(minutes) <= MOST_MINUTES):
            return _bad(request, f"minutes={minutes!r} is not possible; it may be 0…{MOST_MINUTES}.")
        if self._waiting >= _MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")

        def look() -> Then:
            archive = DatabaseArchive(self._database)
            try:
                return look_back(archive, at, boards=boards, zones=zones, minutes=int(minutes))
            finally:
                archive.close()

        self._waiting += 1
        return self._in_thread(look).addBoth(self._looked).addCallbacks(_told, _refused, (request,), {}, (request,))

    def _looked(self, outcome: Then | Failure) -> Then | Failure:
        self._waiting -= 1
        return outcome


def _told(then: Then, request: WebRequest) -> bytes:
    return json_answer(request, as_json(then))


def _refused(failure: Failure, request: WebRequest) -> bytes:
    error = failure.value
    if not isinstance(error, StationError):
        failure.raiseException()
        raise AssertionError("a failure raises")
    return problem_answer(request, 404 if error.code in _NOT_THERE else 503, error.code, str(error))


def _bad(request: WebRequest, message: str) -> bytes:
    return problem_answer(request, 400, "bad-argument", message)


def _arguments(request: WebRequest, name: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in request.args.get(name.encode(), [])]
