"""On which service dates a train runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["DAILY", "RunningDays"]

ALL_WEEK = (1, 2, 3, 4, 5, 6, 7)

EARLY = date(2001, 1, 1)
"""A Monday to begin at when there is no first date: weekdays repeat, so any week shows what they do."""


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
        step = timedelta(days=shift)
        starts = [day for day in (self.valid_from, other.valid_from and other.valid_from - step) if day]
        ends = [day for day in (self.valid_until, other.valid_until and other.valid_until - step) if day]
        last = min(ends) if ends else None
        first = max(starts) if starts else (last - timedelta(days=6) if last else EARLY)
        span = 6 if last is None else min(6, (last - first).days)
        days = (first + timedelta(days=number) for number in range(span + 1))
        return any(self.include(day) and other.include(day + step) for day in days)


DAILY = RunningDays()
"""Every day, for ever."""
