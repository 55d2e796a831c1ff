"""Going on alone: the train-operation kernel inside a subsystem, run on the replica while there is no hub.

It knows no feed, so it takes it for lost: what is overdue becomes unconfirmed and has its hard end by rule. What it
derives lies over the replica and is dropped when the hub is back. Point tasks are not done from it: only the
hub makes tasks and occurrences, and the executor goes on with those that it has.
"""

from __future__ import annotations

from collections.abc import Iterable

from immutables import Map

from stationmaster_agent.replica import Replica
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Changes, KernelFacts, Resource
from stationmaster_kernel.inputs import Act, GradeFeed, Input, TaskResult, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade, TaskKind

__all__ = ["Autonomy", "kernel_on", "would_change"]

_LOG = get_logger("autonomy")


class Autonomy:
    """The kernel on a replica, from one loss of the hub to its return.

    `calls` and `tasks` are the replica's with what the kernel has derived since.

    Args:
        replica: what was held when the hub was lost; with the station in it.
        kinds: the kinds of task that the replica holds; the kernel's others are nothing to this subsystem.
        now: station time.

    Raises:
        StationError: `autonomy`: the replica makes no station.

    """

    def __init__(self, *, replica: Replica, kinds: frozenset[TaskKind], now: float) -> None:
        self._kinds = kinds
        self.calls: Map[str, Call] = replica.calls
        self.tasks: Map[str, Task] = replica.tasks
        self._held = replica.tasks
        # The kernel looks only forward, so it wakes up in the minute before this one.
        start = Instant(floor_minute(now) - MINUTE)
        # The feed counts as fresh at first, so that its loss is news, whatever the hub had last: a train that was
        # overdue by then is not confirmed any more. It is lost now and not a minute ago, when that train was none.
        self._state = kernel_on(replica, kinds, start, FeedGrade.FRESH)
        self._count = 0
        self._step(GradeFeed(id=self._id(), at=floor_minute(now), grade=FeedGrade.LOST))
        self.tick(now)

    def tick(self, now: float) -> None:
        """A minute of station time has begun."""
        self._step(Tick(id=self._id(), at=floor_minute(now)))

    def next_at(self, now: float) -> Instant:
        """When there is next something to derive: the kernel has something to say at each minute."""
        return Instant(floor_minute(now) + MINUTE)

    def result(self, given: TaskResult) -> None:
        """The executor has come so far with a task."""
        if given.task in self._state.tasks:
            self._step(given)

    def act(self, given: Act) -> tuple[Task, ...]:
        """A person at the subsystem's own page has done something.

        Returns:
            the tasks that the replica held and that are different for it. Tasks that only it has made are not among
            them: they are for the hub to make.

        Raises:
            Refused: it cannot be; nothing is changed.

        """
        self._state, changes = step(self._state, given)
        self._overlay(changes)
        return tuple(put.value for put in changes.puts if isinstance(put.value, Task) and put.id in self._held)

    def would(self, given: Act) -> Changes:
        """What an act would change; nothing is changed.

        Raises:
            Refused: it cannot be.

        """
        return step(self._state, given)[1]

    def _id(self) -> str:
        self._count += 1
        return f"alone/{self._count}"

    def _step(self, given: Input) -> None:
        try:
            self._state, changes = step(self._state, given)
        except Refused as refused:
            _LOG.warning("input-refused", input=given.id, code=refused.code, problem=refused.message)
        else:
            self._overlay(changes)

    def _overlay(self, changes: Changes) -> None:
        for kind, name in changes.deletes:
            if kind == "call":
                self.calls = self.calls.delete(name)
            elif kind == "task" and name in self.tasks:
                self.tasks = self.tasks.delete(name)
        for put in changes.puts:
            if isinstance(put.value, Call):
                self.calls = self.calls.set(put.id, put.value)
            elif isinstance(put.value, Task) and put.value.kind in self._kinds:
                self.tasks = self.tasks.set(put.id, put.value)


def would_change(given: Act, replica: Replica, kinds: Iterable[TaskKind], grade: FeedGrade) -> Changes:
    """What an act would change at a hub that held the replica and nothing else.

    Raises:
        StationError: `no-replica`, `autonomy`, or it cannot be.

    """
    if replica.configuration is None:
        raise StationError("no-replica", "Nothing is known of the station yet.", "Wait until a hub was there.")
    return step(kernel_on(replica, frozenset(kinds), given.at, grade), given)[1]


def kernel_on(replica: Replica, kinds: frozenset[TaskKind], now: Instant, grade: FeedGrade) -> State:
    """The kernel as it would be if it held the replica and nothing else.

    Raises:
        StationError: `autonomy`: the replica makes no station.

    """
    counter = max((resource.revision for resource in replica.resources()), default=0)
    facts = KernelFacts(now=now, grade=grade, counter=counter, revision=counter, present=tuple(sorted(kinds)))
    kernel = Resource(kind="kernel", id=facts.id, revision=counter, value=facts)
    try:
        return State.from_resources([*replica.resources(), kernel])
    except ValueError as error:
        raise StationError("autonomy", f"The replica makes no station: {error}.") from error
