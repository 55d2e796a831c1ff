"""The leap seconds that there have been, so that one that a source of time names can be told from a fault.

The platform counts UTC in seconds since 1970, in which a leap second does not exist: the second 60 is the first of the
next minute counted twice. The table says at which minutes that can have happened. It is a small file of this package,
and it expires, since a leap second is announced half a year ahead.
After its expiry everything in it stays true; what it can no longer say is that there was *no* leap second on some later
day. So from then on a second 60 on the last day of any month is taken for possible, and nothing else changes:
a new leap second is met by the sources of time themselves, from which the clock is slewed.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

from stationmaster_base.errors import StationError

__all__ = ["GPS_BEHIND_TAI", "LeapTable"]

GPS_BEHIND_TAI = 19
"""Seconds: TAI − GPS time, for ever (the Global Positioning System's clock was set to UTC in 1980)."""

_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class LeapTable:
    """The table.

    `at_first` is TAI − UTC before all `leaps`; each of these is the instant after the inserted second, in seconds since
    1970, and TAI − UTC from then on. From `expires` on there may be leap seconds that are not in it.
    """

    at_first: int
    leaps: tuple[tuple[int, int], ...]
    expires: int

    @classmethod
    def shipped(cls) -> LeapTable:
        """The one that comes with this package."""
        return cls.from_lines(files(__package__).joinpath("leap_seconds.txt").read_text("utf-8").splitlines())

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> LeapTable:
        """Read the file's form.

        Raises:
            StationError: `leap-table` if it has not that form.

        """
        first, leaps, expires = 0, [], 0
        try:
            for line in lines:
                if line.startswith("# Expires:"):
                    expires = _midnight(date.fromisoformat(line.partition(":")[2].strip()))
                elif line.strip() and not line.startswith("#"):
                    day, seconds = line.split()
                    if day == "start":
                        first = int(seconds)
                    else:
                        leaps.append((_midnight(date.fromisoformat(day)) + _DAY, int(seconds)))
            if not expires or leaps != sorted(leaps):
                raise ValueError("it has no date of expiry, or is not in order")
        except ValueError as error:
            raise StationError(
                "leap-table", f"The table of leap seconds cannot be read: {error}.", "Install the package again."
            ) from error
        return cls(at_first=first, leaps=tuple(leaps), expires=expires)

    def expired(self, at: float) -> bool:
        """Whether there may be leap seconds before `at` that are not in the table."""
        return at >= self.expires

    def tai_ahead(self, at: float) -> int:
        """TAI − UTC, in seconds, at `at`, as far as the table knows."""
        return next((seconds for since, seconds in reversed(self.leaps) if since <= at), self.at_first)

    def gps_ahead(self, at: float) -> int:
        """GPS time − UTC, in seconds: what a receiver is wrong by that has not yet heard of leap seconds."""
        return self.tai_ahead(at) - GPS_BEHIND_TAI

    def inserted(self, since: float, until: float) -> int:
        """Seconds that were inserted after `since` and up to `until`."""
        return self.tai_ahead(until) - self.tai_ahead(since)

    def possible(self, at: float) -> bool:
        """Whether the second before `at`, the first of a UTC day, can have been a second 60."""
        if self.expired(at):
            return at % _DAY == 0 and datetime.fromtimestamp(at, UTC).day == 1
        return any(since == at for since, _ in self.leaps)

    def announced(self, at: float) -> bool:
        """Whether the UTC day of `at` ends with an inserted second."""
        day = datetime.fromtimestamp(at, UTC).date()
        return any(since == _midnight(day + timedelta(days=1)) for since, _ in self.leaps)


def _midnight(day: date) -> int:
    return calendar.timegm(day.timetuple())
