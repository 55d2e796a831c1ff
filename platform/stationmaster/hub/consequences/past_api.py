"""`GET /api/v1/past?at=2026-03-01T14:06`: the whole day as it was at that minute, for looking back and for playing it.

The journal is read in a thread of its own. The place that was looked at last is kept for a while, so that the next
minute costs what happened in it.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.consequences.past_day import Cursor, DayThen
from stationmaster.hub.history import instant_from_text
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import DelayedCall, MachineTime, WebRequest

__all__ = ["PastApi"]

_MOST_WAITING = 4
_KEPT_S = 60.0
"""Machine seconds for which the place that was looked at last is kept: it holds the whole state as text."""

_FAR = 120 * MINUTE
"""A jump ahead by more than this begins at a checkpoint again."""

_NOT_THERE = ("before-journal", "journal-empty")


class PastApi:
    """The route.

    Args:
        now: station time.
        face: where the route goes.
        database: the hub's.
        zone: the station's.
        in_thread: where the journal is read.
        reactor: machine time.

    """

    def __init__(
        self,
        *,
        now: Callable[[], float],
        face: Face,
        database: URL,
        zone: ZoneInfo,
        in_thread: InThread,
        reactor: MachineTime,
    ) -> None:
        self._now = now
        self._database = database
        self._zone = zone
        self._in_thread = in_thread
        self._reactor = reactor
        self._waiting = 0
        self._cursor: Cursor | None = None  # of the thread alone
        self._forgetting: DelayedCall | None = None
        face.app.route("/api/v1/past", methods=["GET"])(self._past)

    def _past(self, request: WebRequest) -> bytes | Deferred[bytes]:
        given = request.args.get(b"at", [b""])[0].decode("utf-8", "replace")
        try:
            at = instant_from_text(given, self._zone)
        except StationError as error:
            return problem_answer(request, 400, "bad-argument", str(error))
        if at > self._now():
            return problem_answer(request, 404, "not-yet", f"{given:.40} has not been yet.")
        if self._waiting >= _MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")
        self._waiting += 1
        looking = self._in_thread(lambda: self._look(at))
        return looking.addBoth(self._looked).addCallbacks(_told, _refused, (request,), {}, (request,))

    def _look(self, at: Instant) -> DayThen:
        cursor = self._cursor
        if cursor is None or cursor.ended or not cursor.reached <= at <= cursor.reached + _FAR:
            self._forget()
            archive = DatabaseArchive(self._database)
            try:
                cursor = Cursor(archive, at)
            except StationError:
                archive.close()
                raise
            self._cursor = cursor
        return cursor.day(at, self._zone)

    def _forget(self) -> None:
        cursor, self._cursor = self._cursor, None
        if cursor is not None and isinstance(cursor.archive, DatabaseArchive):
            cursor.archive.close()

    def _looked(self, outcome: DayThen | Failure) -> DayThen | Failure:
        self._waiting -= 1
        if self._forgetting is not None and self._forgetting.active():
            self._forgetting.cancel()
        self._forgetting = self._reactor.callLater(_KEPT_S, lambda: self._in_thread(self._forget))
        return outcome


def _told(then: DayThen, request: WebRequest) -> bytes:
    return json_answer(request, as_json(then))


def _refused(failure: Failure, request: WebRequest) -> bytes:
    error = failure.value
    if not isinstance(error, StationError):
        failure.raiseException()
        raise AssertionError("a failure raises")
    return problem_answer(request, 404 if error.code in _NOT_THERE else 503, error.code, str(error))
