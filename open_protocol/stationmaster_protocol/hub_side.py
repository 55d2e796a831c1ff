"""What the protocol's server needs of a hub, and what it tells the hub of its subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred

from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import PUBLIC_KINDS, Changes, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, LocalAct
from stationmaster_protocol.equipment import LIVE_KINDS, AlarmSign, Device
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import VERSION, Enrol, Enrolled, Hello, Level, Position, Report

__all__ = ["SUBSYSTEM_KINDS", "Entry", "Grant", "HubSide", "Peer", "ProtocolSettings", "SubscriberInfo"]

SUBSYSTEM_KINDS = (
    "guidance",
    "broadcast",
    "query",
    "notice",
    "lighting",
    "monitoring",
    "publishing",
    "voice",
    "staff",
    "uplink",
)
"""The kinds of subsystem, each with rights of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolSettings:
    """Limits of the server; times are machine time in seconds, sizes are bytes.

    `heartbeat_s` between heartbeats; three of them without a word and a client is lost. `handshake_s` from connection
    to subscription; `closing_s` for a client to take the last words.
    `queue_bytes` wait for one subscriber at most, then it gets a fresh snapshot instead.
    `part_bytes` is about how long a part of a snapshot is.
    `pending_reports` of one client may wait to be committed before no more is read from it, and `pending_commands` for
    one client to be taken by its connection before no more are passed on to it.
    `idle_classes` filter classes are kept up to date without a subscriber.
    `messages_s` messages a second are taken of one client in the long run, and `messages_burst` at once.
    """

    heartbeat_s: float = 5.0
    handshake_s: float = 10.0
    closing_s: float = 5.0
    connections: int = 2000
    largest_in: int = LARGEST_TO_HUB
    largest_hello: int = 8 * 1024
    largest_out: int = LARGEST_TO_CLIENT
    part_bytes: int = 128 * 1024
    queue_bytes: int = 1024 * 1024
    pending_reports: int = 64
    pending_commands: int = 256
    messages_s: float = 200.0
    messages_burst: int = 4000
    idle_classes: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A committed journal entry, with the changes that it made; only public kinds are sent on."""

    sequence: int
    hash: str
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other end of a connection, as far as the connection itself says.

    `address` is the host without the port, so that all of one host's connections can be told to be its. `secure` is
    whether it is encrypted; `certificate` is the DER of a client certificate that the TLS layer verified.
    """

    address: str
    secure: bool = False
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an identity may do.

    `kind` is one of `SUBSYSTEM_KINDS`; `executes` the kinds of task that it may report on; `resources` the kinds of
    resource, live kinds and `account` among them, that it may hold; `acts` whether it may report what people did at its
    page; `commands` the kinds of subsystem that it may command.
    """

    identity: str
    kind: str
    executes: frozenset[TaskKind]
    resources: frozenset[str]
    acts: bool
    commands: frozenset[str]

    @classmethod
    def everything(cls, identity: str, kind: str = "staff") -> Grant:
        """Every right that there is."""
        return cls(
            identity=identity,
            kind=kind,
            executes=frozenset(TaskKind),
            resources=frozenset(PUBLIC_KINDS) | frozenset(LIVE_KINDS),
            acts=True,
            commands=frozenset(SUBSYSTEM_KINDS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberInfo:
    """One subscriber as it is now.

    `filter` is what it gets: what it asked for, as far as it may hold it. `acked` is the sequence that it has
    acknowledged, -1 before the first; `last` the sequence of the last change that concerns it, so it is level when
    `acked` ≥ `last`; `behind` is how many sequences it is short of that. `ack_ms` is how long it took to acknowledge
    the latest change, in milliseconds of machine time from when the change was published; None before there was one.
    `queued` bytes wait to be taken by its connection. `whole` says whether the digest in its last heartbeat was the
    hub's; None before there was one to compare. `rejected` is the reason that it last gave for not applying something.
    `heard_s` is the machine time since it last said anything. `kind` is its kind of subsystem, `version` the version
    that is spoken with it, `secure` whether its connection is encrypted.
    """

    identity: str
    address: str
    level: Level
    executes: tuple[TaskKind, ...]
    filter: Filter
    acked: int
    last: int
    queued: int
    snapshots: int
    whole: bool | None
    rejected: str
    heard_s: float
    kind: str = ""
    version: str = VERSION
    secure: bool = False
    behind: int = 0
    ack_ms: int | None = None


class HubSide(Protocol):
    """The hub, as the server sees it.

    `position` and `resources` move on together, and in the same turn of the reactor the hub calls
    `ProtocolServer.publish` with the entries that led there (or `new_epoch`). When `feed` gives another
    grade than before, it calls `ProtocolServer.feed_changed`.
    """

    def position(self) -> Position:
        """Of the last committed entry."""

    def resources(self) -> Iterable[Resource]:
        """Every committed resource, of public kinds at least; the order is kept in snapshots."""

    def entries_after(self, sequence: int) -> Deferred[list[Entry] | None]:
        """Every committed entry of this epoch after `sequence`, in order; None if they are no longer kept."""

    def results(self, identity: str, results: Sequence[TaskResult]) -> Deferred[None]:
        """Take task results in; fires when they are committed, or known and so committed before."""

    def presence(self, identity: str, kinds: frozenset[TaskKind], present: bool) -> None:
        """An executor of these kinds of task has come or gone."""

    def feed(self) -> tuple[FeedGrade, Instant | None]:
        """The feed's grade, and the station time at which it was last fresh."""

    def stored(self) -> bool:
        """Whether what comes in can be committed now."""

    def station_time(self) -> float:
        """Station time now, in seconds since 1970."""

    def clock_quality(self) -> ClockQuality | None:
        """How good station time is now; None if there are no masters of time that anything could be said by."""

    def authenticate(self, hello: Hello, peer: Peer) -> Deferred[Grant]:
        """What this client may do.

        Fails with `RemoteProtocolError`: `not-authenticated`, `revoked`, `too-often` or `forbidden`.
        """

    def enrol(self, request: Enrol, peer: Peer) -> Deferred[Enrolled]:
        """A secret for a client that has a one-time code.

        Fails with `RemoteProtocolError`: `not-enrolled` or `too-often`.
        """

    def task_kind(self, task: str) -> TaskKind | None:
        """The kind of a task that is held now; None if it is not."""

    def acts(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        """Take in what people did at a subsystem's page; fires when it is committed, with what was refused of it.

        Results that are given in the same turn come after it. What the kernel refuses counts as taken in too, and
        the operator sees it. The same id again is taken in once only.
        """

    def observed(self, identity: str, report: Report) -> None:
        """Devices, readbacks, alarms and what is gone of them (`Report.whole`: what is not in it is gone)."""

    def lost(self, identity: str) -> None:
        """A subsystem's session is over: what was observed there is not known any more."""

    def equipment(self) -> tuple[tuple[Device, ...], tuple[AlarmSign, ...]]:
        """All devices and all alarms as they are now, each with its identity."""

    def commanded(self, identity: str, command: Command) -> Deferred[CommandResult]:
        """A client's command for another subsystem (`Command.identity`); fires with the first that is known of it.

        The hub checks that the identity may command that subsystem. What becomes of it later it tells the client by
        `ProtocolServer.command_result`.
        """

    def command_result(self, identity: str, result: CommandResult) -> None:
        """A subsystem says what became of a command that it was given."""
