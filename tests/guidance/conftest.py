"""A browser, and the server process whose pages it shows: the `serve.py` beside the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from guidance.browsing import ServedBoards, chromium

__all__ = ["browser", "served", "server"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedBoards]:
    """One server process for all tests of a module."""
    clock = tmp_path_factory.mktemp("served") / "clock.json"
    started = ServedBoards(request.path.with_name("serve.py"), str(clock), "08:07")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def served(server: ServedBoards) -> ServedBoards:
    """A believable morning of the sample station, as at its start."""
    server.act("reset")
    return server
