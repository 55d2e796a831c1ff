"""A hub without a store: it commits what a test tells it to, and passes the contract that the real one passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.changes import Changes, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, CommandState, LocalAct
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Entry, Grant, Peer
from stationmaster_protocol.messages import Enrol, Enrolled, Hello, Position, Report


class FakeHub:
    """A `HubSide` with its journal in a list; `slow` makes it answer only when told to `answer`.

    So does `slow_door` for who wants to come in.
    """

    def __init__(self) -> None:
        self.epoch = "e1"
        self.entries: list[Entry] = []
        self.first_kept = 1
        self.world: dict[tuple[str, str], Resource] = {}
        self.tokens = {f"client-{number}": f"token-{number}" for number in range(10)}
        self.present: list[tuple[str, tuple[str, ...], bool]] = []
        self.reported: list[tuple[str, tuple[TaskResult, ...]]] = []
        self.slow = False
        self.grants: dict[str, Grant] = {}
        self.codes: dict[str, str] = {}
        self.peers: list[Peer] = []
        self.acted: list[tuple[str, tuple[LocalAct, ...]]] = []
        self.refusals: dict[str, ActRefusal] = {}
        self.observations: list[tuple[str, Report]] = []
        self.losses: list[str] = []
        self.devices: tuple[Device, ...] = ()
        self.alarms: tuple[AlarmSign, ...] = ()
        self.commands: list[tuple[str, Command]] = []
        self.command_results: list[tuple[str, CommandResult]] = []
        self.slow_door = False
        self.unanswered: list[Deferred[Any]] = []
        self.answers: list[Any] = []
        self.reading: list[tuple[Deferred[list[Entry] | None], int]] = []
        self.grade = FeedGrade.FRESH
        self.can_store = True
        self.fresh_at: Instant | None = from_iso("2026-03-01T07:00:00Z")
        self.time = 1772348400.25
        self.quality: ClockQuality | None = None

    def commit(self, puts: Sequence[Resource] = (), deletes: Sequence[tuple[str, str]] = ()) -> Entry:
        """One more entry."""
        sequence = len(self.entries) + 1
        before = self.position().hash
        entry = Entry(
            sequence=sequence,
            hash=sha256(f"{self.epoch}{before}{sequence}{puts}{deletes}".encode()).hexdigest(),
            changes=Changes(puts=tuple(puts), deletes=tuple(deletes)),
        )
        self.entries.append(entry)
        for key in deletes:
            del self.world[key]
        for resource in puts:
            self.world[resource.kind, resource.id] = resource
        return entry

    def begin_epoch(self, epoch: str, kept: int) -> None:
        """A backup is restored that has only the first `kept` entries."""
        self.epoch = epoch
        del self.entries[kept:]
        self.world = {}
        for entry in self.entries:
            for key in entry.changes.deletes:
                del self.world[key]
            for resource in entry.changes.puts:
                self.world[resource.kind, resource.id] = resource

    def answer(self) -> None:
        """Answer what was asked while slow, in order."""
        reading, self.reading = self.reading, []
        for waiting, sequence in reading:
            waiting.callback(self._after(sequence))
        unanswered, self.unanswered = self.unanswered, []
        answers, self.answers = self.answers, []
        for asked, answer in zip(unanswered, answers, strict=True):
            asked.callback(answer)

    def position(self) -> Position:
        if not self.entries:
            return Position(epoch=self.epoch, sequence=0, hash="")
        return Position(epoch=self.epoch, sequence=self.entries[-1].sequence, hash=self.entries[-1].hash)

    def resources(self) -> Iterable[Resource]:
        return list(self.world.values())

    def entries_after(self, sequence: int) -> Deferred[list[Entry] | None]:
        if not self.slow:
            return succeed(self._after(sequence))
        waiting: Deferred[list[Entry] | None] = Deferred()
        self.reading.append((waiting, sequence))
        return waiting

    def _after(self, sequence: int) -> list[Entry] | None:
        if sequence + 1 < self.first_kept:
            return None
        return [entry for entry in self.entries if entry.sequence > sequence]

    def results(self, identity: str, results: Sequence[TaskResult]) -> Deferred[None]:
        self.reported.append((identity, tuple(results)))
        return self._later(None)

    def presence(self, identity: str, kinds: frozenset[TaskKind], present: bool) -> None:
        self.present.append((identity, tuple(sorted(kinds)), present))

    def feed(self) -> tuple[FeedGrade, Instant | None]:
        return self.grade, self.fresh_at

    def stored(self) -> bool:
        return self.can_store

    def station_time(self) -> float:
        return self.time

    def clock_quality(self) -> ClockQuality | None:
        return self.quality

    def authenticate(self, hello: Hello, peer: Peer) -> Deferred[Grant]:
        self.peers.append(peer)
        if self.tokens.get(hello.identity) != hello.token:
            return fail(RemoteProtocolError("not-authenticated", f"{hello.identity} is not known with this token."))
        return self._later(self.grants.get(hello.identity) or Grant.everything(hello.identity), at_the_door=True)

    def enrol(self, request: Enrol, peer: Peer) -> Deferred[Enrolled]:
        self.peers.append(peer)
        if self.codes.pop(request.identity, None) != request.code:
            return fail(RemoteProtocolError("not-enrolled", f"{request.identity} has no such one-time code."))
        self.tokens[request.identity] = f"token-of-{request.identity}"
        return self._later(Enrolled(token=self.tokens[request.identity]), at_the_door=True)

    def task_kind(self, task: str) -> TaskKind | None:
        held = self.world.get(("task", task))
        return held.value.kind if held is not None and isinstance(held.value, Task) else None

    def acts(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        self.acted.append((identity, tuple(acts)))
        return self._later(tuple(self.refusals[each.id] for each in acts if each.id in self.refusals))

    def observed(self, identity: str, report: Report) -> None:
        self.observations.append((identity, report))

    def lost(self, identity: str) -> None:
        self.losses.append(identity)

    def equipment(self) -> tuple[tuple[Device, ...], tuple[AlarmSign, ...]]:
        return self.devices, self.alarms

    def commanded(self, identity: str, command: Command) -> Deferred[CommandResult]:
        self.commands.append((identity, command))
        return self._later(CommandResult(id=command.id, state=CommandState.ACCEPTED, at=Instant(int(self.time))))

    def command_result(self, identity: str, result: CommandResult) -> None:
        self.command_results.append((identity, result))

    def _later(self, answer: Any, *, at_the_door: bool = False) -> Deferred[Any]:
        if not (self.slow_door if at_the_door else self.slow):
            return succeed(answer)
        waiting: Deferred[Any] = Deferred()
        self.unanswered.append(waiting)
        self.answers.append(answer)
        return waiting
