"""A model executor: it does the point tasks of a replica by the semantics that the open protocol publishes.

It begins what is open and what no mode keeps back, each target once, writes *begun* into its ledger first, and reports.
Cut off, it goes on from the replica that it has and reports when it is back. After a crash what was begun is
*interrupted*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.state import State
from stationmaster_kernel.task import POINT_KINDS, Result, Task, announcement_open
from stationmaster_kernel.values import TaskState

__all__ = ["Begun", "ModelExecutor", "modes_of", "open_targets"]

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """One target of one task that is being done; `task` is what was acted on."""

    task: Task
    target: str
    until: Instant
    state: TaskState


def modes_of(state: State) -> tuple[Mode, ...]:
    """Everything that is manual."""
    return tuple(item for item in state.records.get("mode", {}).values() if isinstance(item, Mode))


def open_targets(task: Task, modes: Iterable[Mode], now: Instant) -> Iterator[str]:
    """The targets of a point task that may be begun, as far as task and modes say."""
    if task.kind in POINT_KINDS and announcement_open(task, now) and not keeps_back(modes, task):
        yield from (target for target in task.targets if task.result(target) is None)


@dataclass
class ModelExecutor:
    """What it is and has done.

    `online`: it has what the hub has. `away`: it does nothing at all. `pace`: minutes that a work takes.
    `outcome`: how works end. `queue` waits to be reported. `twice`: what it was asked to do again though the hub knew.
    """

    online: bool = True
    away: bool = False
    pace: int = 1
    outcome: TaskState = TaskState.DONE
    tasks: Mapping[str, Task] = field(default_factory=dict)
    modes: tuple[Mode, ...] = ()
    ledger: dict[Key, Result] = field(default_factory=dict)
    working: dict[Key, Begun] = field(default_factory=dict)
    queue: list[tuple[str, Result]] = field(default_factory=list)
    twice: list[Key] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)

    def look(self, state: State, now: Instant) -> None:
        """Finish what is over, and begin what is open now."""
        if self.online:
            self.tasks, self.modes = state.tasks, modes_of(state)
        if self.away:
            return
        for key, work in list(self.working.items()):
            if work.until <= now:
                del self.working[key]
                self._record(work, work.state, now)
        due = sorted(self.tasks.values(), key=lambda task: (task.due or 0, task.priority, task.id))
        for task in due:
            for target in open_targets(task, self.modes, now):
                if (task.id, target) in self.ledger:
                    if not any(item == task.id and result.target == target for item, result in self.queue):
                        self.twice.append((task.id, target))
                    continue
                until = Instant(now + self.pace * MINUTE)
                work = Begun(task=task, target=target, until=until, state=self.outcome)
                self._record(work, TaskState.BEGUN, now)
                self.begun.append(work)
                if self.pace:
                    self.working[task.id, target] = work
                else:
                    self._record(work, work.state, now)

    def crash(self, now: Instant) -> None:
        """Stop in the middle of everything, and start again."""
        for work in self.working.values():
            self._record(work, TaskState.INTERRUPTED, now)
        self.working.clear()

    def reports(self) -> list[tuple[str, Result]]:
        """What is to be reported now; nothing while the hub cannot be reached."""
        if not self.online:
            return []
        queue, self.queue = self.queue, []
        return queue

    def forget(self, task: str) -> None:
        """A task is gone for good; one of its id that is made later is another one."""
        for key in [key for key in self.ledger if key[0] == task]:
            del self.ledger[key]

    def _record(self, work: Begun, state: TaskState, now: Instant) -> None:
        result = Result(target=work.target, state=state, at=now, base=work.task.base)
        self.ledger[work.task.id, work.target] = result
        self.queue.append((work.task.id, result))
