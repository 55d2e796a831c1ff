"""One connection with one hub, from the first try to its end: connect, enrol if need be, say hello, be welcome.

Whoever uses it is told three things: that the hub has welcomed us, what it says from then on, and the end with its
reason. Every connection that was started ends exactly once, however it went, and says nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol as Interface

from twisted.internet.defer import Deferred
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from stationmaster_agent.arriving import Arriving, tcp_progress
from stationmaster_agent.connecting import Connect
from stationmaster_agent.credentials import Credentials
from stationmaster_agent.settings import HostPort
from stationmaster_base.errors import StationError
from stationmaster_protocol.client import ClientConnection
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Bye,
    ByeReason,
    ClientHeartbeat,
    ClientMessage,
    Enrolled,
    Error,
    Hello,
    Position,
    Welcome,
)
from stationmaster_protocol.session import Breach
from stationmaster_protocol.tls import TlsRefused
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Ending", "HubConnection", "HubConnectionSide"]

CLOSE_S = 1.0
"""Machine seconds for a connection to close in order."""

ENROLLED = "enrolled"
"""The code of an ending after which the same hub is to be tried again at once, with the certificate that it gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a connection is over, or never was.

    `code` is that of the hub's `error`, the reason of its `bye`, `insecure` if TLS came to nothing, or empty: it just
    broke, or could not be made. It is `silent`, too, if we have seen before the hub that it does not hear us. `hubs` is
    where the hub sends us instead.
    """

    problem: str
    code: str = ""
    hint: str = ""
    hubs: tuple[HostPort, ...] = ()


class HubConnectionSide(Interface):
    """Who uses a connection."""

    def welcomed(self, connection: HubConnection, welcome: Welcome) -> None:
        """The hub takes us."""

    def heard(self, connection: HubConnection, event: ClientEvent) -> None:
        """The hub said something after its welcome."""

    def ended(self, connection: HubConnection, ending: Ending) -> None:
        """It is over."""


class HubConnection:
    """Args:
    hub: with whom.
    reactor: machine time.
    connect: makes the connection.
    credentials: what to show.
    hello: gives what to say first.
    side: who uses it.
    connect_s: machine seconds for the connection to be there.
    welcome_s: machine seconds from then on for the hub to say welcome.

    """

    def __init__(
        self,
        hub: HostPort,
        *,
        reactor: MachineTime,
        connect: Connect,
        credentials: Credentials,
        hello: Callable[[], Hello],
        side: HubConnectionSide,
        connect_s: float,
        welcome_s: float,
    ) -> None:
        self.hub = hub
        self.welcome: Welcome | None = None
        self.greeted = False
        self.since = reactor.seconds()
        """The machine time at which it was begun and, once there is a welcome, at which that came."""
        self._reactor = reactor
        self._connect = connect
        self._credentials = credentials
        self._hello = hello
        self._side = side
        self._limits = (connect_s, welcome_s)
        self._attempt: Deferred[object] | None = None
        self._wire: ClientConnection | None = None
        self._timer: DelayedCall | None = None
        self._over = False
        self._closing: Deferred[None] | None = None
        self._said = Ending(problem="")
        self._arriving = Arriving(lambda: None if self._wire is None else tcp_progress(self._wire.transport))

    def start(self) -> None:
        """Begin."""
        self._wait(self._limits[0], "it does not answer")
        attempt = self._attempt = self._connect(self.hub, lambda: _Wire(self))
        attempt.addCallbacks(lambda _: self._connected(attempt), self._failed)

    def send(self, message: ClientMessage) -> None:
        """Send a message; nothing happens once it is over.

        A heartbeat shows whether the earlier ones have arrived; if they have not, this is the end.
        """
        if self._over or self._wire is None:
            return
        if isinstance(message, ClientHeartbeat) and self._arriving.stuck():
            self._end(Ending(problem="nothing that is sent there arrives", code="silent"))
            return
        self._wire.send(message)

    def subscribe(self, wanted: Filter, held: Position | None) -> None:
        """Subscribe (anew)."""
        if not self._over and self._wire is not None:
            self._wire.subscribe(wanted, held)

    def give_up(self, why: str) -> None:
        """End it at once."""
        self._end(replace(self._said, problem=why))

    def leave(self) -> Deferred[None]:
        """Say goodbye and close; the side hears nothing more. Fires when it is closed."""
        self._stop_timer()
        done: Deferred[None] = Deferred()
        over, self._over = self._over, True
        if self._attempt is not None:
            self._attempt.cancel()
        if over or self._wire is None:
            done.callback(None)
            return done
        self._closing = done
        self._wire.send(Bye(reason=ByeReason.LEAVING))
        self._timer = self._reactor.callLater(CLOSE_S, self._wire.abort)
        self._wire.close()
        return done

    # What the wire says.

    def made(self, wire: ClientConnection) -> None:
        """The connection is there."""
        self._wire = wire
        if self._over:
            wire.abort()
            return
        self._wait(self._limits[1], "it did not say welcome")
        if self._credentials.enrols:
            wire.send(self._credentials.enrolment())
        else:
            self._greet(wire)

    def heard(self, wire: ClientConnection, event: ClientEvent) -> None:
        """The hub said something."""
        if self._over:
            return
        match event:
            case Welcome():
                self._stop_timer()
                self.welcome = event
                self.since = self._reactor.seconds()
                self._side.welcomed(self, event)
                return
            case Enrolled():
                self._on_enrolled(wire, event)
                return
            case Error():
                self._said = Ending(problem=event.text, code=event.code, hint=event.hint)
            case Bye():
                hubs = tuple(HostPort(host=hub.host, port=hub.port) for hub in event.hubs)
                self._said = Ending(problem=event.text or event.reason, code=event.reason.value, hubs=hubs)
            case Breach():
                self._said = Ending(problem=f"it broke the protocol: {event.error}", code=event.error.code)
            case _:
                pass
        if self._said.code:
            self._wait(CLOSE_S, self._said.problem)
        if self.welcome is not None:
            self._side.heard(self, event)

    def gone(self, wire: ClientConnection, reason: str, *, insecure: bool = False) -> None:  # noqa: ARG002  a listener's
        """The connection has ended."""
        self._stop_timer()
        if self._closing is not None:
            closing, self._closing = self._closing, None
            closing.callback(None)
        said = self._said
        self._end(said if said.code else Ending(problem=reason, code="insecure" if insecure else ""))

    def _greet(self, wire: ClientConnection) -> None:
        self.greeted = True
        wire.send(self._hello())

    def _on_enrolled(self, wire: ClientConnection, given: Enrolled) -> None:
        try:
            go_on = self._credentials.enrolled(given)
        except StationError as error:
            self._end(Ending(problem=error.message, code=error.code, hint=error.hint))
            return
        if go_on:
            self._greet(wire)
        else:
            self._end(Ending(problem="enrolled", code=ENROLLED))

    def _connected(self, attempt: Deferred[object]) -> None:
        if self._attempt is attempt:
            self._attempt = None

    def _failed(self, failure: Failure) -> None:
        self._attempt = None
        error = failure.value
        if isinstance(error, StationError):
            self._end(Ending(problem=error.message, code="insecure", hint=error.hint))
        else:
            self._end(Ending(problem=failure.getErrorMessage() or "it does not answer"))

    def _end(self, ending: Ending) -> None:
        self._stop_timer()
        if self._over:
            return
        self._over = True
        if self._attempt is not None:
            self._attempt.cancel()
        if self._wire is not None:
            self._wire.abort()
        self._side.ended(self, ending)

    def _wait(self, seconds: float, why: str) -> None:
        self._stop_timer()
        self._timer = self._reactor.callLater(seconds, self.give_up, why)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


class _Wire(ClientConnection):
    """The protocol's connection, which also tells whether it was TLS that came to nothing."""

    def __init__(self, side: HubConnection) -> None:
        super().__init__(side)
        self._side = side

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Tell the hub's connection."""
        self._side.gone(self, reason.getErrorMessage(), insecure=isinstance(reason.value, TlsRefused))
