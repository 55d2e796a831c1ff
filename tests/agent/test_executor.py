"""The executor: each target of each point task once, at its second, whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.making import MemoryLedger, Recorder, announcement, at
from stationmaster_agent.executor import Executor, FeedAge
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import EventName, Hand, TaskKind, TaskState
from support.effort import scaled

FRESH = FeedAge(fresh=True)


class Bench:
    """An executor with what it needs, and a process that can die."""

    def __init__(self, *tasks) -> None:
        self.ledger = MemoryLedger()
        self.now = at(0)
        self.feed = FRESH
        self.modes: tuple[Mode, ...] = ()
        self.tasks = {task.id: task for task in tasks}
        self.start()

    def start(self) -> None:
        """A new process on the same disk."""
        self.performer = Recorder()
        self.executor = Executor(
            kinds=[TaskKind.ANNOUNCEMENT], performer=self.performer, ledger=self.ledger, modes=lambda: self.modes
        )
        self.executor.recover(self.now)
        self.executor.replace_all(self.tasks)
        self.run()

    def run(self, now: Instant | None = None) -> list[tuple[str, str, str]]:
        if now is not None:
            self.now = now
        self.executor.run(self.now, self.feed)
        assert self.executor.settled(self.now, self.feed)
        return self.performer.take()

    def put(self, task) -> list[tuple[str, str, str]]:
        self.tasks[task.id] = task
        self.executor.put(task)
        return self.run()

    def begin(self, name: str = "a", target: str = "hall") -> None:
        self.executor.begin(self.performer.works[name, target], self.now)

    def finish(self, name: str = "a", target: str = "hall", state: TaskState = TaskState.DONE) -> None:
        self.executor.finish(self.performer.works[name, target], state, self.now)


def test_offered_at_the_exact_second():
    """A task is offered at its due second and not one second earlier."""
    bench = Bench(announcement(due=10))
    assert bench.executor.next_at() == at(10)
    assert bench.run(Instant(at(10) - 1)) == []
    assert bench.run(at(10)) == [("offer", "a", "hall")]
    assert bench.run(at(11)) == []


def test_each_target_by_itself():
    """Each target is a work of its own, begun and finished apart from the others."""
    bench = Bench(announcement(targets=("hall", "platform-1")))
    assert bench.run(at(10)) == [("offer", "a", "hall"), ("offer", "a", "platform-1")]
    bench.begin("a", "hall")
    bench.finish("a", "hall")
    bench.begin("a", "platform-1")
    assert bench.ledger.states() == [
        ("a", "hall", "begun"),
        ("a", "hall", "done"),
        ("a", "platform-1", "begun"),
    ]


def test_due_order_then_priority():
    """What is due earlier is offered earlier, and of two at the same second the one of higher priority."""
    bench = Bench(
        announcement("late", due=10), announcement("early", due=9), replace(announcement("urgent", due=10), priority=1)
    )
    assert [name for _, name, _ in bench.run(at(10))] == ["early", "urgent", "late"]


def test_too_old_is_not_offered_and_is_retracted():
    """At the second of valid_until an unbegun offer is retracted, and a leap beyond it offers nothing."""
    bench = Bench(announcement(due=10, valid=5), announcement("b", due=11, valid=1))
    bench.run(at(10))
    assert bench.executor.next_at() == at(11)
    assert bench.run(Instant(at(15) - 1)) == []
    assert bench.executor.next_at() == at(15)
    assert bench.run(at(15)) == [("retract", "a", "hall")]
    assert bench.executor.next_at() is None


def test_late_update_moves_due():
    """An update that moves the due time retracts the offer and offers anew at the new time, with the new text."""
    bench = Bench(announcement(due=10))
    bench.run(at(10))
    assert bench.put(announcement(due=30, revision=2, text="later")) == [("retract", "a", "hall")]
    assert bench.executor.next_at() == at(30)
    assert bench.run(at(29)) == []
    assert bench.run(at(30)) == [("offer", "a", "hall")]
    assert bench.performer.works["a", "hall"].task.texts[0].text == "later"


def test_due_moved_before_now():
    """An update that moves the due time into the past is offered at once while it is valid."""
    bench = Bench(announcement(due=30))
    bench.run(at(12))
    assert bench.put(announcement(due=10, revision=2)) == [("offer", "a", "hall")]


def test_old_heap_entry_is_no_offer():
    """The old due time of a moved task does nothing when it comes."""
    bench = Bench(announcement(due=10))
    bench.put(announcement(due=20, revision=2))
    assert bench.run(at(10)) == []
    assert bench.executor.next_at() == at(20)


def test_changed_text_while_offered_is_offered_anew():
    """A change of what is said retracts the old offer and makes a new one within the same run."""
    bench = Bench(announcement())
    bench.run(at(10))
    assert bench.put(announcement(revision=2, text="other")) == [("retract", "a", "hall"), ("offer", "a", "hall")]


def test_echo_of_own_result_retracts_nothing():
    """The hub's echo of another target's result changes state and revision alone, and leaves this offer as it is."""
    bench = Bench(announcement(targets=("hall", "platform-1")))
    bench.run(at(10))
    bench.begin("a", "hall")
    echo = announcement(
        targets=("hall", "platform-1"),
        revision=2,
        state=TaskState.BEGUN,
        results=(Result(target="hall", state=TaskState.BEGUN, at=at(10)),),
    )
    assert bench.put(echo) == []
    bench.begin("a", "platform-1")


def test_withdrawn_and_planned_again():
    """A withdrawn task is retracted, and offered again when it is planned again."""
    bench = Bench(announcement())
    bench.run(at(10))
    assert bench.put(announcement(revision=2, state=TaskState.WITHDRAWN)) == [("retract", "a", "hall")]
    assert bench.put(announcement(revision=3)) == [("offer", "a", "hall")]


def test_held_is_retracted_and_released_is_offered():
    """A task that waits for a person is not offered; released it is, if it is still in time."""
    bench = Bench(announcement())
    bench.run(at(10))
    assert bench.put(announcement(revision=2, hand=Hand.HELD, held=True)) == [("retract", "a", "hall")]
    assert bench.executor.next_at() is None
    assert bench.put(announcement(revision=3, hand=Hand.RELEASED)) == [("offer", "a", "hall")]


def test_a_manual_mode_keeps_back_what_nobody_has_released():
    """What is not begun is retracted when a mode that covers it comes, and offered again when that goes."""
    bench = Bench(announcement(), announcement("b", hand=Hand.RELEASED))
    bench.run(at(10))
    bench.modes = (Mode(id="kind.announcement", since=at(10), by="controller"),)
    assert bench.run() == [("retract", "a", "hall")]
    bench.modes = (Mode(id="kind.display", since=at(10), by="controller"),)
    assert bench.run() == [("offer", "a", "hall")]


def test_a_mode_that_comes_when_it_has_begun_somewhere_keeps_nothing_back():
    """What one zone has heard the other hears too, though the scope became manual in between, and after a crash."""
    bench = Bench(announcement(targets=("hall", "platform-1")))
    bench.run(at(10))
    bench.begin("a", "hall")
    bench.modes = (Mode(id="station", since=at(10), by="controller"),)
    assert bench.run() == []
    bench.start()
    assert ("a", "platform-1") in bench.performer.works


def test_what_a_person_wants_now_needs_no_feed():
    """He has seen how old it is."""
    bench = Bench(announcement(feed_limit=5))
    bench.feed = FeedAge(fresh=False, fresh_at=Instant(at(10) - 3600))
    assert bench.run(at(10)) == []
    assert bench.put(replace(announcement(feed_limit=5), by_hand=at(10))) == [("offer", "a", "hall")]


def test_removed_target_and_removed_task():
    """A target or a task that is gone is retracted."""
    bench = Bench(announcement(targets=("hall", "platform-1")), announcement("b"))
    bench.run(at(10))
    assert bench.put(announcement(revision=2, targets=("platform-1", "exit"))) == [
        ("retract", "a", "hall"),
        ("offer", "a", "exit"),
    ]
    bench.executor.remove("b")
    assert bench.run() == [("retract", "b", "hall")]


def test_snapshot_without_a_task_retracts_it():
    """A snapshot that no longer holds a task retracts what was offered of it."""
    bench = Bench(announcement(), announcement("b", due=10))
    bench.run(at(10))
    bench.executor.replace_all({"b": bench.tasks["b"]})
    assert bench.run() == [("retract", "a", "hall")]


def test_awaiting_task_is_held():
    """A task that awaits an event is not offered by time alone, but at once when an update releases it."""
    bench = Bench(announcement(awaits=EventName.ARRIVAL))
    assert bench.run(at(10)) == []
    bench.now = at(12)
    assert bench.put(announcement(due=12, revision=2)) == [("offer", "a", "hall")]


def test_unknown_due_holds():
    """A task whose due time is not known is held, and an offer of it is retracted."""
    bench = Bench(announcement())
    bench.run(at(10))
    assert bench.put(announcement(due=None, revision=2)) == [("retract", "a", "hall")]
    assert bench.run(at(300)) == []


def test_begun_is_not_retracted():
    """What has been begun goes to its end whatever the hub says, and carries the base that it acted on."""
    bench = Bench(announcement(base=5))
    bench.run(at(10))
    bench.begin()
    assert bench.put(announcement(due=40, base=35, revision=2)) == []
    bench.finish()
    assert [result.base for _, result in bench.ledger.written] == [at(5), at(5)]
    assert bench.run(at(40)) == []


def test_nothing_twice_after_restart():
    """What was done before a restart is not offered again, though the hub has not heard of it."""
    bench = Bench(announcement())
    bench.run(at(10))
    bench.begin()
    bench.finish()
    bench.start()
    assert bench.run(at(11)) == []


def test_offered_but_not_begun_is_offered_again_after_restart():
    """An offer that was not begun when the process died is made again: nothing is lost."""
    bench = Bench(announcement())
    assert bench.run(at(10)) == [("offer", "a", "hall")]
    bench.start()
    assert bench.performer.works.keys() == {("a", "hall")}


def test_crash_between_begin_and_finish():
    """What was begun when the process died is interrupted, with the base it acted on, and never offered again."""
    bench = Bench(announcement(base=7))
    bench.run(at(10))
    bench.begin()
    bench.now = at(11)
    bench.start()
    assert bench.ledger.states() == [("a", "hall", "begun"), ("a", "hall", "interrupted")]
    assert bench.ledger.written[-1][1].base == at(7)
    assert bench.performer.works == {}
    bench.start()
    assert len(bench.ledger.written) == 2


def test_known_to_the_hub_is_not_offered():
    """A subsystem that lost its own memory does not do again what the hub knows to be done."""
    done = Result(target="hall", state=TaskState.DONE, at=at(10))
    bench = Bench(announcement(state=TaskState.BEGUN, targets=("hall", "platform-1"), results=(done,)))
    assert bench.run(at(10)) == [("offer", "a", "platform-1")]


def test_a_result_of_a_lost_target_is_in_nobodys_way():
    """What was done where the train was before leaves the new place to be done; back there, nothing is offered."""
    done = Result(target="hall", state=TaskState.DONE, at=at(10))
    bench = Bench(announcement(targets=("platform-1",), results=(done,)))
    assert bench.run(at(10)) == [("offer", "a", "platform-1")]
    back = announcement(revision=2, state=TaskState.DONE, targets=("hall",), results=(done,))
    assert bench.put(back) == [("retract", "a", "platform-1")]
    assert bench.executor.next_at() is None


def test_feed_limit():
    """A task that needs a young feed is held while the feed is older, and offered when it is fresh again."""
    bench = Bench(announcement(feed_limit=15, due=10, valid=60))
    bench.feed = FeedAge(fresh_at=at(-6))
    assert bench.run(at(10)) == []
    bench.feed = FRESH
    assert bench.run(at(11)) == [("offer", "a", "hall")]
    bench.feed = FeedAge(fresh_at=at(11))
    assert bench.run(at(12)) == []
    assert bench.executor.next_at() == at(26) + 1
    assert bench.run(at(26)) == []
    assert bench.run(Instant(at(26) + 1)) == [("retract", "a", "hall")]
    bench.feed = FeedAge()
    assert bench.run(at(27)) == []


def test_other_kinds_are_not_ours():
    """Tasks of kinds that the performer does not do are left alone."""
    bench = Bench(replace(announcement(), kind=TaskKind.DISPLAY))
    assert bench.run(at(10)) == []


def test_begin_without_offer_is_refused():
    """Beginning what was retracted or begun before is an error of the performer, and nothing is written."""
    bench = Bench(announcement())
    bench.run(at(10))
    work = bench.performer.works["a", "hall"]
    bench.put(announcement(revision=2, state=TaskState.WITHDRAWN))
    with pytest.raises(StationError, match="not on offer"):
        bench.executor.begin(work, bench.now)
    with pytest.raises(StationError, match="not on offer"):
        bench.executor.finish(work, TaskState.DONE, bench.now)
    assert bench.ledger.written == []


def test_finish_without_begin_reports_failure():
    """A work that could not even be begun may be finished as failed, and is not offered again."""
    bench = Bench(announcement())
    bench.run(at(10))
    bench.finish(state=TaskState.FAILED)
    assert bench.ledger.states() == [("a", "hall", "failed")]
    assert bench.run(at(11)) == []


def test_finish_needs_an_end():
    """Planned, expired and the like are not for an executor to say."""
    bench = Bench(announcement())
    bench.run(at(10))
    with pytest.raises(ValueError, match="expired"):
        bench.finish(state=TaskState.EXPIRED)


def test_performer_that_fails_in_offer_stops_nothing(capsys):
    """A performer's own fault fails that one work; the next is offered all the same."""
    bench = Bench(announcement("a"), announcement("b"))
    taken = bench.performer.offer

    def offer(work):
        if work.task.id == "a":
            raise RuntimeError("no such driver")
        taken(work)

    bench.performer.offer = offer
    assert bench.run(at(10)) == [("offer", "b", "hall")]
    assert bench.ledger.states() == [("a", "hall", "failed")]
    assert bench.ledger.written[0][1].detail == "RuntimeError: no such driver"
    assert "offer-failed" in capsys.readouterr().out


