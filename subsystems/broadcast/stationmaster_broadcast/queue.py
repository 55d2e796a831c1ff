"""What waits in one zone, and in which order it is said. Pure: no clock, no sound.

First by priority, then by due time, then in the order of trains, then by id, so that the order never depends on
which news came first. Nothing is said from its `valid_until` on. Each task is said at most once in a zone.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_agent.work import Work
from stationmaster_base.times import Instant
from stationmaster_broadcast.classes import class_of
from stationmaster_broadcast.recording import Recipe

__all__ = ["Waiting", "ZoneQueue", "may_interrupt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One announcement that waits in one zone; `recipe` says which sound it needs."""

    work: Work
    recipe: Recipe

    @property
    def place(self) -> tuple[int, Instant, Instant, str]:
        """What it is sorted by."""
        task = self.work.task
        return (task.priority, task.order if task.due is None else task.due, task.order, task.id)

    def too_old(self, now: float) -> bool:
        """Whether it may not be said any more."""
        until = self.work.task.valid_until
        return until is not None and now >= until


class ZoneQueue:
    """The announcements that wait in one zone."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, waiting: Waiting) -> None:
        """Add one; a newer form of the same task takes the place of the older."""
        self._waiting[waiting.work.task.id] = waiting

    def remove(self, work: Work) -> bool:
        """Take one out, if it is there in just this form; whether it was."""
        waiting = self._waiting.get(work.task.id)
        if waiting is None or waiting.work is not work:
            return False
        del self._waiting[work.task.id]
        return True

    def drop_too_old(self, now: float) -> list[Waiting]:
        """Take out what may not be said any more, in order."""
        dropped = [waiting for waiting in self.ordered() if waiting.too_old(now)]
        for waiting in dropped:
            del self._waiting[waiting.work.task.id]
        return dropped

    def first(self) -> Waiting | None:
        """The one whose turn is next."""
        return min(self._waiting.values(), key=lambda waiting: waiting.place, default=None)

    def ordered(self) -> list[Waiting]:
        """All of them, the next one first."""
        return sorted(self._waiting.values(), key=lambda waiting: waiting.place)


def may_interrupt(waiting: Work, playing: Work) -> bool:
    """Whether `waiting` cuts into `playing`: by its class, and only into a class below its own."""
    above, below = class_of(waiting.task.priority), class_of(playing.task.priority)
    return above.interrupts and above.up_to < below.up_to
