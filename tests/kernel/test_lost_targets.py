"""What an executor did at a place that its task has lost meanwhile: it is kept, and is not done there again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import MINUTE
from stationmaster_kernel.deeds import Announce, Handle, Handling, SetRunning
from stationmaster_kernel.inputs import Act, Configure, Feed, Input, Presence, TaskResult, Tick
from stationmaster_kernel.state import State, next_wake
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Result, Task, Text, announcement_open
from stationmaster_kernel.values import Running, TaskKind, TaskState
from support.kernel_machine_steps import read_back
from support.small_station import STATION, at, record, running_station

G1 = "TST/2026-03-01/G1/1"
SAY = f"{G1}/say-check-in/1"
BEGUN, DONE, PLANNED = TaskState.BEGUN, TaskState.DONE, TaskState.PLANNED


def run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def track(clock: str, to: str, **more: object) -> Feed:
    """The dispatchers move the train."""
    return Feed(id=f"f{clock}", at=at(clock), records=(record(track=to, **more),))


def result(clock: str, target: str, state: TaskState = DONE, task: str = SAY, base: str = "07:55") -> TaskResult:
    """An executor's word."""
    said = Result(target=target, state=state, at=at(clock), base=at(base))
    return TaskResult(id=f"r{clock}{target}{state}", at=at(clock), task=task, result=said)


def tick(clock: str) -> Tick:
    return Tick(id=f"t{clock}", at=at(clock))


def said(task: Task) -> list[tuple[str, TaskState]]:
    """What is known of each place."""
    return [(item.target, item.state) for item in task.results]


def moved_while_speaking() -> State:
    """The train is moved at the moment at which the loudspeaker of its old waiting area begins."""
    return run(running_station(), tick("07:55"), track("07:55", "2"), result("07:55", "waiting-A", BEGUN))


def test_a_result_of_a_lost_target_is_kept_and_leaves_the_task_to_be_done() -> None:
    """The new waiting area is still to hear of it; when it has, the task is done."""
    state = run(moved_while_speaking(), result("07:56", "waiting-A"))
    task = state.tasks[SAY]
    assert (task.targets, task.state, said(task)) == (("waiting-B",), PLANNED, [("waiting-A", DONE)])
    state = run(state, result("07:57", "waiting-B"))
    assert (state.tasks[SAY].state, len(state.tasks[SAY].results)) == (DONE, 2)
    assert read_back(state).tasks == state.tasks


@pytest.mark.parametrize(("came_to", "state_is"), [(BEGUN, BEGUN), (DONE, DONE), (TaskState.FAILED, TaskState.FAILED)])
def test_a_target_that_comes_back_is_not_done_twice(came_to: TaskState, state_is: TaskState) -> None:
    """Back on its old platform the task stands as the loudspeaker there left it, at once and without a next one."""
    state = moved_while_speaking()
    if came_to is not BEGUN:
        state = run(state, result("07:56", "waiting-A", came_to))
    state = run(state, track("07:57", "1"), tick("07:58"))
    task = state.tasks[SAY]
    assert (task.targets, task.state, said(task)) == (("waiting-A",), state_is, [("waiting-A", came_to)])
    assert f"{G1}/say-check-in/2" not in state.tasks


def test_what_is_begun_where_the_train_comes_back_ends_there() -> None:
    """Its end is taken as any other, and so is that nobody ever tells of it."""
    state = run(moved_while_speaking(), track("07:57", "1"))
    assert run(state, result("07:58", "waiting-A")).tasks[SAY].state is DONE
    late = run(state, tick("08:34"))
    assert late.tasks[SAY].state is BEGUN
    assert run(late, tick("08:35")).tasks[SAY].state is TaskState.UNCONFIRMED


def test_of_several_targets_one_that_was_done_before_is_not_done_again() -> None:
    """A task with a place that has heard of it and one that has not is begun, and the rest of it is to be done."""
    wide = tuple(
        replace(rule, zones=("waiting", "platform")) if rule.id == "say-check-in" else rule for rule in STATION.rules
    )
    widely = Configure(id="c2", at=at("06:00"), configuration=replace(STATION, rules=wide))
    state = run(running_station(), widely, tick("07:55"), track("07:55", "2"), result("07:56", "waiting-A"))
    assert (state.tasks[SAY].targets, state.tasks[SAY].state) == (("waiting-B", "platform-2"), PLANNED)
    state = run(state, track("07:57", "1"))
    assert (state.tasks[SAY].targets, state.tasks[SAY].state) == (("waiting-A", "platform-1"), BEGUN)
    assert announcement_open(state.tasks[SAY], at("07:57"))
    assert run(state, result("07:58", "platform-1")).tasks[SAY].state is DONE


