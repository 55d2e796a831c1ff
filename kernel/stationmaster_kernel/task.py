"""A task: one thing that the station does, with all that is needed to do it."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.values import EventName, Hand, Status, TaskKind, TaskState

__all__ = [
    "GONE",
    "POINT_KINDS",
    "Result",
    "Stage",
    "Task",
    "Text",
    "announcement_open",
    "expires",
    "interval_on",
    "stage_at",
]

GONE = (TaskState.WITHDRAWN, TaskState.SKIPPED)
"""The states of a task that is not to be done."""

POINT_KINDS = (TaskKind.ANNOUNCEMENT, TaskKind.NOTICE)
"""The kinds that are done at a moment; the others are on for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One final text.

    `name` says what of (`speech`, `destination`, …); `language` is `zh`, `en`, … or empty: the same in all.
    """

    name: str
    language: str = ""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """From `at` on, a row has this status, with these words."""

    at: Instant
    status: Status
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an executor says of one target of a point task.

    `base` is the task's base time that it acted on, so that the hub sees whether it acted on old data.
    """

    target: str
    state: TaskState
    at: Instant
    base: Instant | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One interval task (a row on boards, check-in) or point task (an announcement).

    An interval task has `start` and `end`; a point task has `due` and `valid_until`. None means that the moment is not
    known and the task is held. If `awaits` names an event, time alone does not end (or begin) the task: an
    executor holds it until an update clears `awaits`, or until `hard_end`.
    `base` is the best known time that the task hangs on.
    `order` sorts rows; `priority` sorts announcements, the smaller first.
    `feed_limit` is the age in minutes of the oldest feed that the task may rely on; None: it does not matter.
    `hand` is what a person said of it, `by_hand` the instant of his "now"; `held`: it does not begin until released,
    because he or its rule says so. A manual mode keeps it back without being written in the task: `mode.keeps_back`.
    A task without a call (`call` and `rule` empty) is an operator's announcement or text.
    """

    id: str
    revision: int = 0
    call: str
    rule: str
    occurrence: int
    kind: TaskKind
    targets: tuple[str, ...]
    base: Instant | None = None
    start: Instant | None = None
    end: Instant | None = None
    due: Instant | None = None
    valid_until: Instant | None = None
    awaits: EventName | None = None
    hard_end: Instant | None = None
    order: Instant
    priority: int = 50
    feed_limit: int | None = None
    state: TaskState = TaskState.PLANNED
    hand: Hand = Hand.AUTOMATIC
    by_hand: Instant | None = None
    held: bool = False
    whole: bool = False
    stages: tuple[Stage, ...] = ()
    texts: tuple[Text, ...] = ()
    results: tuple[Result, ...] = ()

    def text(self, name: str, language: str) -> str:
        """The text of this name in this language, else the one for all languages, else nothing."""
        fallback = ""
        for item in self.texts:
            if item.name == name:
                if item.language == language:
                    return item.text
                if not item.language:
                    fallback = item.text
        return fallback

    def result(self, target: str) -> Result | None:
        """What is known of one target."""
        return next((result for result in self.results if result.target == target), None)


def interval_on(task: Task, now: float) -> bool:
    """Whether an interval task is on at station time `now`: from the data and the time alone.

    Never while held. On from `start` until `end`; while the task awaits an event, on after `end` as well, until
    `hard_end`.
    An unknown `end` (delay unknown) keeps it on until `hard_end`, or for good without one.
    """
    if task.held or task.state in GONE or task.start is None or now < task.start:
        return False
    if task.end is not None and now < task.end:
        return True
    if task.end is not None and task.awaits is None:
        return False
    return task.hard_end is None or now < task.hard_end


def announcement_open(task: Task, now: float) -> bool:
    """Whether a point task may be begun at station time `now`: due, released, not held and still valid."""
    return (
        task.state in (TaskState.PLANNED, TaskState.BEGUN)
        and not task.held
        and task.awaits is None
        and task.due is not None
        and task.valid_until is not None
        and task.due <= now < task.valid_until
    )


def expires(task: Task) -> Instant | None:
    """From when on a task is neither shown nor done, whatever else comes or does not come of it.

    None: that is not known yet, and neither is when it begins, so it is held.
    """
    if task.kind in POINT_KINDS:
        return task.valid_until
    if task.end is not None and task.awaits is None:
        return task.end
    if task.end is None or task.hard_end is None:
        return task.hard_end
    return max(task.end, task.hard_end)


def stage_at(task: Task, now: float) -> Stage | None:
    """The stage that a row is in: the last one that has come; the first if none has."""
    current: Stage | None = task.stages[0] if task.stages else None
    for stage in task.stages:
        if stage.at <= now:
            current = stage
    return current
