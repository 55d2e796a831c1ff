"""One agent in a world of its own: machine time, station time, a disk, and a hub behind an in-memory network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from agent.making import Recorder, at
from stationmaster_agent.agent import Agent
from stationmaster_agent.settings import AgentSettings, HostPort
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.commands import CommandResult, LocalAct
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    Bye,
    ClientHeartbeat,
    Deletion,
    Enrol,
    Enrolled,
    Error,
    Hello,
    HubHeartbeat,
    Position,
    Received,
    Report,
    Snapshot,
    Subscribe,
    Subscribed,
    Update,
    Welcome,
)
from stationmaster_protocol.scalars import stamp_of
from stationmaster_protocol.server_session import ServerSession
from stationmaster_service.timer import StationTimer


class SteppedClock:
    """Station time that moves only when a test says so."""

    shadow = True
    rate = 0.0

    def __init__(self) -> None:
        self.time: float = at(0)

    def now(self) -> float:
        return self.time

    def wait_for(self, instant: float) -> float:
        return 0.0 if instant <= self.time else float("inf")

    def reread(self) -> None:
        """A test sets the time itself."""


class Wire:
    """The client's end of a connection; bytes wait until the network is pumped."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        self.outgoing: list[bytes] = []
        self.open = True
        self.closing = False

    def write(self, data: bytes) -> None:
        assert self.open, "written to a closed connection"
        self.outgoing.append(data)

    def loseConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.closing = True

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.outgoing.clear()
        self.closing = True

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802 - Twisted's name
        pass


