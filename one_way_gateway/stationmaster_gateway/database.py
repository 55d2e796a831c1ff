"""A session with the dispatching database that can only read: short, with time limits, and no longer than it is fit.

Each poll is one short read transaction, so what it sees is of one moment, and nothing is held in between. At each new
connection the account and the tables are looked at before anything is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from stationmaster_base.errors import Fault, StationError
from stationmaster_gateway.account import DATABASE, account_faults
from stationmaster_gateway.mapping import SourceSettings
from stationmaster_gateway.schema_check import holds_nothing, schema_faults
from stationmaster_gateway.source import Reading, Source

__all__ = ["DatabaseGone", "DatabaseUnfit", "DispatchingDatabase", "Reading"]


class DatabaseGone(StationError):
    """The database cannot be read now."""


class DatabaseUnfit(DatabaseGone):
    """The database answers, but must not or cannot be read as it is; somebody has to mend it.

    `faults` says all that is wrong with it.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("database-unfit", "\n".join(str(fault) for fault in self.faults))


class DispatchingDatabase:
    """The database of the dispatching side.

    Args:
        url: where it is.
        timeout_s: seconds that one statement may take.
        whole_read_s: seconds between reads of everything.
        monotonic: machine seconds.
        source: what is read of it.

    Raises:
        StationError: `database-url`: there is no such kind of database here.

    """

    def __init__(
        self,
        url: URL,
        *,
        timeout_s: float,
        whole_read_s: float,
        monotonic: Callable[[], float],
        source: SourceSettings | None = None,
    ) -> None:
        self._file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._deadline = 0.0
        self._engine = self._sqlite(self._file) if self._file else _server(url, timeout_s)
        self._connection: Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._settings = SourceSettings() if source is None else source
        self._source = Source(self._settings, self._engine.dialect, whole_read_s)

    def poll(self) -> Reading:
        """Read what is new.

        Raises:
            DatabaseGone: it cannot be read; the next call begins with a new connection and reads everything.
            DatabaseUnfit: nor should it be: the account could write, or the tables are not as they should be.

        """
        self._deadline = self._monotonic() + self._timeout_s
        try:
            identity = self._identify()
            if identity != self._identity:
                self.close()
            if self._connection is None:
                self._connection = self._engine.connect()
                self._identity = identity
                self._check(self._connection)
            with self._connection.begin():
                return self._source.read(self._connection, self._monotonic())
        except DatabaseGone:
            self.close()
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            self.close()
            reason = getattr(error, "orig", None) or error
            if _misfit(error):
                fault = Fault(file=DATABASE, place="query", problem=str(reason).strip())
                raise DatabaseUnfit([fault]) from error
            raise DatabaseGone("database-gone", f"The dispatching database cannot be read: {reason}.") from error

    def close(self) -> None:
        """Let go of the connection; the next poll reads everything."""
        connection, self._connection = self._connection, None
        self._source.forget()
        self._identity = None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()

    def _check(self, connection: Connection) -> None:
        """Look at what is new about this connection before anything is read."""
        with connection.begin():
            faults = account_faults(connection, unchecked=self._settings.unchecked_account)
            if not faults and holds_nothing(connection):
                raise DatabaseGone("database-gone", "The dispatching database has no tables yet.")
            faults += schema_faults(connection, self._settings)
        if faults:
            raise DatabaseUnfit(faults)

    def _identify(self) -> tuple[int, int] | None:
        """Which file it is now, so that one that was put in its place is noticed."""
        if self._file is None:
            return None
        status = self._file.stat()
        return status.st_dev, status.st_ino

    def _sqlite(self, file: Path) -> Engine:
        """SQLite opened read-only; a statement that takes too long is interrupted."""

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(str(file))}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=self._timeout_s,
            )
            connection.text_factory = _text
            connection.execute("PRAGMA query_only = ON")
            connection.set_progress_handler(lambda: self._monotonic() > self._deadline, 5000)
            return connection

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        return engine


def _server(url: URL, timeout_s: float) -> Engine:
    """A database server: a session that can only read, statements with a time limit, and peers that answer.

    The server is told to end what lasts too long; should it be the server, or the way to it, that does not answer, the
    kernel gives the connection up by itself.

    Raises:
        StationError: `database-url`: there is no such kind of database here.

    """
    more: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        limit_ms = round(timeout_s * 1000)
        options = {
            "default_transaction_read_only": "on",
            "statement_timeout": limit_ms,
            "lock_timeout": limit_ms,
            "idle_in_transaction_session_timeout": 4 * limit_ms,
            "timezone": "UTC",
        }
        more = {
            "isolation_level": "REPEATABLE READ",
            "connect_args": {
                "application_name": "stationmaster-gateway",
                "connect_timeout": max(2, round(timeout_s)),
                "tcp_user_timeout": 2 * limit_ms,
                "keepalives_idle": max(1, round(timeout_s)),
                "keepalives_interval": 1,
                "keepalives_count": 3,
                "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            },
        }
    try:
        return create_engine(url, poolclass=NullPool, **more)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StationError(
            "database-url",
            f"{url.render_as_string()} cannot be used: {error}.",
            "Write sqlite:///file.db or postgresql+psycopg://user@host/name, and install the driver it needs.",
        ) from error


def _misfit(error: Exception) -> bool:
    """Whether the database has understood the query and cannot answer it, as when a column has gone."""
    if isinstance(error, ProgrammingError):
        return True
    return str(getattr(error, "orig", "")).startswith("no such ")


def _text(data: bytes) -> str | bytes:
    """SQLite's text; what is not UTF-8 stays bytes, and is a fault of its row alone."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
