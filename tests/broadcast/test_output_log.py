"""By which output what was heard, line by line."""

import json
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from stationmaster_broadcast.loudspeakers import output_log
from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.output_log import OutputLog, What
from support.fake_broadcast import START
from support.fake_outputs import FakeOutput, saying


def lines(path: Path) -> list[tuple[str, str, str, str]]:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(each["zone"], each["sha256"], each["what"], each["detail"]) for each in found]


def test_everything_that_becomes_of_a_sound_is_a_line(tmp_path: Path) -> None:
    """Begun, ended, stopped, failed, paused for another zone, left out."""
    machine, output = Clock(), FakeOutput("one")
    log = OutputLog(tmp_path / "sounds/outputs.jsonl", lambda: START + machine.seconds())
    lane = Lane(output, machine, log.note)
    lane.play(saying("a", "one"), print)
    output.end()
    lane.play(saying("a", "two"), print).stop()
    lane.play(saying("a", "three", priority=200), print)
    lane.play(saying("b", "fire", priority=1), print)
    lane.play(saying("c", "late"), print)
    machine.advance(3.5)
    output.end("unplugged")
    assert lines(tmp_path / "sounds/outputs.jsonl") == [
        ("a", "one", "began", ""),
        ("a", "one", "ended", ""),
        ("a", "two", "began", ""),
        ("a", "two", "stopped", ""),
        ("a", "three", "began", ""),
        ("a", "three", "paused", "for b"),
        ("b", "fire", "began", ""),
        ("c", "late", "left-out", ""),
        ("b", "fire", "failed", "unplugged"),
        ("a", "three", "stopped", "it would be over by now"),
    ]
    first = log.latest[0].body()
    assert (first["at"], first["output"], first["texts"]) == ("2026-03-01T01:00:00Z", "one", {"en": "one"})


def test_a_large_file_is_put_aside_and_a_full_disk_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file before the present one is kept; what the disk does not take is in memory."""
    monkeypatch.setattr(output_log, "LARGE", 300)
    path = tmp_path / "outputs.jsonl"
    log = OutputLog(path, lambda: float(START))
    for number in range(5):
        log.note("one", saying("a", str(number)), What.ENDED)
    assert [line[1] for line in lines(tmp_path / "outputs.1.jsonl")] == ["2", "3"]
    assert [line[1] for line in lines(path)] == ["4"]
    path.unlink()
    path.mkdir()
    log.note("one", saying("a", "5"), What.ENDED)
    log.note("one", saying("a", "6"), What.ENDED)
    assert len(log.latest) == 7
