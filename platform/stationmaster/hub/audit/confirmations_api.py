"""`/api/v1/confirmations`: what waits for a second person, and how he confirms or refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.audit.confirmations import ConfirmationBody, ConfirmationBook, ConfirmationState, Wanted
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = [
    "LARGEST_BODY",
    "ConfirmationsApi",
    "ConfirmationsBody",
    "DecidedBody",
]

_LOG = get_logger("security")

LARGEST_BODY = 1000
"""Bytes of a decision."""

_STATUS = {
    "confirmation-differs": 409,
    "no-such-confirmation": 404,
    "not-a-person": 403,
    "not-waiting": 409,
    "not-yourself": 403,
    "store-down": 503,
    "too-many": 429,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationsBody:
    """All that wait, and what became of the last ones, the oldest first."""

    now: Instant
    confirmations: tuple[ConfirmationBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBody:
    """A request after the decision. When it was confirmed: with what it was answered (a status of HTTP), and words."""

    confirmation: ConfirmationBody
    status: int | None
    message: str


class ConfirmationsApi:
    """The routes, and what other routes ask first.

    Args:
        book: the requests.
        now: station time.

    """

    def __init__(self, book: ConfirmationBook, now: Callable[[], float]) -> None:
        self._book = book
        self._askers = Askers()
        self._now = now

    def install(self, face: Face, askers: Askers) -> None:
        """Add the routes; `askers` says who may."""
        self._askers = askers
        face.app.route("/api/v1/confirmations", methods=["GET"], endpoint="confirmations")(self._all)
        face.app.route("/api/v1/confirmations/<path:item>", methods=["POST"], endpoint="confirm")(self._decide)

    def held(self, request: WebRequest, asker: Asker, wanted: Wanted) -> bytes | None:
        """What answers who wants something done that needs two persons; None: it may be done."""
        try:
            known = self._book.ask(asker, wanted)
        except StationError as error:
            return problem_answer(request, _STATUS[error.code], error.code, error.message, error.hint)
        if known is None:
            return None
        if known.state in (ConfirmationState.WAITING, ConfirmationState.CONFIRMED):
            outcome = self._book.outcome(wanted.id)
            if outcome is not None:
                answer: bytes = outcome(request)
                return answer
            message = "It waits until another person confirms it. Send it again, with the same id, to hear of it."
            return json_answer(request, {"id": known.id, "waits": True, "message": message}, 202)
        return problem_answer(request, 409, "not-confirmed", f"It was not confirmed: {known.state}.", "Ask anew.")

    def _all(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "confirmations")
        except StationError as error:
            return refusal(request, error)
        told = tuple(self._book.told(each) for each in self._book.all())
        return json_answer(request, as_json(ConfirmationsBody(now=Instant(int(self._now())), confirmations=told)))

    def _decide(self, request: WebRequest, item: str) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "decideConfirmation")
        except StationError as error:
            return refusal(request, error)
        faults = Faults()
        confirm = _read(request.content.read(LARGEST_BODY + 1), faults)
        if confirm is None:
            told = told_faults(faults)
            return problem_answer(request, 400, "bad-decision", "The decision cannot be read.", faults=told)
        try:
            done = self._book.decide(item, asker, confirm=confirm)
        except StationError as error:
            return self._problem(request, error)
        if done is None:
            return self._decided(request, item, None)
        return done.addCallback(lambda outcome: self._decided(request, item, outcome)).addErrback(_failed, request)

    def _decided(self, request: WebRequest, item: str, outcome: Any) -> bytes:
        known = next(each for each in self._book.all() if each.id == item)
        status, message = (None, "") if outcome is None else _heard(outcome)
        body = DecidedBody(confirmation=self._book.told(known), status=status, message=message)
        return json_answer(request, as_json(body))

    def _problem(self, request: WebRequest, error: StationError) -> bytes:
        status = _STATUS.get(error.code)
        if status is None:
            return refusal(request, error)
        return problem_answer(request, status, error.code, error.message, error.hint)


class _Heard:
    """Stands in for the request of who asked: what would be answered to him is told to who confirmed."""

    def __init__(self) -> None:
        self.code = 200

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:  # noqa: N802 - Twisted's name
        del message
        self.code = code

    def setHeader(self, name: Any, value: Any) -> None:  # noqa: N802 - Twisted's name
        """Nobody reads it."""


def _heard(outcome: Callable[[Any], bytes]) -> tuple[int, str]:
    heard = _Heard()
    plain = json.loads(outcome(heard))
    return heard.code, str(plain.get("message", "")) if heard.code >= 400 else ""


def _read(body: bytes, faults: Faults) -> bool | None:
    try:
        plain = plain_json(body) if len(body) <= LARGEST_BODY else None
    except ValueError as error:
        faults.add("decision", "body", f"is not JSON: {error}", '{"confirm": true} or {"confirm": false}')
        return None
    if not isinstance(plain, dict) or plain.keys() != {"confirm"} or not isinstance(plain["confirm"], bool):
        faults.add("decision", "body", "is no decision", '{"confirm": true} or {"confirm": false}')
        return None
    return plain["confirm"]


def _failed(failure: Failure, request: WebRequest) -> bytes:
    _LOG.error("confirmation-not-answered", problem=failure.getTraceback(), todo="report this to the maker")
    return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")
