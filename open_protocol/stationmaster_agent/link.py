"""The way to a hub: holds one session with one of several hubs, and finds another when it is lost.

What the hub says comes out as events of the protocol's session; what becomes of the connection is `lost`. Whoever
uses the link never sees a socket. `hub_list` says which hub is to be tried when.

With a less preferred hub it looks, after a minimum stay and then every quarter of a minute, whether a better one is
back: by a second connection, while the first goes on. Only when the better hub has said welcome is the first left, so a
return costs no moment without a hub, and a hub that is back by half costs nothing.
"""

from __future__ import annotations

from typing import Protocol as Interface

from twisted.internet.defer import Deferred, DeferredList

from stationmaster_agent.connecting import Connect
from stationmaster_agent.credentials import Credentials
from stationmaster_agent.hub_connection import ENROLLED, Ending, HubConnection
from stationmaster_agent.hub_list import HubList
from stationmaster_agent.settings import AgentSettings, HostPort
from stationmaster_agent.time_sync import TimeSync
from stationmaster_base.clock import StationClock
from stationmaster_base.logging import get_logger
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    ClientMessage,
    Hello,
    HubHeartbeat,
    Position,
    TimeAnswer,
    Welcome,
)
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["HubLink", "LinkSide"]

_LOG = get_logger("link")

ROUND_S = 1.0
LEAST_CONNECT_S = 0.25
PATIENT_S = 1.75
PATIENT_EVERY = 5
"""Machine seconds for the connections of one round to be made: few, so that a network that is whole again is noticed
within a second, though a packet that is lost says nothing; at least so many for each hub; and in every fifth round more
for each in turn, for networks on which that is not enough. Linux asks again after one second and then after three, so
that a longer wait would not be one for the network alone."""

WELCOME_S = 3.0
LONGEST_WELCOME_S = 12.0
"""Machine seconds for a hub to say welcome; twice as long after each time that it did not, as it has much to do."""

PROBE_S = 15.0
"""Machine seconds between two looks for a better hub."""


class LinkSide(Interface):
    """Who uses the link."""

    def hello(self) -> Hello:
        """What to say first on a new connection."""

    def heard(self, event: ClientEvent) -> None:
        """The hub said something; first of all that we are welcome."""

    def lost(self, ending: Ending) -> None:
        """A session that had been welcomed is over."""


