"""The gateway on PostgreSQL, as its users run it: a process with an account of a real server."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import Calls, DatabaseState, GatewayState, Tombstones
from support.dispatching import plan, run
from support.dispatching_pg import DispatchingServer
from support.gateway_process import GatewayProcess
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


def test_a_gateway_says_all_that_does_not_fit_and_ends(
    dispatch: DispatchingServer, tmp_path: Path, device: str
) -> None:
    """Tables, columns and types, each with what is there, in one report; exit code 2."""
    dispatch.execute("ALTER TABLE report DROP actual, DROP event; DROP TABLE stage_plan")
    dispatch.execute("ALTER TABLE base_timetable ALTER arrival TYPE bytea USING NULL")
    said = refused(
        tmp_path, device, dispatch.url.render_as_string(False), '[gateway.source.timetable]\ntrain = "number"'
    )
    for line in (
        "base_timetable.number: is missing (allowed: one of its columns: run_id, service_date, train, ",
        "base_timetable.arrival: is bytea (allowed: a timestamp or text)",
        "stage_plan: is missing, or its schema may not be used (allowed: one of: base_timetable, change_counter, rep",
        "report.event: is missing",
        "report.actual: is missing",
    ):
        assert f"dispatching database: {line}" in said
    assert len(said.splitlines()) == 5


class Line:
    """The far end of the line."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.name = os.ttyname(self.slave)
        self.decoder = Decoder("QHD")
        self.states: list[DatabaseState] = []
        self.trains: dict[int, tuple[str, ...]] = {}
        self.gone: set[int] = set()

    def receive_until(self, done: Callable[[], bool]) -> None:
        """Take what comes until something holds; at most 40 s."""
        for _ in range(4000):
            if done():
                return
            if select.select([self.master], [], [], 0.01)[0]:
                self.decoder.receive_data(os.read(self.master, 65536))
            while (event := self.decoder.next_event()) is not None:
                match event:
                    case Telegram(content=GatewayState(database=state)):
                        self.states.append(state)
                    case Telegram(content=Calls(records=records)):
                        self.trains.update({record.run: record.numbers for record in records})
                    case Telegram(content=Tombstones(tombstones=stones)):
                        self.gone |= {stone.run for stone in stones}
        raise AssertionError("it did not come")

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


def test_a_gateway_lives_through_a_migration_and_a_restart_and_tells_of_no_train_that_is_not_listed(
    dispatch: DispatchingServer, tmp_path: Path, line: Line
) -> None:
    """On the line: listed trains, and how the database is; on the status page: why, and how many stay behind."""
    dispatch.commit(run(1), run(2), run(3, train="90001"), plan(3, track="secret"))
    gateway = GatewayProcess(
        tmp_path, line.name, baud=115200, tables='timeout_s = 1\n[gateway.allow]\ntrains = ["G*"]\n'
    )
    written = gateway.config.read_text().replace("sqlite:///d.db", dispatch.url.render_as_string(False))
    gateway.config.write_text(written)
    gateway.start()
    try:
        line.receive_until(lambda: line.trains.keys() >= {1, 2})
        assert (gateway.health()["withheld"], gateway.health()["calls"]) == (1, 2)

        dispatch.commit(("UPDATE base_timetable SET train = '90003', changed = :changed WHERE run_id = 2", ()))
        line.receive_until(lambda: 2 in line.gone)
        assert gateway.health()["withheld"] == 2

        dispatch.execute("ALTER TABLE base_timetable RENAME track TO platform")
        dispatch.execute("UPDATE change_counter SET value = value + 1")
        line.receive_until(lambda: line.states[-1] is DatabaseState.UNFIT)
        line.receive_until(lambda: "base_timetable.track: is missing" in gateway.health()["database"]["faults"][0])
        dispatch.execute("ALTER TABLE base_timetable RENAME platform TO track")
        line.receive_until(lambda: line.states[-1] is DatabaseState.GOOD)
        assert gateway.health()["database"]["faults"] == []

        dispatch.server.stop()
        line.receive_until(lambda: line.states[-1] is DatabaseState.GONE)
        dispatch.server.start()
        dispatch.commit(run(4))
        line.receive_until(lambda: 4 in line.trains)
        assert line.trains == {1: ("G1",), 2: ("G2",), 4: ("G4",)}
    finally:
        gateway.close()
