"""The journal as JSON lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from hub.journalled import archive, journal, morning, run_sql, write
from hub.making import begin, tick
from stationmaster.hub.history import look_back
from stationmaster.hub.storage.archive import Line
from stationmaster.hub.storage.checkpoint import Checkpoint, save_now
from stationmaster.hub.storage.export import FileArchive, export, line_from_text, line_text
from stationmaster.hub.storage.journal import Row, Written
from stationmaster.hub.storage.replay import replay
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_protocol.messages import Position
from support.small_station import at


def exported(url: URL, file: Path, since: Instant | None = None, until: Instant | None = None) -> FileArchive:
    """An export in a file."""
    with archive(url) as found:
        file.write_text("".join(f"{line_text(line)}\n" for line in export(found, since, until)), "utf-8")
    return FileArchive(file)


def entries(lines: Iterator[Line]) -> list[Written]:
    """The entries among lines."""
    return [line for line in lines if isinstance(line, Written)]


def test_an_export_holds_what_the_database_holds(database: URL, tmp_path: Path) -> None:
    """Read back, every line is what it was, and it is replayed byte for byte."""
    inputs = morning()
    write(database, *inputs)
    file = exported(database, tmp_path / "journal.jsonl")
    with archive(database) as found:
        assert entries(file.lines()) == entries(found.lines())
        assert file.zone() == found.zone()
        assert list(file.results(0)) == list(found.results(0))
        assert list(file.results(200)) == list(found.results(200))
    replayed = replay(file.lines())
    assert (replayed.difference, replayed.entries) == (None, len(inputs))


def test_a_part_begins_with_the_state_at_its_place(database: URL, tmp_path: Path) -> None:
    """From a time and until a time: the first line is the checkpoint that would stand there, and it is replayed."""
    write(database, *morning())
    file = exported(database, tmp_path / "journal.jsonl", at("08:00"), at("08:30"))
    first, *others = file.lines()
    assert isinstance(first, Checkpoint)
    told = entries(iter(others))
    assert (told[0].at, told[-1].at) == (at("08:00"), at("08:29"))
    assert first.position.hash == told[0].previous
    assert first.rows
    replayed = replay(file.lines())
    assert (replayed.difference, replayed.entries) == (None, len(told))
    with archive(database) as found:
        for moment in ("08:05", "08:20", "08:29"):
            ours = look_back(file, at(moment), boards=("hall-1", "arr-1"))
            assert ours.boards == look_back(found, at(moment), boards=("hall-1", "arr-1")).boards


def test_an_export_of_nothing_is_a_checkpoint_alone(database: URL, tmp_path: Path) -> None:
    """After the end of the journal there is only the state; of an empty journal there is nothing."""
    write(database)
    assert list(exported(database, tmp_path / "empty.jsonl").lines()) == []
    assert exported(database, tmp_path / "empty.jsonl").zone().key == "UTC"
    write(database, *begin(), tick(1))
    file = exported(database, tmp_path / "late.jsonl", at("12:00"))
    (mark,) = file.lines()
    assert isinstance(mark, Checkpoint)
    assert mark.position.sequence == 4
    assert replay(file.lines()).difference is None


def test_a_new_epoch_brings_its_checkpoint(database: URL, tmp_path: Path) -> None:
    """An export over a new beginning is replayed, with the checkpoints between left out."""
    with journal(database, *begin(), tick(1)) as made, made.store.keeping() as connection:
        save_now(connection)
    write(database, tick(2))
    run_sql(database, "UPDATE head SET hash = 'x'")
    write(database, tick(3), tick(4), epoch="epoch-2")
    file = exported(database, tmp_path / "journal.jsonl")
    marks = [line.position for line in file.lines() if isinstance(line, Checkpoint)]
    assert [(mark.epoch, mark.sequence) for mark in marks] == [("epoch-1", 0), ("epoch-2", 5)]
    replayed = replay(file.lines())
    assert (replayed.difference, replayed.entries, replayed.epochs) == (None, 7, 1)


def test_a_line_is_as_the_document_says(database: URL, tmp_path: Path) -> None:
    """The keys of an entry and of a checkpoint, and that texts stand in it as they are stored."""
    write(database, *begin(), tick(1))
    exported(database, tmp_path / "journal.jsonl")
    lines = (tmp_path / "journal.jsonl").read_text("utf-8").splitlines()
    head = json.loads(lines[0])
    assert list(head) == ["line", "sequence", "epoch", "at", "software", "hash", "resources"]
    assert (head["line"], head["resources"]) == ("checkpoint", [])
    entry = json.loads(lines[4])
    keys = ["line", "sequence", "epoch", "at", "input", "changes", "notes", "refused", "previous", "hash"]
    assert list(entry) == keys
    assert (entry["line"], entry["sequence"], entry["at"]) == ("entry", 4, "2026-02-28T22:01:00Z")
    assert entry["input"] == {"kind": "tick", "id": tick(1).id, "body": {"id": tick(1).id, "at": tick(1).at}}
    assert "包头" in lines[2]


def test_a_compressed_export_is_read_too(database: URL, tmp_path: Path) -> None:
    """By the end of its name."""
    write(database, *begin())
    exported(database, tmp_path / "journal.jsonl")
    packed = tmp_path / "journal.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "journal.jsonl").read_bytes()))
    assert replay(FileArchive(packed).lines()).entries == 3
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(StationError, match="end-of-stream"):
        list(FileArchive(packed).lines())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1 .*JSONDecodeError"),
        ("{}", "line 1 .*KeyError: 'line'"),
        ("[]", "line 1 .*TypeError"),
        ('{"line":"other"}', "may be checkpoint or entry"),
        ('{"line":"checkpoint","resources":[[1]]}', "not enough values"),
        ("\x00", "line 1"),
    ],
)
def test_what_is_no_export_is_said_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    """A person learns which line is wrong, and how."""
    file = tmp_path / "journal.jsonl"
    file.write_text(f"{text}\n", "utf-8")
    with pytest.raises(StationError, match=problem):
        list(FileArchive(file).lines())


def test_an_export_without_its_first_line_is_said(sqlite_database: URL, tmp_path: Path) -> None:
    """Entries alone cannot be replayed."""
    write(sqlite_database, *begin())
    file = exported(sqlite_database, tmp_path / "journal.jsonl")
    text = (tmp_path / "journal.jsonl").read_text("utf-8")
    (tmp_path / "journal.jsonl").write_text(text.partition("\n")[2], "utf-8")
    with pytest.raises(StationError, match="begins with one"):
        list(file.lines())
    (tmp_path / "journal.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(StationError, match="utf-8"):
        list(file.lines())
    with pytest.raises(StationError, match="No such file"):
        list(FileArchive(tmp_path / "none").lines())


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBER = st.integers(0, 2**40)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def compact(plain: Any) -> str:
    """JSON as it is stored."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@given(TEXT, NUMBER, st.booleans(), st.lists(PLAIN, min_size=3, max_size=3))
