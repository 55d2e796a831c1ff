"""The executor: offers each point task to the performer at its time, once, and remembers what became of it.

It works from the replica and station time alone, so being cut off from the hub is no other way of working.
What keeps it from doing anything twice is the ledger: *begun* is on disk before the performer acts, and what stands in
the ledger, or is known to the hub, is never offered again. What a crash left begun and unfinished is *interrupted*.

It has no timer of its own: `run(now)` does all that is due, and `next_at()` says when to call it again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from stationmaster_agent.work import Performer, Work
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import Result, Task, announcement_open
from stationmaster_kernel.values import TaskKind, TaskState

__all__ = ["Executor", "FeedAge", "Ledger"]

_LOG = get_logger("executor")

OVER = frozenset({TaskState.DONE, TaskState.INTERRUPTED, TaskState.FAILED})
"""What a begun target can come to."""


class Ledger(Protocol):
    """What was begun and what came of it, on disk."""

    def progress(self) -> Mapping[tuple[str, str], Result]:
        """The last result of each (task, target)."""

    def record(self, task: str, result: Result) -> None:
        """Put this on disk, and in the queue for the hub, before returning."""

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """These (task, target) will never be asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAge:
    """What is known of the dispatching feed: fresh at this moment, or when it last was (None: never)."""

    fresh: bool = False
    fresh_at: Instant | None = None

    def allows(self, task: Task, now: float) -> bool:
        """Whether the feed is young enough for what the task says, or a person has said that it is to be done now."""
        if task.feed_limit is None or self.fresh or task.by_hand is not None:
            return True
        return self.fresh_at is not None and now - self.fresh_at <= task.feed_limit * MINUTE


