"""The way to a hub: tries the hubs of the list in order of preference, again and again, and carries one session.

What the hub says comes out as events of the protocol's session; what becomes of the connection is `lost`. Whoever
uses the link never sees a socket. Back-off grows from a quarter of a second to a few seconds and is spread by identity,
so that a thousand subsystems do not all come back in the same instant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Protocol as Interface
from zlib import crc32

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from stationmaster_agent.settings import HostPort
from stationmaster_agent.time_sync import TimeSync
from stationmaster_base.clock import StationClock
from stationmaster_base.logging import get_logger
from stationmaster_protocol.client import ClientConnection
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Bye,
    ByeReason,
    ClientMessage,
    Error,
    Hello,
    HubHeartbeat,
    Position,
    TimeAnswer,
    Welcome,
)
from stationmaster_protocol.session import Breach
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Connect", "HubLink", "connector"]

_LOG = get_logger("link")

Connect = Callable[[HostPort, Callable[[], Protocol]], "Deferred[object]"]
"""Begins a connection for the protocol that it makes; fails if there is none to be had. Cancelling gives it up."""

CONNECT_S = 3.0
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 4.0
CLOSE_S = 1.0
"""Machine seconds: to connect, to wait before trying again (at first, at most), and for a connection to close."""


class LinkSide(Interface):
    """Who uses the link."""

    def hello(self) -> Hello:
        """What to say first on a new connection."""

    def heard(self, event: ClientEvent) -> None:
        """The hub said something."""

    def lost(self) -> None:
        """A session that had been welcomed is over."""


def connector(reactor: object) -> Connect:
    """Connects over TCP."""

    def connect(hub: HostPort, make: Callable[[], Protocol]) -> Deferred[object]:
        endpoint: Any = HostnameEndpoint(reactor, hub.host, hub.port, timeout=CONNECT_S)
        factory = Factory.forProtocol(make)
        factory.noisy = False
        connecting: Deferred[object] = endpoint.connect(factory)
        return connecting

    return connect


class HubLink:
    """One connection at a time to one of several hubs.

    Args:
        hubs: in order of preference; every round begins with the first.
        reactor: machine time.
        connect: makes a connection.
        side: who uses it.
        spread: a text that differs from subsystem to subsystem, for the back-off.
        welcome_s: how long a hub may take to say welcome.
        clock: station time here, which is kept with the hub's.

    """

    def __init__(
        self,
        *,
        hubs: tuple[HostPort, ...],
        reactor: MachineTime,
        connect: Connect,
        side: LinkSide,
        spread: str,
        welcome_s: float,
        clock: StationClock,
    ) -> None:
        self._hubs = hubs
        self._reactor = reactor
        self._connect = connect
        self._side = side
        self._spread = spread
        self._welcome_s = welcome_s
        self._next = 0
        self._rounds = 0
        self._running = False
        self._attempt: Deferred[object] | None = None
        self._timer: DelayedCall | None = None
        self._connection: ClientConnection | None = None
        self._welcomed = False
        self._complaints: set[str] = set()
        self._stopped: Deferred[None] | None = None
        self.time = TimeSync(clock, reactor, self.send)

    @property
    def hub(self) -> HostPort | None:
        """The hub that has welcomed us; None without one."""
        return self._hubs[self._next] if self._welcomed else None

    def start(self) -> None:
        """Begin to look for a hub."""
        self._running = True
        self._try()

    def stop(self) -> Deferred[None]:
        """Say goodbye and look for no hub any longer; fires when the connection is closed."""
        self._running = False
        self._cancel_timer()
        self._stopped = Deferred()
        stopped = self._stopped
        if self._attempt is not None:
            self._attempt.cancel()
        if self._connection is None:
            self._closed()
        else:
            self._write(Bye(reason=ByeReason.LEAVING))
            self._timer = self._reactor.callLater(CLOSE_S, self._abort)
            self._connection.close()
        return stopped

    def send(self, message: ClientMessage) -> None:
        """Send a message; nothing happens without a hub that has welcomed us."""
        if self._welcomed:
            self._write(message)

    def subscribe(self, wanted: Filter, held: Position | None) -> None:
        """Subscribe (anew); nothing happens without a hub that has welcomed us."""
        if self._welcomed and self._connection is not None and not self._connection.session.closed:
            self._connection.subscribe(wanted, held)

    def proved(self) -> None:
        """The present hub is as it should be: the next loss is followed by a quick new try."""
        self._rounds = 0
        self._complaints.clear()

    def give_up(self, why: str) -> None:
        """Take this connection for dead and look for a hub anew."""
        if self._connection is not None:
            self._complain("hub-given-up", why)
            self._abort()

    def _try(self) -> None:
        self._timer = None
        self._attempt = self._connect(self._hubs[self._next], lambda: ClientConnection(self))
        self._attempt.addCallbacks(self._connected, self._failed)

    def _connected(self, _protocol: object) -> None:
        self._attempt = None

    def _failed(self, failure: Failure) -> None:
        self._attempt = None
        self._connection = None
        if not self._running:
            self._closed()
            return
        self._complain("hub-unreachable", failure.getErrorMessage())
        self._next_hub()

    def _next_hub(self) -> None:
        """The next hub of the list at once; after the last one the first, after a while."""
        self._next = (self._next + 1) % len(self._hubs)
        if self._next:
            self._timer = self._reactor.callLater(0, self._try)
        else:
            self._wait()

    def _wait(self) -> None:
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._rounds, 10))
        self._rounds += 1
        spread = crc32(f"{self._spread}/{self._rounds}".encode()) / 2**32
        self._timer = self._reactor.callLater(wait * (0.75 + 0.25 * spread), self._try)

    # What a connection says.

    def made(self, connection: ClientConnection) -> None:
        """A connection is there."""
        self._connection = connection
        if not self._running:
            self._abort()
            return
        self._timer = self._reactor.callLater(self._welcome_s, self.give_up, "it did not say welcome")
        self._write(self._side.hello())

    def heard(self, connection: ClientConnection, event: ClientEvent) -> None:
        """The hub said something."""
        if connection is not self._connection:
            return
        match event:
            case Welcome():
                self._cancel_timer()
                self._welcomed = True
                _LOG.info("hub-welcomed", hub=str(self._hubs[self._next]), epoch=event.epoch)
                self.time.welcomed(event)
            case TimeAnswer():
                self.time.answered(event)
            case HubHeartbeat():
                self.time.beaten(event)
            case Breach():
                self._complain("hub-broke-protocol", str(event.error), code=event.error.code)
            case Error():
                self._complain("hub-refused", event.text, code=event.code, hint=event.hint)
            case _:
                pass
        self._side.heard(event)

    def gone(self, connection: ClientConnection, reason: str) -> None:
        """A connection has ended."""
        if connection is not self._connection:
            return
        self._connection = None
        self._cancel_timer()
        welcomed, self._welcomed = self._welcomed, False
        self.time.lost()
        if welcomed:
            _LOG.info("hub-lost", hub=str(self._hubs[self._next]), reason=reason)
            self._side.lost()
        if not self._running:
            self._closed()
        elif welcomed:
            self._next = 0
            self._wait()
        else:
            self._next_hub()

    def _write(self, message: ClientMessage) -> None:
        if self._connection is not None and not self._connection.session.closed:
            self._connection.send(message)

    def _abort(self) -> None:
        self._cancel_timer()
        if self._connection is not None:
            connection = self._connection
            connection.abort()
            self.gone(connection, "given up")

    def _closed(self) -> None:
        self._cancel_timer()
        if self._stopped is not None:
            stopped, self._stopped = self._stopped, None
            stopped.callback(None)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _complain(self, what: str, problem: str, **more: str) -> None:
        """Say the same thing once, however often it is tried."""
        hub = str(self._hubs[self._next])
        complaint = f"{what} {hub} {problem}"
        if complaint not in self._complaints:
            self._complaints.add(complaint)
            _LOG.warning(what, hub=hub, problem=problem, todo="look at the hub and the network; trying on", **more)
