"""Reading the dispatching database, with another connection writing to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from stationmaster_base.errors import StationError
from stationmaster_base.times import from_iso
from stationmaster_gateway.account import account_faults
from stationmaster_gateway.database import DatabaseGone, DatabaseUnfit, DispatchingDatabase
from stationmaster_gateway.rows import RowFault, merge
from support.dispatching import Dispatching, plan, report, run


class Time:
    """Machine seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Dispatching]:
    dispatching = Dispatching(tmp_path / "d.db")
    yield dispatching
    dispatching.close()


@pytest.fixture
def database(written: Dispatching, time: Time) -> Iterator[DispatchingDatabase]:
    database = DispatchingDatabase(make_url(written.url), timeout_s=0.2, whole_read_s=30, monotonic=time)
    yield database
    database.close()


def test_the_first_poll_reads_everything_and_the_next_nothing(
    written: Dispatching, database: DispatchingDatabase
) -> None:
    """A poll without change is one query and brings no rows."""
    written.commit(run(1), run(2), plan(2), report(2, "arrival", "2026-03-01T10:01:00Z"))
    first = database.poll()
    assert first.whole
    assert list(first.runs) == [1, 2]
    assert first.runs[2].stage is not None
    assert first.time == from_iso("2026-03-01T10:01:00Z")
    second = database.poll()
    assert not second.whole
    assert second.runs == {}
    assert second.time == first.time


def test_a_change_brings_the_whole_run_and_no_other(written: Dispatching, database: DispatchingDatabase) -> None:
    """Whichever of the three tables changed, all rows of the run come."""
    written.commit(run(1), run(2), plan(1, track="9"))
    database.poll()
    written.commit(report(1, "arrival", "2026-03-01T10:01:00Z"))
    reading = database.poll()
    assert not reading.whole
    (only,) = reading.runs.values()
    assert only.run == 1
    assert only.base is not None
    assert only.stage is not None
    assert len(only.reports) == 1
    written.commit(plan(2, running="suspended"))
    assert list(database.poll().runs) == [2]


@pytest.mark.parametrize("together", [False, True])
def test_a_deleted_row_is_noticed(written: Dispatching, database: DispatchingDatabase, together: bool) -> None:
    """A cancelled report leaves no row to find, alone or together with other changes; then everything is read."""
    written.commit(run(1), report(1, "arrival", "2026-03-01T10:01:00Z"))
    database.poll()
    more = (run(2), plan(2)) if together else ()
    written.commit(("DELETE FROM report", ()), *more)
    reading = database.poll()
    assert reading.whole
    assert reading.runs[1].reports == ()
    assert (2 in reading.runs) is together


def test_everything_is_read_from_time_to_time(written: Dispatching, database: DispatchingDatabase, time: Time) -> None:
    """What slipped in without counting is found by the next whole read."""
    written.commit(run(1))
    database.poll()
    other = sqlite3.connect(written.path)
    other.execute("UPDATE base_timetable SET track = '8'")
    other.commit()
    other.close()
    assert database.poll().runs == {}
    time.now += 31
    reading = database.poll()
    assert reading.whole
    assert reading.runs[1].base is not None
    assert reading.runs[1].base[9] == "8"


def test_a_counter_that_went_back_means_another_history(written: Dispatching, database: DispatchingDatabase) -> None:
    """A restored backup is read from the beginning."""
    written.commit(run(1))
    written.commit(run(2))
    database.poll()
    written.commit(("UPDATE change_counter SET value = -5", ()), ("DELETE FROM base_timetable WHERE run_id = 2", ()))
    other = sqlite3.connect(written.path)
    other.execute("UPDATE change_counter SET value = 1")
    other.commit()
    other.close()
    reading = database.poll()
    assert reading.whole
    assert list(reading.runs) == [1]


def test_a_file_put_in_the_place_of_another_is_read(
    written: Dispatching, database: DispatchingDatabase, tmp_path: Path
) -> None:
    """A database that was replaced is noticed, though the old file still could be read."""
    written.commit(run(1))
    database.poll()
    other = Dispatching(tmp_path / "new.db", wal=False)
    other.commit(run(5))
    other.close()
    (tmp_path / "new.db").replace(written.path)
    for beside in ("-wal", "-shm"):
        (tmp_path / f"d.db{beside}").unlink(missing_ok=True)
    reading = database.poll()
    assert reading.whole
    assert list(reading.runs) == [5]


def test_it_cannot_write(written: Dispatching, database: DispatchingDatabase) -> None:
    """The session is read-only: the database itself refuses."""
    database.poll()
    connection = database._connection
    assert connection is not None
    with pytest.raises(OperationalError, match="readonly"), connection.begin():
        connection.execute(text("DELETE FROM report"))


def test_a_database_of_an_unknown_kind_is_said(time: Time) -> None:
    """A driver that is not there is a person's mistake, said as one."""
    with pytest.raises(StationError, match="nosuchdatabase") as caught:
        DispatchingDatabase(make_url("nosuchdatabase://x"), timeout_s=1, whole_read_s=30, monotonic=time)
    assert caught.value.code == "database-url"


def test_it_holds_no_lock(tmp_path: Path, time: Time) -> None:
    """Between polls anybody can lock the database for writing."""
    written = Dispatching(tmp_path / "d.db", wal=False)
    database = DispatchingDatabase(make_url(written.url), timeout_s=0.2, whole_read_s=30, monotonic=time)
    written.commit(run(1))
    database.poll()
    written.lock()
    written.unlock()
    written.commit(run(2))
    assert list(database.poll().runs) == [2]
    database.close()
    written.close()


