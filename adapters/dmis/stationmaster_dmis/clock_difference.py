"""How far the gateway's clock is from the station's, as far as a line that cannot be asked can tell.

A state telegram says what the gateway's clock showed when it was made, in whole seconds. When it comes, that is some
way in the past: the rest of the second, the wait for its turn, and the way down the line. All of these only make the
gateway seem slow, so the largest difference of many is the nearest to the truth.
"""

from __future__ import annotations

from collections import deque

from stationmaster_base.times import Instant

__all__ = ["ClockDifference"]

_SAMPLES = 60


class ClockDifference:
    """Watches one gateway's clock."""

    def __init__(self) -> None:
        self._differences: deque[float] = deque(maxlen=_SAMPLES)

    def take(self, gateway_time: Instant | None, station_time: float) -> None:
        """A state telegram came at this station time; a gateway whose clock is not set says None."""
        if gateway_time is None:
            self._differences.clear()
        else:
            self._differences.append(gateway_time - station_time)

    @property
    def seconds(self) -> float | None:
        """Gateway's time less the station's, at most about a second too low; None while it is not known."""
        return max(self._differences, default=None)
