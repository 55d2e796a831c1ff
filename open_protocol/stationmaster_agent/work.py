"""What an agent and the part of a subsystem that touches hardware say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stationmaster_base.times import Instant
from stationmaster_kernel.task import Task

__all__ = ["Performer", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One target's part of a point task, as the task stood when it was offered."""

    task: Task
    target: str

    @property
    def key(self) -> tuple[str, str]:
        """What this is, however the task changes: it is begun at most once, ever."""
        return (self.task.id, self.target)


class Performer(Protocol):
    """Does point tasks: plays announcements, for one.

    For each work it calls the agent's `begin` before it acts and `finish` afterwards; it may do so within `offer`.
    """

    def offer(self, work: Work) -> None:
        """Take what is due now; begin it when its turn has come, but not at or after `work.task.valid_until`."""

    def retract(self, work: Work) -> None:
        """Drop what was offered and not begun; if its task has changed and is still to be done, it is offered anew.

        What has been begun is never retracted.
        """

    def quiet(self) -> bool:
        """Whether there is nothing that could be done at the present station time."""

    def next_at(self) -> Instant | None:
        """The station time of the next thing it does by itself, the end of what plays for one; None without one."""
