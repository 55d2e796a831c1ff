"""`/api/v1/identities`: who may connect. For operators, and on the hub's own machine alone, since answers hold secrets.

`GET` lists them. `POST` takes `{"do": "enrol", "identity": …, "kind": …}` and gives a one-time code (with `valid_s`
seconds of validity), or lets certificates in (with `"certificate": true`); `{"do": "rotate", "identity": …}` gives a
new token (with `grace_s` seconds for the one before); `{"do": "revoke", "identity": …}` ends everything at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from stationmaster.hub.open_protocol.door import GRACE_S
from stationmaster.hub.open_protocol.enrolment import CODE_S, Enrolment, IdentityInfo
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.storage.store import StoreDown
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "IdentitiesApi", "IdentitiesBody", "RevokedBody"]

_LOG = get_logger("security")

LARGEST_BODY = 10_000
LONGEST_S = 400 * 86400

_MISSING = ("no-identity",)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitiesBody:
    """Every identity, by name."""

    identities: tuple[IdentityInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedBody:
    """An identity that was revoked, and whether that ended a session."""

    identity: str
    session_ended: bool


class IdentitiesApi:
    """The routes.

    Args:
        enrolment: does what is asked.
        askers: who may ask.
        face: where the routes go.

    """

    def __init__(self, enrolment: Enrolment, askers: Askers, face: Face) -> None:
        self._enrolment = enrolment
        self._askers = askers
        face.app.route("/api/v1/identities", methods=["GET"], endpoint="identities")(self._get)
        face.app.route("/api/v1/identities", methods=["POST"], endpoint="identities-do")(self._post)

    def _get(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "identities")
        except StationError as error:
            return refusal(request, error)
        return json_answer(request, as_json(IdentitiesBody(identities=self._enrolment.all())))

    def _post(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            by = self._askers.permit(request, "doIdentity").name
        except StationError as error:
            return refusal(request, error)
        request.setHeader(b"Cache-Control", b"no-store")
        doing = self._do(request.content.read(LARGEST_BODY + 1), by)
        return doing.addCallbacks(lambda done: json_answer(request, done), lambda failure: _failed(request, failure))

    def _do(self, body: bytes, by: str) -> Deferred[Any]:
        faults = Faults()
        try:
            plain = plain_json(body) if len(body) <= LARGEST_BODY else None
        except ValueError:
            plain = None
        if not isinstance(plain, dict):
            return fail(StationError("bad-request", "This is no JSON object.", "docs/security.md says what it is."))
        asked = Table(plain, "request", faults)
        for key in (key for key, value in plain.items() if value is None):
            asked.fault(key, "is null", "a value, or nothing at all")
        what = asked.choice("do", ("enrol", "rotate", "revoke"))
        name = asked.text("identity")
        kind = asked.text("kind") if what == "enrol" else ""
        certificate = asked.flag("certificate") if what == "enrol" else False
        valid_s = asked.integer("valid_s", CODE_S, low=1, high=LONGEST_S) if what == "enrol" else 0
        grace_s = asked.integer("grace_s", GRACE_S, low=0, high=LONGEST_S) if what == "rotate" else 0
        asked.finish()
        try:
            faults.raise_if_any()
        except ConfigurationError as error:
            return fail(StationError("bad-request", str(error)))
        doing: Deferred[Any]
        if what == "revoke":
            doing = self._enrolment.revoke(name, by)
            return doing.addCallback(lambda closed: as_json(RevokedBody(identity=name, session_ended=closed)))
        if what == "rotate":
            doing = self._enrolment.rotate(name, by, grace_s)
        elif certificate:
            doing = self._enrolment.accept_certificates(name, kind, by)
        else:
            doing = self._enrolment.invite(name, kind, by, valid_s)
        return doing.addCallback(as_json)


def _failed(request: WebRequest, failure: Failure) -> bytes:
    error = failure.value
    if isinstance(error, StoreDown):
        return problem_answer(request, 503, error.code, error.message, error.hint)
    if isinstance(error, StationError):
        status = 400 if error.code.startswith("bad-") else 404 if error.code in _MISSING else 409
        return problem_answer(request, status, error.code, error.message, error.hint)
    _LOG.error("identity-not-answered", problem=failure.getTraceback())
    return problem_answer(request, 500, "hub-fault", f"The hub failed: {error!r}.", "Report this with the log.")
