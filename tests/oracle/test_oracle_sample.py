"""The oracle on the sample station: a day on which every train is on time, so that what must come of it is plain."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from support.oracle import Oracle
from support.oracle_making import DAY, at
from support.oracle_station import read_station

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
MINUTE = 60


@pytest.fixture(scope="module")
def punctual(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """Every train of the day is reported 30 seconds after its planned time."""
    lines = []
    for run, train in enumerate(read_station(SAMPLE).plan(DAY), 1):
        times = {"arrival": train.arrival, "departure": train.departure}
        known = {name: iso(time) for name, time in times.items() if time is not None}
        base = {"table": "base_timetable", "run": run, "day": DAY.isoformat(), "train": "/".join(train.numbers)}
        named = {"train_class": train.train_class, "kind": train.kind, "track": train.track}
        ends = {"origin": train.origin, "destination": train.destination}
        lines.append({"at": iso(at("00:00") - MINUTE), **base, **named, **ends, **known})
        for name, time in times.items():
            if time is not None:
                report = {"table": "report", "run": run, "event": name, "actual": iso(time)}
                lines.append({"at": iso(time + 30), **report})
    scenario = tmp_path_factory.mktemp("sample") / "day.jsonl"
    scenario.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return Oracle(SAMPLE, scenario, at("00:00"), [DAY])


def iso(instant: int) -> str:
    """An instant as scenario files write it."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_train_is_announced_once_and_nothing_is_left(punctual: Oracle) -> None:
    """Check-in opens once for each train that leaves, arrivals are told once each; no zone hears a task twice."""
    until = at("+1 03:00")
    made = punctual.announcements(until)
    kinds = Counter(call.kind for call in punctual.calls(until).values())
    # What had been too old when the station was started at midnight is not said.
    calls = [call for call in punctual.calls(until).values() if call.check_in_open is not None]
    opens = [call.call for call in calls if (call.check_in_open or 0) + 10 * MINUTE > at("00:00")]
    assert Counter(each.call for each in made if each.rule == "check-in-open" and each.occurrence == 1) == Counter(
        opens
    )
    assert len({each.task for each in made if each.rule == "arrived-terminus"}) == kinds["terminus"]
    assert {each.occurrence for each in made} == {1}
    assert max(Counter((each.task, each.zone) for each in made).values()) == 1
    assert all(each.due <= each.begun < each.valid_until for each in made)
    assert not {each.rule for each in made} & {"apology", "platform-change", "suspension", "delay-unknown"}
    assert punctual.withdrawn_or_never(until) == {}


def test_boards_fill_and_empty(punctual: Oracle) -> None:
    """At noon both hall boards show the same departures in order; after the last train there are none."""
    noon = punctual.board_rows(at("12:00"))
    assert noon["hall-1"] == noon["hall-2"]
    planned = [row.fields["planned"][""] for row in noon["hall-1"]]
    assert planned == sorted(planned)
    assert planned[0] >= "11:59"
    assert planned[-1] <= "15:00"
    assert {row.status for row in noon["hall-1"]} <= {"waiting", "checking_in", "check_in_closed"}
    assert not any(punctual.board_rows(at("+1 04:00")).values())


def test_sample_station_has_a_plan(tmp_path: Path) -> None:
    """The sample's folder is read whole: all boards, and a plan of every date."""
    empty = tmp_path / "empty.jsonl"
    empty.write_text("# nothing happens", encoding="utf-8")
    oracle = Oracle(SAMPLE, empty, at("06:00"), [DAY, date(2026, 3, 2)])
    calls = oracle.calls(at("06:00"))
    assert len([call for call in calls if "/2026-03-01/" in call]) >= 120
    assert set(oracle.board_rows(at("06:00"))) == {board.id for board in oracle.station.boards}
    assert {call.kind for call in calls.values()} == {"origin", "through", "terminus", "passing"}
