"""Station time: what the whole station agrees that the time is.

In service it is the machine's clock. In a demo or a drill it is a *shadow*: an anchor and a rate in one
small file, given to every process by the supervisor, so that all agree and a restart changes nothing.
A rate of zero makes a clock that moves only when somebody writes the file: that is how an exact test steps a day.
Timeouts, heartbeats and pacing never use station time; they use the machine's monotonic time.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant

__all__ = ["Anchor", "FileClock", "MachineClock", "StationClock", "read_anchor", "write_anchor"]

WallTime = Callable[[], float]
"""The machine's own clock, seconds since 1970 (`time.time` at the composition root)."""


class StationClock(Protocol):
    """Station time, and how long the machine has to wait for a moment of it."""

    @property
    def shadow(self) -> bool:
        """Whether this is a demo's or a drill's time; every page says so."""

    @property
    def rate(self) -> float:
        """Station seconds per machine second; 0 if the clock is stepped."""

    def now(self) -> float:
        """Seconds since 1970; never less than the time before."""

    def wait_for(self, instant: float) -> float:
        """Machine seconds from now to `instant`: 0 if it has passed, infinite if the clock is stepped."""

    def reread(self) -> None:
        """Look again at what sets this clock."""


_END_OF_TIME = 253402300800
"""The first second of the year 10000, which no date can name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """At machine time `machine` it was `station` o'clock, and runs at `rate` since."""

    station: float
    machine: float
    rate: float

    def at(self, machine: float) -> float:
        """Station time at a machine time."""
        return self.station + (machine - self.machine) * self.rate


class MachineClock:
    """Station time in service: the machine's clock, held where it is should the machine's step back."""

    shadow = False
    rate = 1.0

    def __init__(self, wall: WallTime) -> None:
        self._wall = wall
        self._latest = -math.inf

    def now(self) -> float:
        self._latest = max(self._latest, self._wall())
        return self._latest

    def wait_for(self, instant: float) -> float:
        return max(0.0, instant - self.now())

    def reread(self) -> None:
        """Nothing sets this clock but the machine."""


class FileClock:
    """A shadow clock from the anchor in a file.

    Args:
        path: the file that `write_anchor` wrote.
        wall: the machine's own clock.

    Raises:
        StationError: `clock-file` if the file cannot be read.

    """

    shadow = True

    def __init__(self, path: Path, wall: WallTime) -> None:
        self._path = path
        self._wall = wall
        self._anchor = read_anchor(path)
        self._latest = -math.inf

    @property
    def rate(self) -> float:
        return self._anchor.rate

    def now(self) -> float:
        self._latest = max(self._latest, self._anchor.at(self._wall()))
        return self._latest

    def wait_for(self, instant: float) -> float:
        ahead = instant - self.now()
        if ahead <= 0:
            return 0.0
        return ahead / self.rate if self.rate else math.inf

    def reread(self) -> None:
        self._anchor = read_anchor(self._path)


def read_anchor(path: Path) -> Anchor:
    """The anchor in `path`.

    Raises:
        StationError: `clock-file` if there is none or it says nothing usable.

    """
    try:
        body = json.loads(path.read_text("utf-8"))
        anchor = Anchor(station=float(body["station"]), machine=float(body["machine"]), rate=float(body["rate"]))
        if not (0 <= anchor.station < _END_OF_TIME and 0 <= anchor.rate < math.inf and math.isfinite(anchor.machine)):
            raise ValueError("a number in it cannot be")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StationError(
            "clock-file",
            f"{path} is not a usable clock file: {error}.",
            "It holds JSON with the numbers station, machine and rate; station from 1970 to 9999, rate from 0.",
        ) from error
    return anchor


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Put `anchor` into `path` in one move, so that no reader sees half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_text(json.dumps(asdict(anchor)), "utf-8")
    draft.replace(path)


def whole(seconds: float) -> Instant:
    """A clock reading as an instant."""
    return Instant(int(seconds))
