"""The databases that the hub's tests run on: SQLite, and PostgreSQL too where a test run names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from stationmaster.hub.database import database_url

POSTGRESQL = os.environ.get("STATIONMASTER_TEST_POSTGRESQL", "")
"""URL of a PostgreSQL database whose schema `public` may be thrown away."""


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRESQL else [])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """An empty database."""
    if request.param == "sqlite":
        yield database_url("sqlite:///hub.db", tmp_path)
        return
    url = database_url(POSTGRESQL, tmp_path)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield url
