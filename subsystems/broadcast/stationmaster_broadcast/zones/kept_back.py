"""What is due and is not said because a person has to say so first. Pure.

The agent does not offer such announcements, so no queue has them; but nobody can release what he does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from stationmaster_agent.executor import FeedAge
from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import View
from stationmaster_kernel.mode import keeps_back
from stationmaster_kernel.task import Task, announcement_open
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState

__all__ = ["KeptBack", "Why", "kept_back"]


TO_DO = (TaskState.PLANNED, TaskState.BEGUN)


class Why(StrEnum):
    """Why it waits."""

    HELD = "held"
    """Its rule or a person holds it."""

    MANUAL = "manual"
    """The station, the train or the rule is manual."""

    FEED = "feed"
    """What is known of the trains is older than it may be for this announcement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """One announcement in one zone that waits for a person until its `valid_until`."""

    task: Task
    target: str
    why: Why


def kept_back(view: View, now: float) -> tuple[KeptBack, ...]:
    """All of them, in the order in which they would be said."""
    feed = FeedAge(
        fresh=view.state is AgentState.ONLINE and view.grade is FeedGrade.FRESH,
        fresh_at=view.fresh_at,
    )
    found = [each for task in view.tasks.values() for each in _kept_back(task, view, feed, now)]
    return tuple(
        sorted(found, key=lambda each: (each.task.priority, each.task.due or 0, each.task.order, each.task.id))
    )


def _kept_back(task: Task, view: View, feed: FeedAge, now: float) -> Iterator[KeptBack]:
    why = _why(task, view, feed, now) if task.kind is TaskKind.ANNOUNCEMENT else None
    if why is None:
        return
    for target in task.targets:
        if task.result(target) is None:
            yield KeptBack(task=task, target=target, why=why)


def _why(task: Task, view: View, feed: FeedAge, now: float) -> Why | None:
    due, until = task.due, task.valid_until
    if task.awaits is not None or due is None or until is None or not due <= now < until:
        return None
    if task.held:
        return Why.HELD if task.state in TO_DO else None
    if not announcement_open(task, now):
        return None
    if not task.results and keeps_back(view.modes, task):
        return Why.MANUAL
    return None if feed.allows(task, now) else Why.FEED
