"""Which kinds of task have an executor, as the sessions of the open protocol tell.

Several subsystems may do the same kind; the kernel is told when the first comes and when the last goes. After a start
the stored presence holds for a while, so that executors can connect again before anything is called absent.
"""

from __future__ import annotations

from collections import Counter

from stationmaster.hub.feeding.feed import Intake
from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Presence
from stationmaster_kernel.values import TaskKind

__all__ = ["ExecutorBook"]


class ExecutorBook:
    """Who is connected and does what.

    Args:
        pipeline: where changes go.
        clock: station time.
        boot: makes the ids of this process's inputs unique.

    """

    def __init__(self, pipeline: Intake, clock: StationClock, boot: str) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._boot = boot
        self._count = 0
        self._sessions: Counter[TaskKind] = Counter()
        self._told: dict[TaskKind, bool] = {}

    def loaded(self) -> None:
        """The stored state is there, and what it says of presence holds until something is known."""
        self._told = {kind: kind in self._pipeline.state.facts.present for kind in TaskKind}

    def set(self, kinds: frozenset[TaskKind], *, present: bool) -> None:
        """A session that does these kinds has begun or ended; one may begin before the one that it replaces ends."""
        for kind in sorted(kinds):
            self._sessions[kind] += 1 if present else -1
            self._tell(kind)

    def reconcile(self) -> None:
        """The time in which executors come back is over: who is not there is absent."""
        for kind in TaskKind:
            self._tell(kind)

    def _tell(self, kind: TaskKind) -> None:
        present = self._sessions[kind] > 0
        if self._told.get(kind, False) is not present:
            self._told[kind] = present
            self._count += 1
            at = Instant(int(self._clock.now()))
            self._pipeline.put(Presence(id=f"presence/{self._boot}/{self._count}", at=at, kind=kind, present=present))
