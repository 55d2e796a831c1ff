"""The pipeline: order, batches, acknowledgement, and a database that comes and goes."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy.engine import URL

from hub.making import HandThread, begin, contents, made_hub, opened, run_sql, tick, worked
from stationmaster.hub import writer
from stationmaster.hub.batch import Batch
from stationmaster.hub.pipeline import FIRST_PAUSE_S, LONGEST_PAUSE_S, MOST_INPUTS, Committed
from stationmaster.hub.storage.store import Fenced, Loaded, Store, StoreDown
from stationmaster_base.errors import StationError
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskState


class Flaky(Store):
    """A store that is down so many times, before or after the commit went through."""

    opens = 0
    commits = 0
    after = False
    down_too = 0

    def open(self, tail: int, tail_size: int) -> Loaded:
        if self.opens:
            self.opens -= 1
            raise StoreDown("gone")
        return super().open(tail, tail_size)

    def commit(self, batch: Batch) -> None:
        if not self.commits:
            super().commit(batch)
            return
        self.commits -= 1
        if self.after:
            super().commit(batch)
        raise StoreDown("gone")

    def committed(self, batch: Batch) -> bool:
        if self.down_too:
            self.down_too -= 1
            raise StoreDown("still gone")
        return super().committed(batch)


def ids(committed: list[Committed]) -> list[str]:
    return [each.input_id for each in committed]


def test_inputs_are_committed_in_order_published_and_acknowledged(database: URL) -> None:
    """The state follows the inputs, each is one published entry, and each is acknowledged."""
    with made_hub(database) as hub:
        hub.open()
        done = hub.put(*begin(), tick(1))
        assert done == ids(hub.published) == ["configure/1", "plan/1", "grade/1", tick(1).id]
        assert contents(hub.pipeline.state) == contents(worked(*begin(), tick(1)))
        assert hub.pipeline.position.sequence == 4
        assert hub.pipeline.idle
        assert [each.stored.sequence for each in hub.published] == [1, 2, 3, 4]
        assert hub.published[-1].stored.hash == hub.pipeline.position.hash
    with opened(database) as found:
        assert contents(found.state) == contents(hub.pipeline.state)
        assert found.position == hub.pipeline.position


def test_nothing_is_visible_before_it_is_committed(database: URL) -> None:
    """While the writer has a batch, the old state and position hold, nothing is published, nothing acknowledged."""
    with made_hub(database, at_once=False) as hub:
        hub.open()
        hub.thread.run()
        before = hub.pipeline.state
        done = hub.put(*begin())
        idle: list[None] = []
        hub.pipeline.when_idle().addCallback(idle.append)
        assert (hub.pipeline.state is before, hub.published, done, idle) == (True, [], [], [])
        assert (hub.pipeline.waiting, hub.pipeline.idle) == (3, False)
        hub.thread.run()
        assert (len(done), idle, hub.pipeline.idle) == (3, [None], True)


def test_those_that_wait_go_as_one_batch(database: URL) -> None:
    """What comes while the writer is busy waits, and is one transaction afterwards."""
    with made_hub(database, at_once=False) as hub:
        hub.open()
        hub.thread.run()
        hub.put(*begin())
        hub.thread.run_one()
        hub.put(tick(1), tick(2))
        hub.put(tick(3))
        hub.thread.run()
        assert hub.metric("commits_total") == 3  # the first input, what came with it, and the rest
        assert hub.metric("batch_inputs_sum") == 6
        assert ids(hub.published)[-3:] == [tick(1).id, tick(2).id, tick(3).id]


def test_a_batch_is_bounded(database: URL) -> None:
    """However many inputs wait, no transaction takes more than its share, and all are committed."""
    with made_hub(database, at_once=False) as hub:
        hub.open()
        done = hub.put(*begin(), *(tick(minutes) for minutes in range(MOST_INPUTS)))
        hub.thread.run()
        assert len(done) == MOST_INPUTS + 3
        assert hub.metric("commits_total") == 2


def test_a_known_input_is_acknowledged_and_not_applied_again(database: URL) -> None:
    """An input that comes again after a restart is acknowledged without an entry; those beside it are applied."""
    with made_hub(database) as hub:
        hub.open().put(*begin(), tick(1))
    with made_hub(database, at_once=False) as hub:
        hub.open()
        done = hub.put(tick(1), tick(2), tick(2))
        hub.thread.run()
        assert done == [tick(1).id, tick(2).id, tick(2).id]
        assert ids(hub.published) == [tick(2).id]
        assert contents(hub.pipeline.state) == contents(worked(*begin(), tick(1), tick(2)))


def test_refused_inputs_are_published_as_notes_and_acknowledged(database: URL) -> None:
    """A refused input is acknowledged, so that nobody sends it for ever, and people are told."""
    result = Result(target="waiting-A", state=TaskState.DONE, at=tick(0).at)
    with made_hub(database) as hub:
        hub.open().put(*begin())
        done = hub.put(TaskResult(id="result/1", at=tick(0).at, task="none", result=result))
        assert done == ["result/1"]
        assert hub.published[-1].refused
        assert hub.metric("quarantined_total", kind="taskresult") == 1
        assert hub.metric("inputs_total", kind="plan") == 1


def test_inputs_wait_while_the_database_is_away(database: URL) -> None:
    """Nothing is acknowledged or lost while commits fail; pauses grow to a bound; one warning; then all is made up."""
    with made_hub(database, store=Flaky) as hub, structlog.testing.capture_logs() as logs:
        hub.open().put(*begin())
        hub.store.commits = 10
        done = hub.put(tick(1))
        done += hub.put(tick(2))
        assert "gone" in hub.pipeline.trouble
        pauses = []
        while hub.pipeline.waiting:
            (call,) = hub.reactor.getDelayedCalls()
            pauses.append(round(call.getTime() - hub.reactor.seconds(), 3))
            hub.reactor.advance(call.getTime() - hub.reactor.seconds())
        assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
        assert pauses[-1] == LONGEST_PAUSE_S
        assert len(pauses) == 10
        assert (hub.pipeline.trouble, hub.pipeline.idle) == ("", True)
        assert contents(hub.pipeline.state) == contents(worked(*begin(), tick(1), tick(2)))
        assert [line["event"] for line in logs] == ["store-down", "store-up"]


def test_an_unknown_outcome_is_settled_by_the_input(database: URL) -> None:
    """A commit that went through although it failed is found and not repeated, even if asking fails too."""
    with made_hub(database, store=Flaky) as hub:
        hub.open().put(*begin())
        hub.store.commits, hub.store.after, hub.store.down_too = 1, True, 2
        done = hub.put(tick(1))
        hub.reactor.pump([1.0] * 5)
        assert done == [tick(1).id]
        assert ids(hub.published) == ["configure/1", "plan/1", "grade/1", tick(1).id]
        assert hub.put(tick(2)) == [tick(2).id]
        position = hub.pipeline.position
    with opened(database) as found:
        assert found.position == position
        assert [entry.sequence for entry in found.tail] == [1, 2, 3, 4, 5]


def test_a_database_that_is_away_at_the_start_is_waited_for(database: URL) -> None:
    """Opening is tried again until it works, and what was put in meanwhile follows."""
    with made_hub(database, store=Flaky) as hub:
        hub.store.opens = 3
        hub.open()
        done = hub.put(*begin())
        assert (hub.loaded, done) == ([], [])
        hub.reactor.pump([0.5] * 4)
        assert len(hub.loaded) == 1
        assert len(done) == 3


def test_a_fenced_hub_ends(database: URL) -> None:
    """When another hub has the database, the hub is told to end, acknowledges nothing, and stops without waiting."""
    with made_hub(database) as hub:
        hub.open().put(*begin())
        run_sql(database, "UPDATE head SET token = token + 1")
        done = hub.put(tick(1))
        assert [type(error) for error in hub.failures] == [Fenced]
        assert done == []
        assert hub.put(tick(2)) == []
        stopped: list[None] = []
        hub.pipeline.stop().addCallback(stopped.append)
        assert stopped == [None]


def test_a_fault_of_ours_ends_the_hub_with_a_message(database: URL) -> None:
    """Anything unexpected in the writer ends the hub with a stable code; it does not run on half dead."""

    class Broken(Store):
        def commit(self, batch: Batch) -> None:
            raise ZeroDivisionError

    with made_hub(database, store=Broken) as hub, structlog.testing.capture_logs() as logs:
        hub.open().put(*begin())
        assert [error.code for error in hub.failures] == ["hub-fault"]
        assert [line["event"] for line in logs] == ["pipeline-failed"]


def test_a_failing_listener_stops_neither_the_others_nor_the_pipeline(database: URL) -> None:
    """An exception of one who is told is logged; everyone else is told, and the inputs are acknowledged."""
    with made_hub(database) as hub, structlog.testing.capture_logs() as logs:

        def fail(committed: object) -> None:
            raise ZeroDivisionError

        told: list[Committed] = []
        hub.pipeline.on_commit(fail)
        hub.pipeline.on_commit(told.extend)
        done = hub.open().put(*begin())
        assert (len(done), len(told)) == (3, 3)
        assert {line["event"] for line in logs} == {"listener-failed"}


def test_stopping_finishes_what_the_writer_has(database: URL) -> None:
    """Stop lets the batch in hand be committed and acknowledged; what only waited stays unacknowledged."""
    with made_hub(database, at_once=False) as hub:
        hub.open()
        hub.thread.run()
        first = hub.put(begin()[0])
        rest = hub.put(*begin()[1:])
        stopped: list[None] = []
        hub.pipeline.stop().addCallback(stopped.append)
        assert stopped == []
        hub.thread.run()
        assert (first, rest, stopped) == (["configure/1"], [], [None])


def test_stopping_while_the_database_is_away_does_not_wait(database: URL) -> None:
    """A hub without its database can be ended at once."""
    with made_hub(database, store=Flaky) as hub:
        hub.open()
        hub.store.commits = 5
        done = hub.put(*begin())
        stopped: list[None] = []
        hub.pipeline.stop().addCallback(stopped.append)
        assert (stopped, done) == ([None], [])
        assert hub.reactor.getDelayedCalls() == []


def test_entries_are_kept_for_those_who_resume(database: URL) -> None:
    """Entries after a sequence come in order, none at the head, None ahead of it; also after a restart."""
    with made_hub(database) as hub:
        hub.open().put(*begin(), tick(1))
        expected = [each.stored for each in hub.published]
    with made_hub(database) as again:
        again.open()
        for pipeline in (hub.pipeline, again.pipeline):
            assert pipeline.entries_after(0) == tuple(expected)
            assert pipeline.entries_after(3) == tuple(expected[3:])
            assert pipeline.entries_after(4) == ()
            assert pipeline.entries_after(5) is None


def test_entries_too_far_back_are_not_kept(database: URL) -> None:
    """What is no longer in memory is None, so that the subscriber gets a snapshot instead."""
    with made_hub(database) as hub:
        hub.open()
        hub.pipeline._remember = lambda _: None  # type: ignore[method-assign]  # as if all had been dropped
        hub.put(*begin())
        assert hub.pipeline.entries_after(1) is None
        assert hub.pipeline.entries_after(3) == ()


def test_the_hand_thread_is_a_thread() -> None:
    """The tests' own thread runs one thing after the other and passes failures on."""
    thread = HandThread(at_once=False)
    results: list[object] = []
    thread(lambda: 1).addCallback(results.append)
    thread(lambda: 1 // 0).addErrback(lambda failure: results.append(failure.type))
    assert results == []
    thread.run()
    assert results == [1, ZeroDivisionError]


def test_station_errors_of_the_store_end_the_hub(database: URL) -> None:
    """A store that is damaged is for a person: the hub ends with its message."""

    class Damaged(Store):
        def open(self, tail: int, tail_size: int) -> Loaded:
            raise StationError("store-damaged", "It is broken.", "Restore a backup.")

    with made_hub(database, store=Damaged) as hub:
        hub.open()
        assert [error.code for error in hub.failures] == ["store-damaged"]


def test_memory_of_a_large_batch_is_given_back_when_the_next_one_begins(
    database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nobody holds its texts any more. Small ones are nothing to speak of; what was read at the start is."""
    given_back: list[int] = []
    with made_hub(database) as hub:
        monkeypatch.setattr(writer, "give_back", lambda: given_back.append(hub.pipeline.position.sequence))
        hub.open()
        hub.put(*begin())
        assert given_back == [0]
        hub.put(tick(1))
        assert given_back == [0]
        monkeypatch.setattr(writer, "LARGE", 1)
        hub.put(tick(2))
        monkeypatch.undo()
        monkeypatch.setattr(writer, "give_back", lambda: given_back.append(hub.pipeline.position.sequence))
        hub.put(tick(3))
        hub.put(tick(4))
        assert given_back == [0, 5]
