"""Runs the executor at its moments of station time, as long as work is allowed; without a performer, does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from stationmaster_agent.executor import Executor, FeedAge
from stationmaster_agent.work import Performer, Work
from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["Worker"]


class Worker:
    """The executor with its clock.

    Args:
        executor: None if there is no performer.
        performer: who does the work.
        clock: station time.
        timer: calls when something becomes due.
        feed: how old the dispatching feed is.
        allowed: whether work may be offered now.

    """

    def __init__(
        self,
        executor: Executor | None,
        performer: Performer | None,
        *,
        clock: StationClock,
        timer: StationTimer,
        feed: Callable[[], FeedAge],
        allowed: Callable[[], bool],
    ) -> None:
        self._executor = executor
        self._performer = performer
        self._clock = clock
        self._timer = timer
        self._feed = feed
        self._allowed = allowed
        self._due: Handle | None = None

    def start(self, tasks: Mapping[str, Task]) -> None:
        """Begin with these tasks; what a former life left begun is interrupted."""
        if self._executor is not None:
            self._executor.recover(self._now())
            self._executor.replace_all(tasks)

    def stop(self) -> None:
        """Offer nothing more."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def replaced(self, tasks: Mapping[str, Task]) -> None:
        """The tasks are now these; `run` is to follow."""
        if self._executor is not None:
            self._executor.replace_all(tasks)

    def updated(self, puts: Sequence[Resource], deletes: Sequence[tuple[str, str]]) -> None:
        """Resources have changed by this; `run` is to follow."""
        if self._executor is None:
            return
        for kind, name in deletes:
            if kind == "task":
                self._executor.remove(name)
        for put in puts:
            if isinstance(put.value, Task):
                self._executor.put(put.value)

    def changed(self, tasks: Iterable[Task]) -> None:
        """These tasks are now so; `run` is to follow."""
        if self._executor is not None:
            for task in tasks:
                self._executor.put(task)

    def run(self) -> None:
        """Offer what is due and retract what may no longer be done."""
        if self._executor is not None and self._allowed():
            self._executor.run(self._clock.now(), self._feed())
        self.arm()

    def arm(self) -> None:
        """Be called when something next becomes due."""
        self.stop()
        next_at = None if self._executor is None or not self._allowed() else self._executor.next_at()
        if next_at is not None:
            self._due = self._timer.call_at(next_at, self.run)

    def begin(self, work: Work) -> None:
        """Write down that a work begins; see `Executor.begin`."""
        self._works().begin(work, self._now())

    def finish(self, work: Work, state: TaskState, detail: str) -> None:
        """Write down what became of a work; see `Executor.finish`."""
        self._works().finish(work, state, self._now(), detail)

    def forget(self, before: Instant) -> None:
        """Forget what was done earlier than this and can come no more."""
        if self._executor is not None:
            self._executor.forget(before)

    def quiet(self, now: float) -> bool:
        """Whether nothing due is left unoffered, and the performer has nothing to do."""
        offered = self._executor is None or self._executor.settled(now, self._feed())
        return offered and (self._performer is None or self._performer.quiet())

    def next_at(self) -> float | None:
        """When there is next something to offer or, for the performer, to do."""
        moments = (
            None if self._executor is None else self._executor.next_at(),
            None if self._performer is None else self._performer.next_at(),
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def _works(self) -> Executor:
        if self._executor is None:
            raise RuntimeError("this agent was given no performer")
        return self._executor

    def _now(self) -> Instant:
        return Instant(int(self._clock.now()))
