"""The exit report, and signs of life."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from stationmaster_gateway.exit_report import RUNNING, ExitReport, read_report
from stationmaster_gateway.vitals import Vitals, stacks


def test_a_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Why, when, the last telegram, and what was counted."""
    report = ExitReport(
        code=1,
        why="gateway-died",
        message="读取线程已停",
        started="2026-03-01T00:00:00Z",
        ended="2026-03-01T01:00:00Z",
        up_s=3600.5,
        epoch=7,
        sequence=1234,
        counters={"telegrams": 1234},
        stacks=("reader: in poll",),
    )
    report.write(tmp_path / "exit-report.json")
    assert read_report(tmp_path / "exit-report.json") == report


def test_what_cannot_be_read_is_no_report(tmp_path: Path) -> None:
    """A missing, torn or strange file never keeps a gateway from starting."""
    file = tmp_path / "exit-report.json"
    assert read_report(file) is None
    for text in ("", "{", "[]", "7", '{"code": 1}', '{"code": 1, "why": "x", "colour": 2}'):
        file.write_text(text)
        assert read_report(file) is None
    ExitReport(code=RUNNING, why="running").write(file)
    found = read_report(file)
    assert found is not None
    assert found.code == RUNNING


def test_a_part_without_a_sign_of_life_is_hung() -> None:
    """Each part has its own patience; one of which nothing is expected is never hung."""
    now = 0.0
    vitals = Vitals(lambda: now)
    vitals.expect("reader", 10)
    vitals.expect("transmitter", 3)
    vitals.beat("nobody")
    now = 4.0
    assert vitals.hung() == ["transmitter"]
    vitals.beat("transmitter")
    assert vitals.hung() == []
    now = 10.5
    assert vitals.hung() == ["reader", "transmitter"]
    assert vitals.silence_s() == {"reader": 10.5, "transmitter": 6.5}


def test_stacks_name_threads_and_where_they_are() -> None:
    """Who has to find out why a thread hung learns what it was doing."""
    stop = Event()
    thread = Thread(target=stop.wait, name="sleeper")
    thread.start()
    try:
        (found,) = [text for text in stacks() if text.startswith("sleeper: ")]
        assert "wait" in found
    finally:
        stop.set()
        thread.join()
