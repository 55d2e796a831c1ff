"""Doing something at a moment of station time, whatever kind of clock the station has.

Everything that happens at a moment of the station's day is asked for here, so that one process has one list of what
is next, in order. With a running clock the earliest moment arms one `callLater`; a clock that is stepped moves only
when somebody says so with `poke`, and then everything that has become due runs before `poke` returns.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Handle", "StationTimer"]

_LOG = get_logger("timer")

LONGEST_WAIT = 10.0
"""Machine seconds after which the clock is looked at again, so that a step of the machine's own clock is noticed."""


class Handle:
    """One thing that will happen, or will not any more."""

    __slots__ = ("_function", "instant")

    def __init__(self, instant: float, function: Callable[[], object]) -> None:
        self.instant = instant
        self._function: Callable[[], object] | None = function

    @property
    def pending(self) -> bool:
        """Whether it is still to happen."""
        return self._function is not None

    def cancel(self) -> None:
        """Do not do it; harmless when it was done or cancelled before."""
        self._function = None

    def take(self) -> Callable[[], object] | None:
        """The function, once; the timer's own."""
        function, self._function = self._function, None
        return function


class StationTimer:
    """All that waits for a moment of station time in this process.

    A moment that has already come is done at the reactor's next turn, whatever the clock.

    Args:
        clock: station time.
        reactor: machine time, for waiting.

    """

    def __init__(self, clock: StationClock, reactor: MachineTime) -> None:
        self.clock = clock
        self.reactor = reactor
        self._heap: list[tuple[float, int, Handle]] = []
        self._count = 0
        self._armed: DelayedCall | None = None
        self._running = False

    def call_at(self, instant: float, function: Callable[[], object]) -> Handle:
        """Call `function` once, at the first chance from `instant` (seconds since 1970) on.

        What it raises is logged and stops nothing else.
        """
        handle = Handle(instant, function)
        self._count += 1
        heapq.heappush(self._heap, (instant, self._count, handle))
        if self._heap[0][2] is handle:
            self._arm()
        return handle

    def next_at(self) -> float | None:
        """The station time of the next thing to do; None if there is nothing."""
        self._drop_cancelled()
        return self._heap[0][0] if self._heap else None

    def poke(self) -> None:
        """Read the clock again and do all that is due, in order of instant, before returning.

        Raises:
            StationError: `clock-file` if the shadow clock's file cannot be read.

        """
        self.clock.reread()
        self._run_due()

    def _run_due(self) -> None:
        if self._running:  # a function that pokes: the loop below comes to all that is due anyway
            return
        self._running = True
        try:
            now = self.clock.now()
            while self._heap and self._heap[0][0] <= now:
                function = heapq.heappop(self._heap)[2].take()
                if function is not None:
                    self._call(function)
        finally:
            self._running = False
        self._arm()

    def _call(self, function: Callable[[], object]) -> None:
        try:
            function()
        except Exception:
            _LOG.exception("timed-function-failed", function=getattr(function, "__qualname__", repr(function)))

    def _arm(self) -> None:
        if self._running:
            return
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        self._drop_cancelled()
        if not self._heap:
            return
        wait = self.clock.wait_for(self._heap[0][0])
        if not math.isinf(wait):
            self._armed = self.reactor.callLater(min(wait, LONGEST_WAIT), self._fire)

    def _fire(self) -> None:
        self._armed = None
        try:
            self.clock.reread()
        except StationError as error:
            _LOG.warning("clock-not-read", problem=error.message, todo="mend the clock file; the last one holds")
        self._run_due()

    def _drop_cancelled(self) -> None:
        while self._heap and not self._heap[0][2].pending:
            heapq.heappop(self._heap)
