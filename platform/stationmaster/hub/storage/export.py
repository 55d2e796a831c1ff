"""The journal as JSON lines: to be kept elsewhere, read by other programs, and replayed (docs/journal.md).

The first line is a checkpoint, then comes one line an entry. An export that begins somewhere in the journal begins with
the checkpoint that would stand just there, so it is replayed as the whole is. Where a new epoch began with a state of
its own there is a checkpoint again. The texts of inputs, changes and notes stand in a line as they are stored: written
without spaces and with their keys in the order of the file, they are again what the hash is made of.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast
from zoneinfo import ZoneInfo

from stationmaster.hub.past import Past
from stationmaster.hub.storage.archive import Archive, Line
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import UNREADABLE, Row, Written, compact, rows_from_text
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_protocol.messages import Position

__all__ = ["FileArchive", "export", "line_from_text", "line_text", "text_file"]


def export(archive: Archive, since: Instant | None = None, until: Instant | None = None) -> Iterator[Line]:
    """The lines of an export: a checkpoint, and the entries from `since` on and before `until`.

    Raises:
        StationError: the journal cannot be read.

    """
    lines = archive.lines(since)
    start = next(lines, None)
    if not isinstance(start, Checkpoint):
        return
    past = Past(start)
    now: Instant | None = None
    for line in lines:
        if now is None:
            if since is not None and past.time_of(line) < since:
                past.apply(line)
                continue
            yield past.checkpoint()
            now = past.now
        if isinstance(line, Checkpoint):
            if line.position.epoch != past.position.epoch:
                past, now = Past(line), line.at
                yield line
            continue
        if not line.refused:
            now = max(now, line.at)
        if until is not None and now >= until:
            return
        yield line
    if now is None:
        yield past.checkpoint()


def line_text(line: Line) -> str:
    """A line of an export, without the line feed."""
    if isinstance(line, Checkpoint):
        head = {
            "line": "checkpoint",
            "sequence": line.position.sequence,
            "epoch": line.position.epoch,
            "at": to_iso(line.at),
            "software": line.software,
            "hash": line.position.hash,
        }
        rows = ",".join(f"[{compact(row.kind)},{compact(row.id)},{row.revision},{row.body}]" for row in line.rows)
        return f'{compact(head)[:-1]},"resources":[{rows}]}}'
    head = {"line": "entry", "sequence": line.sequence, "epoch": line.epoch, "at": to_iso(line.at)}
    given = f'{{"kind":{compact(line.input_kind)},"id":{compact(line.input_id)},"body":{line.input_text}}}'
    tail = {"refused": line.refused, "previous": line.previous, "hash": line.hash}
    outcome = f'"changes":{line.changes_text},"notes":{line.notes_text}'
    return f'{compact(head)[:-1]},"input":{given},{outcome},{compact(tail)[1:]}'


def line_from_text(text: str) -> Line:
    """The reverse of `line_text`.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is no such line.

    """
    plain = json.loads(text)
    if plain["line"] == "checkpoint":
        rows = tuple(
            Row(kind=kind, id=item, revision=revision, body=compact(body))
            for kind, item, revision, body in plain["resources"]
        )
        position = Position(epoch=plain["epoch"], sequence=plain["sequence"], hash=plain["hash"])
        return Checkpoint(position=position, at=from_iso(plain["at"]), software=plain["software"], rows=rows)
    if plain["line"] != "entry":
        raise ValueError(f"line is {plain['line']!r}, and may be checkpoint or entry")
    given = plain["input"]
    return Written(
        sequence=plain["sequence"],
        epoch=plain["epoch"],
        previous=plain["previous"],
        hash=plain["hash"],
        at=from_iso(plain["at"]),
        refused=plain["refused"],
        input_id=given["id"],
        input_kind=given["kind"],
        input_text=compact(given["body"]),
        changes_text=compact(plain["changes"]),
        notes_text=compact(plain["notes"]),
    )


class FileArchive:
    """An exported journal, in a file of JSON lines; one whose name ends in `.gz` is compressed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def zone(self) -> ZoneInfo:
        for line in self.lines():
            rows = line.rows if isinstance(line, Checkpoint) else rows_from_text(line.changes_text)[0]
            station = next((row for row in rows if row.kind == "station"), None)
            if station is not None:
                return ZoneInfo(json.loads(station.body)["zone"])
        return ZoneInfo("UTC")

    def lines(self, since: Instant | None = None) -> Iterator[Line]:  # noqa: ARG002 - a file is read from its beginning
        with text_file(self._path, "r") as file:
            for number, text in enumerate(file, 1):
                line = self._line(number, text)
                if number == 1 and not isinstance(line, Checkpoint):
                    raise self._bad(number, "it is no checkpoint, and an export begins with one")
                yield line

    def results(self, after: int) -> Iterator[tuple[Instant, str]]:
        for line in self.lines():
            if isinstance(line, Checkpoint) or line.sequence <= after or line.refused:
                continue
            if line.input_kind == "taskresult":
                yield line.at, line.input_text

    def _line(self, number: int, text: str) -> Line:
        try:
            return line_from_text(text)
        except UNREADABLE as error:
            raise self._bad(number, f"{type(error).__name__}: {error}") from error

    def _bad(self, number: int, problem: str) -> StationError:
        return StationError(
            "journal-file", f"{self._path}: line {number} is not of an export: {problem}.", "See docs/journal.md."
        )


@contextmanager
def text_file(path: Path, way: str) -> Iterator[TextIO]:
    """An export's file, to be read (`r`) or written (`w`).

    Raises:
        StationError: `journal-file` if that is not possible.

    """
    try:
        opened: Any = gzip.open if path.suffix == ".gz" else open
        with opened(path, f"{way}t", encoding="utf-8", newline="\n") as file:
            yield cast("TextIO", file)
    except (OSError, EOFError, UnicodeError) as error:
        raise StationError("journal-file", f"{path}: {error}.", "Name another file.") from error
