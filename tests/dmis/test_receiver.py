"""The receiver on a pseudo-terminal, with simulated time and a reactor that a test drives."""

from __future__ import annotations

import os
import pty
import select
import tty
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster_dmis.line import Line
from stationmaster_dmis.metrics import LineCollector
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_dmis.records import feed_record
from stationmaster_dmis.settings import SerialPlace
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import CallKind, FeedGrade, Running
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.keys import Keyring, SigningKey
from stationmaster_telegram.records import CallRecord, Calls, DatabaseState, GatewayState, Kind, Manifest, RunningState
from stationmaster_telegram.replay import ReplayGuard, SeenFile
from support.telegrams import call, frame


class DrivenReactor(Clock):
    """Simulated time, and descriptors that are read when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[object] = []

    def addReader(self, reader: object) -> None:  # noqa: N802 - Twisted's name
        self.readers.append(reader)

    def removeReader(self, reader: object) -> None:  # noqa: N802 - Twisted's name
        self.readers.remove(reader)

    def read(self) -> None:
        for reader in list(self.readers):
            reader.doRead()  # type: ignore[attr-defined]  # a read descriptor


class Sink:
    """Everything that was told, in order."""

    def __init__(self) -> None:
        self.told: list[list[str] | FeedGrade] = []
        self.records: list[FeedRecord] = []

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.records += records
        self.told.append([record.numbers[0] for record in records])

    def graded(self, grade: FeedGrade) -> None:
        self.told.append(grade)


class Receiving:
    """A receiver, its far side, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.link = folder / "hub"
        self.reactor = DrivenReactor()
        self.sink = Sink()
        self.ends: list[int] = []
        self.master = self.plug()
        self.receiver = self.make()
        self.sequence = 0

    def make(self, grade: FeedGrade = FeedGrade.LOST, verifier: Verifier | None = None) -> LineReceiver:
        line = Line("line", Decoder("QHD", verifier), verifier)
        return LineReceiver(
            [(line, SerialPlace(device=self.link))],
            sink=self.sink,
            reactor=self.reactor,
            station_time=self.reactor.seconds,
            wall=self.reactor.seconds,
            grade=grade,
        )

    @property
    def counters(self) -> Counters:
        return self.receiver.status().lines[0].counters

    def plug(self) -> int:
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        self.ends += [master, slave]
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        return master

    def unplug(self) -> None:
        self.link.unlink()
        os.close(self.master)
        self.ends.remove(self.master)

    def send(self, *contents: Calls | Manifest | GatewayState, epoch: int = 1, key: SigningKey | None = None) -> None:
        for content in contents:
            self.sequence += 1
            self.deliver(frame(content, self.sequence, epoch=epoch, key=key))

    def deliver(self, data: bytes) -> None:
        """Put bytes on the line and have all of them received; the kernel takes a moment of real time to move them."""
        counters = self.counters
        target = counters.bytes + len(data)
        os.write(self.master, data)
        while counters.bytes < target:
            assert select.select(self.reactor.readers, [], [], 10)[0]
            self.reactor.read()

    def close(self) -> None:
        if self.receiver.running:
            self.receiver.stopService()
        for end in self.ends:
            os.close(end)


GOOD = GatewayState(database=DatabaseState.GOOD)


def manifest(*records: CallRecord) -> Manifest:
    return Manifest(cycle=0, count=len(records), digest=whole_digest(manifest_hours(records)))


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Receiving]:
    line = Receiving(tmp_path)
    yield line
    line.close()


def test_a_call_in_the_kernels_words() -> None:
    """Every field of a call reaches the kernel under its name."""
    record = call(
        4,
        numbers=("G1", "G4"),
        kind=Kind.PASSING,
        expected_arrival=10**9 + 600,
        day=date(2001, 9, 9),
        planned_arrival=10**9,
        planned_departure=10**9,
        expected_departure=10**9 + 601,
        actual_arrival=10**9 + 602,
        actual_departure=10**9 + 603,
        arrival_unknown=True,
        departure_unknown=True,
        running=RunningState.EXTRA,
        reason="大风",
    )
    assert feed_record(record) == FeedRecord(
        day=date(2001, 9, 9),
        numbers=("G1", "G4"),
        train_class="高速",
        kind=CallKind.PASSING,
        origin="包头",
        destination="北京",
        planned_arrival=record.planned_arrival,
        planned_departure=record.planned_departure,
        expected_arrival=record.expected_arrival,
        expected_departure=record.expected_departure,
        actual_arrival=record.actual_arrival,
        actual_departure=record.actual_departure,
        arrival_unknown=True,
        departure_unknown=True,
        track="3",
        running=Running.EXTRA,
        reason="大风",
    )


