"""The kinds of database that the hub can use."""

from __future__ import annotations

from sqlalchemy.engine import URL

from stationmaster.hub.storage.database import LOCK_WAIT_S, Database
from stationmaster.hub.storage.postgresql import PostgresqlDatabase
from stationmaster.hub.storage.sqlite import SqliteDatabase

__all__ = ["open_database"]


def open_database(url: URL, *, lock_wait_s: float = LOCK_WAIT_S) -> Database:
    """The database at `url`, of which `database_url` has seen that it can be used; the first transaction takes it."""
    kind = SqliteDatabase if url.get_backend_name() == "sqlite" else PostgresqlDatabase
    return kind(url, lock_wait_s)
