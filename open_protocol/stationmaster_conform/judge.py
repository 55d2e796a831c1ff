"""What holds at every moment, whatever the scenario: each message of a client is held against it.

The judge remembers over sessions, since a client may do a task twice by forgetting it with the connection.
"""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster_base.times import Instant, to_iso
from stationmaster_conform import clauses
from stationmaster_conform.client_link import ClientLink
from stationmaster_conform.verdict import Broken
from stationmaster_conform.words import in_words
from stationmaster_conform.world import World
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.equipment import AlarmSign, Device, Readback
from stationmaster_protocol.messages import ClientHeartbeat, ClientMessage, Report

__all__ = ["Judge"]

TOLERANCE_S = 2
"""Seconds by which a client's station time may differ from the kit's."""

REPEATS = 10
"""So many times in a row a client may tell what it has told already, before it is more than an accident."""

_LAST = (TaskState.DONE, TaskState.FAILED, TaskState.INTERRUPTED)


class Judge:
    """Args:
    world: what the client ought to hold.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._results: dict[str, TaskResult] = {}
        self._begun: dict[tuple[str, str], str] = {}
        self._over: dict[tuple[str, str], str] = {}
        self._told: dict[tuple[str, str], Device | Readback | AlarmSign] = {}
        self._repeats = 0
        self._tasks: dict[str, Task] = {}

    def knows(self, task: Task) -> None:
        """A task has been sent, in this revision; results are held against it even when it is gone."""
        self._tasks[task.id] = task

    def results_of(self, task: str) -> list[TaskResult]:
        """All that was reported of a task, each result once, in the order in which it came."""
        return [given for given in self._results.values() if given.task == task]

    def connected(self) -> None:
        """A new session: what was told of devices is forgotten on both sides."""
        self._told.clear()
        self._repeats = 0

    def heard(self, link: ClientLink, message: ClientMessage, now: float) -> None:
        """Hold a message against what always holds; `now` is station time.

        Raises:
            Broken: the message broke a clause.

        """
        match message:
            case ClientHeartbeat():
                self._on_heartbeat(link, message)
            case Report():
                self._on_report(link, message, now)

    def _on_heartbeat(self, link: ClientLink, beat: ClientHeartbeat) -> None:
        held = beat.position
        if held is None or beat.digest is None or held.epoch != self._world.position.epoch:
            return
        expected = self._world.digest_at(held.sequence)
        if held.sequence > self._world.position.sequence:
            raise Broken(
                clauses.DIGEST,
                expected=f"a position that was sent, at most {self._world.position.sequence}",
                came=in_words(beat),
            )
        if expected is not None and beat.digest != expected:
            raise Broken(
                clauses.DIGEST,
                expected=f"digest {expected} at sequence {held.sequence}",
                came=in_words(beat),
                sent=f"everything up to sequence {self._world.position.sequence}",
            )
        if expected is not None:
            link.proved = held

    def _on_report(self, link: ClientLink, report: Report, now: float) -> None:
        link.last_report = max(link.last_report, report.number)
        for given in report.results:
            self._on_result(given, now)
        self._on_equipment(report)

    def _on_result(self, given: TaskResult, now: float) -> None:
        before = self._results.get(given.id)
        if before == given:
            return
        words = (
            f"{given.task} at {given.result.target}: {given.result.state} at {to_iso(given.result.at)}, id {given.id}"
        )
        if before is not None:
            raise Broken(clauses.RESULT_ID, expected=f"the same as before under id {given.id}", came=words)
        self._results[given.id] = given
        key = (given.task, given.result.target)
        if given.result.at > now + TOLERANCE_S or given.at > now + TOLERANCE_S:
            raise Broken(
                clauses.STATION_TIME,
                expected=f"times not after station time, {to_iso(Instant(int(now)))}",
                came=words,
                sent="the station's time in time-answer and hub-heartbeat",
            )
        task = self._tasks.get(given.task)
        if given.result.state is TaskState.BEGUN:
            if key in self._begun:
                raise Broken(clauses.DO, expected=f"one begin at {given.result.target} alone", came=words)
            self._begun[key] = given.id
            if task is not None:
                self._in_time(task, given, words)
        elif given.result.state in _LAST:
            if key in self._over:
                raise Broken(clauses.DO, expected=f"one outcome at {given.result.target} alone", came=words)
            if key not in self._begun and given.result.state is not TaskState.FAILED:
                raise Broken(clauses.BEGUN_FIRST, expected="`begun` before the outcome", came=words)
            self._over[key] = given.id
        else:
            raise Broken(clauses.BEGUN_FIRST, expected="begun, done, interrupted or failed", came=words)

    @staticmethod
    def _in_time(task: Task, given: TaskResult, words: str) -> None:
        at = given.result.at
        if task.due is not None and at < task.due - TOLERANCE_S:
            raise Broken(clauses.DO, expected=f"a begin not before {to_iso(task.due)}", came=words)
        if task.valid_until is not None and at >= task.valid_until + TOLERANCE_S:
            raise Broken(clauses.DO, expected=f"no begin from {to_iso(task.valid_until)} on", came=words)
        if task.held or task.due is None:
            raise Broken(clauses.HELD, expected="no begin of a task that is held", came=words)

    def _on_equipment(self, report: Report) -> None:
        if report.whole:
            self._told.clear()
        for deletion in report.gone:
            self._told.pop((deletion.kind, deletion.id), None)
        told = list(_items(report))
        news = report.whole or report.results or report.acts or report.gone
        for key, item in told:
            if self._told.get(key) != item:
                news = True
            self._told[key] = item
        self._repeats = 0 if news else self._repeats + 1
        if self._repeats > REPEATS:
            raise Broken(
                clauses.OBSERVED,
                expected="reports of what is different alone",
                came=f"{self._repeats} reports in a row without anything new, at last {in_words(report)}",
            )

    def readback(self, target: str) -> Readback | None:
        """What is to be seen at a target, as the client told last in this session."""
        found = self._told.get(("readback", target))
        return found if isinstance(found, Readback) else None

    def told(self) -> list[Device | Readback | AlarmSign]:
        """All that the client has told of its hardware in this session."""
        return list(self._told.values())


def _items(report: Report) -> Iterable[tuple[tuple[str, str], Device | Readback | AlarmSign]]:
    for device in report.devices:
        yield ("device", device.id), device
    for readback in report.readbacks:
        yield ("readback", readback.target), readback
    for alarm in report.alarms:
        yield ("alarm", alarm.id), alarm
