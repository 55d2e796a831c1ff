"""Texts that people write on boards past the hub's journal: at guidance's own page, or by a command.

At the page there may be no hub to write them through, and in an emergency nobody waits for its database. The hub knows
nothing of such a text: the protocol has no act for one. So it stands here alone, on disk, until it ends or somebody
ends it; it goes to the boards together with the hub's, and an alarm of its own says at the hub's console who has
written what for how long, so that it surprises nobody there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import StationClock
from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.messages import EMERGENCY_BELOW
from stationmaster_guidance.source import Source, View
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration, Words
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task, Text
from stationmaster_kernel.values import FeedGrade, Hand, TaskKind
from stationmaster_protocol.equipment import AlarmSign, Severity

__all__ = ["EMERGENCY", "LONGEST_MIN", "LONGEST_TEXT", "USUAL", "WrittenHere", "WrittenText"]

_LOG = get_logger("written")

USUAL, EMERGENCY = 20, 5
"""Priorities: an operator's usual text, and one that takes all."""

LONGEST_TEXT = 300
LONGEST_MIN = 24 * 60
MOST = 20
"""Texts that stand at once, and as many emergencies: texts never keep an emergency from the boards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenText:
    """A text, as the task that boards show, and who wrote it; `here`: at guidance's own page, else by a command."""

    by: str
    task: Task
    here: bool = True

    @property
    def emergency(self) -> bool:
        """Whether it is one that takes all."""
        return self.task.priority < EMERGENCY_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merged:
    """A view with the texts of here among the tasks."""

    state: AgentState
    configuration: Configuration | None
    tasks: Mapping[str, Task]
    calls: Mapping[str, Call]
    modes: tuple[Mode, ...]
    grade: FeedGrade
    fresh_at: Instant | None


