"""The databases that the hub's tests run on: SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from stationmaster.hub.database import database_url
from support.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """PostgreSQL, once for all tests of this process."""
    with postgresql() as made:
        yield made


@pytest.fixture
def postgresql_database(server: PostgreSQL) -> URL:
    """An empty PostgreSQL database on a server that runs."""
    if not server.up:
        server.start()
    return server.emptied_database("test")


@pytest.fixture
def sqlite_database(tmp_path: Path) -> URL:
    """The place of an SQLite database that is not there yet."""
    return database_url("sqlite:///hub.db", tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> URL:
    """An empty database, of each kind."""
    url: URL = request.getfixturevalue(f"{request.param}_database")
    return url
