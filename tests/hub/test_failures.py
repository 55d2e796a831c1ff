"""Databases that fail in earnest: what waits is not acknowledged, what was acknowledged is there, and it catches up.

Every test does the real thing to a real database: a disk that is full, a lock that another holds, a file that is gone,
a server that is stopped, a connection that is cut in the middle of a commit.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
import structlog
from sqlalchemy.engine import URL

from hub.making import MadeHub, begin, contents, made_hub, opened, run_sql, tick, watching_of, worked
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.hub.open_protocol.side import ProtocolSide, entry_of
from stationmaster.hub.pipeline import LONGEST_PAUSE_S
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.storage.schema import METADATA
from stationmaster.hub.storage.store import Fenced
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.inputs import Input
from stationmaster_protocol.client_session import Whole
from stationmaster_protocol.messages import HubHeartbeat
from stationmaster_protocol.server import ProtocolServer, ProtocolSettings
from support.cutter import cutter
from support.doors import MadeDoor
from support.follower import Follower
from support.postgresql import PostgreSQL
from support.wires import joined

EPOCHS = tuple(f"epoch-{number}" for number in range(1, 10))
SHORT = 0.1
PLENTY = 2000

Fault = Callable[[URL], AbstractContextManager[Callable[[], object]]]


@contextmanager
def running(url: URL, **more: object) -> Iterator[MadeHub]:
    """A hub that has begun, and whose tries to get a lock are short."""
    with made_hub(url, lock_wait_s=SHORT, epochs=EPOCHS, **more) as hub:
        hub.open().put(*begin())
        assert not hub.pipeline.trouble
        yield hub


def try_again(hub: MadeHub, times: int = 1) -> None:
    """Let so many pauses pass."""
    for _ in range(times):
        hub.reactor.advance(LONGEST_PAUSE_S)


def in_vain(hub: MadeHub, *inputs: Input, says: str) -> list[str]:
    """Put inputs in while the database is away: nothing is acknowledged, published or adopted, and it is said why.

    Returns:
        the list that grows by the ids that are acknowledged.

    """
    state, position, published = hub.pipeline.state, hub.pipeline.position, len(hub.published)
    done = hub.put(*inputs)
    try_again(hub, 2)
    assert says in hub.pipeline.trouble
    assert hub.pipeline.waiting == len(inputs)
    assert (done, len(hub.published), hub.failures) == ([], published, [])
    assert (hub.pipeline.state is state, hub.pipeline.position) == (True, position)
    return done


def ticks(first: int, last: int) -> tuple[Input, ...]:
    return tuple(tick(minutes) for minutes in range(first, last + 1))


def ids(inputs: tuple[Input, ...]) -> list[str]:
    return [given.id for given in inputs]


def check(hub: MadeHub, url: URL, *inputs: Input, published: tuple[Input, ...] | None = None) -> None:
    """The hub and its database hold what these inputs make, each was published once, and nothing waits."""
    assert (hub.pipeline.trouble, hub.pipeline.waiting, hub.failures) == ("", 0, [])
    assert [each.input_id for each in hub.published] == ids(inputs if published is None else published)
    assert contents(hub.pipeline.state) == contents(worked(*inputs))
    hub.store.close()
    with opened(url) as found:
        assert not found.fault
        assert found.position == hub.pipeline.position
        assert contents(found.state) == contents(hub.pipeline.state)


def end_connections(server: PostgreSQL, url: URL) -> int:
    """Have the server end every connection to a database; how many there were. They are gone on return."""
    with server.connect("postgres") as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", [url.database]
        ).fetchall()
    assert all(each for (each,) in ended)
    return len(ended)


def fills_up(url: URL, fault: Fault, says: str) -> None:
    """Put ticks in until the database takes no more, and some; mend it; all are there."""
    with running(url) as hub:
        with fault(url) as mend:
            done: list[str] = []
            last = 0
            while not hub.pipeline.trouble:
                last += 1
                assert last < PLENTY, "it takes everything"
                hub.pipeline.put(tick(last)).addCallback(lambda _, last=last: done.append(tick(last).id))
            assert says in hub.pipeline.trouble
            more = hub.put(tick(last + 1))
            try_again(hub, 3)
            assert (done, more) == (ids(ticks(1, last - 1)), [])
            assert says in hub.pipeline.trouble
            mend()
            try_again(hub)
        assert (done, more) == (ids(ticks(1, last)), [tick(last + 1).id])
        assert hub.beginnings == []
        check(hub, url, *begin(), *ticks(1, last + 1))


# A full disk


@contextmanager
def short_files(url: URL) -> Iterator[Callable[[], object]]:
    """Our process may not make long files, as where a quota ends; neither the database nor its log can grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full_disk(url: URL) -> Iterator[Callable[[], object]]:
    """What is free on the database's file system is taken, but for some bytes."""
    filler = Path(str(url.database)).with_name("filler")
    free = os.statvfs(filler.parent)
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize - 16_384))
    yield filler.unlink


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of two megabytes."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def may_mount() -> bool:
    """Whether we are allowed to make a file system: an administrator in a container often is not."""
    folder = Path(tempfile.mkdtemp())
    try:
        with small_disk(folder):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        folder.rmdir()


