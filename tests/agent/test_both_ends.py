"""The agent and the real server with the real kernel behind it: through any faults, once each, and equal at the end."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from agent.making import at
from agent.real_hub import RealHub
from agent.station import DAY
from agent.world import World
from stationmaster_kernel.inputs import Feed, FeedRecord, Tick
from stationmaster_kernel.values import CallKind, TaskKind, TaskState
from stationmaster_protocol.filters import Filter

OURS = Filter(task_kinds=(TaskKind.ANNOUNCEMENT,))
TRAINS = (25, 31, 32, 40, 55, 70, 71)


class Drill:
    """A station whose speaking subsystem begins at once and ends a minute later."""

    def __init__(self, folder) -> None:
        self.hub = RealHub(*TRAINS)
        self.world = World(folder, hub=self.hub)
        self.hub.run(self.world.reactor)
        self.minute = 0
        self.begun: Counter[tuple[str, str]] = Counter()
        self.lateness: Counter[int] = Counter()
        self.start()

    def start(self) -> None:
        self.playing = []
        self.world.start()
        self.act()

    def act(self) -> None:
        """The performer begins what was offered."""
        for what, *key in self.world.performer.take():
            if what == "offer" and tuple(key) in self.world.performer.works:
                work = self.world.performer.works.pop(tuple(key))
                self.world.agent.begin(work)
                self.begun[work.key] += 1
                self.playing.append(work)
        self.world.settle()

    def next_minute(self) -> None:
        """Station time moves a minute, and machine time enough for everybody to notice."""
        self.minute += 1
        if self.hub.up:
            self.tick()
        self.world.station_only(self.minute)
        playing, self.playing = self.playing, []
        for work in playing:
            self.world.agent.finish(work, TaskState.DONE)
        self.act()
        self.world.machine(18, step=1)
        self.act()

    def tick(self) -> None:
        self.hub.side.fresh_at = at(self.minute)
        self.hub.do(Tick(id=f"tick/{self.minute}", at=at(self.minute)))
        self.world.settle()

    def late(self, number: int, more: int) -> None:
        """The dispatchers expect a train (even) later."""
        if self.hub.up:
            self.lateness[number] += more
            minutes = self.lateness[number]
            record = FeedRecord(
                day=DAY,
                numbers=(f"G{number}",),
                train_class="G",
                kind=CallKind.ORIGIN,
                origin="A",
                destination="B",
                planned_departure=at(TRAINS[number - 1]),
                expected_departure=at(TRAINS[number - 1] + minutes),
                track="1",
            )
            self.hub.do(Feed(id=f"feed/{self.minute}/{number}/{minutes}", at=at(self.minute), records=(record,)))
            self.world.settle()
            self.act()

    def crash(self) -> None:
        self.world.crash()
        self.hub.clock = self.world.reactor
        if self.hub.server is not None:
            self.hub.server.doStop()
            self.hub.run(self.world.reactor)
        self.start()

    def heal(self) -> None:
        if not self.hub.up:
            self.hub.run(self.world.reactor)
            self.tick()

    def fault(self, chance: random.Random) -> None:
        match chance.choice(["none", "none", "cut", "die", "heal", "heal", "crash", "late"]):
            case "cut":
                self.hub.cut()
            case "die":
                self.hub.die()
            case "heal":
                self.heal()
            case "crash":
                self.crash()
            case "late":
                self.late(chance.randrange(1, len(TRAINS) + 1), chance.randrange(1, 15))


def ended(drill: Drill) -> None:
    """Both sides whole again and of one mind."""
    drill.heal()
    drill.world.machine(20)
    drill.next_minute()
    drill.next_minute()
    assert drill.world.state == "online"
    assert drill.world.agent.health().unreported == 0
    assert drill.world.quiet()
    assert drill.world.agent._core.follower.digest() == drill.hub.digest(OURS)
    assert drill.hub.server.settled()


def test_an_agent_is_quiet_as_soon_as_it_is_whole(tmp_path):
    """The server tells the feed's age right after a snapshot and after a replay: no heartbeat need be waited for."""
    hub = RealHub(*TRAINS)
    world = World(tmp_path, hub=hub)
    hub.run(world.reactor)
    for _ in range(2):
        world.start()
        assert world.reactor.seconds() < 1
        assert world.state == "online"
        assert world.agent.health().quiet
        world.crash()
        hub.server.doStop()
        hub.run(world.reactor)


def test_undisturbed_day(tmp_path):
    """With no fault each announcement is made once, at its minute, and the hub knows it done."""
    drill = Drill(tmp_path)
    for _ in range(80):
        drill.next_minute()
    ended(drill)
    tasks = [task for task in drill.hub.side.state.tasks.values() if task.kind is TaskKind.ANNOUNCEMENT]
    assert {task.state for task in tasks} == {TaskState.DONE}
    assert set(drill.begun.values()) == {1}
    assert len(drill.begun) == len(TRAINS)
    for task in tasks:
        assert task.results[0].at == task.due + 60
    drill.world.stop()


@pytest.mark.parametrize("seed", range(8))
def test_through_random_faults(tmp_path, seed):
    """Through cuts, dead hubs and crashes, no announcement is made twice and none is lost, and both sides agree."""
    chance = random.Random(seed)
    drill = Drill(tmp_path)
    for _ in range(150):
        drill.fault(chance)
        drill.next_minute()
    ended(drill)
    assert set(drill.begun.values()) == {1}
    for task in drill.hub.side.state.tasks.values():
        if task.kind is TaskKind.ANNOUNCEMENT and task.due is not None:
            assert task.valid_until < at(drill.minute)
            assert task.state in (TaskState.DONE, TaskState.INTERRUPTED), task
            assert drill.begun[task.id, "hall"] == 1
    assert drill.hub.side.refused == []
    drill.world.stop()


def test_resumes_without_a_snapshot(tmp_path):
    """After a cut the real server resumes from the position on disk, even when nothing there concerned us."""
    drill = Drill(tmp_path)
    drill.next_minute()
    drill.hub.cut()
    for number in range(3):
        drill.hub.do(Tick(id=f"more/{number}", at=at(drill.minute)))
    drill.world.machine(2)
    assert drill.world.state == "online"
    (info,) = drill.hub.server.subscribers
    assert info.snapshots == 0
    drill.world.stop()
