"""The gateway process when something goes wrong with it: it dies rather than lives on half dead, and says why."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.exit_report import ExitReport, read_report
from stationmaster_gateway.security_log import verify
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from support.dispatching import Dispatching, run
from support.gateway_process import GatewayProcess

WATCHFUL = "timeout_s = 0.1\n[gateway.appliance]\ncheck_s = 0.1\n"
IMPATIENT = f"{WATCHFUL}hung_s = 4\n"
LONG_AGO = "import time; real = time.time; off = real(); time.time = lambda: real() - off + 5.0"
LOG_IN = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); sys.stdin.buffer.raw.read(1)"
)


def hang(what: str, after: int) -> str:
    """Code that makes a part stop after so many steps, without ending."""
    module, name = what.split(".")
    return (
        f"import threading, stationmaster_gateway.{module} as m\n"
        f"step, left = m.{name}.step, [{after}]\n"
        "def stuck(self):\n"
        "    left[0] -= 1\n"
        "    return step(self) if left[0] > 0 else threading.Event().wait()\n"
        f"m.{name}.step = stuck"
    )


@dataclass
class Site:
    """A folder with a database, and a pseudo-terminal for the port."""

    folder: Path
    gateways: list[GatewayProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.written = Dispatching(self.folder / "d.db")
        self.written.commit(run(1), run(2))
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.ledger, self._decoder = Ledger(), Decoder("QHD")

    def gateway(self, prelude: str = "", tables: str = WATCHFUL, **environment: str) -> GatewayProcess:
        gateway = GatewayProcess(
            self.folder, os.ttyname(self.slave), tables=tables, prelude=prelude, environment=environment
        )
        self.gateways.append(gateway)
        gateway.start()
        return gateway

    def receive_until(self, done: Callable[[], object]) -> None:
        for _ in range(2000):
            if done():
                return
            if select.select([self.master], [], [], 0.01)[0]:
                self._decoder.receive_data(os.read(self.master, 65536))
            while (event := self._decoder.next_event()) is not None:
                if isinstance(event, Telegram):
                    self.ledger.take(event, 0.0)
        raise AssertionError("it did not come")

    @property
    def report(self) -> ExitReport:
        found = read_report(self.folder / "gateway-records" / "exit-report.json")
        assert found is not None
        return found

    def records(self) -> list[dict[str, Any]]:
        folder = self.folder / "gateway-records" / "security"
        assert verify(folder).faults == ()
        return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]

    def close(self) -> None:
        for gateway in self.gateways:
            gateway.close()
        self.written.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.mark.parametrize(
    ("part", "what"), [("reader", "reader.Reader"), ("transmitter", "transmit.Transmitter"), ("guard", "guard.Guard")]
)
def test_a_part_that_hangs_ends_the_process_with_a_report(site: Site, part: str, what: str) -> None:
    """Exit code 1, so that it is started again; the report names the part, where it was, and the last telegram."""
    gateway = site.gateway(hang(what, 3 if part == "guard" else 20), IMPATIENT)
    code, said = gateway.ended()
    assert code == 1
    assert '"event": "hung"' in said
    report = site.report
    assert (report.code, report.why) == (1, "hung")
    assert report.message.startswith(f"No sign of life from {part}")
    thread = "MainThread" if part == "transmitter" else part
    (stack,) = [stack for stack in report.stacks if stack.startswith(f"{thread}: ")]
    assert "in stuck" in stack
    assert report.epoch == 1
    assert report.counters["telegrams"] > 0
    last = site.records()[-1]
    assert (last["event"], last["why"]) == ("ended", "hung")


def test_the_init_system_is_told_while_it_lives(site: Site, tmp_path: Path) -> None:
    """READY once, WATCHDOG every second, STOPPING at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as init:
        init.bind(str(tmp_path / "notify"))
        init.settimeout(20)
        gateway = site.gateway(NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert init.recv(500) == b"READY=1"
        assert init.recv(500).startswith(b"WATCHDOG=1\nSTATUS=")
        told = b""
        while told != b"WATCHDOG=1\nSTATUS=ok: database good, port open":
            told = init.recv(500)
            assert told.startswith(b"WATCHDOG=1\nSTATUS=")
        assert gateway.stop()[0] == 0
        while told != b"STOPPING=1":
            told = init.recv(500)


def test_a_process_that_was_killed_is_known_by_the_next(site: Site) -> None:
    """There is no report from a killed process, and the next one says so."""
    gateway = site.gateway()
    site.receive_until(lambda: site.ledger.complete)
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGKILL)
    assert gateway.ended()[0] == -signal.SIGKILL
    assert (site.report.why, site.report.ended) == ("running", "")
    gateway = site.gateway()
    site.receive_until(lambda: site.ledger.epoch == 2)
    assert "was killed, or power was lost" in gateway.health()["exit_before"]
    assert gateway.stop()[0] == 0
    assert (site.report.code, site.report.why, site.report.message, site.report.epoch) == (0, "told", "SIGTERM", 2)
    starts = [record for record in site.records() if record["event"] == "started"]
    assert "first start" in starts[0]["ended_before"]
    assert "killed" in starts[1]["ended_before"]
    assert len(starts[0]["configuration_sha256"]) == 64


def test_somebody_who_logs_in_on_the_port_ends_it(site: Site) -> None:
    """A real session with the port as its terminal, begun while the gateway transmits, is found within the interval."""
    gateway = site.gateway()
    site.receive_until(lambda: site.ledger.complete)
    with subprocess.Popen([sys.executable, "-c", LOG_IN], stdin=site.slave) as session:
        code, said = gateway.ended()
        assert code == 2
        assert f"is the terminal of process {session.pid}: somebody could log in on it" in said
        assert "Traceback" not in said
        assert (site.report.code, site.report.why) == (2, "port-unsafe")
        code, said = site.gateway().ended()
        assert code == 2
        assert str(session.pid) in said
        session.kill()
    gateway = site.gateway()
    site.receive_until(lambda: site.ledger.epoch == 3)
    assert gateway.stop()[0] == 0
    assert fcntl.ioctl(site.slave, termios.TIOCOUTQ, b"\0" * 4) == b"\0" * 4


def test_it_starts_with_no_clock_set(site: Site) -> None:
    """In 1970 everything goes on: pacing and polling are by another clock, and the database's times are its own."""
    gateway = site.gateway(LONG_AGO)
    site.receive_until(lambda: site.ledger.complete)
    health = gateway.health()
    assert health["station_time"].startswith("1970-01-01T00:00")
    assert (health["status"], site.ledger.calls) == ("ok", 2)
    assert gateway.stop()[0] == 0
    assert {record["at"][:10] for record in site.records()} == {"1970-01-01"}
    assert site.report.started.startswith("1970")


def test_the_ordinary_log_goes_to_a_bounded_file_if_told(site: Site) -> None:
    """Standard error then stays for what a person has to do; the security log has its own account of the run."""
    gateway = site.gateway(tables=f'{WATCHFUL}log = "gateway.log"\nlog_mb = 1\n')
    site.receive_until(lambda: site.ledger.complete)
    while not {"database_good", "port_opened"} <= {record["event"] for record in site.records()}:
        select.select([], [], [], 0.05)
    while gateway.health()["security_log"]["records"] < 3:  # a record counts once the disk has it
        select.select([], [], [], 0.05)
    assert gateway.stop() == (0, "")
    lines = [json.loads(line) for line in (site.folder / "gateway.log").read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["started", "port_opened", "stopped"]
    events = [record["event"] for record in site.records()]
    assert events[0] == "started"
    assert events[-1] == "ended"
