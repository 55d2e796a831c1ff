"""Second factors: who shows a code besides his password, and which roles have to.

In memory for answers at once, in the database for the next start; secrets lie there sealed. A step whose code was shown
is written after the answer: if the hub is killed in the milliseconds between, that code counts once more for at most a
minute and a half.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, insert, select
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.audit.sealing import Seal
from stationmaster.hub.audit.totp import Invitation, invitation, matching_step
from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.schema import SECOND_FACTOR
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account, Role
from stationmaster_people.passwords import one_time_password

__all__ = ["RECOVERY_CODES", "Factor", "SecondFactorBook"]

_LOG = get_logger("security")

RECOVERY_CODES = 10
"""Codes that somebody gets once, each of which counts once in place of his phone."""

_PATIENCE_S = 900.0
"""Seconds for which an invitation may be answered."""

_MOST_INVITED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Somebody's second factor, since `made` (seconds since 1970); `recovery` are prints of codes that still count."""

    login: str
    secret: str = field(repr=False)
    made: Instant
    step: int
    recovery: tuple[str, ...] = field(repr=False)


class SecondFactorBook:
    """Everybody's second factors.

    Args:
        store: the hub's; used through `in_writer` alone.
        in_writer: the writer's thread.
        seal: what seals secrets; raises `key-file` where there is no key that can be used.
        required: the roles that have to have one.
        issuer: the station's name, for authenticator apps.
        wall: the world's time: authenticator apps know no station's.
        random_bytes: gives so many random bytes.

    """

    def __init__(
        self,
        *,
        store: Store,
        in_writer: InThread,
        seal: Callable[[], Seal],
        required: frozenset[Role],
        issuer: str,
        wall: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._in_writer = in_writer
        self._seal = seal
        self._required = required
        self._issuer = issuer
        self._wall = wall
        self._random_bytes = random_bytes
        self._factors: dict[str, Factor] = {}
        self._unreadable: tuple[str, ...] = ()
        self._invited: dict[str, tuple[Invitation, float]] = {}

    # What logging in asks.

    def needed(self, account: Account) -> bool:
        """Whether he has to show a code: he has a second factor, or one of his roles must have."""
        return account.id in self._factors or account.id in self._unreadable or self.required(account)

    def required(self, account: Account) -> bool:
        """Whether one of his roles must have a second factor."""
        return not self._required.isdisjoint(account.roles)

    def check(self, account: Account, code: str) -> bool:
        """Whether this is a code of his that counts now, or a recovery code; it does not again after this."""
        factor = self._factors.get(account.id)
        if factor is None:
            return False
        step = matching_step(factor.secret, code, self._wall(), factor.step)
        if step is not None:
            self._keep(replace(factor, step=step))
            return True
        shown = self._print(account.id, code)
        if shown not in factor.recovery:
            return False
        self._keep(replace(factor, recovery=tuple(each for each in factor.recovery if each != shown)))
        _LOG.warning("recovery-code-used", login=account.id, todo="have a new second factor made if the phone is lost")
        return True

    # Having one, and losing it.

    def find(self, login: str) -> Factor | None:
        """Somebody's second factor; None if he has none."""
        return self._factors.get(login)

    def invite(self, login: str) -> Invitation:
        """A new secret for somebody who has none yet; it counts once `confirm` was told a code of it.

        Raises:
            StationError: `second-factor-there`, or `key-file` if there is no key to keep it with.

        """
        self._check_free(login)
        self._seal()
        now = self._wall()
        for other, (_, since) in list(self._invited.items()):
            if now - since > _PATIENCE_S or len(self._invited) >= _MOST_INVITED:
                del self._invited[other]
        invited = invitation(login, self._issuer)
        self._invited[login] = (invited, now)
        return invited

    def confirm(self, login: str, code: str) -> Deferred[tuple[str, ...]]:
        """The app shows codes: from now on they are asked for. Fires with recovery codes when it is on disk.

        Raises:
            StationError: `second-factor-there`, `not-invited`, `code-refused`.

        """
        self._check_free(login)
        invited, since = self._invited.get(login, (None, 0.0))
        if invited is None or self._wall() - since > _PATIENCE_S:
            raise StationError("not-invited", f"No second factor waits for {login}.", "Begin anew.")
        step = matching_step(invited.secret, code, self._wall(), 0)
        if step is None:
            raise StationError("code-refused", "This is not the code.", "See whether the phone's clock is right.")
        codes = tuple(one_time_password(self._random_bytes(16)) for _ in range(RECOVERY_CODES))
        factor = Factor(
            login=login,
            secret=invited.secret,
            made=Instant(int(self._wall())),
            step=step,
            recovery=tuple(self._print(login, each) for each in codes),
        )
        row = self._row(factor)

        def kept(_: None) -> tuple[str, ...]:
            self._factors[login] = factor
            self._invited.pop(login, None)
            return codes

        return self._in_writer(lambda: self._write([row], [login])).addCallback(kept)

    def reset(self, login: str) -> Deferred[bool]:
        """Somebody has no second factor any more; fires with whether he had one when it is on disk."""
        if login not in self._factors and login not in self._unreadable:
            return succeed(False)
        factor = self._factors.pop(login, None)  # at once, so that no code that is shown meanwhile brings it back

        def gone(_: None) -> bool:
            self._unreadable = tuple(each for each in self._unreadable if each != login)
            return True

        def kept(failure: Failure) -> Failure:
            if factor is not None:
                self._factors.setdefault(login, factor)
            return failure

        return self._in_writer(lambda: self._write([], [login])).addCallbacks(gone, kept)

    # Coming and going.

    def load(self) -> Deferred[None]:
        """Read everybody's; fires when they are there. What cannot be read keeps its owner out until it is reset."""

        def read() -> list[Any]:
            with self._store.keeping() as connection:
                return list(connection.execute(select(SECOND_FACTOR)).all())

        def loaded(rows: list[Any]) -> None:
            unreadable = []
            for row in rows:
                try:
                    factor = self._factor(row)
                except (StationError, ValueError, TypeError) as error:
                    unreadable.append(str(row.login))
                    _LOG.error("second-factor-unreadable", login=row.login, problem=str(error), todo="restore the key")
                else:
                    self._factors[factor.login] = factor
            self._unreadable = tuple(unreadable)

        return self._in_writer(read).addCallback(loaded)

    def committed(self, committed: Sequence[Committed]) -> None:
        """An account that is gone takes its second factor along: the next of that name is another person."""
        for each in committed:
            for kind, item in each.stored.changes.deletes:
                if kind == "account" and item in self._factors:
                    self.reset(item).addErrback(_not_written)

    def begun_anew(self) -> None:
        """The database was displaced, and is the state's again: have it hold the second factors too."""
        if self._factors:
            rows = [self._row(factor) for factor in self._factors.values()]
            self._in_writer(lambda: self._write(rows, list(self._factors))).addErrback(_not_written)

    def signs(self) -> Iterator[Sign]:
        """What is wrong with them."""
        for login in self._unreadable:
            yield Sign(
                id=f"second-factor/{login}",
                severity=Severity.WARNING,
                zh=f"{login} 的第二因子无法读取: 请恢复密钥文件, 或重置",
                en=f"The second factor of {login} cannot be read: restore the key's file, or reset it",
            )

    def _check_free(self, login: str) -> None:
        if login in self._factors or login in self._unreadable:
            raise StationError(
                "second-factor-there", f"{login} has a second factor.", "Have it reset by whoever manages accounts."
            )

    def _keep(self, factor: Factor) -> None:
        self._factors[factor.login] = factor
        row = self._row(factor)
        self._in_writer(lambda: self._write([row], [factor.login])).addErrback(_not_written)

    def _print(self, login: str, code: str) -> str:
        plain = "".join(character for character in code.upper() if character.isalnum())
        return self._seal().print_of(login, plain)

    def _row(self, factor: Factor) -> dict[str, object]:
        return {
            "login": factor.login,
            "secret": self._seal().seal(factor.login, factor.secret),
            "made": factor.made,
            "confirmed": factor.made,
            "step": factor.step,
            "recovery": json.dumps(factor.recovery),
        }

    def _factor(self, row: Any) -> Factor:
        return Factor(
            login=row.login,
            secret=self._seal().open(row.login, row.secret),
            made=Instant(row.made),
            step=row.step,
            recovery=tuple(json.loads(row.recovery)),
        )

    def _write(self, rows: list[dict[str, object]], logins: list[str]) -> None:
        with self._store.keeping() as connection:
            connection.execute(delete(SECOND_FACTOR).where(SECOND_FACTOR.c.login.in_(logins)))
            if rows:
                connection.execute(insert(SECOND_FACTOR), rows)


def _not_written(failure: Failure) -> None:
    _LOG.error(
        "second-factor-not-written",
        problem=failure.getErrorMessage(),
        todo="mend the database; it counts until the hub is restarted",
    )