def test_any_entry_comes_back(text: str, number: int, refused: bool, texts: list[Any]) -> None:
    """Whatever stands in the texts of an entry, its line has no line feed and says the same."""
    entry = Written(
        sequence=number,
        epoch=text,
        previous=text,
        hash=text,
        at=Instant(number % 2**32),
        refused=refused,
        input_id=text,
        input_kind=text,
        input_text=compact(texts[0]),
        changes_text=compact(texts[1]),
        notes_text=compact(texts[2]),
    )
    assert "\n" not in line_text(entry)
    assert line_from_text(line_text(entry)) == entry


@given(TEXT, NUMBER, st.lists(st.tuples(TEXT, TEXT, NUMBER, PLAIN), max_size=3))
def test_any_checkpoint_comes_back(text: str, number: int, rows: list[tuple[str, str, int, Any]]) -> None:
    """Whatever stands in the rows of a checkpoint, its line has no line feed and says the same."""
    mark = Checkpoint(
        position=Position(epoch=text, sequence=number, hash=text),
        at=Instant(number % 2**32),
        software=text,
        rows=tuple(
            Row(kind=kind, id=item, revision=revision, body=compact(body)) for kind, item, revision, body in rows
        ),
    )
    assert "\n" not in line_text(mark)
    assert line_from_text(line_text(mark)) == mark


@given(st.text(max_size=40) | PLAIN.map(compact))
def test_no_line_is_read_as_something_else_or_crashes(text: str) -> None:
    """Any text is a line or an error that the reader knows."""
    try:
        line_from_text(text)
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    raise AssertionError(text)
