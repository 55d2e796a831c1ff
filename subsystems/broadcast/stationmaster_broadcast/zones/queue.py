"""What waits in one zone, and in which order it is said. Pure: no clock, no sound.

First by priority, then by due time, then in the order of trains, then by id, so that the order never depends on
which news came first. Nothing is said from its `valid_until` on. Each task is said at most once in a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stationmaster_agent.work import Work
from stationmaster_base.times import Instant
from stationmaster_broadcast.speech.recording import Recipe
from stationmaster_broadcast.zones.classes import CLASSES, AnnouncementClass, class_of

__all__ = ["Place", "Waiting", "ZoneQueue", "may_interrupt", "too_old"]

Place = tuple[int, bool, Instant, Instant, str]
"""What announcements are sorted by: priority, whether it is still to begin, due time, train, id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One announcement that waits in one zone; `recipe` says which sound it needs."""

    work: Work
    recipe: Recipe

    @property
    def place(self) -> Place:
        """What it is sorted by."""
        return Waiting.place_of(self.work)

    @staticmethod
    def place_of(work: Work, *, begun: bool = False) -> Place:
        """The place of a work, whether it is still to begin or has begun and is to go on."""
        task = work.task
        return (task.priority, not begun, task.order if task.due is None else task.due, task.order, task.id)


class ZoneQueue:
    """The announcements that wait in one zone.

    They are looked at far more often than they change, so their order is kept until something is added.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._order: list[Waiting] | None = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, waiting: Waiting) -> None:
        """Add one; a newer form of the same task takes the place of the older."""
        self._waiting[waiting.work.task.id] = waiting
        self._order = None

    def remove(self, work: Work) -> bool:
        """Take one out, if it is there in just this form; whether it was."""
        waiting = self._waiting.get(work.task.id)
        if waiting is None or waiting.work is not work:
            return False
        self._drop(waiting)
        return True

    def drop_too_old(self, now: float) -> list[Waiting]:
        """Take out what may not be said any more, in order."""
        dropped = [waiting for waiting in self._ordered() if too_old(waiting.work, now)]
        for waiting in dropped:
            self._drop(waiting)
        return dropped

    def first(self) -> Waiting | None:
        """The one whose turn is next."""
        ordered = self._ordered()
        return ordered[0] if ordered else None

    def with_sound(self, key: str) -> list[Waiting]:
        """Those that are the sound of this key, in order."""
        return [waiting for waiting in self._ordered() if waiting.recipe.key == key]

    def ordered(self) -> list[Waiting]:
        """All of them, the next one first."""
        return list(self._ordered())

    def _ordered(self) -> list[Waiting]:
        if self._order is None:
            self._order = sorted(self._waiting.values(), key=lambda waiting: waiting.place)
        return self._order

    def _drop(self, waiting: Waiting) -> None:
        del self._waiting[waiting.work.task.id]
        if self._order is not None:
            self._order = [other for other in self._order if other is not waiting]


def too_old(work: Work, now: float) -> bool:
    """Whether it may not be said any more."""
    until = work.task.valid_until
    return until is not None and now >= until


def may_interrupt(waiting: Work, playing: Work, classes: Sequence[AnnouncementClass] = CLASSES) -> bool:
    """Whether `waiting` cuts into `playing`: by its class."""
    above = class_of(waiting.task.priority, classes)
    return class_of(playing.task.priority, classes).id in above.cuts