def test_every_kind_and_running_state_has_its_word() -> None:
    """The two vocabularies are the same size and have the same names."""
    assert {kind.name for kind in Kind} == {kind.name for kind in CallKind}
    assert {state.name for state in RunningState} == {state.name for state in Running}


def test_news_and_grades_come_in_order(line: Receiving) -> None:
    """Calls are told once, newest last; the feed is fresh when it is complete, late and lost when it is silent."""
    line.receiver.startService()
    assert line.receiver.position is None
    line.deliver(
        frame(GOOD, 1)
        + frame(Calls(records=(call(1), call(2))), 2)
        + frame(Calls(records=(call(1, revision=2, track="8"),)), 3)
    )
    line.sequence = 3
    line.send(manifest(call(1, revision=2), call(2)))
    assert line.receiver.position == (1, 4)
    line.send(Calls(records=(call(2),)))
    assert line.sink.told == [["G2", "G1"], FeedGrade.LATE, FeedGrade.FRESH]
    assert line.sink.records[1].track == "8"
    assert line.receiver.age_s == 0.0
    line.reactor.pump([0.25] * 280)
    assert line.sink.told[3:] == [FeedGrade.LATE, FeedGrade.LOST]
    assert line.receiver.grade is FeedGrade.LOST


def test_the_position_is_never_ahead_of_what_was_told(line: Receiving) -> None:
    """When the sink is told, everything before it has been told too."""
    positions: list[tuple[int, int] | None] = []
    line.sink.news = lambda records: positions.append(line.receiver.position)  # type: ignore[method-assign]  # to look
    line.receiver.startService()
    line.send(Calls(records=(call(1),)))
    line.send(Calls(records=(call(2),)))
    assert positions == [(1, 1), (1, 2)]


def test_a_restarted_hub_does_not_say_that_the_feed_was_lost(line: Receiving) -> None:
    """With the grade that the kernel has, only a difference is told."""
    line.receiver = line.make(FeedGrade.FRESH)
    line.receiver.startService()
    line.send(GOOD, Calls(records=(call(1),)), manifest(call(1)))
    assert line.sink.told == [["G1"]]


def test_a_gateway_that_restarts_is_followed(line: Receiving) -> None:
    """The new epoch's position counts, repeats are no news, and old telegrams are counted and ignored."""
    line.receiver.startService()
    line.send(Calls(records=(call(1, revision=5),)))
    line.sequence = 0
    line.send(Calls(records=(call(1, revision=1),)), epoch=2)
    assert line.receiver.position == (2, 1)
    line.send(Calls(records=(call(1, revision=9, track="9"),)), epoch=1)
    assert line.sink.told == [["G1"]]
    (gateway,) = line.receiver.status().lines[0].gateways
    assert (gateway.epochs, gateway.stale_epochs, gateway.epoch) == (2, 1, 2)


def test_a_device_that_vanishes_is_opened_again(line: Receiving) -> None:
    """Unplugging loses what was half received and nothing else; the next device under the same path is read."""
    line.receiver.startService()
    line.deliver(frame(Calls(records=(call(1),)))[:20])
    with capture_logs() as logs:
        line.unplug()
        line.reactor.read()
        assert not line.receiver.status().lines[0].is_open
        assert line.reactor.readers == []
        line.reactor.pump([0.5] * 10)
        line.master = line.plug()
        line.reactor.pump([0.5] * 10)
    assert line.receiver.status().lines[0].is_open
    assert [log["event"] for log in logs] == ["device-lost", "device-opened"]
    line.send(Calls(records=(call(2),)))
    assert line.sink.told == [["G2"]]
    assert line.counters.framing_errors == 1


def test_a_device_that_is_not_there_at_the_start_is_waited_for(line: Receiving) -> None:
    """The hub starts without its line, says so once, and takes it when it comes."""
    line.unplug()
    with capture_logs() as logs:
        line.receiver.startService()
        line.reactor.pump([0.5] * 20)
        line.master = line.plug()
        line.reactor.pump([0.5] * 10)
    assert [log["event"] for log in logs] == ["device-missing", "device-opened"]
    line.send(Calls(records=(call(1),)))
    assert line.sink.told == [["G1"]]


