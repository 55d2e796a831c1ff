"""A hub's kernel and a real executor that is with it, cut off, or not there: the tables about executors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from agent.making import MemoryLedger
from agent.station import replica
from stationmaster_agent.autonomy import Autonomy
from stationmaster_agent.executor import Executor, FeedAge
from stationmaster_agent.work import Work
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Presence, TaskResult
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task, interval_on, stage_at
from stationmaster_kernel.values import Running, TaskKind, TaskState
from support.small_station import at, planned
from support.states_happenings import expected, manual
from support.states_station import Story, minutes_of

__all__ = [
    "EXECUTOR_COLUMNS",
    "EXECUTOR_ROWS",
    "SHOWN_COLUMNS",
    "SHOWN_ROWS",
    "Executing",
    "executed",
    "shown",
]

SPEECH = frozenset({TaskKind.ANNOUNCEMENT})
ROWS = frozenset({TaskKind.DISPLAY})


class Speaker:
    """A performer: it speaks at once and takes a minute, unless it is `idle`; `said` is all that it has begun."""

    def __init__(self, begin: Callable[[Work], None]) -> None:
        self._begin = begin
        self.said: list[tuple[str, str]] = []
        self.speaking: list[Work] = []
        self.idle = False

    def offer(self, work: Work) -> None:
        if not self.idle:
            self._begin(work)
            self.said.append(work.key)
            self.speaking.append(work)

    def retract(self, work: Work) -> None:
        pass

    def quiet(self) -> bool:
        return not self.speaking

    def next_at(self) -> Instant | None:
        return None


class Executing:
    """A story with an executor of announcements.

    Args:
        story: the hub's kernel.
        cut_off: whether the executor goes on alone when it parts; None: it goes away altogether.
        parts: whether it parts at all.

    """

    def __init__(self, story: Story, *, cut_off: bool | None, parts: bool) -> None:
        self.story = story
        self.ledger = MemoryLedger()
        self.modes: tuple[Mode, ...] = ()
        self.feed = FeedAge(fresh=True)
        self.joined = True
        self.there = True
        self._cut_off = cut_off
        self._parts = parts
        self._reported = 0
        self._count = 0
        self._replica: dict[str, Task] = {}
        self._start()
        self._share()

    def _start(self) -> None:
        said = [] if self._count == 0 else self.speaker.said
        idle = self._count > 0 and self.speaker.idle
        self.speaker = Speaker(lambda work: self.executor.begin(work, self.story.now))
        self.speaker.said, self.speaker.idle = said, idle
        self.executor = Executor(kinds=SPEECH, performer=self.speaker, ledger=self.ledger, modes=lambda: self.modes)
        self.executor.recover(self.story.now)

    def crash(self) -> None:
        """The executor's process dies in the middle, and begins anew with what is on its disk."""
        self._count += 1
        self._start()
        self.executor.replace_all(self._replica)
        self._share()

    def to(self, clock: str) -> None:
        """Minute by minute, in the hub and at the executor."""
        self._until(at(clock))

    def wait(self, minutes: int) -> None:
        """So many minutes pass."""
        self._until(Instant(self.story.now + minutes * MINUTE))

    def _until(self, instant: Instant) -> None:
        for minute in minutes_of(self.story.now, instant):
            self.story.until(minute)
            self._end_speech()
            self._share()

    def tell(self, what: Callable[[Story], None]) -> None:
        """Something happens at the hub."""
        what(self.story)
        self._share()

    def part(self) -> None:
        """From now on the executor is cut off or away, if this is such a case."""
        if not self._parts:
            return
        self.joined = False
        self.there = self._cut_off is True
        if self.feed.fresh:
            self.feed = FeedAge(fresh_at=self.story.now)
        self._present(present=False)

    def join(self) -> None:
        """It is with its hub again, and reports what it did."""
        if self.joined:
            return
        self.joined = self.there = True
        self._present(present=True)
        self._share()

    def _present(self, *, present: bool) -> None:
        self._count += 1
        given = Presence(id=f"presence/{self._count}", at=self.story.now, kind=TaskKind.ANNOUNCEMENT, present=present)
        self.story.give(given)

    def _end_speech(self) -> None:
        speaking, self.speaker.speaking = self.speaker.speaking, []
        if not self.there:
            return
        for work in speaking:
            self.executor.finish(work, TaskState.DONE, self.story.now)

    def _share(self) -> None:
        """Results go to the hub, what the hub says to the executor, as far as there is a line between them."""
        if self.joined:
            self._report()
            modes = self.story.state.records.get("mode", cast("Mapping[str, object]", {}))
            self.modes = tuple(cast("Mode", mode) for mode in modes.values())
            self._replica = {item: task for item, task in self.story.state.tasks.items() if task.kind in SPEECH}
            self.executor.replace_all(self._replica)
        if self.there:
            self.executor.run(self.story.now, self.feed)
        if self.joined:
            self._report()

    def _report(self) -> None:
        for name, result in self.ledger.written[self._reported :]:
            self._reported += 1
            self.story.give(TaskResult(id=f"result/{self._reported}", at=self.story.now, task=name, result=result))


