"""The database's history: from the first schema to the present one and back, on every kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, inspect, select
from sqlalchemy.engine import URL

from hub.journalled import Journal, archive, journal, morning, write
from hub.making import EVERYTHING, HandThread, contents, made_hub, replayed, tick
from stationmaster.hub.history import look_back
from stationmaster.hub.storage.database import migrate
from stationmaster.hub.storage.journal import Written, input_from_text, input_text
from stationmaster.hub.storage.keeper import JournalKeeper
from stationmaster.hub.storage.replay import replay
from stationmaster.hub.storage.schema import INPUT, JOURNAL, METADATA, RESOURCE, VERSION
from stationmaster.hub.storage.store import Store
from stationmaster_base.errors import StationError
from stationmaster_kernel.step import step
from support.small_station import ZONE, at

FIRST = Path(__file__).with_name("first_schema.sql")
ENTRIES = 14


def config() -> Config:
    """Alembic, on the hub's migrations."""
    made = Config()
    made.set_main_option("script_location", "stationmaster.hub.storage:migrations")
    return made


def to_version(url: URL, version: str) -> None:
    """Bring a database up or down to a version."""
    engine = create_engine(url)
    with engine.begin() as connection:
        made = config()
        made.attributes["connection"] = connection
        there = MigrationContext.configure(connection).get_current_revision()
        up = there is None or (version != "base" and there < version)
        (command.upgrade if up else command.downgrade)(made, version)
    engine.dispose()


@pytest.fixture
def first(database: URL) -> URL:
    """A database as the first version of the hub left it: 14 entries, of which one was refused."""
    engine = create_engine(database)
    with engine.begin() as connection:
        for statement in FIRST.read_text("utf-8").split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    engine.dispose()
    return database


def test_the_first_database_is_brought_up_to_date(first: URL) -> None:
    """A hub of today opens it: head, journal and state are those that were there, and no new epoch begins."""
    with journal(first) as made:
        loaded = made.loaded
        assert loaded.fault == ""
        assert (loaded.position.epoch, loaded.position.sequence) == ("the-first-epoch", ENTRIES)
        assert [entry.sequence for entry in loaded.tail] == list(range(1, ENTRIES + 1))
        assert contents(loaded.state) == replayed(loaded.tail)
        assert len(made.state.calls) == 1


def test_every_entry_of_the_first_database_is_what_was_written(first: URL) -> None:
    """The chain is proved from the epoch's name to the head, and every input is read and written as it was."""
    with journal(first) as made:
        head = made.position
    with archive(first) as found:
        entries = [line for line in found.lines() if isinstance(line, Written)]
    assert len(entries) == ENTRIES
    assert all(entry.intact for entry in entries)
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert entries[-1].hash == head.hash
    for entry in entries:
        assert input_text(input_from_text(entry.input_kind, entry.input_text)) == entry.input_text
    assert {entry.input_kind for entry in entries} == {
        "configure", "feed", "gradefeed", "plan", "presence", "taskresult", "tick",
    }  # fmt: skip


def test_history_of_the_first_database_is_answered(first: URL) -> None:
    """What was shown and said then is known, though the rules may have changed since."""
    with journal(first):
        pass
    with archive(first) as found:
        then = look_back(found, at("08:20"), boards=("hall-1",), zones=("waiting-A",), minutes=1)
    (row,) = then.boards[0].rows
    assert (row.text("number", "zh"), row.text("expected", "zh"), row.status) == ("G1", "08:35", "checking_in")
    (said,) = then.zones[0].said
    assert (said.begun, said.ended, said.state) == (at("08:20:02"), at("08:20:40"), "done")


def test_a_hub_goes_on_with_the_first_database(first: URL) -> None:
    """It takes a checkpoint before it takes anything in, and from there on everything is replayed byte for byte."""
    with made_hub(first) as hub:
        hub.open()
        keeper = JournalKeeper(
            store=hub.store,
            url=first,
            in_writer=hub.thread,
            in_reader=HandThread(),
            reactor=hub.reactor,
            zone=ZONE,
            keep_days=90,
            state=lambda: hub.pipeline.state,
        )
        keeper.begin()
        for minutes in range(150, 200):
            hub.put(tick(minutes))
    with archive(first) as found:
        whole = found.lines(tick(150).at)
        result = replay(whole)
    assert result.difference is None
    assert result.begin is not None
    assert (result.begin.sequence, result.entries) == (ENTRIES, 50)


def test_a_journal_goes_down_to_the_first_schema_and_up_again(database: URL) -> None:
    """Nothing of it is lost on the way, and it is replayed byte for byte."""
    inputs = morning()
    write(database, *inputs)
    to_version(database, "0001")
    with pytest.raises(StationError, match="has schema 0001"), archive(database):
        pass
    with journal(database, tick(300)) as made:
        assert made.loaded.fault == ""
    with archive(database) as found:
        result = replay(found.lines())
    assert (result.difference, result.entries) == (None, len(inputs) + 1)


def test_the_schema_is_the_one_that_the_code_has(first: URL) -> None:
    """Alembic finds nothing to be changed, whether the database was made new or brought up to date."""
    with journal(first):
        pass
    engine = create_engine(first)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_a_new_database_is_made_as_the_migrations_make_it(database: URL) -> None:
    """It is made in one go, and Alembic finds it at the present version with nothing to be changed."""
    engine = create_engine(database)
    opts = {"compare_type": True, "compare_server_default": True}
    looks = []
    for in_one_go in (True, False):
        if in_one_go:
            with engine.begin() as connection:
                migrate(connection)
        else:
            to_version(database, "head")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=opts)
            assert (context.get_current_revision(), compare_metadata(context, METADATA)) == (VERSION, [])
            looks.append(look(connection))
        to_version(database, "base")
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
    engine.dispose()
    assert looks[0] == looks[1]


def look(connection: Connection) -> dict[str, object]:
    """What the database itself says of its tables."""
    found = inspect(connection)
    return {
        table: (
            [(each["name"], str(each["type"]), each["nullable"], each["default"]) for each in found.get_columns(table)],
            found.get_pk_constraint(table),
            sorted((each["name"] or "", each["column_names"], each["unique"]) for each in found.get_indexes(table)),
            found.get_foreign_keys(table),
            found.get_unique_constraints(table),
        )
        for table in found.get_table_names()
    }


def test_every_migration_goes_both_ways(database: URL) -> None:
    """From nothing to the head step by step, down to nothing, and up again; then it is the code's schema."""
    versions = [script.revision for script in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))]
    assert versions[-1] == VERSION
    for version in (*versions, *versions[-2::-1], "base", "head"):
        to_version(database, version)
    engine = create_engine(database)
    with engine.begin() as connection:
        migrate(connection)
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *METADATA.tables}
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []
    to_version(database, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_state_survives_the_way_down_and_up(first: URL) -> None:
    """Every row of head, journal, inputs and resources is the same afterwards."""

    def rows() -> list[int]:
        store = Store(first, lambda: "never")
        store.open(EVERYTHING, EVERYTHING)
        with store.keeping() as connection:
            found = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
        store.close()
        return found

    tables = (INPUT, JOURNAL, RESOURCE)
    before = rows()
    to_version(first, "0001")
    assert rows() == before
    made = Journal(first, "never", step)
    made.store.close()
    assert made.position.sequence == ENTRIES
