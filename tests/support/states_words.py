"""The words of the tables in `docs/kernel.md`, "What becomes of tasks": for each an exact test.

A cell of a table names every word that holds, and no other. So a word that is missing is as wrong as one too many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from stationmaster_base.times import Instant
from stationmaster_kernel.mode import Mode, keeps_back
from stationmaster_kernel.state import State
from stationmaster_kernel.task import GONE, POINT_KINDS, Task, announcement_open, interval_on, stage_at
from stationmaster_kernel.values import Status, TaskState
from support.states_station import Story, newest

__all__ = ["WORDS", "Outcome", "describe", "outcome_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A task before and after something happened; `following` is a next occurrence that was not there before."""

    before: Task | None
    after: Task | None
    following: Task | None
    was_at: Instant
    now: Instant
    was_kept_back: bool
    kept_back: bool
    refused: bool

    def both(self) -> tuple[Task, Task] | None:
        """The task before and after, if it was there both times."""
        return None if self.before is None or self.after is None else (self.before, self.after)


def outcome_of(story: Story) -> Outcome:
    """What became of the story's subject since the mark."""
    before = story.before
    last = newest(story.state, story.subject)
    after = None if before is None else story.state.tasks.get(before.id)
    return Outcome(
        before=before,
        after=after if before is not None else last,
        following=last if last is not None and before is not None and last.occurrence > before.occurrence else None,
        was_at=story.marked_at,
        now=story.now,
        was_kept_back=_kept_back(before, story.marked),
        kept_back=_kept_back(after, story.state),
        refused=story.refused,
    )


def describe(outcome: Outcome) -> frozenset[str]:
    """All the words that hold of what became of a task."""
    return frozenset(word for word, holds in WORDS.items() if holds(outcome))


def _kept_back(task: Task | None, state: State) -> bool:
    """Whether a task does not begin before a person lets it, even if it is planned again."""
    if task is None or task.state not in (TaskState.PLANNED, *GONE):
        return False
    modes = [cast("Mode", mode) for mode in state.records.get("mode", {}).values()]
    return task.held or (task.state is TaskState.PLANNED and keeps_back(modes, task))


def _let_go(outcome: Outcome) -> bool:
    planned = outcome.after is not None and outcome.after.state is TaskState.PLANNED
    return planned and outcome.was_kept_back and not outcome.kept_back


def _pair(test: Callable[[Task, Task], bool]) -> Callable[[Outcome], bool]:
    """A test of the same task before and after."""

    def holds(outcome: Outcome) -> bool:
        both = outcome.both()
        return both is not None and test(*both)

    return holds


def _same(before: Task, after: Task) -> bool:
    """Whether nothing that an executor or a person sees of a task is different; of a gone one that is little."""
    if before.state is after.state and after.state in GONE and not before.results and not after.results:
        return before.held is after.held
    return all(
        getattr(before, field) == getattr(after, field)
        for field in (
            *("state", "due", "valid_until", "start", "end", "hard_end", "awaits", "held"),
            *("targets", "texts", "stages", "results", "order", "priority"),
        )
    )


def _stays(outcome: Outcome) -> bool:
    both = outcome.both()
    still = outcome.was_kept_back == outcome.kept_back and outcome.following is None and not outcome.refused
    if not still or both is None:
        return False
    before, after = both
    past = [task.start is not None and task.start <= outcome.was_at for task in both]
    if before.by_hand != after.by_hand and all(past):
        before = replace(before, start=after.start)  # it is on, or was; by whose word, and since when, nobody sees
    return _same(before, after)


def _planned(before: Task, after: Task) -> bool:
    return before.state is after.state is TaskState.PLANNED


def _by_itself(before: Task, after: Task) -> bool:
    """Still to be done, and no person has just ordered it."""
    return _planned(before, after) and before.by_hand == after.by_hand


def _moves(before: Task, after: Task) -> bool:
    if not _by_itself(before, after):
        return False
    if before.kind in POINT_KINDS:
        return None not in (before.due, after.due) and before.due != after.due
    later = [[stage.at for stage in task.stages[1:]] for task in (before, after)]
    return (
        (None not in (before.start, after.start) and before.start != after.start)
        or (None not in (before.end, after.end) and before.end != after.end)
        or (before.end is after.end is None and before.hard_end != after.hard_end)
        or (len(later[0]) == len(later[1]) and later[0] != later[1])
    )


def _moment(task: Task) -> Instant | None:
    return task.due if task.kind in POINT_KINDS else task.end


