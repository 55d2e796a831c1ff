"""The tests' own PostgreSQL: it leaves nothing behind, however a test run ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support import postgresql as made
from support.ports import ENVIRONMENT
from support.postgresql import PostgreSQL, binaries, postgresql

PATIENCE_MS = 60_000
RUN = """
import sys
from support.postgresql import postgresql
with postgresql() as server:
    print(server.folder, server._server.pid, flush=True)
    sys.stdin.read()
"""


def test_a_server_dies_with_the_tests_that_were_killed_and_the_next_clear_up() -> None:
    """After SIGKILL of the process that started it the server ends by itself; the next one removes its folder."""
    tests = subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert tests.stdout is not None
    folder, pid = tests.stdout.readline().split()
    server = os.pidfd_open(int(pid))
    tests.kill()
    tests.communicate()
    poll = select.poll()
    poll.register(server, select.POLLIN)
    assert poll.poll(PATIENCE_MS), "the server outlived the tests"
    os.close(server)
    assert Path(folder).exists()
    with postgresql() as other:
        assert other.up
        assert not Path(folder).exists()
    assert not other.folder.exists()


def test_it_stops_and_starts_with_what_it_held(server: PostgreSQL) -> None:
    """A server that was ended without a goodbye has all that was committed when it is started again."""
    url = server.make_database()
    assert url.database is not None
    with server.connect(url.database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for how in (signal.SIGQUIT, signal.SIGINT):
        server.stop(how)
        assert not server.up
        server.start()
        with server.connect(url.database) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    server.drop_database(url)


def test_a_missing_server_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without PostgreSQL's programs the tests fail, and say what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(made, "Path", lambda _: tmp_path)
    with pytest.raises(AssertionError, match="apt-get install --no-install-recommends postgresql"):
        binaries()