def test_performer_that_fails_in_retract_stops_nothing(capsys):
    """A fault in `retract` is logged; the work is off the list all the same and cannot be begun."""
    bench = Bench(announcement())
    bench.run(at(10))
    work = bench.performer.works["a", "hall"]

    def retract(work):
        raise RuntimeError("stuck")

    bench.performer.retract = retract
    bench.put(announcement(revision=2, state=TaskState.WITHDRAWN))
    assert "retract-failed" in capsys.readouterr().out
    with pytest.raises(StationError):
        bench.executor.begin(work, bench.now)


def test_performer_may_act_within_the_offer():
    """A performer that begins and finishes inside `offer` is served like any other."""
    bench = Bench(announcement("a"), announcement("b"))

    def offer(work):
        bench.executor.begin(work, bench.now)
        bench.executor.finish(work, TaskState.DONE, bench.now)

    bench.performer.offer = offer
    bench.run(at(10))
    assert [state for _, _, state in bench.ledger.states()] == ["begun", "done"] * 2


def test_forgetting():
    """What was done long ago is forgotten once its task is gone, and not before."""
    bench = Bench(announcement())
    bench.run(at(10))
    bench.begin()
    bench.finish()
    bench.executor.forget(at(60))
    assert bench.ledger.held
    bench.executor.remove("a")
    bench.executor.forget(at(10))
    assert bench.ledger.held
    bench.executor.forget(at(60))
    assert bench.ledger.held == {}