def test_a_path_that_is_no_device_is_said(line: Receiving) -> None:
    """A file in the device's place is told in the log, and the hub goes on without the line."""
    line.link.unlink()
    line.link.write_text("not a device")
    with capture_logs() as logs:
        line.receiver.startService()
    assert "not a serial port" in logs[0]["problem"]
    line.receiver.stopService()
    assert line.reactor.getDelayedCalls() == []


def test_noise_is_counted_and_harms_nothing(line: Receiving) -> None:
    """Garbage before, between and after telegrams leaves only counts."""
    line.receiver.startService()
    line.deliver(b"\xff\x00garbage\x00" * 20)
    line.send(Calls(records=(call(1),)))
    line.deliver(b"x" * 900)
    line.send(Calls(records=(call(2),)))
    assert line.sink.told == [["G1"], ["G2"]]
    assert line.counters.framing_errors > 20


def test_what_came_before_it_was_opened_is_thrown_away(line: Receiving) -> None:
    """A buffer of old telegrams is not taken for news."""
    tty.setraw(line.ends[1])
    os.write(line.master, frame(Calls(records=(call(1),)), 1))
    assert select.select([line.ends[1]], [], [], 10)[0]
    line.sequence = 1
    line.receiver.startService()
    line.reactor.read()
    line.send(Calls(records=(call(2),)))
    assert line.sink.told == [["G2"]]


def test_it_writes_nothing_to_the_line(line: Receiving) -> None:
    """Nothing is echoed or answered, whatever comes."""
    line.receiver.startService()
    for _ in range(5):
        line.deliver(bytes(range(256)))
        line.send(GOOD)
    with pytest.raises(BlockingIOError):
        os.read(line.master, 1)


def test_the_databases_state_and_broken_rows_reach_the_hub(line: Receiving) -> None:
    """What the gateway says of itself is in the status, and broken rows are a warning."""
    line.receiver.startService()
    with capture_logs() as logs:
        line.send(GOOD)
        line.send(GatewayState(database=DatabaseState.GONE, faulty=3))
    (gateway,) = line.receiver.status().lines[0].gateways
    assert (gateway.database, gateway.faulty) == (DatabaseState.GONE, 3)
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == ["gateway_rows_broken"]


def test_stopping_closes_everything(line: Receiving) -> None:
    """No descriptor, reader or timer is left, and a lost connection afterwards does nothing."""
    line.receiver.startService()
    (reader,) = line.reactor.readers
    line.receiver.stopService()
    assert line.reactor.readers == []
    assert line.reactor.getDelayedCalls() == []
    reader.connectionLost(Failure(OSError("gone")))  # type: ignore[attr-defined]  # a read descriptor
    assert line.reactor.getDelayedCalls() == []


def test_the_metrics_say_it_all(line: Receiving) -> None:
    """Counts, grade, completeness and age can be scraped before and after the first telegram."""
    registry = CollectorRegistry()
    registry.register(LineCollector(line.receiver))
    assert b"stationmaster_line_age_seconds NaN" in generate_latest(registry)
    line.receiver.startService()
    line.send(GOOD, Calls(records=(call(1),)), manifest(call(1)))
    text = generate_latest(registry).decode()
    assert 'stationmaster_line_frames_total{line="line"} 3.0' in text
    assert 'stationmaster_line_gateway_chosen{gateway="1",line="line"} 1.0' in text
    assert 'stationmaster_line_grade{grade="fresh"} 1.0' in text
    assert "stationmaster_line_complete 1.0" in text
    assert "stationmaster_line_sequence 3.0" in text


def test_a_line_with_keys_takes_nothing_old_and_nothing_unsigned(line: Receiving) -> None:
    """A recording is played after the gateway fell silent and the receiver was started anew: no call comes of it."""
    key = SigningKey(id=1, secret=bytes(range(32)))
    seen = SeenFile(line.folder / "seen.json")

    def begin() -> None:
        guard = ReplayGuard(seen, line.reactor.seconds)
        line.receiver = line.make(verifier=Verifier(Keyring(key), guard))
        line.receiver.startService()

    begin()
    line.send(Calls(records=(call(1),)), key=key)
    assert line.receiver.status().news == 1
    line.receiver.stopService()
    line.reactor.advance(3600)
    begin()
    line.sequence = 0
    line.send(Calls(records=(call(1),)), key=key)
    line.send(Calls(records=(call(2),)))
    counters = line.counters
    assert (counters.replays, counters.unauthenticated, counters.frames) == (1, 1, 0)
    line.send(Calls(records=(call(2),)), epoch=2, key=key)
    assert line.receiver.status().news == 1
