"""`/api/v1/log`: everything that was done, for those who look whether it was right; and whether the log is whole.

`GET` gives a page, the newest first; `/export` gives all that is wanted as a file, the oldest first; `/check` proves
the log. Nothing here changes or takes away a record: that somebody has exported or checked is a record itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.python.failure import Failure

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.log_search import CSV_FIELDS, LogFilter, LogReader, csv_lines
from stationmaster.hub.audit.proof import LogProof
from stationmaster.hub.audit.record import Change, LogHead, LogRecord, storable
from stationmaster.hub.history import instant_from_text
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.plain_text import compact
from stationmaster_people.ways import browser_of
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["MOST_RECORDS", "USUAL_RECORDS", "LogApi", "LogBody", "LogCheckBody", "RecordBody"]

MOST_RECORDS = 1000
USUAL_RECORDS = 100

_AT_ONCE = 2000
"""Records of an export that are read in one go."""

_MOST_WAITING = 4
_MOST_KNOWN = 20
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})\Z")
_SEQUENCE = re.compile(r"[0-9]{1,18}\Z")
_MEDIA = {"csv": b"text/csv; charset=utf-8; header=present", "jsonl": b"application/jsonl; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBody:
    """One record: `who` did `words` (a `kind`) `at` station time to `subject`, `origin` being where he was, and `why`.

    `changes` are fields as they were and became; `journal` is the entry of the journal that tells the same, or 0.
    """

    sequence: int
    hash: str
    at: Instant
    kind: str
    who: str
    login: str
    origin: str
    subject: str
    words: str
    why: str
    changes: tuple[Change, ...]
    journal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBody:
    """A page of the log, the newest first; `head` is the last record that there is, `next` where the next page begins.

    An auditor who writes the head down can prove later that the log still has what it had.
    """

    now: Instant
    records: tuple[RecordBody, ...]
    head: LogHead | None
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheckBody:
    """What a look at the whole log has found; no faults: it is what was written."""

    now: Instant
    proof: LogProof


class LogApi:
    """The routes.

    Args:
        log: the log.
        reader: reads it.
        askers: who may.
        face: where the routes go.
        in_thread: where the log is read.
        zone: the station's, in which a time without one is.
        now: station time.

    """

    def __init__(
        self,
        *,
        log: AuditLog,
        reader: LogReader,
        askers: Askers,
        face: Face,
        in_thread: InThread,
        zone: ZoneInfo,
        now: Callable[[], float],
    ) -> None:
        self._log = log
        self._reader = reader
        self._askers = askers
        self._in_thread = in_thread
        self._zone = zone
        self._now = now
        self._waiting = 0
        face.app.route("/api/v1/log", methods=["GET"], endpoint="log")(self._page)
        face.app.route("/api/v1/log/export", methods=["GET"], endpoint="log-export")(self._export)
        face.app.route("/api/v1/log/check", methods=["GET"], endpoint="log-check")(self._check)

    def _page(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            self._askers.permit(request, "log")
        except StationError as error:
            return refusal(request, error)
        limit, before = _argument(request, "limit") or str(USUAL_RECORDS), _argument(request, "before")
        try:
            wanted = self._wanted(request)
        except StationError as error:
            return _bad(request, error.message)
        if not (_SEQUENCE.match(limit) and 1 <= int(limit) <= MOST_RECORDS):
            return _bad(request, f"limit={limit!r} is not possible; it may be 1 to {MOST_RECORDS}.")
        if before and not _SEQUENCE.match(before):
            return _bad(request, f"before={before!r} is not possible; it may be the sequence of a record.")
        most = int(limit)

        def told(records: list[LogRecord]) -> bytes:
            body = LogBody(
                now=self._instant(),
                records=tuple(map(_body, records)),
                head=self._log.head,
                next=records[-1].sequence if len(records) == most and records[-1].sequence > 1 else None,
            )
            return json_answer(request, as_json(body))

        look = partial(self._reader.page, wanted, int(before) if before else None, most)
        return self._ask(request, look, told)

    def _export(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "exportLog")
        except StationError as error:
            return refusal(request, error)
        form = _argument(request, "format") or "csv"
        try:
            wanted = self._wanted(request)
        except StationError as error:
            return _bad(request, error.message)
        if form not in _MEDIA:
            return _bad(request, f"format={form!r} is not possible; it may be csv or jsonl.")
        asked = "&".join(f"{name}={value}" for name, value in _asked(request))
        self._record(request, asker, "log-export", asked)
        first = partial(self._reader.onwards, wanted, 0, _AT_ONCE)
        return self._ask(request, first, lambda records: self._write(request, wanted, form, records))

    @inlineCallbacks
    def _write(
        self, request: WebRequest, wanted: LogFilter, form: str, records: list[LogRecord]
    ) -> Generator[Deferred[Any], Any, bytes]:
        """Send the file, piece by piece: a log may be larger than what one wants in memory."""
        request.setHeader(b"Content-Type", _MEDIA[form])
        request.setHeader(b"Content-Disposition", f'attachment; filename="log.{form}"'.encode())
        request.setHeader(b"Cache-Control", b"no-store")
        gone = request.notifyFinish()
        gone.addErrback(lambda _: None)
        if form == "csv":
            request.write(f"{','.join(CSV_FIELDS)}\r\n".encode())
        while records:
            request.write((csv_lines(records) if form == "csv" else _json_lines(records)).encode())
            if len(records) < _AT_ONCE or gone.called:
                break
            last = records[-1].sequence
            records = yield self._in_thread(partial(self._reader.onwards, wanted, last, _AT_ONCE))
        return b""

    def _check(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "checkLog")
        except StationError as error:
            return refusal(request, error)
        given = [value.decode("utf-8", "replace") for value in request.args.get(b"known", [])]
        found = [_HEAD.match(value) for value in given]
        if len(given) > _MOST_KNOWN or not all(found):
            return _bad(request, f"known={given!r:.200} is not possible; it may be a sequence, a colon and a hash.")
        known = [LogHead(sequence=int(match[1]), hash=match[2]) for match in found if match is not None]
        own = self._log.head

        def told(proof: LogProof) -> bytes:
            self._log.proved(proof)
            words = "; ".join(f"{fault.sequence} {fault.code}" for fault in proof.faults) or "whole"
            self._record(request, asker, "log-check", words)
            return json_answer(request, as_json(LogCheckBody(now=self._instant(), proof=proof)))

        return self._ask(request, lambda: self._reader.proof((*known, *(() if own is None else (own,)))), told)

    def _wanted(self, request: WebRequest) -> LogFilter:
        since, until = _argument(request, "since"), _argument(request, "until")
        return LogFilter(
            since=instant_from_text(since, self._zone) if since else None,
            until=instant_from_text(until, self._zone) if until else None,
            who=storable(_argument(request, "who")),
            kinds=tuple(storable(value.decode("utf-8", "replace")) for value in request.args.get(b"kind", [])),
            text=storable(_argument(request, "text")),
        )

    def _ask(self, request: WebRequest, look: Callable[[], Any], told: Callable[[Any], Any]) -> bytes | Deferred[bytes]:
        if self._waiting >= _MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")
        self._waiting += 1
        done: Deferred[Any] = self._in_thread(look)
        return done.addBoth(self._looked).addCallback(told).addErrback(_unreadable, request)

    def _looked(self, outcome: Any) -> Any:
        self._waiting -= 1
        return outcome

    def _record(self, request: WebRequest, asker: Asker, kind: str, words: str) -> None:
        self._log.record(kind, who=asker.name, login=asker.login, origin=browser_of(request), words=words)

    def _instant(self) -> Instant:
        return Instant(int(self._now()))


def _body(record: LogRecord) -> RecordBody:
    told = record.happening
    return RecordBody(
        sequence=record.sequence,
        hash=record.hash,
        at=told.at,
        kind=told.kind,
        who=told.who,
        login=told.login,
        origin=told.origin,
        subject=told.subject,
        words=told.words,
        why=told.why,
        changes=told.changes,
        journal=told.journal,
    )


def _json_lines(records: list[LogRecord]) -> str:
    return "".join(f"{compact(as_json(_body(record)))}\n" for record in records)


def _asked(request: WebRequest) -> list[tuple[str, str]]:
    named = ((name.decode("utf-8", "replace"), values) for name, values in sorted(request.args.items()))
    return [(name, json.dumps(value.decode("utf-8", "replace"))) for name, values in named for value in values]


def _argument(request: WebRequest, name: str) -> str:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else ""


def _bad(request: WebRequest, message: str) -> bytes:
    return problem_answer(request, 400, "bad-argument", message)


def _unreadable(failure: Failure, request: WebRequest) -> bytes:
    error = failure.value
    if not isinstance(error, StationError):
        failure.raiseException()
        raise AssertionError("a failure raises")
    return problem_answer(request, 503, error.code, str(error))