EXECUTOR_COLUMNS: dict[str, tuple[bool | None, bool, bool]] = {
    "online": (None, False, False),
    "alone": (True, True, False),
    "alone, back again": (True, True, True),
    "absent": (None, True, False),
    "absent, back again": (None, True, True),
}
"""Column → what becomes of the executor when it parts, whether it does, and whether it comes back."""


def _late(minutes: int) -> Callable[[Story], None]:
    return lambda story: expected(story, minutes)


def _falls_due(bench: Executing) -> None:
    bench.part()
    bench.to("07:52")


def _gets_too_old(bench: Executing) -> None:
    bench.part()
    bench.to("08:02")


def _not_begun(bench: Executing) -> None:
    bench.speaker.idle = True
    bench.part()
    bench.to("08:02")


def _moves(minutes: int, until: str) -> Callable[[Executing], None]:
    def tell(bench: Executing) -> None:
        bench.part()
        bench.tell(_late(minutes))
        bench.to(until)

    return tell


def _moves_in_the_middle(bench: Executing) -> None:
    bench.part()
    bench.to("07:50")
    bench.tell(_late(40))
    bench.to("07:52")


def _suspended(bench: Executing) -> None:
    bench.part()
    bench.tell(lambda story: story.feed(running=Running.SUSPENDED))
    bench.to("07:52")


def _crashes(bench: Executing) -> None:
    bench.part()
    bench.to("07:50")
    if bench.there:
        bench.crash()
    bench.to("07:52")


def _old_feed(bench: Executing) -> None:
    bench.feed = FeedAge(fresh_at=Instant(bench.story.now - 30 * MINUTE))
    bench.part()
    bench.to("08:02")


def _is_dropped(bench: Executing) -> None:
    bench.part()
    bench.to("07:55")
    bench.story.leap("20:11", 1)


def _elsewhere(bench: Executing) -> None:
    bench.part()
    bench.tell(lambda story: story.feed(track="1"))
    bench.to("07:52")


def _manual(bench: Executing) -> None:
    bench.part()
    bench.tell(manual)
    bench.to("07:52")


def _reported(bench: Executing) -> None:
    bench.part()
    bench.tell(lambda story: story.feed(actual_arrival=story.now))
    bench.to("07:47")


def _moves_when_done(bench: Executing) -> None:
    bench.to("07:52")
    bench.part()
    bench.tell(_late(40))
    bench.to("08:41")


EXECUTOR_ROWS: dict[str, tuple[str, Callable[[Executing], None]]] = {
    "it falls due": ("say-wait", _falls_due),
    "it falls due, and its validity ends": ("say-wait", _gets_too_old),
    "its performer does not begin it": ("say-wait", _not_begun),
    "its base moves within `rearm` before it is due": ("say-wait", _moves(5, "08:07")),
    "its base moves beyond `rearm` before it is due": ("say-wait", _moves(40, "07:52")),
    "its base moves beyond `rearm` in the middle": ("say-wait", _moves_in_the_middle),
    "its base moves beyond `rearm` after it was done": ("say-wait", _moves_when_done),
    "the report that it awaits comes": ("say-arrived", _reported),
    "its train is suspended before it is due": ("say-wait", _suspended),
    "its train moves to other zones before it is due": ("say-wait", _elsewhere),
    "the station becomes manual before it is due": ("say-wait", _manual),
    "the executor's process dies in the middle": ("say-wait", _crashes),
    "the feed is older than it may be": ("say-young", _old_feed),
    "its call is dropped": ("say-wait", _is_dropped),
}
"""Row → whose task is looked at, and what happens, from 07:45 on."""


