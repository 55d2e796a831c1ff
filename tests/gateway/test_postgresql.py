"""The gateway on PostgreSQL, as its users run it: a process with an account of a real server."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.dispatching import run
from support.dispatching_pg import DispatchingServer
from support.ports import ENVIRONMENT

START = (
    "import sys; from pathlib import Path; from stationmaster_gateway.main import main;"
    " sys.exit(main(Path(sys.argv[1])))"
)


@pytest.fixture
def device() -> Iterator[str]:
    """A device to transmit on."""
    master, slave = pty.openpty()
    os.set_blocking(slave, False)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def refused(folder: Path, device: str, url: str, more: str = "") -> str:
    """Start a gateway that will not go on, and give what it says on standard error."""
    config = folder / "station.toml"
    config.write_text(
        f'[gateway]\ndatabase = "{url}"\nport = "{device}"\nstation = "QHD"\nstate = "g.json"\nstatus_port = 0\n{more}'
    )
    done = subprocess.run(
        [sys.executable, "-c", START, str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=ENVIRONMENT,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.partition("stationmaster gateway: ")[2]


def test_a_gateway_refuses_to_start_with_an_account_that_can_write(
    dispatch: DispatchingServer, tmp_path: Path, device: str
) -> None:
    """It ends with exit code 2, and every right that has to go is said at once, with its object."""
    dispatch.commit(run(1))
    dispatch.execute("GRANT UPDATE ON report TO reader; GRANT CREATE ON SCHEMA public TO PUBLIC")
    said = refused(tmp_path, device, dispatch.url.render_as_string(False))
    assert "public.report: reader may UPDATE" in said
    assert "schema public: reader may CREATE" in said
    assert len(said.splitlines()) == 2
