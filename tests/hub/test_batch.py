"""Working inputs that waited together through the kernel."""

from __future__ import annotations

import structlog

from hub.making import START, begin, contents, tick, worked
from stationmaster.hub.batch import QUARANTINED, prepare
from stationmaster.hub.storage.journal import entry_hash, first_hash
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.inputs import Feed, Input, TaskResult
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.messages import Position
from support.small_station import at, record

BASE = Position(epoch="e", sequence=41, hash=first_hash("e"))
EMPTY = State.empty(START)


def test_each_input_is_one_entry_bound_to_the_one_before() -> None:
    """Sequences count on from the base, and each entry's hash covers the hash before it."""
    batch = prepare(EMPTY, BASE, (*begin(), tick(1)), ())
    assert [entry.sequence for entry in batch.entries] == [42, 43, 44, 45]
    assert [entry.input_id for entry in batch.entries] == [item.id for item in (*begin(), tick(1))]
    previous = BASE.hash
    for entry in batch.entries:
        assert entry.previous == previous
        previous = entry.hash
        assert entry.hash == entry_hash(
            entry.previous, entry.sequence, entry.input_id, entry.changes_text, entry.notes_text
        )
    assert batch.head == Position(epoch="e", sequence=45, hash=previous)
    assert contents(batch.state) == contents(worked(*begin(), tick(1)))
    assert State.empty(START) == EMPTY


def test_the_rows_are_the_last_word_on_each_resource() -> None:
    """However often a resource was put, it is written once, in its last revision; a deleted one is deleted."""
    inputs = (*begin()[:2], *(tick(minutes) for minutes in range(0, 60 * 48, 30)))  # no feed: the call has an end
    batch = prepare(EMPTY, BASE, inputs, ())
    state = worked(*inputs)
    assert not state.calls, "the call has been dropped by then"
    rows = {(row.kind, row.id): row.revision for row in batch.rows}
    assert len(rows) == len(batch.rows)
    assert rows == {key: resource.revision for key, resource in contents(state).items()}
    assert {kind for kind, _ in batch.deletes} == {"call", "task"}
    assert not rows.keys() & set(batch.deletes)


def test_what_is_known_or_came_twice_is_left_out() -> None:
    """An input whose id was committed, or that is in the batch already, makes no entry."""
    batch = prepare(worked(*begin()), BASE, (begin()[0], tick(1), tick(1)), {"configure/1"})
    assert [entry.input_id for entry in batch.entries] == [tick(1).id]


def test_a_feed_without_news_makes_no_entry() -> None:
    """Records that say what is known are left out, and an input of nothing else makes no entry."""
    state = worked(*begin())
    late = record(expected_departure=at("08:30"))
    feed = Feed(id="feed/1", at=START, records=(record(), late))
    again = Feed(id="feed/2", at=START, records=(late,))
    batch = prepare(state, BASE, (feed, again), ())
    assert [entry.input_id for entry in batch.entries] == ["feed/1"]
    nothing = prepare(batch.state, batch.head, (Feed(id="feed/3", at=START, records=(late,)),), ())
    assert (nothing.entries, nothing.head, nothing.state) == ((), batch.head, batch.state)


def test_what_is_taken_back_in_the_same_breath_is_news() -> None:
    """A record that says what is known is news after another of its train in one feed."""
    late = record(expected_departure=at("08:30"))
    feed = Feed(id="feed/1", at=START, records=(late,))
    state = prepare(worked(*begin()), BASE, (feed,), ()).state
    both = Feed(id="feed/2", at=START, records=(record(expected_departure=at("08:40")), late))
    batch = prepare(state, BASE, (both,), ())
    (call,) = batch.state.calls.values()
    assert call.departure is not None
    assert call.departure.expected == at("08:30")
    assert contents(batch.state) == contents(worked(*begin(), feed, both))


def test_a_refused_input_is_set_aside_with_its_reason() -> None:
    """What the kernel refuses is an entry with a note and no changes, and the inputs after it are worked as usual."""
    result = Result(target="waiting-A", state=TaskState.DONE, at=START)
    bad = TaskResult(id="result/1", at=START, task="none", result=result)
    batch = prepare(worked(*begin()), BASE, (bad, tick(1)), ())
    refused, taken = batch.entries
    assert refused.refused
    assert not taken.refused
    assert refused.changes.puts == refused.changes.deletes == ()
    (note,) = refused.changes.notes
    assert (note.code, note.subject) == (QUARANTINED, "result/1")
    assert dict(note.detail) == {
        "reason": "result-of-no-task",
        "message": "There is no task none.",
        "hint": "It may have been dropped with its call.",
    }
    assert contents(batch.state) == contents(worked(*begin(), tick(1)))


def test_a_failing_kernel_does_not_stop_the_pipeline() -> None:
    """An exception of the kernel's sets that one input aside, loudly."""

    def kernel(state: State, given: Input) -> tuple[State, Changes]:
        if given.id == tick(1).id:
            raise ZeroDivisionError("by zero")
        return step(state, given)

    with structlog.testing.capture_logs() as logs:
        batch = prepare(worked(*begin()), BASE, (tick(1), tick(2)), (), kernel)
    assert [entry.refused for entry in batch.entries] == [True, False]
    assert dict(batch.entries[0].changes.notes[0].detail) == {
        "reason": "kernel-failed",
        "message": "ZeroDivisionError: by zero",
    }
    assert [(line["event"], line["log_level"]) for line in logs] == [("kernel-failed", "error")]
    assert contents(batch.state) == contents(worked(*begin(), tick(2)))