@pytest.mark.parametrize("how", ["limit", *(["disk"] if may_mount() else [])])
def test_sqlite_on_a_full_disk(sqlite_database: URL, tmp_path: Path, how: str) -> None:
    """When nothing more can be written inputs wait, and when there is room again all of them follow."""
    if how == "limit":
        fills_up(sqlite_database, short_files, "disk I/O error")
        return
    with small_disk(tmp_path):
        fills_up(sqlite_database, full_disk, "full")


def test_postgresql_on_a_full_disk(postgresql_database: URL, server: PostgreSQL) -> None:
    """When the server cannot make a table longer inputs wait, and when it can again all of them follow."""

    @contextmanager
    def short_tables(url: URL) -> Iterator[Callable[[], object]]:
        """The hub's process in the server may not make files longer than the table of inputs is now."""
        with server.connect(str(url.database)) as connection:
            connection.execute(
                "INSERT INTO input SELECT 'filler/' || n, 0, 'tick', 0, '' FROM generate_series(1, 20000) AS n"
            )
            connection.execute("CHECKPOINT")
            (size,) = connection.execute("SELECT pg_relation_size('input')").fetchone() or (0,)
            (process,) = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone() or (0,)
        assert size > 1 << 20, "shorter than a segment of the log, which must not fail"
        server.limit_files(process, size)
        yield lambda: server.limit_files(process, None)

    fills_up(postgresql_database, short_tables, "could not extend file")


# Locked, and read-only


@contextmanager
def locked_sqlite(url: URL) -> Iterator[Callable[[], object]]:
    """Another connection is in the middle of a transaction."""
    with closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield lambda: other.execute("ROLLBACK")


def test_sqlite_locked_by_another(sqlite_database: URL) -> None:
    """While another connection holds the write lock inputs wait; when it lets go they follow."""
    with running(sqlite_database) as hub:
        with locked_sqlite(sqlite_database) as let_go:
            done = in_vain(hub, tick(1), tick(2), says="database is locked")
            let_go()
            try_again(hub)
        assert done == ids(ticks(1, 2))
        check(hub, sqlite_database, *begin(), *ticks(1, 2))


def test_postgresql_locked_by_another(postgresql_database: URL, server: PostgreSQL) -> None:
    """While another connection holds a table inputs wait; when it lets go they follow."""
    with running(postgresql_database) as hub:
        with server.connect(str(postgresql_database.database)) as other, other.transaction():
            other.execute("LOCK TABLE resource")
            done = in_vain(hub, tick(1), tick(2), says="lock timeout")
        try_again(hub)
        assert done == ids(ticks(1, 2))
        check(hub, postgresql_database, *begin(), *ticks(1, 2))


@contextmanager
def not_root() -> Iterator[Path]:
    """A folder of an ordinary user, whom we are meanwhile: root may write what is read-only."""
    root = os.geteuid() == 0
    if root:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            yield Path(folder)
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)


