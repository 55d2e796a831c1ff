"""Station time as the kit's hub tells it: it runs like the machine's, is never what the machine says, and can leap."""

from __future__ import annotations

from stationmaster_base.times import Instant
from stationmaster_conform.machine import Machine
from stationmaster_protocol.scalars import Stamp, stamp_of

__all__ = ["StationTime"]

AHEAD_S = 120
"""By so much the kit's station time is before the machine's, so that a client that goes by its own clock is found."""


class StationTime:
    """Args:
    machine: its wall clock is read once, its monotonic time from then on.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._base = machine.wall() + AHEAD_S - machine.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._base + self._machine.monotonic()

    def instant(self, ahead: float = 0) -> Instant:
        """The whole second, so many seconds ahead."""
        return Instant(int(self.now() + ahead))

    def stamp(self) -> Stamp:
        """Now, as on the wire."""
        return stamp_of(self.now())

    def leap(self, seconds: float) -> None:
        """Station time is set."""
        self._base += seconds
