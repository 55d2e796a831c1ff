"""Replay: every entry again, byte for byte, on every kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.journalled import BACKWARDS, archive, journal, morning, run_sql, write
from hub.making import START, begin, tick
from stationmaster.hub.storage.archive import Line
from stationmaster.hub.storage.checkpoint import Checkpoint, save_now
from stationmaster.hub.storage.journal import Written
from stationmaster.hub.storage.replay import Part, Replayed, replay
from stationmaster_base.errors import StationError
from stationmaster_kernel.changes import Changes, Note
from stationmaster_kernel.inputs import GradeFeed, Input, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade


def replayed(url: URL, **more: Any) -> Replayed:
    """What a replay of the whole journal says."""
    with archive(url) as found:
        return replay(found.lines(), **more)


def lines_of(url: URL) -> list[Line]:
    """All lines of a journal."""
    with archive(url) as found:
        return list(found.lines())


def test_a_day_is_replayed_byte_for_byte(database: URL) -> None:
    """Every input of a morning, one refused among them, leads to the very texts and hashes that were journalled."""
    inputs = morning()
    with journal(database, *inputs) as made:
        position = made.position
    told: list[Written] = []
    found = replayed(database, told=told.append)
    assert found.difference is None
    assert found.end == position
    assert (found.entries, found.refused, found.epochs) == (len(inputs), 1, 0)
    assert [entry.input_id for entry in told] == [given.id for given in inputs]
    assert all(entry.intact for entry in told)


def test_a_refused_input_is_refused_again_with_the_same_note(database: URL) -> None:
    """It counts as replayed when it is refused, and what it was refused for is compared."""
    write(database, *begin(), tick(1), BACKWARDS)
    entry = lines_of(database)[-1]
    assert isinstance(entry, Written)
    assert entry.refused
    assert "tick-backwards" in entry.notes_text
    found = replayed(database)
    assert (found.difference, found.refused) == (None, 1)
    run_sql(database, "UPDATE journal SET refused = 0 WHERE sequence = 5")
    difference = replayed(database).difference
    assert difference is not None
    assert (difference.part, difference.journalled, difference.replayed) == (Part.OUTCOME, "taken", "refused")


def test_an_input_on_which_the_kernel_failed_is_replayed_as_such(database: URL) -> None:
    """A fault of ours is journalled as a refusal, and the same fault gives the same entry."""

    def faulty(state: State, given: Input) -> tuple[State, Changes]:
        if isinstance(given, GradeFeed):
            raise ValueError("no grade today")
        return step(state, given)

    write(database, *begin(), tick(1), kernel=faulty)
    found = replayed(database, kernel=faulty)
    assert (found.difference, found.refused, found.entries) == (None, 1, 4)
    difference = replayed(database).difference
    assert difference is not None
    assert (difference.sequence, difference.part) == (3, Part.OUTCOME)


def test_the_first_difference_is_told_with_both_texts(database: URL) -> None:
    """A kernel that decides otherwise at one input is found at just this input."""
    write(database, *morning())

    def other(state: State, given: Input) -> tuple[State, Changes]:
        state, changes = step(state, given)
        if given.id == "feed/1":
            changes = replace(changes, notes=(*changes.notes, Note(code="new", subject="x")))
        return state, changes

    found = replayed(database, kernel=other)
    difference = found.difference
    assert difference is not None
    assert (difference.input_id, difference.input_kind, difference.part) == ("feed/1", "feed", Part.NOTES)
    assert (difference.journalled, difference.replayed) == ("[]", '[{"code":"new","subject":"x"}]')
    assert difference.intact
    assert found.entries == difference.sequence - 1


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ('UPDATE journal SET changes = \'{"puts":[],"deletes":[]}\' WHERE sequence = 2', Part.CHANGES),
        ("UPDATE journal SET notes = '[]' WHERE sequence = 3", Part.NOTES),
        ("UPDATE journal SET hash = 'x' WHERE sequence = 4", Part.HASH),
        ("UPDATE journal SET previous = 'x' WHERE sequence = 4", Part.CHAIN),
        ("DELETE FROM journal WHERE sequence = 3", Part.ORDER),
        ("UPDATE input SET body = '{}' WHERE sequence = 4", Part.INPUT),
        ("UPDATE input SET body = 'x' WHERE sequence = 4", Part.INPUT),
        ("UPDATE input SET kind = 'x' WHERE sequence = 4", Part.INPUT),
        ("DELETE FROM input WHERE sequence = 4", Part.INPUT),
    ],
)
def test_whatever_was_changed_in_the_database_is_found(database: URL, statement: str, part: Part) -> None:
    """A journal that is not what was written differs, wherever it was changed."""
    write(database, *begin(), tick(1), tick(2))
    run_sql(database, statement)
    difference = replayed(database).difference
    assert difference is not None
    assert difference.part is part
    if part in (Part.CHANGES, Part.NOTES, Part.HASH, Part.CHAIN):
        assert not difference.intact


def test_a_restart_does_not_show_in_a_journal(database: URL) -> None:
    """A hub that reads its state back goes on exactly as the kernel that never stopped."""
    inputs = morning()
    for start in range(0, len(inputs), 40):
        write(database, *inputs[start : start + 40])
    found = replayed(database)
    assert (found.difference, found.entries) == (None, len(inputs))


def test_replay_begins_at_a_checkpoint_and_compares_the_others(database: URL) -> None:
    """From the last one before a time; later ones must hold what the entries add up to."""
    inputs = morning()
    with journal(database) as made:
        for number, given in enumerate(inputs, 1):
            made.put(given)
            if number in (50, 150):
                with made.store.keeping() as connection:
                    save_now(connection)
    assert (replayed(database).checkpoints, replayed(database).entries) == (2, len(inputs))
    with archive(database) as found:
        later = replay(found.lines(tick(60).at))
        assert later.difference is None
        assert later.begin is not None
        assert (later.begin.sequence, later.entries, later.checkpoints) == (50, len(inputs) - 50, 1)
        latest = replay(found.lines(inputs[-1].at))
        assert (latest.entries, latest.difference) == (len(inputs) - 150, None)


def test_a_checkpoint_that_holds_something_else_is_found(database: URL) -> None:
    """One whose state is not what the journal says, and one that stands at another hash."""
    with journal(database, *begin(), tick(1)) as made, made.store.keeping() as connection:
        save_now(connection)
    lines = lines_of(database)
    mark = lines[-1]
    assert isinstance(mark, Checkpoint)
    assert replay(lines).difference is None
    without = replay([*lines[:-1], replace(mark, rows=mark.rows[1:])]).difference
    assert without is not None
    assert (without.part, without.sequence, without.input_id) == (Part.STATE, 4, "")
    assert without.journalled.endswith("is not there")
    elsewhere = replay([*lines[:-1], replace(mark, position=replace(mark.position, hash="x"))]).difference
    assert elsewhere is not None
    assert elsewhere.part is Part.CHAIN


def test_a_new_epoch_is_replayed_from_the_state_with_which_it_began(database: URL) -> None:
    """After a database was put back to an earlier state, replay goes on with what the hub found there."""
    write(database, *begin(), tick(1), tick(2))
    run_sql(
        database,
        "DELETE FROM journal WHERE sequence = 5",
        "DELETE FROM input WHERE sequence = 5",
    )
    write(database, tick(3), tick(4), epoch="epoch-2")
    found = replayed(database)
    assert found.difference is None
    assert (found.entries, found.epochs) == (6, 1)
    assert found.end is not None
    assert (found.end.epoch, found.end.sequence) == ("epoch-2", 7)
    with archive(database) as there:
        later = replay(there.lines(tick(4).at))
    assert (later.entries, later.difference) == (2, None)


def test_a_journal_may_be_read_while_a_hub_writes_it(database: URL) -> None:
    """Reading neither waits for the hub nor keeps it waiting, and sees whole batches."""
    with journal(database, *begin()) as made, archive(database) as found:
        lines = found.lines()
        first = next(lines)
        assert isinstance(first, Checkpoint)
        made.put(tick(1), tick(2))
        seen = [line.input_id for line in lines if isinstance(line, Written)]
        made.put(tick(3))
        assert seen[:3] == [given.id for given in begin()]
        assert replay(found.lines()).entries == 6


def test_an_empty_journal_is_empty(database: URL) -> None:
    """Nothing was ever put in: there is nothing to replay, and nothing wrong."""
    write(database)
    assert replayed(database) == Replayed()


def test_what_is_no_journal_is_said(sqlite_database: URL) -> None:
    """A missing file is not made, and a file of another kind or version is named."""
    with pytest.raises(StationError, match="no database"), archive(sqlite_database):
        pass
    assert sqlite_database.database is not None
    run_sql(sqlite_database, "CREATE TABLE other (x)")
    with pytest.raises(StationError, match="no hub's journal"), archive(sqlite_database):
        pass


def test_a_journal_cut_under_the_reader_is_said(database: URL) -> None:
    """When entries that were to be read next are gone, and a later checkpoint is there, that is no difference."""
    with journal(database, *begin()) as made:
        for minutes in range(1, 800):
            made.put(tick(minutes))
        with made.store.keeping() as connection:
            save_now(connection)
        with archive(database) as found:
            lines = found.lines()
            next(lines), next(lines)
            run_sql(database, "DELETE FROM journal WHERE sequence <= 700", "DELETE FROM input WHERE sequence <= 700")
            with pytest.raises(StationError, match="cut off"):
                list(lines)


def test_a_journal_without_its_beginning_is_said(database: URL) -> None:
    """Without a checkpoint, a journal that does not begin at the beginning cannot be replayed."""
    write(database, *begin(), tick(1))
    run_sql(database, "DELETE FROM journal WHERE sequence = 1")
    with archive(database) as found, pytest.raises(StationError, match="begins with entry 2"):
        list(found.lines())


def test_a_replay_needs_a_beginning() -> None:
    """Entries alone are a fault of the caller."""
    entry = Written(
        sequence=1,
        epoch="e",
        previous="",
        hash="",
        at=START,
        refused=False,
        input_id="tick/1",
        input_kind="tick",
        input_text="{}",
        changes_text="{}",
        notes_text="[]",
    )
    with pytest.raises(ValueError, match="checkpoint"):
        replay([entry])


def test_a_tick_and_a_grade_that_were_taken_before_a_station_existed(database: URL) -> None:
    """What a hub without a station took or refused is replayed too."""
    write(database, Tick(id="tick/early", at=START), GradeFeed(id="g", at=START, grade=FeedGrade.FRESH), *begin()[1:])
    found = replayed(database)
    assert (found.difference, found.entries) == (None, 4)