def test_sqlite_that_may_only_be_read() -> None:
    """A hub whose file may not be written waits and says so, and goes on as soon as it may."""
    with not_root() as folder:
        url = URL.create("sqlite", database=str(folder / "hub.db"))
        with running(url):
            pass
        file = folder / "hub.db"
        for each in folder.iterdir():
            each.chmod(0o444)
        folder.chmod(0o555)
        with made_hub(url, epochs=EPOCHS, lock_wait_s=SHORT) as hub:
            done = hub.open().put(tick(1))
            for mend in (lambda: folder.chmod(0o755), lambda: (folder / "hub.db-lock").chmod(0o644)):
                try_again(hub, 2)
                assert (hub.loaded, done) == ([], [])
                assert "cannot be used" in hub.pipeline.trouble
                mend()
            try_again(hub, 2)
            assert (hub.loaded, done) == ([], [])
            assert "may only be read" in hub.pipeline.trouble
            file.chmod(0o644)
            try_again(hub)
            assert done == [tick(1).id]
            check(hub, url, *begin(), tick(1), published=(tick(1),))


def test_postgresql_that_may_only_be_read(postgresql_database: URL, server: PostgreSQL) -> None:
    """While the server lets nobody write, as a replica does, inputs wait; when it does again they follow."""
    name = postgresql_database.database
    with running(postgresql_database) as hub, server.connect("postgres") as administrator:
        administrator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        end_connections(server, postgresql_database)
        done = in_vain(hub, tick(1), says="read-only transaction")
        administrator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        end_connections(server, postgresql_database)
        try_again(hub, 2)
        assert done == [tick(1).id]
        check(hub, postgresql_database, *begin(), tick(1))


# Gone, and back again


def files(url: URL) -> list[Path]:
    """The database's own files: the database, its log, the log's index."""
    path = Path(str(url.database))
    return [each for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if each.exists()]


