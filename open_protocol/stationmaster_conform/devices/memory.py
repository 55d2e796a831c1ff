"""What a device remembers, as if it stood on a disk: the replica, what was begun and done, what is not received yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task
from stationmaster_protocol.commands import CommandResult
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.messages import Position

__all__ = ["Memory"]


@dataclass(kw_only=True)
class Memory:
    """`unreceived` are results by report, `begun` tasks and targets, `commands` the answers by id of command."""

    position: Position | None = None
    replica: dict[tuple[str, str], Resource] = field(default_factory=dict)
    begun: set[tuple[str, str]] = field(default_factory=set)
    unreceived: list[TaskResult] = field(default_factory=list)
    commands: dict[str, CommandResult] = field(default_factory=dict)
    results: int = 0

    @property
    def digest(self) -> str:
        """Of the replica."""
        return digest_of(self.replica.values())

    def tasks(self) -> Iterator[Task]:
        """Every task that is held, in the order in which rows stand."""
        held = [resource.value for resource in self.replica.values() if isinstance(resource.value, Task)]
        yield from sorted(held, key=lambda task: (task.order, task.id))

    def modes(self) -> list[Mode]:
        """What is manual."""
        return [resource.value for resource in self.replica.values() if isinstance(resource.value, Mode)]
