"""The kernel as a machine: any inputs in any order, with restarts and at any pace, and what holds at every step."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Configure, GradeFeed, Presence, Tick
from stationmaster_kernel.task import POINT_KINDS
from stationmaster_kernel.values import FeedGrade, TaskState
from support.effort import scaled
from support.kernel_machine_deeds import (
    ALL_DEEDS,
    CALL_DEEDS,
    DECISIONS,
    LOOSE_DEEDS,
    PLAN_DEEDS,
    ROW_DECISIONS,
    TASK_DEEDS,
    draw_act,
    draw_undo,
)
from support.kernel_machine_draws import draw_feed, draw_plan, draw_result
from support.kernel_machine_station import EVENINGS, STATIONS
from support.kernel_machine_world import MachineWorld

EVERYTHING = st.data()
SOME_MINUTES = st.sampled_from((0, 0, 0, 1, 2, 4, 8))


class KernelMachine(RuleBasedStateMachine):
    """A station's night, with whatever can happen in it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = MachineWorld(evening=EVENINGS[0])

    @initialize(evening=st.sampled_from(EVENINGS))
    def begin(self, evening: object) -> None:
        self.world = MachineWorld(evening=evening)  # type: ignore[arg-type]
        self.world.begin()

    def pass_time(self, data: st.DataObject) -> None:
        """Let some minutes pass."""
        self.world.wait(data.draw(SOME_MINUTES))

    @rule(minutes=st.integers(1, 25))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes)

    @rule(minutes=st.sampled_from((2, 5, 17, 60, 61, 180)))
    def leap(self, minutes: int) -> None:
        self.world.leap(minutes)

    @rule(minutes=st.integers(1, 3))
    def go_back(self, minutes: int) -> None:
        """A clock that is put back: refused."""
        world = self.world
        assert world.state.facts.ticked is not None
        back = Instant(world.state.facts.ticked - minutes * MINUTE)
        assert not world.give(Tick(id=world.name("tick"), at=back))

    @rule(data=EVERYTHING)
    def dispatch(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_feed(data.draw, self.world))

    @rule(data=EVERYTHING)
    def dispatch_more(self, data: st.DataObject) -> None:
        self.pass_time(data)
        for _ in range(3):
            self.world.give(draw_feed(data.draw, self.world))

    @rule(data=EVERYTHING)
    def plan(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_plan(data.draw, self.world))

    @precondition(lambda self: self.world.state.calls)
    @rule(data=EVERYTHING)
    def act_on_calls(self, data: st.DataObject) -> None:
        self.pass_time(data)
        if self.world.state.calls:
            self.world.give(draw_act(data.draw, self.world, CALL_DEEDS))

    @rule(data=EVERYTHING)
    def act_on_tasks(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_act(data.draw, self.world, TASK_DEEDS))

    @rule(data=EVERYTHING)
    def check_the_plan(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_act(data.draw, self.world, PLAN_DEEDS))

    @rule(data=EVERYTHING)
    def announce_and_add(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_act(data.draw, self.world, LOOSE_DEEDS))

    @precondition(lambda self: self.world.state.records.get("proposal"))
    @rule(data=EVERYTHING)
    def decide(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_act(data.draw, self.world, DECISIONS))

    @precondition(lambda self: self.world.has_differences())
    @rule(data=EVERYTHING)
    def decide_on_rows(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_act(data.draw, self.world, ROW_DECISIONS))

    @precondition(lambda self: self.world.state.calls)
    @rule(data=EVERYTHING)
    def act(self, data: st.DataObject) -> None:
        self.pass_time(data)
        if self.world.state.calls:
            self.world.give(draw_act(data.draw, self.world, ALL_DEEDS))

    @precondition(lambda self: self.world.acts)
    @rule(data=EVERYTHING)
    def undo(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_undo(data.draw, self.world))

    @rule(grade=st.sampled_from(list(FeedGrade)))
    def grade(self, grade: FeedGrade) -> None:
        self.world.give(GradeFeed(id=self.world.name("grade"), at=self.world.now, grade=grade))

    @rule(kind=st.sampled_from(POINT_KINDS), present=st.booleans())
    def be_present(self, kind: object, present: bool) -> None:
        self.world.give(Presence(id=self.world.name("presence"), at=self.world.now, kind=kind, present=present))  # type: ignore[arg-type]

    @rule(
        online=st.booleans(),
        away=st.sampled_from((False, False, True)),
        pace=st.integers(0, 3),
        outcome=st.sampled_from((TaskState.DONE, TaskState.DONE, TaskState.FAILED)),
    )
    def execute(self, online: bool, away: bool, pace: int, outcome: TaskState) -> None:
        """The executor is cut off or back, works or not, slower or faster."""
        executor = self.world.executor
        executor.online, executor.away, executor.pace, executor.outcome = online, away, pace, outcome
        self.world.give(Tick(id=self.world.name("tick"), at=self.world.state.facts.ticked or self.world.now))

    @rule()
    def crash_executor(self) -> None:
        self.world.executor.crash(self.world.now)

    @rule(data=EVERYTHING)
    def hear(self, data: st.DataObject) -> None:
        self.pass_time(data)
        self.world.give(draw_result(data.draw, self.world))

    @rule(which=st.integers(0, len(STATIONS) - 1), keep=st.sampled_from((None, None, 30)))
    def configure(self, which: int, keep: int | None) -> None:
        station = STATIONS[which]
        if keep is not None:
            station = replace(station, station=replace(station.station, keep=keep))
        self.world.give(Configure(id=self.world.name("configure"), at=self.world.now, configuration=station))

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def check(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        if self.world.inputs:
            self.world.check()
            self.world.check_replay()


TestKernelMachine = KernelMachine.TestCase
TestKernelMachine.settings = settings(
    max_examples=scaled(16),
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.generate,),  # the world itself finds the shortest inputs, and sooner
    suppress_health_check=list(HealthCheck),
)
