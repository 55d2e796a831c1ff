"""The first start: somebody has to be able to log in before there is anybody who could let him.

The hub makes an administrator with a one-time password, and says it at the terminal at which it was started; without
one, it writes it into a file that nobody else may read, and takes the file away when the password has been changed. It
stands in no log. Whoever has lost it starts the hub anew and gets another, as long as nobody has used it. Where the
settings keep the administrations apart, there are two: one for the system, and one for accounts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from twisted.internet.defer import Deferred, gatherResults

from stationmaster.hub.people.account_changes import AccountChanges
from stationmaster.hub.people.hooks import SecurityLog
from stationmaster.hub.people.one_time import OneTimePasswords
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account, Role
from stationmaster_people.passwords import one_time_password

__all__ = ["FIRST", "FirstLogin", "FirstStart", "Teller"]

_LOG = get_logger("accounts")

BY = "first start"
FIRST = {"admin": ("Administrator", Role.ADMINISTRATOR), "security": ("Security administrator", Role.SECURITY)}
"""Login, name and role of those that are made; the second only where the administrations are kept apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLogin:
    """How somebody logs in for the first time."""

    login: str
    password: str


class Teller:
    """Says how to log in for the first time, once.

    Args:
        stream: where a person reads, if it is a terminal.
        file: what is written if it is none; None: nothing.

    """

    def __init__(self, stream: IO[str], file: Path | None) -> None:
        self._stream = stream
        self._file = file

    @property
    def kept(self) -> bool:
        """Whether what was said can still be read."""
        return not self._stream.isatty() and self._file is not None and self._file.exists()

    def tell(self, logins: Sequence[FirstLogin]) -> None:
        """Say it."""
        lines = [f"{each.login}: {each.password}" for each in logins]
        if self._stream.isatty():
            words = "First start. Log in at the console with a one-time password, shown this once, and choose another:"
            self._stream.write("\n".join(("", words, *(f"    {line}" for line in lines), "", "")))
            self._stream.flush()
            return
        if self._file is None:
            _LOG.error("first-login-untold", todo="start the hub at a terminal")
            return
        try:
            self._file.unlink(missing_ok=True)
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("\n".join((*lines, "")))
        except OSError as error:
            _LOG.error(
                "first-login-not-written",
                file=str(self._file),
                problem=str(error),
                todo="start the hub at a terminal, or set [hub.people] first_login to a file that it may write",
            )
            return
        _LOG.warning("first-login", file=str(self._file), todo="log in with what stands there, and choose a password")

    def done(self) -> None:
        """Nobody needs it any more."""
        if self._file is None:
            return
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            _LOG.warning("first-login-not-removed", file=str(self._file), problem=str(error), todo="remove it by hand")


class FirstStart:
    """Args:
    accounts: those that there are, by login.
    changes: makes them.
    one_time: whose passwords have to be changed.
    teller: says what they are.
    random_bytes: what they are made of.
    apart: whether the settings keep the administrations apart.
    log: hears of it.

    """

    def __init__(
        self,
        *,
        accounts: Callable[[], Mapping[str, Account]],
        changes: AccountChanges,
        one_time: OneTimePasswords,
        teller: Teller,
        random_bytes: Callable[[int], bytes],
        apart: bool,
        log: SecurityLog,
    ) -> None:
        self._accounts = accounts
        self._changes = changes
        self._one_time = one_time
        self._teller = teller
        self._random_bytes = random_bytes
        self._logins = tuple(FIRST) if apart else ("admin",)
        self._log = log

    @property
    def needed(self) -> bool:
        """Whether nobody can log in but with a password that this has made, that was never used, and that is lost."""
        accounts = self._accounts().values()
        unused = all(each.id in FIRST and self._one_time.has(each) for each in accounts)
        return not accounts or (unused and not self._teller.kept)

    def begin(self) -> Deferred[None]:
        """Make them if they are needed; fires when they are told.

        Fails with a `StationError`: the store's errors, or the kernel's refusals.
        """
        if not self.needed:
            done: Deferred[None] = Deferred()
            done.callback(None)
            return done
        making: Deferred[Any] = gatherResults([self._make(login) for login in self._logins], consumeErrors=True)
        return making.addCallback(self._tell)

    def changed(self) -> None:
        """Somebody has changed his password: what was written of it may not be needed any more."""
        accounts = self._accounts()
        if not any(login in accounts and self._one_time.has(accounts[login]) for login in FIRST):
            self._teller.done()

    def _make(self, login: str) -> Deferred[FirstLogin]:
        name, role = FIRST[login]
        password = one_time_password(self._random_bytes(16))
        before = self._accounts().get(login)

        def put(verifier: str) -> Deferred[Any]:
            account = before or Account(id=login, name=name, roles=(role,), verifier=verifier)
            made = Account(id=login, name=account.name, roles=account.roles, verifier=verifier)
            ready: Deferred[Any] = self._one_time.put(login, verifier)
            return ready.addCallback(lambda _: self._changes.put(BY, made, None))

        done: Deferred[Any] = self._changes.verifier(password)
        return done.addCallback(put).addCallback(lambda _: FirstLogin(login=login, password=password))

    def _tell(self, logins: Sequence[FirstLogin]) -> None:
        self._teller.tell(logins)
        for each in logins:
            self._log.record("first-start", "", {"login": each.login})
