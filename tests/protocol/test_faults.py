"""Any sequence of commits, cuts, jams and changes of mind: in the end every replica is exactly what it ought to be."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stationmaster_kernel.changes import Resource
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.filters import Filter
from support.effort import scaled
from support.follower import Follower
from support.protocol_world import World
from support.wires import Wire

FILTERS = [
    Filter(),
    Filter(kinds=("name",)),
    Filter(kinds=("task",), task_kinds=(TaskKind.DISPLAY,)),
    Filter(kinds=("task", "name"), targets=("b1", "b2")),
]
CLIENTS = 3
clients = st.integers(0, CLIENTS - 1)


class Faults(RuleBasedStateMachine):
    """A hub and three clients on a bad network."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(part_bytes=500, queue_bytes=1500, largest_out=2500, heartbeat_s=5.0)
        self.followers = [Follower(number=number, wanted=FILTERS[number]) for number in range(CLIENTS)]
        self.wires: list[tuple[Wire, Wire] | None] = [None] * CLIENTS
        self.epochs = 1
        for client in range(CLIENTS):
            self.connect(client)
        self.run_all()

    @rule(
        changes=st.lists(
            st.tuples(
                st.sampled_from(["name", "task", "announcement", "delete"]),
                st.integers(0, 5),
                st.sampled_from(["b1", "b2", "b3"]),
                st.integers(0, 300),
            ),
            min_size=1,
            max_size=4,
        ),
        published=st.booleans(),
    )
    def commit(self, changes: list[tuple[str, int, str, int]], published: bool) -> None:
        """The hub commits and publishes; sometimes two entries at once."""
        puts: dict[tuple[str, str], Resource] = {}
        deletes: set[tuple[str, str]] = set()
        for what, number, target, size in changes:
            if what == "delete":
                key = ("name", f"n{number}")
                if key in self.world.hub.world and key not in puts:
                    deletes.add(key)
                continue
            if what == "name":
                resource = self.world.name(f"n{number}", "x" * size)
            else:
                kind = TaskKind.DISPLAY if what == "task" else TaskKind.ANNOUNCEMENT
                resource = self.world.task(f"t{number}", target, kind=kind, text="x" * size)
            deletes.discard((resource.kind, resource.id))
            puts[resource.kind, resource.id] = resource
        entries = [self.world.hub.commit(tuple(puts.values()), tuple(deletes))]
        if not published:
            entries.append(self.world.hub.commit([self.world.name("n0")]))
        self.world.server.publish(entries)

    @rule(client=clients)
    def connect(self, client: int) -> None:
        """A client connects, the network having lost its former connection or not noticed that it is dead."""
        self.wires[client] = self.world.join(self.followers[client], run=False)

    @rule(client=clients)
    def cut(self, client: int) -> None:
        """A connection breaks, and what was on its way is lost."""
        wires = self.wires[client]
        if wires is not None:
            for wire in wires:
                wire.buffer.clear()
            if wires[0].connected:
                wires[0].end(ConnectionError("cut"))
            self.wires[client] = None

    @rule(client=clients, missed=st.integers(0, 3))
    def bounce(self, client: int, missed: int) -> None:
        """A client is whole, loses its connection, misses something and comes back."""
        self.run_all()
        self.cut(client)
        for number in range(missed):
            self.commit([("name", number, "b1", 10), ("task", number, "b2", 10)], published=True)
        self.connect(client)
        self.run_all()

    @rule(client=clients, end=st.integers(0, 1), size=st.integers(1, 4000))
    def carry(self, client: int, end: int, size: int) -> None:
        """Some bytes get through."""
        wires = self.wires[client]
        if wires is not None:
            wires[end].carry(size)

    @rule(client=clients)
    def change_mind(self, client: int) -> None:
        """A subscriber wants something else."""
        follower = self.followers[client]
        if follower.connection is not None and follower.connection.session.current:
            follower.want(FILTERS[(FILTERS.index(follower.wanted) + 1) % len(FILTERS)])

    @rule()
    def run_all(self) -> None:
        """The network is well for a moment."""
        self.world.run()

    @rule()
    def let_time_pass(self) -> None:
        """A heartbeat's time goes by for the hub; clients may be heard too late."""
        self.world.clock.advance(5.0)

    @rule(slow=st.booleans())
    def journal(self, slow: bool) -> None:
        """The journal answers at once, or late."""
        self.world.hub.slow = slow
        if not slow:
            self.world.hub.answer()

    @rule(kept=st.integers(0, 3))
    def forget(self, kept: int) -> None:
        """The hub keeps only the latest entries."""
        self.world.hub.first_kept = max(1, len(self.world.hub.entries) - kept)

    @precondition(lambda self: self.epochs < 3)
    @rule(lost=st.integers(0, 3))
    def restore(self, lost: int) -> None:
        """A backup is restored: some entries are gone, and history begins anew."""
        self.epochs += 1
        self.world.hub.first_kept = 1
        self.world.hub.begin_epoch(f"e{self.epochs}", max(0, len(self.world.hub.entries) - lost))
        self.world.server.new_epoch()

    @invariant()
    def queues_are_bounded(self) -> None:
        """However bad the network is, little waits for anybody."""
        for info in self.world.server.subscribers:
            assert info.queued <= max(1500, 2500 + 4)

    def teardown(self) -> None:
        """The network heals: everybody becomes whole, and the server knows it."""
        self.world.hub.slow = False
        self.world.hub.answer()
        for client, follower in enumerate(self.followers):
            if self.wires[client] is None or follower.connection is None:
                self.cut(client)
                self.connect(client)
        for _ in range(5):
            self.world.beat(*self.followers)
            for client, follower in enumerate(self.followers):
                if follower.connection is None:
                    self.connect(client)
        self.world.run()
        assert self.world.server.settled()
        for follower in self.followers:
            assert follower.replica == self.world.expected(follower)
            assert follower.whole_proofs > 0
        assert [info.whole for info in self.world.server.subscribers] == [True] * CLIENTS


Faults.TestCase.settings = settings(
    max_examples=scaled(60), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFaults = Faults.TestCase
