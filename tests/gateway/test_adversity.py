"""What a real database server does to its readers: it restarts, hangs, is locked, is migrated, and holds nonsense."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from stationmaster_gateway.attempts import Attempts, Stuck
from stationmaster_gateway.database import DatabaseGone, DatabaseUnfit, DispatchingDatabase, Reading
from stationmaster_gateway.mirror import Mirror
from support.dispatching import plan, report, run
from support.dispatching_foreign import FOREIGN, settings
from support.dispatching_pg import DispatchingServer

TIMEOUT_S = 0.5


@pytest.fixture
def database(dispatch: DispatchingServer) -> Iterator[DispatchingDatabase]:
    """A reader of it, with an account that may only read."""
    made = DispatchingDatabase(dispatch.url, timeout_s=TIMEOUT_S, whole_read_s=30, monotonic=time.monotonic)
    yield made
    made.close()


def runs(database: DispatchingDatabase) -> list[int]:
    return sorted(database.poll().runs)


def test_the_counter_finds_changes_on_a_server_as_in_a_file(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """First everything, then what changed, then nothing, and everything again when rows were deleted."""
    dispatch.commit(run(1), run(2), plan(2), report(2, "arrival", "2026-03-01T10:01:00Z"))
    assert runs(database) == [1, 2]
    assert runs(database) == []
    dispatch.commit(plan(1, track="9"))
    reading = database.poll()
    assert (reading.whole, list(reading.runs)) == (False, [1])
    dispatch.commit(("DELETE FROM report", ()))
    assert database.poll().whole


def test_the_session_is_read_only_whatever_the_account_may(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """A right that comes after the start still cannot be used in this session."""
    database.poll()
    dispatch.execute("GRANT ALL ON report TO reader")
    connection = database._connection
    assert connection is not None
    with pytest.raises(SQLAlchemyError, match="read-only"), connection.begin():
        connection.execute(text("DELETE FROM report"))


def test_a_right_that_comes_later_is_found_at_the_next_connection(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """Then nothing is read until it is gone again."""
    database.poll()
    dispatch.execute("GRANT DELETE ON report TO reader")
    database.close()
    with pytest.raises(DatabaseUnfit, match=r"public\.report: reader may DELETE"):
        database.poll()
    dispatch.execute("REVOKE DELETE ON report FROM reader")
    assert database.poll().whole


def test_a_server_that_is_restarted_is_gone_and_comes_back(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """The first poll afterwards reads everything."""
    dispatch.commit(run(1))
    database.poll()
    dispatch.server.stop()
    for _ in range(2):
        with pytest.raises(DatabaseGone):
            database.poll()
    dispatch.server.start()
    assert database.poll().whole


def test_a_connection_that_is_cut_is_made_anew(dispatch: DispatchingServer, database: DispatchingDatabase) -> None:
    """An administrator who ends the session costs one poll."""
    database.poll()
    dispatch.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    with pytest.raises(DatabaseGone):
        database.poll()
    assert database.poll().whole


def test_a_migration_is_waited_for(dispatch: DispatchingServer, database: DispatchingDatabase) -> None:
    """Half way through, the tables do not fit, with all that is wrong; when they do again everything is read."""
    dispatch.commit(run(1))
    database.poll()
    dispatch.execute("ALTER TABLE base_timetable RENAME track TO platform; DROP TABLE stage_plan")
    dispatch.execute("ALTER TABLE report ALTER actual TYPE bytea USING NULL; UPDATE change_counter SET value = 99")
    with pytest.raises(DatabaseUnfit):
        database.poll()
    with pytest.raises(DatabaseUnfit) as unfit:
        database.poll()
    faults = {fault.place: fault for fault in unfit.value.faults}
    assert list(faults) == ["base_timetable.track", "stage_plan", "report.actual"]
    assert "platform" in faults["base_timetable.track"].allowed
    assert faults["report.actual"].problem == "is bytea"
    dispatch.execute("ALTER TABLE base_timetable RENAME platform TO track")
    dispatch.execute(
        "CREATE TABLE stage_plan AS SELECT 1 AS run_id, NULL AS arrival, NULL AS departure, 0 AS"
        " arrival_unknown, 0 AS departure_unknown, NULL AS track, 'scheduled' AS running, '' AS reason, 1 AS changed"
    )
    dispatch.execute("ALTER TABLE report ALTER actual TYPE text USING NULL; GRANT SELECT ON stage_plan TO reader")
    reading = database.poll()
    assert reading.whole
    assert reading.runs[1].stage is not None


def test_what_may_not_be_read_is_said_column_by_column(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """An account that was given too little is told what it lacks; columns that it does not need it need not read."""
    dispatch.execute("REVOKE SELECT ON report, base_timetable FROM reader; ALTER TABLE report ADD secret text")
    dispatch.execute("GRANT SELECT (run_id, event, actual, changed) ON report TO reader")
    dispatch.execute(
        "GRANT SELECT (run_id, service_date, train, train_class, kind, origin) ON base_timetable TO reader"
    )
    with pytest.raises(DatabaseUnfit) as unfit:
        database.poll()
    columns = ("destination", "arrival", "departure", "track", "changed")
    assert [fault.place for fault in unfit.value.faults] == [f"base_timetable.{column}" for column in columns]
    assert unfit.value.faults[0].allowed == "GRANT SELECT (destination) ON base_timetable"
    dispatch.execute("GRANT SELECT ON base_timetable TO reader")
    assert database.poll().whole
    dispatch.execute("REVOKE USAGE ON SCHEMA public FROM reader")
    database.close()
    with pytest.raises(DatabaseUnfit, match="may not be used"):
        database.poll()


def test_the_columns_of_a_query_are_held_against_what_they_may_be(dispatch: DispatchingServer) -> None:
    """Names, types and zones of what a query gives, as of a table's columns; enums are text."""
    dispatch.execute(
        FOREIGN, "GRANT USAGE ON SCHEMA tdcs TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tdcs TO reader"
    )
    query = """SELECT id, '始发'::tdcs."类别" AS what, 'x'::bytea AS at, now()::timestamp AS local FROM tdcs.actual"""
    for columns, zone, said in (
        (
            {"actual": "at", "changed": "local"},
            "UTC",
            "the query of report.at: is bytea (allowed: a timestamp or text)",
        ),
        ({"actual": "local", "changed": "what"}, "", "the query of report.local: is timestamp without time zone, and"),
        ({"actual": "nothing", "changed": "local"}, "UTC", "report.nothing: is missing .*: id, what, at, local"),
    ):
        report = {"query": query, "run": "id", "event": "what", **columns}
        source = settings("tdcs", report=report, zone=zone)
        database = DispatchingDatabase(
            dispatch.url, timeout_s=5, whole_read_s=30, monotonic=time.monotonic, source=source
        )
        with pytest.raises(DatabaseUnfit, match=said.replace("(", r"\(").replace(")", r"\)")):
            database.poll()


