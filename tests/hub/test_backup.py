"""Backups: what was in one kind of database comes back in another, and what is not right is not taken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import URL

from hub.making import EVERYTHING, MadeHub, begin, contents, made_hub, opened, run_sql, tick, worked
from stationmaster.hub.pipeline import LONGEST_PAUSE_S
from stationmaster.hub.storage import backup as backup_module
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.backends import open_database
from stationmaster.hub.storage.backup import back_up, read_backup
from stationmaster.hub.storage.database import database_url, known_versions, migrate
from stationmaster.hub.storage.journal import compact, first_hash
from stationmaster.hub.storage.replay import replay
from stationmaster.hub.storage.restore import Restored, restore
from stationmaster.hub.storage.schema import METADATA, VERSION
from stationmaster.hub.storage.store import Fenced, Store
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_protocol.messages import Position
from support.effort import scaled
from support.postgresql import PostgreSQL

MADE = Instant(1_772_400_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Another database, of each kind, into which something is restored."""
    if request.param == "sqlite":
        return database_url("sqlite:///restored/hub.db", tmp_path)
    server: PostgreSQL = request.getfixturevalue("server")
    if not server.up:
        server.start()
    return server.emptied_database("target")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    (tmp_path / "restored").mkdir()


def saved(url: URL, file: Path, minutes: int = 5) -> MadeHub:
    """A hub that has ended, with a backup of what it left."""
    with made_hub(url) as hub:
        hub.open().put(*begin(), *(tick(minute) for minute in range(1, minutes + 1)))
    back_up(url, file, MADE)
    return hub


def put_back(url: URL, file: Path, **more: Any) -> Restored:
    return restore(url, file, lambda: "restored", **more)


def rows_of(url: URL) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a database holds, but for the head and the checkpoint that a restored one begins with."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
            if table.name != "head"
        }
    engine.dispose()
    found["checkpoint"] = [row for row in found["checkpoint"] if "restored" not in row]
    return found


def test_what_was_backed_up_is_there_again_in_either_database(database: URL, target: URL, tmp_path: Path) -> None:
    """Every row comes back, whichever kind of database it was in; the next hub goes on in an epoch of its own."""
    hub = saved(database, tmp_path / "file.gz")
    restored = put_back(target, tmp_path / "file.gz")
    assert rows_of(target) == rows_of(database)
    assert restored.position == Position(epoch="restored", sequence=8, hash=first_hash("restored"))
    with made_hub(target) as again:
        again.open()
        assert again.pipeline.position == restored.position
        assert contents(again.pipeline.state) == contents(hub.pipeline.state)
        assert again.put(tick(5), tick(6)) == [tick(5).id, tick(6).id]
        assert [each.input_id for each in again.published] == [tick(6).id]
        assert contents(again.pipeline.state) == contents(worked(*begin(), *(tick(n) for n in range(1, 7))))
    archive = DatabaseArchive(target)
    found = replay(archive.lines())
    archive.close()
    assert (found.difference, found.entries) == (None, 9)


def test_a_backup_says_what_it_holds(database: URL, tmp_path: Path) -> None:
    """Written and read, it holds the same: versions, when it was made, position, the last time, numbers of rows."""
    hub = saved(database, tmp_path / "file.gz")
    held = read_backup(tmp_path / "file.gz")
    assert (held.schema, held.made, held.fault) == (VERSION, MADE, "")
    assert (held.position, held.until) == (hub.pipeline.position, tick(5).at)
    rows = dict(held.rows)
    assert (rows["head"], rows["input"], rows["journal"]) == (1, 8, 8)
    assert rows["resource"] == len(contents(hub.pipeline.state))
    assert back_up(database, tmp_path / "again.gz", MADE) == held
    assert (tmp_path / "again.gz").read_bytes() == (tmp_path / "file.gz").read_bytes()


