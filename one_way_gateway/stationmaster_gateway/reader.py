"""The reader: a thread of its own that polls the database, so that a slow one never makes the line idle."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.logging import get_logger
from stationmaster_gateway.database import DatabaseGone, DatabaseUnfit, Reading
from stationmaster_gateway.mirror import Mirror, News
from stationmaster_gateway.schedule import Schedule
from stationmaster_telegram.records import DatabaseState

__all__ = ["Reader"]

_LOG = get_logger("reader")

_BACK_OFF_MOST_S = 2.0
_SURE_S = 3.0
"""A database that does not fit at the start is given so long, since whoever makes it may be about to."""


class Reader:
    """Polls, and puts what it saw into the mirror.

    Args:
        poll: reads the database (`DispatchingDatabase.poll`).
        close: lets go of it (`DispatchingDatabase.close`); called by the same thread.
        mirror, schedule: what it is put into; guarded by `lock`.
        poll_hz: reads a second.
        slow_s: the database counts as slow when its last read is older.
        monotonic: machine seconds.

    """

    def __init__(
        self,
        poll: Callable[[], Reading],
        close: Callable[[], None],
        *,
        mirror: Mirror,
        schedule: Schedule,
        lock: Lock,
        poll_hz: float,
        slow_s: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.polls = 0
        self.failures = 0
        self._poll = poll
        self._close = close
        self._mirror = mirror
        self._schedule = schedule
        self._lock = lock
        self._interval = 1 / poll_hz
        self._slow_s = max(slow_s, 2 * self._interval)
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._gone = False
        self._unfit: DatabaseUnfit | None = None
        self._unfit_at = 0.0
        self._back_off = 0.0
        self._withheld = 0

    @property
    def refused(self) -> StationError | None:
        """Why the gateway must not go on: the database did not fit at the start."""
        unfit = self._unfit
        if unfit is None or self._read_at is not None or self._monotonic() < self._unfit_at + _SURE_S:
            return None
        return ConfigurationError(unfit.faults)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the database does not fit now; empty if it does, or cannot be reached."""
        unfit = self._unfit
        return () if unfit is None else tuple(str(fault) for fault in unfit.faults)

    def database(self) -> tuple[DatabaseState, float]:
        """How the database is now, and seconds since it was read."""
        read_at = self._read_at
        age = 0.0 if read_at is None else max(0.0, self._monotonic() - read_at)
        if self._gone:
            return (DatabaseState.GONE if self._unfit is None else DatabaseState.UNFIT), age
        if read_at is None:
            return DatabaseState.STARTING, age
        return (DatabaseState.SLOW if age > self._slow_s else DatabaseState.GOOD), age

    def step(self) -> float:
        """Poll once; gives the seconds until the next poll."""
        begun = self._monotonic()
        try:
            reading = self._poll()
        except DatabaseGone as error:
            self.failures += 1
            self._failed(error)
            self._back_off = min(_BACK_OFF_MOST_S, max(self._interval, 2 * self._back_off))
            return self._back_off
        with self._lock:
            news = self._mirror.apply(reading)
            self._schedule.changed(news)
            self.polls += 1
            self._read_at = self._monotonic()
            returned, self._gone = self._gone, False
            self._unfit = None
        self._back_off = 0.0
        if returned:
            _LOG.info("database_back")
        self._tell(news)
        return max(0.0, begun + self._interval - self._monotonic())

    def run(self, stop: Event) -> None:
        """Poll until told to stop."""
        try:
            while not stop.wait(self.step()):
                pass
        finally:
            self._close()

    def _failed(self, error: DatabaseGone) -> None:
        """Say so, once for each thing that is wrong."""
        unfit = error if isinstance(error, DatabaseUnfit) else None
        if unfit is not None and unfit.faults != getattr(self._unfit, "faults", None):
            _LOG.warning(
                "database_unfit", faults=[str(fault) for fault in unfit.faults], do="mend it, or [gateway.source]"
            )
        elif unfit is None and (not self._gone or self._unfit is not None):
            _LOG.warning("database_gone", problem=error.message, do="see to the database; it is tried again")
        if unfit is not None and self._unfit is None:
            self._unfit_at = self._monotonic()
        self._unfit = unfit
        self._gone = True

    def _tell(self, news: News) -> None:
        for run, reason in news.faults.items():
            _LOG.warning("row_broken", run_id=run, reason=reason, do="mend it in the dispatching database")
        for reason in news.strays:
            _LOG.warning("row_broken", run_id=None, reason=reason, do="mend it in the dispatching database")
        for run in news.mended:
            _LOG.info("row_mended", run_id=run)
        if self._mirror.withheld != self._withheld:
            self._withheld = self._mirror.withheld
            _LOG.info("runs_withheld", count=self._withheld)
        if news.gone:
            _LOG.info("runs_gone", count=len(news.gone))
