"""The hub's server: who is connected, who is welcome, and how each becomes a subscriber and is one no more.

Nothing is decided here about the station; the hub does that, behind `HubSide`. What subscribers are sent is
`publication`'s affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.errors import ERROR_CODES
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Entry, HubSide, ProtocolSettings, SubscriberInfo
from stationmaster_protocol.messages import (
    VERSION,
    Ack,
    ByeReason,
    Hello,
    Position,
    Report,
    Subscribe,
    Subscribed,
    Welcome,
)
from stationmaster_protocol.metrics import ProtocolMetrics
from stationmaster_protocol.publication import Publication
from stationmaster_protocol.scalars import milliseconds_of, stamp_of
from stationmaster_service.interfaces import MachineTime

__all__ = ["Entry", "HubSide", "Position", "ProtocolServer", "ProtocolSettings", "SubscriberInfo"]

MISSED_HEARTBEATS = 3
"""So many heartbeats without a word, and a client is lost."""

log = get_logger("protocol")


class ProtocolServer(Factory):
    """The factory for the open protocol's port.

    Args:
        hub: the hub behind it.
        settings: limits.
        reactor: machine time, for heartbeats and timeouts.
        registry: where metrics go; none are kept without it.

    """

    noisy = False

    def __init__(
        self,
        *,
        hub: HubSide,
        settings: ProtocolSettings,
        reactor: MachineTime,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._reactor = reactor
        self._metrics = ProtocolMetrics(registry)
        self.publication = Publication(hub=hub, settings=settings, metrics=self._metrics)
        self._connections: set[HubConnection] = set()
        self._identities: dict[str, HubConnection] = {}
        self._presence: dict[HubConnection, frozenset[TaskKind]] = {}
        self._pending_reports = 0
        self._waiting: list[Deferred[None]] = []
        self._heart = LoopingCall(self._beat)
        self._heart.clock = cast("IReactorTime", reactor)

    # What the hub calls.

    @property
    def subscribers(self) -> list[SubscriberInfo]:
        """Every subscriber as it is now, by identity."""
        infos = [info for connection in self._connections if not connection.over and (info := connection.info())]
        return sorted(infos, key=lambda info: info.identity)

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send committed entries, in order, to whom they concern; called in the turn in which the hub adopts them."""
        if entries:
            self.publication.publish(entries)

    def new_epoch(self) -> None:
        """The hub's history has begun anew: everybody gets a snapshot of what it is now."""
        self.publication.begin_anew()

    def feed_changed(self) -> None:
        """The feed's grade is another one: everybody is told at once; called when `HubSide.feed` says so already."""
        if self.publication.level():
            self.publication.tell_all()
        else:
            # The hub has adopted entries that it has not published yet; it will in this very turn.
            self._reactor.callLater(0, self.feed_changed)

    def settled(self) -> bool:
        """Whether every subscriber has acknowledged all that concerns it, and no report waits to be committed."""
        return not self._pending_reports and all(
            connection.settled
            for connection in self._connections
            if connection.wanted is not None and not connection.over
        )

    def when_settled(self) -> Deferred[None]:
        """Fires as soon as `settled` is true."""
        if self.settled():
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def stop(self, text: str = "The hub stops.") -> None:
        """Say goodbye to everybody and close."""
        for connection in list(self._connections):
            connection.leave(ByeReason.STOPPING, text)

    # What Twisted calls.

    def startFactory(self) -> None:  # noqa: N802 - Twisted's name
        """Begin with heartbeats."""
        self._heart.start(self._settings.heartbeat_s, now=False)

    def stopFactory(self) -> None:  # noqa: N802 - Twisted's name
        """The port is closed; connections are as they were."""
        if self._heart.running:
            self._heart.stop()

    def buildProtocol(self, addr: IAddress | None) -> HubConnection:  # noqa: N802 - Twisted's name
        """A new connection."""
        del addr
        return HubConnection(self, self._settings, self._reactor)

    # What connections call.

    def station_time(self) -> float:
        """Station time in seconds."""
        return self._hub.station_time()

    def clock_quality(self) -> ClockQuality | None:
        """How good it is."""
        return self._hub.clock_quality()

    def connected(self, connection: HubConnection) -> None:
        """Take the connection in, if there is room."""
        self._connections.add(connection)
        self._metrics.connections.set(len(self._connections))
        if len(self._connections) > self._settings.connections:
            connection.refuse("too-many", f"There are {self._settings.connections} connections already.")

    def disconnected(self, connection: HubConnection) -> None:
        """The connection is gone."""
        self._connections.discard(connection)
        self._metrics.connections.set(len(self._connections))

    def greeted(self, connection: HubConnection, hello: Hello) -> None:
        """Welcome a client, or refuse it."""
        if not self._hub.authenticate(hello.identity, hello.token):
            connection.refuse("not-authenticated", f"{hello.identity} is not known with this token.")
            return
        before = self._identities.get(hello.identity)
        if before is not None:
            before.leave(ByeReason.REPLACED, "Another connection has this identity now.")
        self._identities[hello.identity] = connection
        connection.welcomed()
        quality = self._hub.clock_quality()
        connection.answer(
            Welcome(
                version=VERSION,
                epoch=self._hub.position().epoch,
                heartbeat=max(1, round(self._settings.heartbeat_s * 1000)),
                largest=self._settings.largest_in,
                station_time=stamp_of(self._hub.station_time()),
                clock=None if quality is None else quality.state,
                clock_error=None if quality is None else milliseconds_of(quality.error_s),
            )
        )

    def subscribe(self, connection: HubConnection, wanted: Subscribe) -> None:
        """Give the client what it asks for, from where it stands if that can be shown to be our history."""
        connection.wanted = wanted
        connection.joined()
        connection.outbox.clear()
        self.publication.leave(connection)
        self._set_presence(connection, wanted.filter)
        position = self._hub.position()
        held = wanted.held
        if held is None or held.epoch != position.epoch or not 0 < held.sequence <= position.sequence:
            if held is not None:
                log.info("not_our_history", identity=connection.identity, held=str(held), head=str(position))
            self._resume(connection, wanted, None)
        elif held == position:
            self._resume(connection, wanted, [])
        else:
            # The entry itself as well: its hash shows whether the client's history is ours.
            reading = maybeDeferred(self._hub.entries_after, held.sequence - 1)
            reading.addCallback(lambda entries: _from_held(held, entries))
            reading.addErrback(self._unreadable)
            reading.addCallback(lambda entries: self._resume(connection, wanted, entries))

    def report(self, connection: HubConnection, report: Report) -> None:
        """Have results committed, and only then tell the client so."""
        self._pending_reports += 1

        def committed(_: object) -> None:
            connection.reported(report.number)

        def failed(failure: Failure) -> None:
            log.error("report_failed", identity=connection.identity, report=report.number, reason=str(failure.value))
            connection.refuse("internal", f"Report {report.number} could not be committed.")

        def over(_: object) -> None:
            self._pending_reports -= 1
            self.acknowledged()

        committing: Deferred[None] = succeed(None)
        if report.results:
            committing = maybeDeferred(self._hub.results, connection.identity, report.results)
        committing.addCallbacks(committed, failed)
        committing.addBoth(over)

    def rejected(self, connection: HubConnection, ack: Ack) -> None:
        """A client could not make something its own."""
        log.warning("update_rejected", identity=connection.identity, sequence=ack.sequence, reason=ack.reason)

    def differs(self, connection: HubConnection) -> None:
        """A client holds something else than it should."""
        log.warning("digest_differs", identity=connection.identity)

    def acknowledged(self) -> None:
        """Something has been acknowledged or committed, or a subscriber has gone: all may be settled now."""
        if self._waiting and self.settled():
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)

    def ended(self, connection: HubConnection, code: str, text: str) -> None:
        """The connection is to be reckoned with no more."""
        orderly = code in (*ByeReason, "connection-lost")
        write = log.info if orderly else log.warning
        write("session_ended", identity=connection.identity, address=connection.address, code=code, detail=text)
        if not orderly:
            self._metrics.refused.labels(code if code in ERROR_CODES else "other").inc()
        self.publication.leave(connection)
        if self._identities.get(connection.identity) is connection:
            del self._identities[connection.identity]
        self._set_presence(connection, None)
        self.acknowledged()

    def counted(self, messages: int, size: int) -> None:
        """So much was sent."""
        self._metrics.messages.inc(messages)
        self._metrics.sent.inc(size)

    # Subscriptions.

    def _resume(self, connection: HubConnection, wanted: Subscribe, entries: list[Entry] | None) -> None:
        """Let the subscription begin, with what leads on from the held position or with a snapshot."""
        if connection.over or connection.wanted is not wanted:
            return
        if not self.publication.level():
            # The hub has adopted entries that it has not published yet; it will in this very turn.
            self._reactor.callLater(0, self._resume, connection, wanted, entries)
            return
        held, head = wanted.held, self._hub.position()
        if held is None or held.epoch != head.epoch:
            entries = None
        elif entries is not None and (known := entries[-1].sequence if entries else held.sequence) < head.sequence:
            # More was published while these were read.
            reading = maybeDeferred(self._hub.entries_after, known)
            reading.addErrback(self._unreadable)
            reading.addCallback(lambda more: self._resume(connection, wanted, None if not more else [*entries, *more]))
            return
        self.publication.join(connection, wanted.filter.normalised())
        way = None
        if held is not None and entries is not None:
            way = self.publication.way(connection, held, entries)
        connection.answer(Subscribed(number=wanted.number, resumed=way is not None))
        if way is None:
            connection.outbox.restart()
            connection.outbox.pump()
            return
        for framed in way:
            connection.outbox.publish(framed)
        self.acknowledged()

    def _unreadable(self, failure: Failure) -> None:
        log.error("journal_unreadable", reason=str(failure.value))

    def _beat(self) -> None:
        """An end to those who have not been heard, and heartbeats to the others."""
        for connection in list(self._connections):
            if connection.wanted is not None and connection.silent_s >= MISSED_HEARTBEATS * self._settings.heartbeat_s:
                connection.refuse("silent", f"Nothing was heard for {connection.silent_s:.0f} s.")
        self.publication.beat()

    def _set_presence(self, connection: HubConnection, wanted: Filter | None) -> None:
        executes = frozenset() if connection.hello is None else frozenset(connection.hello.executes)
        now = frozenset() if wanted is None else executes & wanted.tasks_admitted()
        before = self._presence.pop(connection, frozenset())
        if now:
            self._presence[connection] = now
        if before - now:
            self._hub.presence(connection.identity, before - now, False)
        if now - before:
            self._hub.presence(connection.identity, now - before, True)


def _from_held(held: Position, entries: list[Entry] | None) -> list[Entry] | None:
    """The entries after a held position, if the first is that position itself; None if that cannot be shown."""
    if not entries or (entries[0].sequence, entries[0].hash) != (held.sequence, held.hash):
        return None
    return entries[1:]
