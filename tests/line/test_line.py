"""The simulated serial line: pace, one way, and surviving either side."""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_simulator.line import SerialLine
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_simulator.line_settings import FaultSettings, LineSettings


class Timed:
    """A line in simulated time."""

    def __init__(self, folder: Path, baud: int = 9600, faults: LineFaults | None = None) -> None:
        self.now = 0.0
        self.settings = LineSettings(gateway=folder / "gateway", hub=folder / "hub", baud=baud)
        self.line = SerialLine(self.settings, monotonic=lambda: self.now, faults=faults)
        self.line.open()

    def run(self, seconds: float) -> None:
        """Pass time; what was written is in the device, which takes the kernel a moment of real time."""
        select.select([self.line.gateway_end], [], [], 0.1)
        end = self.now + seconds
        while self.now < end:
            self.now += self.line.step()


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[Timed]:
    timed = Timed(tmp_path)
    yield timed
    timed.line.close()


def end(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_NOCTTY | os.O_NONBLOCK)


def read_all(device: int, count: int) -> bytes:
    """So many bytes, which the kernel may still be moving."""
    data = b""
    while len(data) < count and select.select([device], [], [], 60)[0]:
        data += os.read(device, count - len(data))
    return data


def read(device: int) -> bytes:
    try:
        return os.read(device, 65536)
    except BlockingIOError:
        return b""


def test_bytes_arrive_at_the_baud_rate_and_as_they_were(timed: Timed) -> None:
    """At 9600 baud 960 bytes take a second, and every value of a byte passes."""
    gateway, hub = end(timed.settings.gateway, os.O_WRONLY), end(timed.settings.hub, os.O_RDONLY)
    data = bytes(range(256)) * 10
    assert os.write(gateway, data) == len(data)
    for _ in range(30):
        timed.run(0.1)
        assert abs(timed.line.delivered - min(len(data), timed.now * 960)) <= 15
    assert read_all(hub, len(data)) == data
    os.close(gateway)
    os.close(hub)


def test_time_in_which_nothing_was_sent_is_not_saved_up(timed: Timed) -> None:
    """After an idle minute a burst takes its time all the same."""
    gateway, hub = end(timed.settings.gateway, os.O_WRONLY), end(timed.settings.hub, os.O_RDONLY)
    timed.run(60)
    os.write(gateway, bytes(960))
    timed.run(0.5)
    assert 450 <= timed.line.delivered <= 500
    os.close(gateway)
    os.close(hub)


def test_the_slowest_rate_carries_too(tmp_path: Path) -> None:
    """At 1200 baud less than a byte passes between two looks, and still bytes pass, 120 a second."""
    timed = Timed(tmp_path, 1200)
    gateway = end(timed.settings.gateway, os.O_WRONLY)
    timed.run(10)
    os.write(gateway, bytes(240))
    timed.run(1)
    assert 115 <= timed.line.delivered <= 125
    timed.line.close()
    os.close(gateway)


def test_nothing_goes_the_other_way(timed: Timed) -> None:
    """What the receiving side writes is counted and reaches nobody."""
    gateway, hub = end(timed.settings.gateway, os.O_RDWR), end(timed.settings.hub, os.O_WRONLY)
    os.write(hub, b"is anybody there?")
    while timed.line.backwards < 17:
        timed.run(0.1)
    assert timed.line.backwards == 17
    assert read(gateway) == b""
    os.close(gateway)
    os.close(hub)


def test_either_side_may_die_and_return(timed: Timed) -> None:
    """Closing one end never hangs up the other, and what is sent meanwhile is lost beyond a buffer."""
    gateway = end(timed.settings.gateway, os.O_WRONLY)
    hub = end(timed.settings.hub, os.O_RDONLY)
    os.close(hub)
    sent = 0
    for _ in range(300):
        sent += os.write(gateway, bytes(96))
        timed.run(0.1)
    while timed.line.sent < sent:
        timed.run(0.1)
    assert timed.line.lost > 0
    hub = end(timed.settings.hub, os.O_RDONLY)
    termios.tcflush(hub, termios.TCIFLUSH)
    os.close(gateway)
    gateway = end(timed.settings.gateway, os.O_WRONLY)
    while read(hub):
        pass
    before = timed.line.delivered
    os.write(gateway, b"again")
    while timed.line.delivered < before + 5:
        timed.run(0.1)
    assert read_all(hub, 5).endswith(b"again")
    os.close(gateway)
    os.close(hub)


