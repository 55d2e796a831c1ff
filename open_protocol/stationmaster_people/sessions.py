"""Sessions of people at a process's own pages: from a login to a logout, a long rest, or the end of a shift.

A session is known by a secret in a cookie, which is made anew at each login and never taken over from a browser, and
everything that is to be done in it has to show a proof, which only the page itself is told. It counts for as long as
the account is exactly as it was at the login: who is locked, gets another password or other rights, or is removed, is
out at that moment. Where a `SessionKeeper` is given, sessions outlive the process; it never learns a secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Protocol

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account
from stationmaster_people.logins import Login
from stationmaster_service.interfaces import MachineTime

__all__ = ["IDLE_S", "LONGEST_S", "KeptSession", "NoKeeper", "Opened", "Session", "SessionKeeper", "Sessions"]

_LOG = get_logger("sessions")

IDLE_S = 30 * 60.0
"""Machine seconds without a sign of the person after which a session ends."""

LONGEST_S = 12 * 3600.0
"""Machine seconds after which it ends whatever he does: a shift."""

OF_ONE = 5
"""Sessions that one person may have; the one that rested longest makes room."""

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is there; `proof` is what his page has to show for everything that it asks to be done."""

    key: str
    login: Login
    proof: str

    def proved_by(self, shown: str) -> bool:
        """Whether this is the proof; takes as long for every wrong one."""
        return hmac.compare_digest(self.proof.encode(), shown.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new session, with the secret for the cookie; the secret is kept nowhere here."""

    secret: str
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """What there is to know of a session without its secret: that is only in the cookie.

    `key` is its secret's SHA-256 in hexadecimal digits, `account` that of all of the account as it was; `begun` and
    `used` are machine seconds. `address` and `program` are where from and with what the person logged in.
    """

    key: str
    login: str
    account: str
    begun: float
    used: float
    address: str = ""
    program: str = ""


class SessionKeeper(Protocol):
    """Has sessions outlive the process."""

    def keep(self, session: KeptSession) -> None:
        """A session has begun, or was used."""

    def forget(self, key: str) -> None:
        """A session is over."""


class NoKeeper:
    """Sessions end with the process."""

    def keep(self, session: KeptSession) -> None:
        """Nothing."""

    def forget(self, key: str) -> None:
        """Nothing."""


class Sessions:
    """The sessions of one process's pages.

    Args:
        accounts: gives those that there are.
        reactor: machine time.
        new_secret: gives text that nobody can guess, another each time: 128 random bits at least.
        keeper: has them outlive the process.
        ended: hears the end of each, and why.
        idle_s, longest_s: machine seconds.

    """

    def __init__(
        self,
        accounts: Callable[[], Iterable[object]],
        *,
        reactor: MachineTime,
        new_secret: Callable[[], str],
        keeper: SessionKeeper | None = None,
        ended: Callable[[KeptSession, str], None] = lambda _session, _why: None,
        idle_s: float = IDLE_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._accounts = accounts
        self._reactor = reactor
        self._new_secret = new_secret
        self._keeper = keeper or NoKeeper()
        self._ended = ended
        self._idle_s = idle_s
        self._longest_s = longest_s
        self._held: dict[str, KeptSession] = {}

    def __len__(self) -> int:
        return len(self._held)

    def loaded(self, kept: Iterable[KeptSession]) -> None:
        """Take over the sessions that were there before the process began; those that are over end."""
        for session in kept:
            self._held[session.key] = session
        self.sweep()

    def open(self, login: Login, *, address: str = "", program: str = "") -> Opened:
        """Begin a session of who has just logged in.

        Raises:
            StationError: `login-refused`: his account is not there any more.

        """
        account = self._account(login.id)
        if account is None:
            raise StationError("login-refused", "Login and password do not fit.", "Try again, or ask the operator.")
        now = self._reactor.seconds()
        self.sweep()
        self._make_room(OF_ONE, account.id)
        self._make_room(MOST)
        secret = self._new_secret()
        held = KeptSession(
            key=_key(secret),
            login=account.id,
            account=_mark(account),
            begun=now,
            used=now,
            address=address,
            program=program,
        )
        self._held[held.key] = held
        self._keeper.keep(held)
        _LOG.info("session-begun", login=login.id)
        return Opened(secret=secret, session=Session(key=held.key, login=login, proof=_proof(secret)))

    def of(self, secret: str) -> Session | None:
        """The session of this secret; None if there is none, or it is over."""
        held = self._held.get(_key(secret))
        if held is None:
            return None
        over = self._over(held, self._reactor.seconds())
        account = self._account(held.login)
        if over or account is None:
            self._end(held.key, over)
            return None
        login = Login(id=account.id, name=account.name, roles=account.roles)
        return Session(key=held.key, login=login, proof=_proof(secret))

    def used(self, secret: str) -> None:
        """The person of this session has just done something himself; a page that asks by itself is no sign of him."""
        held = self._held.get(_key(secret))
        if held is not None:
            self._held[held.key] = replace(held, used=self._reactor.seconds())
            self._keeper.keep(self._held[held.key])

    def all(self) -> Sequence[KeptSession]:
        """Every session that goes on, the one that began last first."""
        self.sweep()
        return sorted(self._held.values(), key=lambda held: held.begun, reverse=True)

    def until(self, key: str) -> float | None:
        """Machine seconds from now after which this session ends if nobody does anything; None if there is none."""
        held = self._held.get(key)
        if held is None:
            return None
        return min(held.used + self._idle_s, held.begun + self._longest_s) - self._reactor.seconds()

    def close(self, secret: str) -> None:
        """He logs out; nothing happens if there is no such session."""
        self._end(_key(secret), "logged out")

    def end(self, key: str, why: str) -> bool:
        """End a session by its key; whether there was one."""
        there = key in self._held
        self._end(key, why)
        return there

    def sweep(self) -> None:
        """End what is over."""
        now = self._reactor.seconds()
        for key, held in list(self._held.items()):
            over = self._over(held, now)
            if over:
                self._end(key, over)

    def _over(self, held: KeptSession, now: float) -> str:
        """Why a session is over; empty if it goes on."""
        if now - held.used >= self._idle_s:
            return "nothing was done for long"
        if now - held.begun >= self._longest_s:
            return "it has lasted for long"
        account = self._account(held.login)
        return "" if account is not None and _mark(account) == held.account else "the account was changed"

    def _account(self, login: str) -> Account | None:
        return next((each for each in self._accounts() if isinstance(each, Account) and each.id == login), None)

    def _make_room(self, most: int, login: str | None = None) -> None:
        """See to it that one more may come to those of this login, or of all."""
        crowd = [key for key, held in self._held.items() if login is None or held.login == login]
        crowd.sort(key=lambda key: self._held[key].used)
        for key in crowd[: max(0, len(crowd) - most + 1)]:
            self._end(key, "another one was begun")

    def _end(self, key: str, why: str) -> None:
        held = self._held.pop(key, None)
        if held is not None:
            self._keeper.forget(key)
            _LOG.info("session-over", login=held.login, why=why)
            self._ended(held, why)


def _key(secret: str) -> str:
    """What a session is found by: its secret is not kept, so that a look into memory or database shows none."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _mark(account: Account) -> str:
    """What is another one when anything of the account is."""
    said = [str(getattr(account, field.name)) for field in fields(Account)]
    return sha256("\n".join(said).encode()).hexdigest()


def _proof(secret: str) -> str:
    """What follows from the secret, which only who has the secret can know: it need not be kept to be known again."""
    return hmac.new(secret.encode("utf-8", "replace"), b"stationmaster session proof", "sha256").hexdigest()
