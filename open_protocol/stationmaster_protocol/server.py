"""The hub's server: who is connected, which filter classes there are, and what is published to whom.

Nothing is decided here about the station; the hub does that, behind `HubSide`. A change is turned into bytes once
for each filter class, and the same bytes go to all of its subscribers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.errors import ERROR_CODES, LocalProtocolError
from stationmaster_protocol.filter_class import FilterClass, Framed, Frames, SnapshotParts, Unsendable
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Entry, HubSide, ProtocolSettings, SubscriberInfo
from stationmaster_protocol.messages import (
    VERSION,
    Ack,
    ByeReason,
    Hello,
    HubHeartbeat,
    Position,
    Report,
    Subscribe,
    Subscribed,
    Update,
    Welcome,
)
from stationmaster_protocol.scalar_codecs import cleaned_value
from stationmaster_protocol.scalars import stamp_of
from stationmaster_protocol.writing import resource_text
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
        self._metrics = _Metrics(registry or CollectorRegistry())
        self._frames = Frames(fragment=self._fragment, largest=settings.largest_out, part=settings.part_bytes)
        self._fragments: dict[tuple[str, str, int], str] | None = None
        self._connections: set[HubConnection] = set()
        self._identities: dict[str, HubConnection] = {}
        self._classes: dict[Filter, FilterClass] = {}
        self._presence: dict[HubConnection, frozenset[TaskKind]] = {}
        self._head: Position | None = None
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
        if not entries:
            return
        position = self._hub.position()
        self._head = Position(epoch=position.epoch, sequence=entries[-1].sequence, hash=entries[-1].hash)
        self._fragments = {}
        for item in self._classes.values():
            update = item.take(entries)
            if update is not None:
                self._spread(item, update)
        self._fragments = None
        self._catch_up()

    def new_epoch(self) -> None:
        """The hub's history has begun anew: everybody gets a snapshot of what it is now."""
        self._head = self._hub.position()
        log.warning("new_epoch", epoch=self._head.epoch, sequence=self._head.sequence)
        for item in self._classes.values():
            item.reset(self._head, self._hub.resources())
        for connection in self._connections:
            if connection.filter_class is not None:
                connection.outbox.restart()
        self._catch_up()

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
        connection.answer(
            Welcome(
                version=VERSION,
                epoch=self._hub.position().epoch,
                heartbeat=max(1, round(self._settings.heartbeat_s * 1000)),
                largest=self._settings.largest_in,
                station_time=stamp_of(self._hub.station_time()),
            )
        )

    def subscribe(self, connection: HubConnection, wanted: Subscribe) -> None:
        """Give the client what it asks for, from where it stands if that can be shown to be our history."""
        connection.wanted = wanted
        connection.joined()
        connection.resuming = True
        connection.outbox.clear()
        self._leave_class(connection)
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

    def fresh_snapshot(self, connection: HubConnection) -> SnapshotParts | None:
        """A snapshot for this connection; None while the hub is ahead of what it has published."""
        if connection.filter_class is None or not self._level():
            return None
        self._metrics.snapshots.inc()
        return connection.filter_class.snapshot(self._hub.position(), self._hub.resources)

    def exclude(self, fault: Unsendable) -> None:
        """A resource cannot be sent: everything else can."""
        log.error("resource_not_sendable", kind=fault.resource.kind, id=fault.resource.id, reason=str(fault.reason))
        for item in self._classes.values():
            item.exclude(fault.resource)

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
        self._leave_class(connection)
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
        if not self._level():
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
        item = self._join_class(connection, wanted.filter.normalised())
        if entries is None or held is None or not self._lead_on(connection, item, wanted, held, entries):
            connection.resuming = False
            connection.answer(Subscribed(number=wanted.number))
            connection.outbox.restart()
            connection.outbox.pump()

    def _lead_on(
        self, connection: HubConnection, item: FilterClass, wanted: Subscribe, held: Position, entries: list[Entry]
    ) -> bool:
        """Resume from the held position; False if a snapshot serves better."""
        try:
            replay = item.replay(held, entries)
        except Unsendable as fault:
            self.exclude(fault)
            return False
        except LocalProtocolError:
            # Too much has happened to fit one update.
            return False
        connection.resuming = False
        connection.answer(Subscribed(number=wanted.number, resumed=True))
        if replay is not None:
            connection.outbox.publish(replay)
        connection.outbox.publish(self._heartbeat(item))
        self.acknowledged()
        return True

    def _unreadable(self, failure: Failure) -> None:
        log.error("journal_unreadable", reason=str(failure.value))

    def _join_class(self, connection: HubConnection, wanted: Filter) -> FilterClass:
        item = self._classes.pop(wanted, None)
        if item is None:
            item = FilterClass(wanted, self._hub.position(), self._hub.resources(), self._frames)
        self._classes[wanted] = item
        item.members += 1
        connection.filter_class = item
        return item

    def _leave_class(self, connection: HubConnection) -> None:
        item, connection.filter_class = connection.filter_class, None
        if item is None:
            return
        item.members -= 1
        # A class without subscribers is kept for those that come back, the latest few of them.
        idle = [other for other in self._classes.values() if not other.members]
        for other in idle[: -self._settings.idle_classes or None]:
            del self._classes[other.filter]

    def _level(self) -> bool:
        """Whether everything that the hub has adopted has been taken in here."""
        position = self._hub.position()
        if not self._classes:
            self._head = position
        return self._head == position

    # Sending.

    def _members(self, item: FilterClass) -> list[HubConnection]:
        return [each for each in self._connections if each.filter_class is item and not each.resuming and not each.over]

    def _spread(self, item: FilterClass, update: Update) -> None:
        """One update to all subscribers of a class; a fresh snapshot instead where it cannot be sent."""
        try:
            framed = self._frames.framed(update)
        except (Unsendable, LocalProtocolError) as fault:
            if isinstance(fault, Unsendable):
                self.exclude(fault)
            for connection in self._members(item):
                connection.outbox.restart(later=True)
            return
        for connection in self._members(item):
            connection.outbox.publish(framed)

    def _catch_up(self) -> None:
        """Fresh snapshots to those who wait for one."""
        for connection in list(self._connections):
            if connection.outbox.behind:
                connection.outbox.pump()

    def _heartbeat(self, item: FilterClass) -> Framed:
        grade, fresh_at = self._hub.feed()
        return self._frames.framed(
            HubHeartbeat(
                position=self._hub.position(),
                last=item.last,
                digest=item.digest,
                station_time=stamp_of(self._hub.station_time()),
                grade=grade,
                fresh_at=fresh_at,
            )
        )

    def _beat(self) -> None:
        """Heartbeats to all who are level, and an end to those who have not been heard."""
        for connection in list(self._connections):
            if connection.wanted is not None and connection.silent_s >= MISSED_HEARTBEATS * self._settings.heartbeat_s:
                connection.refuse("silent", f"Nothing was heard for {connection.silent_s:.0f} s.")
        for item in self._classes.values():
            item.forget()
            members = [each for each in self._members(item) if each.outbox.idle]
            if members and self._level():
                framed = self._heartbeat(item)
                for connection in members:
                    connection.outbox.publish(framed)
        self._catch_up()

    def _fragment(self, resource: Resource) -> str:
        """The XML of a resource, made once for all the filter classes of one publication."""
        key = (resource.kind, resource.id, resource.revision)
        if self._fragments is not None and key in self._fragments:
            return self._fragments[key]
        try:
            text = resource_text(resource)
        except LocalProtocolError as reason:
            # A character that XML cannot carry should have been kept out where the value was made.
            log.error("resource_not_clean", kind=resource.kind, id=resource.id, reason=str(reason))
            try:
                text = resource_text(replace(resource, value=cleaned_value(resource.value)))
            except LocalProtocolError as still:
                raise Unsendable(resource, still) from still
        if self._fragments is not None:
            self._fragments[key] = text
        return text

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


class _Metrics:
    """What Prometheus is told."""

    def __init__(self, registry: CollectorRegistry) -> None:
        prefix = "stationmaster_protocol"
        self.connections = Gauge(f"{prefix}_connections", "Open connections.", registry=registry)
        self.messages = Counter(f"{prefix}_messages_sent", "Messages sent.", registry=registry)
        self.sent = Counter(f"{prefix}_bytes_sent", "Bytes sent.", registry=registry)
        self.snapshots = Counter(f"{prefix}_snapshots", "Snapshots begun.", registry=registry)
        self.refused = Counter(f"{prefix}_refused", "Sessions that ended in an error.", ["code"], registry=registry)
