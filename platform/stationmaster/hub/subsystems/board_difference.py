"""How what a board shows differs from what it should show.

Pure: the intent and a readback go in, the differences come out. A difference is named by what is shown, or should be,
and is not: so a board that only follows every change a moment later has new differences all the time and none that
lasts, and one that stands still has one that does.

Rows go to the first part of a board that takes them and has room (`board_lanes`), so of the rows that the same parts
take the first ones are there and the last ones may lack. How many rows a single part has room for is not told; where
a board has several, the rest of its room after the most that the other parts can hold is certain to be this one's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from stationmaster.hub.subsystems.board_intent import DueRow, Intent
from stationmaster.hub.subsystems.board_lanes import Lane
from stationmaster_protocol.equipment import Readback, ShownRow

__all__ = ["Difference", "DifferenceKind", "differences"]


class DifferenceKind(StrEnum):
    """Not shown and should be; shown and should not be; of another revision; painted before it last changed; not in
    its order; nothing shown on purpose though there is something; a text that should take all of the board does not.
    """

    MISSING = "missing"
    EXTRA = "extra"
    OLD = "old"
    STALE = "stale"
    ORDER = "order"
    BLANK = "blank"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is different; `task` is empty for a blank board, `shown` the revision that is seen."""

    kind: DifferenceKind
    task: str = ""
    shown: int | None = None


def differences(
    intent: Intent, readback: Readback, lanes: Sequence[Lane], *, texts: bool = False, own: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Everything in which a board's readback differs from its intent.

    Args:
        intent: what it should show.
        readback: what it shows.
        lanes: what its layout takes.
        texts: whether its subsystem shows people's texts as well.
        own: texts that stand there alone, as its subsystem says; one that takes the whole board takes it from all else.

    """
    others = tuple(row for row in readback.rows if row.task not in own)
    if readback.rows and not others:
        return ()
    readback = replace(readback, rows=others)
    if readback.blank:
        needless = (texts and intent.whole) or not any(row.lanes for row in intent.rows)
        return () if needless else (Difference(kind=DifferenceKind.BLANK),)
    if texts and intent.whole:
        return tuple(_of_text(intent.whole, readback))
    return (
        *_of_shown((*intent.rows, *intent.texts, *intent.whole), readback),
        *_of_groups(intent, readback, lanes),
    )


def _of_text(whole: Sequence[DueRow], readback: Readback) -> Iterator[Difference]:
    """Of several texts that take the whole board one is seen at a time."""
    shown = [row for row in readback.rows if any(row.task == due.task for due in whole)]
    if not shown:
        yield Difference(kind=DifferenceKind.TEXT, task=whole[0].task)
    for row in shown:
        due = next(due for due in whole if due.task == row.task)
        if row.revision != due.revision:
            yield Difference(kind=DifferenceKind.OLD, task=row.task, shown=row.revision)


def _of_shown(due: Sequence[DueRow], readback: Readback) -> Iterator[Difference]:
    """What is seen and should not be, or not so."""
    wanted = {row.task: row for row in due}
    seen: set[str] = set()
    for row in readback.rows:
        expected = wanted.get(row.task)
        if expected is None or row.task in seen:
            yield Difference(kind=DifferenceKind.EXTRA, task=row.task, shown=row.revision)
        elif row.revision != expected.revision:
            yield Difference(kind=DifferenceKind.OLD, task=row.task, shown=row.revision)
        elif readback.at < expected.since:
            yield Difference(kind=DifferenceKind.STALE, task=row.task, shown=row.revision)
        seen.add(row.task)


def _of_groups(intent: Intent, readback: Readback, lanes: Sequence[Lane]) -> Iterator[Difference]:
    groups: dict[tuple[int, ...], list[DueRow]] = {}
    for row in intent.rows:
        if row.lanes:
            groups.setdefault(row.lanes, []).append(row)
    for numbers, rows in groups.items():
        place = {row.task: index for index, row in enumerate(rows)}
        shown = list(dict.fromkeys(place[row.task] for row in readback.rows if row.task in place))
        yield from _of_order(rows, shown, latest=all(lanes[number].latest for number in numbers))
        until = max(shown, default=-1) + 1
        missing = [index for index in range(until) if index not in set(shown)]
        room = _room(numbers, groups, readback, lanes)
        last = len(rows) if room is None else min(len(rows), max(until, until + room - len(shown) - len(missing)))
        for index in (*missing, *range(until, last)):
            yield Difference(kind=DifferenceKind.MISSING, task=rows[index].task)


def _of_order(rows: Sequence[DueRow], shown: Sequence[int], *, latest: bool) -> Iterator[Difference]:
    """The first row that stands before one that should be above it; some boards show the last one first."""
    for above, below in pairwise(shown):
        if above > below and not latest:
            yield Difference(kind=DifferenceKind.ORDER, task=rows[above].task)
            return


def _room(
    numbers: tuple[int, ...],
    groups: dict[tuple[int, ...], list[DueRow]],
    readback: Readback,
    lanes: Sequence[Lane],
) -> int | None:
    """How many rows of a group the board has room for, at the least; None if for all."""
    if readback.capacity is None:
        return None
    room = readback.capacity - _others(readback.rows, groups)
    for number, lane in enumerate(lanes):
        if number not in numbers:
            if lane.most is None:
                return 0
            room -= lane.most
    for others, rows in groups.items():
        if others != numbers and set(others) & set(numbers):
            room -= len(rows)
    return max(0, room)


def _others(shown: Sequence[ShownRow], groups: dict[tuple[int, ...], list[DueRow]]) -> int:
    """How many rows are seen that no part of the board has to show; they may take a place."""
    grouped = {row.task for rows in groups.values() for row in rows}
    return sum(row.task not in grouped for row in shown)
