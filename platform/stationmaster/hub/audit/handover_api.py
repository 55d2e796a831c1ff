"""`/api/v1/handover`: the sheet of a change of shift as it would be now, and those that were signed.

Who goes signs the sheet with his notes; who comes has logged in under his own name and takes over. A signed sheet is
kept as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.handover_book import Handover, HandoverBook, Signature
from stationmaster.hub.audit.handover_sheet import HandoverSheet
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "LONGEST_NOTES", "HandoverApi", "HandoverBody", "HandoversBody", "NowBody"]

_LOG = get_logger("handover")

LARGEST_BODY = 40_000
"""Bytes of one request."""

LONGEST_NOTES = 10_000
"""Characters of what who goes has to say."""

SHIFT_S = 12 * 60 * MINUTE
"""So far back acts are told where no sheet was signed before."""

MOST_SHEETS = 50

_LAST = 10**9
"""No sheet has a higher number."""

_STATUS = {"no-such-sheet": 404, "not-a-person": 403, "not-yourself": 403, "sheet-taken": 409, "store-down": 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class NowBody:
    """The sheet as it would be now; `last` is the newest that was signed, `open` whether nobody has taken over yet."""

    now: Instant
    sheet: HandoverSheet
    last: Handover | None
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverBody:
    """One signed sheet."""

    now: Instant
    handover: Handover


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoversBody:
    """Signed sheets, the newest first; `next` is where the next page begins."""

    now: Instant
    handovers: tuple[Handover, ...]
    next: int | None


class HandoverApi:
    """The routes.

    Args:
        book: the sheets.
        make: makes a sheet of this moment: acts since when.
        log: where signatures are recorded.
        askers: who may.
        face: where the routes go.
        now: station time.

    """

    def __init__(
        self,
        *,
        book: HandoverBook,
        make: Callable[[Instant], HandoverSheet],
        log: AuditLog,
        askers: Askers,
        face: Face,
        now: Callable[[], float],
    ) -> None:
        self._book = book
        self._make = make
        self._log = log
        self._askers = askers
        self._now = now
        route = face.app.route
        route("/api/v1/handover", methods=["GET"], endpoint="handover")(self._get)
        route("/api/v1/handover", methods=["POST"], endpoint="handover give")(self._give)
        route("/api/v1/handovers", methods=["GET"], endpoint="handovers")(self._all)
        route("/api/v1/handovers/<int:number>", methods=["GET"], endpoint="handover one")(self._one)
        route("/api/v1/handovers/<int:number>/signature", methods=["POST"], endpoint="handover take")(self._take)

    def _get(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            self._askers.permit(request, "handover")
        except StationError as error:
            return refusal(request, error)

        def told(last: Handover | None) -> bytes:
            body = NowBody(
                now=self._instant(),
                sheet=self._make(self._since(last)),
                last=last,
                open=last is not None and last.come is None,
            )
            return json_answer(request, as_json(body))

        return self._answered(self._book.last(), told, request)

    def _give(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            asker = self._person(request, "giveHandover")
        except StationError as error:
            return self._problem(request, error)
        body = request.content.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            return problem_answer(request, 413, "notes-too-long", f"They are larger than {LARGEST_BODY} bytes.")
        faults = Faults()
        notes = _notes(body, faults)
        if notes is None:
            return problem_answer(request, 400, "bad-notes", "They cannot be read.", faults=told_faults(faults))

        def give(last: Handover | None) -> Deferred[Handover]:
            return self._book.give(self._make(self._since(last)), notes, self._signature(asker))

        return self._answered(
            self._book.last().addCallback(give),
            lambda made: self._signed(request, made, "handover-given", asker),
            request,
        )

    def _take(self, request: WebRequest, number: int) -> bytes | Deferred[bytes]:
        try:
            asker = self._person(request, "takeHandover")
        except StationError as error:
            return self._problem(request, error)
        if number > _LAST:
            return problem_answer(request, 404, "no-such-sheet", "There is no such sheet.")
        return self._answered(
            self._book.take(number, self._signature(asker)),
            lambda taken: self._signed(request, taken, "handover-taken", asker),
            request,
        )

    def _signed(self, request: WebRequest, handover: Handover, kind: str, asker: Asker) -> bytes:
        self._log.record(
            kind, who=asker.name, login=asker.login, subject=f"handover {handover.id}", words=handover.notes
        )
        return json_answer(request, as_json(HandoverBody(now=self._instant(), handover=handover)))

    def _all(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            self._askers.permit(request, "handovers")
        except StationError as error:
            return refusal(request, error)
        given = request.args.get(b"before", [b""])[0].decode("utf-8", "replace")
        if given and not (given.isascii() and given.isdecimal() and len(given) < 10):
            return problem_answer(request, 400, "bad-argument", f"before={given!r:.40} is not possible.")

        def told(found: list[Handover]) -> bytes:
            after = found[-1].id if len(found) == MOST_SHEETS else None
            body = HandoversBody(now=self._instant(), handovers=tuple(found), next=after)
            return json_answer(request, as_json(body))

        return self._answered(self._book.page(int(given) if given else None, MOST_SHEETS), told, request)

    def _one(self, request: WebRequest, number: int) -> bytes | Deferred[bytes]:
        try:
            self._askers.permit(request, "handoverSheet")
        except StationError as error:
            return refusal(request, error)
        if number > _LAST:
            return problem_answer(request, 404, "no-such-sheet", "There is no such sheet.")

        def told(found: Handover | None) -> bytes:
            if found is None:
                return problem_answer(request, 404, "no-such-sheet", f"There is no sheet {number}.")
            return json_answer(request, as_json(HandoverBody(now=self._instant(), handover=found)))

        return self._answered(self._book.find(number), told, request)

    def _answered(self, done: Deferred[Any], told: Callable[[Any], bytes], request: WebRequest) -> Deferred[bytes]:
        return done.addCallback(told).addErrback(self._failed, request)

    def _person(self, request: WebRequest, operation: str) -> Asker:
        asker = self._askers.permit(request, operation)
        if not asker.login:
            raise StationError("not-a-person", "A token signs nothing.", "Log in with an account.")
        return asker

    def _failed(self, failure: Failure, request: WebRequest) -> bytes:
        error = failure.value
        if isinstance(error, StationError):
            return self._problem(request, error)
        _LOG.error("handover-not-answered", problem=failure.getTraceback(), todo="report this to the maker")
        return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")

    def _problem(self, request: WebRequest, error: StationError) -> bytes:
        status = _STATUS.get(error.code)
        if status is None:
            return refusal(request, error)
        return problem_answer(request, status, error.code, error.message, error.hint)

    def _signature(self, asker: Asker) -> Signature:
        return Signature(name=asker.name, login=asker.login, at=self._instant())

    def _since(self, last: Handover | None) -> Instant:
        now = self._instant()
        return Instant(now - SHIFT_S) if last is None or last.sheet.at > now else last.sheet.at

    def _instant(self) -> Instant:
        return Instant(int(self._now()))


def _notes(body: bytes, faults: Faults) -> str | None:
    try:
        plain = plain_json(body)
    except ValueError as error:
        faults.add("handover", "body", f"is not JSON: {error}", '{"notes": "…"}')
        return None
    if not isinstance(plain, dict) or plain.keys() != {"notes"} or not isinstance(plain["notes"], str):
        faults.add("handover", "body", "has no notes", '{"notes": "…"}')
        return None
    notes = plain["notes"]
    if len(notes) > LONGEST_NOTES or any(0xD800 <= ord(sign) <= 0xDFFF or sign == "\0" for sign in notes):
        faults.add("handover", "notes", "are not possible", f"text of at most {LONGEST_NOTES} characters")
        return None
    return notes
