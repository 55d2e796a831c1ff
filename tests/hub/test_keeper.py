"""Checkpoints and the cutting of the journal, on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from structlog.testing import capture_logs

from hub.journalled import archive, morning, run_sql, write
from hub.making import START, HandThread, MadeHub, begin, contents, made_hub, tick
from stationmaster.hub.history import look_back
from stationmaster.hub.storage import compaction, keeper
from stationmaster.hub.storage.checkpoint import Checkpoint, Packed, pack, read_packed, save, unpack
from stationmaster.hub.storage.compaction import cut_some, entry_to_cut_at
from stationmaster.hub.storage.journal import Row
from stationmaster.hub.storage.keeper import JournalKeeper, night_of
from stationmaster.hub.storage.replay import replay
from stationmaster.hub.storage.schema import CHECKPOINT, INPUT, JOURNAL
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Tick
from stationmaster_protocol.messages import Position
from support.small_station import ZONE, at

DAY_MINUTES = 24 * 60
HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is in the tables: first and last sequence, and how many rows."""

    journal: tuple[int, int, int]
    inputs: tuple[int, int, int]
    checkpoints: tuple[int, ...]


@dataclass
class Keeping:
    """A hub's pipeline with its keeper."""

    hub: MadeHub
    keeper: JournalKeeper
    reader: HandThread

    def put(self, *inputs: Any) -> None:
        """Put inputs in, one after the other, and let everything that follows happen."""
        for each in inputs:
            self.hub.put(each)
            for _ in range(400):
                self.hub.reactor.advance(1)

    def tables(self) -> Kept:
        """What is kept."""
        with self.hub.store.keeping() as connection:

            def extent(column: Any) -> tuple[int, int, int]:
                first, last, count = connection.execute(
                    select(func.min(column), func.max(column), func.count(column))
                ).one()
                return first or 0, last or 0, count

            marks = connection.execute(select(CHECKPOINT.c.sequence).order_by(CHECKPOINT.c.sequence)).scalars().all()
            return Kept(journal=extent(JOURNAL.c.sequence), inputs=extent(INPUT.c.sequence), checkpoints=tuple(marks))


@contextmanager
def keeping(url: URL, keep_days: int = 1, *, first: Sequence[Any] = begin(), at_once: bool = True) -> Iterator[Keeping]:
    """A pipeline whose journal is kept for so many days."""
    with made_hub(url) as hub:
        hub.open()
        reader = HandThread(at_once=at_once)
        made = JournalKeeper(
            store=hub.store,
            url=url,
            in_writer=hub.thread,
            in_reader=reader,
            reactor=hub.reactor,
            zone=ZONE,
            keep_days=keep_days,
            state=lambda: hub.pipeline.state,
        )
        hub.pipeline.on_commit(made.committed)
        begun: list[None] = []
        made.begin().addCallback(begun.append)
        assert begun == [None]
        keeping = Keeping(hub=hub, keeper=made, reader=reader)
        keeping.put(*first)
        yield keeping


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits small enough for a short journal."""
    monkeypatch.setattr(compaction, "KEPT_ENTRIES", 5)


def test_there_is_a_checkpoint_each_night(database: URL) -> None:
    """With the first entries, since there is none, and then with the first entry after 3 o'clock of each day."""
    with keeping(database) as kept:
        assert kept.tables().checkpoints == (1,)
        kept.put(*(tick(minutes) for minutes in range(0, 3 * DAY_MINUTES, HOUR)))
        with kept.hub.store.keeping() as connection:
            moments = connection.execute(select(CHECKPOINT.c.at).order_by(CHECKPOINT.c.sequence)).scalars().all()
        assert moments == [START, at("03:00", 1), at("03:00", 2), at("03:00", 3)]
    with archive(database) as found:
        replayed = replay(found.lines())
    assert (replayed.difference, replayed.checkpoints, replayed.entries) == (None, 4, 75)