def test_a_backup_shows_one_moment_of_a_running_hub(database: URL, tmp_path: Path, monkeypatch: Any) -> None:
    """What is committed while it is being written is not in it, not even in part; and the hub does not wait."""
    with made_hub(database, lock_wait_s=0.1) as hub:
        hub.open().put(*begin(), tick(1))
        before, position = contents(hub.pipeline.state), hub.pipeline.position
        made = backup_module.tables_of

        def tables_of(connection: Any) -> Any:
            """Reading has begun."""
            found = made(connection)
            assert hub.put(tick(2), tick(118)) == [tick(2).id, tick(118).id]
            return found

        monkeypatch.setattr(backup_module, "tables_of", tables_of)
        held = back_up(database, tmp_path / "file.gz", MADE)
        monkeypatch.undo()
        assert hub.put(tick(119)) == [tick(119).id]
    assert held.position == position
    (tmp_path / "restored").mkdir(exist_ok=True)
    other = database_url("sqlite:///restored/one.db", tmp_path)
    put_back(other, tmp_path / "file.gz")
    with opened(other) as found:
        assert contents(found.state) == before


def test_a_database_that_holds_something_is_replaced_only_if_that_is_said(
    database: URL, target: URL, tmp_path: Path
) -> None:
    """Without `replace` nothing is touched; with it what was there is gone, and no sequence is given a second time."""
    saved(database, tmp_path / "file.gz")
    with made_hub(target, epochs=("another",)) as other:
        other.open().put(*begin(), *(tick(minutes) for minutes in range(30)))
    there = rows_of(target)
    with pytest.raises(StationError, match=r"up to entry 33.*--replace") as caught:
        put_back(target, tmp_path / "file.gz")
    assert (caught.value.code, rows_of(target)) == ("database-not-empty", there)
    restored = put_back(target, tmp_path / "file.gz", replace=True)
    assert rows_of(target) == rows_of(database)
    assert restored.position.sequence == 33
    with made_hub(target) as again:
        again.open().put(tick(6))
        assert [each.stored.sequence for each in again.published] == [34]
    with opened(target) as found:
        assert (found.fault, found.position.epoch) == ("", "restored")


def test_a_database_that_a_hub_has_is_left_alone(database: URL, tmp_path: Path) -> None:
    """While a hub lives nothing is restored; when it has ended it is."""
    with made_hub(database) as hub:
        hub.open().put(*begin())
        back_up(database, tmp_path / "file.gz", MADE)
        with pytest.raises(StationError, match="A hub has the database") as caught:
            put_back(database, tmp_path / "file.gz", replace=True)
        assert caught.value.code == "database-in-use"
        assert hub.put(tick(1)) == [tick(1).id]
    assert put_back(database, tmp_path / "file.gz", replace=True).position.sequence == 4


def test_a_hub_under_which_a_backup_was_restored_ends(database: URL, tmp_path: Path) -> None:
    """A hub that was cut off meanwhile writes nothing into what was restored, and makes way for another."""
    with made_hub(database) as hub:
        hub.open().put(*begin())
        back_up(database, tmp_path / "file.gz", MADE)
        hub.put(tick(1))
        hub.store.close()  # as when it is cut off
        put_back(database, tmp_path / "file.gz", replace=True)
        done = hub.put(tick(2))
        hub.reactor.advance(LONGEST_PAUSE_S)
        assert (done, [type(error) for error in hub.failures]) == ([], [Fenced])
    with opened(database) as found:
        assert (found.position.epoch, contents(found.state)) == ("restored", contents(worked(*begin())))


def test_nothing_is_changed_by_a_restore_that_fails(database: URL, tmp_path: Path, monkeypatch: Any) -> None:
    """When anything goes wrong, also after the tables have been dropped, the database is as it was."""
    saved(database, tmp_path / "file.gz")
    there = rows_of(database)

    def broken(_: object) -> None:
        raise OSError("the disk has gone")

    monkeypatch.setattr("stationmaster.hub.storage.restore.save_now", broken)
    with pytest.raises(StationError, match="the disk has gone"):
        put_back(database, tmp_path / "file.gz", replace=True)
    assert rows_of(database) == there
    with opened(database) as found:
        assert (found.fault, found.position.epoch) == ("", "epoch-1")


@pytest.mark.parametrize("schema", sorted(known_versions()))
def test_a_backup_of_an_older_schema_is_brought_up_to_date(tmp_path: Path, target: URL, schema: str) -> None:
    """What a hub with any earlier schema held is restored, and its tables are those of today."""
    old = database_url("sqlite:///old.db", tmp_path)
    database = open_database(old)
    with database.transaction() as connection:
        migrate(connection, schema)
        head = (
            f"INSERT INTO head (id, epoch, sequence, hash, token) VALUES (1, 'e', 0, '{sha256(b'e').hexdigest()}', 4)"
        )
        connection.execute(text(head))
    database.close()
    held = back_up(old, tmp_path / "file.gz", MADE)
    assert held.schema == schema
    put_back(target, tmp_path / "file.gz")
    with made_hub(target) as hub:
        hub.open().put(*begin())
        assert (hub.pipeline.position.epoch, hub.pipeline.position.sequence) == ("restored", 3)
    engine = create_engine(target)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [VERSION]
    engine.dispose()


