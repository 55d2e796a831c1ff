"""Statements that the driver runs itself: they do what SQLAlchemy would do, and fail as it would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, bindparam, create_engine, delete, insert, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from stationmaster.hub.prepared import Prepared
from stationmaster.hub.schema import METADATA, RESOURCE

PUT = Prepared(insert(RESOURCE))
CHANGE = Prepared(update(RESOURCE).where(RESOURCE.c.kind == bindparam("of")).values(body=bindparam("text")))
DELETE = Prepared(delete(RESOURCE).where(RESOURCE.c.id == bindparam("gone")))


def row(name: str, body: str = "{}") -> dict[str, object]:
    """A resource's row."""
    return {"kind": "call", "id": name, "revision": 1 << 40, "body": body}


@pytest.fixture
def connection(database: URL) -> Iterator[Connection]:
    """A connection to a database that has the tables, in a transaction."""
    engine = create_engine(database)
    METADATA.create_all(engine)
    with engine.connect() as made:
        made.begin()
        yield made
    engine.dispose()


def test_one_row_and_several(connection: Connection) -> None:
    """What was run for one row and for several is there, every character of it, and the number of rows is told."""
    assert PUT.run(connection, row("a", '"站" % %s ? :x \\')) == 1
    assert PUT.run(connection, row("b"), row("c"), row("d")) == 3
    assert CHANGE.run(connection, {"of": "call", "text": "[]"}) == 4
    assert CHANGE.run(connection, {"of": "task", "text": "[]"}) == 0
    assert DELETE.run(connection, {"gone": "a"}, {"gone": "c"}) == 2
    connection.commit()
    found = connection.execute(select(RESOURCE).order_by(RESOURCE.c.id)).all()
    assert [tuple(each) for each in found] == [("call", "b", 1 << 40, "[]"), ("call", "d", 1 << 40, "[]")]


def test_text_comes_back_as_it_was(connection: Connection) -> None:
    """Signs that mean something to a driver mean nothing in a parameter."""
    PUT.run(connection, row("a", '"站" % %s %(id)s ? :x \\ \''))
    assert connection.execute(select(RESOURCE.c.body)).scalar_one() == '"站" % %s %(id)s ? :x \\ \''


def test_it_belongs_to_the_transaction(connection: Connection) -> None:
    """What was run is undone with the transaction."""
    PUT.run(connection, row("a"))
    connection.rollback()
    assert connection.execute(select(RESOURCE)).all() == []


def test_errors_are_sqlalchemys(connection: Connection) -> None:
    """A row that is there already is an IntegrityError, and a statement that cannot be run a DBAPIError."""
    PUT.run(connection, row("a"))
    with pytest.raises(IntegrityError):
        PUT.run(connection, row("b"), row("a"))
    connection.rollback()
    METADATA.drop_all(connection)
    with pytest.raises(DBAPIError) as raised:
        PUT.run(connection, row("a"))
    assert not raised.value.connection_invalidated


def test_a_row_without_a_parameter_is_refused(connection: Connection) -> None:
    """A parameter that is missing is an error, and not nothing."""
    with pytest.raises((KeyError, DBAPIError)):
        PUT.run(connection, {"kind": "call", "id": "a"})


def test_a_connection_that_was_cut_is_not_used_again(postgresql_database: URL) -> None:
    """A connection that the server has ended is known to be lost, and the next one is a new one."""
    engine = create_engine(postgresql_database, pool_size=1, max_overflow=0)
    METADATA.create_all(engine)
    with engine.connect() as connection:
        process = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's own
    other = create_engine(postgresql_database)
    with engine.connect() as connection:
        connection.begin()
        PUT.run(connection, row("a"))
        with other.connect() as killer:
            killer.exec_driver_sql(f"SELECT pg_terminate_backend({process})")
        with pytest.raises(OperationalError) as raised:
            PUT.run(connection, row("b"))
        assert raised.value.connection_invalidated
    with engine.begin() as connection:
        assert PUT.run(connection, row("a")) == 1
    engine.dispose()
    other.dispose()
