"""Years that can be, and receivers that have lost 1024 weeks.

The satellites of the Global Positioning System send the number of the week with ten bits, so an old receiver falls
back by 1024 weeks (19.6 years) on some day and then tells an exact time of the wrong date, with a right checksum and a
good status. A blind repair would be as wrong: 2010 plus 1024 weeks is 2030, a year that can be. So a date is only ever
repaired towards a time that is known from somewhere else.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass

__all__ = ["ERA", "YearWindow"]

ERA = 1024 * 7 * 86400
"""Seconds after which the ten bits of the week's number begin anew."""

_MOST_ERAS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class YearWindow:
    """The years, first and last included, that a source of time may tell."""

    first: int = 2020
    last: int = 2037

    def holds(self, at: float) -> bool:
        """Whether `at`, in seconds since 1970, is in one of these years."""
        return calendar.timegm((self.first, 1, 1, 0, 0, 0)) <= at < calendar.timegm((self.last + 1, 1, 1, 0, 0, 0))

    def eras_to(self, at: float, known: float, tolerance: float) -> int | None:
        """How many eras must be added to `at` to come within `tolerance` of a `known` time.

        All are seconds. None if no number of eras does, or if the known time itself is outside the window.
        """
        eras = round((known - at) / ERA)
        near = abs(at + eras * ERA - known) <= tolerance
        return eras if near and 0 <= eras <= _MOST_ERAS and self.holds(known) else None
