"""Follows the hub: brings the replica, in memory and on disk, to where the hub is, and acknowledges each step.

An update is acknowledged when it is applied and stored. A heartbeat's digest proves the replica whole, or brings a
fresh snapshot; a hub that brings no proof for too long is given up. A disk that takes nothing does not stop the
station: the replica goes on in memory, nothing is acknowledged, so that the hub sees us fall behind, and the whole
replica is written again as soon as that works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from stationmaster_agent.link import HubLink
from stationmaster_agent.replica import Replica
from stationmaster_agent.store import Store
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.client_session import Applicable, ClientEvent, Gap, Part, Repeated, Whole
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Ack, AckOutcome, HubHeartbeat, Position, Subscribed
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Follower", "FollowerSide"]

_LOG = get_logger("follower")

FIRST_DRAW_S = 0.05
"""Machine seconds between a snapshot and its writing, which takes a moment: what it shows is to be drawn first."""

NOTE_S = 30.0
"""Machine seconds between notes of a position that only heartbeats have moved: to lose it costs a short replay."""


class FollowerSide(Protocol):
    """Who wants to know how the replica changes."""

    def replaced(self) -> None:
        """The replica is another one altogether."""

    def updated(self, puts: Sequence[Resource], deletes: Sequence[tuple[str, str]]) -> None:
        """The replica has changed by this."""

    def feed_told(self, *, regraded: bool) -> None:
        """The hub has said how old the dispatching feed is, and perhaps with another grade."""

    def whole(self) -> None:
        """The replica is what the hub holds, proved by its digest."""

    def doubted(self) -> None:
        """The replica is not what the hub holds; a snapshot has been asked for."""


class Follower:
    """The replica and its way forward.

    Args:
        store: the state file; what it holds is where we begin.
        link: to the hub.
        wanted: what we subscribe to.
        resync_s: machine seconds within which the replica is to be proved once we have subscribed, or another part of
            a snapshot is to come.
        reactor: machine time.
        side: who wants to know.

    `stored`: the state file takes what is written. `hub_stores`: so does the hub's database, as it said last.
    `feed_known`: a heartbeat of this session has told the feed's age.

    """

    def __init__(
        self,
        *,
        store: Store,
        link: HubLink,
        wanted: Filter,
        resync_s: float,
        reactor: MachineTime,
        side: FollowerSide,
    ) -> None:
        self._store = store
        self._link = link
        self._wanted = wanted
        self._resync_s = resync_s
        self._reactor = reactor
        self._side = side
        self._digest: str | None = None
        self._noted_at = reactor.seconds()
        self.replica = store.replica()
        self.grade = FeedGrade.LOST
        self.fresh_at: Instant | None = store.feed_at().fresh_at
        self.stored = True
        self.feed_known = False
        self.hub_stores = True
        self._snapshot_due = False
        self._owed: Position | None = None  # to be acknowledged as soon as it is stored
        self._storing: DelayedCall | None = None
        self._overdue: DelayedCall | None = None

    def subscribe(self) -> None:
        """Subscribe from where the replica is; the hub replays what came since, or sends a snapshot."""
        self.feed_known = False
        self._owed = None
        self._link.subscribe(self._wanted, self.replica.position)
        self._expect_proof()

    def lost(self) -> None:
        """The session is over: nothing is to be expected of this hub any more."""
        self._expect_nothing()

    def heard(self, event: ClientEvent) -> None:
        """The hub said something; what does not concern the replica is let pass."""
        match event:
            case Subscribed():
                self._snapshot_due = not event.resumed
            case Part():
                self._expect_proof()
            case Whole():
                self._on_snapshot(event)
            case Applicable():
                self._on_update(event)
            case Repeated():
                self._acknowledge(event.position)
            case Gap():
                self._doubt("update-missing")
            case HubHeartbeat():
                self._on_heartbeat(event)
            case _:
                pass

    def digest(self) -> str:
        """The replica's digest."""
        if self._digest is None:
            self._digest = self.replica.digest()
        return self._digest

    def note(self) -> None:
        """Put on disk how far the heartbeats have brought us, and a snapshot that is still to be written."""
        position = self.replica.position
        if self._storing is not None:
            self._storing.cancel()
            self._store_whole()
        elif position is not None and self.stored:
            self._keep(lambda: self._store.write_update(position, (), (), self.fresh_at))
        self._noted_at = self._reactor.seconds()

    def _on_snapshot(self, whole: Whole) -> None:
        try:
            replica = Replica.of(whole.resources, whole.position)
        except (ValueError, TypeError) as error:
            self._reject(whole.position, str(error))
            return
        if replica.digest() != whole.digest:
            self._reject(whole.position, "the snapshot's digest does not fit its resources")
            return
        self._snapshot_due = False
        self._adopt(replica)
        if self._storing is None:
            self._storing = self._reactor.callLater(FIRST_DRAW_S, self._store_whole)
        self._acknowledge(whole.position)
        self._side.replaced()
        self._proved()

    def _on_update(self, event: Applicable) -> None:
        puts = event.update.puts
        deletes = [(deletion.kind, deletion.id) for deletion in event.update.deletes]
        try:
            self._adopt(self.replica.changed(event.position, puts, deletes))
        except (ValueError, TypeError) as error:
            self._reject(event.position, str(error))
            return
        if self.stored and self._storing is None:
            self._keep(lambda: self._store.write_update(event.position, puts, deletes, self.fresh_at))
        self._acknowledge(event.position)
        self._side.updated(puts, deletes)

    def _on_heartbeat(self, beat: HubHeartbeat) -> None:
        self.hub_stores = beat.stored
        regraded = beat.grade is not self.grade
        if regraded or beat.fresh_at != self.fresh_at or not self.feed_known:
            self.grade, self.fresh_at, self.feed_known = beat.grade, beat.fresh_at, True
            self._side.feed_told(regraded=regraded)
        held = self.replica.position
        if self._snapshot_due or held is None or held.epoch != beat.position.epoch:
            return  # a snapshot is on its way
        if not beat.last <= held.sequence <= beat.position.sequence:
            return  # updates are on their way, or this heartbeat was overtaken by one
        if beat.digest != self.digest():
            self._doubt("digest-differs")
            return
        self.replica = self.replica.at(beat.position)
        if not self.stored:
            self._store_whole()
        elif self._reactor.seconds() - self._noted_at >= NOTE_S:
            self.note()
        self._proved()

    def _proved(self) -> None:
        self._expect_nothing()
        self._side.whole()

    def _expect_proof(self) -> None:
        self._expect_nothing()
        self._overdue = self._reactor.callLater(self._resync_s, lambda: self._link.give_up("the resync took too long"))

    def _expect_nothing(self) -> None:
        if self._overdue is not None and self._overdue.active():
            self._overdue.cancel()
        self._overdue = None

    def _adopt(self, replica: Replica) -> None:
        self.replica = replica
        self._digest = None

    def _store_whole(self) -> None:
        self._storing = None
        self._keep(lambda: self._store.write_replica(self.replica, self.fresh_at))
        if self._owed is not None:
            self._acknowledge(self._owed)

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StationError as error:
            if self.stored:
                _LOG.error("replica-not-stored", problem=error.message, todo=error.hint)
            self.stored = False
        else:
            self.stored = True

    def _acknowledge(self, position: Position) -> None:
        """Say that all up to here is applied and stored, as soon as it is."""
        if self.stored and self._storing is None:
            self._owed = None
            self._link.send(Ack(epoch=position.epoch, sequence=position.sequence))
        else:
            self._owed = position

    def _reject(self, position: Position, reason: str) -> None:
        """What the hub sent makes no sense here: say so, and begin anew after a while."""
        _LOG.error("rejected", sequence=position.sequence, problem=reason, todo="compare the versions of both sides")
        self._link.send(
            Ack(
                epoch=position.epoch,
                sequence=position.sequence,
                outcome=AckOutcome.REJECTED,
                reason=reason[:2000],
            )
        )
        self._link.give_up(reason)

    def _doubt(self, why: str) -> None:
        _LOG.warning("replica-doubted", why=why, todo="nothing: a snapshot was asked for")
        self._snapshot_due = True
        self._owed = None
        self._link.subscribe(self._wanted, None)
        self._expect_proof()
        self._side.doubted()
