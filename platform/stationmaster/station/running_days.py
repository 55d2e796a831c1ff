"""On which dates a train runs.

The dates that are tested are those of the train's beginning: the local date on which it leaves its origin, wherever
in its journey this station lies. A train that began on Friday runs on Friday, though it calls here on Saturday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

__all__ = ["ALL_WEEK", "DAILY", "Calendar", "RunningDays"]

ALL_WEEK = (1, 2, 3, 4, 5, 6, 7)
FIRST_DAY = date.min.toordinal()
LAST_DAY = date.max.toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Dates with a name: `weekdays`, 1 (Monday) to 7, from `valid_from` to `valid_until`, both included, None being
    without end; then without the dates `removed` and with the dates `added`, which may lie anywhere. No weekdays at
    all leaves the added dates alone.
    """

    id: str
    valid_from: date | None = None
    valid_until: date | None = None
    weekdays: tuple[int, ...] = ALL_WEEK
    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()

    def include(self, day: date) -> bool:
        """Whether the date is one of the calendar's."""
        return day in self.added or (day not in self.removed and _regular(self, day))

    @property
    def empty(self) -> bool:
        """Whether no date at all is one of the calendar's."""
        return not RunningDays(calendar=self).meet(DAILY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDays:
    """Dates from `valid_from` to `valid_until`, both included, on `weekdays`, 1 (Monday) to 7, that are also dates of
    `calendar`; None is without end, and no calendar is every date.
    """

    valid_from: date | None = None
    valid_until: date | None = None
    weekdays: tuple[int, ...] = ALL_WEEK
    calendar: Calendar | None = None

    def include(self, day: date) -> bool:
        """Whether the train that begins on this date runs."""
        return _regular(self, day) and (self.calendar is None or self.calendar.include(day))

    def meet(self, other: RunningDays, shift: int = 0) -> bool:
        """Whether there is a date on which this train runs and `shift` days after which the other does."""
        return any(
            self._has(day) and other._has(day + shift)
            for day in self._candidates(other, shift)
            if FIRST_DAY <= day <= LAST_DAY and FIRST_DAY <= day + shift <= LAST_DAY
        )

    def _has(self, ordinal: int) -> bool:
        return self.include(date.fromordinal(ordinal))

    def _candidates(self, other: RunningDays, shift: int) -> Iterator[int]:
        """Dates of this train, of which one is common if there is any.

        A date that is common is an added one of either, or it follows the weekdays of both. Weekdays repeat, so of
        the latter one week shows all that there is, and a week more for each date that is taken out of either.
        """
        yield from self._added()
        yield from (day - shift for day in other._added())
        both = set(self._regular_weekdays()) & {(day - 1 - shift) % 7 + 1 for day in other._regular_weekdays()}
        if not both:
            return
        first = max(self._first(FIRST_DAY), other._first(FIRST_DAY) - shift, FIRST_DAY, FIRST_DAY - shift)
        last = min(self._last(LAST_DAY), other._last(LAST_DAY) - shift, LAST_DAY, LAST_DAY - shift)
        length = 7 * (1 + self._taken_out() + other._taken_out())
        yield from range(first, min(first + length - 1, last) + 1)

    def _added(self) -> Iterator[int]:
        return iter(()) if self.calendar is None else (day.toordinal() for day in sorted(self.calendar.added))

    def _taken_out(self) -> int:
        return 0 if self.calendar is None else len(self.calendar.removed)

    def _regular_weekdays(self) -> tuple[int, ...]:
        if self.calendar is None:
            return self.weekdays
        return tuple(day for day in self.weekdays if day in self.calendar.weekdays)

    def _first(self, least: int) -> int:
        parts = (self,) if self.calendar is None else (self, self.calendar)
        return max((part.valid_from.toordinal() for part in parts if part.valid_from is not None), default=least)

    def _last(self, most: int) -> int:
        parts = (self,) if self.calendar is None else (self, self.calendar)
        return min((part.valid_until.toordinal() for part in parts if part.valid_until is not None), default=most)


def _regular(days: Calendar | RunningDays, day: date) -> bool:
    return (
        (days.valid_from is None or day >= days.valid_from)
        and (days.valid_until is None or day <= days.valid_until)
        and day.isoweekday() in days.weekdays
    )


DAILY = RunningDays()
"""Every day, for ever."""
