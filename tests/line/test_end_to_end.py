"""Gateway, line and receiver together: in simulated time with any faults, and as processes on pseudo-terminals."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

import pytest
from twisted.internet.task import Clock

from stationmaster_dmis.arbiter import Arbiter
from stationmaster_dmis.feed import Moment
from stationmaster_dmis.grading import Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_dmis.records import feed_record
from stationmaster_dmis.settings import SerialPlace
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_gateway.transmit import Transmitter
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header
from stationmaster_telegram.records import DatabaseState
from support.dispatching import Dispatching, report, run
from support.ports import free_port

TIMES = ("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z")


def rows(number: int, track: str) -> Rows:
    return Rows(
        run=number,
        base=(number, "2026-03-01", f"G{number}", "高速", "through", "包头", "北京", *TIMES, track),
    )


class Simulated(Clock):
    """A whole line in simulated time: the gateway's loop, a device that drains at the rate, faults, the receiver."""

    is_open = True

    def __init__(self, baud: int, faults: LineFaults) -> None:
        super().__init__()
        self.baud = baud
        self.faults = faults
        self.sent: set[FeedRecord] = set()
        self.told: list[FeedRecord] = []
        self.grades: list[FeedGrade] = []
        self.mirror = Mirror()
        self.epoch = 0
        self.state = DatabaseState.GOOD
        self.line = Line("line", Decoder("QHD"))
        self.receiver = Arbiter([self.line], sink=self, limits=Limits(), grade=FeedGrade.LOST, now=self.seconds())
        self._buffer = bytearray()
        self.start_gateway()

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.told += records

    def graded(self, grade: FeedGrade) -> None:
        self.grades.append(grade)

    def start_gateway(self) -> None:
        """A gateway that starts (again) with nothing but its epoch."""
        self.epoch += 1
        self.mirror = Mirror()
        header = Header(station="QHD", gateway=1, epoch=self.epoch, sequence=1)
        self.schedule = Schedule(self.mirror, header, lambda: self.epoch + 1)
        self.transmitter = Transmitter(
            self,
            self.baud,
            schedule=self.schedule,
            lock=Lock(),
            database=lambda: (self.state, 0.0),
            monotonic=self.seconds,
        )

    def read(self, found: dict[int, Rows]) -> None:
        self.schedule.changed(self.mirror.apply(Reading(whole=True, runs=found)))
        self.sent |= {feed_record(record) for record in self.mirror.calls.values()}

    def run(self, seconds: float) -> None:
        end = self.seconds() + seconds
        while self.seconds() < end:
            wait = max(0.001, self.transmitter.step())
            self.advance(wait)
            count = int(wait * self.baud / 10) + 1
            if self._buffer:
                data = bytes(self._buffer[:count])
                del self._buffer[:count]
                now = self.seconds()
                self.receiver.receive(self.line, self.faults.pass_on(data), Moment(machine=now, station=now))
            self.receiver.look(self.seconds())

    def open(self) -> None: ...

    def write(self, data: bytes) -> int:
        self._buffer += data
        return len(data)

    def queued(self) -> int:
        return len(self._buffer)

    def close(self) -> None: ...

    def known(self) -> set[FeedRecord]:
        """The newest of each train that the hub was told."""
        return set({record.numbers: record for record in self.told}.values())

    def truth(self) -> set[FeedRecord]:
        return {feed_record(record) for record in self.mirror.calls.values()}


@pytest.mark.parametrize("baud", [9600, 115200])
@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"flip": 1e-4},
        {"flip": 5e-4, "drop": 1e-4, "insert": 1e-4},
        {"burst": 1e-3, "burst_bytes": 60.0},
    ],
)
def test_no_wrong_value_is_ever_told_and_in_the_end_all_is_known(baud: int, faults: dict[str, float]) -> None:
    """On a bad line every call told is one that was sent, and when changes stop the hub knows everything."""
    line = Simulated(baud, LineFaults(7, **faults))
    dice = random.Random(3)
    present = {number: rows(number, "1") for number in range(1, 60)}
    line.read(present)
    for _ in range(20):
        for number in dice.sample(range(1, 60), 3):
            present[number] = rows(number, str(dice.randrange(14)))
        line.read(present)
        line.run(0.5)
    for _ in range(300):
        if line.receiver.complete and line.schedule.backlog == 0 and line.known() == line.truth():
            break
        line.run(1)
    assert set(line.told) <= line.sent
    assert line.known() == line.truth()
    assert line.receiver.complete
    counters = line.line.counters
    assert bool(faults) is bool(counters.crc_errors + counters.framing_errors)


def test_a_cut_is_noticed_and_what_was_missed_is_made_good() -> None:
    """While the line is cut the feed grows late and lost; afterwards everything missed arrives and it is fresh."""
    line = Simulated(19200, LineFaults(1))
    present = {number: rows(number, "1") for number in range(1, 60)}
    line.read(present)
    line.run(5)
    assert line.grades == [FeedGrade.LATE, FeedGrade.FRESH]
    line.faults.cut = True
    present[7] = rows(7, "9")
    line.read(present)
    line.run(70)
    assert line.grades[2:] == [FeedGrade.LATE, FeedGrade.LOST]
    line.faults.cut = False
    begun = line.seconds()
    while line.receiver.grade is not FeedGrade.FRESH:
        line.run(0.1)
    assert line.seconds() - begun < 6
    assert line.known() == line.truth()
    assert line.receiver.complete


