"""Sessions of people at the subsystem's own page: from a login to a logout, a long rest, or the end of a shift.

A session is known by a secret in a cookie, which is made anew at each login and never taken over from a browser, and
everything that is to be done in it has to show a second one, which only the page itself can read. It counts for as long
as the account is in the replica exactly as it was at the login: who is locked, gets another password or other rights,
or is removed, is out at that moment, with the hub or without.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from stationmaster_agent.logins import Login
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account
from stationmaster_service.interfaces import MachineTime

__all__ = ["IDLE_S", "LONGEST_S", "Opened", "Session", "Sessions"]

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


@dataclass(slots=True, kw_only=True)
class _Held:
    session: Session
    account: Account
    begun: float
    used: float


class Sessions:
    """The sessions of one subsystem's page; they do not outlive the process.

    Args:
        accounts: gives those of the replica.
        reactor: machine time.
        new_secret: gives text that nobody can guess, another each time: 128 random bits at least.
        idle_s, longest_s: machine seconds.

    """

    def __init__(
        self,
        accounts: Callable[[], Iterable[object]],
        *,
        reactor: MachineTime,
        new_secret: Callable[[], str],
        idle_s: float = IDLE_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._accounts = accounts
        self._reactor = reactor
        self._new_secret = new_secret
        self._idle_s = idle_s
        self._longest_s = longest_s
        self._held: dict[bytes, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def open(self, login: Login) -> Opened:
        """Begin a session of who has just logged in.

        Raises:
            StationError: `login-refused`: his account is not there any more.

        """
        account = self._account(login.id)
        if account is None:
            raise StationError("login-refused", "Login and password do not fit.", "Try again, or ask the operator.")
        now = self._reactor.seconds()
        self._sweep(now)
        self._make_room(OF_ONE, account.id)
        self._make_room(MOST)
        secret = self._new_secret()
        session = Session(login=login, proof=self._new_secret())
        self._held[_key(secret)] = _Held(session=session, account=account, begun=now, used=now)
        _LOG.info("session-begun", login=login.id)
        return Opened(secret=secret, session=session)

    def of(self, secret: str) -> Session | None:
        """The session of this secret; None if there is none, or it is over."""
        key = _key(secret)
        held = self._held.get(key)
        if held is None:
            return None
        over = self._over(held, self._reactor.seconds())
        if over:
            self._end(key, over)
            return None
        return held.session

    def used(self, secret: str) -> None:
        """The person of this session has just done something himself; a page that asks by itself is no sign of him."""
        held = self._held.get(_key(secret))
        if held is not None:
            held.used = self._reactor.seconds()

    def close(self, secret: str) -> None:
        """He logs out; nothing happens if there is no such session."""
        self._end(_key(secret), "logged out")

    def _over(self, held: _Held, now: float) -> str:
        """Why a session is over; empty if it goes on."""
        if now - held.used >= self._idle_s:
            return "nothing was done for long"
        if now - held.begun >= self._longest_s:
            return "it has lasted for long"
        return "" if self._account(held.account.id) == held.account else "the account was changed"

    def _account(self, login: str) -> Account | None:
        return next((each for each in self._accounts() if isinstance(each, Account) and each.id == login), None)

    def _make_room(self, most: int, login: str | None = None) -> None:
        """See to it that one more may come to those of this login, or of all."""
        crowd = [key for key, held in self._held.items() if login is None or held.account.id == login]
        crowd.sort(key=lambda key: self._held[key].used)
        for key in crowd[: max(0, len(crowd) - most + 1)]:
            self._end(key, "another one was begun")

    def _sweep(self, now: float) -> None:
        for key, held in list(self._held.items()):
            over = self._over(held, now)
            if over:
                self._end(key, over)

    def _end(self, key: bytes, why: str) -> None:
        held = self._held.pop(key, None)
        if held is not None:
            _LOG.info("session-over", login=held.account.id, why=why)


def _key(secret: str) -> bytes:
    """What a session is found by: its secret is not kept, so that a look into the process's memory shows none."""
    return sha256(secret.encode("utf-8", "replace")).digest()
