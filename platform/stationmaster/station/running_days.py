"""On which service dates a train runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["DAILY", "RunningDays"]

ALL_WEEK = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDays:
    """Dates from `valid_from` to `valid_until`, both included, on `weekdays`, 1 (Monday) to 7; None is without end."""

    valid_from: date | None = None
    valid_until: date | None = None
    weekdays: tuple[int, ...] = ALL_WEEK

    def include(self, day: date) -> bool:
        """Whether the train runs on this service date."""
        return (
            (self.valid_from is None or day >= self.valid_from)
            and (self.valid_until is None or day <= self.valid_until)
            and day.isoweekday() in self.weekdays
        )

    def meet(self, other: RunningDays, shift: int = 0) -> bool:
        """Whether there is a date on which this train runs and `shift` days after which the other does."""
        first, last = _later(self._first, other._first, shift), _earlier(self._last, other._last, shift)
        if first is None:
            first = 1 if last is None else last - 6
        # Weekdays repeat, so a week shows all that there is.
        until = first + 6 if last is None else min(first + 6, last)
        return any(
            _weekday(day) in self.weekdays and _weekday(day + shift) in other.weekdays
            for day in range(first, until + 1)
        )

    @property
    def _first(self) -> int | None:
        return None if self.valid_from is None else self.valid_from.toordinal()

    @property
    def _last(self) -> int | None:
        return None if self.valid_until is None else self.valid_until.toordinal()


def _later(mine: int | None, theirs: int | None, shift: int) -> int | None:
    if theirs is None:
        return mine
    return theirs - shift if mine is None else max(mine, theirs - shift)


def _earlier(mine: int | None, theirs: int | None, shift: int) -> int | None:
    if theirs is None:
        return mine
    return theirs - shift if mine is None else min(mine, theirs - shift)


def _weekday(ordinal: int) -> int:
    """1 (Monday) to 7 for a day number as `date.toordinal` counts, in which day 1 is a Monday."""
    return (ordinal - 1) % 7 + 1


DAILY = RunningDays()
"""Every day, for ever."""
