"""`/api/v1/second-factor`: how somebody gets a second factor, and how others take it from him.

He shows his password for it, whether or not he is logged in: a role that must have a second factor lets nobody in
without one. A secret is told once, and recovery codes once. Who has lost both asks whoever manages accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.audit.second_factors import SecondFactorBook
from stationmaster.hub.audit.totp import Invitation
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.people.request_reading import LARGEST_BODY, TooLarge, body_of, read_texts
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account
from stationmaster_people.doorway import Doorway
from stationmaster_people.logins import Login, Logins
from stationmaster_people.ways import browser_of
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["FactorBody", "FactorsBody", "RecoveryBody", "SecondFactorApi"]

_LOG = get_logger("security")

_STATUS = {
    "code-refused": 422,
    "key-file": 503,
    "no-such-factor": 404,
    "not-invited": 409,
    "not-yourself": 403,
    "second-factor-there": 409,
    "store-down": 503,
}
_LATER = ("login-too-often", "logins-busy", "store-down")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryBody:
    """Codes that count once each in place of the phone; they are told once."""

    recovery: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorBody:
    """Whether somebody has a second factor: since when (seconds since 1970; None: he has none), and how many codes.

    `required`: one of his roles must have one.
    """

    login: str
    since: Instant | None
    required: bool
    recovery_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsBody:
    """Everybody who has an account."""

    factors: tuple[FactorBody, ...]


class SecondFactorApi:
    """The routes.

    Args:
        book: the second factors.
        logins: checks passwords.
        doorway: by which a request comes.
        askers: who may.
        accounts: all that there are, by login.
        face: where the routes go.

    """

    def __init__(
        self,
        *,
        book: SecondFactorBook,
        logins: Logins,
        doorway: Doorway,
        askers: Askers,
        accounts: Callable[[], Mapping[str, Account]],
        face: Face,
    ) -> None:
        self._book = book
        self._logins = logins
        self._doorway = doorway
        self._askers = askers
        self._accounts = accounts
        route = face.app.route
        route("/api/v1/second-factor", methods=["POST"], endpoint="factor-invite")(self._invite)
        route("/api/v1/second-factor/confirmation", methods=["POST"], endpoint="factor-confirm")(self._confirm)
        route("/api/v1/second-factors", methods=["GET"], endpoint="factors")(self._all)
        route("/api/v1/second-factors/<login>", methods=["DELETE"], endpoint="factor-reset")(self._reset)

    def _invite(self, request: WebRequest) -> bytes | Deferred[bytes]:
        def invited(login: Login, _: Mapping[str, str]) -> bytes:
            made: Invitation = self._book.invite(login.id)
            return json_answer(request, as_json(made))

        return self._with_password(request, (), invited)

    def _confirm(self, request: WebRequest) -> bytes | Deferred[bytes]:
        def confirmed(login: Login, words: Mapping[str, str]) -> Deferred[bytes]:
            def told(codes: tuple[str, ...]) -> bytes:
                self._askers.record("second-factor-made", request, login.name, login=login.id)
                return json_answer(request, as_json(RecoveryBody(recovery=codes)))

            return self._book.confirm(login.id, words["code"]).addCallback(told)

        return self._with_password(request, ("code",), confirmed)

    def _with_password(
        self, request: WebRequest, more: tuple[str, ...], then: Callable[[Login, Mapping[str, str]], Any]
    ) -> bytes | Deferred[bytes]:
        """Do something for who shows his password."""
        try:
            self._doorway.check_page(request)
        except StationError as error:
            return refusal(request, error)
        faults = Faults()
        try:
            words = read_texts(body_of(request), "login", ("login", "password", *more), (), faults)
        except TooLarge:
            return problem_answer(request, 413, "login-too-large", f"It is larger than {LARGEST_BODY} bytes.")
        if len(faults):
            return problem_answer(request, 400, "bad-login", "It cannot be read.", faults=told_faults(faults))
        name = words["login"]
        done: Deferred[Any] = self._logins.check(name, words["password"], browser_of(request))
        done.addCallback(lambda login: then(login, words))
        return done.addErrback(self._refused, request, name)

    def _all(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "factors")
        except StationError as error:
            return refusal(request, error)
        found = tuple(self._told(account) for _, account in sorted(self._accounts().items()))
        return json_answer(request, as_json(FactorsBody(factors=found)))

    def _told(self, account: Account) -> FactorBody:
        factor = self._book.find(account.id)
        return FactorBody(
            login=account.id,
            since=None if factor is None else factor.made,
            required=self._book.required(account),
            recovery_left=0 if factor is None else len(factor.recovery),
        )

    def _reset(self, request: WebRequest, login: str) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "resetFactor")
            if asker.login == login:
                raise StationError("not-yourself", "Nobody resets his own second factor.", "Have another do it.")
        except StationError as error:
            return self._problem(request, error)

        def reset(had: bool) -> bytes:
            if not had:
                return problem_answer(request, 404, "no-such-factor", f"{login:.40} has no second factor.")
            self._askers.record("second-factor-reset", request, asker.name, login=asker.login, of=login)
            return json_answer(request, {"login": login})

        done: Deferred[Any] = self._book.reset(login).addCallback(reset)
        return done.addErrback(self._refused, request, asker.login)

    def _refused(self, failure: Failure, request: WebRequest, login: str) -> bytes:
        error = failure.value
        if not isinstance(error, StationError):
            _LOG.error("second-factor-not-answered", problem=repr(failure.type), todo="report this to the maker")
            return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")
        self._askers.record(error.code, request, "", login=login[:64], operation="second factor")
        if error.code in _LATER:
            request.setHeader(b"Retry-After", b"5")
        return self._problem(request, error)

    def _problem(self, request: WebRequest, error: StationError) -> bytes:
        status = _STATUS.get(error.code)
        if status is None:
            return refusal(request, error)
        return problem_answer(request, status, error.code, error.message, error.hint)
