"""Alone: the kernel on the replica gives what the hub's would give with the feed lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.making import at
from agent.station import kernel_state, public, replica
from stationmaster_agent.autonomy import Autonomy
from stationmaster_agent.replica import Replica
from stationmaster_base.errors import StationError
from stationmaster_kernel.inputs import GradeFeed, TaskResult, Tick
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState

DISPLAY = frozenset({TaskKind.DISPLAY})
SPEECH = frozenset({TaskKind.ANNOUNCEMENT})


def alone(held: Replica, kinds=DISPLAY, now: float = 0) -> Autonomy:
    return Autonomy(replica=held, kinds=kinds, now=at(now))


def plain(things):
    """Without revisions, which only the hub gives out."""
    return {name: replace(thing, revision=0) for name, thing in things.items()}


def test_derives_what_the_hub_would():
    """Minute by minute, calls and rows alone equal those of a kernel that never lost them, with the feed lost."""
    truth = kernel_state(30, 95, 600)
    agent = alone(replica(truth, TaskKind.DISPLAY))
    truth, _ = step(truth, GradeFeed(id="lost", at=at(0), grade=FeedGrade.LOST))
    for minute in range(240):
        truth, _ = step(truth, Tick(id=f"t{minute}", at=at(minute)))
        agent.tick(at(minute))
        assert plain(agent.calls) == plain(truth.calls)
        rows = {name: task for name, task in truth.tasks.items() if task.kind is TaskKind.DISPLAY}
        assert plain(agent.tasks) == plain(rows)
    assert [call.unconfirmed for call in agent.calls.values()].count(True) == 2


@pytest.mark.parametrize("lost", [29, 31, 32, 33, 60, 96, 97, 98, 130])
@pytest.mark.parametrize("grade", FeedGrade)
def test_what_is_overdue_when_the_hub_is_lost(lost, grade):
    """A train that creeps with the clock by then is not confirmed at once, and stays where it was left."""
    truth = kernel_state(30, 95, 600)
    if grade is not FeedGrade.FRESH:
        truth, _ = step(truth, GradeFeed(id="before", at=at(0), grade=grade))
    for minute in range(lost + 1):
        truth, _ = step(truth, Tick(id=f"t{minute}", at=at(minute)))
    agent = alone(replica(truth, TaskKind.DISPLAY), now=lost)
    truth, _ = step(truth, GradeFeed(id="lost", at=at(lost), grade=FeedGrade.LOST))
    for minute in range(lost, lost + 10):
        truth, _ = step(truth, Tick(id=f"again{minute}", at=at(minute)))
        agent.tick(at(minute))
        assert plain(agent.calls) == plain(truth.calls)
        rows = {name: task for name, task in truth.tasks.items() if task.kind is TaskKind.DISPLAY}
        assert plain(agent.tasks) == plain(rows)


def test_late_start_catches_up_at_once():
    """A process that starts alone hours later is at once where one that ran all the time is."""
    held = replica(kernel_state(30, 95, 600), TaskKind.DISPLAY)
    ran = alone(held)
    for minute in range(1, 121):
        ran.tick(at(minute))
    started = alone(held, now=120.5)
    assert plain(started.calls) == plain(ran.calls)
    assert plain(started.tasks) == plain(ran.tasks)


def test_only_our_kinds_of_task():
    """The kernel makes tasks of every kind, but a subsystem sees those of its own kinds alone."""
    agent = alone(replica(kernel_state(30), TaskKind.DISPLAY), now=90)
    assert {task.kind for task in agent.tasks.values()} == DISPLAY


def test_replica_stays_untouched():
    """What is derived lies over the replica and does not change it."""
    held = replica(kernel_state(30), TaskKind.DISPLAY)
    before = held.digest(), dict(held.calls)
    agent = alone(held, now=90)
    assert plain(agent.calls) != plain(held.calls)
    assert (held.digest(), dict(held.calls)) == before


def test_results_show_in_the_tasks():
    """What the executor has done alone shows in the derived tasks, and a result of a forgotten task is nothing."""
    held = replica(kernel_state(30), TaskKind.ANNOUNCEMENT)
    (name,) = held.tasks
    agent = alone(held, SPEECH, now=10)
    done = Result(target="hall", state=TaskState.DONE, at=at(10), base=held.tasks[name].base)
    agent.result(TaskResult(id="r1", at=at(10), task=name, result=done))
    agent.result(TaskResult(id="r2", at=at(10), task="none such", result=done))
    assert agent.tasks[name].state is TaskState.DONE
    agent.tick(at(60))
    assert agent.tasks[name].state is TaskState.DONE


def test_impossible_result_is_refused_with_a_warning(capsys):
    """A result that the kernel refuses is said so and changes nothing."""
    held = replica(kernel_state(30), TaskKind.ANNOUNCEMENT)
    (name,) = held.tasks
    agent = alone(held, SPEECH, now=10)
    before = agent.tasks
    done = Result(target="no such zone", state=TaskState.DONE, at=at(10))
    agent.result(TaskResult(id="r1", at=at(10), task=name, result=done))
    assert agent.tasks == before
    assert "result-of-no-target" in capsys.readouterr().out


def test_calls_are_dropped_in_their_time():
    """A subsystem that is alone for days drops what is long over, as the hub would."""
    agent = alone(replica(kernel_state(30), TaskKind.DISPLAY), now=30 + 2160 + 1)
    assert (dict(agent.calls), dict(agent.tasks)) == ({}, {})


def test_configuration_without_station_is_refused():
    """A replica that makes no station is an error with a code."""
    resources = [item for item in public(kernel_state(30)) if item.kind != "station"]
    with pytest.raises(StationError) as caught:
        alone(Replica.of(resources, None))
    assert caught.value.code == "autonomy"
