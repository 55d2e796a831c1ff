"""The kernel's machine through the pipeline: a real database that fails, a hub that dies, and nothing lost or twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy.engine import URL

from hub.dying_hub import COMMIT_POINTS, DyingHub
from hub.journalled import archive
from hub.making import contents, opened
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.replay import replay
from stationmaster_kernel.inputs import GradeFeed
from stationmaster_kernel.values import FeedGrade
from support.effort import scaled
from support.kernel_machine_deeds import ALL_DEEDS, draw_act, draw_undo
from support.kernel_machine_draws import draw_feed, draw_plan, draw_result
from support.kernel_machine_station import EVENINGS
from support.kernel_machine_world import MachineWorld
from support.postgresql import PostgreSQL

EVERYTHING = st.data()
FAULTS = st.sampled_from(
    (
        *[None] * 8,
        *((point, times) for point in COMMIT_POINTS for times in (0, 1, 3)),
        ("committed", 0),
        ("committed", 2),
        ("open", 2),
    )
)
"""Nothing, or where the database fails so many times; no times: the hub dies there."""


class HubMachine(RuleBasedStateMachine):
    """A night of the station in the hub, next to the same night in the kernel alone."""

    def __init__(self, make: Callable[[], URL]) -> None:
        super().__init__()
        self.url = make()
        self.world = MachineWorld(evening=EVENINGS[0], checks=False, news_only=True)
        self.hub = DyingHub(self.url)
        self.given = 0
        self.slow = False

    def put(self, fault: tuple[str, int] | None) -> None:
        """Put into the hub what has been put into the model, while something goes wrong."""
        if fault is not None:
            point, times = fault
            if times:
                self.hub.faults.down[point] = times
            else:
                self.hub.faults.death = point
        inputs, self.given = self.world.inputs[self.given :], len(self.world.inputs)
        self.hub.put(*inputs)
        if not self.slow:
            self.hub.work()

    @initialize()
    def begin(self) -> None:
        self.world.begin()
        self.put(None)

    @rule(minutes=st.integers(1, 12), fault=FAULTS)
    def wait(self, minutes: int, fault: tuple[str, int] | None) -> None:
        self.world.wait(minutes)
        self.put(fault)

    @rule(minutes=st.sampled_from((30, 61, 300)), fault=FAULTS)
    def leap(self, minutes: int, fault: tuple[str, int] | None) -> None:
        self.world.leap(minutes)
        self.put(fault)

    @rule(data=EVERYTHING, fault=FAULTS)
    def dispatch(self, data: st.DataObject, fault: tuple[str, int] | None) -> None:
        for _ in range(3):
            self.world.give(draw_feed(data.draw, self.world))
        self.put(fault)

    @rule(data=EVERYTHING, fault=FAULTS)
    def plan(self, data: st.DataObject, fault: tuple[str, int] | None) -> None:
        self.world.give(draw_plan(data.draw, self.world))
        self.put(fault)

    @precondition(lambda self: self.world.state.calls)
    @rule(data=EVERYTHING, fault=FAULTS)
    def act(self, data: st.DataObject, fault: tuple[str, int] | None) -> None:
        for _ in range(2):
            self.world.give(draw_act(data.draw, self.world, ALL_DEEDS))
        self.world.give(draw_undo(data.draw, self.world))
        self.put(fault)

    @rule(data=EVERYTHING, fault=FAULTS)
    def hear(self, data: st.DataObject, fault: tuple[str, int] | None) -> None:
        self.world.give(draw_result(data.draw, self.world))
        self.put(fault)

    @rule(grade=st.sampled_from(list(FeedGrade)), fault=FAULTS)
    def grade(self, grade: FeedGrade, fault: tuple[str, int] | None) -> None:
        self.world.give(GradeFeed(id=self.world.name("grade"), at=self.world.now, grade=grade))
        self.put(fault)

    @rule(slow=st.booleans())
    def work(self, slow: bool) -> None:
        """The writer works now; or it does not come to it, and what is put in waits to be one batch."""
        self.slow = slow
        if not slow:
            self.hub.work()

    @rule()
    def pause(self) -> None:
        self.hub.pause()

    @rule()
    def die(self) -> None:
        self.hub.die()

    def teardown(self) -> None:
        try:
            self.hub.recover()
            self.check()
        finally:
            self.hub.close()

    def check(self) -> None:
        """The hub, its database and its journal are what the kernel alone makes of the same inputs."""
        inputs = [given.id for given in self.world.inputs]
        assert sorted(self.hub.acknowledged) == sorted(inputs)
        assert contents(self.hub.hub.pipeline.state) == contents(self.world.state)
        position = self.hub.hub.pipeline.position
        self.hub.close()
        with opened(self.url) as found:
            assert not found.fault
            assert contents(found.state) == contents(self.world.state)
            assert [entry.sequence for entry in found.tail] == list(range(1, position.sequence + 1))
            hashes = {entry.sequence: entry.hash for entry in found.tail}
            assert all(hashes[sequence] == known for sequence, (known, _) in self.hub.published.items())
        told: list[str] = []
        with archive(self.url) as journal:
            replayed = replay(journal.lines(), told=lambda entry: told.append(entry.input_id))
        assert replayed.difference is None
        assert told == inputs
        assert replayed.refused == sum(text is None for text in self.world.texts)


def run(make: Callable[[], URL], examples: int) -> None:
    run_state_machine_as_test(
        lambda: HubMachine(make),
        settings=settings(
            max_examples=scaled(examples),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_on_sqlite() -> None:
    """Whatever fails and dies, an SQLite database ends with what the kernel makes of all inputs, and replays."""
    with tempfile.TemporaryDirectory() as folder:

        def make() -> URL:
            shutil.rmtree(folder)
            Path(folder).mkdir()
            return database_url("sqlite:///hub.db", Path(folder))

        run(make, 10)


def test_on_postgresql(server: PostgreSQL) -> None:
    """The same on PostgreSQL."""
    if not server.up:
        server.start()
    run(lambda: server.emptied_database("machine"), 6)
