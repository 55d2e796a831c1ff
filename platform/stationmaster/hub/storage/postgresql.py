"""The hub's database on a PostgreSQL server.

`synchronous_commit=on`, whatever the server's default. An advisory lock that lives as long as the connection says that
a hub has the database; a connection of ours that was cut and that the server still believes in is ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from stationmaster.hub.storage.database import Occupied, Run, StoreDown, engine_for
from stationmaster.hub.storage.prepared import errors_of, run_all

__all__ = ["PostgresqlDatabase"]

_STATEMENT_MS = 30_000
_DEAD_AFTER_MS = 10_000
"""A server, or for the server a hub, that has not acknowledged a byte for so long is gone."""

_HUB_LOCK = 0x53544D52
"""The first key of the advisory lock; the second is the schema's, so that hubs may share a server's database."""


class PostgresqlDatabase:
    """A database of a PostgreSQL server; there is one connection, and with it the lock."""

    def __init__(self, url: URL, lock_wait_s: float) -> None:
        self._driver: Any = None
        """Our last connection, as the driver has it."""
        self._process: int | None = None
        """The server's process for it."""
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
        self._engine = engine_for(
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

    @contextmanager
    def writing(self) -> Iterator[Run]:
        if self._driver is None or self._driver.closed:
            self._engine.connect().close()
        driver, dialect = self._driver, self._engine.dialect
        try:
            with errors_of(dialect, driver):
                try:
                    yield partial(run_all, dialect, driver)
                    driver.commit()
                except BaseException:
                    with suppress(dialect.loaded_dbapi.Error):  # what went wrong before tells more
                        driver.rollback()
                    raise
        except DBAPIError as error:
            if error.connection_invalidated:
                self._engine.dispose()
            raise

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
        self._driver, self._process = connection, connection.info.backend_pid
        return connection


_LOCK = "SELECT pg_advisory_lock(%(key)s, hashtext(coalesce(current_schema(), '')))"
_END_OWN = """\
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid = %(process)s AND classid = %(key)s::oid
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
