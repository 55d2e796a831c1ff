"""A hub's process that hears two gateways' processes: over two serial lines, then as datagrams, then as files."""

from __future__ import annotations

import http.client
import json
import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import Instant
from support.dispatching import Dispatching, plan, report, run
from support.gateway_process import GatewayProcess
from support.ports import free_ports

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
NOW = Instant(int(datetime(2026, 3, 1, 9, 40, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()))
PATIENCE_S = 60.0


class Wire:
    """What one gateway sends, carried to where it is plugged in: a terminal, datagrams, files, or nowhere when cut."""

    def __init__(self) -> None:
        self.gateway_end, slave = pty.openpty()
        self.hub_end, hub_slave = pty.openpty()
        self._slaves = slave, hub_slave
        for end in self._slaves:
            tty.setraw(end)
        self.gateway_port, self.hub_port = os.ttyname(slave), os.ttyname(hub_slave)
        self.goes_to: Callable[[bytes], object] = self.serial
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def serial(self, data: bytes) -> None:
        os.write(self.hub_end, data)

    def cut(self, data: bytes) -> None:
        """Nobody hears it."""

    def _carry(self) -> None:
        while self._stop not in (ready := select.select([self.gateway_end, self._stop], [], [])[0]):
            if ready:
                self.goes_to(os.read(self.gateway_end, 4096))

    def close(self) -> None:
        os.write(self._stopped, b"x")
        self._thread.join()
        for end in (self.gateway_end, self.hub_end, *self._slaves, self._stop, self._stopped):
            os.close(end)


class Joined:
    """The database, the two gateways, the wires, and the hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = Dispatching(folder / "d.db")
        self.wires = {"A": Wire(), "B": Wire()}
        self.gateways: dict[str, GatewayProcess] = {}
        for number, (name, wire) in enumerate(self.wires.items(), 1):
            home = folder / name
            home.mkdir()
            (home / "d.db").symlink_to(folder / "d.db")
            gateway = GatewayProcess(home, wire.gateway_port, baud=115200, tables=f"id = {number}\n")
            text = gateway.config.read_text("utf-8").replace('"QHD"', '"MZN"')
            gateway.config.write_text(text.replace("sqlite:///d.db", f"sqlite:///{folder}/d.db"), "utf-8")
            self.gateways[name] = gateway
        self.port, protocol, self.udp_port = free_ports(3)
        self.drop = folder / "drop"
        self.drop.mkdir()
        write_anchor(folder / "clock.json", Anchor(station=NOW, machine=0.0, rate=0.0))
        config = folder / "hub.toml"
        config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "{SAMPLE}"\nport = {self.port}\n'
            f"protocol_port = {protocol}\nfeed_late_s = 6\nfeed_lost_s = 10\n"
            f'[[hub.lines]]\nname = "A"\nport = "{self.wires["A"].hub_port}"\n'
            f'[[hub.lines]]\nname = "B"\nport = "{self.wires["B"].hub_port}"\n'
            f'[[hub.lines]]\nname = "diode"\nudp = "127.0.0.1:{self.udp_port}"\n'
            '[[hub.lines]]\nname = "files"\nfolder = "drop"\n[hub.subsystems]\nguidance = "secret"\n',
            "utf-8",
        )
        self.log = folder / "hub.log"
        with self.log.open("ab") as log:
            self.hub = subprocess.Popen(
                [sys.executable, "-m", "stationmaster.cli", "hub", "--config", str(config)],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        self._between_looks = threading.Event()
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._files = 0

    def datagram(self, data: bytes) -> None:
        """As a data diode passes it on."""
        self._out.sendto(data, ("127.0.0.1", self.udp_port))

    def file(self, data: bytes) -> None:
        """As a security gateway puts it down."""
        self._files += 1
        unfinished = self.drop / ".coming"
        unfinished.write_bytes(data)
        unfinished.rename(self.drop / f"{self._files:06}")

    def ask(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except OSError:
            return {}
        finally:
            connection.close()

    def feed(self) -> dict[str, Any]:
        """How the feed is."""
        found: dict[str, Any] = self.ask("/api/v1/lines").get("feed") or {}
        return found

    def track(self, number: str) -> str:
        """What the hub has as this train's track; nothing if it does not know the train."""
        calls = self.ask("/api/v1/calls?day=2026-03-01").get("calls", [])
        return next((call["track"] for call in calls if call["numbers"] == [number]), "")

    def until(self, done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, (self.ask("/api/v1/lines"), self.log.read_text("utf-8"))
            self._between_looks.wait(0.05)  # nothing depends on its length

    def close(self) -> None:
        for gateway in self.gateways.values():
            if gateway.process is not None:
                gateway.stop()
        self.hub.terminate()
        self.hub.wait(timeout=30)
        for wire in self.wires.values():
            wire.close()
        self._out.close()
        self.written.close()


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Joined]:
    joined = Joined(tmp_path)
    yield joined
    joined.close()


def test_the_word_goes_from_one_gateway_to_the_other_and_nothing_is_lost(joined: Joined) -> None:
    """Line A is cut and B goes on, without the feed being late; B dies and A counts; then diode and files carry it."""
    joined.written.commit(*(run(number, number % 12) for number in range(1, 31)))
    for gateway in joined.gateways.values():
        gateway.start()
    joined.until(lambda: joined.feed().get("grade") == "fresh")
    joined.until(
        lambda: all(line["gateways"] and line["gateways"][0]["complete"] for line in joined.feed()["lines"][:2])
    )
    begun = joined.feed()
    assert begun["news"] == 30
    first = begun["line"]
    other = "B" if first == "A" else "A"

    joined.wires[first].goes_to = joined.wires[first].cut
    joined.written.commit(plan(7, track="5"))
    joined.until(lambda: joined.feed()["line"] == other)
    joined.until(lambda: joined.track("G7") == "5")
    assert joined.feed()["news"] == 31
    joined.until(lambda: f"line-silent/{first}" in joined.ask("/healthz")["alarms"])

    joined.wires[first].goes_to = joined.wires[first].serial
    joined.until(lambda: f"line-silent/{first}" not in joined.ask("/healthz")["alarms"])
    assert joined.feed()["line"] == other
    joined.gateways[other].stop()
    joined.written.commit(plan(8, track="6"))
    joined.until(lambda: joined.feed()["line"] == first)
    joined.until(lambda: joined.track("G8") == "6")

    joined.wires[first].goes_to = joined.datagram
    joined.until(lambda: joined.feed()["line"] == "diode")
    joined.written.commit(plan(9, track="4"))
    joined.until(lambda: joined.track("G9") == "4")

    joined.wires[first].goes_to = joined.file
    joined.until(lambda: joined.feed()["line"] == "files")
    joined.written.commit(plan(10, track="2"), report(10, "arrival", "2026-03-01T01:39:00Z"))
    joined.until(lambda: joined.track("G10") == "2")

    feed = joined.feed()
    assert feed["changeovers"] - begun["changeovers"] == 4
    assert feed["news"] == 34
    events = [json.loads(line) for line in joined.log.read_text("utf-8").splitlines()]
    assert [event["grade"] for event in events if event["event"] == "feed_graded"][-1] == "fresh"
    assert not [event for event in events if event["event"] == "feed_graded" and event["before"] == "fresh"]
    ages = joined.ask("/api/v1/lines/calls")["calls"]
    assert len(ages) == 30
    assert ages[0]["age_s"] < 10
