"""The security log: chained, bounded, kept half a year, and never a reason to stop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from stationmaster_base.errors import StationError
from stationmaster_gateway.security_log import SecurityLog, export, verify

MARCH = 1_772_323_200.0
DAY = 86400.0
KILOBYTE = 1024


class Time:
    """The machine's two clocks."""

    def __init__(self, wall: float = MARCH) -> None:
        self.wall = wall
        self.up = 100.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of records, without waiting for the disk at each."""
    monkeypatch.setattr("stationmaster_gateway.security_log.os.fsync", lambda _: None)


def opened(folder: Path, time: Time, *, keep_kb: int = 64 * KILOBYTE) -> SecurityLog:
    return SecurityLog(
        folder, keep_days=183, keep_bytes=keep_kb * KILOBYTE, wall=lambda: time.wall, monotonic=lambda: time.up
    )


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text("utf-8").splitlines()]


def test_records_are_numbered_timed_and_chained(tmp_path: Path, time: Time) -> None:
    """Each names the hash of the one before, over restarts too; the log's head is what an export ends with."""
    first = opened(tmp_path / "log", time)
    first.write("started", epoch=1)
    time.pass_by(2.5)
    first.write("port_opened", device="ttyS1")
    second = opened(tmp_path / "log", time)
    assert second.tip == first.tip
    second.write("started", epoch=2)
    found = records(tmp_path / "log")
    assert [(body["n"], body["event"], body["up_s"]) for body in found] == [
        (1, "started", 0.0),
        (2, "port_opened", 2.5),
        (3, "started", 0.0),
    ]
    assert [body["at"] for body in found][:2] == ["2026-03-01T00:00:00.000Z", "2026-03-01T00:00:02.500Z"]
    verified = verify(tmp_path / "log")
    assert (verified.records, verified.faults, verified.head) == (3, (), second.tip[1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [lines[0], lines[1].replace("ttyS1", "ttyS2"), *lines[2:]], "line 3: the record before it"),
        (lambda lines: [lines[0], *lines[2:]], "line 2: record 3 follows record 1"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3: record 2 follows record 2"),
        (lambda lines: [lines[0], "nonsense", *lines[2:]], "line 2: is no record"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 2: the record before it"),
    ],
)
def test_what_was_changed_afterwards_is_found(tmp_path: Path, time: Time, change: object, said: str) -> None:
    """A line that was altered, taken out, doubled, replaced or moved is named with its place."""
    log = opened(tmp_path, time)
    for event in ("started", "port_opened", "stopped", "started"):
        log.write(event, device="ttyS1")
    (file,) = tmp_path.iterdir()
    lines = file.read_text("utf-8").splitlines()
    assert callable(change)
    file.write_text("\n".join(change(lines)) + "\n", "utf-8")
    assert any(said in fault for fault in verify(tmp_path).faults)


@pytest.mark.usefixtures("quick")
def test_half_a_year_is_kept_and_the_folder_stays_bounded(tmp_path: Path, time: Time) -> None:
    """Records of more than half a year make room for new ones, without a word; the chain of the rest holds."""
    log = opened(tmp_path, time, keep_kb=1024)
    for _ in range(4000):
        time.pass_by(DAY / 5)
        log.write("database_gone", problem="x" * 400)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 1024 * KILOBYTE + 4096
    verified = verify(tmp_path)
    assert verified.faults == ()
    assert verified.first < "2028-05-01" < verified.last
    assert not [body for body in records(tmp_path) if body["event"] == "log_shortened"]


@pytest.mark.usefixtures("quick")
def test_less_than_half_a_year_for_want_of_room_is_said(tmp_path: Path, time: Time) -> None:
    """If it has to let younger records go, the log itself says until when."""
    log = opened(tmp_path, time, keep_kb=512)
    with capture_logs() as said:
        for _ in range(2000):
            time.pass_by(60)
            log.write("database_gone", problem="x" * 400)
    shortened = [body for body in records(tmp_path) if body["event"] == "log_shortened"]
    assert shortened
    assert str(shortened[-1]["until"]).startswith("2026-03-01T")
    assert said[0]["event"] == "security_log_shortened"
    assert verify(tmp_path).faults == ()


def test_a_wrong_clock_deletes_nothing(tmp_path: Path, time: Time) -> None:
    """Neither 1970 nor 2099 makes records vanish: age alone is no reason."""
    log = opened(tmp_path, time)
    log.write("started")
    for wall in (0.0, 4_070_908_800.0, MARCH):
        time.wall = wall
        log.write("clock_stepped")
    assert [str(body["at"])[:4] for body in records(tmp_path)] == ["2026", "1970", "2099", "2026"]
    assert verify(tmp_path).faults == ()


def test_a_record_torn_by_a_loss_of_power_is_taken_off_and_said(tmp_path: Path, time: Time) -> None:
    """What was not wholly written is no record; the chain goes on from the last that is."""
    opened(tmp_path, time).write("started")
    (file,) = tmp_path.iterdir()
    with file.open("ab") as handle:
        handle.write(b'{"n": 2, "at": "2026')
    log = opened(tmp_path, time)
    log.write("started")
    assert [(body["event"], body.get("bytes")) for body in records(tmp_path)] == [
        ("started", None),
        ("torn_record_removed", 20),
        ("started", None),
    ]
    assert verify(tmp_path).faults == ()


def test_what_repeats_by_the_dozen_is_counted(tmp_path: Path, time: Time) -> None:
    """A device that comes and goes fifty times a second fills no disk; how often it did is known."""
    log = opened(tmp_path, time)
    for _ in range(500):
        log.write("port_lost")
    log.write("started")
    assert [body["event"] for body in records(tmp_path)] == ["port_lost"] * 20 + ["started"]
    time.pass_by(61)
    log.write("port_lost")
    assert records(tmp_path)[-1]["suppressed_before"] == 480
    for _ in range(30):
        log.write("port_lost")
    log.close()
    assert (records(tmp_path)[-1]["event"], records(tmp_path)[-1]["count"]) == ("suppressed", 11)


def test_a_disk_that_cannot_be_written_to_loses_records_and_says_so(tmp_path: Path, time: Time) -> None:
    """The gateway goes on; the next record that can be written tells how many were lost."""
    log = opened(tmp_path / "log", time)
    log.write("started")
    (tmp_path / "log").rename(tmp_path / "away")
    with capture_logs() as said:
        log.write("database_gone")
        log.write("database_back")
    assert [entry["event"] for entry in said] == ["security_log_lost"] * 2
    assert log.lost == 2
    (tmp_path / "away").rename(tmp_path / "log")
    log.write("stopped")
    assert records(tmp_path / "log")[-1]["lost_before"] == 2
    assert verify(tmp_path / "log").faults == ()


def test_a_folder_that_cannot_be_is_a_persons_matter(tmp_path: Path, time: Time) -> None:
    """At the start it is an error with what to do."""
    (tmp_path / "log").write_text("a file")
    with pytest.raises(StationError, match=r"gateway\.appliance") as caught:
        opened(tmp_path / "log", time)
    assert caught.value.code == "security-log"


@pytest.mark.usefixtures("quick")
def test_an_export_is_one_file_with_everything(tmp_path: Path, time: Time) -> None:
    """It can be made while the gateway runs, never overwrites, and says whether the chain holds."""
    log = opened(tmp_path / "log", time, keep_kb=2048)
    for _ in range(700):
        time.pass_by(60)
        log.write("database_gone", problem="山" * 400)
    assert len(list((tmp_path / "log").iterdir())) > 1
    exported = export(tmp_path / "log", tmp_path / "out.jsonl")
    assert (exported.records, exported.faults, exported.head) == (700, (), log.tip[1])
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 700
    with pytest.raises(StationError, match="there already"):
        export(tmp_path / "log", tmp_path / "out.jsonl")
    with pytest.raises(StationError, match="no security log"):
        export(tmp_path / "nothing", tmp_path / "other.jsonl")
    with pytest.raises(StationError, match="cannot be exported"):
        export(tmp_path / "log", tmp_path / "no" / "folder")