def test_a_locked_database_is_gone_and_comes_back(tmp_path: Path, time: Time) -> None:
    """Being kept out is said, and the first poll afterwards reads everything."""
    written = Dispatching(tmp_path / "d.db", wal=False)
    database = DispatchingDatabase(make_url(written.url), timeout_s=0.05, whole_read_s=30, monotonic=time)
    written.commit(run(1))
    database.poll()
    written.lock()
    with pytest.raises(DatabaseGone, match="locked"):
        database.poll()
    written.unlock()
    assert database.poll().whole
    database.close()
    written.close()


def test_a_missing_or_half_made_database_is_gone_and_comes_back(tmp_path: Path, time: Time) -> None:
    """No file, a file without tables or with others, and a counter that is no number are said and survived."""
    path = tmp_path / "d.db"
    database = DispatchingDatabase(make_url(f"sqlite:///{path}"), timeout_s=0.2, whole_read_s=30, monotonic=time)
    with pytest.raises(DatabaseGone, match=r"unable to open|No such file"):
        database.poll()
    empty = sqlite3.connect(path)
    empty.execute("PRAGMA user_version = 1")
    with pytest.raises(DatabaseGone, match="no tables yet"):
        database.poll()
    empty.execute("CREATE TABLE t (x)")
    empty.close()
    with pytest.raises(DatabaseUnfit, match="one of: t") as unfit:
        database.poll()
    places = [fault.place for fault in unfit.value.faults]
    assert places == ["base_timetable", "stage_plan", "report", "change_counter"]
    path.unlink()
    written = Dispatching(path, wal=False)
    written.commit(("UPDATE change_counter SET value = 'many'", ()))
    other = sqlite3.connect(path)
    other.execute("UPDATE change_counter SET value = 'many'")
    other.commit()
    other.close()
    with pytest.raises(DatabaseGone, match="many"):
        database.poll()
    other = sqlite3.connect(path)
    other.execute("UPDATE change_counter SET value = 3")
    other.commit()
    other.close()
    assert database.poll().whole
    database.close()
    written.close()


def test_a_statement_that_takes_too_long_is_interrupted(
    written: Dispatching, database: DispatchingDatabase, time: Time
) -> None:
    """A slow database does not hold the reader for longer than its limit."""
    written.commit(*(run(number) for number in range(2000)))
    started = time.now

    def hurry() -> float:
        time.now += 1.0
        return time.now

    database._monotonic = hurry
    with pytest.raises(DatabaseGone, match="interrupted"):
        database.poll()
    assert time.now > started


def test_old_days_are_left_behind_by_the_databases_own_time(
    written: Dispatching, database: DispatchingDatabase
) -> None:
    """The window begins two days before the median of the latest reports, so one absurd report moves nothing."""
    written.commit(
        run(1, day="2026-02-20"),
        run(2, day="2026-02-27"),
        run(3, day="2026-03-01"),
        report(2, "arrival", "2026-03-01T09:00:00Z"),
        report(3, "arrival", "2026-03-01T10:00:00Z"),
        report(3, "departure", "2099-03-01T10:00:00Z"),
    )
    reading = database.poll()
    assert list(reading.runs) == [2, 3]
    assert str(reading.first_day) == "2026-02-27"


def test_rows_without_a_run_are_told_apart(written: Dispatching, database: DispatchingDatabase) -> None:
    """A report for `abc` belongs to no run; everything else is read."""
    written.commit(run(1), ("INSERT INTO report VALUES ('abc', 'arrival', '', :changed)", ()), report(9, "arrival", ""))
    reading = database.poll()
    assert list(reading.runs) == [1, 9]
    assert reading.runs[9].base is None
    assert len(reading.strays) == 1
    assert "abc" in reading.strays[0]


def test_text_that_is_no_text_is_a_fault_of_its_own_row(written: Dispatching, database: DispatchingDatabase) -> None:
    """SQLite keeps any bytes as text; a row with some that are not UTF-8 is told apart, and all others go on."""
    written.commit(run(1), run(2), ("UPDATE base_timetable SET origin = CAST(x'ff41' AS TEXT) WHERE run_id = 1", ()))
    reading = database.poll()
    assert list(reading.runs) == [1, 2]
    with pytest.raises(RowFault, match="origin"):
        merge(reading.runs[1])
    assert merge(reading.runs[2]).origin == "包头"


def test_a_table_that_is_changed_under_the_reader_makes_it_unfit_until_it_fits_again(
    written: Dispatching, database: DispatchingDatabase
) -> None:
    """In a file as on a server; what is missing is said with what is there."""
    written.commit(run(1))
    database.poll()
    written.commit(("ALTER TABLE report RENAME COLUMN actual TO happened", ()))
    with pytest.raises(DatabaseUnfit):
        database.poll()
    with pytest.raises(DatabaseUnfit, match=r"report\.actual: is missing .*happened"):
        database.poll()
    written.commit(("ALTER TABLE report RENAME COLUMN happened TO actual", ()))
    assert database.poll().whole


def test_a_file_that_could_be_written_is_refused(written: Dispatching) -> None:
    """Were the file ever opened otherwise, nothing would be read."""
    engine = create_engine(written.url, poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        (fault,) = account_faults(connection)
    assert (fault.place, fault.problem) == ("session", "is not read-only")
