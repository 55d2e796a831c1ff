"""The transmit loop: telegrams to the port, at the pace of the line and never faster.

A token bucket at the baud rate paces; the kernel's queue only caps (where it can be asked), so that what is newest
never waits behind much. Nothing here waits on the database or on anybody else but the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from stationmaster_base.logging import get_logger
from stationmaster_gateway.port import PortGone
from stationmaster_gateway.schedule import Outgoing, Schedule
from stationmaster_telegram.frame import LONGEST_FRAME
from stationmaster_telegram.records import DatabaseState

__all__ = ["Pacer", "Port", "TransmitCounters", "Transmitter"]

_LOG = get_logger("transmit")

_QUEUE_S = 0.3
_AHEAD_S = 0.08
_TOGETHER_S = 0.03
_FULL_S = 0.01
_STALLED_S = 5.0
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 2.0


class Port(Protocol):
    """What the loop asks of a port (`port.TransmitPort`)."""

    @property
    def is_open(self) -> bool: ...
    def open(self) -> None: ...
    def write(self, data: bytes) -> int: ...
    def queued(self) -> int: ...
    def close(self) -> None: ...


class Pacer:
    """A token bucket: lets bytes go at the rate of the line.

    Telegrams go 50 to 80 ms before the line has sent those before, so that the line stays busy while the process
    sleeps, and news waits behind little. Those of 30 ms go together: to wake costs more than to make a telegram.
    """

    def __init__(self, baud: int, now: float) -> None:
        self.rate = baud / 10
        self._depth = self.rate * _AHEAD_S
        self._together = self.rate * _TOGETHER_S
        self._tokens = self._depth
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until the next telegram may go; 0 if it may now."""
        self._tokens = min(self._depth, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now
        return 0.0 if self._tokens >= 0 else (self._together - self._tokens) / self.rate

    def took(self, count: int) -> None:
        """So many bytes went."""
        self._tokens -= count


@dataclass(slots=True)
class TransmitCounters:
    """What the loop has done since it started."""

    telegrams: int = 0
    bytes: int = 0
    openings: int = 0
    losses: int = 0
    stalls: int = 0


class Transmitter:
    """Keeps the line busy.

    Args:
        port: where it goes.
        baud: the rate of the line.
        schedule: what is next; guarded by `lock`.
        lock: guards the schedule and the mirror; never held while the port is written.
        database: how the database is now, and seconds since it was read.
        monotonic: machine seconds.

    """

    def __init__(
        self,
        port: Port,
        baud: int,
        *,
        schedule: Schedule,
        lock: Lock,
        database: Callable[[], tuple[DatabaseState, float]],
        monotonic: Callable[[], float],
    ) -> None:
        self.counters = TransmitCounters()
        self._port = port
        self._schedule = schedule
        self._lock = lock
        self._database = database
        self._monotonic = monotonic
        self._pacer = Pacer(baud, monotonic())
        self._outgoing: Outgoing | None = None
        self._rest = b""
        self._retry_at = 0.0
        self._retry_s = _RETRY_FIRST_S
        self._moved_at = monotonic()
        self._stalled = False

    def step(self) -> float:
        """Do what can be done now; gives the seconds until it is worth calling again.

        Raises:
            StationError: the port must not be used.

        """
        now = self._monotonic()
        if not self._port.is_open and not self._opened(now):
            return max(0.0, self._retry_at - now)
        try:
            return self._transmit(now)
        except PortGone as error:
            self.counters.losses += 1
            self._drop()
            self._retry_at = now + self._retry_s
            _LOG.warning("port_lost", problem=error.message, do="nothing: it is opened again when it is back")
            return self._retry_s

    def close(self) -> None:
        """Stop transmitting."""
        self._port.close()
        self._drop()

    def _opened(self, now: float) -> bool:
        if now < self._retry_at:
            return False
        try:
            self._port.open()
        except PortGone as error:
            if self._retry_s == _RETRY_FIRST_S:
                _LOG.warning("port_missing", problem=error.message, do="connect the device; it is tried again")
            self._retry_at = now + self._retry_s
            self._retry_s = min(_RETRY_MOST_S, self._retry_s * 2)
            return False
        self.counters.openings += 1
        self._retry_s = _RETRY_FIRST_S
        self._moved_at = now
        _LOG.info("port_opened")
        return True

    def _transmit(self, now: float) -> float:
        if not self._rest:
            queue_wait = self._queue_wait()
            wait = max(self._pacer.wait(now), queue_wait)
            if wait > 0:
                if queue_wait > 0:
                    self._watch(now)
                return wait
            with self._lock:
                self._schedule.database(*self._database())
                self._outgoing = self._schedule.next_telegram(now)
            self._rest = self._outgoing.frame
        taken = self._port.write(self._rest)
        self._pacer.took(taken)
        self.counters.bytes += taken
        self._rest = self._rest[taken:]
        if self._rest:
            return self._blocked(now, taken)
        self._moved_at = now
        self._stalled = False
        if self._outgoing is not None:
            with self._lock:
                self._schedule.sent(self._outgoing, now)
                self.counters.telegrams += 1
            self._outgoing = None
        return 0.0

    def _queue_wait(self) -> float:
        """Seconds until the kernel's queue is short enough for one more telegram."""
        queued = self._port.queued()
        over = queued + LONGEST_FRAME - max(float(LONGEST_FRAME), self._pacer.rate * _QUEUE_S)
        return over / self._pacer.rate if queued and over > 0 else 0.0

    def _blocked(self, now: float, taken: int) -> float:
        """The device takes no more for now."""
        if taken:
            self._moved_at = now
        self._watch(now)
        return _FULL_S

    def _watch(self, now: float) -> None:
        """Say so if nothing has left for a while."""
        if not self._stalled and now > self._moved_at + _STALLED_S:
            self._stalled = True
            self.counters.stalls += 1
            _LOG.warning("line_stalled", seconds=_STALLED_S, do="see what holds the device; nothing leaves it")

    def _drop(self) -> None:
        """What was being transmitted is lost; it is not counted as transmitted and so comes again."""
        self._outgoing = None
        self._rest = b""
