"""Everything about people at the hub, wired: who they are, how they log in, what they may, how they have set it up.

The hub makes one of these before its routes, since every route asks it who asks; has it read what it needs once the
store is open; and has it begin when the day is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from secrets import token_urlsafe
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from stationmaster.hub.people.account_changes import AccountChanges
from stationmaster.hub.people.accounts_api import AccountsApi
from stationmaster.hub.people.askers import Askers, People
from stationmaster.hub.people.first_start import FirstStart, Teller
from stationmaster.hub.people.hooks import NoLog, NoSecondFactors, SecondFactors, SecurityLog
from stationmaster.hub.people.one_time import OneTimePasswords
from stationmaster.hub.people.preferences import Preferences
from stationmaster.hub.people.preferences_api import PreferencesApi
from stationmaster.hub.people.separation import Separation
from stationmaster.hub.people.session_api import SessionApi, SessionParts
from stationmaster.hub.people.session_rows import SessionRows
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread, WriterThread
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Account
from stationmaster_people.doorway import Doorway
from stationmaster_people.logins import Login, Logins
from stationmaster_people.sessions import KeptSession, Sessions
from stationmaster_service.face import Face
from stationmaster_service.interfaces import ThreadReactor

__all__ = ["COOKIE", "PeopleDesk"]

_LOG = get_logger("people")

COOKIE = "stationmaster-hub"

_SWEEP_S = 20.0
"""Machine seconds between two looks for sessions that are over though nobody asked."""


class PeopleDesk:
    """Args:
    settings: the hub's.
    store: where sessions and preferences are kept.
    pipeline: where changes to accounts go.
    in_writer: runs what waits for the database.
    reactor: machine time, and threads.
    now: station time.
    wall: the machine's own clock, in seconds since 1970.
    random_bytes: what one-time passwords are made of.
    boot: makes the ids of this process's inputs unique.
    passwords: where passwords are checked; None: a thread of their own.
    second: what somebody has to show besides his password.
    log: hears of everything that has to do with who is there.

    """

    def __init__(
        self,
        *,
        settings: HubSettings,
        store: Store,
        pipeline: Pipeline,
        in_writer: InThread,
        reactor: ThreadReactor,
        now: Callable[[], float],
        wall: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        boot: str,
        passwords: InThread | None = None,
        second: SecondFactors | None = None,
        log: SecurityLog | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._log = log or NoLog()
        self._second = second or NoSecondFactors()
        self._ready = False
        self._thread = WriterThread(reactor, "passwords")
        self._passwords = passwords or self._thread
        self._rows = SessionRows(store, in_writer, reactor, wall)
        self._one_time = OneTimePasswords(store, in_writer)
        self._preferences = Preferences(store, in_writer)
        self._separation = Separation(self.accounts, settings.people.separate)
        self._sessions = Sessions(
            lambda: self.accounts().values(),
            reactor=reactor,
            new_secret=lambda: token_urlsafe(32),
            keeper=self._rows,
            ended=self._ended,
            idle_s=settings.people.idle_s,
            longest_s=settings.people.longest_s,
        )
        self._doorway = Doorway(
            self._sessions, cookie=COOKIE, plain=settings.people.plain_http, guide="docs/security.md"
        )
        self._logins = Logins(
            lambda _: True, lambda: self.accounts().values(), reactor=reactor, offload=self._passwords
        )
        self._changes = AccountChanges(
            pipeline=pipeline, accounts=self.accounts, now=now, in_thread=self._passwords, boot=boot
        )
        self._first = FirstStart(
            accounts=self.accounts,
            changes=self._changes,
            one_time=self._one_time,
            teller=Teller(sys.stderr, settings.people.first_login),
            random_bytes=random_bytes,
            apart=settings.people.separate is True,
            log=self._log,
        )
        people = People(doorway=self._doorway, roles=self._separation.roles, new=self._new, ready=lambda: self._ready)
        self.askers = Askers(settings.operators, people, self._log)
        self._sweeping = cast("Any", LoopingCall(self._sessions.sweep))  # its clock is declared as a zope interface
        self._sweeping.clock = reactor
        if settings.people.plain_http:
            _LOG.warning("plain-http", todo="put a proxy with TLS before the console, and take plain_http out")

    def accounts(self) -> Mapping[str, Account]:
        """Every account, by login."""
        return cast("Mapping[str, Account]", self._pipeline.state.records.get("account", {}))

    @property
    def logins(self) -> Logins:
        """What checks passwords."""
        return self._logins

    @property
    def doorway(self) -> Doorway:
        """What lets pages' requests in."""
        return self._doorway

    def install(self, face: Face) -> None:
        """Add the routes."""
        SessionApi(
            SessionParts(
                askers=self.askers,
                sessions=self._sessions,
                logins=self._logins,
                doorway=self._doorway,
                rows=self._rows,
                one_time=self._one_time,
                separation=self._separation,
                changes=self._changes,
                second=self._second,
                accounts=self.accounts,
                ready=lambda: self._ready,
                new=self._new,
            ),
            face,
        )
        AccountsApi(
            accounts=self.accounts,
            changes=self._changes,
            askers=self.askers,
            separation=self._separation,
            one_time=self._one_time,
            face=face,
        )
        PreferencesApi(self._preferences, self.askers, face)

    def load(self) -> Deferred[None]:
        """Read who is logged in, once the accounts are there; fails as the store does."""
        if self._passwords is self._thread:
            self._thread.startService()
        loading: Deferred[Any] = self._one_time.load()
        return loading.addCallback(lambda _: self._rows.load()).addCallback(self._loaded)

    def begin(self) -> Deferred[None]:
        """The day is committed: see to it that somebody can log in; fires when that is so, or cannot be."""
        return self._first.begin().addErrback(_not_begun)

    def stop(self) -> Deferred[None]:
        """Write the last of it; fires when that is done."""
        if self._sweeping.running:
            self._sweeping.stop()
        return self._rows.stop().addCallback(self._stopped)

    def committed(self, committed: Sequence[Committed]) -> None:
        """Something was committed: whoever's account is another now is out."""
        changed = [each.stored.changes for each in committed]
        gone = [name for each in changed for kind, name in each.deletes if kind == "account"]
        if gone or any(put.kind == "account" for each in changed for put in each.puts):
            self._sessions.sweep()
            self._first.changed()
        for login in gone:
            self._preferences.drop_all(login).addErrback(_not_dropped, login)

    def begun_anew(self) -> None:
        """The database was displaced, and is the state's again: have it hold the sessions too."""
        for session in self._sessions.all():
            self._rows.keep(session)

    def _loaded(self, kept: Sequence[KeptSession]) -> None:
        self._sessions.loaded(kept)
        self._ready = True
        self._rows.start()
        self._sweeping.start(_SWEEP_S, now=False)
        _LOG.info("people-known", accounts=len(self.accounts()), sessions=len(self._sessions))

    def _stopped(self, _: object) -> None:
        if self._thread.running:
            self._thread.stopService()

    def _new(self, login: Login) -> bool:
        """Whether his password is still the one that he was given."""
        account = self.accounts().get(login.id)
        return account is not None and self._one_time.has(account)

    def _ended(self, session: KeptSession, why: str) -> None:
        account = self.accounts().get(session.login)
        name = session.login if account is None else account.name
        self.askers.session_ended(session.key)
        kind = "logout" if why == "logged out" else "session-ended"
        self._log.record(kind, name, {"login": session.login, "address": session.address, "why": why})


def _not_begun(failure: Failure) -> None:
    _LOG.error("first-start-failed", problem=failure.getErrorMessage(), todo="see the database, and start the hub anew")


def _not_dropped(failure: Failure, login: str) -> None:
    _LOG.warning("preferences-not-dropped", login=login, problem=failure.getErrorMessage(), todo="see the database")
