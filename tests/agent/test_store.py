"""The state file: what it held is there again, after a restart and after a process was killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import stationmaster_agent
from agent.making import announcement, at, call, resource, task_result
from stationmaster_agent.executor import FeedAge
from stationmaster_agent.replica import Replica
from stationmaster_agent.store import Store
from stationmaster_base.errors import StationError
from stationmaster_kernel.plain import to_plain
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.messages import Position


def position(sequence: int) -> Position:
    return Position(epoch="e", sequence=sequence, hash=f"{sequence:08x}")


def reopened(store: Store, path: Path) -> Store:
    store.close()
    return Store.open(path, filter_class="all")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "agent.db"


@pytest.fixture
def store(path):
    store = Store.open(path, filter_class="all")
    yield store
    store.close()


OLDER = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resource (
    kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE progress (
    task TEXT NOT NULL, target TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (task, target)
) WITHOUT ROWID;
CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
PRAGMA user_version = 1;
"""


def test_an_older_edition_s_file_is_taken_over(path):
    """What an earlier edition wrote is all there after an upgrade: nothing that was done is done again."""
    path.parent.mkdir()
    given = task_result(1)
    written = json.dumps(to_plain(given))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLDER)
        connection.execute("INSERT INTO meta VALUES ('filter', 'all')")
        connection.execute("INSERT INTO meta VALUES ('position', ?)", (json.dumps(to_plain(position(5))),))
        task = announcement()
        connection.execute(
            "INSERT INTO resource VALUES ('task', ?, ?, ?)", (task.id, task.revision, json.dumps(to_plain(task)))
        )
        connection.execute("INSERT INTO progress VALUES ('a', 'hall', ?)", (json.dumps(to_plain(given.result)),))
        connection.execute("INSERT INTO outbox (id, body) VALUES (?, ?)", (given.id, written))
        connection.commit()
    store = Store.open(path, filter_class="all")
    assert store.replica() == Replica.of([resource(announcement())], position(5))
    assert store.outbox() == [given]
    assert store.progress() == {("a", "hall"): given.result}
    act = LocalAct(id="x/1", at=at(1), by="Wang")
    store.record_act(act)
    store = reopened(store, path)
    assert store.outbox() == [given, act]
    assert list(path.parent.glob("*.unusable*")) == []
    store.close()


def test_a_later_edition_s_file_is_set_aside(path):
    """A file of a format that is not known yet is kept under another name, and a new one begun."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLDER)
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    store = Store.open(path, filter_class="all")
    assert store.outbox() == []
    assert [file.name for file in path.parent.glob("*.unusable-*")] == ["agent.db.unusable-1"]
    store.close()


def test_what_other_makers_add_is_kept(store, path):
    """A resource's extension, which nothing here understands, is there again after a restart."""
    more = replace(resource(announcement()), extension='<extension xmlns="urn:x"><colour/></extension>')
    store.write_replica(Replica.of([more], position(1)), None)
    store = reopened(store, path)
    assert store.replica().kinds["task"]["a"].extension == more.extension
    store.close()


def test_results_and_acts_keep_their_order(store, path):
    """What was done and what people did come back in the order in which they came to be."""
    mixed = [
        task_result(1),
        LocalAct(id="x/1", at=at(1), by="Wang"),
        task_result(2),
        LocalAct(id="x/2", at=at(2), by="Li"),
    ]
    for one in mixed:
        if isinstance(one, LocalAct):
            store.record_act(one)
        else:
            store.record(one)
    store = reopened(store, path)
    assert store.outbox() == mixed
    store.received(["x/1", mixed[0].id])
    assert reopened(store, path).outbox() == mixed[2:]


def test_new_file_is_empty(store):
    """A new state file holds nothing, and its folder is made."""
    assert store.replica() == Replica()
    assert store.feed_at() == FeedAge()
    assert store.outbox() == []
    assert store.progress() == {}


def test_replica_comes_back(store, path):
    """A snapshot and the updates after it are there again, with position and age of the feed."""
    replica = Replica.of([resource(call()), resource(announcement()), resource(announcement("b"))], position(5))
    store.write_replica(replica, at(1))
    put = resource(announcement("c", revision=9))
    store.write_update(position(6), [put], [("task", "b"), ("task", "never there")], at(2))
    store = reopened(store, path)
    expected = replica.changed(position(6), [put], [("task", "b")])
    found = store.replica()
    assert found.position == position(6)
    assert set(found.resources()) == set(expected.resources())
    assert store.feed_at() == FeedAge(fresh_at=at(2))
    store.close()


def test_snapshot_replaces_everything(store):
    """A second snapshot leaves nothing of the first."""
    store.write_replica(Replica.of([resource(announcement())], position(5)), None)
    store.write_replica(Replica.of([resource(call())], position(6)), None)
    assert [item.kind for item in store.replica().resources()] == ["call"]


