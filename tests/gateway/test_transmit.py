"""The transmit loop, in simulated time: paced, never idle, and going on whatever the device does."""

from __future__ import annotations

from threading import Lock

import pytest
from structlog.testing import capture_logs

from stationmaster_base.errors import StationError
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.port import PortGone
from stationmaster_gateway.schedule import Schedule
from stationmaster_gateway.transmit import Pacer, Transmitter
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header
from stationmaster_telegram.records import DatabaseState


class Device:
    """A UART in simulated time: a buffer that drains at its rate."""

    def __init__(self, rate: float, room: int = 4096, *, tells: bool = True) -> None:
        self.rate = rate
        self.room = room
        self.tells = tells
        self.present = True
        self.refused = False
        self.is_open = False
        self.held = 0.0
        self.longest = 0.0
        self.idle = 0.0
        self.out = b""

    def pass_time(self, seconds: float) -> None:
        drained = seconds * self.rate
        if self.out:
            self.idle += max(0.0, drained - self.held) / max(self.rate, 1.0)
        self.held = max(0.0, self.held - drained)

    def open(self) -> None:
        if self.refused:
            raise StationError("port-unsafe", "It is a console.")
        if not self.present:
            raise PortGone("port-gone", "It is not there.")
        self.is_open = True

    def write(self, data: bytes) -> int:
        if not self.present:
            self.is_open = False
            raise PortGone("port-gone", "It went away.")
        taken = min(len(data), int(self.room - self.held))
        self.held += taken
        self.longest = max(self.longest, self.held)
        self.out += data[:taken]
        return taken

    def queued(self) -> int:
        return int(self.held) if self.tells else 0

    def close(self) -> None:
        self.is_open = False


class Running:
    """A transmitter on such a device."""

    def __init__(self, baud: int, device: Device) -> None:
        self.now = 0.0
        self.device = device
        self.schedule = Schedule(Mirror(), Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
        self.state = DatabaseState.GOOD
        self.transmitter = Transmitter(
            device,
            baud,
            schedule=self.schedule,
            lock=Lock(),
            database=lambda: (self.state, 0.0),
            monotonic=lambda: self.now,
        )

    def run(self, seconds: float, *, late: float = 0.0) -> None:
        """Step as the gateway does, each sleep too long by `late`."""
        end = self.now + seconds
        while self.now < end:
            wait = self.transmitter.step()
            slept = max(wait + (late if wait else 0.0), 0.0001)
            self.now += slept
            self.device.pass_time(slept)


@pytest.mark.parametrize("baud", [1200, 9600, 19200, 115200])
def test_the_line_is_never_idle_and_never_ahead(baud: int) -> None:
    """At any rate the device always has something to send, and at most 80 ms when the next telegram comes."""
    running = Running(baud, Device(baud / 10))
    running.run(10, late=0.002)
    assert running.device.idle < 0.02
    assert running.device.longest <= 0.08 * baud / 10 + 240
    assert abs(len(running.device.out) - baud) <= 0.08 * baud / 10 + 240


def test_a_device_slower_than_it_says_is_capped_by_its_queue() -> None:
    """Where the kernel tells its queue, what is newest never waits behind more than 0.3 s of bytes."""
    running = Running(115200, Device(9000.0))
    running.run(20)
    assert running.device.longest <= 0.3 * 11520 + 240


def test_a_device_that_tells_no_queue_is_paced_by_the_bucket_alone() -> None:
    """On a pseudo-terminal the bytes still leave at the baud rate."""
    running = Running(9600, Device(1e9, tells=False))
    running.run(10)
    assert 9600 - 240 <= len(running.device.out) <= 9600 + 2 * 240


def test_the_bucket_saves_little_for_later() -> None:
    """After a pause the second telegram may go 50 ms before the first is out, and no more is saved."""
    pacer = Pacer(9600, 0.0)
    assert pacer.wait(100.0) == 0
    pacer.took(240)
    assert pacer.wait(100.0) == pytest.approx(0.2)
    assert pacer.wait(99.0) == pytest.approx(0.2)


def test_telegrams_come_out_whole_from_a_device_that_takes_them_in_pieces() -> None:
    """A small buffer cuts writes anywhere; the stream is still the same."""
    running = Running(9600, Device(960.0, room=50))
    running.run(10)
    decoder = Decoder("QHD")
    decoder.receive_data(running.device.out)
    assert decoder.counters.frames == running.transmitter.counters.telegrams > 50
    assert decoder.counters.framing_errors == decoder.counters.gaps == 0


def test_a_device_that_goes_away_is_opened_again() -> None:
    """While it is away it is looked for with growing patience; then the stream goes on with whole telegrams."""
    running = Running(9600, Device(960.0))
    running.run(2)
    running.device.present = False
    with capture_logs() as logs:
        running.run(10)
        before = len(running.device.out)
        running.device.present = True
        running.run(5)
    assert [log["event"] for log in logs] == ["port_lost", "port_missing", "port_opened"]
    assert running.transmitter.counters.losses == 1
    assert running.transmitter.counters.openings == 2
    decoder = Decoder("QHD")
    decoder.receive_data(running.device.out[before:])
    assert decoder.counters.frames > 10
    assert decoder.counters.framing_errors == 0


def test_a_device_that_is_not_there_at_the_start_is_waited_for() -> None:
    """The gateway may be started before its device is plugged in."""
    running = Running(9600, Device(960.0))
    running.device.present = False
    with capture_logs() as logs:
        running.run(20)
        running.device.present = True
        running.run(3)
    assert [log["event"] for log in logs] == ["port_missing", "port_opened"]
    assert len(running.device.out) > 500


def test_an_unsafe_port_ends_the_gateway() -> None:
    """A port that must not be used is no matter of patience."""
    running = Running(9600, Device(960.0))
    running.device.refused = True
    with pytest.raises(StationError, match="console"):
        running.run(1)


def test_a_device_that_takes_nothing_is_said_to_stall() -> None:
    """A stalled line is logged once and counted, and goes on when it can."""
    running = Running(9600, Device(0.0, room=100))
    with capture_logs() as logs:
        running.run(20)
        assert running.transmitter.counters.stalls == 1
        running.device.rate = 960.0
        running.run(5)
    assert [log["event"] for log in logs] == ["port_opened", "line_stalled"]
    assert running.transmitter.counters.telegrams > 5


def test_the_databases_state_is_looked_at_for_each_telegram() -> None:
    """Losing the database is on the line within one telegram."""
    running = Running(9600, Device(960.0))
    running.run(2)
    running.state = DatabaseState.GONE
    before = len(running.device.out)
    running.run(0.6)
    decoder = Decoder("QHD")
    decoder.receive_data(b"\0" + running.device.out[before:])
    states = []
    while (event := decoder.next_event()) is not None:
        states.append(getattr(getattr(event, "content", None), "database", None))
    assert DatabaseState.GONE in states


def test_closing_stops_it() -> None:
    """A closed transmitter has closed its port."""
    running = Running(9600, Device(960.0))
    running.run(1)
    running.transmitter.close()
    assert not running.device.is_open