class HubLink:
    """Args:
    settings: the hubs, in order of preference, and how long to stay with each.
    reactor: machine time.
    connect: makes a connection.
    credentials: what to show to hubs.
    side: who uses it.
    spread: a text that differs from subsystem to subsystem, for the waits.
    clock: station time here, which is kept with the hub's.

    `attempts` are the tries since a hub was last proved.
    """

    def __init__(
        self,
        settings: AgentSettings,
        *,
        reactor: MachineTime,
        connect: Connect,
        credentials: Credentials,
        side: LinkSide,
        spread: str,
        clock: StationClock,
    ) -> None:
        self._hubs = HubList(settings.hubs, spread=spread, stay_s=settings.stay_s)
        self._reactor = reactor
        self._connect = connect
        self._credentials = credentials
        self._side = side
        self._running = False
        self._current: HubConnection | None = None
        self._probe: HubConnection | None = None
        self._better: tuple[HostPort, ...] = ()
        self._timer: DelayedCall | None = None
        self._probing: DelayedCall | None = None
        self._unwelcome = 0
        self._proved = False
        self._complaints: set[str] = set()
        self.attempts = 0
        self.time = TimeSync(clock, reactor, self.send)

    @property
    def hub(self) -> HostPort | None:
        """The hub that has welcomed us; None without one."""
        return None if self.welcome is None or self._current is None else self._current.hub

    @property
    def welcome(self) -> Welcome | None:
        """What the present hub said when it welcomed us."""
        return None if self._current is None else self._current.welcome

    def start(self) -> None:
        """Begin to look for a hub."""
        self._running = True
        self._try()

    def stop(self) -> Deferred[None]:
        """Say goodbye and look for no hub any longer; fires when all connections are closed."""
        self._running = False
        self._stop_timers()
        there = [connection.leave() for connection in (self._current, self._probe) if connection is not None]
        self._current = self._probe = None
        self.time.lost()
        stopped: Deferred[None] = DeferredList(there).addCallback(lambda _: None)
        return stopped

    def send(self, message: ClientMessage) -> None:
        """Send a message; nothing happens without a hub that has welcomed us."""
        if self._current is not None and self.welcome is not None:
            self._current.send(message)

    def subscribe(self, wanted: Filter, held: Position | None) -> None:
        """Subscribe (anew); nothing happens without a hub that has welcomed us."""
        if self._current is not None and self.welcome is not None:
            self._current.subscribe(wanted, held)

    def proved(self) -> None:
        """The present hub is as it should be: the next loss is followed by a quick new try."""
        if self._current is None:
            return
        self._hubs.proved(self._current.hub)
        self.attempts = self._unwelcome = 0
        self._proved = True
        self._complaints.clear()
        if self._probing is None and self._probe is None:
            self._plan_probe()

    def give_up(self, why: str) -> None:
        """Take this connection for dead and look for a hub anew."""
        if self._current is not None:
            self._complain("hub-given-up", self._current.hub, why)
            self._current.give_up(why)

    # Finding a hub.

    def _try(self) -> None:
        self._timer = None
        now = self._reactor.seconds()
        hub = self._hubs.next(now)
        if hub is None:
            self._timer = self._reactor.callLater(self._hubs.wait(now), self._try)
            return
        self.attempts += 1
        self._current = self._begin(hub)
        self._current.start()

    def _begin(self, hub: HostPort) -> HubConnection:
        return HubConnection(
            hub,
            reactor=self._reactor,
            connect=self._connect,
            credentials=self._credentials,
            hello=self._side.hello,
            side=self,
            connect_s=self._connect_s(hub),
            welcome_s=min(LONGEST_WELCOME_S, WELCOME_S * 2 ** min(self._unwelcome, 10)),
        )

    def _connect_s(self, hub: HostPort) -> float:
        """How long a connection to this hub may take in the present round."""
        hubs = self._hubs.order()
        turn, place = divmod(self._hubs.rounds, PATIENT_EVERY)
        patient = place == PATIENT_EVERY - 1 and hubs[turn % len(hubs)] == hub
        share = ROUND_S / len(hubs)
        return max(LEAST_CONNECT_S, share + PATIENT_S - ROUND_S if patient else share)

    # What connections say.

    def welcomed(self, connection: HubConnection, welcome: Welcome) -> None:
        """A hub takes us: the one that we looked for, or a better one."""
        if connection is self._probe:
            self._move(connection)
        _LOG.info("hub-welcomed", hub=str(connection.hub), epoch=welcome.epoch, version=welcome.version)
        self._proved = False
        self.time.welcomed(welcome)
        self._side.heard(welcome)

    def heard(self, connection: HubConnection, event: ClientEvent) -> None:
        """The hub said something."""
        if connection is not self._current:
            return
        match event:
            case TimeAnswer():
                self.time.answered(event)
            case HubHeartbeat():
                self.time.beaten(event)
            case _:
                pass
        self._side.heard(event)

    def ended(self, connection: HubConnection, ending: Ending) -> None:
        """A connection is over."""
        if connection is self._probe:
            self._probe_ended(connection, ending)
        elif connection is self._current:
            self._current_ended(connection, ending)

    def _current_ended(self, connection: HubConnection, ending: Ending) -> None:
        self._current = None
        self._stop_probing()
        self.time.lost()
        now = self._reactor.seconds()
        if self._proved and not ending.hubs:
            self._hubs.ended(connection.hub, now - connection.since)
        self._proved = False
        self._judge(connection, ending, now)
        if connection.welcome is not None:
            _LOG.info("hub-lost", hub=str(connection.hub), reason=ending.problem, code=ending.code)
            self._side.lost(ending)
        if not self._running:
            return
        if self._probe is not None:
            self._current, self._probe = self._probe, None  # it is already on its way to a better one
        elif connection.welcome is not None:
            self._timer = self._reactor.callLater(self._hubs.wait(now, was_welcome=True), self._try)
        else:
            self._timer = self._reactor.callLater(0, self._try)

    def _judge(self, connection: HubConnection, ending: Ending, now: float) -> None:
        """What the list of hubs learns from an ending, and people from the log."""
        hub = connection.hub
        if ending.hubs:
            _LOG.info("redirected", hub=str(hub), to=[str(one) for one in ending.hubs], problem=ending.problem)
            self._hubs.redirected(hub, ending.hubs, now)
        elif ending.code == ENROLLED:
            self._hubs.again(hub)
        elif ending.code:
            if ending.code == "not-enrolled" and self._credentials.refused():
                self._hubs.again(hub)
            else:
                self._hubs.refused(hub, ending.code, now)
            if ending.code != "stopping":
                self._complain("hub-refused", hub, ending.problem, code=ending.code, hint=ending.hint)
        elif connection.welcome is None:
            self._unwelcome += connection.greeted
            self._complain("hub-unreachable", hub, ending.problem)

    # Returning to a better hub.

    def _plan_probe(self) -> None:
        if self._current is None or self._current.welcome is None:
            return
        stayed = self._reactor.seconds() - self._current.since
        wait = max(self._hubs.spread(PROBE_S), self._hubs.stay_s - stayed)
        self._probing = self._reactor.callLater(wait, self._look)

    def _look(self) -> None:
        self._probing = None
        if self._current is None or not self._proved:
            return
        self._better = self._hubs.better(self._current.hub, self._reactor.seconds())
        self._look_at_next()

    def _look_at_next(self) -> None:
        if not self._better:
            self._plan_probe()
            return
        hub, self._better = self._better[0], self._better[1:]
        self._probe = self._begin(hub)
        self._probe.start()

    def _probe_ended(self, connection: HubConnection, ending: Ending) -> None:
        self._probe = None
        if ending.code and ending.code != ENROLLED:
            self._hubs.refused(connection.hub, ending.code, self._reactor.seconds())
        self._look_at_next()

    def _move(self, connection: HubConnection) -> None:
        """The better hub has welcomed us: the session goes on there."""
        before, self._current, self._probe = self._current, connection, None
        self._stop_probing()
        if before is not None:
            _LOG.info("hub-preferred", before=str(before.hub), after=str(connection.hub))
            self._hubs.ended(before.hub, self._reactor.seconds() - before.since)
            self.time.lost()
            before.leave()
            self._side.lost(Ending(problem="a better hub is back"))

    def _stop_timers(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        self._stop_probing()

    def _stop_probing(self) -> None:
        if self._probing is not None and self._probing.active():
            self._probing.cancel()
        self._probing = None

    def _complain(self, what: str, hub: HostPort, problem: str, **more: str) -> None:
        """Say the same thing once, however often it is tried."""
        complaint = f"{what} {hub} {problem}"
        if complaint not in self._complaints:
            self._complaints.add(complaint)
            _LOG.warning(what, hub=str(hub), problem=problem, todo="look at the hub and the network; trying on", **more)
