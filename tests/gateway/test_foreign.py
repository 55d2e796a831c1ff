"""A database that is nothing like the simulator's is read through a mapping, on PostgreSQL and on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from stationmaster_base.times import from_iso
from stationmaster_gateway.database import DatabaseUnfit, DispatchingDatabase
from stationmaster_gateway.mapping import SourceSettings
from stationmaster_gateway.rows import merge
from stationmaster_telegram.records import CallRecord, Kind, RunningState
from support.dispatching_foreign import FOREIGN, FOREIGN_SQLITE, LOCAL, settings
from support.dispatching_pg import DispatchingServer


class Foreign:
    """The database, and a reader of it."""

    def __init__(self, url: str, execute: Callable[[str], object], schema: str = "") -> None:
        self.now = 100.0
        self.url = url
        self.write = execute
        self.schema = schema
        self.settings = settings(schema)
        self.database = self.opened(self.settings)

    def opened(self, found: SourceSettings) -> DispatchingDatabase:
        return DispatchingDatabase(
            make_url(self.url), timeout_s=5, whole_read_s=30, monotonic=lambda: self.now, source=found
        )

    def execute(self, *statements: str) -> None:
        """Run statements; `{s}` stands for the schema, `{now}` for the time."""
        now = "clock_timestamp()" if self.schema else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        for statement in statements:
            self.write(statement.replace("{s}", f"{self.schema}." if self.schema else "").replace("{now}", now))

    def calls(self) -> dict[int, CallRecord]:
        """What one poll sees, a second after the last."""
        self.now += 1
        return {run: merge(rows, self.settings.meaning) for run, rows in self.database.poll().runs.items()}


@pytest.fixture(params=["postgresql", "sqlite"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Foreign]:
    """One of each kind, with two trains."""
    if request.param == "postgresql":
        server: DispatchingServer = request.getfixturevalue("dispatch")
        server.execute(
            FOREIGN, "GRANT USAGE ON SCHEMA tdcs TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tdcs TO reader"
        )
        made = Foreign(server.url.render_as_string(False), server.execute, "tdcs")
    else:
        file = sqlite3.connect(tmp_path / "d.db", isolation_level=None)
        file.executescript(FOREIGN_SQLITE)
        made = Foreign(f"sqlite:///{tmp_path / 'd.db'}", file.executescript)
    made.execute(
        """INSERT INTO {s}"列车时刻" VALUES
        (1, '2026-03-01', 'G2402/G2403', '停站', '2026-03-01 10:00:00', '2026-03-01 10:05:00', 3, '机密', {now})""",
        """INSERT INTO {s}"列车时刻" VALUES
        (2, '2026-03-01', 'K195', '始发', NULL, '2026-03-01 11:00:00', NULL, NULL, {now})""",
        "INSERT INTO {s}plan VALUES (1, '2026-03-01 02:10:00+00:00', NULL, NULL, '停运', {now})",
        "INSERT INTO {s}actual VALUES (1, '2026-03-01 10:11:00', NULL, {now})",
    )
    yield made
    made.database.close()


def test_other_names_words_types_and_local_times_make_the_same_calls(foreign: Foreign) -> None:
    """Dates, local times, enums, padded words, a missing column and a query instead of a table are all understood."""
    calls = foreign.calls()
    one = calls[1]
    assert (one.numbers, one.kind, one.track, one.running) == (
        ("G2402", "G2403"),
        Kind.THROUGH,
        "3",
        RunningState.SUSPENDED,
    )
    assert one.planned_arrival == from_iso("2026-03-01T02:00:00Z")
    assert one.expected_arrival == from_iso("2026-03-01T02:10:00Z")
    assert one.actual_arrival == from_iso("2026-03-01T02:11:00Z")
    assert (one.arrival_unknown, one.reason, one.train_class) == (False, "", "")
    assert (calls[2].kind, calls[2].planned_arrival, calls[2].track) == (Kind.ORIGIN, None, "")


def test_by_its_timestamps_only_what_changed_is_read(foreign: Foreign) -> None:
    """A poll without change brings nothing; a change of any part brings its run, and once only."""
    foreign.calls()
    assert foreign.calls() == {}
    foreign.execute("UPDATE {s}actual SET atd = '2026-03-01 10:16:00', \"改时\" = {now} WHERE id = 1")
    (one,) = foreign.calls().values()
    assert one.actual_departure == from_iso("2026-03-01T02:16:00Z")
    assert foreign.calls() == {}
    foreign.execute("INSERT INTO {s}plan VALUES (2, NULL, NULL, NULL, '正常', {now})")
    assert list(foreign.calls()) == [2]
    assert foreign.calls() == {}


def test_a_higher_mark_is_seen_by_the_very_next_poll(foreign: Foreign) -> None:
    """The overlap is read once a second, and at once when there is news."""
    foreign.calls()
    foreign.execute("UPDATE {s}actual SET atd = '2026-03-01 10:16:00', \"改时\" = {now} WHERE id = 1")
    foreign.now -= 1
    assert list(foreign.calls()) == [1]


def test_a_change_with_the_same_timestamp_is_seen(foreign: Foreign) -> None:
    """Within the overlap rows are compared as a whole: two changes within one tick of a coarse clock are two."""
    foreign.calls()
    for track in (4, 5):
        foreign.execute(f'UPDATE {{s}}"列车时刻" SET "股道" = {track} WHERE "编号" = 2')
        assert foreign.calls()[2].track == str(track)


def test_what_is_dated_behind_the_overlap_is_found_by_the_next_whole_read(foreign: Foreign) -> None:
    """A mark that is too old hides a row from polls, and a deletion leaves none: the whole read finds both."""
    foreign.execute("DELETE FROM {s}plan", "INSERT INTO {s}actual VALUES (2, NULL, '2026-03-01 11:00:00', {now})")
    foreign.execute("UPDATE {s}actual SET \"改时\" = '2026-01-01 00:00:00' WHERE id = 1")
    foreign.execute('UPDATE {s}"列车时刻" SET "改时" = \'2026-01-01 00:00:00\' WHERE "编号" = 1')
    foreign.calls()
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 9 WHERE "编号" = 1')
    foreign.execute("DELETE FROM {s}actual WHERE id = 1")
    assert foreign.calls() == {}
    foreign.now += 31
    calls = foreign.calls()
    assert calls[1].track == "9"
    assert calls[1].actual_arrival is None


def test_a_timestamp_far_in_the_future_hides_nothing(foreign: Foreign) -> None:
    """A row marked 2099 is seen, and so is all that comes after it."""
    foreign.execute("UPDATE {s}plan SET \"改时\" = '2099-01-01 00:00:00'")
    foreign.calls()
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 8, "改时" = {now} WHERE "编号" = 2')
    assert foreign.calls()[2].track == "8"
    assert foreign.calls() == {}


def test_a_column_that_is_not_allowed_is_in_no_query(foreign: Foreign) -> None:
    """The escort's column is never named, and a column taken off the list is not read: what is there does not show."""
    needed = [f"timetable.{name}" for name in ("run", "day", "train", "arrival", "departure", "kind")]
    reports = ["report.run", "report.event", "report.actual", "stage.run"]
    limited = settings(foreign.schema, allow={"columns": needed + reports})
    assert limited.unread == (
        "timetable.track",
        "stage.arrival",
        "stage.departure",
        "stage.arrival_unknown",
        "stage.departure_unknown",
        "stage.running",
    )
    database = foreign.opened(limited)
    (one,) = (merge(rows, limited.meaning) for run, rows in database.poll().runs.items() if run == 1)
    assert (one.track, one.expected_arrival, one.running) == ("", None, RunningState.SCHEDULED)
    assert one.actual_arrival is not None
    sql = " ".join(str(query) for query in database._source._queries._whole)
    assert "股道" not in sql
    assert "押运" not in sql
    database.close()


