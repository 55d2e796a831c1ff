"""Grading the feed: how far it can be relied on now. Times are the machine's monotonic seconds.

The feed is as old as the last telegram, or as the last word that the gateway could read its database, whichever is
older. Young enough it is fresh, else late, else lost. It gets worse at once; it gets better only when it has been good
for a while, and after a start or a loss it is fresh only when it is proven to be complete.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_kernel.values import FeedGrade

__all__ = ["Grading", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The ages at which a feed is late and lost, and how long it must have been good to be fresh again, in seconds."""

    late_s: float = 10.0
    lost_s: float = 60.0
    hold_s: float = 2.0


class Grading:
    """Grades one feed.

    Args:
        limits: when it is late, lost, and good again.
        grade: what it was, as far as the kernel knows.
        now: machine time.

    """

    def __init__(self, *, limits: Limits, grade: FeedGrade, now: float) -> None:
        self.grade = grade
        self._late_s = limits.late_s
        self._lost_s = max(limits.lost_s, limits.late_s)
        self._hold_s = limits.hold_s
        self._telegram_at: float | None = None
        self._database_at: float | None = None
        self._began_at = now
        self._good_since: float | None = None
        self._complete_at = now
        self._proven = False
        self._fell = False

    def telegram(self, now: float) -> None:
        """A good telegram came at `now`; what came in a file may be older than what came before it."""
        self._telegram_at = _later(self._telegram_at, now)

    def database(self, now: float) -> None:
        """The gateway said that its database is well."""
        self._database_at = _later(self._database_at, now)

    def complete(self, now: float) -> None:
        """Everything is there."""
        self._complete_at = max(self._complete_at, now)
        self._proven = True

    def age(self, now: float) -> float | None:
        """Seconds since the feed was last known to be good; None if it never was."""
        if self._telegram_at is None or self._database_at is None:
            return None
        return now - min(self._telegram_at, self._database_at)

    def look(self, now: float) -> FeedGrade:
        """The grade at machine time `now`."""
        age = self.age(now)
        oldness = now - self._began_at if age is None else age
        if oldness >= self._lost_s:
            self._worse(FeedGrade.LOST)
            self._proven = False
        elif oldness >= self._late_s:
            if self.grade is FeedGrade.FRESH:
                self._worse(FeedGrade.LATE)
            self._good_since = None
        elif age is not None:
            self._good(now)
        return self.grade

    def _worse(self, grade: FeedGrade) -> None:
        self._fell = True
        self._good_since = None
        self.grade = grade

    def _good(self, now: float) -> None:
        if self._good_since is None:
            self._good_since = now
        behind = not self._proven or now - self._complete_at >= self._late_s
        held = not self._fell or now - self._good_since >= self._hold_s
        if self.grade is FeedGrade.FRESH:
            # What was taken over from before a restart is given time to be proven: a pass of a slow line is long.
            if behind and (self._proven or now - self._began_at >= self._lost_s):
                self._fell = True
                self.grade = FeedGrade.LATE
        elif held and not behind:
            self.grade = FeedGrade.FRESH
        elif held and self.grade is FeedGrade.LOST:
            self.grade = FeedGrade.LATE


def _later(before: float | None, now: float) -> float:
    return now if before is None else max(before, now)
