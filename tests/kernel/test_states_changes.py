"""Stories of changes that touch several tasks at once, and of states from which a task must find its way out."""

from __future__ import annotations

import pytest

from stationmaster_kernel.deeds import Handle, Handling, SetFormation, SetPlaces
from stationmaster_kernel.task import Task, announcement_open, interval_on
from stationmaster_kernel.values import EventName, Running, TaskState
from support.small_station import at
from support.states_station import G1, Story, newest


def of(story: Story, rule: str) -> Task:
    """The newest task of a rule."""
    found = newest(story.state, rule)
    assert found is not None
    return found


# Another platform


def test_another_platform_before_check_in_opened() -> None:
    """Gates follow, rows and check-in go there, and the change announcement is prepared for both platforms."""
    story = Story("check-in")
    story.to("07:40")
    story.feed(track="1")
    call = story.state.calls[G1]
    assert (call.platform, call.gates, call.areas) == ("1", ("1A",), ("A",))
    assert of(story, "check-in").targets == ("1A",)
    assert of(story, "hall").targets == ("hall-1", "gate-1A")
    assert of(story, "lights").targets == ("light-1",)
    assert of(story, "say-check-in").targets == ("waiting-A",)
    prepared = of(story, "prepared")
    assert prepared.targets == ("waiting-A", "waiting-B")
    assert prepared.held
    assert not announcement_open(prepared, story.now)


def test_another_platform_after_check_in_opened() -> None:
    """The gate shuts at the old platform and opens at the new one; what was called is not called again."""
    story = Story("check-in")
    story.to("07:55")
    story.subject = "say-check-in"
    story.result(TaskState.DONE)
    story.wait(1)
    assert interval_on(of(story, "check-in"), story.now)
    story.feed(track="1")
    check_in = of(story, "check-in")
    assert interval_on(check_in, story.now)
    assert check_in.targets == ("1A",)
    assert of(story, "say-check-in").occurrence == 1
    assert of(story, "say-check-in").state is TaskState.DONE
    prepared = of(story, "prepared")
    assert prepared.held
    story.act(Handle(tasks=(prepared.id,), how=Handling.RELEASE))
    assert announcement_open(of(story, "prepared"), story.now)
    assert of(story, "prepared").text("speech", "zh").startswith("G1 1platform 1Agate 1")


def test_a_change_back_withdraws_what_was_prepared() -> None:
    """Nothing is said of a change that is none any more; a further change is prepared anew."""
    story = Story("prepared")
    story.to("07:40")
    story.feed(track="1")
    story.wait(1)
    story.feed(track="2")
    assert of(story, "prepared").state is TaskState.WITHDRAWN
    story.wait(1)
    story.feed(track="4")
    again = of(story, "prepared")
    assert (again.state, again.held, again.due) == (TaskState.PLANNED, True, story.now)


def test_gates_that_a_person_set_do_not_follow() -> None:
    """What is locked stays where the person put it, and so do its tasks."""
    story = Story("check-in")
    story.to("07:40")
    story.act(SetPlaces(call=G1, gates=("2A",)), lock=True)
    story.feed(track="1")
    assert of(story, "check-in").targets == ("2A",)
    assert of(story, "hall").targets == ("hall-1", "gate-2A")
    assert of(story, "lights").targets == ("light-1",)


def test_a_changed_formation_is_said() -> None:
    """What is still to be said says it; what has been said is not said again."""
    story = Story("say-wait")
    story.to("07:51")
    story.result(TaskState.DONE)
    story.act(SetFormation(call=G1, formation="16"))
    assert "16" in of(story, "last-call").text("speech", "zh")
    assert "16" not in of(story, "say-wait").text("speech", "zh")
    assert of(story, "say-wait").occurrence == 1


# Ways out


def test_now_is_forgotten_when_a_task_is_withdrawn() -> None:
    """A train whose arrival was to be told at once is suspended and restored: it is told when it has arrived."""
    story = Story("say-arrived")
    story.to("07:00")
    story.act(Handle(tasks=(story.task.id,), how=Handling.NOW))
    assert announcement_open(story.task, story.now)
    story.feed(running=Running.SUSPENDED)
    assert story.task.state is TaskState.WITHDRAWN
    story.wait(5)
    story.feed(running=Running.SCHEDULED)
    assert (story.task.state, story.task.awaits) == (TaskState.PLANNED, EventName.ARRIVAL)
    for _ in range(60):
        story.wait(1)
        assert not announcement_open(story.task, story.now)


