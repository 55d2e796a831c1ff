"""The service that listens to the masters of time: on pseudo-terminals and servers in memory, with simulated time."""

from __future__ import annotations

import os
import pty
import tomllib
import tty
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs
from twisted.internet.defer import Deferred

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.judge import Trouble
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.masters import ClockMasters, Machine
from stationmaster_clock.metrics import ClockCollector
from stationmaster_clock.ntp import Packet, from_stamp
from stationmaster_clock.settings import ClockSettings, SerialSource, ServeSettings
from stationmaster_clock.sntp_server import SntpServer, TimeTold
from support.driven import DrivenReactor
from support.nmea_lines import rmc, utc

NOW = utc(2026, 11, 22, 3)
"""The true time at machine second 0."""


class Device:
    """A receiver on a pseudo-terminal behind a path that can be unplugged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self._ends = ours, theirs
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))

    def unplug(self) -> None:
        if self._ends is not None:
            self.path.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None

    def say(self, data: bytes) -> None:
        if self._ends is not None:
            os.write(self._ends[0], data)


class World:
    """A station with masters, whose machine's clock is `off` seconds wrong."""

    def __init__(self, folder: Path, settings: str, off: float = 0.0) -> None:
        self.reactor = DrivenReactor()
        self.off = off
        self.clock = SteeredClock(lambda: NOW + self.off + self.reactor.seconds(), self.reactor.seconds)
        self.stepped: list[float] = []
        numbers = count(7)
        self.masters = ClockMasters(
            read(settings, folder),
            clock=self.clock,
            reactor=self.reactor,
            machine=Machine(
                wall=lambda: NOW + self.off + self.reactor.seconds(),
                monotonic=self.reactor.seconds,
                nonce=lambda: next(numbers),
            ),
            stepped=lambda: self.stepped.append(self.clock.now()),
        )
        self.devices: dict[str, Device] = {}
        self.tells = dict.fromkeys(("a", "b", "c"), 0.0)
        """By how much each device and server is wrong."""

    @property
    def true(self) -> float:
        return NOW + self.reactor.seconds()

    def server(self, address: str, name: str) -> None:
        quality = ClockQuality(state=ClockState.LOCKED, error_s=0.01)
        self.reactor.servers[address, 123] = SntpServer(
            now=lambda: self.true + self.tells[name],
            told=lambda: TimeTold(quality=quality),
            leaps=LeapTable.shipped(),
        ).answer

    def run(self, seconds: int) -> None:
        for _ in range(seconds * 2):
            if self.reactor.seconds() % 1 == 0:
                for name, device in self.devices.items():
                    device.say(rmc(self.true + self.tells[name]))
            self.reactor.read()
            self.reactor.pump([1 / 256, 0.5 - 1 / 256])

    @property
    def wrong(self) -> float:
        return self.clock.now() - self.true

    @property
    def state(self) -> ClockState:
        return self.masters.verdict.state


def read(text: str, folder: Path) -> ClockSettings:
    faults = Faults()
    table = Table(tomllib.loads(text), "station.toml", faults)
    settings = ClockSettings.from_table(table.table("clock"), folder)
    faults.raise_if_any()
    return settings


SERIAL = """
[[clock.serial]]
name = "a"
device = "master-clock"
baud = 4800
"""

SERVERS = """
[[clock.ntp]]
name = "b"
host = "192.0.2.1"
poll_s = 16
[[clock.ntp]]
name = "c"
host = "clock.example"
"""


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[World]]:
    """Worlds that are ended after the test."""
    made: list[World] = []
    yield made
    for world in made:
        if world.masters.running:
            world.masters.stopService()
        for device in world.devices.values():
            device.unplug()
        assert world.reactor.readers == []
        assert world.reactor.listening == []


@pytest.fixture
def station(tmp_path: Path, worlds: list[World]) -> World:
    """One device and two servers, and a machine that is 90 s wrong."""
    world = World(tmp_path, SERIAL + SERVERS, off=90.0)
    worlds.append(world)
    world.devices["a"] = Device(tmp_path / "master-clock")
    world.server("192.0.2.1", "b")
    world.server("192.0.2.2", "c")
    world.reactor.hosts["clock.example"] = "192.0.2.2"
    return world


def fired(waiting: Deferred[None]) -> list[None]:
    seen: list[None] = []
    waiting.addCallback(seen.append)
    return seen


def test_the_days_work_begins_when_the_time_is_locked(station: World) -> None:
    """At the start the clock is set, backwards too, before anything hangs on it; then the work may begin."""
    station.masters.startService()
    seen = fired(station.masters.ready())
    station.run(2)
    assert (seen, station.state) == ([], ClockState.FREE_RUN)
    station.run(6)
    assert (seen, station.state) == ([None], ClockState.LOCKED)
    assert station.wrong == pytest.approx(0.0, abs=0.01)
    assert station.clock.begun
    assert fired(station.masters.ready()) == [None]
    quality = station.masters.quality()
    assert quality.state is ClockState.LOCKED
    assert quality.error_s is not None
    assert abs(station.wrong) <= quality.error_s < 0.3


