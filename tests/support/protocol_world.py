"""A hub, its protocol server and any number of clients in one process, on one clock, over wires in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from typing import Protocol as Interface

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.configuration import Name
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.server import ProtocolServer
from support.fake_hub import FakeHub
from support.follower import Follower
from support.wires import Wire, joined


class Connecting(Interface):
    """A client that can be joined to the hub."""

    def connect(self) -> Protocol:
        """Its end of a new connection."""


class World:
    """Everything that a test needs."""

    def __init__(self, *, hub: FakeHub | None = None, **settings: Any) -> None:
        self.hub = hub or FakeHub()
        self.clock = Clock()
        self.settings = ProtocolSettings(**settings)
        self.server = ProtocolServer(hub=self.hub, settings=self.settings, reactor=self.clock)
        self.server.doStart()
        self.wires: list[tuple[Wire, Wire]] = []
        self._revision = 0

    def task(self, name: str, *targets: str, kind: TaskKind = TaskKind.DISPLAY, text: str = "") -> Resource:
        """A task in a new revision."""
        self._revision += 1
        value = Task(
            id=name,
            revision=self._revision,
            call="c",
            rule=text,
            occurrence=1,
            kind=kind,
            targets=targets,
            order=Instant(1772348400),
        )
        return Resource(kind="task", id=name, revision=self._revision, value=value)

    def name(self, name: str, text: str = "x") -> Resource:
        """A station's name in a new revision."""
        self._revision += 1
        value = Name(id=name, revision=self._revision, names=(("zh", text),))
        return Resource(kind="name", id=name, revision=self._revision, value=value)

    def commit(self, *puts: Resource, deletes: tuple[tuple[str, str], ...] = (), publish: bool = True) -> None:
        """Commit one entry and publish it."""
        entry = self.hub.commit(puts, deletes)
        if publish:
            self.server.publish([entry])

    def join(self, follower: Connecting, *, run: bool = True) -> tuple[Wire, Wire]:
        """Connect a client; the wires of the hub and of the client."""
        wires = joined(self.server.buildProtocol(None), follower.connect())
        self.wires.append(wires)
        if run:
            self.run()
        return wires

    def run(self) -> None:
        """Let everything through that can get through."""
        self.clock.advance(0)
        moving = True
        while moving:
            self.wires = [pair for pair in self.wires if pair[0].connected]
            moved = [wire.carry() for pair in self.wires for wire in pair]
            moving = any(moved)

    def beat(self, *followers: Follower) -> None:
        """A heartbeat's time goes by, in which these clients send theirs."""
        self.run()
        for follower in followers:
            if follower.connection is not None and not follower.connection.session.closed:
                follower.beat()
        self.run()
        self.clock.advance(self.settings.heartbeat_s)
        self.run()

    def expected(self, follower: Follower) -> dict[tuple[str, str], Resource]:
        """What a client ought to hold."""
        return {key: resource for key, resource in self.hub.world.items() if follower.wanted.admits(resource)}

    def whole(self, *followers: Follower) -> bool:
        """Whether these clients hold exactly what they ought to, and the server knows it."""
        return self.server.settled() and all(each.replica == self.expected(each) for each in followers)


def small(**more: Any) -> ProtocolSettings:
    """Settings with small limits."""
    return replace(ProtocolSettings(part_bytes=600, queue_bytes=2000), **more)
