"""The whole gateway with somebody at the far side who will not be quiet: nothing changes, neither content nor rate.

`support.flooded` says what the far side sends.
"""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import pytest

from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_gateway.transmit import Transmitter
from stationmaster_simulator.line import SerialLine
from stationmaster_simulator.line_settings import LineSettings
from stationmaster_telegram.frame import Header
from stationmaster_telegram.records import DatabaseState
from support.dispatching import report, run
from support.flooded import Flood, Watched

BAUD = 9600


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.close()


def test_the_far_side_cannot_reach_a_running_gateway(watched: Watched) -> None:
    """Under the flood the line stays as full as before, every frame is whole, and what is committed arrives.

    The rate is the machine's, so it is only bounded: a sender that heeds XOFF sends nothing at all.
    """
    watched.dispatching.commit(*(run(number, number % 24) for number in range(1, 31)))
    watched.gateway.start()
    watched.until(lambda: watched.ledger.complete)
    before = watched.rate(1.5)

    watched.flood = flood = Flood(1)
    during = watched.rate(1.5)
    watched.dispatching.commit(run(31), report(7, "arrival", "2026-03-01T07:03:00Z"))
    watched.until(lambda: 31 in watched.calls and watched.calls[7].actual_arrival is not None)
    watched.until(lambda: watched.ledger.complete)

    limit = BAUD / 10 * 1.05
    assert 0.6 * BAUD / 10 < before < limit
    assert 0.6 * BAUD / 10 < during < limit
    assert flood.sent > 1000
    counters = watched.decoder.counters
    assert (counters.framing_errors, counters.crc_errors, counters.malformed, counters.gaps) == (0, 0, 0, 0)
    assert watched.ledger.calls == 31
    health = watched.gateway.health()
    assert (health["status"], health["epoch"], health["port"]["losses"]) == ("ok", 1, 0)
    assert watched.gateway.stop()[0] == 0


def test_the_process_holds_the_port_once_and_for_writing_alone(watched: Watched) -> None:
    """Of all its descriptors one is the device's, and the kernel itself says that it cannot read."""
    watched.gateway.start()
    watched.until(lambda: watched.line.sent > 0)
    device = os.ttyname(watched.slave)
    folder = Path("/proc") / str(watched.gateway.pid)
    held = [entry.name for entry in (folder / "fd").iterdir() if str(entry.readlink()) == device]
    assert len(held) == 1
    said = dict(line.split(":", 1) for line in (folder / "fdinfo" / held[0]).read_text().splitlines())
    assert int(said["flags"], 8) & os.O_ACCMODE == os.O_WRONLY


class Timed:
    """The gateway's loop in simulated time on a real pseudo-terminal, flooded or not."""

    def __init__(self, folder: Path, flood: Flood | None) -> None:
        self.now = 0.0
        self.line = SerialLine(
            LineSettings(gateway=folder / "gateway", hub=folder / "hub", baud=BAUD), monotonic=lambda: self.now
        )
        self.line.open()
        self.flood = flood
        self.slave = os.open(folder / "gateway", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        mirror, lock = Mirror(), Lock()
        schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
        times = ("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z", "3")
        rows = {
            number: Rows(
                run=number, base=(number, "2026-03-01", f"G{number}", "高速", "through", "包头", "北京", *times)
            )
            for number in range(1, 41)
        }
        schedule.changed(mirror.apply(Reading(whole=True, runs=rows)))
        self.port = TransmitPort(folder / "gateway", BAUD)
        self.transmitter = Transmitter(
            self.port,
            BAUD,
            schedule=schedule,
            lock=lock,
            database=lambda: (DatabaseState.GOOD, 0.0),
            monotonic=lambda: self.now,
        )

    def run(self, seconds: float) -> list[tuple[float, bytes]]:
        """What leaves the device, and when."""
        left = []
        while self.now < seconds:
            wait = self.transmitter.step()
            if self.flood is not None:
                self.flood.pour(self.line.gateway_end, self.slave)
            if wait > 0:
                self.now += max(wait, 0.001)
                left.append((self.now, self._take()))
        return left

    def _take(self) -> bytes:
        """All that the device was given: the kernel moves it within a moment."""
        data = b""
        while len(data) < self.transmitter.counters.bytes - self.line.sent:
            select.select([self.line.gateway_end], [], [], 10)
            data += os.read(self.line.gateway_end, 65536)
        self.line.sent += len(data)
        return data

    def close(self) -> None:
        self.transmitter.close()
        self.line.close()
        os.close(self.slave)


def test_each_byte_leaves_at_the_same_moment_with_and_without_a_flood(tmp_path: Path) -> None:
    """In simulated time there is no luck: a minute of the line is the same to the byte and the moment."""
    left = []
    for name, flood in (("quiet", None), ("flooded", Flood(2))):
        timed = Timed(tmp_path / name, flood)
        left.append(timed.run(60.0))
        timed.close()
    assert left[0] == left[1]
    assert 0.99 * 60 * BAUD / 10 < sum(len(data) for _, data in left[0]) < 1.01 * 60 * BAUD / 10


def write_much(device: int) -> None:
    for _ in range(10_000):
        os.write(device, b"after")


def test_a_port_that_heeds_the_far_side_would_be_seen_here(tmp_path: Path) -> None:
    """The flood does what it is for: with IXON set its first piece stops the device dead."""
    line = SerialLine(
        LineSettings(gateway=tmp_path / "gateway", hub=tmp_path / "hub", baud=BAUD), monotonic=lambda: 0.0
    )
    line.open()
    slave = os.open(tmp_path / "gateway", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    attributes = termios.tcgetattr(slave)
    attributes[0] |= termios.IXON
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    assert os.write(slave, b"before") == 6
    Flood(3).pour(line.gateway_end, slave)
    with pytest.raises(BlockingIOError):
        write_much(slave)
    line.close()
    os.close(slave)
