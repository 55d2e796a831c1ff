"""The table of sessions: so that nobody is thrown out when the hub is started anew.

What begins and ends is written at once, that somebody is still there every half minute. While the database cannot be
written, sessions go on in memory and are written as soon as it can. A row has the hash of what the browser shows, from
which nothing can be had. Times are seconds since 1970 of the machine's own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from sqlalchemy import Connection, delete, insert, select
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from stationmaster.hub.storage.schema import SESSION
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_base.logging import get_logger
from stationmaster_people.sessions import KeptSession
from stationmaster_service.interfaces import MachineTime

__all__ = ["SessionRows"]

_LOG = get_logger("sessions")

_PACE_S = 30.0
"""Machine seconds between two writings of who is still there."""

_PATIENCE_S = 2.0
"""Machine seconds for which an answer waits for the database."""


class SessionRows:
    """A `SessionKeeper`.

    Args:
        store: where the table is.
        in_writer: runs what waits for the database.
        reactor: machine time.
        wall: the machine's own clock, in seconds since 1970.

    """

    def __init__(self, store: Store, in_writer: InThread, reactor: MachineTime, wall: Callable[[], float]) -> None:
        self._store = store
        self._in_writer = in_writer
        self._reactor = reactor
        self._wall = wall
        self._known: set[str] = set()
        self._waiting: dict[str, KeptSession | None] = {}
        self._writing: Deferred[None] | None = None
        self._pace = cast("Any", LoopingCall(self.write))  # its clock is declared as a zope interface
        self._pace.clock = reactor

    def load(self) -> Deferred[list[KeptSession]]:
        """Read all of them, with machine seconds of this process; fires when they are there."""

        def read() -> list[Any]:
            with self._store.keeping() as connection:
                return list(connection.execute(select(SESSION)))

        def told(rows: Iterable[Any]) -> list[KeptSession]:
            found = [
                KeptSession(
                    key=row.key,
                    login=row.login,
                    account=row.account,
                    begun=self._machine(row.begun),
                    used=self._machine(row.used),
                    address=row.address,
                    program=row.program,
                )
                for row in rows
            ]
            self._known = {each.key for each in found}
            return found

        done: Deferred[Any] = self._in_writer(read)
        return done.addCallback(told)

    def start(self) -> None:
        """Begin to write who is still there."""
        self._pace.start(_PACE_S, now=False)

    def stop(self) -> Deferred[None]:
        """Write the last of it; fires when that is done, or cannot be."""
        if self._pace.running:
            self._pace.stop()
        return self.write()

    def keep(self, session: KeptSession) -> None:
        """A session has begun, or was used."""
        self._waiting[session.key] = session
        if session.key not in self._known:
            self._known.add(session.key)
            self.write()

    def forget(self, key: str) -> None:
        """A session is over."""
        self._known.discard(key)
        self._waiting[key] = None
        self.write()

    def settled(self) -> Deferred[None]:
        """Fires when what waits is written, or cannot be: what is answered then holds, whatever becomes of the process.

        While the database is slow or away nobody is kept waiting for long.
        """
        done: Deferred[None] = Deferred()

        def over(_: object = None) -> None:
            if patience.active():
                patience.cancel()
            if not done.called:
                done.callback(None)

        patience = self._reactor.callLater(_PATIENCE_S, over)
        self.write().addBoth(over)
        return done

    def write(self) -> Deferred[None]:
        """Write what waits; fires when it is written, or cannot be for now."""
        done: Deferred[None] = Deferred()
        if self._writing is not None:  # what came meanwhile goes after it
            self._writing.addCallback(lambda _: self.write().chainDeferred(done))
            return done
        if not self._waiting:
            return succeed(None)
        waiting, self._waiting = self._waiting, {}
        self._writing = Deferred()

        def written(outcome: object) -> None:
            writing, self._writing = self._writing, None
            if isinstance(outcome, Failure):
                self._waiting = {**waiting, **self._waiting}
                _LOG.warning(
                    "sessions-not-written",
                    problem=outcome.getErrorMessage(),
                    todo="people stay logged in; see the database",
                )
            if writing is not None:
                writing.callback(None)
            done.callback(None)

        self._in_writer(lambda: self._write(waiting)).addBoth(written)
        return done

    def _write(self, waiting: dict[str, KeptSession | None]) -> None:
        with self._store.keeping() as connection:
            for key, session in waiting.items():
                connection.execute(delete(SESSION).where(SESSION.c.key == key))
                if session is not None:
                    self._insert(connection, session)

    def _insert(self, connection: Connection, session: KeptSession) -> None:
        connection.execute(
            insert(SESSION).values(
                key=session.key,
                login=session.login,
                account=session.account,
                begun=self.wall_of(session.begun),
                used=self.wall_of(session.used),
                address=session.address,
                program=session.program,
            )
        )

    def wall_of(self, machine: float) -> int:
        """What the machine's clock showed at a machine second of this process."""
        return int(self._wall() - self._reactor.seconds() + machine)

    def _machine(self, wall: int) -> float:
        """The machine second of a time of the machine's clock; what it cannot be, since it is to come, is now."""
        return self._reactor.seconds() - max(0.0, self._wall() - wall)