DAMAGE = (
    ("UPDATE journal SET notes = '[ ]' WHERE sequence = 5", "entry 5 is not what was written"),
    ("DELETE FROM journal WHERE sequence = 5", "entry 6 does not follow from entry 4"),
    ("DELETE FROM journal WHERE sequence = 8", "it ends at entry 7, and the head says 8"),
    ("UPDATE head SET sequence = 9", "it ends at entry 8, and the head says 9"),
)


@pytest.mark.parametrize(("damage", "says"), DAMAGE)
def test_a_journal_that_is_not_whole_is_told_at_both_ends(
    database: URL, tmp_path: Path, damage: str, says: str
) -> None:
    """A backup of a damaged journal says where, and is restored only if that is wanted; then a hub runs on it."""
    saved(database, tmp_path / "whole.gz")
    run_sql(database, damage)
    assert back_up(database, tmp_path / "file.gz", MADE).fault == says
    target = database_url("sqlite:///restored/hub.db", tmp_path)
    with pytest.raises(StationError, match=says) as caught:
        put_back(target, tmp_path / "file.gz")
    assert caught.value.code == "backup-damaged"
    assert not Path(str(target.database)).exists()
    assert put_back(target, tmp_path / "file.gz", damaged=True).contents.fault == says
    with made_hub(target) as again:
        assert again.open().put(tick(6)) == [tick(6).id]


def test_a_journal_that_was_cut_at_its_beginning_is_whole(sqlite_database: URL, tmp_path: Path) -> None:
    """Old entries that are no longer kept are no damage."""
    saved(sqlite_database, tmp_path / "whole.gz")
    run_sql(sqlite_database, "DELETE FROM journal WHERE sequence < 4")
    assert back_up(sqlite_database, tmp_path / "file.gz", MADE).fault == ""
    assert dict(read_backup(tmp_path / "file.gz").rows)["journal"] == 5


def test_several_epochs_are_one_journal(sqlite_database: URL, tmp_path: Path) -> None:
    """A journal in which new epochs have begun is whole, restored and backed up again as often as one likes."""
    saved(sqlite_database, tmp_path / "0.gz")
    for number in range(1, 4):
        restore(sqlite_database, tmp_path / f"{number - 1}.gz", lambda number=number: f"e{number}", replace=True)
        with made_hub(sqlite_database) as hub:
            hub.open().put(tick(5 + number))
        assert back_up(sqlite_database, tmp_path / f"{number}.gz", MADE).fault == ""
    with opened(sqlite_database) as found:
        assert (found.position.epoch, found.position.sequence) == ("e3", 11)


# What is no backup


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small backup."""
    folder = tmp_path_factory.mktemp("sample")
    url = database_url("sqlite:///hub.db", folder)
    saved(url, folder / "file.gz", minutes=1)
    return (folder / "file.gz").read_bytes()


@settings(max_examples=scaled(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_damage_goes_unnoticed(sample: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever byte is changed and wherever the file ends, it is refused with a message, never read as something."""
    file = tmp_path / "file.gz"
    at = data.draw(st.integers(10, len(sample) - 1))  # the first ten are gzip's own, some of which mean nothing
    if data.draw(st.booleans()):
        file.write_bytes(sample[:at])
    else:
        file.write_bytes(sample[:at] + bytes([sample[at] ^ data.draw(st.integers(1, 255))]) + sample[at + 1 :])
    with pytest.raises(StationError) as caught:
        read_backup(file)
    assert caught.value.code in {"backup-damaged", "backup-unreadable", "backup-newer"}


Lines = list[Any]


def without_end(lines: Lines) -> None:
    lines.pop()


def without_a_row(lines: Lines) -> None:
    lines.pop(-2)


def more_after_the_end(lines: Lines) -> None:
    lines.append(lines[-2])


def no_table(lines: Lines) -> None:
    lines.insert(1, [1, 2])


