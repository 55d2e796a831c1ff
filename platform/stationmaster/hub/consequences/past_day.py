"""The station's day as it was at a past minute: trains, boards, announcements, and what waited for a person.

The journal's changes say what each resource was at any instant, so no kernel is run. A cursor goes forward through the
lines; asked for a minute that it has not passed yet it goes on from where it is, so a day is played minute by minute
without being read from its beginning each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from stationmaster.hub.history import BoardThen, RowThen, Said, ZoneThen
from stationmaster.hub.past import Past, damaged
from stationmaster.hub.storage.archive import Archive, Line
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import UNREADABLE, Row
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant, local_date, to_iso
from stationmaster_kernel.call import Call
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.task import Result, Task, interval_on, stage_at
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.messages import Position

__all__ = ["SAID_MINUTES", "Cursor", "DayThen"]

_T = TypeVar("_T")

SAID_MINUTES = 60
"""How far before the minute announcements are told."""

AROUND = 3 * 60 * MINUTE
"""Trains of other days are told that are planned so near to the minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayThen:
    """The day at `at`. `position` is that of the last entry that counted, `journal_until` the end of what was read.

    `calls` are those planned on that day, in order, and those of other days around the minute; `boards` are all that
    showed anything; `zones` what was said in the hour before, or was to be, as far as it was known then.
    """

    at: Instant
    position: Position
    grade: FeedGrade
    journal_until: Instant
    calls: tuple[Call, ...]
    boards: tuple[BoardThen, ...]
    zones: tuple[ZoneThen, ...]
    conflicts: tuple[Conflict, ...]
    proposals: tuple[Proposal, ...]
    modes: tuple[Mode, ...]


class Cursor:
    """A place in the past, from which it goes on.

    Args:
        archive: gives a journal that can be read; it is closed by `close`.
        at: the first minute that will be asked for.

    Raises:
        StationError: the journal cannot be read, or begins later.

    """

    def __init__(self, archive: Archive, at: Instant) -> None:
        self.archive = archive
        self._lines: Iterator[Line] = archive.lines(at)
        start = next(self._lines, None)
        if not isinstance(start, Checkpoint):
            raise StationError("journal-empty", "The journal is empty.", "Ask when the hub has been running.")
        self._past = Past(start)
        if self._past.now > at:
            raise StationError(
                "before-journal",
                f"The journal begins at {to_iso(self._past.now)}, after {to_iso(at)}.",
                "Ask for a later time.",
            )
        self._next: Line | None = next(self._lines, None)
        self.reached = self._past.now
        """Up to which everything has been taken in; it cannot go back."""

    @property
    def ended(self) -> bool:
        """Whether it has come to what was then the end of the journal."""
        return self._next is None

    def day(self, at: Instant, zone: ZoneInfo) -> DayThen:
        """The day at this minute, which must not be before `reached`."""
        while self._next is not None and self._past.time_of(self._next) <= at:
            self._past.apply(self._next)
            self._next = next(self._lines, None)
        self.reached = at
        tasks = list(self._tasks())
        return DayThen(
            at=at,
            position=self._past.position,
            grade=self._past.grade(),
            journal_until=self._past.now,
            calls=tuple(sorted(self._calls(at, zone), key=lambda call: (call.planned, call.id))),
            boards=_boards(tasks, at),
            zones=_zones(tasks, at),
            conflicts=self._all("conflict", Conflict),
            proposals=self._all("proposal", Proposal),
            modes=self._all("mode", Mode),
        )

    def _rows(self, kind: str) -> Iterator[Row]:
        return (row for (found, _), row in self._past.rows.items() if found == kind)

    def _calls(self, at: Instant, zone: ZoneInfo) -> Iterator[Call]:
        day = local_date(at, zone)
        for row in self._rows("call"):
            call = _read(Call, row)
            if local_date(call.planned, zone) == day or abs(call.planned - at) <= AROUND:
                yield call

    def _tasks(self) -> Iterator[Task]:
        """Rows on boards, and announcements that somebody has told of."""
        for row in self._rows("task"):
            body = row.body
            said = f'"kind":"{TaskKind.ANNOUNCEMENT}"' in body and '"results":' in body
            if said or f'"kind":"{TaskKind.DISPLAY}"' in body or f'"kind":"{TaskKind.MESSAGE}"' in body:
                yield _read(Task, row)

    def _all(self, kind: str, of: type[_T]) -> tuple[_T, ...]:
        return tuple(_read(of, row) for row in sorted(self._rows(kind), key=lambda row: row.id))


def _read(of: type[_T], row: Row) -> _T:
    try:
        return from_plain(of, json.loads(row.body))
    except UNREADABLE as error:
        raise damaged(f"{row.kind} {row.id}", error) from error


def _boards(tasks: list[Task], at: Instant) -> tuple[BoardThen, ...]:
    rows: dict[str, list[RowThen]] = {}
    for task in tasks:
        if task.kind is TaskKind.ANNOUNCEMENT or not interval_on(task, at):
            continue
        stage = stage_at(task, at)
        row = RowThen(
            task=task.id,
            call=task.call,
            rule=task.rule,
            order=task.order,
            status="" if stage is None else str(stage.status),
            texts=task.texts + (() if stage is None else stage.texts),
        )
        for target in task.targets:
            rows.setdefault(target, []).append(row)
    return tuple(BoardThen(board=board, rows=tuple(sorted(each, key=_order))) for board, each in sorted(rows.items()))


def _order(row: RowThen) -> tuple[Instant, str, str]:
    return row.order, row.call, row.task


def _zones(tasks: list[Task], at: Instant) -> tuple[ZoneThen, ...]:
    since = Instant(at - SAID_MINUTES * MINUTE)
    said: dict[str, list[Said]] = {}
    for task in tasks:
        if task.kind is TaskKind.ANNOUNCEMENT:
            for result in task.results:
                if since <= result.at <= at:
                    said.setdefault(result.target, []).append(_said(task, result))
    return tuple(
        ZoneThen(zone=zone, since=since, until=at, said=tuple(sorted(each, key=lambda item: (item.when, item.task))))
        for zone, each in sorted(said.items())
    )


def _said(task: Task, result: Result) -> Said:
    begun = result.at if result.state is TaskState.BEGUN else None
    return Said(
        task=task.id,
        call=task.call,
        rule=task.rule,
        due=task.due,
        begun=begun,
        ended=None if begun is not None else result.at,
        state=result.state,
        detail=result.detail,
        texts=task.texts,
    )
