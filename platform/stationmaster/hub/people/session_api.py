"""`/api/v1/session`: logging in and out, one's own password; `/api/v1/sessions`: who is logged in where.

A login is checked away from the reactor and takes as long for a name that there is not. What comes of it is a cookie
that no script can read, and a proof that the page keeps and sends with all that is more than to look. Nothing that a
browser brings is taken over as a session, and the one that was there before ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.people.account_changes import AccountChanges
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.people.hooks import SecondFactors
from stationmaster.hub.people.one_time import OneTimePasswords
from stationmaster.hub.people.permits import SECURITY, names_permitted
from stationmaster.hub.people.person_bodies import PersonBody, SessionBody, SessionInfo, SessionsBody
from stationmaster.hub.people.request_reading import LARGEST_BODY, TooLarge, body_of, read_texts
from stationmaster.hub.people.separation import Separation
from stationmaster.hub.people.session_rows import SessionRows
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account, Role
from stationmaster_people.doorway import Doorway
from stationmaster_people.logins import Login, Logins
from stationmaster_people.passwords import LEAST, MOST, password_fault
from stationmaster_people.sessions import Session, Sessions
from stationmaster_people.ways import browser_of, header_of, same_origin, way_of
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["SessionApi", "SessionParts"]

_LOG = get_logger("sessions")

_LONGEST_LOGIN = 64
_LONGEST_PROGRAM = 200
_RETRY_S = b"5"
_ID = 32
"""Hexadecimal digits of a session's key by which it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What the routes are made of; `ready`: whether it is known yet who there is; `new`: whether somebody
    has to choose a password.
    """

    askers: Askers
    sessions: Sessions
    logins: Logins
    doorway: Doorway
    rows: SessionRows
    one_time: OneTimePasswords
    separation: Separation
    changes: AccountChanges
    second: SecondFactors
    accounts: Callable[[], Mapping[str, Account]]
    ready: Callable[[], bool]
    new: Callable[[Login], bool]


class SessionApi:
    """The routes.

    Args:
        parts: what they are made of.
        face: where they go.

    """

    def __init__(self, parts: SessionParts, face: Face) -> None:
        self._parts = parts
        route = face.app.route
        route("/api/v1/session", methods=["GET"], endpoint="session")(self._get)
        route("/api/v1/session", methods=["POST"], endpoint="session log in")(self._log_in)
        route("/api/v1/session", methods=["PUT"], endpoint="session still here")(self._still_here)
        route("/api/v1/session", methods=["DELETE"], endpoint="session log out")(self._log_out)
        route("/api/v1/session/password", methods=["PUT"], endpoint="session password")(self._change_password)
        route("/api/v1/sessions", methods=["GET"], endpoint="sessions")(self._all)
        route("/api/v1/sessions/<name>", methods=["DELETE"], endpoint="sessions end")(self._end)

    def _get(self, request: WebRequest) -> bytes:
        if not self._parts.ready():
            return _starting(request)
        session = self._parts.doorway.session(request) if same_origin(request) else None
        return self._told(request, session)

    def _log_in(self, request: WebRequest) -> bytes | Deferred[bytes]:
        parts = self._parts
        try:
            parts.doorway.check_page(request)
        except StationError as error:
            parts.askers.record(error.code, request, "", operation="logIn")
            return refusal(request, error)
        if not parts.ready():
            return _starting(request)
        words = self._read(request, "login", ("login", "password"), ("code",))
        if isinstance(words, bytes):
            return words
        login, address = words["login"][:_LONGEST_LOGIN], browser_of(request)
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        checking = parts.logins.check(login, words["password"], address, self._second(words.get("code", "")))
        done: Deferred[Any] = checking.addCallbacks(
            lambda known: b"" if gone else self._let_in(request, known),
            lambda failure: self._not_let_in(request, login, failure),
        )
        return done.addErrback(_failed, request)

    def _let_in(self, request: WebRequest, login: Login) -> Deferred[bytes]:
        parts = self._parts
        parts.sessions.close(parts.doorway.secret(request))
        session = self._begin(request, login)
        parts.askers.record("login", request, login.name, login=login.id, way=way_of(request).value)
        return parts.rows.settled().addCallback(lambda _: self._told(request, session))

    def _begin(self, request: WebRequest, login: Login) -> Session:
        program = header_of(request, "user-agent")[:_LONGEST_PROGRAM]
        opened = self._parts.sessions.open(login, address=browser_of(request), program=program)
        self._parts.doorway.give(request, opened.secret)
        return opened.session

    def _not_let_in(self, request: WebRequest, login: str, failure: Failure) -> bytes:
        error = failure.value
        if not isinstance(error, StationError):
            failure.raiseException()
        self._parts.askers.record(error.code, request, "", login=login)
        if error.code in ("login-too-often", "logins-busy"):
            request.setHeader(b"Retry-After", _RETRY_S)
        return refusal(request, error)

    def _second(self, code: str) -> Callable[[Account], None]:
        """What a login has to show besides the password."""
        second = self._parts.second

        def check(account: Account) -> None:
            if not second.needed(account):
                return
            if not code:
                raise StationError("code-needed", "A code is needed besides the password.", "Send it as code.")
            if not second.check(account, code):
                raise StationError("login-refused", "The code does not fit.", "Try the next one.")

        return check

    def _still_here(self, request: WebRequest) -> bytes:
        """The person has done something at his page that the hub sees nothing of; the permit has taken note of it."""
        try:
            self._parts.askers.permit(request, "stillHere")
        except StationError as error:
            return refusal(request, error)
        return self._told(request, self._parts.doorway.session(request))

    def _log_out(self, request: WebRequest) -> bytes | Deferred[bytes]:
        parts = self._parts
        try:
            asker = parts.askers.permit(request, "logOut")
        except StationError as error:
            return refusal(request, error)
        if asker.session:
            parts.sessions.close(parts.doorway.secret(request))
            parts.doorway.give(request, "")
        return parts.rows.settled().addCallback(lambda _: self._told(request, None))

    # One's own password.

    def _change_password(self, request: WebRequest) -> bytes | Deferred[bytes]:
        parts = self._parts
        try:
            asker = parts.askers.permit(request, "changePassword")
            _check_person(asker)
        except StationError as error:
            return refusal(request, error)
        words = self._read(request, "password", ("old", "new"), ())
        if isinstance(words, bytes):
            return words
        old, new = words["old"], words["new"]
        fault = "is the one that there is" if old == new else password_fault(new, asker.login)
        if fault:
            faults = Faults()
            faults.add("password", "new", fault, f"{LEAST} to {MOST} characters that nobody guesses")
            return problem_answer(
                request, 400, "bad-password", "The password cannot be so.", faults=told_faults(faults)
            )
        checking: Deferred[Any] = parts.logins.check(asker.login, old, browser_of(request))
        checking.addCallback(lambda _: parts.changes.password(asker, new))
        checking.addCallbacks(
            lambda account: self._changed_password(request, asker, account),
            lambda failure: self._not_changed(request, asker, failure),
        )
        return checking.addErrback(_failed, request)

    def _changed_password(self, request: WebRequest, asker: Asker, account: Account) -> Deferred[bytes]:
        """All his sessions are over, since the account is another; the page that asked goes on with a new one."""
        self._parts.sessions.sweep()
        session = self._begin(request, Login(id=account.id, name=account.name, roles=account.roles))
        self._parts.askers.record("password-changed", request, asker.name, login=asker.login)
        return self._parts.rows.settled().addCallback(lambda _: self._told(request, session))

    def _not_changed(self, request: WebRequest, asker: Asker, failure: Failure) -> bytes:
        error = failure.value
        if not isinstance(error, StationError):
            failure.raiseException()
        if error.code == "login-refused":
            self._parts.askers.record("password-refused", request, asker.name, login=asker.login)
            return problem_answer(request, 409, "password-wrong", "The old password is not this one.", "Try again.")
        if error.code in ("login-too-often", "logins-busy"):
            request.setHeader(b"Retry-After", _RETRY_S)
            return refusal(request, error)
        return self._parts.changes.refused(request, error)

    # Everyone's sessions.

    def _all(self, request: WebRequest) -> bytes:
        try:
            asker = self._parts.askers.permit(request, "sessions")
        except StationError as error:
            return refusal(request, error)
        accounts = self._parts.accounts()
        found = tuple(
            SessionInfo(
                id=held.key[:_ID],
                login=held.login,
                name=accounts[held.login].name,
                begun=self._parts.rows.wall_of(held.begun),
                used=self._parts.rows.wall_of(held.used),
                address=held.address,
                program=held.program,
                mine=held.key == asker.session,
            )
            for held in self._parts.sessions.all()
            if held.login == asker.login or asker.may(*SECURITY)
        )
        return json_answer(request, as_json(SessionsBody(sessions=found)))

    def _end(self, request: WebRequest, name: str) -> bytes | Deferred[bytes]:
        parts = self._parts
        try:
            asker = parts.askers.permit(request, "endSession")
        except StationError as error:
            return refusal(request, error)
        for held in parts.sessions.all():
            if held.key[:_ID] == name and (held.login == asker.login or asker.may(*SECURITY)):
                parts.sessions.end(held.key, f"ended by {asker.name}")
                return parts.rows.settled().addCallback(lambda _: self._all(request))
        return problem_answer(request, 404, "no-such-session", f"There is no session {name:.40}, or no more.")

    # What is told.

    def _told(self, request: WebRequest, session: Session | None) -> bytes:
        parts = self._parts
        person, left, roles = None, None, frozenset[Role]()
        if session is not None:
            login = session.login
            roles = frozenset(parts.separation.roles(login.roles))
            person = PersonBody(
                login=login.id,
                name=login.name,
                roles=tuple(sorted(role.value for role in roles)),
                change_password=parts.new(login),
            )
            left = parts.sessions.until(session.key)
        body = SessionBody(
            person=person,
            proof="" if session is None else session.proof,
            way=way_of(request).value,
            way_good=parts.doorway.encrypted(request),
            ends_in_s=None if left is None else max(0, int(left)),
            apart=parts.separation.apart,
            permits=names_permitted(roles) if roles else (),
        )
        return json_answer(request, as_json(body))

    def _read(
        self, request: WebRequest, what: str, needed: tuple[str, ...], more: tuple[str, ...]
    ) -> dict[str, str] | bytes:
        faults = Faults()
        try:
            words = read_texts(body_of(request), what, needed, more, faults)
        except TooLarge:
            return problem_answer(request, 413, "login-too-large", f"It is larger than {LARGEST_BODY} bytes.")
        if len(faults):
            return problem_answer(request, 400, "bad-login", "It cannot be read.", faults=told_faults(faults))
        return words


def _check_person(asker: Asker) -> None:
    if not asker.login:
        raise StationError("not-a-person", "A token has no password.", "Log in with an account.")


def _starting(request: WebRequest) -> bytes:
    request.setHeader(b"Retry-After", b"1")
    return problem_answer(
        request, 503, "hub-starting", "The hub does not know yet who there is.", "Ask again in a moment."
    )


def _failed(failure: Failure, request: WebRequest) -> bytes:
    _LOG.error("session-not-answered", problem=repr(failure.type), todo="report this to the maker")
    return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")