STEPS = st.one_of(
    st.tuples(st.just("time"), st.integers(0, 8), st.just(0)),
    st.tuples(st.just("put"), st.sampled_from("abc"), st.integers(0, 40)),
    st.tuples(st.just("withdraw"), st.sampled_from("abc"), st.just(0)),
    st.tuples(st.just("begin"), st.sampled_from("abc"), st.just(0)),
    st.tuples(st.just("finish"), st.sampled_from("abc"), st.just(0)),
    st.tuples(st.just("crash"), st.just("a"), st.just(0)),
)


@settings(max_examples=scaled(200), deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_nothing_twice_and_nothing_out_of_time(steps):
    """Under any sequence of updates, acts and crashes each work is begun at most once, in its time, and ends once."""
    bench = Bench()
    running: set[str] = set()
    for revision, (what, name, number) in enumerate(steps, 1):
        if what == "time":
            bench.run(Instant(bench.now + name * 60))
        elif what == "put":
            bench.put(announcement(name, due=number, revision=revision))
        elif what == "withdraw" and name in bench.tasks:
            bench.put(replace(bench.tasks[name], revision=revision, state=TaskState.WITHDRAWN))
        elif what == "begin" and (name, "hall") in bench.performer.works and name not in running:
            task = bench.tasks[name]
            assert task.due <= bench.now < task.valid_until
            assert task.state is TaskState.PLANNED
            bench.begin(name)
            running.add(name)
        elif what == "finish" and name in running:
            bench.finish(name)
            running.discard(name)
            del bench.performer.works[name, "hall"]
        elif what == "crash":
            running.clear()
            bench.start()
        next_at = bench.executor.next_at()
        assert next_at is None or next_at > bench.now
    for name in "abc":
        states = [state for task, _, state in bench.ledger.states() if task == name]
        assert states in ([], ["begun"], ["begun", "done"], ["begun", "interrupted"])
