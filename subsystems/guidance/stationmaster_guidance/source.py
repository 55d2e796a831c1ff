"""What guidance needs to know of the agent, and nothing more, so that its boards can be tried without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from stationmaster_agent.machine import AgentState
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade

__all__ = ["Source", "View"]


class View(Protocol):
    """What the boards need to know of the agent's view."""

    @property
    def state(self) -> AgentState:
        """Whether the hub is there."""

    @property
    def configuration(self) -> Configuration | None:
        """The station; None until it is known."""

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Every task; a task that has not changed is the same object as before."""

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call; the same object for as long as no call has changed."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What is manual, and keeps rows from coming."""

    @property
    def grade(self) -> FeedGrade:
        """How far the feed can be relied on."""

    @property
    def fresh_at(self) -> Instant | None:
        """When the feed was last fresh, in station time."""


class Source(Protocol):
    """The agent, as far as the boards need it."""

    @property
    def view(self) -> View:
        """What is known now."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of the view, and each minute of station time."""
