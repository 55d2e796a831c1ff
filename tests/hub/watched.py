"""A hub on the small station with the open protocol's server, its watches and its pages, and clients in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed

from hub.making import HandThread, MadeHub, begin, tick
from service.web import Browser
from stationmaster.hub.alarms.alarming import Alarming, Keeping
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.health import hub_health
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.hub.open_protocol.side import ProtocolSide, entry_of
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.settings import HubSettings, Operator, Subsystem
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster.hub.subsystems.watching import Watching
from stationmaster.hub.view import HubView
from stationmaster.station.wiring import Supply
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import ClientMessage
from stationmaster_protocol.server import ProtocolServer, ProtocolSettings
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.doors import MadeDoor
from support.follower import Follower
from support.small_station import at
from support.wires import Wire, joined

KINDS = ("guidance", "staff", "broadcast", "monitoring")
SUBSYSTEMS = tuple(
    Subsystem(identity=f"client-{number}", token=f"token-{number}", kind=kind) for number, kind in enumerate(KINDS)
)
"""Each client has the rights of its kind."""
LI = Operator(name="desk-1", token="l-secret")


class Client:
    """A subsystem that follows the hub, and says what a test has it say."""

    def __init__(self, hub: Watched, number: int, wanted: Filter, executes: tuple[TaskKind, ...]) -> None:
        self.follower = Follower(number=number, wanted=wanted, executes=executes)
        self._hub = hub
        self.there: Wire
        self.here: Wire
        hub.clients.append(self)
        self.connect()

    def connect(self) -> None:
        """Connect, or connect again."""
        self.there, self.here = joined(self._hub.server.buildProtocol(None), self.follower.connect())
        self._hub.wires += [self.there, self.here]
        self._hub.carry()

    def say(self, message: ClientMessage) -> None:
        assert self.follower.connection is not None
        self.follower.connection.send(message)
        self._hub.carry()

    def heard(self, kind: type[Any]) -> list[Any]:
        """What came of this kind since the last time."""
        found = [event for event in self.follower.heard_events if isinstance(event, kind)]
        kept: list[ClientEvent] = [event for event in self.follower.heard_events if not isinstance(event, kind)]
        self.follower.heard_events[:] = kept
        return found

    def beat(self) -> None:
        """Say what it holds, if it is connected."""
        if self.follower.connection is not None:
            self.follower.beat()

    def cut(self) -> None:
        """The connection is gone."""
        self.here.abortConnection()
        self._hub.carry()


class Watched:
    """The hub, at seven o'clock."""

    def __init__(self, hub: MadeHub, settings: WatchSettings | None = None) -> None:
        self.hub = hub
        self.start = float(at("07:00"))
        clock = MachineClock(lambda: self.start + hub.reactor.seconds())
        self.clock = clock
        self.timer = StationTimer(clock, hub.reactor)
        feed = FeedIntake(hub.pipeline, clock, "boot")
        executors = ExecutorBook(hub.pipeline, clock, "boot")
        self.alarms = AlarmBook(clock.now, hub.reactor.seconds)
        self.view = HubView(pipeline=hub.pipeline, feed=feed, subsystems=SUBSYSTEMS, clock=clock, alarms=self.alarms)
        self.watching = Watching(
            view=self.view,
            pipeline=hub.pipeline,
            alarms=self.alarms,
            settings=settings or WatchSettings(),
            timer=self.timer,
            seconds=hub.reactor.seconds,
        )
        self.side = ProtocolSide(
            pipeline=hub.pipeline,
            feed=feed,
            executors=executors,
            door=MadeDoor(hub.store, hub.thread, configured=SUBSYSTEMS).door,
            clock=clock,
            watching=self.watching,
        )
        self.server = ProtocolServer(
            hub=self.side,
            settings=ProtocolSettings(heartbeat_s=5.0, queue_bytes=200_000),
            reactor=hub.reactor,
        )
        hub.pipeline.on_commit(lambda committed: self.server.publish([entry_of(each.stored) for each in committed]))
        hub.open().put(*begin(), tick(60))
        feed.loaded()
        executors.loaded()
        self.server.doStart()
        self.face = Face(
            health=lambda: hub_health(self.view, self.timer), clock=clock, timer=self.timer, registry=hub.registry
        )
        hub.registry.register(self.watching.install(self.face, Askers((LI,))))
        self.wiring: tuple[Supply, ...] = ()
        self.told: list[dict[str, Any]] = []
        """What the stream's readers would be told of alarms."""
        kept_as = HubSettings(station=Path(), database=hub.url)
        self.alarming = Alarming(
            book=self.alarms,
            view=self.view,
            watching=self.watching,
            wiring=lambda: self.wiring,
            verdict=lambda: None,
            keeping=Keeping(hub.store, kept_as, hub.pipeline, hub.thread, HandThread()),
            reactor=hub.reactor,
        )
        self.logged: list[tuple[str, dict[str, str]]] = []
        """What went into the log: kind, and what else was said."""
        self.alarming.install(
            self.face, Askers((LI,)), cast("Any", self), lambda text: self.told.append(json.loads(text))
        )
        self.alarming.load()
        self.view.attach(self.server, None)
        self.watching.attach(self.server)
        self.alarming.start()
        self.wires: list[Wire] = []
        self.clients: list[Client] = []

    def record(self, kind: str, **said: str) -> Deferred[None]:
        """What alarms take for the log."""
        self.logged.append((kind, said))
        return succeed(None)

    def client(self, number: int, *executes: TaskKind, kinds: tuple[str, ...] = ("task",)) -> Client:
        return Client(self, number, Filter(kinds=kinds), executes)

    def carry(self) -> None:
        """Let everything through that is not held back."""
        while any(wire.carry() for wire in self.wires):
            pass

    def run(self, seconds: float) -> None:
        """So much time goes by; clients that are connected beat every five seconds."""
        for _ in range(round(seconds)):
            self.hub.reactor.advance(1)
            if self.hub.reactor.seconds() % 5 == 0:
                for client in self.clients:
                    client.beat()
            self.carry()

    def put(self, *inputs: Input) -> None:
        self.hub.put(*inputs)
        self.carry()

    def ids(self) -> list[str]:
        """What is wrong now."""
        return [alarm.id for alarm in self.alarms.alarms()]

    def get(self, path: str, code: int = 200) -> Any:
        answer = Browser(self.face.site()).ask("GET", path)
        assert answer[0] == code, answer
        return json.loads(answer[2])

    def metrics(self) -> str:
        return Browser(self.face.site()).ask("GET", "/metrics")[2].decode()

    def post(self, path: str, body: Any, code: int = 200, token: str = LI.token) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = f"Content-Length: {len(raw)}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
        browser = Browser(self.face.site())
        browser.send("POST", path, headers)
        browser.protocol.dataReceived(raw)
        answer = browser.take()
        assert answer[0] == code, answer
        return json.loads(answer[2])
