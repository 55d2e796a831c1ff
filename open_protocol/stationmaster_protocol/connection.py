"""One client's connection at the hub: bytes to the session, what the client says to the server, timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_protocol.codec import encode
from stationmaster_protocol.errors import ERROR_CODES
from stationmaster_protocol.filter_class import FilterClass, Framed
from stationmaster_protocol.hub_side import ProtocolSettings, SubscriberInfo
from stationmaster_protocol.messages import (
    Ack,
    AckOutcome,
    Bye,
    ByeReason,
    ClientHeartbeat,
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
from stationmaster_protocol.session import Breach
from stationmaster_protocol.transport import StreamTransport
from stationmaster_service.interfaces import DelayedCall, MachineTime

if TYPE_CHECKING:
    from stationmaster_protocol.server import ProtocolServer

__all__ = ["HubConnection"]


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
        self.hello: Hello | None = None
        self.wanted: Subscribe | None = None
        self.filter_class: FilterClass | None = None
        self.pending_reports = 0
        self.over = False
        self._heard = reactor.seconds()
        self._whole: bool | None = None
        self._rejected = ""
        self._fresh_after = 0.0
        self._proof_after = 0.0
        self._reading = True
        self._timer: DelayedCall | None = None

    # What Twisted calls.

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Wait for the handshake, but not for long."""
        self._transport.setTcpNoDelay(True)
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
    def identity(self) -> str:
        """The client's identity, empty before its hello."""
        return "" if self.hello is None else self.hello.identity

    @property
    def address(self) -> str:
        """The client's address, for people."""
        return str(self._transport.getPeer())

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
        if self.hello is None or self.wanted is None:
            return None
        return SubscriberInfo(
            identity=self.hello.identity,
            address=self.address,
            level=self.hello.level,
            executes=self.hello.executes,
            filter=self.wanted.filter.normalised(),
            acked=self.session.acked,
            last=-1 if self.filter_class is None else self.filter_class.last,
            queued=self.outbox.queued,
            snapshots=self.outbox.snapshots,
            whole=self._whole,
            rejected=self._rejected,
            heard_s=self.silent_s,
        )

    def answer(self, message: HubMessage) -> None:
        """Send something that is for this client alone, ahead of what is published."""
        if not self.over:
            self.outbox.answer(Framed(message=message, frame=encode(message, largest=self._settings.largest_out)))

    def welcomed(self) -> None:
        """The client is known: its messages may be as long as anybody's."""
        self.session.accept(self._settings.largest_in)

    def joined(self) -> None:
        """The client is a subscriber; the handshake is over."""
        self._stop_timer()

    def reported(self, number: int) -> None:
        """Report `number` is committed."""
        self.pending_reports -= 1
        self.answer(Received(number=number))
        self._regulate()

    def refuse(self, code: str, text: str) -> None:
        """Tell the client that it is refused, and close."""
        message = Error(code=code, text=text, hint=ERROR_CODES[code].hint)
        self._farewell(message, code, text)

    def leave(self, reason: ByeReason, text: str) -> None:
        """Close in order."""
        self._farewell(Bye(reason=reason, text=text), reason.value, text)

    # What the client says.

    def _on_event(self, event: ServerEvent) -> None:
        match event:
            case Hello():
                self.hello = event
                self._server.greeted(self, event)
            case Subscribe():
                self._server.subscribe(self, event)
            case Ack():
                self._on_ack(event)
            case ClientHeartbeat():
                self._on_heartbeat(event)
            case Report():
                self.pending_reports += 1
                self._server.report(self, event)
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
        self._transport.loseConnection()

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
        self._transport.writeSequence([self.session.sent(framed.message, framed.frame) for framed in batch])
        self._server.counted(len(batch), sum(len(framed.frame) for framed in batch))

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
