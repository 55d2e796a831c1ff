"""What a device does with its replica: tasks at their time, results, commands, and what is to be read back."""

from __future__ import annotations

from collections.abc import Iterator

from stationmaster_base.times import MINUTE, Instant
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.hardware import DeviceKind, rows_at
from stationmaster_conform.devices.memory import Memory
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.mode import keeps_back
from stationmaster_kernel.task import Result, Task, announcement_open
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Condition, Device, Readback
from stationmaster_protocol.messages import HubHeartbeat
from stationmaster_protocol.scalars import seconds_of

__all__ = ["Duties"]

ACTIONS = ("test",)


class Duties:
    """Args:
        kind: which device.
        fault: in which way it is wrong.
        boot: a word that no other start has had, for the ids of results.

    `unreported` are results that are to be sent in the next report.
    """

    def __init__(self, kind: DeviceKind, fault: Fault | None, *, boot: str) -> None:
        self.kind = kind
        self.memory = Memory()
        self.unreported: list[TaskResult] = []
        self._fault = fault
        self._boot = boot
        self._since: Instant | None = None
        self._feed: tuple[FeedGrade, Instant | None] = (FeedGrade.LOST, None)
        self._echo: Readback | None = None

    def fed(self, beat: HubHeartbeat) -> None:
        """The hub has said how old the dispatching feed is."""
        self._feed = beat.grade, beat.fresh_at

    def do(self, now: float, *, alone: bool = False) -> None:
        """Do what is due."""
        if self.kind.does is not TaskKind.ANNOUNCEMENT:
            return
        for task in list(self.memory.tasks()):
            if task.kind is self.kind.does and self.kind.target in task.targets and self._open(task, now, alone=alone):
                self._speak(task, now)

    def _open(self, task: Task, now: float, *, alone: bool) -> bool:
        fault = self._fault
        if (task.id, self.kind.target) in self.memory.begun or task.result(self.kind.target) is not None:
            return False
        if fault is Fault.IGNORES_HELD:
            return task.due is not None and task.valid_until is not None and task.due <= now < task.valid_until
        if keeps_back(self.memory.modes(), task):
            return False
        if fault is Fault.IGNORES_EXPIRY:
            return not task.held and task.awaits is None and task.due is not None and task.due <= now
        if fault is Fault.EAGER:
            return not task.held and task.awaits is None and task.valid_until is not None and now < task.valid_until
        if not announcement_open(task, now):
            return False
        return fault is Fault.IGNORES_FEED or self._fresh_enough(task, now, alone=alone)

    def _fresh_enough(self, task: Task, now: float, *, alone: bool) -> bool:
        grade, fresh_at = self._feed
        if task.feed_limit is None or (grade is FeedGrade.FRESH and not alone):
            return True
        return fresh_at is not None and now - fresh_at <= task.feed_limit * MINUTE

    def _speak(self, task: Task, now: float) -> None:
        """Begin, do and finish: what is played is over at once."""
        self.memory.begun.add((task.id, self.kind.target))
        if self._fault is Fault.NEVER_REPORTS:
            return
        states = [TaskState.BEGUN, TaskState.DONE]
        if self._fault is Fault.REPORTS_ONLY_DONE:
            states = [TaskState.DONE]
        if self._fault is Fault.DOES_TWICE:
            states *= 2
        self.unreported.extend(self._result(task, state, now) for state in states)

    def _result(self, task: Task, state: TaskState, now: float) -> TaskResult:
        self.memory.results += 1
        at = Instant(int(now))
        return TaskResult(
            id=f"{self.kind.name}/{self._boot}/{self.memory.results}",
            at=at,
            task=task.id,
            result=Result(target=self.kind.target, state=state, at=at, base=task.base),
        )

    def hardware(self, now: float) -> Device:
        """The device as it is: it is always well."""
        if self._since is None:
            self._since = Instant(int(now))
        return Device(
            id=f"{self.kind.name}-1",
            kind=self.kind.name,
            condition=Condition.OK,
            since=self._since,
            targets=(self.kind.target,),
        )

    def readback(self, now: float) -> Readback | None:
        """What is to be seen now; None for what is only heard."""
        if self.kind.does is TaskKind.ANNOUNCEMENT:
            return None
        if self._fault is Fault.STALE_ROWS and self._echo is not None:
            return self._echo
        tasks = list(self.memory.tasks())
        self._echo = rows_at(self.kind, tasks, self.memory.modes(), now, self._fault)
        return self._echo

    def commanded(self, command: Command, now: float) -> Iterator[CommandResult]:
        """What is answered to a command."""
        if self._fault is Fault.IGNORES_COMMANDS:
            return
        known = self.memory.commands.get(command.id)
        if known is not None and self._fault is not Fault.REPEATS_COMMANDS:
            yield known
            return
        result = self._executed(command, now)
        self.memory.commands[command.id] = result
        yield result

    def _executed(self, command: Command, now: float) -> CommandResult:
        at = Instant(int(now) + (len(self.memory.commands) if self._fault is Fault.REPEATS_COMMANDS else 0))
        if now >= seconds_of(command.expires) and self._fault is not Fault.DOES_EXPIRED_COMMANDS:
            return CommandResult(id=command.id, state=CommandState.EXPIRED, at=at, code="expired")
        if self._fault is not Fault.DOES_ANY_COMMAND:
            if command.action not in ACTIONS:
                return CommandResult(id=command.id, state=CommandState.REFUSED, at=at, code="unknown-action")
            if command.devices and f"{self.kind.name}-1" not in command.devices:
                return CommandResult(id=command.id, state=CommandState.REFUSED, at=at, code="unknown-device")
        return CommandResult(id=command.id, state=CommandState.DONE, at=at)
