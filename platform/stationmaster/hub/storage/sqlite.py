"""The hub's database as an SQLite file.

Write-ahead log, `synchronous=FULL`, and transactions that take the write lock when they begin. A lock on a file beside
the database (`hub.db-lock`) says that a hub has it, and the operating system lets go of it when that hub dies. It is a
file of its own because closing any file handle of the database itself would end SQLite's own locks.

A file that was deleted or replaced would be written on without any error, into nothing; so the file of that name is
compared with the one that is open after each commit, before anybody is told of it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.hub.storage.database import Occupied, Run, StoreDown, engine_for
from stationmaster.hub.storage.prepared import errors_of, run_all

__all__ = ["SqliteDatabase"]


class SqliteDatabase:
    """An SQLite file."""

    def __init__(self, url: URL, lock_wait_s: float) -> None:
        self._path = Path(url.database or "")
        self._log = Path(f"{self._path}-wal")
        self._lock = _FileLock(Path(f"{self._path}-lock"))
        self._open: _OpenFile | None = None
        self._was_there = False
        self._engine = engine_for(url, {"timeout": lock_wait_s})
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

    @contextmanager
    def writing(self) -> Iterator[Run]:
        try:
            self._lock.take()
            if self._open is None:
                self._engine.connect().close()
            if self._open is None:
                raise StoreDown("it has not been opened")
            driver, dialect = self._open.connection, self._engine.dialect
            with errors_of(dialect, driver):
                driver.execute("BEGIN IMMEDIATE")
                try:
                    yield partial(run_all, dialect, driver)
                    driver.execute("COMMIT")
                finally:
                    if driver.in_transaction:
                        driver.execute("ROLLBACK")
            self._check()
        except (StoreDown, SQLAlchemyError, OSError):
            self._disconnect()
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
