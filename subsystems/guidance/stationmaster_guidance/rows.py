"""What a board shows at a moment: its rows, in order, laid out in regions and pages.

Pure: the board, its layout, the display tasks and the time go in, a picture comes out, and nothing else decides.
So a row cannot be left standing by a lost message, and a test can ask for any board at any minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from stationmaster_base.times import Instant
from stationmaster_guidance.geometry import capacity, lines_of
from stationmaster_guidance.layout import BoardLayout, Line, Order, Region
from stationmaster_kernel.configuration import Board, Words
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import GONE, Stage, Task, interval_on, stage_at
from stationmaster_kernel.values import Status, TaskKind

__all__ = [
    "NO_ROOM",
    "BoardPicture",
    "BoardRow",
    "Field",
    "RegionPicture",
    "RowCache",
    "board_row",
    "board_rows",
    "takes",
]

Field = tuple[str, Words]
"""A field's name and its text by language; language `""` holds for all."""

UNTIMELY = (Status.SUSPENDED, Status.DELAY_UNKNOWN, Status.PLATFORM_CHANGED, Status.UNCONFIRMED)
"""States in which a time alone would say something wrong."""

NO_ROOM = 0
"""The page of a row that is on by the data but for which the board has no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One row. `region` counts from 0 and `page` from 1; page 0 means that the board has no room for it.

    `formation` is the train's make-up as people write it, for boards that show where its cars stop; empty: not known.
    """

    task: str
    call: str
    revision: int
    number: str
    status: Status | None
    fields: tuple[Field, ...]
    status_texts: Words
    order: Instant
    formation: str = ""
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


def board_rows(
    board: Board,
    layout: BoardLayout,
    tasks: Iterable[Task],
    now: float,
    *,
    modes: Sequence[Mode] = (),
    row: Callable[[Task, Stage | None], BoardRow] | None = None,
) -> BoardPicture:
    """The board's picture at station time `now`.

    Args:
        board: the board; its size decides how many rows can be read on it.
        layout: how it looks.
        tasks: any tasks; those of other kinds and for other boards are passed over.
        now: station time, seconds since 1970.
        modes: what is manual, and so does not come by itself.
        row: makes a task's row; `RowCache.row` where rows are made often.

    Returns:
        every row that is on, sorted by `order`, then by call, then by task.

    """
    make = row or board_row
    rows: list[tuple[str, BoardRow]] = []
    until: Instant | None = None
    for task in tasks:
        if task.kind is not TaskKind.DISPLAY or board.id not in task.targets or task.state in GONE:
            continue
        if interval_on(task, now) and not keeps_back(modes, task):
            rows.append((task.rule, make(task, stage_at(task, now))))
        moment = _next_moment(task, now)
        if moment is not None and (until is None or moment < until):
            until = moment
    rows.sort(key=lambda pair: (pair[1].order, pair[1].call, pair[1].task))
    placed, regions = _placed(board, layout, rows)
    return BoardPicture(board=board.id, rows=placed, regions=regions, until=until)


def _next_moment(task: Task, now: float) -> Instant | None:
    """The next moment at which the row comes, changes or goes by time alone."""
    if task.start is None:
        return None
    if now < task.start:
        return task.start
    moments = (task.end, task.hard_end, *(stage.at for stage in task.stages))
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def board_row(task: Task, stage: Stage | None, formation: str = "") -> BoardRow:
    """A task's row in one of its stages, not yet placed on a board."""
    fields: dict[str, list[tuple[str, str]]] = {}
    for text in task.texts:
        fields.setdefault(text.name, []).append((text.language, text.text))
    stage_texts = () if stage is None else stage.texts
    return BoardRow(
        task=task.id,
        call=task.call,
        revision=task.revision,
        number=task.text("number", ""),
        status=None if stage is None else stage.status,
        fields=tuple((name, tuple(words)) for name, words in fields.items()),
        status_texts=tuple((text.language, text.text) for text in stage_texts if text.name == "status"),
        order=task.order,
        formation=formation,
    )


class RowCache:
    """Makes each row once for all boards and moments that it stays the same on.

    Args:
        formation: the make-up of a call's train, by the call's id; empty if it is not known.

    """

    def __init__(self, formation: Callable[[str], str] = lambda call: "") -> None:  # noqa: ARG005 - a stranger's
        self._formation = formation
        self._held: dict[str, tuple[Task, Stage | None, BoardRow]] = {}

    def row(self, task: Task, stage: Stage | None) -> BoardRow:
        """`board_row`, remembered for as long as task and stage are the same objects and the make-up is the same."""
        held = self._held.get(task.id)
        elsewhere = stage is not None and stage.status is Status.PLATFORM_CHANGED
        formation = "" if elsewhere else self._formation(task.call)  # its cars stop at another platform
        if held is not None and held[0] is task and held[1] is stage and held[2].formation == formation:
            return held[2]
        made = board_row(task, stage, formation)
        self._held[task.id] = (task, stage, made)
        return made

    def forget(self, task: str) -> None:
        """The task is no more."""
        self._held.pop(task, None)


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
        lines = lines_of(board, region)
        ordered = [_with_state(row, lines) for row in (mine if region.order is Order.TIME else mine[::-1])]
        placed += [replace(row, page=number // size + 1) for number, row in enumerate(ordered)]
        pages = max(1, -(-len(mine) // size))
        pictures.append(RegionPicture(rows_per_page=size, pages=pages, lines=lines))
    placed.sort(key=lambda row: (row.order, row.call, row.task))
    return tuple(placed), tuple(pictures)


def _with_state(row: BoardRow, lines: Sequence[Line]) -> BoardRow:
    """Where no column shows the state of a row, its time makes room for a state without which it would be wrong."""
    if row.status not in UNTIMELY or any(column.field == "status" for line in lines for column in line.columns):
        return row
    return replace(row, fields=(*row.fields, ("time", row.status_texts)))


def takes(region: Region, rule: str, status: Status | None) -> bool:
    """Whether a region wants a row of this rule in this state."""
    return (
        (not region.rules or any(fnmatchcase(rule, pattern) for pattern in region.rules))
        and not any(fnmatchcase(rule, pattern) for pattern in region.rules_except)
        and status not in region.hide
    )