def test_a_day_before_the_window_is_left_behind(foreign: Foreign) -> None:
    """By its own time, from real dates as from text; also when such a run is changed."""
    foreign.execute(
        """INSERT INTO {s}"列车时刻" VALUES
        (3, '2026-02-20', 'G9', '停站', '2026-02-20 10:00:00', '2026-02-20 10:05:00', 3, '', {now})"""
    )
    assert sorted(foreign.calls()) == [1, 2]
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 7, "改时" = {now}')
    assert sorted(foreign.calls()) == [1, 2]


def test_all_that_does_not_fit_is_said_at_once(foreign: Foreign) -> None:
    """Missing tables with those that are there, missing columns with those that are there, and wrong types."""
    wrong = settings(
        foreign.schema,
        changes="sequence",
        stage={"table": "plans"},
        timetable={
            "table": "列车时刻",
            "run": "车次",
            "day": "日期",
            "train": "车号",
            "kind": "性质",
            "arrival": "股道",
            "departure": "发点",
            "changed": "编号",
            "without": ["train_class", "origin", "destination", "track"],
        },
        report={"query": "SELECT id FROM {schema}nowhere"},
    )
    with pytest.raises(DatabaseUnfit) as unfit:
        foreign.opened(wrong).poll()
    said = {fault.place: f"{fault.problem} | {fault.allowed}" for fault in unfit.value.faults}
    prefix = foreign.schema and f"{foreign.schema}."
    assert list(said) == ["列车时刻.车次", "列车时刻.车号", "列车时刻.股道", f"{prefix}plans", "the query of report"]
    assert "编号" in said["列车时刻.车号"]
    assert "a timestamp or text" in said["列车时刻.股道"]
    assert "actual" in said[f"{prefix}plans"]
    assert "nowhere" in said["the query of report"]


