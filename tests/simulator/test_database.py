"""The dispatching database: what events make of its rows, and its change counter."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, from_iso
from stationmaster_kernel.values import CallKind, EventName, Running
from stationmaster_simulator.database import DispatchingDatabase, located
from stationmaster_simulator.events import Report, StagePlan, TimetableEntry

AT = from_iso("2026-03-01T07:04:20Z")
ENTRY = TimetableEntry(
    at=AT,
    run=1,
    day=date(2026, 3, 1),
    train="G2402/G2403",
    train_class="高速动车",
    kind=CallKind.THROUGH,
    origin="包头",
    destination="北京北",
    arrival=Instant(AT + 3580),
    departure=Instant(AT + 3700),
)
PLAN = StagePlan(at=AT, run=1, arrival_unknown=True, track="5", running=Running.DIVERTED, reason="线路故障")
REPORT = Report(at=AT, run=1, event=EventName.ARRIVAL, actual=Instant(AT - 20))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dispatching.db"


@pytest.fixture
def database(file: Path) -> Iterator[DispatchingDatabase]:
    database = DispatchingDatabase(f"sqlite:///{file}")
    database.prepare()
    yield database
    database.close()


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """What an independent reader finds."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_schema_is_the_documented_one(database: DispatchingDatabase, file: Path) -> None:
    """Tables and columns are those that `docs/dispatching-database.md` promises to readers."""
    columns = {
        table: [row[1] for row in rows(file, f"PRAGMA table_info({table})")]
        for (table,) in rows(file, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    assert columns == {
        "base_timetable": [
            *("run_id", "service_date", "train", "train_class", "kind", "origin", "destination"),
            *("arrival", "departure", "track", "changed"),
        ],
        "stage_plan": [
            *("run_id", "arrival", "departure", "arrival_unknown", "departure_unknown"),
            *("track", "running", "reason", "changed"),
        ],
        "report": ["run_id", "event", "actual", "changed"],
        "change_counter": ["value"],
    }
    assert rows(file, "PRAGMA journal_mode") == [("wal",)]


def test_events_become_rows(database: DispatchingDatabase, file: Path) -> None:
    """Each kind of event is one row, times are UTC text, what is not known is NULL, all of one commit is one change."""
    assert database.write([ENTRY, PLAN, REPORT]) == 1
    assert rows(file, "SELECT * FROM base_timetable") == [
        (
            *(1, "2026-03-01", "G2402/G2403", "高速动车", "through", "包头", "北京北"),
            *("2026-03-01T08:04:00Z", "2026-03-01T08:06:00Z", None, 1),
        )
    ]
    assert rows(file, "SELECT * FROM stage_plan") == [(1, None, None, 1, 0, "5", "diverted", "线路故障", 1)]
    assert rows(file, "SELECT * FROM report") == [(1, "arrival", "2026-03-01T07:04:00Z", 1)]
    assert rows(file, "SELECT * FROM change_counter") == [(1,)]


def test_only_what_differs_is_changed(database: DispatchingDatabase, file: Path) -> None:
    """Writing the same again changes nothing; one other value changes one row and counts one commit."""
    database.write([ENTRY, PLAN, REPORT])
    assert database.write([ENTRY, PLAN, REPORT]) == 1
    assert database.write([ENTRY, replace(PLAN, track="6"), REPORT]) == 2
    assert rows(file, "SELECT track, changed FROM stage_plan") == [("6", 2)]
    assert rows(file, "SELECT changed FROM base_timetable UNION ALL SELECT changed FROM report") == [(1,), (1,)]


def test_of_several_events_for_a_row_the_last_holds(database: DispatchingDatabase, file: Path) -> None:
    """A leap over two changes of one row is one change."""
    database.write([PLAN, replace(PLAN, track="6"), replace(PLAN, track="7")])
    assert rows(file, "SELECT track, changed FROM stage_plan") == [("7", 1)]


def test_what_the_events_do_not_say_of_their_runs_goes(database: DispatchingDatabase, file: Path) -> None:
    """Put back to an earlier time, the database forgets what has not happened yet, and nothing of unknown runs."""
    stranger = replace(REPORT, run=99)
    database.write([ENTRY, PLAN, REPORT, stranger])
    assert database.write([ENTRY], whole_of={1}) == 2
    assert rows(file, "SELECT count(*) FROM stage_plan") == [(0,)]
    assert rows(file, "SELECT run_id FROM report") == [(99,)]


def test_many_runs_are_written_at_once(database: DispatchingDatabase, file: Path) -> None:
    """A whole week of a large station is one transaction, and again changes nothing."""
    entries = [replace(ENTRY, run=run) for run in range(1, 6000)]
    assert database.write(entries, whole_of=range(1, 7000)) == 1
    assert database.write(entries, whole_of=range(1, 7000)) == 1
    assert rows(file, "SELECT count(*) FROM base_timetable") == [(5999,)]


def test_old_days_are_dropped(database: DispatchingDatabase, file: Path) -> None:
    """Runs of days before the given one go from all three tables, the others stay, and nothing to drop is no change."""
    database.write([ENTRY, PLAN, REPORT, replace(ENTRY, run=2, day=date(2026, 3, 2)), replace(PLAN, run=2)])
    assert database.drop_before(date(2026, 3, 2)) == 2
    assert rows(file, "SELECT run_id FROM base_timetable") == [(2,)]
    assert rows(file, "SELECT run_id FROM stage_plan") == [(2,)]
    assert rows(file, "SELECT run_id FROM report") == []
    assert database.drop_before(date(2026, 3, 2)) == 2


def test_preparing_twice_keeps_everything(database: DispatchingDatabase, file: Path) -> None:
    """A second start finds the tables, their rows and the counter as they were."""
    database.write([ENTRY])
    database.prepare()
    assert rows(file, "SELECT * FROM change_counter") == [(1,)]


def test_a_reader_does_not_stop_the_writer(database: DispatchingDatabase, file: Path) -> None:
    """With a reader in the middle of its transaction, a write goes through."""
    database.write([ENTRY])
    reader = sqlite3.connect(file)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM base_timetable").fetchone()
    assert database.write([REPORT]) == 2
    reader.close()


def test_a_database_out_of_reach_is_a_station_error(tmp_path: Path) -> None:
    """A folder that is not there is said with the URL and a hint."""
    database = DispatchingDatabase(f"sqlite:///{tmp_path}/none/dispatching.db")
    with pytest.raises(StationError, match="cannot be written") as caught:
        database.prepare()
    assert caught.value.code == "database"
    with pytest.raises(StationError):
        database.write([ENTRY])


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "postgresql+none://x"])
def test_a_url_that_is_none_is_a_station_error(url: str) -> None:
    """What is no URL, or names a kind of database that is not there, is said at once."""
    with pytest.raises(StationError) as caught:
        DispatchingDatabase(url)
    assert caught.value.code == "database-url"


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("sqlite:///dispatching.db", "sqlite:////var/station/dispatching.db"),
        ("sqlite:////srv/dispatching.db", "sqlite:////srv/dispatching.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://user:secret@host/dispatching", "postgresql+psycopg://user:secret@host/dispatching"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_relative_file_counts_from_the_configuration(url: str, there: str) -> None:
    """Only SQLite's relative files are moved to the configuration's folder."""
    assert located(url, Path("/var/station")) == there
