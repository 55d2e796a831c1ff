"""`/api/v1/accounts`: who may log in at the pages of hub and subsystems.

`GET` lists them without their verifiers; `PUT` makes or changes one, `DELETE` takes one away. Whoever manages accounts
does it on the hub's own machine or over an encrypted connection, since passwords go over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster.hub.people.account_changes import AccountChanges
from stationmaster.hub.people.account_reading import AccountRequest, read_account
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.people.one_time import OneTimePasswords
from stationmaster.hub.people.request_reading import LARGEST_BODY, TooLarge, body_of
from stationmaster.hub.people.separation import Separation
from stationmaster.hub.web.bodies import told_faults
from stationmaster.hub.web.preconditions import check_match, tag
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["AccountsApi"]

_LOG = get_logger("accounts")


class AccountsApi:
    """The routes.

    Args:
        accounts: those that there are, by login.
        changes: where changes go.
        askers: who may change them.
        separation: which roles go together.
        one_time: whose password is one that he was given.
        face: where the routes go.

    """

    def __init__(
        self,
        *,
        accounts: Callable[[], Mapping[str, Account]],
        changes: AccountChanges,
        askers: Askers,
        separation: Separation,
        one_time: OneTimePasswords,
        face: Face,
    ) -> None:
        self._accounts = accounts
        self._changes = changes
        self._askers = askers
        self._separation = separation
        self._one_time = one_time
        face.app.route("/api/v1/accounts", methods=["GET"], endpoint="accounts")(self._get)
        face.app.route("/api/v1/accounts/<login>", methods=["PUT"], endpoint="accounts put")(self._put)
        face.app.route("/api/v1/accounts/<login>", methods=["DELETE"], endpoint="accounts delete")(self._delete)

    def _get(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "accounts")
        except StationError as error:
            return refusal(request, error)
        accounts: JsonValue = [self._told(account) for _, account in sorted(self._accounts().items())]
        return json_answer(request, {"accounts": accounts})

    def _put(self, request: WebRequest, login: str) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "putAccount")
        except StationError as error:
            return refusal(request, error)
        before = self._accounts().get(login)
        faults = Faults()
        try:
            asked = read_account(body_of(request), login, new=before is None, faults=faults)
        except TooLarge:
            return problem_answer(request, 413, "account-too-large", f"It is larger than {LARGEST_BODY} bytes.")
        if list(faults):
            return problem_answer(request, 400, "bad-account", "The account cannot be so.", faults=told_faults(faults))
        try:
            self._changes.check_store()
            check_match(request, None if before is None else before.revision, f"Account {login}")
            self._check_name(login, asked)
            self._separation.check(asker.login, before, asked.account(login, before, ""))
        except StationError as error:
            return self._refused(request, asker, login, error)
        done: Deferred[Any] = self._verifier(asked, before)
        done.addCallback(lambda verifier: self._make(asker, login, asked, before, verifier))
        done.addCallbacks(
            lambda account: self._made(request, account, new=before is None),
            lambda failure: self._failed(request, asker, login, failure),
        )
        return done.addErrback(_broken, request)

    def _delete(self, request: WebRequest, login: str) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "deleteAccount")
        except StationError as error:
            return refusal(request, error)
        try:
            self._changes.check_store()
            before = self._accounts().get(login)
            check_match(request, None if before is None else before.revision, f"Account {login}")
            self._separation.check(asker.login, before, None)
        except StationError as error:
            return self._refused(request, asker, login, error)
        done: Deferred[Any] = self._changes.drop(asker.name, login)
        done.addCallbacks(
            lambda _: json_answer(request, {"account": None}),
            lambda failure: self._failed(request, asker, login, failure),
        )
        return done.addErrback(_broken, request)

    def _verifier(self, asked: AccountRequest, before: Account | None) -> Deferred[Any]:
        """What is to be kept of the password that is to hold."""
        if asked.password is not None:
            return self._changes.verifier(asked.password)
        return succeed("" if before is None else before.verifier)

    def _make(
        self, asker: Asker, login: str, asked: AccountRequest, before: Account | None, verifier: str
    ) -> Deferred[Account]:
        account = asked.account(login, before, verifier)
        ready: Deferred[Any] = self._one_time.put(login, verifier) if asked.one_time else succeed(None)
        known = 0 if before is None else before.revision
        return ready.addCallback(lambda _: self._changes.put(asker.name, account, known))

    def _made(self, request: WebRequest, account: Account, *, new: bool) -> bytes:
        request.setHeader(b"ETag", tag(account.revision))
        return json_answer(request, {"account": self._told(account)}, 201 if new else 200)

    def _check_name(self, login: str, asked: AccountRequest) -> None:
        """See to it that it can be told of everything who did it: acts are known by names.

        Raises:
            StationError: `name-used`.

        """
        others = {account.name for account in self._accounts().values() if account.id != login}
        if asked.name is not None and (asked.name in others or asked.name in self._askers.names):
            raise StationError(
                "name-used", f"Somebody else is called {asked.name}.", "Add what tells one from the other."
            )

    def _failed(self, request: WebRequest, asker: Asker, login: str, failure: Failure) -> bytes:
        error = failure.value
        if not isinstance(error, StationError):
            failure.raiseException()
        return self._refused(request, asker, login, error)

    def _refused(self, request: WebRequest, asker: Asker, login: str, error: StationError) -> bytes:
        self._askers.record("account-refused", request, asker.name, login=login, why=error.code)
        return self._changes.refused(request, error)

    def _told(self, account: Account) -> JsonValue:
        """An account as it is shown: never with its verifier."""
        return {
            "login": account.id,
            "name": account.name,
            "roles": [role.value for role in account.roles],
            "subsystems": list(account.subsystems),
            "locked": account.locked,
            "one_time": self._one_time.has(account),
            "revision": account.revision,
        }


def _broken(failure: Failure, request: WebRequest) -> bytes:
    _LOG.error("account-not-answered", problem=repr(failure.type), todo="report this to the maker")
    return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")
