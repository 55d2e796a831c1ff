"""Keeps the dispatching database at the present station time.

Each event is written at its instant, in a thread, because a database may be slow. What falls due while a write is
under way, or while the database is out of reach, is written together with it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, local_date
from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_service.timer import Handle, StationTimer
from stationmaster_simulator.calendar import EventSource
from stationmaster_simulator.database import DispatchingDatabase
from stationmaster_simulator.events import ScenarioEvent

__all__ = ["InThread", "Simulator"]

_LOG = get_logger("simulator")

InThread = Callable[[Callable[[], int]], Deferred[int]]
"""Runs a function in the database's thread and fires with what it returns."""

KEPT = timedelta(days=7)
RETRY_AFTER = 2.0
RETRY_AT_MOST = 30.0


class Simulator(Service):
    """Writes each event when its instant has come.

    Args:
        source: the events.
        database: where they go; its tables are there.
        in_thread: how to reach it without waiting.
        clock, timer: station time.
        reactor: machine time, for trying again.
        zone: the station's, in which its days begin.

    """

    def __init__(
        self,
        *,
        source: EventSource,
        database: DispatchingDatabase,
        in_thread: InThread,
        clock: StationClock,
        timer: StationTimer,
        reactor: MachineTime,
        zone: ZoneInfo,
    ) -> None:
        self._source = source
        self._database = database
        self._in_thread = in_thread
        self._clock = clock
        self._timer = timer
        self._reactor = reactor
        self._zone = zone
        self._due: list[ScenarioEvent] = []
        self._first = True
        self._whole = source.runs()
        self._writing: Deferred[int] | None = None
        self._alarm: Handle | None = None
        self._retry: DelayedCall | None = None
        self._failures = 0
        self._problem = ""
        self._changes = 0
        self._day: date | None = None
        self._waiting: list[Deferred[None]] = []

    @property
    def changes(self) -> int:
        """The database's change counter after the last write."""
        return self._changes

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Bring the database to the present station time, and keep it there."""
        Service.startService(self)
        self._go_on()

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        """Begin nothing more; what is being written is finished."""
        Service.stopService(self)
        if self._alarm is not None:
            self._alarm.cancel()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._writing is None:
            return None
        return self.settle()

    def settle(self) -> Deferred[None]:
        """Fires when everything up to the present station time has been committed."""
        settled: Deferred[None] = Deferred()
        self._waiting.append(settled)
        if self.running:
            self._go_on()
        return settled

    def health(self) -> Health:
        """The process's answer at `/healthz`."""
        next_at = self._source.next_at()
        return Health(
            process="simulator",
            status="degraded" if self._problem else "ok",
            quiet=self._is_idle() and not (next_at is not None and next_at <= self._clock.now()),
            next_at=next_at,
            more={"changes": self._changes, "problem": self._problem},
        )

    def _is_idle(self) -> bool:
        return self._writing is None and not self._due and not self._first

    def _go_on(self) -> None:
        """Take what is due and write it, unless that is being done already."""
        if not self.running:
            return
        now = self._clock.now()
        self._due.extend(self._source.until(now))
        if self._writing is None and self._retry is None:
            if self._due or self._first:
                self._write(now)
            else:
                self._rest()
        self._arm()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        next_at = self._source.next_at()
        self._alarm = None if next_at is None else self._timer.call_at(next_at, self._go_on)

    def _write(self, now: float) -> None:
        events, self._due = self._due, []
        today = local_date(Instant(int(now)), self._zone)
        first, whole = self._first, self._whole
        forget = today - KEPT if today != self._day else None

        def work() -> int:
            if first:
                self._database.prepare()
            counter = self._database.write(events, whole_of=whole)
            return counter if forget is None else self._database.drop_before(forget)

        self._writing = self._in_thread(work)
        self._writing.addCallbacks(self._written, self._not_written, callbackArgs=(today,), errbackArgs=(events,))

    def _written(self, counter: int, day: date) -> None:
        if self._problem:
            _LOG.info("database-written-again", failures=self._failures)
        self._writing, self._first, self._whole, self._day = None, False, frozenset(), day
        self._changes, self._failures, self._problem = counter, 0, ""
        if self.running:
            self._go_on()
        else:
            self._rest()

    def _not_written(self, failure: Failure, events: Sequence[ScenarioEvent]) -> None:
        self._writing = None
        self._due[:0] = events
        self._failures += 1
        error = failure.value
        self._problem = error.message if isinstance(error, StationError) else failure.getErrorMessage()
        wait = min(RETRY_AT_MOST, RETRY_AFTER * 2 ** (self._failures - 1))
        _LOG.error(
            "database-not-written",
            problem=self._problem,
            waiting=len(self._due),
            again_in_s=wait,
            traceback=None if isinstance(error, StationError) else failure.getTraceback(),
        )
        if self.running:
            self._retry = self._reactor.callLater(wait, self._try_again)
        else:
            self._rest()

    def _try_again(self) -> None:
        self._retry = None
        self._go_on()

    def _rest(self) -> None:
        """Nothing is being written: all that waited for that may go on."""
        waiting, self._waiting = self._waiting, []
        for settled in waiting:
            settled.callback(None)