def test_a_cut_and_a_flip_happen_on_the_line(tmp_path: Path) -> None:
    """Faults are put on what passes; the bytes take their time all the same."""
    faults = LineFaults(1)
    timed = Timed(tmp_path, faults=faults)
    gateway, hub = end(timed.settings.gateway, os.O_WRONLY), end(timed.settings.hub, os.O_RDONLY)
    faults.cut = True
    os.write(gateway, b"lost")
    while timed.line.sent < 4:
        timed.run(0.1)
    faults.cut = False
    os.write(gateway, b"found")
    while timed.line.sent < 9:
        timed.run(0.1)
    assert read_all(hub, 5) == b"found"
    timed.line.close()
    os.close(gateway)
    os.close(hub)


def test_closing_takes_the_links_away_and_a_later_line_takes_them_over(tmp_path: Path) -> None:
    """A line that was killed leaves links behind; the next one replaces them, and the old one then leaves them."""
    first = Timed(tmp_path)
    second = Timed(tmp_path)
    first.line.close()
    assert second.settings.gateway.is_symlink()
    second.line.close()
    assert list(tmp_path.iterdir()) == []
    second.line.close()


def test_something_else_at_the_links_place_is_not_overwritten(tmp_path: Path) -> None:
    """A person's file is not taken for a link of ours."""
    (tmp_path / "hub").write_text("mine")
    with pytest.raises(StationError, match="something else"):
        Timed(tmp_path)
    assert (tmp_path / "hub").read_text() == "mine"


def test_both_devices_are_raw(timed: Timed) -> None:
    """No echo and no translation, whoever opens them."""
    for path in (timed.settings.gateway, timed.settings.hub):
        device = end(path, os.O_RDWR)
        iflag, oflag, _, lflag, *_ = termios.tcgetattr(device)
        assert (iflag, oflag, lflag) == (termios.IGNBRK, 0, 0)
        os.close(device)


def test_settings_are_read_and_checked() -> None:
    """Two different links and a rate that exists."""
    faults = Faults()
    body = {"gateway": "line/gateway", "hub": "/run/line/hub", "baud": 9600}
    settings = LineSettings.from_table(Table(body, "s.toml", faults, "line"), Path("/etc/station"))
    assert len(faults) == 0
    assert settings == LineSettings(gateway=Path("/etc/station/line/gateway"), hub=Path("/run/line/hub"), baud=9600)
    LineSettings.from_table(Table({"gateway": "a", "hub": "a", "baud": 7, "x": 1}, "s.toml", faults, "line"), Path())
    assert sorted(fault.place for fault in faults) == ["line.baud", "line.hub", "line.x"]


def test_a_bad_line_is_configured() -> None:
    """`[line.faults]` says how bad; a probability is one, and without the table the line is good."""
    faults = Faults()
    body = {"gateway": "a", "hub": "b", "faults": {"flip": 0.5, "cuts": 1, "seed": 7}}
    settings = LineSettings.from_table(Table(body, "s.toml", faults, "line"), Path())
    assert len(faults) == 0
    assert settings.faults == FaultSettings(seed=7, flip=0.5, cuts=1.0)
    assert settings.faults.make().pass_on(bytes(100)) != bytes(100)
    LineSettings.from_table(
        Table({"gateway": "a", "hub": "b", "faults": {"flip": 2, "x": 1}}, "s.toml", faults, "line"), Path()
    )
    assert sorted(fault.place for fault in faults) == ["line.faults.flip", "line.faults.x"]
