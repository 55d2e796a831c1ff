"""A real gateway process and the station's receiver on real devices in real time: a bad relay, and `socat`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.line_calls import changed, day_rows, timetable
from support.line_processes import LineProcesses

Start = Callable[..., LineProcesses]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a line with the first 40 calls of a day in the database."""
    running: list[LineProcesses] = []

    def make(baud: int, **more: object) -> LineProcesses:
        line = LineProcesses(tmp_path, baud, **more)  # type: ignore[arg-type]  # handed through
        running.append(line)
        line.write(ROWS)
        line.start()
        return line

    yield make
    for line in running:
        line.close()


ROWS = day_rows(timetable(), 40, reported=True)


@pytest.mark.parametrize(
    ("baud", "faults"),
    [
        (9600, {"flip": 1e-4}),
        (19200, {"drop": 5e-4, "insert": 5e-4}),
        (115200, {"flip": 2e-4, "burst": 2e-4, "cuts": 2e-4, "cut_bytes": 200.0}),
    ],
)
def test_on_a_bad_line_nothing_wrong_is_told_and_everything_arrives(
    start: Start, baud: int, faults: dict[str, float]
) -> None:
    """At the line's own pace, with faults in its bits: every record is one of the database's, and all of them come."""
    line = start(baud, faults=faults)
    assert line.until(lambda: line.receiver.complete), line.receiver.status()
    news = line.write(changed(ROWS, random.Random(1), 5))
    assert line.until(lambda: line.receiver.complete and all(record in line.arrived for record in news))
    assert line.wrong == []
    assert len(line.told) == len(ROWS)
    counters = line.receiver.status().lines[0].counters
    assert line.until(lambda: bool(counters.crc_errors + counters.framing_errors)), counters


def test_socat_is_a_line_too_and_may_be_taken_away_and_put_back(start: Start) -> None:
    """Between socat's pseudo-terminals everything arrives, paced by the gateway alone, also after they were gone."""
    line = start(9600, socat=True)
    assert line.until(lambda: line.receiver.complete), line.receiver.status()
    counters = line.receiver.status().lines[0].counters
    before, begun = counters.bytes, time.monotonic()
    assert not line.until(lambda: False, 1.5)
    assert 0.6 * 960 < (counters.bytes - before) / (time.monotonic() - begun) < 1.3 * 960
    line.end_line()
    assert line.until(lambda: not line.receiver.status().lines[0].is_open)
    news = line.write(changed(ROWS, random.Random(2), 5))
    line.start_line()
    assert line.until(lambda: line.receiver.complete and all(record in line.arrived for record in news))
    assert line.wrong == []