def test_a_table_that_is_locked_costs_polls_and_holds_nobody(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """The reader gives up in time, and nothing of it stands in the way of who holds the lock."""
    dispatch.commit(run(1))
    database.poll()
    with dispatch.connect() as other, other.transaction():
        other.execute("LOCK TABLE base_timetable, stage_plan, change_counter IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        with pytest.raises(DatabaseGone, match="timeout"):
            database.poll()
        assert time.monotonic() - begun < 5 * TIMEOUT_S
        other.execute("ALTER TABLE stage_plan ADD more text")
    assert database.poll().whole
    with dispatch.connect() as other, other.transaction():
        other.execute("SET LOCAL lock_timeout = 100")
        other.execute("LOCK TABLE base_timetable IN ACCESS EXCLUSIVE MODE")  # between polls nothing is held


def test_a_query_that_takes_too_long_is_ended_by_the_server(
    dispatch: DispatchingServer, database: DispatchingDatabase
) -> None:
    """A view that sleeps does not hold the reader for longer than its limit."""
    dispatch.commit(run(1), plan(1))
    dispatch.execute("ALTER TABLE stage_plan RENAME TO plans")
    dispatch.execute("CREATE VIEW stage_plan AS SELECT * FROM plans WHERE pg_sleep(30) IS NOT NULL")
    dispatch.execute("GRANT SELECT ON stage_plan TO reader")
    begun = time.monotonic()
    with pytest.raises(DatabaseGone, match="statement timeout"):
        database.poll()
    assert time.monotonic() - begun < 5 * TIMEOUT_S


def test_a_server_process_that_has_stopped_is_given_up_and_another_asked(dispatch: DispatchingServer) -> None:
    """Its connection stays open and its keepalives are answered, so nothing but a limit of one's own helps."""
    dispatch.commit(run(1))
    made: list[DispatchingDatabase] = []

    def make() -> DispatchingDatabase:
        made.append(DispatchingDatabase(dispatch.url, timeout_s=TIMEOUT_S, whole_read_s=30, monotonic=time.monotonic))
        return made[-1]

    attempts = Attempts(make, 2 * TIMEOUT_S)
    attempts.poll()
    with dispatch.connect() as other:
        found = other.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'reader'").fetchone()
    assert found is not None
    os.kill(found[0], signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(DatabaseGone, match="has not answered"):
            attempts.poll()
        assert time.monotonic() - begun < 5 * TIMEOUT_S
        assert attempts.stuck == 1
        assert attempts.poll().whole
    finally:
        os.kill(found[0], signal.SIGCONT)
    until(lambda: attempts.stuck == 0)
    attempts.close()
    assert len(made) == 2
    assert [database._connection for database in made] == [None, None]


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up() -> None:
    """As when a network swallows everything after the first packet: the wait to be let in ends by itself."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = URL.create("postgresql+psycopg", "reader", host="127.0.0.1", port=silent.getsockname()[1], database="d")
        database = DispatchingDatabase(url, timeout_s=TIMEOUT_S, whole_read_s=30, monotonic=time.monotonic)
        begun = time.monotonic()
        with pytest.raises(DatabaseGone, match="timeout"):
            database.poll()
        assert time.monotonic() - begun < 10


class Hung(DispatchingDatabase):
    """A database that never answers until it is told to."""

    def __init__(self, answer: Event) -> None:
        self.answer = answer
        self.closed = False

    def poll(self) -> Reading:
        self.answer.wait()
        return Reading()

    def close(self) -> None:
        self.closed = True


def test_polls_that_never_come_back_end_the_process_at_last() -> None:
    """A few are borne, each with a thread and a connection; then it is better to begin anew."""
    answer = Event()
    made: list[Hung] = []

    def make() -> Hung:
        made.append(Hung(answer))
        return made[-1]

    attempts = Attempts(make, 0.01)
    for _ in range(8):
        with pytest.raises(DatabaseGone):
            attempts.poll()
    assert attempts.stuck == 8
    with pytest.raises(Stuck):
        attempts.poll()
    answer.set()
    until(lambda: attempts.stuck == 0)
    assert all(hung.closed for hung in made)


def test_what_a_poll_raises_is_raised() -> None:
    """Also what nobody thought of: the reader dies of it, and the gateway with the reader."""

    class Broken(Hung):
        def poll(self) -> Reading:
            raise RuntimeError("nobody thought of this")

    attempts = Attempts(lambda: Broken(Event()), 10)
    with pytest.raises(RuntimeError, match="nobody thought"):
        attempts.poll()
    attempts.close()


NONSENSE = (
    "UPDATE {t} SET \"到点\" = 'infinity'",
    "UPDATE {t} SET \"到点\" = '20000-01-01 00:00:00'",
    "UPDATE {t} SET \"到点\" = '4713-01-01 00:00:00 BC'",
    "UPDATE {t} SET \"日期\" = 'infinity'",
    "UPDATE {t} SET \"日期\" = '12000-01-01'",
    'UPDATE {t} SET "日期" = NULL',
    "UPDATE {t} SET \"车次\" = ''",
    "UPDATE {t} SET \"车次\" = E'G\\t1'",
    "UPDATE {t} SET \"性质\" = '终到'",
    'UPDATE {t} SET "改时" = \'infinity\', "到点" = NULL',
    "UPDATE tdcs.plan SET state = 'odd'",
    "UPDATE tdcs.plan SET eta = '-infinity'",
    "UPDATE tdcs.actual SET ata = 'infinity'",
    "UPDATE tdcs.actual SET atd = '1999-01-01'",
    "DELETE FROM {t}",
)


@pytest.mark.parametrize("statement", NONSENSE)
def test_nonsense_is_a_fault_of_its_own_run(dispatch: DispatchingServer, statement: str) -> None:
    """Values that no program can hold, and values that mean nothing: the row is told apart, and all others go on."""
    dispatch.execute(
        FOREIGN, "GRANT USAGE ON SCHEMA tdcs TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tdcs TO reader"
    )
    for number in (1, 2):
        dispatch.execute(
            f"""INSERT INTO tdcs."列车时刻" VALUES ({number}, '2026-03-01', 'G{number}', '停站',
            '2026-03-01 10:00', '2026-03-01 10:05', 3, '')""",
            f"INSERT INTO tdcs.plan VALUES ({number}, NULL, NULL, false, '正常')",
            f"INSERT INTO tdcs.actual VALUES ({number}, '2026-03-01 10:01', NULL)",
        )
    key = "id" if "tdcs." in statement else '"编号"'
    source = settings("tdcs")
    database = DispatchingDatabase(dispatch.url, timeout_s=5, whole_read_s=30, monotonic=time.monotonic, source=source)
    mirror = Mirror(meaning=source.meaning)
    mirror.apply(database.poll())
    dispatch.execute(statement.replace("{t}", 'tdcs."列车时刻"') + f" WHERE {key} = 1")
    for part, column in (('"列车时刻"', "编号"), ("plan", "id"), ("actual", "id")):
        if "infinity', \"到点" not in statement:
            dispatch.execute(f'UPDATE tdcs.{part} SET "改时" = clock_timestamp() WHERE "{column}" = 1')
    dispatch.execute('UPDATE tdcs."列车时刻" SET "股道" = 8, "改时" = clock_timestamp() WHERE "编号" = 2')
    mirror.apply(database.poll())
    assert list(mirror.faults) == [1]
    assert mirror.calls[2].track == "8"
    assert mirror.calls[1].revision == 1
    database.close()
    fresh = Mirror(meaning=source.meaning)
    fresh.apply(database.poll())
    assert (list(fresh.faults), list(fresh.calls)) == ([1], [2])
    database.close()


def until(done: Callable[[], bool]) -> None:
    """Wait for something that other threads do; at most 20 s."""
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end, "it did not happen"
        Event().wait(0.01)