def test_results_wait_for_the_hub(store, path):
    """Results come back in order until the hub has them; what was done is remembered all the same."""
    begun = task_result(1, state=TaskState.BEGUN)
    done = task_result(2)
    other = task_result(3, task="b")
    for result in (begun, done, other):
        store.record(result)
    store = reopened(store, path)
    assert store.outbox() == [begun, done, other]
    store.received([begun.id, done.id])
    store = reopened(store, path)
    assert store.outbox() == [other]
    assert store.progress() == {("a", "hall"): done.result, ("b", "hall"): other.result}
    store.forget([("a", "hall")])
    assert list(store.progress()) == [("b", "hall")]
    store.close()


def test_another_filter_drops_the_replica_alone(store, path):
    """A replica of another filter class would not be whole, so it goes; what was done stays."""
    store.write_replica(Replica.of([resource(call())], position(5)), None)
    store.record(task_result(1))
    store.close()
    store = Store.open(path, filter_class="tasks only")
    assert store.replica() == Replica()
    assert store.outbox() == [task_result(1)]
    store.close()


def test_broken_file_is_set_aside(path, capsys):
    """A file that is no database is kept under another name, and the subsystem begins anew with a warning."""
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, " * 100)
    path.with_name("agent.db.unusable-1").write_text("from the last time")
    store = Store.open(path, filter_class="all")
    store.record(task_result(1))
    store.close()
    assert path.with_name("agent.db.unusable-2").read_bytes().startswith(b"not a database")
    assert "state-file-unusable" in capsys.readouterr().out


def test_file_of_another_format_is_set_aside(path):
    """A database that is not ours, or of a later format, is not written to."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    Store.open(path, filter_class="all").close()
    assert path.with_name("agent.db.unusable-1").exists()


def test_unreadable_resources_bring_a_snapshot(store, path, capsys):
    """Resources that this version cannot read are dropped, so that the hub sends everything; the outbox stays."""
    store.write_replica(Replica.of([resource(call())], position(5)), None)
    store.record(task_result(1))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("""UPDATE resource SET body = '{"what": 1}'""")
    connection.close()
    store = Store.open(path, filter_class="all")
    assert store.replica() == Replica()
    assert "replica-unreadable" in capsys.readouterr().out
    store = reopened(store, path)
    assert store.replica() == Replica()
    assert store.outbox() == [task_result(1)]
    store.close()


def test_opening_it_again_writes_nothing(store, path):
    """A process that starts anew on a full disk has its memory: what stands there already is not written again."""
    store.close()
    before = path.read_bytes()
    Store.open(path, filter_class="all").close()
    assert path.read_bytes() == before


def test_two_processes_with_one_file(store, path):
    """A second process with the same file is refused, and the file is left alone."""
    with pytest.raises(StationError) as caught:
        Store.open(path, filter_class="all")
    assert caught.value.code == "agent-state-in-use"
    store.record(task_result(1))


def test_folder_that_cannot_be_made(tmp_path):
    """A state file in a place that cannot be is a message for a person."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StationError) as caught:
        Store.open(tmp_path / "file" / "agent.db", filter_class="all")
    assert caught.value.code == "agent-state"
    with pytest.raises(StationError) as caught:
        Store.open(tmp_path, filter_class="all")
    assert caught.value.code == "agent-state"


def test_failed_write_changes_nothing(store):
    """A transaction that fails in the middle leaves what was there before, and the store goes on."""
    store.write_replica(Replica.of([resource(call())], position(5)), None)

    def puts():
        yield resource(announcement())
        raise sqlite3.OperationalError("disk full")

    with pytest.raises(StationError) as caught:
        store.write_update(position(6), puts(), [], None)
    assert caught.value.code == "agent-state"
    assert store.replica().position == position(5)
    assert len(store.replica()) == 1
    store.record(task_result(1))


CHILD = """
import sys
from pathlib import Path
from agent.making import announcement, resource, task_result
from stationmaster_agent.replica import Replica
from stationmaster_agent.store import Store
from stationmaster_protocol.messages import Position

store = Store.open(Path(sys.argv[1]), filter_class="all")
number = len(store.outbox())
while True:
    number += 1
    store.record(task_result(number))
    here = Position(epoch="e", sequence=number, hash="0")
    store.write_update(here, [resource(announcement(str(number), revision=number))], [], None)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_killed_process_loses_nothing_that_it_said_was_written(path):
    """A process killed in the middle of writing has on disk every result and update that it was told is there."""
    path.parent.mkdir()
    tests = Path(__file__).parents[1]
    roots = [str(tests), *sys.path, str(Path(stationmaster_agent.__file__).parents[1])]
    told = 0
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        )
        assert child.stdout is not None
        for _ in range(25):
            told = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        last = child.stdout.read().split(b"\n")[:-1]
        told = int(last[-1]) if last else told
        child.stdout.close()
        child.wait()
        store = Store.open(path, filter_class="all")
        outbox = store.outbox()
        assert [int(result.id.rsplit("/", 1)[1]) for result in outbox] == list(range(1, len(outbox) + 1))
        assert told <= len(outbox) <= told + 1
        replica = store.replica()
        assert replica.position.sequence in (len(outbox), len(outbox) - 1)
        assert str(replica.position.sequence) in replica.tasks
        assert str(replica.position.sequence + 1) not in replica.tasks
        store.close()
