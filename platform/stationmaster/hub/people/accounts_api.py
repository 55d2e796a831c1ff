"""`/api/v1/accounts`: who may log in at the pages of hub and subsystems.

`GET` lists them without their verifiers; `PUT` makes or changes one, `DELETE` takes one away. Only an operator may, and
only from the hub's own machine: a password goes over this connection, and it is not encrypted.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster.hub.batch import QUARANTINED
from stationmaster.hub.bodies import told_faults
from stationmaster.hub.people.account_reading import AccountRequest, read_account
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.view import HubView
from stationmaster.hub.writer import InThread
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account
from stationmaster_kernel.inputs import DropAccount, PutAccount
from stationmaster_people.passwords import made_verifier
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "AccountsApi"]

_LOG = get_logger("accounts")

LARGEST_BODY = 10_000
"""Bytes of one request."""

_STATUS = {"account-impossible": 422, "account-unknown": 404, "kernel-failed": 500}
"""What a refusal is answered with; all others are 409."""


class AccountsApi:
    """The routes.

    Args:
        view: the hub.
        pipeline: where changes go.
        askers: who may change them.
        face: where the routes go.
        in_thread: where verifiers are made.
        boot: makes the ids of this process's inputs unique.

    """

    def __init__(
        self,
        *,
        view: HubView,
        pipeline: Pipeline,
        askers: Askers,
        face: Face,
        in_thread: InThread,
        boot: str,
    ) -> None:
        self._view = view
        self._pipeline = pipeline
        self._askers = askers
        self._in_thread = in_thread
        self._boot = boot
        self._count = 0
        face.app.route("/api/v1/accounts", methods=["GET"], endpoint="accounts")(self._get)
        face.app.route("/api/v1/accounts/<login>", methods=["PUT"])(self._put)
        face.app.route("/api/v1/accounts/<login>", methods=["DELETE"])(self._delete)

    def _get(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "accounts")
        except StationError as error:
            return refusal(request, error)
        accounts: JsonValue = [_told(account) for _, account in sorted(self._accounts().items())]
        return json_answer(request, {"accounts": accounts})

    def _put(self, request: WebRequest, login: str) -> bytes | Deferred[bytes]:
        try:
            by = self._askers.permit(request, "putAccount").name
        except StationError as error:
            return refusal(request, error)
        if self._pipeline.trouble:
            return self._down(request)
        body = request.content.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            return problem_answer(request, 413, "account-too-large", f"It is larger than {LARGEST_BODY} bytes.")
        before = self._accounts().get(login)
        faults = Faults()
        asked = read_account(body, login, new=before is None, faults=faults)
        if list(faults):
            return _faulty(request, faults)
        return (
            self._verifier(asked, before)
            .addCallback(lambda verifier: self._pipeline.put(self._change(login, by, asked, before, verifier)))
            .addCallback(lambda committed: self._answer(request, login, committed, made=before is None))
            .addErrback(_failed, request)
        )

    def _delete(self, request: WebRequest, login: str) -> bytes | Deferred[bytes]:
        try:
            by = self._askers.permit(request, "deleteAccount").name
        except StationError as error:
            return refusal(request, error)
        if self._pipeline.trouble:
            return self._down(request)
        given = DropAccount(id=self._next_id(), at=self._now(), by=by, account=login)
        done: Deferred[Any] = self._pipeline.put(given)
        return done.addCallback(lambda committed: self._answer(request, login, committed)).addErrback(_failed, request)

    def _verifier(self, asked: AccountRequest, before: Account | None) -> Deferred[Any]:
        """What is to be kept of the password that is to hold."""
        password = asked.password
        if password is not None:
            return self._in_thread(lambda: made_verifier(password))
        return succeed("" if before is None else before.verifier)

    def _change(self, login: str, by: str, asked: AccountRequest, before: Account | None, verifier: str) -> PutAccount:
        return PutAccount(
            id=self._next_id(),
            at=self._now(),
            by=by,
            account=asked.account(login, before, verifier),
            known=0 if before is None else before.revision,
        )

    def _answer(self, request: WebRequest, login: str, committed: Committed | None, *, made: bool = False) -> bytes:
        """What is said once the change stands in the journal."""
        if committed is not None and committed.refused:
            notes = committed.stored.changes.notes
            detail = {key: value for note in notes if note.code == QUARANTINED for key, value in note.detail}
            code = detail.get("reason", QUARANTINED)
            return problem_answer(
                request, _STATUS.get(code, 409), code, detail.get("message", ""), detail.get("hint", "")
            )
        account = self._accounts().get(login)
        return json_answer(request, {"account": None if account is None else _told(account)}, 201 if made else 200)

    def _down(self, request: WebRequest) -> bytes:
        request.setHeader(b"Retry-After", b"5")
        return problem_answer(request, 503, "store-down", self._pipeline.trouble, "Try again in a while.")

    def _accounts(self) -> dict[str, Account]:
        return cast("dict[str, Account]", dict(self._view.state.records.get("account", {})))

    def _next_id(self) -> str:
        self._count += 1
        return f"account/{self._boot}/{self._count}"

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _told(account: Account) -> JsonValue:
    """An account as it is shown: never with its verifier."""
    return {
        "login": account.id,
        "name": account.name,
        "roles": [role.value for role in account.roles],
        "subsystems": list(account.subsystems),
        "locked": account.locked,
        "revision": account.revision,
    }


def _faulty(request: WebRequest, faults: Faults) -> bytes:
    return problem_answer(request, 400, "bad-account", "The account cannot be so.", faults=told_faults(faults))


def _failed(failure: Failure, request: WebRequest) -> bytes:
    _LOG.error("account-not-answered", problem=repr(failure.type), todo="report this to the maker")
    return problem_answer(request, 500, "hub-fault", "The hub failed.", "Report this with the log.")
