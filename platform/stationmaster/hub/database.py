"""The database of one hub: opened so that a commit means that it is on disk, held by one hub alone, and watched.

SQLite: write-ahead log, `synchronous=FULL`, and transactions that take the write lock when they begin. A lock on a
file beside the database (`hub.db-lock`) says that a hub has it, and the operating system lets go of it when that hub
dies. It is a file of its own because closing any file handle of the database itself would end SQLite's own locks.
A file that was deleted or replaced would be written on without any error, into nothing; so the file of that name is
compared with the one that is open after each commit, before anybody is told of it.

PostgreSQL: `synchronous_commit=on`, whatever the server's default. An advisory lock that lives as long as the
connection says that a hub has it; a connection of ours that was cut and that the server still believes in is ended.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from stationmaster.hub.schema import VERSION
from stationmaster_base.errors import StationError

__all__ = [
    "LOCK_WAIT_S",
    "Database",
    "Occupied",
    "StoreDown",
    "database_url",
    "known_versions",
    "migrate",
    "open_database",
]

LOCK_WAIT_S = 5.0
"""How long one try waits for who else has a lock in the database; then the batch is tried again later."""

_STATEMENT_MS = 30_000
_DEAD_AFTER_MS = 10_000
"""A server, or for the server a hub, that has not acknowledged a byte for so long is gone."""

_HUB_LOCK = 0x53544D52
"""The first key of the advisory lock; the second is the schema's, so that hubs may share a server's database."""


class StoreDown(StationError):
    """The database cannot be used now; nothing is lost, and what failed is to be tried again."""

    def __init__(self, problem: object, hint: str = "Mend it; the hub goes on by itself.") -> None:
        super().__init__("store-down", f"The database cannot be used: {problem}.", hint)


class Occupied(StoreDown):
    """Another process has the database."""

    def __init__(self, who: str = "another hub") -> None:
        super().__init__(f"{who} has it", "Only one hub may run on a database; this one goes on when the other ends.")


class Database(Protocol):
    """The database of one hub."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction that is committed at the end of the `with`, or rolled back; takes the database if need be.

        Raises:
            StoreDown, SQLAlchemyError, OSError: the database cannot be used now. If it is raised at the end, the
                outcome is not known.
            Occupied: another process has it.

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


def open_database(url: URL, *, lock_wait_s: float = LOCK_WAIT_S) -> Database:
    """The database at `url`; it is taken with the first transaction."""
    if url.get_backend_name() == "sqlite":
        return _Sqlite(url, lock_wait_s)
    return _Postgresql(url, lock_wait_s)


