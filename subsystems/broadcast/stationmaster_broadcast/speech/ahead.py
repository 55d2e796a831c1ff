"""Makes sounds before they are due, as soon as their text is known, so that a due announcement starts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.python.failure import Failure

from stationmaster_base.clock import StationClock
from stationmaster_base.times import MINUTE
from stationmaster_broadcast.speech.recording import Recipe, Recording
from stationmaster_broadcast.speech.studio import LATER, Studio
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Ahead"]

PACE = 1.0
"""Machine seconds between two looks at all tasks, however often they change."""

AT_ONCE = 50
"""How many sounds are ordered at most at one look; the others follow at the next."""


class Ahead:
    """Looks at the tasks after they have changed and orders what is due soon.

    Args:
        reactor: paces the looks.
        clock: station time.
        studio: makes the sounds.
        minutes: how far ahead, in station time.
        tasks: all tasks of the replica.
        recipe: which sound a task needs.

    """

    def __init__(
        self,
        *,
        reactor: MachineTime,
        clock: StationClock,
        studio: Studio,
        minutes: int,
        tasks: Callable[[], Mapping[str, Task]],
        recipe: Callable[[Task], Recipe],
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._studio = studio
        self._minutes = minutes
        self._tasks = tasks
        self._recipe = recipe
        self._look: DelayedCall | None = None
        self._failed: set[str] = set()  # sounds that could not be made: tried again when they are due, not before

    def changed(self) -> None:
        """Tasks have changed, or time has gone on: look soon."""
        if self._look is None and self._minutes:
            self._look = self._reactor.callLater(PACE, self._look_now)

    def stop(self) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_now(self) -> None:
        self._look = None
        if self._studio.problem:
            self.changed()
            return
        now = self._clock.now()
        soon = [
            task
            for task in self._tasks().values()
            if task.kind is TaskKind.ANNOUNCEMENT
            and task.state is TaskState.PLANNED
            and task.due is not None
            and now < task.due <= now + self._minutes * MINUTE
        ]
        ordered = 0
        for task in sorted(soon, key=lambda task: (task.due or 0, task.id)):
            recipe = self._recipe(task)
            if recipe.key in self._failed or not recipe.utterances or self._studio.has(recipe):
                continue
            if ordered == AT_ONCE:
                self.changed()
                break
            ordered += 1
            self._studio.prepare(recipe, LATER).addCallbacks(_made, self._not_made, errbackArgs=(recipe.key,))

    def _not_made(self, _failure: Failure, key: str) -> None:
        """The studio has said why; it will be tried again when it is due."""
        if len(self._failed) > 1000:
            self._failed.clear()
        self._failed.add(key)


def _made(_recording: Recording) -> None:
    """It is in the cache now, which is all that was wanted."""
