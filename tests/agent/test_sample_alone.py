"""A subsystem of the sample station alone for days, through a power cut: all that it holds it does, and shows."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from agent.world import World
from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_days, plan_digest
from stationmaster_base.times import MINUTE, Instant, from_iso
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.inputs import Configure, GradeFeed, Input, Plan, Presence, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Task, interval_on, stage_at
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from support.effort import EFFORT
from support.oracle import Cut, Oracle

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
DAY = date(2026, 2, 3)
START = from_iso("2026-02-02T16:00:00Z")  # midnight at the station
ALONE = 1 if EFFORT == 1 else 3
"""Days without a hub; all three that the plans reach in the soak."""

DAYS = ALONE + 1
MINUTES = ALONE * 24 * 60
CRASH = MINUTES // 3
KINDS = (TaskKind.ANNOUNCEMENT, TaskKind.DISPLAY)
LOOK_EVERY = 65
"""Minutes."""


def held_by_a_hub() -> list[Resource]:
    """What a hub with plans of today and the days after has at midnight."""
    station = load_station(SAMPLE)
    inputs: list[Input] = [
        Configure(id="c", at=START, configuration=station.configuration),
        GradeFeed(id="g", at=START, grade=FeedGrade.FRESH),
        *(Presence(id=f"e{kind}", at=START, kind=kind, present=True) for kind in KINDS),
        *(
            Plan(id=f"p{day}", at=START, day=day, calls=calls, digest=plan_digest(calls))
            for day, calls in plan_days(station, DAY, DAYS)
        ),
        Tick(id="t", at=START),
    ]
    state = State.empty(START)
    for given in inputs:
        state, _ = step(state, given)
    return [resource for resource in state.resources() if resource.kind in PUBLIC_KINDS]


class Alone:
    """The subsystem, which begins what is offered at once and needs a minute for it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder, kinds=KINDS)
        self.world.clock.time = START
        self.world.hub.put(*held_by_a_hub())
        self.begun: Counter[tuple[str, str]] = Counter()
        self.playing: list[object] = []
        self.lost()

    def lost(self) -> None:
        """The process starts, and finds its hub once if at all."""
        self.world.start()
        self.world.hub.die()
        self.world.machine(17, step=1)
        assert self.world.state == "alone"
        self.act()

    def power_cut(self) -> None:
        self.world.crash()
        self.playing = []
        self.lost()

    def act(self) -> None:
        for what, *key in self.world.performer.take():
            work = self.world.performer.works.get(tuple(key))
            if what == "offer" and work is not None:
                self.world.agent.begin(work)
                self.begun[work.key] += 1
                self.playing.append(work)
                del self.world.performer.works[work.key]

    def minute(self, now: Instant) -> None:
        playing, self.playing = self.playing, []
        for work in playing:
            self.world.agent.finish(work, TaskState.DONE)
        self.world.clock.time = now
        self.world.timer.poke()
        self.world.reactor.advance(0)
        self.act()

    def to_be_done(self, end: Instant) -> set[tuple[str, str]]:
        """Task and zone of every announcement that the replica held and that may be made without a younger feed."""
        return {
            (task.id, target)
            for task in (resource.value for resource in self.world.hub.resources.values())
            if isinstance(task, Task) and task.kind is TaskKind.ANNOUNCEMENT and task.due is not None
            if START < task.due <= end and task.awaits is None and task.feed_limit is None and not task.held
            for target in task.targets
        }

    def rows(self, now: Instant) -> dict[str, set[tuple[str, str, str]]]:
        """What is on each board: call, rule, status."""
        shown: dict[str, set[tuple[str, str, str]]] = {}
        for task in self.world.agent.view.tasks.values():
            if task.kind is TaskKind.DISPLAY and interval_on(task, now):
                stage = stage_at(task, now)
                assert stage is not None
                for target in task.targets:
                    shown.setdefault(target, set()).add((task.call, task.rule, stage.status.value))
        return shown


@pytest.fixture
def nothing_happens(tmp_path) -> Oracle:
    scenario = tmp_path / "scenario.jsonl"
    scenario.write_text("")
    end = START + DAYS * 86400
    days = [date.fromordinal(DAY.toordinal() + number) for number in range(DAYS)]
    cuts = [Cut(subsystem="guidance", start=START, end=end)]
    return Oracle(SAMPLE, scenario, START, days, cuts=cuts)


def test_days_without_a_hub(tmp_path, nothing_happens):
    """For days, with a power cut within, each announcement is begun once, and the oracle has the same rows.

    The state file stays small, and what is kept in memory is what is still to come and what is to be reported.
    """
    alone = Alone(tmp_path)
    compared = 0
    for minute in range(1, MINUTES + 1):
        now = Instant(START + minute * MINUTE)
        alone.minute(now)
        if minute == CRASH:
            alone.power_cut()
        if minute % LOOK_EVERY == 0:
            wanted = {
                board: {(row.call, row.rule, row.status) for row in rows}
                for board, rows in nothing_happens.board_rows(now).items()
                if rows
            }
            assert alone.rows(now) == wanted, now
            compared += sum(map(len, wanted.values()))
    assert compared > 300 * ALONE

    wanted = alone.to_be_done(now)
    assert len(wanted) > 130 * ALONE
    assert set(alone.begun) == wanted
    assert set(alone.begun.values()) == {1}

    health = alone.world.agent.health()
    assert health.stored
    outbox = list(alone.world.agent._core.outbox)
    ended = Counter(given.result.state for given in outbox)
    assert ended[TaskState.BEGUN] == len(wanted)
    assert ended[TaskState.DONE] + ended[TaskState.INTERRUPTED] + len(alone.playing) == len(wanted)
    assert len({given.id for given in outbox}) == len(outbox) == health.unreported
    files = sum(file.stat().st_size for file in tmp_path.glob("agent.db*"))
    assert files < 40_000_000