def migrate(connection: Connection, version: str = VERSION) -> None:
    """Bring the schema to a version, the present one unless another is given, in the connection's transaction."""
    if inspect(connection).has_table("alembic_version"):
        there = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if there == version:
            return
    # Alembic costs 10 MB and 0.1 s, and is needed once in a database's life for each change of the schema.
    from alembic import command  # noqa: PLC0415 - as above

    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def known_versions() -> frozenset[str]:
    """The versions of the schema that `migrate` knows, the present one and those before it."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as in `migrate`

    return frozenset(script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _alembic() -> Any:
    from alembic.config import Config  # noqa: PLC0415 - as in `migrate`

    config = Config()
    config.set_main_option("script_location", "stationmaster.hub:migrations")
    return config


class _Sqlite:
    """An SQLite file."""

    def __init__(self, url: URL, lock_wait_s: float) -> None:
        self._path = Path(url.database or "")
        self._log = Path(f"{self._path}-wal")
        self._lock = _FileLock(Path(f"{self._path}-lock"))
        self._open: _OpenFile | None = None
        self._was_there = False
        self._engine = _engine(url, {"timeout": lock_wait_s})
        event.listen(self._engine, "do_connect", self._connect)
        event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        try:
            self._lock.take()
            with self._engine.begin() as connection:
                yield connection
            self._check()  # afterwards is enough: until then nobody has been told that it is done
        except (StoreDown, SQLAlchemyError, OSError):
            self._disconnect()  # a new connection sees the file as it is then
            raise

    def close(self) -> None:
        self._disconnect()
        self._lock.let_go()

    def _connect(self, dialect: Any, _record: Any, _arguments: Any, options: Any) -> Any:
        """Open the file. It is made if it is not there, but never again by a hub that has seen it."""
        before = _inode(self._path)
        if before is None and self._was_there:
            raise StoreDown(f"{self._path} has gone", _PUT_BACK)
        if before is not None and not os.access(self._path, os.W_OK, effective_ids=True):
            # SQLite would open it all the same, and leave a log behind that may not be written either.
            raise StoreDown(f"{self._path} may only be read", "Let the hub's user write it; the hub goes on by itself.")
        way = "rw" if self._was_there else "rwc"
        connection = dialect.connect(f"file:{quote(str(self._path))}?mode={way}", uri=True, **options)
        try:
            connection.isolation_level = None  # the driver must not begin or end transactions by itself
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("SELECT count(*) FROM sqlite_schema").close()  # now the write-ahead log is there
            after = _inode(self._path)
            if after is None or before not in (None, after):
                raise StoreDown(f"{self._path} has been replaced", _PUT_BACK)
            self._open = _OpenFile(connection=connection, file=after, log=_inode(self._log))
        except BaseException:
            connection.close()
            raise
        self._was_there = True
        return connection

    def _check(self) -> None:
        """Whether what is written goes to the files that have the names."""
        if self._open is None:
            return
        file = _inode(self._path)
        if file != self._open.file:
            what = "has gone" if file is None else "has been replaced"
            raise StoreDown(f"{self._path} {what} while the hub had it open", _PUT_BACK)
        if _inode(self._log) != self._open.log:
            raise StoreDown(f"{self._log} has gone while the hub had it open", "Leave the database's files alone.")

    def _disconnect(self) -> None:
        """Close the connection, so that the next one finds the file as it is then."""
        had, self._open = self._open, None
        if had is not None and (_inode(self._path), _inode(self._log)) != (had.file, had.log):
            self._part(had)
        self._engine.dispose()

    def _part(self, had: _OpenFile) -> None:
        """Let the file that we had be whole without a log, before anything else is opened under its name.

        What is in a log belongs to one file, but SQLite would bring it into any that has the name.
        """
        try:
            (busy, _, _) = had.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            busy = True
        if busy and had.file != _inode(self._path) and had.log is not None and had.log == _inode(self._log):
            self._log.rename(f"{self._log}-of-the-lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenFile:
    """A connection, and which files it has: the database and its write-ahead log."""

    connection: Any
    file: _Inode
    log: _Inode


_Inode = tuple[int, int] | None

_PUT_BACK = (
    "Put it back; the hub keeps everything and goes on by itself. "
    "If it is lost, make an empty file of that name: the hub writes its present state there and goes on."
)


def _inode(path: Path) -> _Inode:
    """Which file has this name; None if none has."""
    try:
        found = os.stat(path)  # noqa: PTH116 - in each commit, and twice as fast as the path's own
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class _FileLock:
    """A lock that ends with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Take it, if it is not taken by us already.

        Raises:
            Occupied: another process has it.
            OSError: the lock's file cannot be written.

        """
        if self._handle is not None:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        except BlockingIOError:
            who = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            raise Occupied(f"another hub (process {who})") from None
        except OSError:
            os.close(handle)
            raise
        self._handle = handle

    def let_go(self) -> None:
        """Let go of it; the file stays, since to remove it would take it from who opens it now."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


class _Postgresql:
    """A database of a PostgreSQL server; there is one connection, and with it the lock."""

    def __init__(self, url: URL, lock_wait_s: float) -> None:
        self._process: int | None = None
        """The server's process for our last connection."""
        settings = {
            "synchronous_commit": "on",
            "timezone": "UTC",
            "lock_timeout": round(lock_wait_s * 1000),
            "statement_timeout": _STATEMENT_MS,
            "idle_in_transaction_session_timeout": _STATEMENT_MS,
            "tcp_keepalives_idle": _DEAD_AFTER_MS // 2000,
            "tcp_keepalives_interval": 1,
            "tcp_keepalives_count": _DEAD_AFTER_MS // 2000,
            "tcp_user_timeout": _DEAD_AFTER_MS,
        }
        self._engine = _engine(
            url,
            {
                "connect_timeout": _DEAD_AFTER_MS // 2000,
                "keepalives_idle": _DEAD_AFTER_MS // 2000,
                "keepalives_interval": 1,
                "keepalives_count": _DEAD_AFTER_MS // 2000,
                "tcp_user_timeout": _DEAD_AFTER_MS,
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )
        event.listen(self._engine, "do_connect", self._connect)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def _connect(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        connection = dialect.connect(*arguments, **options)
        try:
            own = {"key": _HUB_LOCK, "process": self._process}
            connection.execute(_END_OWN, own)
            try:
                connection.execute(_LOCK, {"key": _HUB_LOCK})
            except dialect.loaded_dbapi.errors.LockNotAvailable:
                connection.rollback()
                if connection.execute(_END_OWN, own).fetchone():
                    raise StoreDown("a connection of ours that was cut has it still") from None
                raise Occupied from None
            connection.commit()  # the lock is the connection's, not the transaction's
        except BaseException:
            connection.close()
            raise
        self._process = connection.info.backend_pid
        return connection


_LOCK = "SELECT pg_advisory_lock(%(key)s, hashtext(coalesce(current_schema(), '')))"
_END_OWN = """\
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid = %(process)s AND classid = %(key)s::oid
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def _engine(url: URL, options: dict[str, object]) -> Engine:
    return create_engine(url, pool_size=1, max_overflow=0, connect_args=options)
