"""What people have written for a board: texts that take all of it, and lines below its rows.

Pure, as rows are: tasks and the time go in, and what is to be seen comes out, so a text ends by itself and what was
there before is there again. Of texts that take the whole board only those of the highest rank are shown; an emergency
is of the highest and also lights a board that was switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.task import GONE, Task, interval_on
from stationmaster_kernel.values import TaskKind

__all__ = ["EMERGENCY_BELOW", "NOTHING_WRITTEN", "BoardMessage", "BoardMessages", "board_messages"]

EMERGENCY_BELOW = 10
"""A text of a smaller priority than this is an emergency: an operator's usual text has 20."""

MOST_LINES = 8
"""Lines that a board shows one after the other; more would come round too rarely to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMessage:
    """One text: the task that it is of, and its words by language."""

    task: str
    revision: int
    priority: int
    texts: Words

    @property
    def emergency(self) -> bool:
        """Whether it is one that takes all."""
        return self.priority < EMERGENCY_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMessages:
    """`whole`: texts of one rank, one of which is seen at a time, instead of rows. `lines`: those below the rows.

    `until` is when time alone will next change any of it; None: only news will.
    """

    whole: tuple[BoardMessage, ...] = ()
    lines: tuple[BoardMessage, ...] = ()
    until: Instant | None = None

    @property
    def emergency(self) -> bool:
        """Whether an emergency has the board."""
        return any(message.emergency for message in self.whole)


NOTHING_WRITTEN = BoardMessages()
"""Nobody has written anything."""


def board_messages(board: str, tasks: Iterable[Task], now: float, modes: Sequence[Mode] = ()) -> BoardMessages:
    """What is written on a board at station time `now`, the most urgent first.

    Args:
        board: its id.
        tasks: any tasks; those of other kinds and for other boards are passed over.
        now: station time, seconds since 1970.
        modes: what is manual, and so does not come by itself.

    """
    mine = [
        task for task in tasks if task.kind is TaskKind.MESSAGE and board in task.targets and task.state not in GONE
    ]
    on = [task for task in mine if interval_on(task, now) and not keeps_back(modes, task)]
    on.sort(key=lambda task: (task.priority, task.order, task.id))
    whole = [task for task in on if task.whole]
    first = whole[0].priority if whole else None
    moments = (moment for task in mine for moment in (task.start, task.end, task.hard_end) if moment is not None)
    return BoardMessages(
        whole=tuple(_message(task) for task in whole if task.priority == first),
        lines=tuple(_message(task) for task in on if task not in whole)[:MOST_LINES],
        until=min((moment for moment in moments if moment > now), default=None),
    )


def _message(task: Task) -> BoardMessage:
    names = [text.name for text in task.texts]
    name = "text" if "text" in names else next(iter(names), "")
    return BoardMessage(
        task=task.id,
        revision=task.revision,
        priority=task.priority,
        texts=tuple((text.language, text.text) for text in task.texts if text.name == name),
    )