def test_without_masters_the_work_begins_after_a_while(tmp_path: Path, worlds: list[World]) -> None:
    """When no master answers the station runs on the machine's own time, and says so; a late one is slewed to."""
    world = World(tmp_path, SERIAL, off=2.0)
    worlds.append(world)
    world.masters.startService()
    seen = fired(world.masters.ready())
    world.run(9)
    assert seen == []
    world.run(2)
    assert (seen, world.state) == ([None], ClockState.FREE_RUN)
    world.devices["a"] = Device(tmp_path / "master-clock")
    world.run(10)
    assert world.state is ClockState.LOCKED
    assert 1.9 < world.wrong < 2.0
    assert world.masters.quality().error_s == pytest.approx(0.5 + world.wrong, abs=0.02)
    world.run(420)
    assert world.wrong == pytest.approx(0.0, abs=0.01)


def test_a_late_lock_forwards_is_a_step_that_wakes_whatever_is_due(tmp_path: Path, worlds: list[World]) -> None:
    """The first lock after the start may move a clock that is behind at once; later ones only slew it."""
    world = World(tmp_path, SERIAL, off=-30.0)
    worlds.append(world)
    world.masters.startService()
    world.run(12)
    world.devices["a"] = Device(tmp_path / "master-clock")
    world.run(8)
    assert world.wrong == pytest.approx(0.0, abs=0.01)
    assert len(world.stepped) == 1
    world.tells["a"] = 1.5
    world.run(20)
    assert 0.0 < world.wrong < 0.1
    assert len(world.stepped) == 1


def test_a_liar_is_outvoted_and_the_dead_are_missed(station: World) -> None:
    """One of three that is wrong changes nothing; when all are gone it is holdover."""
    station.masters.startService()
    station.run(10)
    station.tells["a"] = 40.0
    station.run(30)
    assert station.state is ClockState.LOCKED
    assert station.wrong == pytest.approx(0.0, abs=0.02)
    assert {each.name: each.condition.value for each in station.masters.verdict.sources}["a"] == "outvoted"
    station.devices["a"].unplug()
    station.reactor.servers.clear()
    station.run(500)
    assert station.state is ClockState.HOLDOVER
    assert station.wrong == pytest.approx(0.0, abs=0.05)


def test_a_device_is_unplugged_and_plugged_in_again(tmp_path: Path, worlds: list[World]) -> None:
    """When the device goes away it is holdover at once; when it is back, by its path, it settles and locks."""
    world = World(tmp_path, SERIAL)
    worlds.append(world)
    world.devices["a"] = Device(tmp_path / "master-clock")
    world.masters.startService()
    world.run(10)
    assert world.state is ClockState.LOCKED
    with capture_logs() as logs:
        world.devices["a"].unplug()
        world.run(20)
        assert (world.state, world.masters.serial[0][1]) == (ClockState.HOLDOVER, False)
        world.devices["a"].plug()
        world.run(10)
    assert (world.state, world.masters.serial[0][1]) == (ClockState.LOCKED, True)
    assert [each["event"] for each in logs if each["event"].startswith("device-")] == [
        "device-lost",
        "device-opened",
    ]
    assert [each["state"] for each in logs if each["event"] == "clock-state"] == ["holdover", "locked"]


def test_a_step_of_the_machines_clock_changes_nothing(station: World) -> None:
    """An administrator who sets the machine's clock does not move station time."""
    station.masters.startService()
    station.run(10)
    station.off = -7200.0
    station.run(10)
    assert station.wrong == pytest.approx(0.0, abs=0.01)
    assert station.state is ClockState.LOCKED


def test_all_masters_jump_and_a_person_decides(station: World) -> None:
    """A step of all of them is refused until somebody accepts it; forwards it is then made at once."""
    station.masters.startService()
    station.run(10)
    assert not station.masters.accept_step()
    station.tells.update(a=3600.0, b=3600.0, c=3600.0)
    station.run(300)
    assert station.masters.verdict.trouble is Trouble.STEP_REFUSED
    assert station.state is ClockState.HOLDOVER
    assert station.wrong == pytest.approx(0.0, abs=0.05)
    assert station.masters.accept_step()
    assert station.wrong == pytest.approx(3600.0, abs=0.05)
    assert station.state is ClockState.LOCKED


def test_unknown_hosts_and_dead_servers_are_said_once(station: World) -> None:
    """A name that is not known and a server where nobody listens are warned of once each, and asked on."""
    station.reactor.hosts.clear()
    station.reactor.servers.clear()
    with capture_logs() as logs:
        station.masters.startService()
        station.run(60)
    assert [each["source"] for each in logs if each["event"] == "time-server-unreachable"] == ["b", "c"]
    station.reactor.hosts["clock.example"] = "192.0.2.2"
    station.server("192.0.2.2", "c")
    station.run(140)
    assert station.masters.ntp[1].counters.answered >= 1


