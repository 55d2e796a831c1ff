"""Logins at a process's own pages, checked against the verifiers of accounts: at a subsystem with the hub or without.

A verifier is an Argon2id text from which no password can be had, so it may lie in a replica; checking one takes some
tens of milliseconds on purpose and is done away from the reactor. Who guesses is slowed down by name and by address;
who has logged in from somewhere before is not kept out by what others guess elsewhere. Who is refused learns nothing of
why: an unknown name takes as long as a wrong password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.defer import Deferred, fail

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account, Role
from stationmaster_people.passwords import NOBODY, verifies
from stationmaster_service.interfaces import MachineTime

__all__ = ["AT_ONCE", "Login", "Logins", "Offload", "Usable"]

_LOG = get_logger("logins")

_T = TypeVar("_T")

FREE_TRIES = 5
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
"""So many wrong passwords in a row for one name cost nothing; then each costs a pause, in machine seconds."""

FORGOTTEN_AFTER_S = 3600.0
"""Machine seconds without a wrong password after which those before do not count any more."""

NAMES = 1000
"""So many names are remembered with their wrong passwords."""

FREE_TRIES_OF_ADDRESS = 25
"""So many wrong passwords in a row from one address cost nothing, whatever the names: a control room may share one."""

AT_ONCE = 2
"""So many passwords are checked at the same time; more would keep a processor from its work."""

Offload = Callable[[Callable[[], bool]], "Deferred[bool]"]
"""Runs a function away from the reactor, as `twisted.internet.threads.deferToThread` does."""

Usable = Callable[[Account], bool]
"""Whether an account may log in here."""

Door = tuple[str, str]
"""What wrong passwords are counted for: a name, an address, or a name at an address from where it has logged in."""


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
    last: float = 0.0


class Logins:
    """The logins of one process.

    Args:
        usable: which accounts may log in here.
        accounts: gives those that there are.
        reactor: machine time.
        offload: where passwords are checked.
        at_once: so many are checked at the same time.

    """

    def __init__(
        self,
        usable: Usable,
        accounts: Callable[[], Iterable[object]],
        *,
        reactor: MachineTime,
        offload: Offload,
        at_once: int = AT_ONCE,
    ) -> None:
        self._usable = usable
        self._accounts = accounts
        self._reactor = reactor
        self._offload = offload
        self._wrong: dict[Door, _Wrong] = {}
        self._known: dict[Door, None] = {}
        self._at_once = at_once
        self._checking = 0

    def check(
        self, login: str, password: str, address: str = "", second: Callable[[Account], None] = lambda _: None
    ) -> Deferred[Login]:
        """Who this is.

        Fails with `StationError`: `login-refused` (no such account here, or a wrong password), `login-too-often`,
        `logins-busy`, or what `second` raises.

        Args:
            login: the name.
            password: what is to fit it.
            address: from where.
            second: raises if something else that this account has to show is not right.

        """
        doors = self._doors(login, address)
        pause = max(self._wrong.get(door, _Wrong()).until for door in doors) - self._reactor.seconds()
        if pause > 0:
            return fail(
                StationError("login-too-often", "Too many wrong passwords.", f"Try again in {int(pause) + 1} seconds.")
            )
        if self._checking >= self._at_once:
            return fail(StationError("logins-busy", "Others are logging in.", "Try again in a moment."))
        account = self._account(login)
        verifier = NOBODY if account is None else account.verifier
        # The pause begins now, so that guesses that come together are not all checked.
        before = [(door, self._wrong.get(door, _Wrong()).count) for door in doors]
        for door in doors:
            self._count(door)

        def checked(fits: bool) -> Login:
            if account is None or not fits or self._account(login) != account:
                _LOG.warning(
                    "login-refused", login=login[:32], address=address, todo="nothing, unless it happens often"
                )
                raise StationError("login-refused", "Login and password do not fit.", "Try again, or ask the operator.")
            second(account)
            self._forget(doors, before)
            _keep_last(self._known, (login, address), None)
            return Login(id=account.id, name=account.name, roles=account.roles)

        self._checking += 1
        return self._offload(lambda: verifies(verifier, password)).addBoth(self._done).addCallback(checked)

    def _done(self, outcome: bool) -> bool:
        self._checking -= 1
        return outcome

    def _doors(self, login: str, address: str) -> tuple[Door, ...]:
        """What a wrong password counts for."""
        if not address:
            return (("", login),)
        if (login, address) in self._known:
            return ((login, address),)
        return (("", login), (address, ""))

    def _account(self, login: str) -> Account | None:
        """The account of this login that may be used here."""
        for account in self._accounts():
            if isinstance(account, Account) and account.id == login:
                return account if self._usable(account) and not account.locked else None
        return None

    def _count(self, door: Door) -> None:
        now = self._reactor.seconds()
        wrong = self._wrong.pop(door, _Wrong())
        if now - wrong.last >= FORGOTTEN_AFTER_S:
            wrong = _Wrong()
        wrong.count, wrong.last = wrong.count + 1, now
        over = wrong.count - (FREE_TRIES if door[1] else FREE_TRIES_OF_ADDRESS)
        if over >= 0:
            wrong.until = now + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(over, 10))
        _keep_last(self._wrong, door, wrong)

    def _forget(self, doors: Iterable[Door], before: Iterable[tuple[Door, int]]) -> None:
        """A password was right: its name begins anew, and of its address this one try does not count.

        Who has an account may not use it to wipe out his guesses at others'.
        """
        counts = dict(before)
        for door in doors:
            if door[1]:
                self._wrong.pop(door, None)
            elif door in self._wrong:
                self._wrong[door] = _Wrong(count=counts[door], last=self._reactor.seconds())


def _keep_last(kept: dict[Door, _T], door: Door, value: _T) -> None:
    """Keep it as the newest, and no more than so many."""
    kept.pop(door, None)
    kept[door] = value
    while len(kept) > NAMES:
        del kept[next(iter(kept))]
