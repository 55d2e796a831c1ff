"""What the hub asks of its database, whichever kind it is: a commit means that it is on disk, and one hub alone has it.

`sqlite.py` and `postgresql.py` are the two kinds, and `backends.py` tells which one a URL means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateTable

from stationmaster.hub.storage.prepared import Prepared, Rows
from stationmaster.hub.storage.schema import METADATA, VERSION
from stationmaster_base.errors import StationError

__all__ = [
    "LOCK_WAIT_S",
    "Database",
    "Occupied",
    "Run",
    "StoreDown",
    "database_url",
    "engine_for",
    "known_versions",
    "migrate",
]

LOCK_WAIT_S = 5.0
"""How long one try waits for who else has a lock in the database; then the batch is tried again later."""


class StoreDown(StationError):
    """The database cannot be used now; nothing is lost, and what failed is to be tried again."""

    def __init__(self, problem: object, hint: str = "Mend it; the hub goes on by itself.") -> None:
        super().__init__("store-down", f"The database cannot be used: {problem}.", hint)


class Occupied(StoreDown):
    """Another process has the database."""

    def __init__(self, who: str = "another hub") -> None:
        super().__init__(f"{who} has it", "Only one hub may run on a database; this one goes on when the other ends.")


Run = Callable[[Sequence[tuple[Prepared, Rows]]], list[int]]
"""`run_all` on one database."""


class Database(Protocol):
    """The database of one hub."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction that is committed at the end of the `with`, or rolled back; takes the database if need be.

        Raises:
            StoreDown, SQLAlchemyError, OSError: the database cannot be used now. If it is raised at the end, the
                outcome is not known.
            Occupied: another process has it.

        """

    def writing(self) -> AbstractContextManager[Run]:
        """The same for prepared statements alone, as every commit has them: a third of the time.

        Raises: as `transaction`.
        """

    def close(self) -> None:
        """Let go of it."""


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


def migrate(connection: Connection, version: str = VERSION) -> None:
    """Bring the schema to a version, the present one unless another is given, in the connection's transaction."""
    found = inspect(connection)
    if found.has_table("alembic_version"):
        there = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if there == version:
            return
    elif version == VERSION and not found.get_table_names():
        _make(connection)
        return
    # Alembic costs 10 MB and 0.1 s, and is needed once in a database's life for each change of the schema.
    from alembic import command  # noqa: PLC0415 - as above

    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _make(connection: Connection) -> None:
    """Make an empty database's tables as they are now, with the word by which Alembic will know them."""
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(CreateTable(_ALEMBIC))
    connection.execute(insert(_ALEMBIC).values(version_num=VERSION))


_ALEMBIC = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The table that Alembic makes for itself."""


def known_versions() -> frozenset[str]:
    """The versions of the schema that `migrate` knows, the present one and those before it."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as in `migrate`

    return frozenset(script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _alembic() -> Any:
    from alembic.config import Config  # noqa: PLC0415 - as in `migrate`

    config = Config()
    config.set_main_option("script_location", "stationmaster.hub.storage:migrations")
    return config


def engine_for(url: URL, options: dict[str, object]) -> Engine:
    """An engine with one connection, which the driver is given `options` for."""
    return create_engine(url, pool_size=1, max_overflow=0, connect_args=options)
