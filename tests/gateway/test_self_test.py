"""The self-test: each point asked of the real thing, every one of them, and one telegram on the port."""

from __future__ import annotations

import io
import os
import pty
import select
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from stationmaster_base.configuration import Faults, Table
from stationmaster_gateway.main import export_log, run_self_test
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.port_refusals import MachinePaths
from stationmaster_gateway.self_test import Point, self_test, tell
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import DatabaseState, GatewayState
from support.dispatching import Dispatching, run
from support.gateway_process import GatewayProcess
from support.machine import as_real, process, quiet_machine

MARCH = 1_772_323_200.0


class Site:
    """A folder with a database, a pseudo-terminal, and a machine on which nothing else is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = Dispatching(folder / "d.db")
        self.written.commit(run(1), run(2), run(3))
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.machine = quiet_machine(folder / "machine")

    def settings(self, **body: object) -> GatewaySettings:
        faults = Faults()
        table: dict[str, object] = {
            "database": "sqlite:///d.db",
            "port": os.ttyname(self.slave),
            "station": "QHD",
            "state": "g.json",
            "status_port": 0,
            "baud": 9600,
        }
        settings = GatewaySettings.from_table(Table({**table, **body}, "s.toml", faults, "gateway"), self.folder)
        faults.raise_if_any()
        return settings

    def points(self, machine: MachinePaths | None = None, wall: float = MARCH, **body: object) -> dict[str, Point]:
        points = self_test(
            self.settings(**body),
            wall=lambda: wall,
            monotonic=time.monotonic,
            sleep=time.sleep,
            machine=machine or as_real(self.machine),
        )
        return {point.name: point for point in points}

    def received(self) -> list[object]:
        decoder = Decoder("QHD")
        while select.select([self.master], [], [], 0.2)[0]:
            decoder.receive_data(os.read(self.master, 65536))
        found = []
        while (event := decoder.next_event()) is not None:
            found.append(event)
        return found

    def close(self) -> None:
        self.written.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that was run in this process has set up logging for all of it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_a_machine_that_is_right_passes_and_one_telegram_leaves(site: Site) -> None:
    """Every point is well; the telegram is a state, which no receiver takes for data, under an epoch of its own."""
    points = site.points()
    assert {name for name, point in points.items() if point.well is not True} == set()
    assert list(points) == [
        "settings",
        "keys",
        "clock",
        "state folder",
        "records",
        "security log",
        "database",
        "status page",
        "port",
        "line",
    ]
    assert "3 runs read" in points["database"].said
    (event,) = site.received()
    assert isinstance(event, Telegram)
    assert (event.header.epoch, event.header.sequence) == (1, 1)
    assert isinstance(event.content, GatewayState)
    assert event.content.database is DatabaseState.STARTING


def test_everything_that_is_wrong_is_said_at_once(site: Site) -> None:
    """A missing database, a login on the port and a clock of 1970 are three points of one report."""
    process(site.machine, 77, os.fstat(site.slave).st_rdev)
    points = site.points(database="sqlite:///none.db", wall=5.0)
    assert points["database"].well is False
    assert points["port"].well is False
    assert "process 77" in points["port"].said
    assert points["clock"].well is None
    assert "1970" in points["clock"].said
    assert "line" not in points
    assert site.received() == []


def test_a_database_that_does_not_fit_is_said_with_all_faults(site: Site) -> None:
    """A table that is missing is named."""
    site.written.commit(("DROP TABLE report", ()), ("DROP TABLE stage_plan", ()))
    point = site.points()["database"]
    assert point.well is False
    assert "report" in point.said
    assert "stage_plan" in point.said


def test_a_folder_that_cannot_be_written_to_and_a_broken_log_are_said(site: Site) -> None:
    """Where the records should be is a file; then the log's chain has been broken."""
    (site.folder / "file").write_text("")
    assert site.points(appliance={"records": "file"})["records"].well is False
    log = site.folder / "g-records" / "security"
    log.mkdir(parents=True)
    (log / "security-0000000001.jsonl").write_text("nonsense\n")
    point = site.points()["security log"]
    assert (point.well, point.said) == (False, "security-0000000001.jsonl, line 1: is no record")


def test_a_disk_that_is_too_small_is_said(site: Site) -> None:
    """Six months of a security log need room; so much is to be there before the gateway is left alone."""
    point = site.points(appliance={"keep_mb": 100_000})["records"]
    assert "MB free" in point.said
    free = int(point.said.rpartition(": ")[2].split()[0]) if point.well is False else 0
    assert (point.well is False) == ("are wanted" in point.said)
    assert free < 100_050


def test_a_pseudo_terminal_is_worth_a_look(site: Site) -> None:
    """A demonstration passes, but nobody takes it for the real thing."""
    points = site.points(site.machine)
    assert points["port"].well is None
    assert points["line"].well is True


def test_a_device_that_lets_nothing_go_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not left after five seconds is counted."""
    times = iter(range(1000))
    monkeypatch.setattr(TransmitPort, "queued", lambda _: 12)
    points = {
        point.name: point
        for point in self_test(
            site.settings(),
            wall=lambda: MARCH,
            monotonic=lambda: float(next(times)),
            sleep=time.sleep,
            machine=as_real(site.machine),
        )
    }
    assert points["line"].well is False
    assert "after 5 s 12 of 30 bytes have not left" in points["line"].said


def test_a_gateway_that_runs_is_not_disturbed(site: Site) -> None:
    """Its port is left alone and its epoch stays its own."""
    gateway = GatewayProcess(site.folder, os.ttyname(site.slave))
    gateway.start()
    try:
        while not gateway.health():
            select.select([], [], [], 0.05)
        points = site.points(status_port=gateway.web)
        assert points["status page"].well is False
        assert (points["port"].well, points["port"].said[:9]) == (False, "not tried")
        assert gateway.health()["epoch"] == 1
        assert gateway.stop()[0] == 0
    finally:
        gateway.close()


def test_the_report_can_be_read_and_its_end_says_what_follows() -> None:
    """One line a point, more below it; the exit status follows from the points that failed alone."""
    out = io.StringIO()
    good = Point(name="clock", well=None, said="1970", do="Set it.")
    assert tell(iter([good, replace(good, name="port", well=True, said="free", do="")]), out)
    assert out.getvalue() == (
        "LOOK  clock         1970\n                    Set it.\nok    port          free\nThe gateway can be started.\n"
    )
    assert not tell(iter([replace(good, well=False, said="a\nb")]), io.StringIO())


def test_the_commands_are_there(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """As a person calls them: the report on standard output and an exit code; then the log, after a run."""
    gateway = GatewayProcess(site.folder, os.ttyname(site.slave))
    assert run_self_test(gateway.config) == 0
    assert "The gateway can be started." in capsys.readouterr().out
    gateway.config.write_text(gateway.config.read_text().replace("d.db", "none.db"))
    assert run_self_test(gateway.config) == 1
    assert "FAIL  database" in capsys.readouterr().out
    gateway.start()
    while not gateway.health():
        select.select([], [], [], 0.05)
    assert gateway.stop()[0] == 0
    assert export_log(gateway.config, site.folder / "out.jsonl") == 0
    assert "records from" in capsys.readouterr().out
    (file,) = (site.folder / "gateway-records" / "security").iterdir()
    file.write_text(file.read_text().replace('"started"', '"nothing"'))
    assert export_log(gateway.config, site.folder / "again.jsonl") == 1
    assert "BROKEN: " in capsys.readouterr().out