def _turned(state: TaskState) -> Callable[[Outcome], bool]:
    return _pair(lambda before, after: before.state is not state and after.state is state)


def _rest(state: TaskState) -> Callable[[Outcome], bool]:
    """Of a task that is begun, the targets of which nobody had said anything have come to this."""

    def test(before: Task, after: Task) -> bool:
        silent = [target for target in before.targets if before.result(target) is None]
        found = [after.result(target) for target in silent]
        begun = before.state is after.state is TaskState.BEGUN
        return begun and bool(found) and all(item is not None and item.state is state for item in found)

    return _pair(test)


def _on(outcome: Outcome) -> tuple[bool, bool]:
    both = outcome.both()
    if both is None or both[0].kind in POINT_KINDS:
        return False, False
    was = interval_on(both[0], outcome.was_at) and not outcome.was_kept_back
    return was, interval_on(both[1], outcome.now) and not outcome.kept_back


def _status(task: Task, at: Instant) -> Status | None:
    stage = stage_at(task, at)
    return None if stage is None else stage.status


def _says(status: Status) -> Callable[[Outcome], bool]:
    def holds(outcome: Outcome) -> bool:
        both = outcome.both()
        if both is None or both[1].state is not TaskState.PLANNED:
            return False
        return _status(both[1], outcome.now) is status and _status(both[0], outcome.was_at) is not status

    return holds


def _new_text(outcome: Outcome) -> bool:
    both = outcome.both()
    if both is None or both[1].state is not TaskState.PLANNED:
        return False
    before, after = both
    if before.texts != after.texts:
        return True
    old, new = stage_at(before, outcome.was_at), stage_at(after, outcome.now)
    return old is not None and new is not None and old.status is new.status and old.texts != new.texts


def _again(outcome: Outcome) -> bool:
    both = outcome.both()
    following = outcome.following
    return (
        both is not None
        and _same(*both)
        and following is not None
        and following.state is TaskState.PLANNED
        and following.occurrence == both[0].occurrence + 1
        and not following.results
    )


def _now(outcome: Outcome) -> bool:
    last = outcome.following or outcome.after
    if last is None or last.by_hand is None or not outcome.was_at <= last.by_hand <= outcome.now:
        return False
    if last.kind in POINT_KINDS:
        return announcement_open(last, outcome.now)
    return _on(outcome) == (False, True)


WORDS: dict[str, Callable[[Outcome], bool]] = {
    "stays": _stays,
    "moves": _pair(_moves),
    "time unknown": _pair(
        lambda before, after: _by_itself(before, after) and _moment(before) is not None and _moment(after) is None
    ),
    "time known": _pair(
        lambda before, after: _by_itself(before, after) and _moment(before) is None and _moment(after) is not None
    ),
    "waits": _pair(lambda before, after: _by_itself(before, after) and not before.awaits and bool(after.awaits)),
    "freed": _pair(lambda before, after: _by_itself(before, after) and bool(before.awaits) and not after.awaits),
    "elsewhere": _pair(lambda before, after: _planned(before, after) and before.targets != after.targets),
    "new text": _new_text,
    "withdrawn": _turned(TaskState.WITHDRAWN),
    "planned again": _pair(lambda before, after: before.state in GONE and after.state is TaskState.PLANNED),
    "made": lambda outcome: (
        outcome.before is None and outcome.after is not None and announcement_open(outcome.after, outcome.now)
    ),
    "again": _again,
    "now": _now,
    "expired": _turned(TaskState.EXPIRED),
    "unconfirmed": _turned(TaskState.UNCONFIRMED),
    "rest expired": _rest(TaskState.EXPIRED),
    "rest unconfirmed": _rest(TaskState.UNCONFIRMED),
    "rest withdrawn": _rest(TaskState.WITHDRAWN),
    "skipped": _turned(TaskState.SKIPPED),
    "kept back": lambda outcome: outcome.kept_back and not outcome.was_kept_back,
    "let go": _let_go,
    "on": lambda outcome: _on(outcome) == (False, True),
    "off": lambda outcome: _on(outcome) == (True, False),
    **{f"says {status.replace('_', ' ')}": _says(status) for status in Status if status is not Status.PLATFORM_CHANGED},
    "dropped": lambda outcome: outcome.before is not None and outcome.after is None,
    "refused": lambda outcome: (
        outcome.refused
        and outcome.following is None
        and outcome.both() is not None
        and _same(*cast("tuple[Task, Task]", outcome.both()))
    ),
}
"""Each word, and whether it holds of an outcome; the document says the same in prose."""