@dataclass
class Hub:
    """A hub of the protocol's messages alone: it holds resources and answers as its session demands."""

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    sequence: int = 1
    epoch: str = "e1"
    heartbeat_s: float = 5.0
    grade: FeedGrade = FeedGrade.FRESH
    fresh_at: Instant | None = None
    up: bool = True
    deaf: bool = False
    receives: bool = True
    results: list[TaskResult] = field(default_factory=list)
    heard: list[object] = field(default_factory=list)
    tried: list[HostPort] = field(default_factory=list)
    log: dict[int, tuple[list[Resource], list[tuple[str, str]]]] = field(default_factory=dict)
    session: ServerSession | None = None
    client: Protocol | None = None
    wire: Wire | None = None
    wanted: Filter | None = None
    number: int = 0
    slow: bool = False
    coming: list[Snapshot] = field(default_factory=list)
    acts: list[LocalAct] = field(default_factory=list)
    forbids_acts: bool = False
    welcomes: bool = True
    code: str = ""
    given: Enrolled | None = None

    # What a test does.

    def put(self, *resources: Resource, deletes: tuple[tuple[str, str], ...] = ()) -> None:
        """A commit."""
        self.sequence += 1
        for key in deletes:
            del self.resources[key]
        for resource in resources:
            self.resources[resource.kind, resource.id] = resource
        self.log[self.sequence] = (list(resources), list(deletes))
        if self.subscribed:
            self.update(self.sequence)

    def position(self) -> Position:
        return Position(epoch=self.epoch, sequence=self.sequence, hash=f"{self.sequence:08x}")

    def beat(self, **changed: object) -> None:
        """A heartbeat."""
        body = {
            "position": self.position(),
            "last": self.sequence,
            "digest": digest_of(self.admitted()),
            "station_time": stamp_of(0),
            "grade": self.grade,
            "fresh_at": self.fresh_at,
        }
        self.say(HubHeartbeat(**(body | changed)))

    def admitted(self) -> list[Resource]:
        assert self.wanted is not None
        return [item for item in self.resources.values() if self.wanted.admits(item)]

    def cut(self) -> None:
        """The connection breaks."""
        client, wire = self.client, self.wire
        self.session = self.client = self.wire = self.wanted = None
        if client is not None and wire is not None and wire.open:
            wire.open = False
            client.connectionLost(Failure(ConnectionDone()))

    def client_died(self) -> None:
        """The client's process is gone without a word."""
        if self.wire is not None:
            self.wire.open = False
        self.session = self.client = self.wire = self.wanted = None

    def die(self) -> None:
        """The hub's process is killed."""
        self.up = False
        self.cut()

    def acks(self) -> list[tuple[int, str]]:
        return [(item.sequence, item.outcome.value) for item in self.heard if isinstance(item, Ack)]

    def states(self) -> list[tuple[str, str, str]]:
        """Results as they came, without repeats of the same id: what a hub makes of them."""
        seen = {result.id: result for result in self.results}
        return [(item.task, item.result.target, item.result.state.value) for item in seen.values()]

    @property
    def subscribed(self) -> bool:
        return self.wanted is not None

    # The network.

    def connect(self, hub: HostPort, make: Callable[[], Protocol]) -> Deferred[object]:
        self.tried.append(hub)
        if not self.up:
            return fail(ConnectError())
        assert self.client is None, "a second connection"
        self.client = make()
        self.session = ServerSession()
        self.wire = Wire(self.take)
        self.client.makeConnection(self.wire)
        return succeed(self.client)

    def pump(self) -> bool:
        """Carry what the client has written; False if there was nothing."""
        wire = self.wire
        if wire is None:
            return False
        data, wire.outgoing = b"".join(wire.outgoing), []
        if data:
            self.take(data)
        elif wire.closing:
            self.cut()
        return bool(data) or wire.closing

    def say(self, message) -> None:
        if self.session is not None and self.client is not None and not self.deaf:
            self.client.dataReceived(self.session.send(message))

    def take(self, data: bytes) -> None:
        if self.deaf:
            return
        for event in self.session.receive_data(data):
            self.heard.append(event)
            match event:
                case Hello() if not self.welcomes:
                    pass
                case Hello():
                    self.say(
                        Welcome(
                            epoch=self.epoch,
                            heartbeat=round(self.heartbeat_s * 1000),
                            largest=100_000,
                            station_time=stamp_of(0),
                        )
                    )
                case Subscribe():
                    self.on_subscribe(event)
                case Report():
                    self.results.extend(event.results)
                    self.acts.extend(event.acts)
                    if event.acts and self.forbids_acts:
                        self.say(Error(code="forbidden", text="No acts of yours."))
                    elif self.receives:
                        self.say(Received(number=event.number))
                case Enrol():
                    self.on_enrol(event)
                case CommandResult() | Ack() | ClientHeartbeat() | Bye() | Error():
                    pass

    def on_enrol(self, event: Enrol) -> None:
        if event.code == self.code and self.given is not None:
            self.code = ""
            self.say(self.given)
        else:
            self.say(Error(code="not-enrolled", text="This code is not known."))

    def reports(self) -> list[Report]:
        return [item for item in self.heard if isinstance(item, Report)]

    def on_subscribe(self, event: Subscribe) -> None:
        self.wanted = event.filter
        held = event.held
        resumed = held is not None and held.epoch == self.epoch and held.sequence <= self.sequence
        self.say(Subscribed(number=event.number, resumed=resumed))
        if resumed:
            for sequence in range(held.sequence + 1, self.sequence + 1):
                self.update(sequence)
        else:
            self.snapshot()
        if not self.slow:
            self.beat()

    def snapshot(self) -> None:
        resources = self.admitted()
        size = 1 if self.slow else min(500, -(-len(resources) // 2))
        pieces = [resources[start : start + size] for start in range(0, len(resources), size or 1)] or [[]]
        self.coming = [
            Snapshot(
                position=self.position(),
                part=part,
                last=part == len(pieces),
                digest=digest_of(resources),
                resources=tuple(some),
            )
            for part, some in enumerate(pieces, 1)
        ]
        while self.coming and not self.slow:
            self.say(self.coming.pop(0))

    def update(self, sequence: int) -> None:
        puts, deletes = self.log.get(sequence, ([], []))
        self.say(
            Update(
                since=sequence - 1,
                to=sequence,
                hash=f"{sequence:08x}",
                puts=tuple(item for item in puts if self.wanted.admits(item)),
                deletes=tuple(Deletion(kind=kind, id=name) for kind, name in deletes),
            )
        )


class Network:
    """Several hubs, by host."""

    def __init__(self, *hosts: str) -> None:
        self.hubs = {host: Hub() for host in hosts}
        self.tried: list[HostPort] = []

    def __getitem__(self, host: str) -> Hub:
        return self.hubs[host]

    def connect(self, hub: HostPort, make: Callable[[], Protocol]) -> Deferred[object]:
        self.tried.append(hub)
        return self.hubs[hub.host].connect(hub, make)

    def client_died(self) -> None:
        for hub in self.hubs.values():
            hub.client_died()

    def pump(self) -> bool:
        moved = [hub.pump() for hub in self.hubs.values()]
        return any(moved)

    def beat(self) -> None:
        for hub in self.hubs.values():
            if hub.subscribed:
                hub.beat()

    @property
    def heard(self) -> list[object]:
        return [item for hub in self.hubs.values() for item in hub.heard]

    @property
    def subscribed(self) -> bool:
        return any(hub.subscribed for hub in self.hubs.values())

    @property
    def heartbeat_s(self) -> float:
        return 5.0

    @property
    def connected(self) -> list[str]:
        """The hosts that have a connection."""
        return [host for host, hub in self.hubs.items() if hub.client is not None]


class World:
    """An agent, its performer, its disk and its hub."""

    def __init__(
        self, folder: Path, *, kinds=(TaskKind.ANNOUNCEMENT,), hubs=("127.0.0.1",), hub=None, commands=None, **more
    ) -> None:
        self.reactor = Clock()
        self.clock = SteppedClock()
        self.timer = StationTimer(self.clock, self.reactor)
        self.hub = hub or Hub()
        self.settings = AgentSettings(
            **{
                "identity": "broadcast",
                "token": "secret",
                "hubs": tuple(HostPort(host=host) for host in hubs),
                "state_file": folder / "agent.db",
                "task_kinds": kinds,
                **more,
            }
        )
        self.commands = commands
        self.boots = 0
        self.changes: list[str] = []

    def start(self) -> World:
        """A new process."""
        self.boots += 1
        self.performer = Recorder()
        self.agent = Agent(
            self.settings,
            reactor=self.reactor,
            clock=self.clock,
            timer=self.timer,
            performer=self.performer,
            boot=f"boot{self.boots}",
            connect=self.hub.connect,
            commands=self.commands,
        )
        self.agent.on_change(lambda: self.changes.append(self.agent.view.state.value))
        self.agent.startService()
        self.settle()
        self.reactor.advance(0.05)  # after which a snapshot is written
        self.settle()
        return self

    def crash(self) -> None:
        """The process is killed: nothing more is written, nothing is said, its timers are gone."""
        self.agent._core.store._connection.close()
        self.hub.client_died()
        self.reactor = Clock()
        self.timer = StationTimer(self.clock, self.reactor)

    def stop(self) -> None:
        """The process ends in order."""
        done: list[object] = []
        self.agent.stopService().addBoth(done.append)
        self.settle()
        assert done == [None]

    def settle(self) -> None:
        """Carry all that is on its way, without any time passing."""
        while True:
            before = len(self.hub.heard)
            self.reactor.advance(0)
            if not self.hub.pump() and len(self.hub.heard) == before:
                self.reactor.advance(0)
                return

    def machine(self, seconds: float, *, beats: bool = False, step: float = 0.25) -> None:
        """Machine time passes, with the hub's heartbeats or without."""
        for _ in range(round(seconds / step)):
            self.reactor.advance(step)
            self.settle()
            if beats and self.hub.subscribed and self.reactor.seconds() % self.hub.heartbeat_s < step:
                self.hub.beat()
                self.settle()

    def station(self, minutes: float) -> list[tuple[str, str, str]]:
        """Station time is stepped; gives what the performer was asked for."""
        self.station_only(minutes)
        return self.performer.take()

    def station_only(self, minutes: float) -> None:
        """Station time is stepped."""
        self.clock.time = at(minutes)
        self.timer.poke()
        self.settle()

    def begin(self, name: str = "a", target: str = "hall") -> None:
        self.agent.begin(self.performer.works[name, target])
        self.settle()

    def finish(self, name: str = "a", target: str = "hall", state="done", detail: str = "") -> None:
        self.agent.finish(self.performer.works[name, target], TaskState(state), detail)
        self.settle()

    @property
    def state(self) -> str:
        return self.agent.view.state.value

    def quiet(self) -> bool:
        return self.agent.health().quiet