def test_the_station_answers_devices(tmp_path: Path, worlds: list[World]) -> None:
    """A device that asks gets the station's time, unsynchronised until the masters are there."""
    world = World(tmp_path, SERIAL + "[clock.serve]\nlisten = '127.0.0.1'\nport = 1123\n", off=5.0)
    worlds.append(world)
    world.devices["a"] = Device(tmp_path / "master-clock")
    world.masters.startService()
    (port,) = world.reactor.listening
    request = Packet(mode=3, transmit=99).encode()
    port.protocol.datagramReceived(request, ("192.0.2.9", 40000))
    world.run(10)
    port.protocol.datagramReceived(request, ("192.0.2.9", 40000))
    port.protocol.datagramReceived(b"hello", ("192.0.2.9", 40000))
    first, second = (Packet.decode(data) for data, _ in port.sent)
    assert first is not None
    assert second is not None
    assert (first.leap, first.stratum, second.leap, second.stratum) == (3, 0, 0, 1)
    assert from_stamp(second.transmit) == pytest.approx(world.true, abs=0.02)
    assert second.origin == 99


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """A machine that serves the time already is a fault that says what to do."""
    world = World(tmp_path, "[clock.serve]\nport = 1123\n")

    def taken(*_: object, **__: object) -> None:
        raise OSError("Address already in use")

    world.reactor.listenUDP = taken  # type: ignore[method-assign,assignment]  # a machine with another server
    with pytest.raises(StationError, match=r"cannot be served at 127\.0\.0\.1:1123"):
        world.masters.startService()


def test_the_metrics_say_everything(station: World) -> None:
    """States, errors, sources, sentences and exchanges are there for Prometheus."""
    registry = CollectorRegistry()
    registry.register(ClockCollector(station.masters))
    station.masters.startService()
    station.run(10)
    text = generate_latest(registry).decode()
    for line in (
        'stationmaster_clock_state{state="locked"} 1.0',
        'stationmaster_clock_source{condition="good",source="a"} 1.0',
        'stationmaster_clock_device_open{source="a"} 1.0',
        'stationmaster_clock_nmea_good_total{source="a"} 10.0',
        'stationmaster_clock_nmea_bad_checksums_total{source="a"} 0.0',
        'stationmaster_clock_ntp_refused_total{source="c"} 0.0',
    ):
        assert line in text.splitlines()


def test_settings_are_read_whole(tmp_path: Path) -> None:
    """Every key of `[clock]` has its place."""
    settings = read(
        """
[clock]
first_year = 2024
last_year = 2030
max_step_s = 1.5
start_step_s = 60
holdover_error_s = 5
drift_ppm = 20
system_error_s = 2
start_wait_s = 3
[[clock.serial]]
name = "mother"
device = "/dev/ttyS1"
error_s = 0.1
delay_s = 0.05
silent_s = 3
zda_alone = true
talkers = ["BD", "GN"]
[[clock.ntp]]
name = "bureau"
host = "10.0.0.1"
[clock.serve]
listen = "10.1.0.1"
""",
        tmp_path,
    )
    assert settings.used
    assert settings.judge.drift == pytest.approx(20e-6)
    assert (settings.judge.window.first, settings.judge.window.last) == (2024, 2030)
    assert settings.judge.system_error_s == 2
    (serial,) = settings.serial
    assert isinstance(serial, SerialSource)
    assert (serial.device, serial.baud) == (Path("/dev/ttyS1"), 9600)
    assert serial.nmea.talkers == {"BD", "GN"}
    assert settings.serve == ServeSettings(listen="10.1.0.1", port=123)


def test_faults_in_the_settings_are_all_found(tmp_path: Path) -> None:
    """Unknown keys, rates that are none, years in the wrong order and names used twice are told at once."""
    with pytest.raises(ConfigurationError) as caught:
        read(
            """
[clock]
last_year = 2010
fast = true
[[clock.serial]]
name = "a"
device = "x"
baud = 9601
[[clock.ntp]]
name = "a"
host = "h"
[[clock.ntp]]
name = "system"
""",
            tmp_path,
        )
    assert [fault.place for fault in caught.value.faults] == [
        "clock.last_year",
        "clock.serial[1].baud",
        "clock.ntp[2].host",
        "clock.name",
        "clock.name",
        "clock.fast",
    ]


def test_a_demos_clock_has_no_masters(tmp_path: Path) -> None:
    """With `file` everything else is read for its faults and stays off."""
    assert not read('[clock]\nfile = "clock.json"\n' + SERIAL + SERVERS, tmp_path).used
    assert not read("", tmp_path).used