def _state(state: TaskState) -> Callable[[Executing, str, Task | None, Task | None], bool]:
    return lambda _bench, _name, task, _following: task is not None and task.state is state


def _times_said(bench: Executing, name: str) -> int:
    """How often the task was said where it was said most."""
    of_task = [key for key in bench.speaker.said if key[0] == name]
    return max((of_task.count(key) for key in of_task), default=0)


EXECUTOR_WORDS: dict[str, Callable[[Executing, str, Task | None, Task | None], bool]] = {
    "said": lambda bench, name, _task, _following: _times_said(bench, name) == 1,
    "not said": lambda bench, name, _task, _following: _times_said(bench, name) == 0,
    "said twice": lambda bench, name, _task, _following: _times_said(bench, name) > 1,
    **{state.value: _state(state) for state in TaskState if state is not TaskState.PLANNED},
    "to do": _state(TaskState.PLANNED),
    "again": lambda _bench, _name, _task, following: following is not None and following.state is TaskState.PLANNED,
    "dropped": lambda _bench, _name, task, _following: task is None,
}
"""Each word of what became of a point task, as the hub has it, and of what was said."""


def executed(row: str, column: str) -> frozenset[str]:
    """What became of a row's task in a column's case, in words."""
    subject, tell = EXECUTOR_ROWS[row]
    cut_off, parts, returns = EXECUTOR_COLUMNS[column]
    story = Story(subject, planned(track="2"))
    bench = Executing(story, cut_off=cut_off, parts=parts)
    bench.to("07:45")
    known = set(story.state.tasks)
    first = story.task.id
    tell(bench)
    if returns:
        bench.join()
        bench.wait(2)  # what is still to be done is done
    made = story.task_or_none
    if made is not None and made.id not in known and made.state is not TaskState.PLANNED:
        first = made.id  # the next occurrence has had its time as well
    task = story.state.tasks.get(first)
    following = made if made is not None and made.id != first else None
    return frozenset(word for word, holds in EXECUTOR_WORDS.items() if holds(bench, first, task, following))


# Rows, as a board shows them that has its hub and one that is cut off.

SHOWN_COLUMNS = ("online", "alone")

Shown = Callable[[Story], None]


def _nothing(_: Story) -> None:
    pass


SHOWN_ROWS: dict[str, tuple[Shown, Shown, str]] = {
    "before its event": (_nothing, _nothing, "08:00"),
    "its event passes without a report": (_nothing, _nothing, "08:30"),
    "its hard end comes without a report": (_nothing, _nothing, "09:30"),
    "its train is reported to have left": (
        _nothing,
        lambda story: story.feed(actual_arrival=story.now, actual_departure=story.now),
        "08:30",
    ),
    "its train is late": (_nothing, _late(40), "08:30"),
    "its train is suspended": (_nothing, lambda story: story.feed(running=Running.SUSPENDED), "08:00"),
    "its delay was unknown before": (
        lambda story: story.feed(arrival_unknown=True, departure_unknown=True),
        _nothing,
        "09:30",
    ),
    "its train was suspended before": (lambda story: story.feed(running=Running.SUSPENDED), _nothing, "08:00"),
}
"""Row → what happens before the board is cut off, what the hub alone knows, and when the board is looked at."""


def shown(tell: tuple[Shown, Shown, str], *, alone: bool) -> frozenset[str]:
    """What a board shows of G1, in words."""
    before, after, clock = tell
    story = Story("hall")
    story.to("07:40")
    before(story)
    derived = Autonomy(replica=replica(story.state, TaskKind.DISPLAY), kinds=ROWS, now=story.now)
    after(story)
    for minute in minutes_of(story.now, at(clock)):
        story.until(minute)
        derived.tick(minute)
    task = derived.tasks[story.task.id] if alone else story.task
    status = stage_at(task, story.now)
    if not interval_on(task, story.now) or status is None:
        return frozenset({"off"})
    return frozenset({"on", f"says {status.status.replace('_', ' ')}"})