def copy_of(url: URL) -> Path:
    """A consistent copy of an SQLite database, made beside it while the hub runs."""
    path = Path(f"{url.database}.copy")
    with closing(sqlite3.connect(str(url.database))) as here, closing(sqlite3.connect(path)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")
    return path


def test_sqlite_that_is_moved_away_and_back(sqlite_database: URL) -> None:
    """While the file is gone inputs wait, and no other is made; when it is back the same epoch goes on."""
    with running(sqlite_database) as hub:
        file = Path(str(sqlite_database.database))
        file.rename(file.with_name("elsewhere"))
        done = in_vain(hub, tick(1), tick(2), says="has gone")
        assert not file.exists()
        file.with_name("elsewhere").rename(file)
        try_again(hub)
        assert (done, hub.beginnings) == (ids(ticks(1, 2)), [])
        check(hub, sqlite_database, *begin(), *ticks(1, 2))


def test_sqlite_that_moves_away_in_the_middle_of_a_commit(sqlite_database: URL) -> None:
    """A batch that went into a file without a name is not acknowledged until it is seen where it belongs; once only."""
    file = Path(str(sqlite_database.database))
    gone = False

    def probe(point: str) -> None:
        if gone and point == "inside-transaction":
            file.rename(file.with_name("elsewhere"))

    with running(sqlite_database, probe=probe) as hub:
        gone = True
        done = in_vain(hub, tick(1), says="has gone")
        gone = False
        file.with_name("elsewhere").rename(file)
        try_again(hub)
        assert (done, hub.beginnings) == ([tick(1).id], [])
        hub.put(tick(2))
        check(hub, sqlite_database, *begin(), *ticks(1, 2))


def test_sqlite_whose_log_is_deleted(sqlite_database: URL) -> None:
    """When only the write-ahead log is deleted, what was in it is brought into the database, and the hub goes on."""
    with running(sqlite_database) as hub:
        hub.put(*ticks(1, 5))
        for each in files(sqlite_database)[1:]:
            each.unlink()
        done = hub.put(tick(6))
        assert "hub.db-wal has gone" in hub.pipeline.trouble
        try_again(hub)
        assert (done, hub.beginnings) == ([tick(6).id], [])
        check(hub, sqlite_database, *begin(), *ticks(1, 6))


@contextmanager
def lose(url: URL, server: PostgreSQL | None) -> Iterator[Callable[[], object]]:
    """The database is deleted; what is given makes an empty one in its place."""
    if server is None:
        for each in files(url):
            each.unlink()
        yield Path(str(url.database)).touch
    else:
        server.stop()
        server.start()
        server.drop_database(url)
        with server.connect("postgres") as administrator:
            yield lambda: administrator.execute(f"CREATE DATABASE {url.database} TEMPLATE template0")


def server_of(request: pytest.FixtureRequest, url: URL) -> PostgreSQL | None:
    if url.get_backend_name() == "sqlite":
        return None
    server: PostgreSQL = request.getfixturevalue("server")
    return server


def test_a_lost_database_gets_the_state_that_was_published(database: URL, request: pytest.FixtureRequest) -> None:
    """While it is gone inputs wait; when an empty one is there the whole state begins a new epoch, and they follow."""
    with running(database) as hub, structlog.testing.capture_logs() as logs:
        hub.put(*ticks(1, 3))
        position = hub.pipeline.position
        with lose(database, server_of(request, database)) as make_empty:
            done = in_vain(hub, tick(4), tick(5), says="does not exist" if server_of(request, database) else "has gone")
            make_empty()
        try_again(hub, 2)
        assert done == ids(ticks(4, 5))
        (beginning,) = hub.beginnings
        assert (beginning.epoch, beginning.sequence) == ("epoch-2", position.sequence)
        assert [each.stored.sequence for each in hub.published] == list(range(1, 9))
        assert hub.pipeline.entries_after(position.sequence) == tuple(each.stored for each in hub.published[-2:])
        assert hub.pipeline.entries_after(position.sequence - 1) is None
        (line,) = [line for line in logs if line["event"] == "database-begun-again"]
        assert (line["reason"], line["log_level"]) == ("it is empty", "error")
        check(hub, database, *begin(), *ticks(1, 5))


def older(url: URL) -> Callable[[], None]:
    """Remember the database as it is now; what is given puts that back under the running hub."""
    if url.get_backend_name() == "sqlite":
        copy = copy_of(url)
        return lambda: copy.replace(str(url.database))
    names = [table.name for table in METADATA.sorted_tables]
    run_sql(url, "CREATE SCHEMA old", *(f"CREATE TABLE old.{name} AS TABLE {name}" for name in names))
    put_back = [
        sql for name in names for sql in (f"DELETE FROM {name}", f"INSERT INTO {name} SELECT * FROM old.{name}")
    ]
    return lambda: run_sql(url, *put_back)


def test_an_older_copy_gets_the_state_that_was_published(database: URL) -> None:
    """A copy that was put in the place of the database is not taken for the present: it is brought up to it."""
    with running(database) as hub:
        hub.put(*ticks(1, 3))
        put_back = older(database)
        hub.put(*ticks(4, 6))
        put_back()
        done = hub.put(*ticks(7, 8))
        try_again(hub, 2)
        assert done == ids(ticks(7, 8))
        (beginning,) = hub.beginnings
        assert (beginning.epoch, beginning.sequence) == ("epoch-2", 9)
        check(hub, database, *begin(), *ticks(1, 8))


def test_a_copy_that_has_nothing_less_is_gone_on_with(sqlite_database: URL) -> None:
    """A copy that holds all that was published is the database, whatever its inode."""
    with running(sqlite_database) as hub:
        hub.put(*ticks(1, 3))
        older(sqlite_database)()
        done = hub.put(tick(4))
        assert "has been replaced" in hub.pipeline.trouble
        try_again(hub)
        assert (done, hub.beginnings) == ([tick(4).id], [])
        check(hub, sqlite_database, *begin(), *ticks(1, 4))


def test_the_database_of_another_hub_is_left_alone(database: URL) -> None:
    """A journal that is not ours is not written to; when the right one is back the hub goes on."""
    with running(database) as hub:
        hub.put(tick(1))
        run_sql(database, "UPDATE head SET epoch = 'another'")
        done = in_vain(hub, tick(2), says="the journal of another hub, of epoch another")
        run_sql(database, "UPDATE head SET epoch = 'epoch-1'")
        try_again(hub)
        assert (done, hub.beginnings) == ([tick(2).id], [])
        check(hub, database, *begin(), *ticks(1, 2))


def test_a_new_beginning_in_a_file_that_moves_away_is_found_there(sqlite_database: URL) -> None:
    """A new beginning that went into a file without a name is not believed, and not repeated when that is back."""
    file = Path(str(sqlite_database.database))
    moves = False

    def probe(point: str) -> None:
        if moves and point == "inside-new-beginning":
            file.rename(file.with_name("elsewhere"))

    with running(sqlite_database, probe=probe) as hub:
        with lose(sqlite_database, None) as make_empty:
            make_empty()
        moves = True
        done = in_vain(hub, tick(1), says="has gone")
        assert hub.beginnings == []
        moves = False
        file.with_name("elsewhere").rename(file)
        try_again(hub, 2)
        assert (done, [each.epoch for each in hub.beginnings]) == ([tick(1).id], ["epoch-2"])
        check(hub, sqlite_database, *begin(), tick(1))


@pytest.mark.parametrize("reached", [False, True])
def test_a_new_beginning_whose_outcome_is_not_known(
    postgresql_database: URL, server: PostgreSQL, reached: bool
) -> None:
    """A new beginning whose commit was cut is found if it reached the server, and made again if it did not."""
    cuts = 1

    def probe(point: str) -> None:
        nonlocal cuts
        if point == "inside-new-beginning":
            wire.after_commit, wire.before_commit = (cuts, 0) if reached else (0, cuts)
            cuts = 0

    with cutter(postgresql_database) as (by_wire, wire), running(by_wire, probe=probe) as hub:
        with lose(postgresql_database, server) as make_empty:
            in_vain(hub, tick(1), says="does not exist")
            make_empty()
        try_again(hub, 3)
        assert (hub.pipeline.waiting, wire.cuts) == (0, 1)
        assert [each.epoch for each in hub.beginnings] == ["epoch-2" if reached else "epoch-3"]
        check(hub, postgresql_database, *begin(), tick(1))


def test_subscribers_hear_heartbeats_and_then_everything_anew(sqlite_database: URL) -> None:
    """Without its database the hub beats on and says so; after a new beginning each subscriber gets it whole."""
    with running(sqlite_database) as hub:
        clock = MachineClock(lambda: float(tick(1).at))
        feed = FeedIntake(hub.pipeline, clock, "boot")
        side = ProtocolSide(
            pipeline=hub.pipeline,
            feed=feed,
            executors=ExecutorBook(hub.pipeline, clock, "boot"),
            door=MadeDoor(hub.store, hub.thread, configured=(Subsystem(identity="client-0", token="token-0"),)).door,
            clock=clock,
            watching=watching_of(hub, clock, feed),
        )
        server = ProtocolServer(hub=side, settings=ProtocolSettings(heartbeat_s=5.0), reactor=hub.reactor)
        hub.pipeline.on_commit(lambda committed: server.publish([entry_of(each.stored) for each in committed]))
        hub.pipeline.on_new_beginning(server.new_epoch)
        server.doStart()
        client = Follower()
        wires = joined(server.buildProtocol(None), client.connect())

        def carry() -> list[object]:
            client.heard_events.clear()
            while wires[0].carry() | wires[1].carry():
                pass
            return list(client.heard_events)

        carry()
        with lose(sqlite_database, None) as make_empty:
            in_vain(hub, tick(1), says="has gone")
            for _ in range(3):
                client.beat()
                carry()
                hub.reactor.advance(5.0)
                heard = carry()
                assert heard
                assert all(isinstance(event, HubHeartbeat) and not event.stored for event in heard)
            client.beat()
            carry()
            make_empty()
        try_again(hub, 2)
        snapshots = [event for event in carry() if isinstance(event, Whole)]
        assert [event.position.epoch for event in snapshots] == ["epoch-2"]
        hub.put(tick(118))
        client.beat()
        carry()
        hub.reactor.advance(5.0)
        assert [event.stored for event in carry() if isinstance(event, HubHeartbeat)] == [True]
        assert client.held == hub.pipeline.position
        public = {key: value for key, value in contents(hub.pipeline.state).items() if key[0] in PUBLIC_KINDS}
        assert client.replica == public
        server.doStop()


# PostgreSQL's own ways to fail


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT])
def test_a_server_that_is_stopped_and_started_again(
    postgresql_database: URL, server: PostgreSQL, how: signal.Signals
) -> None:
    """While there is no server inputs wait; when there is one again they follow, in the same epoch."""
    with running(postgresql_database) as hub:
        server.stop(how)
        done = in_vain(hub, tick(1), tick(2), says="cannot be used")
        server.start()
        try_again(hub)
        assert (done, hub.beginnings) == (ids(ticks(1, 2)), [])
        check(hub, postgresql_database, *begin(), *ticks(1, 2))