class Executor:
    """Point tasks of some kinds, each target of each once.

    Args:
        kinds: the kinds of task that the performer does.
        performer: who does them.
        ledger: what was done before, and where to write what is done now.
        modes: tells what is manual at the moment, and so does not begin.

    """

    def __init__(
        self,
        *,
        kinds: Iterable[TaskKind],
        performer: Performer,
        ledger: Ledger,
        modes: Callable[[], Sequence[Mode]] = tuple,
    ) -> None:
        self._kinds = frozenset(kinds)
        self._performer = performer
        self._ledger = ledger
        self._modes = modes
        self._progress = dict(ledger.progress())
        self._begun: dict[tuple[str, str], Work] = {}  # begun in this life of the process
        self._tasks: dict[str, Task] = {}
        self._waiting: list[tuple[Instant, str]] = []  # heap of (due, task), with entries that no longer hold
        self._due: dict[str, Task] = {}  # due has come, valid_until has not
        self._offered: dict[tuple[str, str], Work] = {}
        self._feed = FeedAge()

    def recover(self, now: Instant) -> None:
        """Call what a former life of the process left begun by its name: interrupted."""
        for (task, target), result in sorted(self._progress.items()):
            if result.state is TaskState.BEGUN:
                cut = replace(result, state=TaskState.INTERRUPTED, at=now, detail="the subsystem stopped in the middle")
                self._ledger.record(task, cut)
                self._progress[task, target] = cut

    def replace_all(self, tasks: Mapping[str, Task]) -> None:
        """The tasks are now these: after a snapshot, or at the start."""
        for name in [name for name in self._tasks if name not in tasks]:
            self.remove(name)
        for task in tasks.values():
            self.put(task)

    def put(self, task: Task) -> None:
        """A task is new or has changed; offers on its old form are retracted."""
        if task.kind not in self._kinds or self._tasks.get(task.id) == task:
            return
        self._tasks[task.id] = task
        self._due.pop(task.id, None)
        for offered in [work for work in self._offered.values() if work.task.id == task.id]:
            target = offered.target
            if target not in task.targets or not _same(offered.task, task) or self._is_over(task, target):
                self._retract(offered)
        if task.due is not None and task.valid_until is not None:
            heapq.heappush(self._waiting, (task.due, task.id))

    def remove(self, name: str) -> None:
        """A task is gone; offers are retracted."""
        if self._tasks.pop(name, None) is None:
            return
        self._due.pop(name, None)
        for work in [work for work in self._offered.values() if work.task.id == name]:
            self._retract(work)

    def run(self, now: float, feed: FeedAge) -> None:
        """Offer all that is due at `now`, in order of due time, and retract what may no longer be done."""
        self._feed = feed
        while self._waiting and self._waiting[0][0] <= now:
            due, name = heapq.heappop(self._waiting)
            task = self._tasks.get(name)
            if task is not None and task.due == due:
                self._due[name] = task
        for task in sorted(self._due.values(), key=lambda item: (item.due or 0, item.priority, item.id)):
            if self._due.get(task.id) is task:  # a performer may have acted within an offer
                self._run_task(task, now)

    def begin(self, work: Work, now: Instant) -> None:
        """The performer is about to act; when this returns, that is on disk.

        Raises:
            StationError: `work-not-offered`: it was retracted, or begun before.

        """
        if self._offered.get(work.key) is not work:
            raise _not_offered(work)
        self._record(work, TaskState.BEGUN, now)
        del self._offered[work.key]
        self._begun[work.key] = work

    def finish(self, work: Work, state: TaskState, now: Instant, detail: str = "") -> None:
        """What came of it; a work that was not begun may be finished too (it could not be begun).

        Raises:
            StationError: `work-not-offered`: it was retracted, or finished before.
            ValueError: `state` is none that an executor reports.

        """
        if state not in OVER:
            raise ValueError(f"{state.value!r} is not the end of a work: {', '.join(sorted(OVER))}")
        if self._begun.get(work.key) is not work and self._offered.get(work.key) is not work:
            raise _not_offered(work)
        self._record(work, state, now, detail)
        self._begun.pop(work.key, None)
        self._offered.pop(work.key, None)

    def forget(self, before: Instant) -> None:
        """Forget what was done earlier than this, of tasks that are no longer there."""
        gone = [
            (task, target)
            for (task, target), result in self._progress.items()
            if result.at < before and result.state in OVER and task not in self._tasks
        ]
        if gone:
            self._ledger.forget(gone)
            for key in gone:
                del self._progress[key]

    def settled(self, now: float, feed: FeedAge) -> bool:
        """Whether `run` at this moment would do nothing."""
        if self._waiting and self._waiting[0][0] <= now:
            return False
        return all(
            ((name, target) in self._offered) is self._may(task, target, now, feed)
            for name, task in self._due.items()
            for target in task.targets
        )

    def next_at(self) -> float | None:
        """The earliest station time at which `run` has something to do again, as things stand; None: only on news."""
        while self._waiting:
            due, name = self._waiting[0]
            task = self._tasks.get(name)
            if task is not None and task.due == due and name not in self._due and self._has_open_target(task):
                break
            heapq.heappop(self._waiting)
        moments: list[float] = [self._waiting[0][0]] if self._waiting else []
        for work in self._offered.values():
            task = work.task
            if task.valid_until is not None:
                moments.append(task.valid_until)
            if task.feed_limit is not None and not self._feed.fresh and self._feed.fresh_at is not None:
                moments.append(self._feed.fresh_at + task.feed_limit * MINUTE + 1)
        return min(moments, default=None)

    def _run_task(self, task: Task, now: float) -> None:
        if task.valid_until is None or now >= task.valid_until:
            del self._due[task.id]
        for target in task.targets:
            offered = self._offered.get((task.id, target))
            may = self._may(task, target, now, self._feed)
            if offered is not None and not may:
                self._retract(offered)
            elif offered is None and may:
                self._offer(Work(task=task, target=target), now)

    def _may(self, task: Task, target: str, now: float, feed: FeedAge) -> bool:
        return (
            announcement_open(task, now)
            and feed.allows(task, now)
            and not self._is_over(task, target)
            and (self._is_begun(task) or not keeps_back(self._modes(), task))
        )

    def _is_begun(self, task: Task) -> bool:
        """Whether it has begun at any target: a manual mode does not stop what some have heard half of."""
        return bool(task.results) or any((task.id, target) in self._progress for target in task.targets)

    def _is_over(self, task: Task, target: str) -> bool:
        """Begun or more, as the ledger or the hub knows it."""
        return (task.id, target) in self._progress or task.result(target) is not None

    def _has_open_target(self, task: Task) -> bool:
        return (
            task.state in (TaskState.PLANNED, TaskState.BEGUN)
            and task.awaits is None
            and not task.held
            and any(not self._is_over(task, target) for target in task.targets)
        )

    def _offer(self, work: Work, now: float) -> None:
        self._offered[work.key] = work
        try:
            self._performer.offer(work)
        except Exception as error:
            # One work that a performer cannot take must not keep the others from being done.
            _LOG.exception("offer-failed", task=work.task.id, target=work.target, todo="report this to the maker")
            if work.key in self._offered or work.key in self._begun:
                self.finish(work, TaskState.FAILED, Instant(int(now)), f"{type(error).__name__}: {error}")

    def _retract(self, work: Work) -> None:
        del self._offered[work.key]
        try:
            self._performer.retract(work)
        except Exception:
            # It may not be begun any more, whatever the performer makes of that.
            _LOG.exception("retract-failed", task=work.task.id, target=work.target, todo="report this to the maker")

    def _record(self, work: Work, state: TaskState, now: Instant, detail: str = "") -> None:
        result = Result(target=work.target, state=state, at=now, base=work.task.base, detail=detail)
        self._ledger.record(work.task.id, result)
        self._progress[work.key] = result


def _same(old: Task, new: Task) -> bool:
    """Whether two forms of a task ask the same of one target: what became of others is no difference."""
    return _asked(old) == _asked(new)


def _asked(task: Task) -> Task:
    return replace(task, revision=0, state=TaskState.PLANNED, targets=(), results=())


def _not_offered(work: Work) -> StationError:
    return StationError(
        "work-not-offered",
        f"Task {work.task.id} at {work.target} is not on offer: it was retracted, begun or finished before.",
        "Begin a work once, after it is offered and before it is retracted; finish it once.",
    )