def test_without_watermarks_everything_is_read_from_time_to_time(foreign: Foreign) -> None:
    """In between a poll only asks whether the database answers."""
    found = settings(foreign.schema, changes="none")
    database = foreign.opened(found)
    assert sorted(database.poll().runs) == [1, 2]
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 8, "改时" = {now} WHERE "编号" = 2')
    assert database.poll().runs == {}
    foreign.now += 31
    reading = database.poll()
    assert reading.whole
    assert merge(reading.runs[2], found.meaning).track == "8"
    database.close()


def test_a_sequence_finds_what_changed(foreign: Foreign) -> None:
    """A number that grows is as good as a time; what is numbered behind the overlap waits for the whole read."""
    for part in ("plan", "actual", '"列车时刻"'):
        foreign.execute(
            f'ALTER TABLE {{s}}{part} ADD COLUMN "序" bigint' + (" DEFAULT 10 NOT NULL" if part != "plan" else "")
        )
    query = "SELECT id, 'A' AS what, ata AS at, \"序\" FROM {schema}actual WHERE ata IS NOT NULL"
    parts = {
        name: {**LOCAL[name], "changed": "序"} | ({"query": query} if name == "report" else {})
        for name in ("timetable", "stage", "report")
    }
    database = foreign.opened(settings(foreign.schema, changes="sequence", overlap=2, **parts))
    assert sorted(database.poll().runs) == [1, 2]
    assert database.poll().runs == {}
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 8, "序" = 11 WHERE "编号" = 2')
    assert list(database.poll().runs) == [2]
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 9, "序" = 10 WHERE "编号" = 2')
    assert database.poll().runs == {}
    foreign.now += 1
    assert list(database.poll().runs) == [2]
    foreign.execute('UPDATE {s}"列车时刻" SET "序" = 100 WHERE "编号" = 1')
    assert database.poll().runs == {}
    foreign.execute('UPDATE {s}"列车时刻" SET "股道" = 7, "序" = 90 WHERE "编号" = 2')
    foreign.now += 1
    assert database.poll().runs == {}
    foreign.now += 31
    assert sorted(database.poll().runs) == [1, 2]
    database.close()
