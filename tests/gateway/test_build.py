"""The gateway as a whole, in this process: it dies rather than lives on half dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from stationmaster_base.clock import MachineClock
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_gateway.build import Gateway, build
from stationmaster_gateway.database import DispatchingDatabase
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import GatewayState
from support.dispatching import Dispatching


class Sink:
    """A port that takes everything."""

    def __init__(self, verifier: Verifier | None = None) -> None:
        self.is_open = False
        self.decoder = Decoder("QHD", verifier)

    def open(self) -> None:
        self.is_open = True

    def write(self, data: bytes) -> int:
        self.decoder.receive_data(data)
        return len(data)

    def states(self) -> list[GatewayState]:
        """What the gateway has said of itself so far."""
        events = iter(self.decoder.next_event, None)
        contents = [event.content for event in events if isinstance(event, Telegram)]
        return [content for content in contents if isinstance(content, GatewayState)]

    def queued(self) -> int:
        return 0

    def close(self) -> None:
        self.is_open = False


def gateway(folder: Path, sink: Sink, wall: Callable[[], float] = time.time, **more: object) -> Gateway:
    """A gateway on a database in a file."""
    written = Dispatching(folder / "d.db")
    body = {"database": written.url, "port": "port", "station": "QHD", "state": "g.json", "status_port": 0, **more}
    written.close()
    faults = Faults()
    settings = GatewaySettings.from_table(Table(dict(body), "s.toml", faults, "gateway"), folder)
    faults.raise_if_any()
    return build(
        settings,
        clock=MachineClock(wall),
        monotonic=time.monotonic,
        registry=CollectorRegistry(),
        port=sink,
    )


def test_it_ends_when_told_and_closes_what_it_had(tmp_path: Path) -> None:
    """After its end no thread and no open port is left."""
    sink = Sink()
    one = gateway(tmp_path, sink)
    one.run(stopping=lambda: one.health().quiet, sleep=time.sleep)
    assert one.health().more["calls"] == 0
    assert not sink.is_open
    assert [thread.name for thread in threading.enumerate() if thread.name in ("reader", "status")] == []


def test_it_dies_when_a_part_of_it_has_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that ends by a fault nobody thought of takes the gateway with it; a supervisor starts a new one."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def poll(_: DispatchingDatabase) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(DispatchingDatabase, "poll", poll)
    sink = Sink()
    with pytest.raises(StationError, match="died") as caught:
        gateway(tmp_path, sink).run(stopping=lambda: False, sleep=time.sleep)
    assert caught.value.code == "gateway-died"
    assert not sink.is_open


@pytest.mark.parametrize(("wall", "told"), [(1_772_366_400.9, 1_772_366_400), (1_577_836_799.0, None), (17.0, None)])
def test_it_tells_its_own_time_if_it_has_one(tmp_path: Path, wall: float, told: int | None) -> None:
    """The receiver compares clocks; a machine without a battery, which begins in 1970, tells none."""
    sink = Sink()
    one = gateway(tmp_path, sink, lambda: wall)
    one.run(stopping=lambda: one.health().quiet, sleep=time.sleep)
    assert {state.gateway_time for state in sink.states()} == {told}


def keys(folder: Path) -> Path:
    """A file of two keys."""
    file = folder / "line.keys"
    file.write_text("".join(f'[[key]]\nid = {number}\nsecret = "{number:064x}"\n' for number in (1, 2)), "utf-8")
    file.chmod(0o600)
    return file


def test_it_signs_with_the_key_that_it_is_told(tmp_path: Path) -> None:
    """Every telegram has a tag that a receiver with the same file of keys takes."""
    sink = Sink(Verifier.open(keys(tmp_path), tmp_path / "seen.json", time.monotonic))
    one = gateway(tmp_path, sink, key={"file": "line.keys", "send": 2})
    one.run(stopping=lambda: one.health().quiet, sleep=time.sleep)
    counters = sink.decoder.counters
    assert counters.frames > 0
    assert counters == Counters(bytes=counters.bytes, frames=counters.frames)


def test_it_does_not_start_without_its_key(tmp_path: Path) -> None:
    """A key that the file has not is a fault of the settings, and nothing is sent unsigned instead."""
    keys(tmp_path)
    with pytest.raises(StationError, match=r"no key 3; it has \(1, 2\)") as caught:
        gateway(tmp_path, Sink(), key={"file": "line.keys", "send": 3})
    assert caught.value.code == "line-keys"