def test_what_is_withdrawn_can_not_be_ordered() -> None:
    """Nothing asks for it; the person is told so instead of being left to wait."""
    story = Story("say-wait")
    story.to("07:00")
    story.feed(running=Running.SUSPENDED)
    story.act(Handle(tasks=(story.task.id,), how=Handling.NOW))
    assert story.refused
    assert story.task.by_hand is None


def test_a_train_that_is_suspended_in_the_middle_is_not_called_elsewhere() -> None:
    """The zone that has begun goes to its end, the other does not begin, and the task is done then."""
    story = Story("say-wait")
    story.to("07:51")
    first, second = story.task.targets
    story.result(TaskState.BEGUN, first)
    story.feed(running=Running.SUSPENDED)
    cut = story.task.result(second)
    assert cut is not None
    assert (story.task.state, cut.state) == (TaskState.BEGUN, TaskState.WITHDRAWN)
    story.wait(1)
    story.result(TaskState.DONE, first)
    assert story.task.state is TaskState.DONE


def test_what_the_other_zone_did_all_the_same_is_believed() -> None:
    """A result that was on its way takes the place of the mark."""
    story = Story("say-wait")
    story.to("07:51")
    first, second = story.task.targets
    story.result(TaskState.BEGUN, first)
    story.feed(running=Running.SUSPENDED)
    story.result(TaskState.INTERRUPTED, second)
    story.result(TaskState.DONE, first)
    assert story.task.state is TaskState.INTERRUPTED


def test_a_false_report_does_not_silence_the_true_one() -> None:
    """Announced on a report that was taken back, the arrival is announced again when the train has come."""
    story = Story("say-arrived")
    story.to("08:00")
    story.feed(actual_arrival=story.now)
    story.result(TaskState.DONE)
    story.wait(1)
    story.feed(actual_arrival=None)
    story.to("08:40")
    assert story.task.occurrence == 1
    story.feed(actual_arrival=story.now)
    assert (story.task.occurrence, story.task.due) == (2, at("08:40"))
    assert announcement_open(story.task, story.now)
    story.result(TaskState.DONE)
    story.wait(30)
    assert story.task.occurrence == 2


def test_what_was_skipped_is_not_said_because_the_train_was_late() -> None:
    """A skipped arrival stays skipped, however late the report comes."""
    story = Story("say-arrived")
    story.to("07:00")
    story.act(Handle(tasks=(story.task.id,), how=Handling.SKIP))
    story.to("08:45")
    story.feed(actual_arrival=story.now)
    assert (story.task.occurrence, story.task.state) == (1, TaskState.SKIPPED)


def test_an_executor_that_died_does_not_keep_the_next_from_being_made() -> None:
    """Begun and never ended, a task is given up half an hour after its validity, and is due again on its new base."""
    story = Story("say-wait")
    story.to("07:51")
    story.result(TaskState.BEGUN)
    later = at("10:00")
    story.feed(expected_arrival=later, expected_departure=at("10:10"))
    story.to("08:29")
    assert (story.task.occurrence, story.task.state) == (1, TaskState.BEGUN)
    story.mark()
    story.to("08:30")
    assert story.state.tasks[f"{G1}/say-wait/1"].state is TaskState.UNCONFIRMED
    assert "task-unconfirmed" in story.notes
    assert (story.task.occurrence, story.task.due) == (2, at("09:50"))


@pytest.mark.parametrize("end", [TaskState.DONE, TaskState.INTERRUPTED, TaskState.FAILED])
def test_the_end_of_what_was_given_up_is_believed(end: TaskState) -> None:
    """A result that comes hours later says what really was."""
    story = Story("say-wait")
    story.to("07:51")
    story.result(TaskState.BEGUN)
    story.feed(expected_arrival=at("11:00"), expected_departure=at("11:10"))
    story.to("09:00")
    assert story.state.tasks[f"{G1}/say-wait/1"].state is TaskState.UNCONFIRMED
    story.result_of(f"{G1}/say-wait/1", end)
    assert story.state.tasks[f"{G1}/say-wait/1"].state is end
