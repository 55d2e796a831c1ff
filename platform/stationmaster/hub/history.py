"""The past: what a board was to show at an instant, and what was said in a zone around it.

No kernel is run for this. The journal's changes say what each task was at any instant, and a row is on or off by its
task and the time alone, so a board's rows follow from the tasks as they do on the board itself. What was said is what
executors reported, which may have come in long after, when one had been cut off.

An entry counts from the kernel's time on: the latest `at` of those that were not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from stationmaster.hub.past import Past, damaged, read_task
from stationmaster.hub.storage.archive import Archive
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import UNREADABLE, Row, input_from_text
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Task, Text, interval_on, stage_at
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.messages import Position

__all__ = [
    "MINUTES",
    "MOST_MINUTES",
    "BoardThen",
    "RowThen",
    "Said",
    "Then",
    "ZoneThen",
    "instant_from_text",
    "look_back",
]

MINUTES = 10
MOST_MINUTES = 24 * 60
"""How far around the instant a zone is looked at, unless asked otherwise, and at most."""

LONGEST_SAID = 30 * MINUTE
"""How long before or after the window the other end of an announcement, or the end of its validity, is looked for."""

ALONE = 72 * 60 * MINUTE
"""How long after an announcement its report may come: executors go on alone for three days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowThen:
    """A row that was on. `status` is empty for a row without stages; `texts` are the row's, then the stage's."""

    task: str
    call: str
    rule: str
    order: Instant
    status: str
    texts: tuple[Text, ...]

    def text(self, name: str, language: str) -> str:
        """The text of this name in this language, else the one for all languages, else nothing."""
        found = {item.language: item.text for item in self.texts if item.name == name}
        return found.get(language, found.get("", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardThen:
    """A board's rows in their order; how many of them it had room for is its layout's affair."""

    board: str
    rows: tuple[RowThen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One announcement in one zone, or one that was due and was not made.

    `due` is when it was to begin, `begun` and `ended` when it did, None where nothing was reported. `state` is what
    became of it there; `texts` are those of the task as it was when it began.
    """

    task: str
    call: str
    rule: str
    due: Instant | None
    begun: Instant | None
    ended: Instant | None
    state: TaskState
    detail: str
    texts: tuple[Text, ...]

    @property
    def when(self) -> Instant:
        """The instant by which announcements are put in order."""
        return next((moment for moment in (self.begun, self.ended, self.due) if moment is not None), Instant(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneThen:
    """What was said in a zone, or was to be said, from `since` to `until`."""

    zone: str
    since: Instant
    until: Instant
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """The answer. `position` is that of the last entry that counted at `at`; `grade` how fresh the feed was.

    `journal_until` is the kernel's time at the end of the journal; if `at` is later, the rows are what the journal's
    last data says for that time.
    """

    at: Instant
    position: Position
    grade: FeedGrade
    journal_until: Instant
    boards: tuple[BoardThen, ...]
    zones: tuple[ZoneThen, ...]


def instant_from_text(text: str, zone: ZoneInfo) -> Instant:
    """`2026-03-01T14:06` at the station, or with an offset such as `Z`; in the hour that occurs twice, the first.

    Raises:
        StationError: `time` if it is none.

    """
    try:
        moment = datetime.fromisoformat(text)
        if not 1970 <= moment.year < 9999:
            raise ValueError("no station was or will be running then")
        return Instant(int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()))
    except ValueError as error:
        raise StationError(
            "time",
            f"{text!r} is not a time.",
            "Write 2026-03-01T14:06 for the station's time, or 2026-03-01T06:06Z for UTC.",
        ) from error


def look_back(
    archive: Archive,
    at: Instant,
    *,
    boards: Sequence[str] = (),
    zones: Sequence[str] = (),
    minutes: int = MINUTES,
) -> Then:
    """What these boards were to show at `at`, and what was said in these zones up to so many minutes before and after.

    Raises:
        StationError: the journal does not reach back so far, or the boards or zones were not there, or it cannot be
            read.

    """
    lines = archive.lines(Instant(at - minutes * MINUTE - LONGEST_SAID) if zones else at)
    start = next(lines, None)
    if not isinstance(start, Checkpoint):
        raise StationError("journal-empty", "The journal is empty.", "Ask when the hub has been running.")
    past = Past(start)
    if past.now > at:
        raise StationError(
            "before-journal", f"The journal begins at {to_iso(past.now)}, after {to_iso(at)}.", "Ask for a later time."
        )
    ears = [_Ear(zone, past) for zone in zones]
    answered: tuple[Position, FeedGrade, tuple[BoardThen, ...]] | None = None
    for line in lines:
        moment = past.time_of(line)
        if answered is None and moment > at:
            answered = _boards(past, boards, zones, at)
        if answered is not None and (not zones or moment > at + minutes * MINUTE + LONGEST_SAID):
            break
        puts = past.apply(line)
        for ear in ears:
            ear.hear(past.now, puts)
    if answered is None:
        answered = _boards(past, boards, zones, at)
    position, grade, pictures = answered
    since, until = Instant(at - minutes * MINUTE), Instant(at + minutes * MINUTE)
    reports = list(_reports(archive, start.position.sequence, until)) if ears else []
    return Then(
        at=at,
        position=position,
        grade=grade,
        journal_until=past.now,
        boards=pictures,
        zones=tuple(ear.told(reports, since, until) for ear in ears),
    )


def _boards(
    past: Past, boards: Sequence[str], zones: Sequence[str], at: Instant
) -> tuple[Position, FeedGrade, tuple[BoardThen, ...]]:
    for kind, wanted in (("board", boards), ("zone", zones)):
        there = past.ids(kind)
        unknown = [item for item in wanted if item not in there]
        if unknown:
            known = ", ".join(there) or "none"
            raise StationError(
                f"no-such-{kind}", f"There was no {kind} {', '.join(unknown)} at {to_iso(at)}.", f"There were: {known}."
            )
    pictures = tuple(BoardThen(board=board, rows=_rows(past.tasks(TaskKind.DISPLAY, board), at)) for board in boards)
    return past.position, past.grade(), pictures


def _rows(tasks: Iterable[Task], at: Instant) -> tuple[RowThen, ...]:
    """The rows that are on, in the order that boards use."""
    rows = []
    for task in tasks:
        if not interval_on(task, at):
            continue
        stage = stage_at(task, at)
        rows.append(
            RowThen(
                task=task.id,
                call=task.call,
                rule=task.rule,
                order=task.order,
                status="" if stage is None else str(stage.status),
                texts=task.texts + (() if stage is None else stage.texts),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.order, row.call, row.task)))


def _reports(archive: Archive, after: int, until: Instant) -> Iterator[TaskResult]:
    for taken, text in archive.results(after):
        if taken > until + ALONE:
            return
        try:
            given = input_from_text("taskresult", text)
        except UNREADABLE as error:
            raise damaged("A task's result", error) from error
        if isinstance(given, TaskResult):
            yield given


class _Ear:
    """Gathers what one zone was to say, in every version that it had on the way."""

    def __init__(self, zone: str, past: Past) -> None:
        self._zone = zone
        self._versions: dict[str, list[tuple[Instant, Task]]] = {}
        for task in past.tasks(TaskKind.ANNOUNCEMENT, zone):
            self._versions[task.id] = [(past.now, task)]

    def hear(self, now: Instant, puts: Iterable[Row]) -> None:
        """These resources were put."""
        for row in puts:
            task = read_task(row.body, TaskKind.ANNOUNCEMENT, self._zone) if row.kind == "task" else None
            if task is not None:
                self._versions.setdefault(task.id, []).append((now, task))

    def told(self, reports: Sequence[TaskResult], since: Instant, until: Instant) -> ZoneThen:
        """What was said, by the executors' reports, and what was due and was not."""
        plays: dict[str, list[_Play]] = {}
        for report in sorted(reports, key=lambda item: item.result.at):
            if report.result.target == self._zone:
                _play(plays.setdefault(report.task, []), report)
        said = [
            self._said(task, play)
            for task, each in plays.items()
            for play in each
            if play.overlaps(since, until) and task in self._versions
        ]
        for item, versions in self._versions.items():
            task = versions[-1][1]
            if item not in plays and task.due is not None and since <= task.due <= until:
                said.append(self._said(item, _Play(state=task.state)))
        said.sort(key=lambda item: (item.when, item.task))
        return ZoneThen(zone=self._zone, since=since, until=until, said=tuple(said))

    def _said(self, item: str, play: _Play) -> Said:
        versions = self._versions[item]
        moment = play.begun if play.begun is not None else play.ended
        then = [task for made, task in versions if moment is None or made <= moment]
        task = then[-1] if then else versions[0][1]
        return Said(
            task=item,
            call=task.call,
            rule=task.rule,
            due=task.due,
            begun=play.begun,
            ended=play.ended,
            state=play.state,
            detail=play.detail,
            texts=task.texts,
        )


@dataclass(slots=True, kw_only=True)
class _Play:
    """One time that an announcement was made."""

    state: TaskState
    begun: Instant | None = None
    ended: Instant | None = None
    detail: str = ""

    def overlaps(self, since: Instant, until: Instant) -> bool:
        """Whether it was on in this time; one that never ended was on only when it began."""
        first = self.ended if self.begun is None else self.begun
        last = self.begun if self.ended is None else self.ended
        return first is not None and last is not None and first <= until and last >= since


def _play(plays: list[_Play], report: TaskResult) -> None:
    """Take a report in; they come in the order of when it happened."""
    result = report.result
    if result.state is TaskState.BEGUN:
        plays.append(_Play(state=result.state, begun=result.at))
        return
    if not plays or plays[-1].ended is not None:
        plays.append(_Play(state=result.state))
    plays[-1].state, plays[-1].ended, plays[-1].detail = result.state, result.at, result.detail
