"""`GET /api/v1/told`: what passengers were told of trains that is no longer so.

With `?call=` of one train, with `?act=` of those that an act changed; rows on boards are looked for in the last hours,
in the journal, in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.consequences.telling import Told, told_of
from stationmaster.hub.consequences.told import Version
from stationmaster.hub.consequences.versions import Proofs, row_versions
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.web.meanwhile import value_of
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_protocol.messages import Position
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["MINUTES", "MOST_MINUTES", "ToldApi", "ToldBody"]

MINUTES = 180
MOST_MINUTES = 24 * 60
"""How far back rows on boards are looked for."""

_MOST_WAITING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBody:
    """What was told, as of a position of the journal; `act` is the one that was asked for."""

    position: Position
    now: Instant
    act: ActRecord | None
    told: Told


class ToldApi:
    """The route.

    Args:
        view: the hub.
        proofs: what boards have read back.
        face: where the route goes.
        database: the hub's.
        in_thread: where the journal is read.

    """

    def __init__(self, *, view: HubView, proofs: Proofs, face: Face, database: URL, in_thread: InThread) -> None:
        self._view = view
        self._proofs = proofs
        self._database = database
        self._in_thread = in_thread
        self._waiting = 0
        face.app.route("/api/v1/told", methods=["GET"])(self._told)

    def _told(self, request: WebRequest) -> bytes | Deferred[bytes]:
        call, act, minutes = (_argument(request, name) for name in ("call", "act", "minutes"))
        state = self._view.state
        if (call is None) == (act is None):
            return problem_answer(request, 400, "bad-argument", "Name a train with call=ID, or an act with act=ID.")
        if minutes is not None and not _possible(minutes):
            message = f"minutes={minutes!r:.40} is not possible; it may be 0…{MOST_MINUTES}."
            return problem_answer(request, 400, "bad-argument", message)
        record = None
        if act is not None:
            record = cast("ActRecord | None", value_of(state, "act", act))
            if record is None:
                return problem_answer(request, 404, "no-such-act", f"There is no act {act:.80}.")
        elif call not in state.calls:
            return problem_answer(request, 404, "no-such-call", f"There is no call {call:.80}.")
        calls = [cast("str", call)] if record is None else list(record.calls)
        if minutes == "0":  # what was said stands in the state
            return self._answer(request, record, calls, ())
        if self._waiting >= _MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")
        since = Instant(int(self._view.now) - (MINUTES if minutes is None else int(minutes)) * MINUTE)
        self._waiting += 1
        reading = self._in_thread(lambda: self._versions(calls, since))
        return (
            reading.addBoth(self._done)
            .addCallback(lambda versions: self._answer(request, record, calls, versions))
            .addErrback(_refused, request)
        )

    def _versions(self, calls: Sequence[str], since: Instant) -> list[Version]:
        archive = DatabaseArchive(self._database)
        try:
            return row_versions(archive, calls, since)
        finally:
            archive.close()

    def _answer(
        self, request: WebRequest, record: ActRecord | None, calls: Sequence[str], versions: Sequence[Version]
    ) -> bytes:
        now = Instant(int(self._view.now))
        told = told_of(self._view.state, calls, versions, now, self._proofs.proved)
        body = ToldBody(position=self._view.position(), now=now, act=record, told=told)
        return json_answer(request, as_json(body))

    def _done(self, outcome: list[Version] | Failure) -> list[Version] | Failure:
        self._waiting -= 1
        return outcome


def _refused(failure: Failure, request: WebRequest) -> bytes:
    error = failure.value
    if not isinstance(error, StationError):
        failure.raiseException()
        raise AssertionError("a failure raises")
    return problem_answer(request, 503, error.code, str(error))


def _possible(minutes: str) -> bool:
    return minutes.isascii() and minutes.isdecimal() and len(minutes) < 5 and int(minutes) <= MOST_MINUTES


def _argument(request: WebRequest, name: str) -> str | None:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else None
