"""The gateway as a process, on a pseudo-terminal and a database in a file."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from stationmaster_dmis.ledger import Ledger
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, DatabaseState, GatewayState, RunningState
from support.dispatching import Dispatching, plan, report, run
from support.ports import free_port

START = (
    "import sys; from pathlib import Path; from stationmaster_gateway.main import main;"
    " sys.exit(main(Path(sys.argv[1])))"
)


class Station:
    """A gateway process, the database that it reads, and the far end of its line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = Dispatching(folder / "d.db")
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.port = free_port()
        self.config = folder / "station.toml"
        self.config.write_text(
            f'[gateway]\ndatabase = "sqlite:///d.db"\nport = "{os.ttyname(self.slave)}"\nstation = "QHD"\n'
            f'state = "gateway.json"\npoll_hz = 100\nstatus_port = {self.port}\nbaud = 115200\n'
        )
        self.process: subprocess.Popen[str] | None = None
        self.decoder = Decoder("QHD")
        self.ledger = Ledger()
        self.states: list[GatewayState] = []
        self.calls: dict[int, CallRecord] = {}

    def start(self) -> subprocess.Popen[str]:
        path = ":".join(entry for entry in sys.path if entry)
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(self.config)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        return self.process

    def receive_until(self, done: Callable[[], bool]) -> None:
        """Take what comes down the line until something holds; at most 20 s."""
        for _ in range(2000):
            if done():
                return
            if select.select([self.master], [], [], 0.01)[0]:
                self.decoder.receive_data(os.read(self.master, 65536))
            while (event := self.decoder.next_event()) is not None:
                if isinstance(event, Telegram):
                    taken = self.ledger.take(event, 0.0)
                    self.calls.update({record.run: record for record in taken.records})
                    if taken.state is not None:
                        self.states.append(taken.state)
        raise AssertionError("it did not come")

    def health(self) -> dict[str, Any]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except URLError:
            return {}

    def stop(self) -> tuple[int, str]:
        """End it as an init system does; exit code and what it wrote."""
        process = self.process
        assert process is not None
        self.process = None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
        return process.returncode, said

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.written.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(tmp_path)
    yield station
    station.close()


def test_a_day_goes_down_the_line_and_a_restart_begins_a_new_epoch(station: Station) -> None:
    """What is committed arrives exactly as the documented steps promise, and everything is proven."""
    station.written.commit(*(run(number, number % 24) for number in range(1, 41)))
    station.start()
    station.receive_until(lambda: station.ledger.complete)
    assert (station.ledger.calls, station.ledger.epoch) == (40, 1)

    station.written.commit(plan(7, running="suspended", reason="大风"), report(8, "arrival", "2026-03-01T08:01:00Z"))
    polls = station.health()["polls"]  # one that is under way may have begun before the commit
    station.receive_until(lambda: station.health()["polls"] >= polls + 2)
    station.receive_until(lambda: station.health()["backlog"] == 0)
    sequence = station.health()["sequence"]
    station.receive_until(lambda: station.ledger.sequence >= sequence)
    assert station.ledger.complete
    assert station.calls[7].running is RunningState.SUSPENDED
    assert station.calls[8].actual_arrival is not None

    code, said = station.stop()
    assert code == 0
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["started", "port_opened", "stopped"]
    station.start()
    station.receive_until(lambda: station.ledger.epoch == 2 and station.ledger.complete)
    assert station.stop()[0] == 0


def test_a_broken_row_and_a_lost_database_are_told_and_survived(station: Station) -> None:
    """The rest of the rows goes on; the line says that the database is gone, and good again when it is back."""
    station.written.commit(run(1), run(2), ("UPDATE base_timetable SET kind = 'flying' WHERE run_id = 2", ()))
    station.start()
    station.receive_until(lambda: station.ledger.complete)
    health = station.health()
    assert (health["calls"], health["faulty"], health["status"]) == (1, 1, "degraded")
    assert "flying" in health["faults"]["2"]

    hidden = station.folder / "hidden.db"
    station.written.path.rename(hidden)
    station.receive_until(lambda: station.states[-1].database is DatabaseState.GONE)
    assert station.health()["database"]["state"] == "gone"
    hidden.rename(station.written.path)
    station.receive_until(lambda: station.states[-1].database is DatabaseState.GOOD)
    station.written.commit(run(3))
    station.receive_until(lambda: 3 in station.calls)
    code, said = station.stop()
    assert code == 0
    events = [json.loads(line)["event"] for line in said.splitlines()]
    # The reader and the port each have a thread of their own: which of them speaks first is open.
    assert events[0] == "started"
    assert sorted(events[1:3]) == ["port_opened", "row_broken"]
    assert events[3:] == ["database_gone", "database_back", "stopped"]


def test_metrics_are_served(station: Station) -> None:
    """What is counted can be scraped."""
    station.written.commit(run(1))
    station.start()
    station.receive_until(lambda: station.ledger.complete)
    with urlopen(f"http://127.0.0.1:{station.port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "stationmaster_gateway_calls 1.0" in text
    assert "stationmaster_gateway_database_good 1.0" in text
    assert "process_resident_memory_bytes" in text
    assert station.stop()[0] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("baud = 115200", "baud = 1"), "gateway.baud"),
        (("[gateway]", "[gateway"), "is not TOML"),
        (('state = "gateway.json"', 'state = "no/such/folder"'), "state file"),
    ],
)
def test_a_mistake_in_the_configuration_is_said_without_a_traceback(
    station: Station, change: tuple[str, str], said: str
) -> None:
    """The exit code is 2 and standard error says what is wrong and where."""
    station.config.write_text(station.config.read_text().replace(*change))
    process = station.start()
    _, error = process.communicate(timeout=20)
    assert process.returncode == 2
    assert said in error
    assert "Traceback" not in error


def test_a_port_that_is_no_serial_port_is_said(station: Station) -> None:
    """Naming a file instead of a device ends it at once, with the reason."""
    station.config.write_text(station.config.read_text().replace(os.ttyname(station.slave), "/dev/null"))
    process = station.start()
    _, error = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "/dev/null is not a serial port" in error
    assert "Traceback" not in error
