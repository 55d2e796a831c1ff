"""The one way in which accounts are changed from here: through the journal, with refusals as errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred, fail

from stationmaster.hub.batch import QUARANTINED
from stationmaster.hub.people.askers import Asker
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account
from stationmaster_kernel.inputs import DropAccount, PutAccount
from stationmaster_people.passwords import made_verifier
from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["AccountChanges"]

_STATUS: Mapping[str, int] = {
    "account-impossible": 422,
    "account-unknown": 404,
    "kernel-failed": 500,
    "not-as-seen": 412,
    "not-yourself": 403,
    "store-down": 503,
}
"""What a refusal is answered with; all others are 409."""


class AccountChanges:
    """Args:
    pipeline: where changes go.
    accounts: those that there are, by login.
    now: station time.
    in_thread: where verifiers are made.
    boot: makes the ids of this process's inputs unique.

    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        accounts: Callable[[], Mapping[str, Account]],
        now: Callable[[], float],
        in_thread: InThread,
        boot: str,
    ) -> None:
        self._pipeline = pipeline
        self._accounts = accounts
        self._now = now
        self._in_thread = in_thread
        self._boot = boot
        self._count = 0

    def verifier(self, password: str) -> Deferred[str]:
        """What is kept of a password."""
        return self._in_thread(lambda: made_verifier(password))

    def check_store(self) -> None:
        """See to it that something can be changed now.

        Raises:
            StationError: `store-down`.

        """
        if self._pipeline.trouble:
            raise StationError("store-down", self._pipeline.trouble, "Try again in a while.")

    def put(self, by: str, account: Account, known: int | None) -> Deferred[Account]:
        """Make or change an account; fires with it when it is in the journal.

        Fails with a `StationError`: the kernel's refusals.
        """
        given = PutAccount(id=self._next_id(), at=Instant(int(self._now())), by=by, account=account, known=known)
        done: Deferred[Any] = self._pipeline.put(given)
        return done.addCallback(_check).addCallback(lambda _: self._accounts()[account.id])

    def drop(self, by: str, login: str) -> Deferred[None]:
        """Take an account away; fires when that is in the journal.

        Fails with a `StationError`: the kernel's refusals.
        """
        done: Deferred[Any] = self._pipeline.put(
            DropAccount(id=self._next_id(), at=Instant(int(self._now())), by=by, account=login)
        )
        return done.addCallback(_check)

    def password(self, asker: Asker, new: str) -> Deferred[Account]:
        """Give somebody another password of his own; fires with his account.

        Fails with a `StationError`: `store-down`, or the kernel's refusals.
        """
        try:
            self.check_store()
        except StationError as error:
            return fail(error)
        before = self._accounts()[asker.login]
        made: Deferred[Any] = self.verifier(new)
        return made.addCallback(
            lambda verifier: self.put(asker.name, replace(before, verifier=verifier), before.revision)
        )

    @staticmethod
    def refused(request: WebRequest, error: StationError) -> bytes:
        """The answer to a change that is not made."""
        status = _STATUS.get(error.code, 409)
        if status == 503:
            request.setHeader(b"Retry-After", b"5")
        return problem_answer(request, status, error.code, error.message, error.hint)

    def _next_id(self) -> str:
        self._count += 1
        return f"account/{self._boot}/{self._count}"


def _check(committed: Committed | None) -> None:
    if committed is None or not committed.refused:
        return
    notes = committed.stored.changes.notes
    detail = {key: value for note in notes if note.code == QUARANTINED for key, value in note.detail}
    raise StationError(detail.get("reason", QUARANTINED), detail.get("message", ""), detail.get("hint", ""))
