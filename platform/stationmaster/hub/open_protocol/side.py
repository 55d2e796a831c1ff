"""The hub as the open protocol's server sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred, gatherResults, succeed

from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.open_protocol.door import Door
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.storage.store import Stored
from stationmaster.hub.subsystems.watching import Watching
from stationmaster_base.clock import StationClock
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, LocalAct
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_protocol.hub_side import Entry, Grant, Peer
from stationmaster_protocol.messages import Enrol, Enrolled, Hello, Position, Report

__all__ = ["ProtocolSide", "entry_of"]


class ProtocolSide:
    """A `HubSide`.

    Args:
        pipeline: the hub's state and the way to change it.
        feed: how fresh the feed is.
        executors: who is connected and does what.
        door: knows who may come in, and what he may do.
        clock: station time.
        watching: takes in what subsystems say of everything but their tasks.
        quality: how good it is, if there are masters of time.

    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        feed: FeedIntake,
        executors: ExecutorBook,
        door: Door,
        clock: StationClock,
        watching: Watching,
        quality: Callable[[], ClockQuality | None] = lambda: None,
    ) -> None:
        self._pipeline = pipeline
        self._feed = feed
        self._executors = executors
        self._door = door
        self._clock = clock
        self._watching = watching
        self._quality = quality

    def position(self) -> Position:
        """Of the last committed entry."""
        return self._pipeline.position

    def resources(self) -> Iterable[Resource]:
        """Every committed resource of the public kinds."""
        return (resource for resource in self._pipeline.state.resources() if resource.kind in PUBLIC_KINDS)

    def entries_after(self, sequence: int) -> Deferred[list[Entry] | None]:
        """Every committed entry of this epoch after `sequence`; None if they are no longer kept in memory."""
        entries = self._pipeline.entries_after(sequence)
        return succeed(None if entries is None else [entry_of(entry) for entry in entries])

    def results(self, identity: str, results: Sequence[TaskResult]) -> Deferred[None]:  # noqa: ARG002 - HubSide's
        """Put task results in; fires when all are committed.

        They count as of now: the client's own clock says only when it acted, which is in the result.
        """
        at = Instant(int(self._clock.now()))
        done = [self._pipeline.put(replace(result, at=at)) for result in results]
        return gatherResults(done, consumeErrors=True).addCallback(lambda _: None)

    def presence(self, identity: str, kinds: frozenset[TaskKind], present: bool) -> None:  # noqa: ARG002 - HubSide's
        """An executor has come or gone."""
        self._executors.set(kinds, present=present)

    def feed(self) -> tuple[FeedGrade, Instant | None]:
        """The feed's grade, and the station time at which it was last fresh."""
        return self._feed.grade, self._feed.fresh_at

    def stored(self) -> bool:
        """Whether the database can be written now."""
        return not self._pipeline.trouble

    def station_time(self) -> float:
        """Station time now."""
        return self._clock.now()

    def clock_quality(self) -> ClockQuality | None:
        """How good it is."""
        return self._quality()

    def authenticate(self, hello: Hello, peer: Peer) -> Deferred[Grant]:
        """What a client may do, if it has shown who it is."""
        return self._door.authenticate(hello, peer).addCallback(self._watching.welcome)

    def enrol(self, request: Enrol, peer: Peer) -> Deferred[Enrolled]:
        """A secret, for a client that has a one-time code."""
        return self._door.enrol(request, peer)

    def task_kind(self, task: str) -> TaskKind | None:
        """The kind of a task that is held now."""
        held = self._pipeline.state.tasks.get(task)
        return None if held is None else held.kind

    def acts(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        """What people did at a subsystem's page."""
        return self._watching.acts(identity, acts)

    def observed(self, identity: str, report: Report) -> None:
        """What a subsystem says of its devices."""
        self._watching.observed(identity, report)

    def lost(self, identity: str) -> None:
        """A subsystem is gone."""
        self._watching.lost(identity)

    def equipment(self) -> tuple[tuple[Device, ...], tuple[AlarmSign, ...]]:
        """Devices and alarms."""
        return self._watching.equipment()

    def commanded(self, identity: str, command: Command) -> Deferred[CommandResult]:
        """A client's command for another subsystem."""
        return self._watching.commanded(identity, command)

    def command_result(self, identity: str, result: CommandResult) -> None:
        """What became of a command."""
        self._watching.command_result(identity, result)


def entry_of(stored: Stored) -> Entry:
    """A journal entry as the protocol's server takes it."""
    return Entry(sequence=stored.sequence, hash=stored.hash, changes=stored.changes)
