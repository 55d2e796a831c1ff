"""The hub's server: everybody who is connected, and where what they say and what the hub says goes.

Nothing is decided here about the station; the hub does that, behind `HubSide`. Who gets in is `admission`'s affair,
what subscribers are sent that of `subscriptions`, `publication` and `equipment_feed`, what they tell the hub that of
`intake`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall

from stationmaster_base.logging import get_logger
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_protocol.admission import Admission
from stationmaster_protocol.commands import Command, CommandResult
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.equipment import AlarmSign, Device
from stationmaster_protocol.equipment_feed import EquipmentFeed
from stationmaster_protocol.errors import ERROR_CODES
from stationmaster_protocol.hub_side import Entry, Grant, HubSide, Peer, ProtocolSettings, SubscriberInfo
from stationmaster_protocol.intake import Intake
from stationmaster_protocol.messages import (
    Ack,
    Bye,
    ByeReason,
    Deletion,
    Enrol,
    Hello,
    HubAddress,
    Position,
    Report,
    Subscribe,
)
from stationmaster_protocol.metrics import ProtocolMetrics
from stationmaster_protocol.publication import Publication
from stationmaster_protocol.subscriptions import Subscriptions
from stationmaster_service.interfaces import MachineTime

__all__ = ["Entry", "Grant", "HubSide", "Peer", "Position", "ProtocolServer", "ProtocolSettings", "SubscriberInfo"]

MISSED_HEARTBEATS = 3
"""So many heartbeats without a word, and a client is lost."""

LISTEN_S = 0.5
"""Machine seconds between two looks at who has not been heard, or a quarter of a heartbeat if that is less: a client
that cannot reach us learns of it from us alone, and is to go on alone no more than a second late."""

TURNS = 3
"""Turns of the reactor in which what has come is still read before a client counts as silent."""

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
        self._sent = self._metrics.sent
        self.publication = Publication(hub=hub, settings=settings, metrics=self._metrics, seconds=reactor.seconds)
        self._equipment = EquipmentFeed(hub, self.publication.frames)
        self._admission = Admission(hub, settings)
        self._intake = Intake(hub, settings, self.acknowledged)
        self._subscriptions = Subscriptions(
            hub=hub,
            publication=self.publication,
            equipment=self._equipment,
            reactor=reactor,
            settled=self.acknowledged,
        )
        self._connections: set[HubConnection] = set()
        self._waiting: list[Deferred[None]] = []
        self._heart = LoopingCall(self._beat)
        self._ears = LoopingCall(self._listen)
        self._heart.clock = self._ears.clock = cast("IReactorTime", reactor)

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

    def equipment_changed(
        self, devices: Sequence[Device] = (), alarms: Sequence[AlarmSign] = (), gone: Sequence[Deletion] = ()
    ) -> None:
        """Tell those who asked for them what is different of the devices and alarms.

        Called when `HubSide.equipment` says so already. Items carry the identity that they belong to (None: the hub's
        own), and the id of a deletion is `<identity>/<id>`.
        """
        self._equipment.changed(devices, alarms, gone)

    def command(self, identity: str, command: Command) -> bool:
        """Give a subsystem a command; False if it is not connected, or takes nothing that it is sent."""
        connection = self._admission.find(identity)
        if connection is None or connection.outbox.answers >= self._settings.pending_commands:
            return False
        connection.answer(replace(command, identity=None))
        return True

    def command_result(self, identity: str, result: CommandResult) -> bool:
        """Tell the client that gave a command what more has become of it; False if it is not connected."""
        connection = self._admission.find(identity)
        if connection is None or connection.outbox.answers >= self._settings.pending_commands:
            return False
        connection.answer(result)
        return True

    def redirect(self, hubs: Sequence[HubAddress], text: str = "", identities: Collection[str] | None = None) -> int:
        """Send everybody, or these identities, to other hubs, and close; how many were sent."""
        return self._admission.redirect(hubs, text, identities)

    def revoke(self, identity: str) -> bool:
        """End the session of an identity whose secret is taken away; False if it had none."""
        chosen = [each for each in self._connections if each.identity == identity and not each.over]
        for connection in chosen:
            connection.refuse("revoked", f"The secret of {identity} has been taken away.")
        return bool(chosen)

    def settled(self) -> bool:
        """Whether every subscriber has acknowledged all that concerns it, and no report waits to be committed."""
        return not self._intake.pending and all(
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
            connection.leave(Bye(reason=ByeReason.STOPPING, text=text))

    # What Twisted calls.

    def startFactory(self) -> None:  # noqa: N802 - Twisted's name
        """Begin with heartbeats."""
        self._heart.start(self._settings.heartbeat_s, now=False)
        self._ears.start(min(LISTEN_S, self._settings.heartbeat_s / 4), now=False)

    def stopFactory(self) -> None:  # noqa: N802 - Twisted's name
        """The last port is closed; connections are as they were."""
        for call in (self._heart, self._ears):
            if call.running:
                call.stop()

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

    def heard(
        self, connection: HubConnection, message: Enrol | Hello | Subscribe | Report | Command | CommandResult
    ) -> None:
        """A client says something that is for more than its connection."""
        match message:
            case Enrol():
                self._admission.enrol(connection, message)
            case Hello():
                self._admission.greet(connection, message)
            case Subscribe():
                self._subscriptions.begin(connection, message)
            case Report():
                self._intake.report(connection, message)
            case Command():
                self._intake.command(connection, message)
            case CommandResult():
                self._intake.command_result(connection, message)

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
        self._subscriptions.gone(connection)
        self._admission.ended(connection)
        self.acknowledged()

    def counted(self, messages: int, size: int) -> None:
        """So much was sent."""
        self._sent.messages += messages
        self._sent.bytes += size

    def _listen(self, turns: int = TURNS) -> None:
        """An end to those who have not been heard; if it was we who did not listen, what has come is read first."""
        longest = MISSED_HEARTBEATS * self._settings.heartbeat_s
        silent = [each for each in self._connections if each.wanted is not None and each.silent_s >= longest]
        if silent and turns:
            self._reactor.callLater(0, self._listen, turns - 1)
            return
        for connection in silent:
            connection.refuse("silent", f"Nothing was heard for {connection.silent_s:.0f} s.")

    def _beat(self) -> None:
        """Heartbeats to everybody."""
        self.publication.beat()
