"""How good a time is, and how two clocks are compared over a network.

What a clock is compared with is always the machine's monotonic time, which nobody sets. The difference is called the
*base*: UTC in seconds since 1970 minus machine seconds. A base that stays the same is a clock that runs well, and a
step of the machine's own wall clock changes nothing in it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["DRIFT", "ClockQuality", "ClockState", "Measured", "OffsetFilter"]

DRIFT = 50e-6
"""Seconds a second by which an ordinary machine's oscillator may be wrong, at most: crystals are sold as ±50 ppm."""

_DISAGREEMENTS = 2
"""Exchanges in a row that contradict all earlier ones, after which the other clock is taken to have been set."""

_LONGEST_DELAY = 3600.0


class ClockState(StrEnum):
    """How the station's time is known.

    - `locked`: masters of time agree on it now.
    - `holdover`: they did, and the machine's oscillator carries it on; the error grows.
    - `free-run`: no master vouches for it: it is the machine's own time.
    - `invalid`: it cannot be true (its year is outside the window).
    """

    LOCKED = "locked"
    HOLDOVER = "holdover"
    FREE_RUN = "free-run"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockQuality:
    """What is said of the station's time to those who take it over.

    `error_s` is how wrong it may be, in seconds; None if nobody can tell. `source` is the master that it was taken
    from; empty without one.
    """

    state: ClockState
    error_s: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A base, and how wrong it may be; both in seconds."""

    base: float
    error_s: float


@dataclass(frozen=True, slots=True)
class _Exchange:
    base: float
    half_delay: float
    at: float

    def error(self, now: float, drift: float) -> float:
        return self.half_delay + drift * max(0.0, now - self.at)


class OffsetFilter:
    """Compares this machine with another clock from exchanges of four stamps, as in RFC 5905, section 8.

    The exchange with the shortest way there and back is the most exact, so it counts, until it is so old that the
    drift of the two oscillators makes it worse than a newer one.

    Args:
        keep: exchanges that are remembered.
        drift: seconds a second by which the two clocks may drift apart.

    """

    def __init__(self, *, keep: int = 8, drift: float = 2 * DRIFT) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=keep)
        self._drift = drift
        self._odd = 0

    def __len__(self) -> int:
        return len(self._exchanges)

    def take(self, sent: float, received: float, answered: float, back: float) -> bool:
        """Take one exchange in.

        Args:
            sent: machine seconds when the request went out.
            received: UTC seconds of the other clock when it got the request.
            answered: UTC seconds of the other clock when it sent its answer.
            back: machine seconds when the answer came in.

        Returns:
            whether it could be used: stamps that are no numbers, or run backwards, are not.

        """
        if not all(map(math.isfinite, (sent, received, answered, back))):
            return False
        delay = (back - sent) - (answered - received)
        # Both clocks are read in steps of about a microsecond, so a very short way can come out as less than nothing.
        if back < sent or answered < received or not -0.001 <= delay <= _LONGEST_DELAY:
            return False
        base = ((received - sent) + (answered - back)) / 2
        exchange = _Exchange(base, max(delay, 0.0) / 2, back)
        self._forget_if_set(exchange)
        self._exchanges.append(exchange)
        return True

    def measured(self, now: float) -> Measured | None:
        """The base as it is best known at machine time `now`; None before any exchange."""
        if not self._exchanges:
            return None
        best = min(self._exchanges, key=lambda each: each.error(now, self._drift))
        return Measured(base=best.base, error_s=best.error(now, self._drift))

    def forget(self) -> None:
        """Begin anew, because the other clock is another one now."""
        self._exchanges.clear()
        self._odd = 0

    def _forget_if_set(self, exchange: _Exchange) -> None:
        known = self.measured(exchange.at)
        if known is None or abs(exchange.base - known.base) <= exchange.half_delay + known.error_s + 0.001:
            self._odd = 0
            return
        self._odd += 1
        if self._odd >= _DISAGREEMENTS:
            self.forget()
