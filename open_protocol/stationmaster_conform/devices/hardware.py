"""The devices themselves: what each does with its tasks, and what can be read back from it."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_conform.devices.faults import Fault
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import Task, interval_on
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import Evidence, Readback, ShownRow

__all__ = ["DEVICES", "DeviceKind", "rows_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    """What a kind of device is called, which tasks it does, and what it serves."""

    name: str
    does: TaskKind
    target: str


DEVICES = {
    kind.name: kind
    for kind in (
        DeviceKind(name="board", does=TaskKind.DISPLAY, target="hall-1"),
        DeviceKind(name="loudspeaker", does=TaskKind.ANNOUNCEMENT, target="waiting-a"),
        DeviceKind(name="light", does=TaskKind.LIGHTING, target="lamp-1"),
    )
}


def rows_at(kind: DeviceKind, tasks: list[Task], modes: list[Mode], now: float, fault: Fault | None) -> Readback:
    """What is to be seen at a board or at a light: the tasks that are on."""
    rows = []
    for task in tasks:
        if kind.target not in task.targets or task.kind is not kind.does:
            continue
        on = interval_on(task, now) and not keeps_back(modes, task)
        if fault is Fault.IGNORES_HARD_END and task.start is not None and now >= task.start:
            on = True
        if on:
            rows.append(ShownRow(task=task.id, revision=task.revision))
    return Readback(target=kind.target, at=Instant(int(now)), evidence=Evidence.PAINTED, rows=tuple(rows))