class WrittenHere:
    """The agent, as boards see it, with the texts that were written here.

    Args:
        source: the agent.
        clock: station time.
        boot: an id of this start of the process.
        file: where the texts are kept; None: nowhere.
        alarm: tells an alarm.
        clear: says that it is over.

    """

    def __init__(
        self,
        source: Source,
        *,
        clock: StationClock,
        boot: str,
        file: Path | None,
        alarm: Callable[[AlarmSign], None],
        clear: Callable[[str], None],
    ) -> None:
        self._source = source
        self._clock = clock
        self._boot = boot
        self._file = file
        self._alarm = alarm
        self._clear = clear
        self._count = 0
        self._listeners: list[Callable[[], None]] = []
        self._texts = {text.task.id: text for text in _read(file)}
        self._seen: View | None = None
        self._merged: _Merged | None = None
        for text in self._texts.values():
            self._tell(text)
        source.on_change(self._look)

    @property
    def view(self) -> View:
        """What is known now; the same object for as long as nothing has changed."""
        view = self._source.view
        if self._merged is None or view is not self._seen:
            before, self._seen = self._merged, view
            tasks = view.tasks
            if self._texts:
                tasks = {**view.tasks, **{name: text.task for name, text in self._texts.items()}}
                if before is not None and before.tasks == tasks:
                    tasks = before.tasks
            self._merged = _Merged(
                state=view.state,
                configuration=view.configuration,
                tasks=tasks,
                calls=view.calls,
                modes=view.modes,
                grade=view.grade,
                fresh_at=view.fresh_at,
            )
        return self._merged

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after the view has changed, and after a text was written or ended here."""
        self._listeners.append(listener)
        self._source.on_change(listener)

    def all(self) -> tuple[WrittenText, ...]:
        """The texts that have not ended."""
        now = self._clock.now()
        return tuple(text for text in self._texts.values() if text.task.end is None or now < text.task.end)

    def write(
        self,
        by: str,
        boards: Sequence[str],
        texts: Words,
        *,
        minutes: int,
        whole: bool,
        priority: int = USUAL,
        here: bool = True,
    ) -> WrittenText:
        """Put a text on boards at once, and keep it over a restart; as `put`.

        Raises:
            StationError: as `put`; `not-stored`: it is shown, but not over a restart.

        """
        text = self.put(by, boards, texts, minutes=minutes, whole=whole, priority=priority, here=here)
        self.store()
        return text

    def put(
        self,
        by: str,
        boards: Sequence[str],
        texts: Words,
        *,
        minutes: int,
        whole: bool,
        priority: int = USUAL,
        here: bool = True,
    ) -> WrittenText:
        """Put a text on boards at once. An emergency that stands there already, with the same words, lasts so long.

        Args:
            by: who wants it.
            boards: ids.
            texts: pairs of language and words.
            minutes: how long, 1 to `LONGEST_MIN`.
            whole: it takes the whole board, else a line of it.
            priority: the smaller the more urgent; below 10 it is an emergency.
            here: at guidance's own page, else by a command.

        Raises:
            StationError: `no-such-board`, `text-impossible`.

        """
        station = self._source.view.configuration
        known = [] if station is None else [board.id for board in station.boards]
        missing = [board for board in boards if board not in known]
        if missing or not boards:
            raise StationError("no-such-board", f"There is no board {', '.join(missing) or 'named'}.", "Choose boards.")
        words = tuple((language, text.strip()) for language, text in texts if text.strip())
        if not words or any(len(text) > LONGEST_TEXT or not text.isprintable() for _, text in words):
            raise StationError(
                "text-impossible",
                f"A text is empty, has more than {LONGEST_TEXT} characters, or has a line break.",
                f"Write 1 to {LONGEST_TEXT} characters.",
            )
        if not 1 <= minutes <= LONGEST_MIN:
            raise StationError("text-impossible", f"{minutes} minutes cannot be.", f"Give 1 to {LONGEST_MIN}.")
        now = Instant(int(self._clock.now()))
        task = _task(
            name=f"here/{self._boot}/{self._count + 1}",
            boards=tuple(boards),
            words=words,
            start=now,
            end=Instant(now + minutes * MINUTE),
            whole=whole,
            priority=priority,
        )
        text = WrittenText(by=by, task=task, here=here)
        standing = next((each for each in self.all() if text.emergency and _same(each.task, task)), None)
        if standing is not None:
            task = replace(standing.task, revision=standing.task.revision + 1, end=task.end, hard_end=task.end)
            text = replace(text, task=task)
        elif sum(each.emergency is text.emergency for each in self.all()) >= MOST:
            raise StationError("text-impossible", f"{MOST} texts stand already.", "End one of them.")
        else:
            self._count += 1
        self._texts[task.id] = text
        _LOG.info("text-written", text=task.id, by=by, boards=list(boards), minutes=minutes, priority=priority)
        self._tell(text)
        self._changed()
        return text

    def end(self, by: str, name: str) -> None:
        """Take a text down, and for good.

        Raises:
            StationError: `no-such-text`; `not-stored`: it is down, and comes back with a restart.

        """
        self.take_down(by, name)
        self.store()

    def take_down(self, by: str, name: str, boards: Collection[str] = ()) -> None:
        """Take a text down from these boards; from none: from all.

        Raises:
            StationError: `no-such-text`.

        """
        text = self._texts.pop(name, None)
        if text is None:
            raise StationError("no-such-text", "This text has ended.", "Nothing is to be done.")
        _LOG.info("text-ended", text=name, by=by, boards=list(boards))
        left = tuple(board for board in text.task.targets if boards and board not in boards)
        if left:
            task = replace(text.task, targets=left, revision=text.task.revision + 1)
            self._texts[name] = replace(text, task=task)
            self._tell(self._texts[name])
        else:
            self._clear(_sign_id(name))
        self._changed()

    def store(self) -> None:
        """Keep the texts as they are over a restart.

        Raises:
            StationError: `not-stored`.

        """
        if self._file is None:
            return
        kept = [_plain(text) for text in self._texts.values()]
        try:
            write_durably(self._file, json.dumps(kept, ensure_ascii=False, indent=1))
        except OSError as error:
            raise StationError(
                "not-stored", f"{self._file} cannot be written: {error}", "It holds until guidance is started anew."
            ) from error

    def _look(self) -> None:
        """Forget what has ended by itself; the boards have taken it down at its second."""
        now = self._clock.now()
        over = [name for name, text in self._texts.items() if text.task.end is not None and text.task.end <= now]
        for name in over:
            del self._texts[name]
            self._clear(_sign_id(name))
        if over:
            self._merged = None
            try:
                self.store()
            except StationError as error:
                _LOG.warning("not-stored", problem=error.message, todo="nothing: it has ended, whatever the file says")

    def _changed(self) -> None:
        self._merged = None
        for listener in self._listeners:
            listener()

    def _tell(self, text: WrittenText) -> None:
        words = " / ".join(each.text for each in text.task.texts)[:120]
        boards = ", ".join(text.task.targets)[:80]
        where = ("在引导本地页", "at guidance's own page ") if text.here else ("", "")
        what = ("发布紧急信息", "an emergency ") if text.emergency else ("发布文字", "")
        self._alarm(
            AlarmSign(
                id=_sign_id(text.task.id),
                severity=Severity.ALARM if text.emergency else Severity.WARNING,
                since=text.task.order,
                cause="emergency" if text.emergency else "text",
                texts=(
                    ("zh", f"{text.by} {where[0]}{what[0]} ({boards}): {words}"),
                    ("en", f"{text.by} wrote {what[1]}{where[1]}on {boards}: {words}"),
                ),
            )
        )


def _sign_id(name: str) -> str:
    return f"text/{name}"


def _same(one: Task, other: Task) -> bool:
    """Whether both say the same on the same boards, as urgently."""
    mine, others = (sorted(task.targets) for task in (one, other))
    return mine == others and (one.texts, one.whole, one.priority) == (other.texts, other.whole, other.priority)


def _task(
    *,
    name: str,
    boards: tuple[str, ...],
    words: Words,
    start: Instant,
    end: Instant,
    whole: bool,
    priority: int,
    revision: int = 1,
) -> Task:
    return Task(
        id=name,
        revision=revision,
        call="",
        rule="",
        occurrence=1,
        kind=TaskKind.MESSAGE,
        targets=boards,
        start=start,
        end=end,
        hard_end=end,
        order=start,
        priority=priority,
        hand=Hand.RELEASED,
        whole=whole,
        texts=tuple(Text(name="text", language=language, text=text) for language, text in words),
    )


def _plain(text: WrittenText) -> dict[str, Any]:
    task = text.task
    return {
        "id": task.id,
        "revision": task.revision,
        "by": text.by,
        "here": text.here,
        "boards": list(task.targets),
        "texts": [[each.language, each.text] for each in task.texts],
        "start": task.start,
        "end": task.end,
        "whole": task.whole,
        "priority": task.priority,
    }


def _read(file: Path | None) -> Iterable[WrittenText]:
    """What was kept; a file that cannot be read is nothing, and is said."""
    if file is None or not file.exists():
        return []
    try:
        return [
            WrittenText(
                by=str(each["by"]),
                here=bool(each.get("here", True)),
                task=_task(
                    name=str(each["id"]),
                    boards=tuple(str(board) for board in each["boards"]),
                    words=tuple((str(language), str(text)) for language, text in each["texts"]),
                    start=Instant(int(each["start"])),
                    end=Instant(int(each["end"])),
                    whole=bool(each["whole"]),
                    priority=int(each["priority"]),
                    revision=int(each.get("revision", 1)),
                ),
            )
            for each in json.loads(file.read_text("utf-8"))
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        _LOG.error("texts-unreadable", file=str(file), problem=str(error), todo="write the texts anew")
        return []
