"""Scenarios as files: what is written is read, and what is wrong is said with its line."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import ConfigurationError
from stationmaster_base.times import Instant
from stationmaster_kernel.values import CallKind, EventName, Running
from stationmaster_simulator.events import Report, StagePlan, TimetableEntry, in_order
from stationmaster_simulator.scenario_file import read_scenario, scenario_lines

instants = st.integers(0, 2**32).map(Instant)
maybe = st.none() | instants
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
runs = st.integers(1, 2**31)
entries = st.builds(
    TimetableEntry,
    at=instants,
    run=runs,
    day=st.dates(date(2000, 1, 1)),
    train=words,
    train_class=words,
    kind=st.sampled_from(CallKind),
    origin=words,
    destination=words,
    arrival=maybe,
    departure=maybe,
    track=words,
)
plans = st.builds(
    StagePlan,
    at=instants,
    run=runs,
    arrival=maybe,
    departure=maybe,
    arrival_unknown=st.booleans(),
    departure_unknown=st.booleans(),
    track=words,
    running=st.sampled_from(Running),
    reason=words,
)
given_reports = st.builds(Report, at=instants, run=runs, event=st.sampled_from(EventName), actual=instants)


@given(events=st.lists(entries | plans | given_reports))
def test_what_is_written_is_read(
    events: list[TimetableEntry | StagePlan | Report], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any events survive the way into a file and back, in order of their instants."""
    file = tmp_path_factory.mktemp("scenario") / "day.jsonl"
    file.write_text("\n".join(scenario_lines(events)), "utf-8")
    assert read_scenario(file) == in_order(events)


def test_comments_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    """A file that people keep may explain itself; usual values may be left out."""
    file = tmp_path / "day.jsonl"
    file.write_text('# late\n\n{"at": "2026-03-01T07:04:20Z", "table": "stage_plan", "run": 3}\n', "utf-8")
    assert read_scenario(file) == (StagePlan(at=Instant(1772348660), run=3),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting"),
        ("[]", "a JSON object is needed"),
        ('{"table": "trains"}', "'trains' is none of base_timetable"),
        (
            '{"table": "report", "at": 5, "run": 1, "event": "arrival", "actual": "2026-03-01T07:04:00Z"}',
            "5 is not a time",
        ),
        ('{"table": "report", "at": "2026-03-01T07:04:20Z", "run": 1, "event": "arrival"}', "missing"),
        (
            '{"table": "report", "at": "2026-03-01T07:04:20Z", "run": 1, "event": "stop", "actual": null}',
            "stop",
        ),
        ('{"table": "stage_plan", "at": "2026-03-01T07:04Z", "run": 1}', "does not match"),
        ('{"table": "stage_plan", "at": "2026-03-01T07:04:20Z", "run": "1"}', "is not int"),
        ('{"table": "stage_plan", "at": "2026-03-01T07:04:20Z", "run": 1, "late": 5}', "unknown ['late']"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    """Each kind of mistake is reported with file, line and reason."""
    file = tmp_path / "day.jsonl"
    file.write_text(f"# first\n{line}\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_scenario(file)
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].place == "line 2"
    assert said in caught.value.faults[0].problem


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    """Two bad lines are two faults, and nothing is read."""
    file = tmp_path / "day.jsonl"
    file.write_text("nonsense\nmore\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_scenario(file)
    assert [fault.place for fault in caught.value.faults] == ["line 1", "line 2"]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    """A file that is not there is said, not raised through."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_scenario(tmp_path / "none.jsonl")


@given(text=st.text(max_size=60))
def test_no_text_crashes_the_reader(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in a file, it is either a scenario or a list of faults."""
    file = tmp_path_factory.mktemp("scenario") / "day.jsonl"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigurationError):
        assert all(event.at >= 0 for event in read_scenario(file))
