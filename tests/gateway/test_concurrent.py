"""Several processes write while the gateway reads: it misses nothing, and never sees half of a commit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from stationmaster_gateway.database import DispatchingDatabase
from stationmaster_gateway.mapping import SourceSettings
from stationmaster_gateway.mirror import Mirror
from stationmaster_telegram.records import CallRecord
from support.dispatching import Dispatching, plan, run
from support.dispatching_foreign import FOREIGN, settings
from support.dispatching_pg import DispatchingServer
from support.ports import ENVIRONMENT

WRITERS = 3
RUNS = 8
"""How many trains each of them has."""

COUNTED = """
import sys
from random import Random
from sqlalchemy import create_engine, event, text
url, number, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = Random(number)
if url.startswith("sqlite"):
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 30})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
else:
    engine = create_engine(url)
for step in range(commits):
    run = number * 100 + random.randrange(RUNS)
    given = {"run": run, "word": str(step), "event": random.choice(["arrival", "departure"])}
    given["at"] = f"2026-03-01T10:{random.randrange(60):02}:00Z"
    with engine.begin() as connection:
        connection.execute(text("UPDATE change_counter SET value = value + 1"))
        given["changed"] = connection.execute(text("SELECT value FROM change_counter")).scalar()
        for sql in (
            "UPDATE stage_plan SET track = :word, changed = :changed WHERE run_id = :run",
            "DELETE FROM report WHERE run_id = :run AND event = :event",
            "INSERT INTO report (run_id, event, actual, changed) SELECT :run, :event, :at, :changed WHERE :word <> '7'",
            "UPDATE stage_plan SET reason = :word WHERE run_id = :run",
        ):
            connection.execute(text(sql), given)
""".replace("RUNS", str(RUNS))
"""A writer as the simulator is one: what it changes in a commit carries the commit's count. Some reports go."""

STAMPED = """
import sys
from random import Random
import psycopg
url, number, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = Random(number)
with psycopg.connect(url.replace("+psycopg", "")) as connection:
    for step in range(commits):
        run = number * 100 + random.randrange(RUNS)
        connection.execute('UPDATE tdcs."列车时刻" SET "股道" = %s, "押运" = %s, "改时" = clock_timestamp()'
            ' WHERE "编号" = %s', [step, str(step), run])
        connection.execute("SELECT pg_sleep(%s)", [random.random() * 0.03])
        connection.commit()
""".replace("RUNS", str(RUNS))
"""A writer whose commits become visible in another order than that of their timestamps."""


@contextmanager
def writing(script: str, url: URL, commits: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The writers at work."""
    command = [sys.executable, "-c", script, url.render_as_string(False)]
    writers = [
        subprocess.Popen([*command, str(number), str(commits)], env=ENVIRONMENT, stderr=subprocess.PIPE)
        for number in range(1, WRITERS + 1)
    ]
    try:
        yield writers
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


def opened(url: URL, source: SourceSettings | None = None) -> DispatchingDatabase:
    return DispatchingDatabase(url, timeout_s=10, whole_read_s=3600, monotonic=time.monotonic, source=source)


def plain(mirror: Mirror) -> dict[int, CallRecord]:
    assert mirror.faults == {}
    return {number: replace(record, revision=0) for number, record in mirror.calls.items()}


def followed(url: URL, writers: list[subprocess.Popen[bytes]], source: SourceSettings) -> tuple[list[CallRecord], int]:
    """Poll while they write; gives every state seen of any call, and how many polls brought some.

    In the end what was put together from parts must be what a new reader reads as a whole.
    """
    database = opened(url, source)
    mirror = Mirror(meaning=source.meaning)
    seen: list[CallRecord] = []
    news = 0
    until = float("inf")
    while time.monotonic() < until:
        if until == float("inf") and all(writer.poll() is not None for writer in writers):
            until = time.monotonic() + 1.5  # the overlap is read once a second
        reading = database.poll()
        changed = mirror.apply(reading).changed
        news += bool(changed) and not reading.whole
        seen += [mirror.calls[number] for number in changed]
    database.close()
    for writer in writers:
        assert writer.returncode == 0, writer.stderr and writer.stderr.read().decode()
    fresh = Mirror(meaning=source.meaning)
    other = opened(url, source)
    fresh.apply(other.poll())
    other.close()
    assert plain(mirror) == plain(fresh)
    return seen, news


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_with_a_counter_no_commit_is_missed_and_none_is_seen_in_part(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Three processes commit as fast as they can; what one commit changed in several rows is always seen together."""
    rows = [
        made
        for writer in range(1, WRITERS + 1)
        for number in range(writer * 100, writer * 100 + RUNS)
        for made in (run(number), plan(number, track="0", reason="0"))
    ]
    if kind == "postgresql":
        server: DispatchingServer = request.getfixturevalue("dispatch")
        server.commit(*rows)
        url, writers_url = server.url, server.url_of("stationmaster")
    else:
        file = Dispatching(tmp_path / "d.db")
        file.commit(*rows)
        file.close()
        url = writers_url = make_url(file.url)
    with writing(COUNTED, writers_url, 60) as writers:
        seen, news = followed(url, writers, SourceSettings())
    assert news > 5
    assert len(seen) > 60
    assert [record for record in seen if record.track != record.reason] == []


def test_with_timestamps_the_overlap_finds_what_was_committed_late(dispatch: DispatchingServer) -> None:
    """Later stamps are often seen before earlier ones; within the overlap nothing is missed."""
    dispatch.execute(
        FOREIGN, "GRANT USAGE ON SCHEMA tdcs TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tdcs TO reader"
    )
    for writer in range(1, WRITERS + 1):
        dispatch.execute(
            f"""INSERT INTO tdcs."列车时刻" SELECT n, '2026-03-01', 'G' || n, '停站', '2026-03-01 10:00',
            '2026-03-01 10:05', 0, '0' FROM generate_series({writer * 100}, {writer * 100 + RUNS - 1}) AS n"""
        )
    with writing(STAMPED, dispatch.url_of("stationmaster"), 80) as writers:
        seen, news = followed(dispatch.url, writers, settings("tdcs"))
    assert news > 5
    assert len(seen) > 100


def test_a_commit_later_than_the_overlap_is_found_by_the_next_whole_read(dispatch: DispatchingServer) -> None:
    """A transaction that was open for longer hides its rows from polls, and from no longer than that."""
    dispatch.execute(
        FOREIGN, "GRANT USAGE ON SCHEMA tdcs TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA tdcs TO reader"
    )
    dispatch.execute(
        """INSERT INTO tdcs."列车时刻" SELECT n, '2026-03-01', 'G' || n, '停站', '2026-03-01 10:00',
        '2026-03-01 10:05', 0, '0' FROM generate_series(1, 2) AS n"""
    )
    now = 0.0
    database = DispatchingDatabase(
        dispatch.url, timeout_s=5, whole_read_s=30, monotonic=lambda: now, source=settings("tdcs")
    )
    database.poll()
    with dispatch.connect() as slow:
        with slow.transaction():
            slow.execute('UPDATE tdcs."列车时刻" SET "股道" = 9, "改时" = clock_timestamp() WHERE "编号" = 1')
            dispatch.execute(
                """UPDATE tdcs."列车时刻" SET "改时" = clock_timestamp() + interval '1 minute' WHERE "编号" = 2"""
            )
            now += 1
            assert list(database.poll().runs) == []
        now += 1
        assert list(database.poll().runs) == []
    now += 31
    assert sorted(database.poll().runs) == [1, 2]
    database.close()
