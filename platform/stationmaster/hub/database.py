"""Opening a database so that a commit means that it is on disk, and bringing its schema up to date.

SQLite: write-ahead log, `synchronous=FULL`, and transactions that take the write lock when they begin.
PostgreSQL: `synchronous_commit=on`, whatever the server's default.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from stationmaster.hub.schema import VERSION
from stationmaster_base.errors import StationError

__all__ = ["database_url", "migrate", "open_database"]

_LOCK_WAIT_S = 5.0
"""How long SQLite waits for another writer before it gives up and the batch is tried again."""


def database_url(given: str, folder: Path) -> URL:
    """The URL in `given`; the path of an SQLite file counts from `folder`.

    Raises:
        StationError: `database-url` if it is none, or of another kind of database.

    """
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise StationError("database-url", f"{given!r} is not a database URL.", "Write sqlite:///hub.db.") from error
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database:
        return url.set(database=str(folder / url.database))
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise StationError(
        "database-url",
        f"{url.render_as_string()} is not a database that the hub can use.",
        "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.",
    )


def open_database(url: URL) -> Engine:
    """An engine whose commits are durable; connects when it is first used."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _LOCK_WAIT_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_size=1,
        max_overflow=1,
        connect_args={
            "connect_timeout": 5,
            "options": "-c synchronous_commit=on -c statement_timeout=30000 -c timezone=UTC",
        },
    )


def migrate(connection: Connection) -> None:
    """Bring the schema to the present version, in the connection's transaction."""
    if inspect(connection).has_table("alembic_version"):
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if version == VERSION:
            return
    # Alembic costs 10 MB and 0.1 s, and is needed once in a database's life for each change of the schema.
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "stationmaster.hub:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or end transactions by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