def test_a_connection_that_is_cut_in_the_middle_of_a_transaction(postgresql_database: URL, server: PostgreSQL) -> None:
    """Nothing of a batch is there whose connection the server ended; it is done again, as a whole and once."""
    cut = 0

    def probe(point: str) -> None:
        nonlocal cut
        if cut and point == "inside-transaction":
            cut -= 1
            assert end_connections(server, postgresql_database) == 1

    with running(postgresql_database, probe=probe) as hub:
        cut = 2
        done = hub.put(tick(1))
        assert done == []
        assert "terminating connection" in hub.pipeline.trouble
        try_again(hub, 2)
        assert (done, cut, hub.beginnings) == ([tick(1).id], 0, [])
        check(hub, postgresql_database, *begin(), tick(1))


@pytest.mark.parametrize("reached", [False, True])
@pytest.mark.parametrize("cuts", [1, 3])
def test_a_commit_whose_outcome_is_not_known(postgresql_database: URL, reached: bool, cuts: int) -> None:
    """Whether a commit reached the server or not before the wire was cut, its batch is there once."""
    with cutter(postgresql_database) as (by_wire, wire), running(by_wire) as hub:
        if reached:
            wire.after_commit = cuts
        else:
            wire.before_commit = cuts
        done = hub.put(*ticks(1, 2))
        assert (done, bool(hub.pipeline.trouble)) == ([], True)
        try_again(hub, cuts + 1)
        assert (done, wire.cuts, hub.beginnings) == (ids(ticks(1, 2)), cuts, [])
        check(hub, postgresql_database, *begin(), *ticks(1, 2))


