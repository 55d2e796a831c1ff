"""A station clock that masters of time can steer.

Until it is steered it shows the machine's wall clock. From then on it runs on the machine's monotonic time, and what it
is wrong by is *slewed* away: it runs a little faster or slower until it is right. It never runs backwards. It is
moved at once only forwards, and only when whoever steers it asks for that; before the day's work has begun, when
nothing hangs on it yet, it may be set to anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from stationmaster_base.clock import WallTime

__all__ = ["FASTEST_SLEW", "SLEW", "SLEW_S", "SteeredClock"]

SLEW = 0.005
"""The usual slew, in seconds a second: one second is made good in 200 s, and nobody sees it on a display."""

SLEW_S = 1200.0
"""Machine seconds in which a larger error is made good, with a faster slew, as long as that is not too fast."""

FASTEST_SLEW = 0.5
"""The fastest slew: the clock then runs at half its rate, or at one and a half."""


class SteeredClock:
    """Station time in service.

    Args:
        wall: the machine's own clock, seconds since 1970.
        monotonic: the machine's time that nobody sets, in seconds.

    """

    shadow = False
    rate = 1.0

    def __init__(self, wall: WallTime, monotonic: Callable[[], float]) -> None:
        self.wall = wall
        self.monotonic = monotonic
        self._latest = -math.inf
        self._begun = False
        self._steered = False
        # When steered: at machine time `_since` it was `_then` o'clock and `_wrong` seconds were still to be made good.
        self._since = 0.0
        self._then = 0.0
        self._wrong = 0.0
        self._slew = SLEW

    @property
    def steered(self) -> bool:
        """Whether anybody has steered it yet."""
        return self._steered

    @property
    def begun(self) -> bool:
        """Whether the day's work hangs on it, so that it may not be set any more."""
        return self._begun

    @property
    def base(self) -> float:
        """What it shows now minus machine seconds; a property of the clock alone, whatever the time is."""
        return self.now() - self.monotonic()

    @property
    def wrong(self) -> float:
        """Seconds that are still to be made good: positive when it is behind."""
        return self._wrong - self._made_good(self.monotonic()) if self._steered else 0.0

    def begin(self) -> None:
        """From now on the day's work hangs on it."""
        self._begun = True

    def steer(self, base: float, *, step: bool = False) -> None:
        """Make it show machine seconds + `base`.

        Args:
            base: UTC seconds since 1970 minus machine seconds.
            step: go there at once if that is forwards. Before `begin` it goes there at once in any direction.

        Raises:
            ValueError: `base` is no finite number.

        """
        if not math.isfinite(base):
            raise ValueError(f"{base} is no base of a clock")
        machine = self.monotonic()
        now = self.now()
        wrong = machine + base - now
        if not self._begun:
            now, wrong = machine + base, 0.0
            self._latest = now
        elif step and wrong > 0:
            now, wrong = machine + base, 0.0
        self._steered = True
        self._since, self._then, self._wrong = machine, now, wrong
        self._slew = min(FASTEST_SLEW, max(SLEW, abs(wrong) / SLEW_S))

    def now(self) -> float:
        self._latest = max(self._latest, self._at(self.monotonic()) if self._steered else self.wall())
        return self._latest

    def wait_for(self, instant: float) -> float:
        ahead = instant - self.now()
        if ahead <= 0:
            return 0.0
        wrong = self.wrong
        rate = 1 + math.copysign(self._slew, wrong) if wrong else 1.0
        slewing = abs(wrong) / self._slew
        if ahead <= slewing * rate:
            return ahead / rate
        return slewing + (ahead - slewing * rate)

    def reread(self) -> None:
        """Nothing sets this clock but whoever steers it."""

    def _at(self, machine: float) -> float:
        return self._then + (machine - self._since) + self._made_good(machine)

    def _made_good(self, machine: float) -> float:
        most = self._slew * (machine - self._since)
        return math.copysign(min(abs(self._wrong), most), self._wrong)
