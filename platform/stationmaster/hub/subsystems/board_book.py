"""What each board should show now, kept ready: worked out anew only when its tasks change, or time says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from stationmaster.hub.subsystems.board_intent import BOARD_KINDS, Intent, board_intent
from stationmaster.hub.subsystems.board_lanes import ANY_LANE, Lane, lanes_of
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.configuration import Board
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.state import State
from stationmaster_kernel.task import Task

__all__ = ["BoardBook"]

_CONFIGURING = frozenset({"station", "board", "layout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An intent, and the station time from which on it held."""

    intent: Intent
    at: float


class BoardBook:
    """The station's boards, and what each should show.

    Args:
        state: the committed state.

    """

    def __init__(self, state: Callable[[], State]) -> None:
        self._state = state
        self._boards: dict[str, Board] | None = None
        self._lanes: dict[str, tuple[Lane, ...]] = {}
        self._tasks: dict[str, dict[str, Task]] = {}
        self._targets: dict[str, tuple[str, ...]] = {}
        self._held: dict[str, _Held] = {}

    def begun_anew(self) -> None:
        """The state is another one, and nothing told what changed."""
        self._boards = None

    def committed(self, changes: Iterable[Changes]) -> None:
        """Take in what commits have changed."""
        if self._boards is None:
            return
        for each in changes:
            for put in each.puts:
                if put.kind == "task":
                    self._put(cast("Task", put.value))
                else:
                    self._other(put.kind)
            for kind, item in each.deletes:
                if kind == "task":
                    self._drop(item)
                else:
                    self._other(kind)
            if self._boards is None:
                return

    def boards(self) -> tuple[Board, ...]:
        """Every board, in the station's order."""
        return tuple(self._ready().values())

    def board(self, name: str) -> Board | None:
        """A board; None if there is no such one."""
        return self._ready().get(name)

    def lanes(self, name: str) -> tuple[Lane, ...]:
        """What a board's layout takes."""
        board = self._ready().get(name)
        return ANY_LANE if board is None else self._lanes.get(board.layout, ANY_LANE)

    def intent(self, name: str, now: float) -> Intent:
        """What a board should show at station time `now`."""
        self._ready()
        held = self._held.get(name)
        if held is not None and held.at <= now and (held.intent.until is None or now < held.intent.until):
            return held.intent
        intent = board_intent(name, self.lanes(name), self._tasks.get(name, {}).values(), now, self._modes())
        self._held[name] = _Held(intent=intent, at=now)
        return intent

    def _modes(self) -> Sequence[Mode]:
        return tuple(cast("Mode", mode) for mode in self._state().records.get("mode", {}).values())

    def _ready(self) -> dict[str, Board]:
        if self._boards is not None:
            return self._boards
        state = self._state()
        configuration = state.configuration
        self._boards = {} if configuration is None else {board.id: board for board in configuration.boards}
        self._lanes = {} if configuration is None else {each.id: lanes_of(each.body) for each in configuration.layouts}
        self._tasks, self._targets, self._held = {}, {}, {}
        for task in state.tasks.values():
            self._put(task)
        return self._boards

    def _other(self, kind: str) -> None:
        if kind == "mode":
            self._held.clear()
        elif kind in _CONFIGURING:
            self._boards = None

    def _put(self, task: Task) -> None:
        if task.kind not in BOARD_KINDS:
            return
        self._drop(task.id)
        self._targets[task.id] = task.targets
        for target in task.targets:
            self._tasks.setdefault(target, {})[task.id] = task
            self._held.pop(target, None)

    def _drop(self, task: str) -> None:
        for target in self._targets.pop(task, ()):
            tasks = self._tasks[target]
            del tasks[task]
            if not tasks:
                del self._tasks[target]
            self._held.pop(target, None)