def test_a_connection_that_the_server_still_believes_in(postgresql_database: URL) -> None:
    """A hub whose wire was cut without the server's hearing of it ends its old connection, and goes on."""
    with cutter(postgresql_database) as (by_wire, wire), running(by_wire) as hub:
        wire.leave_hanging()
        done = hub.put(tick(1))
        assert done == []
        try_again(hub)
        assert (done, hub.failures) == ([tick(1).id], [])
        check(hub, postgresql_database, *begin(), tick(1))


def test_a_hub_that_waits_takes_over_from_one_that_lost_its_connection(
    postgresql_database: URL, server: PostgreSQL
) -> None:
    """Of two hubs one has the database and one waits; when the first is cut off the second goes on, the first ends."""
    waiting = made_hub(postgresql_database, epochs=EPOCHS, lock_wait_s=SHORT)
    with running(postgresql_database) as first, waiting as second:
        second.open()
        assert (second.loaded, "another hub has it" in second.pipeline.trouble) == ([], True)
        end_connections(server, postgresql_database)
        try_again(second)
        assert second.pipeline.position == first.pipeline.position
        done = first.put(tick(1))
        try_again(first, 2)
        assert (done, [type(error) for error in first.failures]) == ([], [Fenced])
        second.put(tick(2))
        check(second, postgresql_database, *begin(), tick(2), published=(tick(2),))
