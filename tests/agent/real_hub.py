"""A hub of the real kernel and the real protocol server, with its journal in memory; it can be killed and restarted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from agent.making import at
from agent.station import kernel_state
from stationmaster_agent.acts import act_input
from stationmaster_agent.settings import HostPort
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Input, Presence, TaskResult
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.commands import ActRefusal, LocalAct
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.server import ProtocolServer
from support.fake_hub import FakeHub
from support.wires import Wire, joined


class RealHub:
    """What `World` needs of a hub."""

    def __init__(self, *departures: float) -> None:
        self.up = True
        self.heard: list[object] = []
        self.side = _Side(kernel_state(*departures), self.publish)
        self.wires: tuple[Wire, Wire] | None = None
        self.server: ProtocolServer | None = None
        self.clock = Clock()

    def run(self, reactor: Clock) -> None:
        """A new process of the hub, on the same journal."""
        self.up = True
        self.clock = reactor
        self.server = ProtocolServer(hub=self.side, settings=ProtocolSettings(), reactor=reactor)
        self.server.doStart()

    def do(self, given: Input) -> None:
        """Put an input into the kernel, commit and publish."""
        self.side.do(given)

    def publish(self) -> None:
        """Everything committed since the last time."""
        if self.server is not None and self.up:
            self.server.publish(self.side.entries[-1:])

    def connect(self, hub: HostPort, make: Callable[[], Protocol]) -> Deferred[object]:
        if not self.up:
            return fail(ConnectError())
        client = make()
        self.wires = joined(self.server.buildProtocol(None), client)
        return succeed(client)

    def pump(self) -> bool:
        moved = False
        while self.wires is not None and (self.wires[0].carry() | self.wires[1].carry()):
            moved = True
        if self.wires is not None and not self.wires[0].connected:
            self.wires = None
        return moved

    def cut(self) -> None:
        """The connection breaks for both."""
        if self.wires is not None:
            wires, self.wires = self.wires, None
            wires[0].abortConnection()

    def client_died(self) -> None:
        """The client's process is gone: only the hub's end learns of it."""
        if self.wires is not None:
            (there, here), self.wires = self.wires, None
            here.connected = False
            there.abortConnection()

    def die(self) -> None:
        """The hub's process is killed: only the client's end learns of it."""
        self.up = False
        if self.server is not None:
            self.server.doStop()
            self.server = None
        if self.wires is not None:
            (there, here), self.wires = self.wires, None
            there.connected = False
            here.abortConnection()

    def digest(self, wanted: Filter) -> str:
        return digest_of(item for item in self.side.resources() if wanted.admits(item))


class _Side(FakeHub):
    """The hub behind the server: the kernel, a list for a journal, and a memory for ids of inputs."""

    def __init__(self, state: State, publish: Callable[[], None]) -> None:
        super().__init__()
        self.tokens = {"broadcast": "secret"}
        self.state = state
        self.publish = publish
        self.seen: set[str] = set()
        self.refused: list[str] = []
        self.fresh_at: Instant | None = at(0)
        self.grade = FeedGrade.FRESH
        self.commit(list(state.resources()))

    def do(self, given: Input) -> None:
        if given.id in self.seen:
            return
        self.seen.add(given.id)
        try:
            self.state, changes = step(self.state, given)
        except Refused as refused:
            self.refused.append(refused.code)
            return
        self.commit(changes.puts, changes.deletes)
        self.publish()

    def presence(self, identity: str, kinds: frozenset[TaskKind], present: bool) -> None:
        super().presence(identity, kinds, present)
        for kind in sorted(kinds):
            name = f"presence/{len(self.present)}/{kind}"
            self.do(Presence(id=name, at=self.state.facts.now, kind=kind, present=present))

    def acts(self, identity: str, acts: Sequence[LocalAct]) -> Deferred[tuple[ActRefusal, ...]]:
        for act in acts:
            self.do(act_input(act))
        return super().acts(identity, acts)

    def results(self, identity: str, results: Sequence[TaskResult]) -> Deferred[None]:
        for given in results:
            self.do(given)
        return super().results(identity, results)
