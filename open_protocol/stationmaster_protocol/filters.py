"""What a subscriber asks for. Subscribers whose filters mean the same share one filter class, and so the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import LIVE_KINDS
from stationmaster_protocol.scalars import Word

__all__ = ["LIVE_KINDS", "NAMED_KINDS", "Filter", "kinds_unless_named"]

NAMED_KINDS = frozenset({"account"})
"""Kinds of resource that only who asks for them by name gets; others need not keep them secret."""

_NOTHING = ("nothing",)
"""The kinds of a filter class that no resource passes; there is no kind of that name."""


def kinds_unless_named() -> frozenset[str]:
    """The kinds of resource that a filter without any kind stands for."""
    return frozenset(PUBLIC_KINDS) - NAMED_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which resources a subscriber wants.

    Args:
        kinds: kinds of resource; none at all means every kind but `account`, which stands for itself only, and the
            live kinds `device` and `alarm`, which come in `equipment-status`.
        task_kinds: only tasks of these kinds; none at all means every task.
        targets: only tasks with at least one of these targets (boards, zones, gates); none at all means every task.

    `task_kinds` and `targets` narrow tasks alone. A resource that no longer passes is removed from the
    subscriber's replica by an update that deletes it. A kind that the hub does not know is no fault: nothing passes.

    """

    kinds: tuple[Word, ...] = ()
    task_kinds: tuple[TaskKind, ...] = ()
    targets: tuple[str, ...] = ()

    def normalised(self) -> Filter:
        """The filter class: the one filter that stands for all that mean the same, as far as resources go."""
        every = kinds_unless_named()
        wanted = set(self.kinds).intersection(PUBLIC_KINDS) if self.kinds else every
        kinds = () if wanted == every else tuple(sorted(wanted)) or _NOTHING
        if "task" not in wanted:
            return Filter(kinds=kinds)
        task_kinds = tuple(sorted(set(self.task_kinds)))
        if set(task_kinds) == set(TaskKind):
            task_kinds = ()
        return Filter(kinds=kinds, task_kinds=task_kinds, targets=tuple(sorted(set(self.targets))))

    def narrowed(self, allowed: Collection[str]) -> Filter | None:
        """The same filter without the kinds that are not allowed; None if nothing that there is would be left.

        It is the filter itself if nothing had to be left out. A filter without kinds asks for all of those that are
        allowed.
        """
        wanted = self.kinds or tuple(sorted(kinds_unless_named()))
        left = tuple(kind for kind in wanted if kind in allowed or not _known(kind))
        if not any(_known(kind) for kind in left):
            return None
        return self if left == wanted else replace(self, kinds=left)

    def live(self) -> frozenset[str]:
        """The live kinds that are asked for."""
        return frozenset(self.kinds).intersection(LIVE_KINDS)

    def admits_kind(self, kind: str) -> bool:
        """Whether any resource of this kind can pass."""
        return kind in PUBLIC_KINDS and (kind in self.kinds if self.kinds else kind not in NAMED_KINDS)

    def admits(self, resource: Resource) -> bool:
        """Whether this resource passes as it is now; resources of internal kinds never do."""
        return self.sieve()(resource)

    def sieve(self) -> Callable[[Resource], bool]:
        """The same as `admits`, for many resources: what it costs does not depend on how long the filter is."""
        kinds = frozenset(kind for kind in PUBLIC_KINDS if self.admits_kind(kind))
        task_kinds, targets = self.tasks_admitted(), frozenset(self.targets)

        def admits(resource: Resource) -> bool:
            if resource.kind not in kinds:
                return False
            task = resource.value
            if not isinstance(task, Task):
                return True
            return task.kind in task_kinds and (not targets or not targets.isdisjoint(task.targets))

        return admits

    def tasks_admitted(self) -> frozenset[TaskKind]:
        """The kinds of task that can pass."""
        if not self.admits_kind("task"):
            return frozenset()
        return frozenset(self.task_kinds or TaskKind)


def _known(kind: str) -> bool:
    return kind in PUBLIC_KINDS or kind in LIVE_KINDS
