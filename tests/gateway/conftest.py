"""The PostgreSQL server that the gateway's tests read from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.dispatching_pg import DispatchingServer
from support.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """PostgreSQL, once for all tests of this process."""
    with postgresql() as made:
        yield made


@pytest.fixture
def dispatch(server: PostgreSQL) -> DispatchingServer:
    """A dispatching database on it, with an account that may only read."""
    return DispatchingServer(server)
