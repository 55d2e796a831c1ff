"""Writing down what alarms there are, so that a restart forgets neither them nor what people did, and their history.

What is different is written once after each look, in one transaction of the writer's thread. While the database cannot
be used alarms come, go and are acknowledged all the same; it is written when it can be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.conditions import ConditionBook
from stationmaster.hub.alarms.record import Record
from stationmaster.hub.alarms.rows import HistoryFilter, Kept, Written, cut, read_history, read_kept, write
from stationmaster.hub.storage.archive import read_only
from stationmaster.hub.storage.store import Displaced, Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant

__all__ = ["AlarmKeeper"]

_LOG = get_logger("alarms")

_DAY = 24 * 60 * MINUTE

_CUT_EVERY = 60 * MINUTE
_CUT_MOST = 2000
"""Standings that are deleted at once, so that the pipeline never waits for long."""


class AlarmKeeper:
    """Keeps alarms and conditions in the database.

    Args:
        book: the alarms.
        conditions: since when what is how.
        store: the hub's; used through `in_writer` alone.
        in_writer: the writer's thread.
        url: the database, for reading.
        in_reader: another thread.
        keep_days: for how long what is over is kept.
        now: station time.

    """

    def __init__(
        self,
        *,
        book: AlarmBook,
        conditions: ConditionBook,
        store: Store,
        in_writer: InThread,
        url: URL,
        in_reader: InThread,
        keep_days: int,
        now: Callable[[], float],
    ) -> None:
        self._book = book
        self._conditions = conditions
        self._store = store
        self._in_writer = in_writer
        self._url = url
        self._in_reader = in_reader
        self._keep = keep_days * _DAY
        self._now = now
        self._loaded = False
        self._failing = False
        self._writing: Deferred[None] | None = None
        self._cut_at = 0.0

    def load(self) -> Deferred[None]:
        """Go on with what is there; fires when the book has it.

        Fails with a `StationError`: `store-damaged`, or the store's own.
        """

        def read() -> Kept:
            with self._store.keeping() as connection:
                try:
                    return read_kept(connection)
                except ValueError as error:
                    raise StationError(
                        "store-damaged", f"The database holds what no hub wrote: {error}.", "Restore a backup of it."
                    ) from error

        def loaded(kept: Kept) -> None:
            self._book.restore(kept.records, kept.shelves, kept.number)
            self._conditions.restore(kept.conditions)
            self._loaded = True

        return self._in_writer(read).addCallback(loaded)

    def look(self) -> None:
        """Write what is different, unless something is being written still."""
        if self._loaded and self._writing is None:
            self._writing = self._write()
            self._writing.addBoth(self._wrote)

    def begun_anew(self) -> None:
        """The database was displaced: have it hold everything again."""
        self._book.rewrite()
        self._conditions.rewrite()

    def stop(self) -> Deferred[None]:
        """Write what is left; fires when that is done."""
        if not self._loaded:
            return succeed(None)
        before = succeed(None)
        if self._writing is not None:
            waiting: Deferred[None] = Deferred()
            self._writing.addBoth(lambda _: waiting.callback(None))
            before = waiting
        return before.addCallback(lambda _: self._write())

    def history(self, wanted: HistoryFilter, most: int) -> Deferred[list[Record]]:
        """The newest standings that are wanted, the newest first.

        Fails with a `StationError`: `alarms-unreadable`, `no-database`.
        """

        def read() -> list[Record]:
            engine = read_only(self._url)
            try:
                with engine.begin() as connection:
                    return read_history(connection, wanted, most)
            except SQLAlchemyError as error:
                raise StationError(
                    "alarms-unreadable", f"The database cannot be read: {error}.", "Ask again when it can."
                ) from error
            finally:
                engine.dispose()

        if not self._loaded:
            return fail(StationError("alarms-unreadable", "The hub is still coming up.", "Ask again when it is up."))
        return self._in_reader(read)

    def _write(self) -> Deferred[None]:
        records, shelves = self._book.take_changes()
        written = Written(records=records, shelves=shelves, conditions=self._conditions.take_changes())
        now = self._now()
        cutting = now >= self._cut_at
        if not written and not cutting:
            return succeed(None)

        def do() -> int:
            with self._store.keeping() as connection:
                write(connection, written)
                return cut(connection, Instant(int(now - self._keep)), _CUT_MOST) if cutting else 0

        def done(gone: int) -> None:
            self._failing = False
            if cutting and gone < _CUT_MOST:
                self._cut_at = now + _CUT_EVERY

        def failed(failure: Failure) -> None:
            self._book.put_back(written.records, written.shelves)
            self._conditions.put_back(dict(written.conditions))
            if not failure.check(StationError, Displaced):
                _LOG.error("alarms-not-written", problem=failure.getTraceback(), todo="report this with the log")
            elif not self._failing:
                _LOG.warning("alarms-not-written", problem=str(failure.value), todo="mend the database")
            self._failing = True

        writing: Deferred[Any] = self._in_writer(do)
        return writing.addCallbacks(done, failed)

    def _wrote(self, _: object) -> None:
        self._writing = None
