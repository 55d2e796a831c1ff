"""Statements that the driver runs itself, on both kinds of database: they do what SQLAlchemy would do, and fail so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, create_engine, delete, insert, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from stationmaster.hub.storage.backends import open_database
from stationmaster.hub.storage.database import Database
from stationmaster.hub.storage.prepared import Prepared
from stationmaster.hub.storage.schema import METADATA, RESOURCE

PUT = Prepared(insert(RESOURCE))
CHANGE = Prepared(update(RESOURCE).where(RESOURCE.c.kind == bindparam("of")).values(body=bindparam("text")))
DELETE = Prepared(delete(RESOURCE).where(RESOURCE.c.id == bindparam("gone")))


def row(name: str, body: str = "{}") -> dict[str, object]:
    """A resource's row."""
    return {"kind": "call", "id": name, "revision": 1 << 40, "body": body}


def made(url: URL) -> Database:
    """The database at a URL, with the tables."""
    database = open_database(url)
    with database.transaction() as connection:
        METADATA.create_all(connection)
    return database


@pytest.fixture(name="database")
def _database(database: URL) -> Iterator[Database]:
    opened = made(database)
    yield opened
    opened.close()


def bodies(database: Database) -> dict[str, str]:
    """The text of every resource in it."""
    with database.transaction() as connection:
        return {each.id: each.body for each in connection.execute(select(RESOURCE))}


def test_one_row_and_several(database: Database) -> None:
    """What was run for one row and for several is there, and each statement's number of rows is told."""
    with database.writing() as run:
        assert run(
            [
                (PUT, [row("a")]),
                (PUT, [row("b"), row("c"), row("d")]),
                (CHANGE, [{"of": "call", "text": "[]"}]),
                (CHANGE, [{"of": "task", "text": "[]"}]),
                (DELETE, [{"gone": "a"}, {"gone": "c"}]),
            ]
        ) == [1, 3, 4, 0, 2]
    assert bodies(database) == {"b": "[]", "d": "[]"}


def test_text_comes_back_as_it_was(database: Database) -> None:
    """Signs that mean something to a driver mean nothing in a parameter."""
    text = '"站" % %s %(id)s ? :x \\ \''
    with database.writing() as run:
        run([(PUT, [row("a", text)])])
        run([(PUT, [row("b", text), row("c", text)])])
    assert bodies(database) == {"a": text, "b": text, "c": text}


def test_it_belongs_to_the_transaction(database: Database) -> None:
    """What was run is undone if the transaction does not come to its end."""
    with suppress(ZeroDivisionError), database.writing() as run:
        run([(PUT, [row("a")])])
        _ = 1 // 0
    assert bodies(database) == {}
    with database.writing() as run:
        run([(PUT, [row("a")])])
    assert bodies(database) == {"a": "{}"}


def test_errors_are_sqlalchemys(database: Database) -> None:
    """A row that is there already is an IntegrityError, and a statement that cannot be run a DBAPIError.

    Nothing of the transaction is left in either case, and the next one goes through.
    """
    with database.writing() as run:
        run([(PUT, [row("a")])])
    with pytest.raises(IntegrityError) as raised, database.writing() as run:
        run([(PUT, [row("b")]), (PUT, [row("c"), row("a")]), (DELETE, [{"gone": "a"}])])
    assert not raised.value.connection_invalidated
    assert bodies(database) == {"a": "{}"}
    with database.transaction() as connection:
        METADATA.drop_all(connection)
    with pytest.raises(DBAPIError) as broken, database.writing() as run:
        run([(PUT, [row("b")])])
    assert not broken.value.connection_invalidated
    with database.transaction() as connection:
        METADATA.create_all(connection)
    with database.writing() as run:
        run([(PUT, [row("b")])])
    assert bodies(database) == {"b": "{}"}


def test_a_row_without_a_parameter_is_refused(database: Database) -> None:
    """A parameter that is missing is an error, and not nothing."""
    with pytest.raises((KeyError, DBAPIError)), database.writing() as run:
        run([(PUT, [{"kind": "call", "id": "a"}])])
    assert bodies(database) == {}


@pytest.mark.parametrize("when", ["before", "within"])
def test_a_connection_that_was_cut_is_not_used_again(postgresql_database: URL, when: str) -> None:
    """A connection that the server has ended is known to be lost, and the next one is a new one."""
    database = made(postgresql_database)
    other = create_engine(postgresql_database)

    def cut() -> None:
        with other.begin() as killer:
            ended = killer.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
            assert ended.fetchall() == [(True,)]

    def write() -> None:
        with database.writing() as run:
            if when == "within":
                run([(PUT, [row("a")])])
                cut()
            run([(PUT, [row("b")])])

    if when == "before":
        cut()
    with pytest.raises(OperationalError) as raised:
        write()
    assert raised.value.connection_invalidated
    with database.writing() as run:
        assert run([(PUT, [row("c")])]) == [1]
    assert bodies(database) == {"c": "{}"}
    database.close()
    other.dispose()
