"""A hub without a store: it commits what a test tells it to, and passes the contract that the real one passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from twisted.internet.defer import Deferred, succeed

from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.changes import Changes, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.hub_side import Entry
from stationmaster_protocol.messages import Position


class FakeHub:
    """A `HubSide` with its journal in a list; `slow` makes it answer only when told to `answer`."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.entries: list[Entry] = []
        self.first_kept = 1
        self.world: dict[tuple[str, str], Resource] = {}
        self.tokens = {f"client-{number}": f"token-{number}" for number in range(10)}
        self.present: list[tuple[str, tuple[str, ...], bool]] = []
        self.reported: list[tuple[str, tuple[TaskResult, ...]]] = []
        self.slow = False
        self.unanswered: list[Deferred[None]] = []
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
        for committing in unanswered:
            committing.callback(None)

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
        if not self.slow:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self.unanswered.append(waiting)
        return waiting

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

    def authenticate(self, identity: str, token: str) -> bool:
        return self.tokens.get(identity) == token