def a_short_row(lines: Lines) -> None:
    next(line for line in lines if isinstance(line, list)).pop()


def a_newer_format(lines: Lines) -> None:
    lines[0]["backup"] = 2


def nothing(lines: Lines) -> None:
    lines.clear()


def a_list(lines: Lines) -> None:
    lines[0] = [1]


def without_head(lines: Lines) -> None:
    del lines[1:]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without_end, "ends too early"),
        (without_a_row, "is not as it was written"),
        (more_after_the_end, "goes on after its end"),
        (no_table, "belongs to no table"),
        (a_short_row, "belongs to no table"),
        (a_newer_format, "is of format 2"),
        (nothing, "is no backup of a hub"),
        (a_list, "is no backup of a hub"),
        (without_head, "ends too early"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    sample: bytes, tmp_path: Path, change: Callable[[Lines], None], says: str
) -> None:
    """Each kind of damage has its words, which name the file."""
    lines: Lines = [json.loads(line) for line in gzip.decompress(sample).splitlines()]
    change(lines)
    file = tmp_path / "file.gz"
    file.write_bytes(gzip.compress(b"".join(f"{compact(line)}\n".encode() for line in lines)))
    with pytest.raises(StationError, match=says) as caught:
        read_backup(file)
    assert str(file) in str(caught.value)


def signed(lines: Lines) -> bytes:
    """A file with an end that fits."""
    body = b"".join(f"{compact(line)}\n".encode() for line in lines)
    rows: dict[str, int] = {}
    table = ""
    for line in lines:
        if isinstance(line, list):
            rows[table] += 1
        elif "table" in line:
            table = line["table"]
            rows[table] = 0
    end = {"rows": rows, "sha256": sha256(body).hexdigest()}
    return gzip.compress(body + f"{compact(end)}\n".encode())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[0].update(schema="9999"), "which this software does not know"),
        (lambda lines: lines.extend([{"table": "other", "columns": ["a"]}, [1]]), "has a table other"),
        (lambda lines: lines.__delitem__(slice(1, None)), "holds no head"),
    ],
)
def test_what_does_not_fit_the_schema_is_not_restored(
    sample: bytes, tmp_path: Path, change: Callable[[Lines], None], says: str
) -> None:
    """A file that is whole and yet not ours leaves the database as it is."""
    lines: Lines = [json.loads(line) for line in gzip.decompress(sample).splitlines()][:-1]
    change(lines)
    (tmp_path / "file.gz").write_bytes(signed(lines))
    url = database_url("sqlite:///restored/hub.db", tmp_path)
    with pytest.raises(StationError, match=says):
        put_back(url, tmp_path / "file.gz")
    store = Store(url, lambda: "fresh")
    assert store.open(EVERYTHING, EVERYTHING).state is None
    store.close()


def test_files_that_are_not_there_are_said(sqlite_database: URL, tmp_path: Path) -> None:
    """No database, no backup, a backup that is there already, a folder that is not: each is a message."""
    with pytest.raises(StationError, match="There is no database"):
        back_up(sqlite_database, tmp_path / "file.gz", MADE)
    with pytest.raises(StationError, match="No such file"):
        read_backup(tmp_path / "none.gz")
    with pytest.raises(StationError, match="directory"):
        read_backup(tmp_path)
    saved(sqlite_database, tmp_path / "file.gz")
    with pytest.raises(StationError, match="already"):
        back_up(sqlite_database, tmp_path / "file.gz", MADE)
    with pytest.raises(StationError, match="No such file"):
        back_up(sqlite_database, tmp_path / "none" / "file.gz", MADE)
    assert [each.name for each in tmp_path.glob("*.part")] == []
    Path(tmp_path / "empty.db").touch()
    with pytest.raises(StationError, match="holds nothing of a hub's"):
        back_up(database_url("sqlite:///empty.db", tmp_path), tmp_path / "other.gz", MADE)
    (tmp_path / "text.db").write_text("this is not a database, and long enough to be told from one " * 20)
    with pytest.raises(StationError, match="not a database"):
        back_up(database_url("sqlite:///text.db", tmp_path), tmp_path / "other.gz", MADE)
    with pytest.raises(StationError, match="not a database"):
        put_back(database_url("sqlite:///text.db", tmp_path), tmp_path / "file.gz")
