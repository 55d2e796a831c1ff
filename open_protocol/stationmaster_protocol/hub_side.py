"""What the protocol's server needs of a hub, and what it tells the hub of its subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred

from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Level, Position

__all__ = ["Entry", "HubSide", "ProtocolSettings", "SubscriberInfo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolSettings:
    """Limits of the server; times are machine time in seconds, sizes are bytes.

    `heartbeat_s` between heartbeats; three of them without a word and a client is lost. `handshake_s` from connection
    to subscription; `closing_s` for a client to take the last words.
    `queue_bytes` wait for one subscriber at most, then it gets a fresh snapshot instead.
    `part_bytes` is about how long a part of a snapshot is.
    `pending_reports` of one client may wait to be committed before no more is read from it.
    `idle_classes` filter classes are kept up to date without a subscriber.
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
    idle_classes: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A committed journal entry, with the changes that it made; only public kinds are sent on."""

    sequence: int
    hash: str
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberInfo:
    """One subscriber as it is now.

    `acked` is the sequence that it has acknowledged, -1 before the first; `last` the sequence of the last change that
    concerns it, so it is level when `acked` ≥ `last`. `queued` bytes wait to be taken by its connection. `whole` says
    whether the digest in its last heartbeat was the hub's; None before there was one to compare. `rejected` is
    the reason that it last gave for not applying something. `heard_s` is the machine time since it last said anything.
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

    def authenticate(self, identity: str, token: str) -> bool:
        """Whether this token belongs to this identity."""