def test_a_lost_target_does_not_hide_that_the_present_one_is_silent() -> None:
    """Of two places only the old one has been heard of; the task expires when its time is over, and wakes up for it."""
    present = Presence(id="p", at=at("06:00"), kind=TaskKind.ANNOUNCEMENT, present=True)
    state = run(moved_while_speaking(), present, result("07:56", "waiting-A"))
    assert next_wake(state.calls[G1], [state.tasks[SAY]], state.facts, 600, 600) * MINUTE == at("08:06")
    assert read_back(state).wakes == state.wakes
    task = run(state, tick("08:06")).tasks[SAY]
    assert (task.state, said(task)) == (
        TaskState.EXPIRED,
        [("waiting-A", DONE), ("waiting-B", TaskState.EXPIRED)],
    )


def test_a_late_word_of_a_lost_target_changes_nothing_about_a_task_that_is_over() -> None:
    """Neither its state, nor on which base it counts as done."""
    state = run(running_station(), track("07:00", "2"), result("07:01", "waiting-B"))
    state = run(state, result("07:02", "waiting-A", base="08:30"))
    assert (state.tasks[SAY].state, len(state.tasks[SAY].results)) == (DONE, 2)
    assert f"{G1}/say-check-in/2" not in state.tasks
    skip = Act(id="a", at=at("06:10"), by="controller 2", deeds=(Handle(tasks=(SAY,), how=Handling.SKIP),))
    state = run(running_station(), skip, result("06:11", "waiting-B"))
    assert state.tasks[SAY].state is TaskState.SKIPPED


def test_a_withdrawn_task_is_not_planned_again_where_it_has_been_done() -> None:
    """The train is suspended in the middle of being moved, and restored at its old platform."""
    suspend, restore = (
        Act(id=item, at=at(clock), by="controller 2", deeds=(SetRunning(call=G1, running=running),))
        for item, clock, running in (("a", "07:56", Running.SUSPENDED), ("b", "07:58", Running.SCHEDULED))
    )
    state = run(moved_while_speaking(), suspend, result("07:57", "waiting-A"))
    assert state.tasks[SAY].state is TaskState.WITHDRAWN
    state = run(state, track("07:57", "1"), restore)
    assert (state.tasks[SAY].targets, state.tasks[SAY].state) == (("waiting-A",), DONE)


def test_what_was_done_on_another_base_is_done_again_as_the_next_occurrence() -> None:
    """As everywhere: what the old waiting area heard was of a time that has moved far since."""
    late = {"expected_arrival": at("08:40"), "expected_departure": at("08:50")}
    state = run(moved_while_speaking(), result("07:56", "waiting-A"), track("07:57", "2", **late))
    assert (state.tasks[SAY].state, state.tasks[SAY].due) == (PLANNED, at("08:35"))
    state = run(state, track("07:58", "1", **late))
    again = state.tasks[f"{G1}/say-check-in/2"]
    assert (state.tasks[SAY].state, again.state, again.targets, again.due) == (
        DONE,
        PLANNED,
        ("waiting-A",),
        at("08:35"),
    )
    assert run(state, tick("07:59")).tasks == state.tasks


def test_a_target_that_nobody_knows_is_refused() -> None:
    """No such zone, or a place of another kind, or one that the station no longer has."""
    for target in ("no such zone", "hall-1", "1A"):
        with pytest.raises(Refused, match=f"no target {target}"):
            step(running_station(), result("07:56", target))
    fewer = replace(STATION, zones=STATION.zones[1:])
    state = run(running_station(), track("07:50", "2"), Configure(id="c2", at=at("07:51"), configuration=fewer))
    with pytest.raises(Refused, match="cannot have had it"):
        step(state, result("07:56", "waiting-A"))


def test_a_zone_that_is_gone_can_still_end_what_it_has_begun() -> None:
    """What stands with the task needs no configuration."""
    fewer = replace(STATION, zones=STATION.zones[1:])
    state = run(moved_while_speaking(), Configure(id="c2", at=at("07:56"), configuration=fewer))
    assert said(run(state, result("07:57", "waiting-A")).tasks[SAY]) == [("waiting-A", DONE)]


def test_an_operators_announcement_loses_no_target() -> None:
    """It stays where he made it, so a word of another zone cannot be true."""
    speech = Announce(targets=("waiting-A",), texts=(Text(name="speech", language="zh", text="请注意"),))
    state = run(running_station(), Act(id="a", at=at("06:10"), by="controller 2", deeds=(speech,)))
    with pytest.raises(Refused, match="no target waiting-B"):
        step(state, result("06:11", "waiting-B", task="a/1"))
