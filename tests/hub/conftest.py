"""The databases that the hub's tests run on, SQLite and PostgreSQL, and a look at every answer that they get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from service.web import Browser
from stationmaster.hub.storage.database import database_url
from support.described import check_answer
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


@pytest.fixture(autouse=True)
def as_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer that a test of the hub's web API gets is as the API's description says."""
    send, take = Browser.send, Browser.take
    asked: dict[Browser, tuple[str, str]] = {}

    def sending(browser: Browser, method: str, path: str, headers: str = "") -> None:
        asked[browser] = (method, path)
        send(browser, method, path, headers)

    def taking(browser: Browser) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = take(browser)
        check_answer(*asked[browser], status, headers["content-type"], body)
        return status, headers, body

    monkeypatch.setattr(Browser, "send", sending)
    monkeypatch.setattr(Browser, "take", taking)
