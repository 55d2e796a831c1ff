"""What rows on boards were, one version after the other: read from the journal, and proved by what was read back.

Of the journal's lines only those are taken apart that name one of the trains; a day of a large station is read in a
second or two, in a thread.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from stationmaster.hub.consequences.told import Version
from stationmaster.hub.past import damaged
from stationmaster.hub.storage.archive import Archive, Line
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import UNREADABLE, Row, Written, compact, rows_from_text
from stationmaster_base.times import Instant
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import Evidence, Readback

__all__ = ["Proofs", "row_versions"]

MOST_PROVED = 50_000
"""Rows on boards of which it is remembered that they were read back."""


class Proofs:
    """Which board has read back which row in which revision, and when first. Bounded; a restart forgets it."""

    def __init__(self) -> None:
        self._first: OrderedDict[tuple[str, str, int], Instant] = OrderedDict()

    def __len__(self) -> int:
        return len(self._first)

    def observed(self, readbacks: Iterable[Readback]) -> None:
        """Boards have said what is to be seen on them; an echo of what was sent proves nothing."""
        for readback in readbacks:
            if readback.evidence is Evidence.SENT:
                continue
            for row in readback.rows:
                self._first.setdefault((readback.target, row.task, row.revision), readback.at)
        while len(self._first) > MOST_PROVED:
            self._first.popitem(last=False)

    def proved(self, board: str, task: str, revision: int) -> bool:
        """Whether the board has shown this row in this revision."""
        return (board, task, revision) in self._first


def row_versions(archive: Archive, calls: Sequence[str], since: Instant) -> list[Version]:
    """The rows on boards of these trains, as they were from `since` on, in order of time.

    Raises:
        StationError: the journal cannot be read.

    """
    names = [compact(call)[1:-1] for call in calls]
    found: list[Version] = []
    now = Instant(0)
    epoch = ""
    for line in archive.lines(since):
        now = _time(line, now)
        if isinstance(line, Checkpoint):
            if line.position.epoch != epoch:
                epoch = line.position.epoch
                found += _put(line.rows, calls, now)
            continue
        epoch = line.epoch
        if line.refused or not any(name in line.changes_text for name in names):
            continue
        found += _read(line, calls, now)
    return found


def _time(line: Line, now: Instant) -> Instant:
    return now if isinstance(line, Written) and line.refused else Instant(max(now, line.at))


def _read(line: Written, calls: Sequence[str], now: Instant) -> Iterator[Version]:
    try:
        puts, deletes = rows_from_text(line.changes_text)
    except UNREADABLE as error:
        raise damaged(f"Entry {line.sequence}", error) from error
    yield from _put(puts, calls, now)
    for kind, item in deletes:
        if kind == "task" and _of(item, calls):
            yield Version(at=now, id=item, task=None)


def _put(rows: Iterable[Row], calls: Sequence[str], now: Instant) -> Iterator[Version]:
    for row in rows:
        if row.kind != "task" or not _of(row.id, calls) or f'"kind":"{TaskKind.DISPLAY}"' not in row.body:
            continue
        try:
            task = from_plain(Task, json.loads(row.body))
        except UNREADABLE as error:
            raise damaged("A task", error) from error
        yield Version(at=now, id=task.id, task=task)


def _of(task: str, calls: Sequence[str]) -> bool:
    return any(task.startswith(f"{call}/") for call in calls)
