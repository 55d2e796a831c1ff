"""The keeper of the journal: takes a checkpoint in the station's night, and has what is too old cut off.

It is told of each commit and looks whether something is to be done; all times are the kernel's. A checkpoint is read
from the database in a thread of its own, on a connection that only reads, since that takes a second at a large station;
only writing it, and each small piece that is cut, takes a turn of the writer's thread, between two batches. If the
database fails meanwhile, nothing is lost: it is tried again some minutes later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks, succeed
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.archive import read_only
from stationmaster.hub.storage.checkpoint import Packed, read_packed, save, save_now, software
from stationmaster.hub.storage.compaction import DAY_S, IDS_KEPT, cut_some, entry_to_cut_at
from stationmaster.hub.storage.schema import CHECKPOINT, HEAD
from stationmaster.hub.storage.store import Displaced, Store, StoreDown
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.state import State
from stationmaster_service.interfaces import MachineTime

__all__ = ["JournalKeeper", "night_of"]

_LOG = get_logger("journal")

NIGHT = 3
"""The local hour from which on the day's checkpoint is taken: fewest trains run."""

MOST_ENTRIES = 50_000
"""Entries after which there is a checkpoint by day too, so that no question replays more."""

PAUSE_S = 0.05
"""Machine seconds between two pieces that are cut, in which the pipeline has the thread for itself."""

AGAIN_AFTER = 10 * MINUTE
"""Station time after which what failed is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The newest checkpoint."""

    sequence: int
    night: date


class JournalKeeper:
    """Keeps the journal of one hub bounded.

    Args:
        store: the hub's; used through `in_writer` alone.
        url: its database, for reading.
        in_writer: the writer's thread.
        in_reader: another thread.
        reactor: machine time.
        zone: the station's.
        keep_days: for how long entries are kept.
        state: the committed state.

    """

    def __init__(
        self,
        *,
        store: Store,
        url: URL,
        in_writer: InThread,
        in_reader: InThread,
        reactor: MachineTime,
        zone: ZoneInfo,
        keep_days: int,
        state: Callable[[], State],
    ) -> None:
        self._store = store
        self._url = url
        self._in_writer = in_writer
        self._in_reader = in_reader
        self._reactor = reactor
        self._zone = zone
        self._keep = keep_days * DAY_S
        self._state = state
        self._last: _Last | None = None
        self._begun = False
        self._not_before = Instant(0)
        self._working = False
        self._work: Deferred[None] | None = None

    def begin(self) -> Deferred[None]:
        """The store has been read, and nothing has been put in yet; fires when there is a checkpoint to replay from.

        A checkpoint is written where there is none, or where another version of the software goes on: what that one
        wrote may not be what this one's kernel says.
        """
        return self._in_writer(self._first).addErrback(self._failed).addCallback(self._began)

    def committed(self, committed: Sequence[Committed]) -> None:
        """A batch has been committed: see whether it is time."""
        if not self._begun or self._working:
            return
        now = self._state().facts.now
        if now < self._not_before:
            return
        last = self._last
        head = committed[-1].stored.sequence
        if last is None or head - last.sequence >= MOST_ENTRIES or night_of(now, self._zone) > last.night:
            self._working = True
            self._work = self._keep_up().addErrback(self._failed).addCallback(self._done)

    def stop(self) -> Deferred[None]:
        """Begin nothing new; fires when nothing is being done any more."""
        self._begun = False
        if self._work is None or not self._working:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._work.addBoth(stopped.callback)
        self._work.cancel()
        return stopped

    @inlineCallbacks
    def _keep_up(self) -> Generator[Deferred[Any], Any, None]:
        packed: Packed | None = yield self._in_reader(self._read)
        if packed is None:
            return
        if (yield self._in_writer(lambda: self._save(packed))):
            _LOG.info("checkpoint", at=packed.position.sequence, size=len(packed.state))
        self._last = _Last(sequence=packed.position.sequence, night=night_of(packed.at, self._zone))
        cut: int | None = yield self._in_writer(lambda: self._cut_at(packed.at))
        if cut is None:
            return
        rows = 0
        while gone := (yield self._in_writer(lambda: self._cut_some(cut, packed.at))):
            rows += gone
            yield deferLater(cast("Any", self._reactor), PAUSE_S)
        if rows:
            _LOG.info("journal-cut", up_to=cut, rows=rows)

    def _first(self) -> _Last | None:
        with self._store.keeping() as connection:
            newest = _newest(connection)
            if newest is None or newest.software != software():
                save_now(connection)
                newest = _newest(connection)
        return None if newest is None else _Last(sequence=newest.sequence, night=night_of(newest.at, self._zone))

    def _read(self) -> Packed | None:
        engine = read_only(self._url)
        try:
            with engine.begin() as connection:
                return read_packed(connection)
        except (SQLAlchemyError, OSError) as error:
            raise StoreDown(str(error)) from error
        finally:
            engine.dispose()

    def _save(self, packed: Packed) -> bool:
        with self._store.keeping() as connection:
            head = connection.execute(select(HEAD)).one()
            behind = head.epoch == packed.position.epoch and head.sequence >= packed.position.sequence
            return behind and save(connection, packed)

    def _cut_at(self, now: Instant) -> int | None:
        with self._store.keeping() as connection:
            return entry_to_cut_at(connection, Instant(now - self._keep))

    def _cut_some(self, cut: int, now: Instant) -> int:
        with self._store.keeping() as connection:
            return cut_some(connection, cut, Instant(now - max(self._keep, IDS_KEPT)))

    def _began(self, last: _Last | None) -> None:
        self._last, self._begun = last, True

    def _done(self, _: None) -> None:
        self._working = False

    def _failed(self, failure: Failure) -> None:
        error = failure.value
        if isinstance(error, CancelledError):
            return
        self._not_before = Instant(self._state().facts.now + AGAIN_AFTER)
        if isinstance(error, StationError | Displaced):
            _LOG.warning("journal-not-kept", problem=str(error), todo="mend the database; it is tried again")
        else:
            _LOG.error("journal-not-kept", problem=failure.getTraceback(), todo="report this with the log")


def night_of(now: Instant, zone: ZoneInfo) -> date:
    """The date of the last night that has come: from 3 o'clock on it is the day's own."""
    return (datetime.fromtimestamp(now, zone) - timedelta(hours=NIGHT)).date()


def _newest(connection: Connection) -> Any:
    newest = select(CHECKPOINT.c.sequence, CHECKPOINT.c.at, CHECKPOINT.c.software)
    return connection.execute(newest.order_by(CHECKPOINT.c.sequence.desc(), CHECKPOINT.c.at.desc()).limit(1)).first()
