"""The store, on every kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL

from hub.making import EVERYTHING, START, begin, contents, opened, replayed, run_sql, tick
from stationmaster.hub.batch import Batch, prepare
from stationmaster.hub.storage.database import Occupied, database_url
from stationmaster.hub.storage.journal import first_hash
from stationmaster.hub.storage.schema import METADATA, VERSION
from stationmaster.hub.storage.store import Fenced, Loaded, Repeated, Store, StoreDown
from stationmaster_base.errors import StationError
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.state import State


def make(url: URL, epoch: str = "epoch-1") -> tuple[Store, Loaded]:
    """An open store."""
    store = Store(url, lambda: epoch)
    return store, store.open(EVERYTHING, EVERYTHING)


def batch_of(loaded: Loaded, *inputs: Input) -> Batch:
    """A batch that follows what was loaded."""
    return prepare(loaded.state or State.empty(START), loaded.position, inputs, ())


def test_a_new_database_begins_an_epoch(database: URL) -> None:
    """An empty database gets the schema, an epoch at sequence 0, and no state."""
    store, loaded = make(database)
    store.close()
    assert loaded.state is None
    assert (loaded.position.epoch, loaded.position.sequence) == ("epoch-1", 0)
    assert loaded.position.hash == first_hash("epoch-1")
    assert (loaded.tail, loaded.fault) == ((), "")


def test_what_is_committed_is_there_for_the_next_hub(database: URL) -> None:
    """State, position and journal read back are those that were written, after one batch and after several."""
    store, loaded = make(database)
    batch = batch_of(loaded, *begin())
    store.commit(batch)
    position, state = batch.head, batch.state
    for minutes in range(60, 60 * 50, 60):
        batch = prepare(state, position, (tick(minutes), tick(minutes + 1)), ())
        store.commit(batch)
        position, state = batch.head, batch.state
    store.close()
    with opened(database) as found:
        assert contents(found.state) == contents(state)
        assert found.position == position
        assert not found.fault
        assert [entry.sequence for entry in found.tail] == list(range(1, position.sequence + 1))
        assert replayed(found.tail) == contents(state)


def test_the_tail_is_bounded(database: URL) -> None:
    """No more entries are read back than asked for, in number and in size, and always the last ones."""
    store, loaded = make(database)
    store.commit(batch_of(loaded, *begin(), *(tick(minutes) for minutes in range(10))))
    store.close()
    tails = []
    for most, size in ((3, EVERYTHING), (EVERYTHING, 1000), (EVERYTHING, 0)):
        store = Store(database, lambda: "none")
        tails.append([entry.sequence for entry in store.open(most, size).tail])
        store.close()
    assert tails[0] == [11, 12, 13]
    assert 3 < len(tails[1]) < 13
    assert tails[1] == list(range(14 - len(tails[1]), 14))
    assert tails[2] == []


def test_the_schema_is_the_one_that_the_code_knows(database: URL) -> None:
    """The migrations end in exactly the tables and columns that the code reads and writes."""
    make(database)[0].close()
    engine = create_engine(database)
    there = inspect(engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in there.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        assert there.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]
    assert set(there.get_table_names()) == {"alembic_version", *METADATA.tables}
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [VERSION]
    engine.dispose()
    config = Config()
    config.set_main_option("script_location", "stationmaster.hub.storage:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]


def test_an_input_is_never_committed_twice(database: URL) -> None:
    """A batch with an input that is in the database is not written, and `known` says which it is."""
    store, loaded = make(database)
    first = batch_of(loaded, *begin())
    store.commit(first)
    again = prepare(first.state, first.head, (tick(1), begin()[2]), ())
    with pytest.raises(Repeated):
        store.commit(again)
    assert store.known([tick(1).id, "grade/1"]) == {"grade/1"}
    store.commit(prepare(first.state, first.head, (tick(1),), ()))
    store.close()


def test_whether_a_batch_was_committed_is_known_by_its_input(database: URL) -> None:
    """`committed` tells the outcome of a batch whose commit went unanswered."""
    store, loaded = make(database)
    batch = batch_of(loaded, *begin())
    assert not store.committed(batch)
    store.commit(batch)
    assert store.committed(batch)
    store.close()


def test_only_one_hub_has_a_database(database: URL) -> None:
    """While one hub lives, another finds the database occupied; when that has ended it is opened as it was left."""
    first, loaded = make(database)
    batch = batch_of(loaded, *begin())
    second = Store(database, lambda: "none", lock_wait_s=0.1)
    with pytest.raises(Occupied, match="another hub"):
        second.open(0, 0)
    first.commit(batch)
    first.close()
    assert second.open(0, 0).position == batch.head
    second.close()


def test_a_hub_whose_database_another_has_taken_is_fenced(database: URL) -> None:
    """One that lost the database, to a hub that lives or to one that has gone again, can write nothing any more."""
    first = Store(database, lambda: "epoch-1", lock_wait_s=0.1)
    loaded = first.open(0, 0)
    first.close()  # as when its connection is cut
    second, there = make(database)
    for _ in range(2):
        with pytest.raises(Fenced, match="Another hub"):
            first.commit(batch_of(loaded, *begin()))
        second.close()
    first.close()
    with opened(database) as found:
        assert found.state is None
        assert found.position == there.position


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE head SET sequence = 2", "the journal ends at 3, the head says 2"),
        ("UPDATE head SET hash = 'x'", "the journal ends at 3, the head says 3"),
        ("DELETE FROM journal WHERE sequence = 3", "the journal ends at 2, the head says 3"),
        ("DELETE FROM journal", "the journal has no entry of epoch epoch-1, but the head has 3"),
        ("UPDATE journal SET notes = '[ ]' WHERE sequence = 3", "entry 3 of the journal is not what was written"),
    ],
)
def test_a_head_that_does_not_fit_the_journal_begins_a_new_epoch(database: URL, damage: str, says: str) -> None:
    """The state is kept, sequences go on above all that were given, nothing of the old epoch is replayed; once only."""
    store, loaded = make(database)
    batch = batch_of(loaded, *begin())
    store.commit(batch)
    store.close()
    run_sql(database, damage)
    store, found = make(database, "epoch-2")
    assert found.fault == says
    assert (found.position.epoch, found.position.sequence) == ("epoch-2", 3)
    assert contents(found.state) == contents(batch.state)
    assert found.tail == ()
    store.close()
    with opened(database) as quiet:
        assert (quiet.fault, quiet.position) == ("", found.position)
    store, found = make(database, "epoch-3")
    store.commit(batch_of(found, tick(1)))
    store.close()
    with opened(database) as later:
        assert (later.fault, later.position.epoch, later.position.sequence) == ("", "epoch-2", 4)
        assert [entry.sequence for entry in later.tail] == [4]


def test_what_no_hub_wrote_is_said(database: URL) -> None:
    """A resource that cannot be read is an error for a person, with what to do."""
    store, loaded = make(database)
    store.commit(batch_of(loaded, *begin()))
    store.close()
    run_sql(database, "UPDATE resource SET body = '{}' WHERE kind = 'call'")
    store = Store(database, lambda: "none")
    with pytest.raises(StationError, match="Restore a backup") as caught:
        store.open(0, 0)
    store.close()
    assert caught.value.code == "store-damaged"


def test_nothing_of_a_batch_is_there_if_it_fails(database: URL) -> None:
    """A failure inside the transaction leaves neither rows nor entries nor inputs, and the same batch can follow."""
    broken = True

    def probe(point: str) -> None:
        if point == "inside-transaction" and broken:
            raise ZeroDivisionError

    store = Store(database, lambda: "epoch-1", probe)
    loaded = store.open(0, 0)
    batch = batch_of(loaded, *begin())
    with pytest.raises(ZeroDivisionError):
        store.commit(batch)
    assert store.known(["configure/1"]) == frozenset()
    broken = False
    store.commit(batch)
    store.close()
    with opened(database) as found:
        assert contents(found.state) == contents(batch.state)


def test_sqlite_writes_through(tmp_path: Path) -> None:
    """On SQLite the journal is write-ahead and every commit waits for the disk."""
    store = Store(database_url("sqlite:///hub.db", tmp_path), lambda: "e")
    store.open(0, 0)
    with store._database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_database_that_cannot_be_used_is_store_down(tmp_path: Path) -> None:
    """A path that is no database, and one that is locked, are `StoreDown` with the reason, and nothing worse."""
    missing = Store(database_url("sqlite:///none/hub.db", tmp_path), lambda: "e")
    with pytest.raises(StoreDown, match="No such file or directory"):
        missing.open(0, 0)
    (tmp_path / "text.db").write_text("this is not a database, and long enough to be told from one " * 20)
    text_file = Store(database_url("sqlite:///text.db", tmp_path), lambda: "e")
    with pytest.raises(StoreDown, match="not a database"):
        text_file.open(0, 0)
    text_file.close()


def test_a_url_that_makes_no_sense_is_said(tmp_path: Path) -> None:
    """Unknown databases and what is no URL are errors for a person; a relative path counts from the given folder."""
    for wrong in ("hub.db", "mysql://localhost/hub", "sqlite://"):
        with pytest.raises(StationError, match="Write sqlite:///"):
            database_url(wrong, tmp_path)
    assert database_url("sqlite:///hub.db", tmp_path).database == str(tmp_path / "hub.db")
    assert database_url("sqlite:////var/hub.db", tmp_path).database == "/var/hub.db"
    assert database_url("postgresql://u:p@h/d", tmp_path).drivername == "postgresql+psycopg"