def test_there_is_a_checkpoint_after_many_entries(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """By day too, so that no question has to replay more."""
    monkeypatch.setattr(keeper, "MOST_ENTRIES", 10)
    with keeping(database) as kept:
        kept.put(*(tick(minutes) for minutes in range(30)))
        assert kept.tables().checkpoints == (1, 11, 21, 31)


def test_a_hub_that_starts_takes_a_checkpoint_only_if_it_needs_one(
    database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is none, as in a journal from before there were any, and where another version goes on."""
    write(database, *begin(), tick(1))
    for minutes in (2, 3):
        with keeping(database, first=()) as kept:
            assert kept.tables().checkpoints == (4,)
        write(database, tick(minutes))
    monkeypatch.setattr(keeper, "software", lambda: "next")
    monkeypatch.setattr("stationmaster.hub.storage.checkpoint.software", lambda: "next")
    with keeping(database, first=()) as kept:
        assert kept.tables().checkpoints == (4, 6)
    with archive(database) as found:
        assert replay(found.lines()).difference is None


def test_a_checkpoint_is_what_the_database_holds(database: URL) -> None:
    """Its rows are those of the resources, and its state is the kernel's."""
    state = write(database, *morning())
    with archive(database) as found:
        before = next(iter(found.lines()))
    assert isinstance(before, Checkpoint)
    assert not before.rows
    with keeping(database, first=()) as kept:
        with kept.hub.store.keeping() as connection:
            packed = read_packed(connection)
        assert packed is not None
        mark = packed.opened()
        assert mark.position == kept.hub.pipeline.position
        assert mark.at == state.facts.now
        assert contents(mark.state()) == contents(state)


def test_old_entries_go_and_the_rest_is_still_proved(database: URL, few: None) -> None:
    """What is older than a day goes up to a checkpoint; replay and history go on from there."""
    with keeping(database) as kept:
        kept.put(*(tick(minutes) for minutes in range(0, 4 * DAY_MINUTES, HOUR)))
        tables = kept.tables()
        head = kept.hub.pipeline.position.sequence
    assert tables.checkpoints[0] > 1
    assert tables.journal == (tables.checkpoints[0] + 1, head, head - tables.checkpoints[0])
    assert tables.inputs == (1, head, head)
    with archive(database) as found:
        replayed = replay(found.lines())
        assert replayed.difference is None
        assert replayed.begin is not None
        assert (replayed.begin.sequence, replayed.entries) == (tables.checkpoints[0], tables.journal[2])
        assert look_back(found, at("06:00", 3), boards=("hall-1",)).boards[0].rows == ()
        with pytest.raises(StationError, match="journal begins at"):
            look_back(found, at("08:00"), boards=("hall-1",))


def test_ids_stay_longer_than_entries(database: URL, few: None) -> None:
    """Inputs of the last fourteen days are known, and none of them is applied again; older ones go."""
    with keeping(database) as kept:
        kept.put(*(tick(minutes) for minutes in range(0, 10 * DAY_MINUTES, 6 * HOUR)))
        assert kept.tables().inputs[0] == 1
        kept.put(*(tick(minutes) for minutes in range(10 * DAY_MINUTES, 17 * DAY_MINUTES, 6 * HOUR)))
        first = kept.tables().inputs[0]
        assert kept.tables().journal[0] > first > 1
        head = kept.hub.pipeline.position
        old = tick(14 * DAY_MINUTES)
        done = kept.hub.put(old)
        assert done == [old.id]
        assert kept.hub.pipeline.position == head


def test_a_tick_whose_id_is_gone_is_refused(database: URL, few: None) -> None:
    """What comes again after its id is gone does no harm: a tick of the past goes backwards."""
    with keeping(database) as kept:
        kept.put(*(tick(minutes) for minutes in range(0, 20 * DAY_MINUTES, 6 * HOUR)))
        state = kept.hub.pipeline.state
        kept.put(tick(6 * HOUR))
        assert kept.hub.published[-1].refused
        assert kept.hub.pipeline.state == state


def test_the_last_entries_stay_however_old(database: URL) -> None:
    """A hub that was off for a year finds what it compares its head with, and the ids of what was open."""
    year = 365 * DAY_MINUTES
    with keeping(database) as kept:
        kept.put(*(tick(minutes) for minutes in range(20)), *(tick(year + minutes) for minutes in range(0, 5000, 100)))
        assert kept.tables().journal[0] == 1
        assert kept.tables().inputs[0] == 1


def test_nothing_is_cut_that_is_to_be_kept(database: URL, few: None) -> None:
    """With 90 days to keep, four days stay whole."""
    with keeping(database, keep_days=90) as kept:
        kept.put(*(tick(minutes) for minutes in range(0, 4 * DAY_MINUTES, HOUR)))
        assert kept.tables().journal[0] == 1


def test_cutting_takes_small_turns(database: URL, few: None) -> None:
    """Each transaction deletes no more rows than one piece, and the pipeline's inputs come in between."""
    write(database, *begin(), *(tick(minutes) for minutes in range(600)))
    with keeping(database, first=()) as kept:
        kept.hub.put(*(tick(minutes) for minutes in range(600, 606)))
        kept.hub.put(Tick(id="late", at=Instant(at("04:00", 3))))
        kept.hub.reactor.advance(0)
        after = [kept.tables().journal[2]]
        ids = []
        for number in range(20):
            ids += kept.hub.put(tick(4 * DAY_MINUTES + number))
            kept.hub.reactor.advance(keeper.PAUSE_S)
            after.append(kept.tables().journal[2])
        assert len(ids) == 20
    assert after[0] == 610 - compaction.PIECE
    assert all(before - now <= compaction.PIECE for before, now in pairwise(after))
    assert after[-1] == 20


def test_a_database_that_fails_is_tried_again_later(sqlite_database: URL) -> None:
    """What keeps the journal fails quietly, the hub goes on, and minutes later there is the checkpoint."""
    with keeping(sqlite_database) as kept:
        run_sql(sqlite_database, "ALTER TABLE checkpoint RENAME TO away")
        with capture_logs() as logs:
            kept.put(tick(DAY_MINUTES))
        assert [each["event"] for each in logs if each["log_level"] == "warning"] == ["journal-not-kept"]
        run_sql(sqlite_database, "ALTER TABLE away RENAME TO checkpoint")
        kept.put(tick(DAY_MINUTES + 1))
        assert kept.tables().checkpoints == (1,)
        kept.put(tick(DAY_MINUTES + 11))
        assert kept.tables().checkpoints == (1, 6)
        assert not kept.hub.failures


def test_a_database_that_fails_at_the_start_does_not_keep_the_hub_down(sqlite_database: URL) -> None:
    """The hub begins without a checkpoint, and takes one later."""
    write(sqlite_database, *begin())
    with made_hub(sqlite_database) as hub:
        hub.open()
        run_sql(sqlite_database, "ALTER TABLE checkpoint RENAME TO away")
        made = JournalKeeper(
            store=hub.store,
            url=sqlite_database,
            in_writer=hub.thread,
            in_reader=HandThread(),
            reactor=hub.reactor,
            zone=ZONE,
            keep_days=1,
            state=lambda: hub.pipeline.state,
        )
        hub.pipeline.on_commit(made.committed)
        with capture_logs() as logs:
            made.begin()
        assert [each["event"] for each in logs] == ["journal-not-kept"]
        run_sql(sqlite_database, "ALTER TABLE away RENAME TO checkpoint")
        hub.put(tick(1))
        hub.put(tick(20))
        with hub.store.keeping() as connection:
            assert connection.execute(select(CHECKPOINT.c.sequence)).scalars().all() == [5]


def test_stopping_waits_for_nothing_and_begins_nothing(database: URL) -> None:
    """A keeper that is stopped in the middle lets go, and what the reader still brings is not written."""
    with keeping(database, at_once=False, first=()) as kept:
        kept.hub.put(*begin())
        assert kept.reader.waiting
        stopped: list[None] = []
        kept.keeper.stop().addCallback(stopped.append)
        assert stopped == [None]
        kept.hub.put(tick(DAY_MINUTES))
        assert kept.tables().checkpoints == ()
        kept.keeper.stop().addCallback(stopped.append)
        assert len(stopped) == 2


def test_a_checkpoint_of_another_epoch_is_not_written(database: URL) -> None:
    """What was read before the database was begun anew does not come into the new journal."""
    with keeping(database, at_once=False, first=()) as kept:
        kept.hub.put(*begin())
        function, done = kept.reader.waiting.pop()
        packed = function()
        assert isinstance(packed, Packed)
        other = Position(epoch="other", sequence=packed.position.sequence, hash="x")
        done.callback(Packed(position=other, at=packed.at, software="", state=packed.state))
        assert kept.tables().checkpoints == ()


def test_a_checkpoint_is_written_once(database: URL) -> None:
    """A second one at the same place changes nothing."""
    write(database, *begin())
    with made_hub(database) as hub:
        hub.open()
        with hub.store.keeping() as connection:
            packed = read_packed(connection)
            assert packed is not None
            assert save(connection, packed)
            assert not save(connection, packed)
            assert entry_to_cut_at(connection, Instant(0)) is None
            assert cut_some(connection, 0, Instant(0)) == 0


def test_a_damaged_checkpoint_is_said(database: URL) -> None:
    """A person learns which one it is."""
    with keeping(database):
        pass
    with made_hub(database) as hub:
        hub.open()
        with hub.store.keeping() as connection:
            connection.execute(CHECKPOINT.update().values(state=b"x"))
    with archive(database) as found, pytest.raises(StationError, match="checkpoint at entry 1 cannot be read"):
        list(found.lines(at("12:00", 5)))


def test_the_night_begins_at_three() -> None:
    """Local time, on days on which the clock changes too."""
    berlin = ZoneInfo("Europe/Berlin")
    assert night_of(at("02:59", 1), ZONE) == date(2026, 3, 1)
    assert night_of(at("03:00", 1), ZONE) == date(2026, 3, 2)
    assert night_of(Instant(1774746000 - MINUTE), berlin) == date(2026, 3, 28)
    assert night_of(Instant(1774746000 + 2 * 60 * MINUTE), berlin) == date(2026, 3, 29)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(TEXT, TEXT, st.integers(0, 2**60)), max_size=5))
def test_rows_come_back_from_a_checkpoint(items: list[tuple[str, str, int]]) -> None:
    """Whatever their ids are."""
    rows = [Row(kind=kind, id=item, revision=number, body="{}") for kind, item, number in items]
    assert list(unpack(pack(rows))) == rows


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader_of_a_checkpoint(state: bytes) -> None:
    """Any bytes are rows, or a message."""
    packed = Packed(position=Position(epoch="e", sequence=1, hash="h"), at=Instant(0), software="", state=state)
    with pytest.raises(StationError, match="cannot be read"):
        packed.opened()
