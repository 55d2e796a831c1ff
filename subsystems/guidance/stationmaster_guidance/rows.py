"""What a board shows at a moment: its rows, in order, laid out in regions and pages.

Pure: the board, its layout, the display tasks and the time go in, a picture comes out, and nothing else decides.
So a row cannot be left standing by a lost message, and a test can ask for any board at any minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from stationmaster_base.times import Instant
from stationmaster_guidance.geometry import capacity, lines_of
from stationmaster_guidance.layout import BoardLayout, Line, Order, Region
from stationmaster_kernel.configuration import Board, Words
from stationmaster_kernel.task import Stage, Task, Text, interval_on, stage_at
from stationmaster_kernel.values import Status, TaskKind

__all__ = ["NO_ROOM", "BoardPicture", "BoardRow", "Field", "RegionPicture", "board_rows", "takes"]

Field = tuple[str, Words]
"""A field's name and its text by language; language `""` holds for all."""

NO_ROOM = 0
"""The page of a row that is on by the data but for which the board has no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One row. `region` counts from 0 and `page` from 1; page 0 means that the board has no room for it."""

    task: str
    call: str
    revision: int
    number: str
    status: Status | None
    fields: tuple[Field, ...]
    status_texts: Words
    order: Instant
    region: int = 0
    page: int = NO_ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPicture:
    """What a region holds: rows a page, how many pages there are (at least one), and the lines that its rows have."""

    rows_per_page: int
    pages: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPicture:
    """A board's content. `until` is when time alone will next change it; None: only news will."""

    board: str
    rows: tuple[BoardRow, ...]
    regions: tuple[RegionPicture, ...]
    until: Instant | None = None

    @property
    def without_room(self) -> int:
        """How many rows the board ought to show and cannot."""
        return sum(row.page == NO_ROOM for row in self.rows)


def board_rows(board: Board, layout: BoardLayout, tasks: Iterable[Task], now: float) -> BoardPicture:
    """The board's picture at station time `now`.

    Args:
        board: the board; its size decides how many rows can be read on it.
        layout: how it looks.
        tasks: any tasks; those of other kinds and for other boards are passed over.
        now: station time, seconds since 1970.

    Returns:
        every row that is on, sorted by `order`, then by call, then by task.

    """
    mine = [task for task in tasks if task.kind is TaskKind.DISPLAY and board.id in task.targets]
    rows = sorted(
        ((task.rule, _row(task, stage_at(task, now))) for task in mine if interval_on(task, now)),
        key=lambda pair: (pair[1].order, pair[1].call, pair[1].task),
    )
    placed, regions = _placed(board, layout, rows)
    moments = [moment for task in mine for moment in _moments(task) if moment > now]
    return BoardPicture(board=board.id, rows=placed, regions=regions, until=min(moments, default=None))


def _moments(task: Task) -> Iterable[Instant]:
    """The moments at which a row comes, changes or goes by time alone."""
    for moment in (task.start, task.end, task.hard_end):
        if moment is not None:
            yield moment
    for stage in task.stages:
        yield stage.at


def _row(task: Task, stage: Stage | None) -> BoardRow:
    names = dict.fromkeys(text.name for text in task.texts)
    return BoardRow(
        task=task.id,
        call=task.call,
        revision=task.revision,
        number=task.text("number", ""),
        status=None if stage is None else stage.status,
        fields=tuple((name, _words(task.texts, name)) for name in names),
        status_texts=() if stage is None else _words(stage.texts, "status"),
        order=task.order,
    )


def _words(texts: Sequence[Text], name: str) -> Words:
    return tuple((text.language, text.text) for text in texts if text.name == name)


def _placed(
    board: Board, layout: BoardLayout, rows: Sequence[tuple[str, BoardRow]]
) -> tuple[tuple[BoardRow, ...], tuple[RegionPicture, ...]]:
    """Each row goes to the first region that takes it and still has room; a later one takes what is too much."""
    sizes = [capacity(board, layout, region) for region in layout.regions]
    held: list[list[BoardRow]] = [[] for _ in layout.regions]
    homeless: list[BoardRow] = []
    for rule, row in rows:
        for index, region in enumerate(layout.regions):
            if takes(region, rule, row.status) and len(held[index]) < sizes[index] * region.pages:
                held[index].append(replace(row, region=index))
                break
        else:
            homeless.append(row)
    placed = list(homeless)
    pictures = []
    for region, size, mine in zip(layout.regions, sizes, held, strict=True):
        ordered = mine if region.order is Order.TIME else mine[::-1]
        placed += [replace(row, page=number // size + 1) for number, row in enumerate(ordered)]
        pages = max(1, -(-len(mine) // size))
        pictures.append(RegionPicture(rows_per_page=size, pages=pages, lines=lines_of(board, region)))
    placed.sort(key=lambda row: (row.order, row.call, row.task))
    return tuple(placed), tuple(pictures)


def takes(region: Region, rule: str, status: Status | None) -> bool:
    """Whether a region wants a row of this rule in this state."""
    return (
        (not region.rules or any(fnmatchcase(rule, pattern) for pattern in region.rules))
        and not any(fnmatchcase(rule, pattern) for pattern in region.rules_except)
        and status not in region.hide
    )
