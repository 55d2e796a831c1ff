"""What a board should show at a moment: from its tasks, what is manual, and station time alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stationmaster.hub.subsystems.board_lanes import Lane, taking
from stationmaster_base.times import Instant
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import GONE, Task, interval_on, stage_at
from stationmaster_kernel.values import Status, TaskKind

__all__ = ["BOARD_KINDS", "DueRow", "Intent", "board_intent"]

BOARD_KINDS = (TaskKind.DISPLAY, TaskKind.MESSAGE)
"""The kinds of task that are seen on boards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A row, or a person's text, that should be seen now.

    `lanes` are the parts of the board that take it, by their numbers; a row that none takes may be shown and need not
    be. `since` is the moment at which time last changed it: a picture of before is an old one.
    """

    task: str
    revision: int
    number: str
    status: Status | None
    lanes: tuple[int, ...]
    since: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a board should show.

    `rows` in their order; `texts` are lines that a person wrote, `whole` those that take all of the board. `until` is
    when time alone will next change any of it; None: only news will.
    """

    rows: tuple[DueRow, ...] = ()
    texts: tuple[DueRow, ...] = ()
    whole: tuple[DueRow, ...] = ()
    until: Instant | None = None


def board_intent(
    board: str, lanes: Sequence[Lane], tasks: Iterable[Task], now: float, modes: Sequence[Mode] = ()
) -> Intent:
    """What board `board` should show at station time `now`.

    Args:
        board: its id.
        lanes: what its layout takes.
        tasks: any tasks; those of other kinds and for other boards are passed over.
        now: station time, seconds since 1970.
        modes: what is manual, and so does not come by itself.

    """
    rows: list[tuple[Task, DueRow]] = []
    texts: list[tuple[Task, DueRow]] = []
    until: Instant | None = None
    for task in tasks:
        if task.kind not in BOARD_KINDS or board not in task.targets or task.state in GONE:
            continue
        if interval_on(task, now) and not keeps_back(modes, task):
            (rows if task.kind is TaskKind.DISPLAY else texts).append((task, _due(task, lanes, now)))
        moment = _next_moment(task, now)
        if moment is not None and (until is None or moment < until):
            until = moment
    rows.sort(key=lambda pair: (pair[0].order, pair[0].call, pair[0].id))
    texts.sort(key=lambda pair: (pair[0].priority, pair[0].order, pair[0].id))
    return Intent(
        rows=tuple(due for _, due in rows),
        texts=tuple(due for task, due in texts if not task.whole),
        whole=tuple(due for task, due in texts if task.whole),
        until=until,
    )


def _due(task: Task, lanes: Sequence[Lane], now: float) -> DueRow:
    stage = stage_at(task, now)
    moments = [task.start] if task.start is not None else []
    if stage is not None and stage.at <= now:
        moments.append(stage.at)
    return DueRow(
        task=task.id,
        revision=task.revision,
        number=task.text("number", ""),
        status=None if stage is None else stage.status,
        lanes=taking(lanes, task, stage),
        since=max(moments, default=task.order),
    )


def _next_moment(task: Task, now: float) -> Instant | None:
    """The next moment at which the row comes, changes or goes by time alone."""
    if task.start is None:
        return None
    if now < task.start:
        return task.start
    moments = (task.end, task.hard_end, *(stage.at for stage in task.stages))
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