def test_a_lost_database_is_graded_though_the_line_is_well() -> None:
    """Telegrams go on, and still the feed is not called fresh; it recovers when the database does."""
    line = Simulated(19200, LineFaults(1))
    line.read({1: rows(1, "1")})
    line.run(3)
    line.state = DatabaseState.GONE
    line.run(15)
    assert line.receiver.grade is FeedGrade.LATE
    line.run(60)
    assert line.receiver.grade is FeedGrade.LOST
    line.state = DatabaseState.GOOD
    line.run(5)
    assert line.receiver.grade is FeedGrade.FRESH


def test_a_restarted_gateway_repeats_nothing_as_news() -> None:
    """The new epoch brings all calls again; the hub is told only what changed meanwhile."""
    line = Simulated(19200, LineFaults(1))
    present = {number: rows(number, "1") for number in range(1, 60)}
    line.read(present)
    line.run(5)
    told = len(line.told)
    line.start_gateway()
    present[7] = rows(7, "9")
    line.read(present)
    line.run(5)
    assert [record.numbers for record in line.told[told:]] == [("G7",)]
    assert line.receiver.position is not None
    assert line.receiver.position[0] == 2
    assert line.receiver.complete


START = "import sys; from pathlib import Path; from {} import main; sys.exit(main(Path(sys.argv[1])))"


class Processes:
    """The line and the gateway as processes, and a receiver here on the hub's end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = Dispatching(folder / "d.db")
        port = free_port()
        self.config = folder / "station.toml"
        self.config.write_text(
            '[line]\ngateway = "gateway-end"\nhub = "hub-end"\n\n[gateway]\ndatabase = "sqlite:///d.db"\n'
            f'port = "gateway-end"\nstation = "QHD"\nstate = "gateway.json"\npoll_hz = 50\nstatus_port = {port}\n'
        )
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.readers: list[object] = []
        self.told: list[FeedRecord] = []
        self.receiver = LineReceiver(
            [(Line("line", Decoder("QHD")), SerialPlace(device=folder / "hub-end"))],
            sink=self,
            reactor=self,
            station_time=time.time,
            wall=time.time,
            limits=Limits(hold_s=0.1),
        )
        self._calls = Clock()

    def start(self, name: str) -> None:
        module = {"line": "stationmaster_simulator.line_main", "gateway": "stationmaster_gateway.main"}[name]
        path = ":".join(entry for entry in sys.path if entry)
        self.running[name] = subprocess.Popen(
            [sys.executable, "-c", START.format(module), str(self.config)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait(20)
        if name == "line":  # its terminals' numbers may be another test's at once: a name must not lead there
            for end in ("gateway-end", "hub-end"):
                (self.folder / end).unlink(missing_ok=True)

    def end(self, name: str) -> int:
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(20)

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.told += records

    def graded(self, grade: FeedGrade) -> None: ...

    def seconds(self) -> float:
        return time.monotonic()

    def callLater(self, delay: float, call: object, *args: object) -> object:  # noqa: N802 - Twisted's name
        return self._calls.callLater(delay, call, *args)

    def addReader(self, reader: object) -> None:  # noqa: N802 - Twisted's name
        self.readers.append(reader)

    def removeReader(self, reader: object) -> None:  # noqa: N802 - Twisted's name
        self.readers.remove(reader)

    def until(self, done: object) -> None:
        """Read the line until something holds; at most 30 s."""
        end = time.monotonic() + 30
        begun = time.monotonic()
        while not done():  # type: ignore[operator]  # a function
            assert time.monotonic() < end, self.receiver.status()
            os.sched_yield()
            for reader in list(self.readers):
                reader.doRead()  # type: ignore[attr-defined]  # a read descriptor
            now = time.monotonic()
            self._calls.advance(now - begun)
            begun = now

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.receiver.stopService()
        self.written.close()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    processes.close()


def test_processes_may_be_killed_and_the_line_goes_on(processes: Processes) -> None:
    """Gateway and line are each killed and started again; after each, what changed meanwhile arrives, proven."""
    processes.written.commit(*(run(number, number % 24) for number in range(1, 31)))
    processes.start("line")
    processes.start("gateway")
    processes.receiver.startService()
    processes.until(lambda: processes.receiver.complete)
    assert len(processes.told) == 30

    processes.kill("gateway")
    processes.written.commit(report(5, "arrival", "2026-03-01T05:01:00Z"))
    processes.start("gateway")
    processes.until(lambda: processes.receiver.position[0] == 2 and processes.receiver.complete)
    assert [record.numbers for record in processes.told[30:]] == [("G5",)]

    processes.kill("line")
    processes.until(lambda: not processes.receiver.status().lines[0].is_open)
    processes.written.commit(report(6, "arrival", "2026-03-01T06:01:00Z"))
    processes.start("line")
    processes.until(lambda: len(processes.told) == 32 and processes.receiver.complete)
    assert processes.told[-1].numbers == ("G6",)

    assert processes.end("gateway") == 0
    assert processes.end("line") == 0
    assert not (processes.folder / "hub-end").is_symlink()
