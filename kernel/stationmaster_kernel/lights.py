"""Which lights are on: each while any task wants it."""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import Task, interval_on
from stationmaster_kernel.values import TaskKind

__all__ = ["lights_on"]


def lights_on(tasks: Iterable[Task], now: float, modes: Iterable[Mode] = ()) -> frozenset[str]:
    """The lights that are to be on at station time `now`, from the tasks and the time alone.

    Trains overlap: a light goes off when the last task that wants it is over.
    """
    manual = tuple(modes)
    return frozenset(
        light
        for task in tasks
        if task.kind is TaskKind.LIGHTING and interval_on(task, now) and not keeps_back(manual, task)
        for light in task.targets
    )
