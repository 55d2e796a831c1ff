"""The state of the past, as texts: what a journal's lines add up to, without any kernel.

Most of it is never looked at, so values are made only of what is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from stationmaster.hub.storage.archive import Line
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import UNREADABLE, Row, Written, compact, rows_from_text
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import KernelFacts
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.messages import Position

__all__ = ["Past", "damaged", "read_task"]


class Past:
    """The state as texts, moving forward through the lines of a journal.

    Args:
        start: the checkpoint that it begins with.

    """

    def __init__(self, start: Checkpoint) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.position = start.position
        self.now = start.at
        self._software = start.software
        self._adopt(start)

    def time_of(self, line: Line) -> Instant:
        """The kernel's time with this line."""
        if isinstance(line, Written) and line.refused:
            return self.now
        return max(self.now, line.at)

    def apply(self, line: Line) -> list[Row]:
        """Go past a line; what it put.

        Raises:
            StationError: `journal-damaged` if the line cannot be read.

        """
        if isinstance(line, Checkpoint):
            if line.position.epoch != self.position.epoch:
                self._adopt(line)
            return []
        try:
            puts, deletes = rows_from_text(line.changes_text)
        except UNREADABLE as error:
            raise damaged(f"Entry {line.sequence}", error) from error
        self.now = self.time_of(line)
        self.position = Position(epoch=line.epoch, sequence=line.sequence, hash=line.hash)
        for gone in deletes:
            self.rows.pop(gone, None)
        self.rows.update({(row.kind, row.id): row for row in puts})
        return puts

    def ids(self, kind: str) -> list[str]:
        """The ids of all resources of a kind."""
        return sorted(item for found, item in self.rows if found == kind)

    def tasks(self, kind: TaskKind, target: str) -> Iterator[Task]:
        """The tasks of one kind with this target."""
        for row in self.rows.values():
            if row.kind == "task":
                task = read_task(row.body, kind, target)
                if task is not None:
                    yield task

    def grade(self) -> FeedGrade:
        """How fresh the feed was."""
        row = self.rows.get(("kernel", "kernel"))
        return FeedGrade.LOST if row is None else from_plain(KernelFacts, json.loads(row.body)).grade

    def checkpoint(self) -> Checkpoint:
        """The checkpoint that would stand here."""
        rows = tuple(sorted(self.rows.values(), key=lambda row: (row.revision, row.kind, row.id)))
        return Checkpoint(position=self.position, at=self.now, software=self._software, rows=rows)

    def _adopt(self, mark: Checkpoint) -> None:
        self.rows = {(row.kind, row.id): row for row in mark.rows}
        self.position, self.now, self._software = mark.position, mark.at, mark.software


def read_task(body: str, kind: TaskKind, target: str) -> Task | None:
    """The task of a row, if it is of this kind and has this target; most are not, and need not be read for that."""
    if f'"kind":"{kind}"' not in body or compact(target) not in body:
        return None
    try:
        task = from_plain(Task, json.loads(body))
    except UNREADABLE as error:
        raise damaged("A task", error) from error
    return task if task.kind is kind and target in task.targets else None


def damaged(what: str, error: Exception) -> StationError:
    """What is raised for something of the journal that cannot be read."""
    return StationError("journal-damaged", f"{what} of the journal cannot be read: {error!r}.", "Restore a backup.")
