"""Logins at the subsystem's own page, checked against the verifiers of the replica: with the hub or without.

A verifier is an Argon2id text from which no password can be had, so it may lie in a replica; checking one takes some
tens of milliseconds on purpose and is done away from the reactor. Who guesses is slowed down by name. Who is refused
learns nothing of why: an unknown name takes as long as a wrong password.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twisted.internet.defer import Deferred, fail

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account, Role
from stationmaster_service.interfaces import MachineTime

__all__ = ["Login", "Logins", "Offload", "password_fits"]

_LOG = get_logger("logins")

FREE_TRIES = 5
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
"""So many wrong passwords in a row for one name cost nothing; then each costs a pause, in machine seconds."""

NAMES = 1000
"""So many names are remembered with their wrong passwords."""

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c3RhdGlvbm1hc3Rlcg$4zrnr46K0W5ISMm3cVqhBUAyoaJb4RCjsRzjr8uZ8fI"
"""A verifier that is checked for names that there are not, so that they take as long."""

Offload = Callable[[Callable[[], bool]], "Deferred[bool]"]
"""Runs a function away from the reactor, as `twisted.internet.threads.deferToThread` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who has logged in: his login, the name that others call him, and what he may do."""

    id: str
    name: str
    roles: tuple[Role, ...]

    def may(self, *roles: Role) -> bool:
        """Whether he has any of these roles."""
        return not set(roles).isdisjoint(self.roles)


@dataclass(slots=True)
class _Wrong:
    count: int = 0
    until: float = 0.0


class Logins:
    """The logins of one subsystem.

    Args:
        kind: the kind of subsystem whose page this is, `broadcast` for one.
        accounts: gives those of the replica, as `lambda: agent.view.values("account")`; `AgentSettings.accounts` must
            be set.
        reactor: machine time.
        offload: where passwords are checked.

    """

    def __init__(
        self, kind: str, accounts: Callable[[], Iterable[object]], *, reactor: MachineTime, offload: Offload
    ) -> None:
        self._kind = kind
        self._accounts = accounts
        self._reactor = reactor
        self._offload = offload
        self._wrong: dict[str, _Wrong] = {}

    def check(self, login: str, password: str) -> Deferred[Login]:
        """Who this is.

        Fails with `StationError`: `login-refused` (no such account here, or a wrong password), or `login-too-often`.
        """
        wrong = self._wrong.get(login, _Wrong())
        pause = wrong.until - self._reactor.seconds()
        if pause > 0:
            return fail(
                StationError("login-too-often", "Too many wrong passwords.", f"Try again in {int(pause) + 1} seconds.")
            )
        account = self._account(login)
        verifier = NOBODY if account is None else account.verifier
        # The pause begins now, so that guesses that come together are not all checked.
        self._count(login)

        def checked(fits: bool) -> Login:
            if account is None or not fits or self._account(login) != account:
                _LOG.warning("login-refused", login=login[:32], todo="nothing, unless it happens often")
                raise StationError("login-refused", "Login and password do not fit.", "Try again, or ask the operator.")
            self._wrong.pop(login, None)
            return Login(id=account.id, name=account.name, roles=account.roles)

        return self._offload(lambda: password_fits(verifier, password)).addCallback(checked)

    def _account(self, login: str) -> Account | None:
        """The account of this login that may be used at this kind of subsystem."""
        for account in self._accounts():
            if isinstance(account, Account) and account.id == login:
                return account if self._kind in account.subsystems and not account.locked else None
        return None

    def _count(self, login: str) -> None:
        wrong = self._wrong.pop(login, _Wrong())
        wrong.count += 1
        over = wrong.count - FREE_TRIES
        if over >= 0:
            wrong.until = self._reactor.seconds() + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(over, 10))
        self._wrong[login] = wrong
        while len(self._wrong) > NAMES:
            del self._wrong[next(iter(self._wrong))]


def password_fits(verifier: str, password: str) -> bool:
    """Whether this is the verifier's password; a verifier that cannot be read fits none."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - subsystems without logins need not have it
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as above

    try:  # the hub made the verifier of the password in this form
        return PasswordHasher().verify(verifier, unicodedata.normalize("NFKC", password))
    except (InvalidHashError, VerificationError):
        return False
