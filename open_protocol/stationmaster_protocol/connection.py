"""One client's connection at the hub: bytes to the session, what the client says to the server, timeouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.allowance import SUBSCRIPTION_COST, Allowance
from stationmaster_protocol.codec import encode
from stationmaster_protocol.commands import ActRefusal
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.filter_class import FilterClass, Framed
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Grant, Peer, ProtocolSettings, SubscriberInfo
from stationmaster_protocol.messages import (
    Ack,
    AckOutcome,
    Bye,
    ClientHeartbeat,
    Command,
    CommandResult,
    Enrol,
    Error,
    Hello,
    HubMessage,
    Received,
    Report,
    Subscribe,
    TimeAnswer,
    TimeRequest,
)
from stationmaster_protocol.outbox import Outbox
from stationmaster_protocol.scalars import milliseconds_of, stamp_of
from stationmaster_protocol.server_session import ServerEvent, ServerSession
from stationmaster_protocol.session import Breach, error_message
from stationmaster_protocol.transport import StreamTransport, close_in_order, flusher, peer_of, peer_text
from stationmaster_service.interfaces import DelayedCall, MachineTime

if TYPE_CHECKING:
    from stationmaster_protocol.server import ProtocolServer

__all__ = ["HubConnection"]


_AT_ONCE = 64 * 1024
"""Bytes that are handed to the system at once; more, a snapshot, goes out in the reactor's turns, so that all
get on."""


@implementer(IPushProducer)
class HubConnection(Protocol):
    """Args:
        server: what all connections share.
        settings: limits.
        reactor: machine time.

    It is the connection's push producer as well: the transport tells it when to pause and when to go on.
    """

    def __init__(self, server: ProtocolServer, settings: ProtocolSettings, reactor: MachineTime) -> None:
        self._server = server
        self._settings = settings
        self._reactor = reactor
        self.session = ServerSession(largest_in=settings.largest_hello, largest_out=settings.largest_out)
        self.outbox = Outbox(
            limit=settings.queue_bytes,
            write=self._write,
            fresh=lambda: server.publication.snapshot(self),
            proof=self._proof,
            unsendable=server.publication.exclude,
        )
        self.identity = ""
        self.hello: Hello | None = None
        self.grant: Grant | None = None
        self.wanted: Subscribe | None = None
        self.admitted: Filter | None = None
        self.filter_class: FilterClass | None = None
        self.pending_reports = 0
        self.pending_commands = 0
        self.over = False
        self._heard = reactor.seconds()
        self._allowance = Allowance(settings.messages_s, settings.messages_burst, self._heard)
        self._acked = -1
        self.joined_after = 0
        self._ack_ms: int | None = None
        self._whole: bool | None = None
        self._rejected = ""
        self._fresh_after = 0.0
        self._proof_after = 0.0
        self._reading = True
        self._flush: Callable[[], None] = lambda: None
        self._timer: DelayedCall | None = None

    # What Twisted calls.

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Wait for the handshake, but not for long."""
        self._transport.setTcpNoDelay(True)
        self._flush = flusher(self._transport)
        self._transport.registerProducer(self, True)
        self._timer = self._reactor.callLater(self._settings.handshake_s, self._handshake_over)
        self._server.connected(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Hand what the client said to whoever it concerns."""
        for event in self.session.receive_data(data):
            if self.over:
                return
            self._heard = self._reactor.seconds()
            self._on_event(event)
        if not self.over:
            self._regulate()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone, whoever closed it."""
        self._end("connection-lost", reason.getErrorMessage())
        self._stop_timer()
        self._server.disconnected(self)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport has enough for now."""
        self.outbox.pause()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport takes more."""
        self.outbox.resume()
        self._regulate()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The transport takes nothing more."""
        self.outbox.close()

    # What the server calls.

    @property
    def address(self) -> str:
        """The client's address, for people."""
        return peer_text(self._transport)

    @property
    def peer(self) -> Peer:
        """Who is at the other end, as far as the connection says."""
        return peer_of(self._transport)

    @property
    def executes(self) -> frozenset[TaskKind]:
        """The kinds of task that the client does and may do."""
        if self.hello is None or self.grant is None:
            return frozenset()
        return self.grant.executes.intersection(self.hello.executes)

    @property
    def resources(self) -> frozenset[str]:
        """The kinds of resource that the client may hold."""
        return frozenset() if self.grant is None else self.grant.resources

    @property
    def silent_s(self) -> float:
        """Machine seconds since the client last said anything; 0 while it is the hub that does not read."""
        return 0.0 if self._reports_wait else self._reactor.seconds() - self._heard

    @property
    def settled(self) -> bool:
        """Whether the client has acknowledged everything that concerns it."""
        joined = self.filter_class
        return joined is not None and self.outbox.level and self.session.acked >= joined.last

    def info(self) -> SubscriberInfo | None:
        """What people may want to know of it; None before it has subscribed."""
        if self.hello is None or self.grant is None or self.admitted is None:
            return None
        last = -1 if self.filter_class is None else self.filter_class.last
        return SubscriberInfo(
            identity=self.hello.identity,
            address=self.address,
            level=self.hello.level,
            executes=tuple(sorted(self.executes)),
            filter=self.admitted,
            acked=self.session.acked,
            last=last,
            queued=self.outbox.queued,
            snapshots=self.outbox.snapshots,
            whole=self._whole,
            rejected=self._rejected,
            heard_s=self.silent_s,
            kind=self.grant.kind,
            version=self.session.version,
            secure=self.peer.secure,
            behind=max(0, last - max(0, self.session.acked)),
            ack_ms=self._ack_ms,
        )

    def answer(self, message: HubMessage) -> None:
        """Send something that is for this client alone, ahead of what is published."""
        if not self.over:
            self.outbox.answer(Framed(message=message, frame=encode(message, largest=self._settings.largest_out)))

    def welcomed(self, grant: Grant) -> None:
        """The client is known, and this is what it may do: its messages may be as long as anybody's."""
        self.grant = grant
        self.session.accept(self._settings.largest_in)

    def joined(self, wanted: Subscribe, admitted: Filter) -> None:
        """The client has subscribed, and gets what is admitted of it; the handshake is over."""
        self.wanted, self.admitted = wanted, admitted
        self.outbox.clear()
        self._whole = None
        self._acked = -1
        self._stop_timer()

    def reported(self, number: int, refusals: tuple[ActRefusal, ...] = ()) -> None:
        """Report `number` is committed, but for the acts that were refused."""
        self.pending_reports -= 1
        self.answer(Received(number=number, refusals=refusals))
        self._regulate()

    def refuse(self, code: str, text: str, hint: str | None = None) -> None:
        """Tell the client that it is refused, and close."""
        error = error_message(RemoteProtocolError(code, text, hint))
        self._farewell(error, code, text)

    def leave(self, bye: Bye) -> None:
        """Close in order."""
        self._farewell(bye, bye.reason.value, bye.text)

    # What the client says.

    def _on_event(self, event: ServerEvent) -> None:
        if isinstance(event, Ack) and event.sequence > self._acked and event.outcome is AckOutcome.APPLIED:
            # Most of what comes in is this, and it is the hub that decides how much of it comes.
            self._on_ack(event)
            return
        cost = SUBSCRIPTION_COST if isinstance(event, Subscribe) else 1.0
        if not self._allowance.take(self._heard, cost) and not isinstance(event, Error | Bye | Breach):
            self.refuse("too-often", f"More than {self._settings.messages_s:g} messages a second.")
            return
        match event:
            case Hello() | Enrol():
                self.identity = event.identity
                self.hello = event if isinstance(event, Hello) else None
                self._server.heard(self, event)
            case Report():
                self.pending_reports += 1
                self._server.heard(self, event)
            case Subscribe() | Command() | CommandResult():
                self._server.heard(self, event)
            case Ack():
                self._on_ack(event)
            case ClientHeartbeat():
                self._on_heartbeat(event)
            case TimeRequest():
                self._on_time_request(event)
            case Error():
                self._close(event.code, event.text)
            case Bye():
                self._close(event.reason.value, event.text)
            case Breach():
                self._transport.write(event.farewell)
                self._close(event.error.code, event.error.message)

    def _on_ack(self, ack: Ack) -> None:
        if ack.outcome is AckOutcome.REJECTED:
            self._rejected = ack.reason
            self._server.rejected(self, ack)
            # A fresh snapshot may help; a client that refuses that too gets one a heartbeat and no more.
            now = self._reactor.seconds()
            if now >= self._fresh_after:
                self._fresh_after = now + self._settings.heartbeat_s
                self.outbox.restart(later=True)
                self.outbox.pump()
        else:
            self._acked = max(self._acked, ack.sequence)
            if self.filter_class is not None and ack.sequence > self.joined_after:
                self._ack_ms = self.filter_class.age_ms(ack.sequence, self._heard, self._ack_ms)
        self._server.acknowledged()

    def _on_heartbeat(self, heartbeat: ClientHeartbeat) -> None:
        if heartbeat.position is None or heartbeat.digest is None or self.filter_class is None or not self.settled:
            return
        if heartbeat.position.sequence >= self.filter_class.last:
            self._whole = heartbeat.digest == self.filter_class.digest
            if not self._whole:
                self._server.differs(self)

    def _on_time_request(self, request: TimeRequest) -> None:
        now = stamp_of(self._server.station_time())
        quality = self._server.clock_quality()
        self.answer(
            TimeAnswer(
                asked=request.sent,
                received=now,
                sent=now,
                clock=None if quality is None else quality.state,
                clock_error=None if quality is None else milliseconds_of(quality.error_s),
            )
        )

    # Closing.

    def _handshake_over(self) -> None:
        self._timer = None
        self.refuse("too-slow", f"No subscription within {self._settings.handshake_s:g} s.")

    def _farewell(self, message: Error | Bye, code: str, text: str) -> None:
        if not self.over:
            if not self.session.closed:
                self._transport.write(self.session.send(message))
            self._close(code, text)

    def _close(self, code: str, text: str) -> None:
        if self.over:
            return
        self._end(code, text)
        self._stop_timer()
        self._timer = self._reactor.callLater(self._settings.closing_s, self._abort)
        self._transport.unregisterProducer()
        close_in_order(self._transport)

    def _end(self, code: str, text: str) -> None:
        """Be no subscriber any more, at once."""
        if not self.over:
            self.over = True
            self.outbox.close()
            self._server.ended(self, code, text)

    def _abort(self) -> None:
        self._timer = None
        self._transport.abortConnection()

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    # Bytes.

    @property
    def _transport(self) -> StreamTransport:
        return cast("StreamTransport", self.transport)

    def _proof(self) -> Framed | None:
        """The heartbeat after a snapshot, so that the client need not wait for the next to know where it is.

        At most one in a heartbeat interval: a client that never finds its replica proved asks for another snapshot at
        each, and would otherwise do so without a pause.
        """
        now = self._reactor.seconds()
        framed = self._server.publication.heartbeat(self) if now >= self._proof_after else None
        if framed is not None:
            self._proof_after = now + self._settings.heartbeat_s
        return framed

    def _write(self, batch: list[Framed]) -> None:
        if self.session.closed:
            # The client's last word came together with what this answers.
            return
        frames = [self.session.sent(framed.message, framed.frame) for framed in batch]
        size = sum(map(len, frames))
        self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
        self._server.counted(len(frames), size)
        if size <= _AT_ONCE and not self.outbox.paused:
            self._flush()

    def _regulate(self) -> None:
        """Read no more from a client that does not take its answers, or whose reports cannot be committed yet."""
        if self.over:
            return
        reading = not self.outbox.stuck and not self._reports_wait
        if reading and not self._reading:
            self._heard = self._reactor.seconds()
            self._transport.resumeProducing()
        elif self._reading and not reading:
            self._transport.pauseProducing()
        self._reading = reading

    @property
    def _reports_wait(self) -> bool:
        return self.pending_reports >= self._settings.pending_reports
