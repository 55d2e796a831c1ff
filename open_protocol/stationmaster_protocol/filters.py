"""What a subscriber asks for. Subscribers whose filters mean the same share one filter class, and so the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.scalars import Word

__all__ = ["Filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which resources a subscriber wants.

    Args:
        kinds: kinds of resource; none at all means every kind.
        task_kinds: only tasks of these kinds; none at all means every task.
        targets: only tasks with at least one of these targets (boards, zones, gates); none at all means every task.

    `task_kinds` and `targets` narrow tasks alone. A resource that no longer passes is removed from the
    subscriber's replica by an update that deletes it.

    """

    kinds: tuple[Word, ...] = ()
    task_kinds: tuple[TaskKind, ...] = ()
    targets: tuple[str, ...] = ()

    def normalised(self) -> Filter:
        """The filter class: the one filter that stands for all that mean the same."""
        kinds = tuple(sorted(set(self.kinds)))
        if "task" not in (kinds or PUBLIC_KINDS):
            return Filter(kinds=kinds)
        if set(kinds) == set(PUBLIC_KINDS):
            kinds = ()
        task_kinds = tuple(sorted(set(self.task_kinds)))
        if set(task_kinds) == set(TaskKind):
            task_kinds = ()
        return Filter(kinds=kinds, task_kinds=task_kinds, targets=tuple(sorted(set(self.targets))))

    def admits_kind(self, kind: str) -> bool:
        """Whether any resource of this kind can pass."""
        return kind in PUBLIC_KINDS and (not self.kinds or kind in self.kinds)

    def admits(self, resource: Resource) -> bool:
        """Whether this resource passes as it is now; resources of internal kinds never do."""
        if not self.admits_kind(resource.kind):
            return False
        task = resource.value
        if not isinstance(task, Task):
            return True
        if self.task_kinds and task.kind not in self.task_kinds:
            return False
        return not self.targets or any(target in self.targets for target in task.targets)

    def tasks_admitted(self) -> frozenset[TaskKind]:
        """The kinds of task that can pass."""
        if not self.admits_kind("task"):
            return frozenset()
        return frozenset(self.task_kinds or TaskKind)
