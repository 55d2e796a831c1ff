"""The kernel, what is put into it and what comes of it, with every check at its time.

Holds what the inputs are made of as well: the plans' versions, what the dispatchers last said of each train, and the
executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.inputs import (
    Act,
    Configure,
    Feed,
    FeedRecord,
    GradeFeed,
    Input,
    Plan,
    PlannedCall,
    Presence,
    TaskResult,
    Tick,
)
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, is_news, step
from stationmaster_kernel.task import POINT_KINDS
from stationmaster_kernel.values import FeedGrade, Running, TaskState
from support.kernel_machine_checks import at_the_minute, check_from_nothing, check_state
from support.kernel_machine_executor import ModelExecutor
from support.kernel_machine_lost import check_none_lost
from support.kernel_machine_shortest import cause_of, shortest
from support.kernel_machine_station import STATIONS, at, timetable
from support.kernel_machine_steps import World, check_step, read_back, resources_of, text_of

__all__ = ["Key", "MachineWorld"]

Key = tuple[date, str, int]
"""A train of a plan: its date, its number, and which of that number it is."""


MOST_LOOKS = 20
"""Times that an executor looks at one moment."""


def _nobody(_: object) -> None:
    """Nobody listens."""


@dataclass
class MachineWorld:
    """A station's night.

    `now` is station time; `inputs` all that was put in; `texts` what came of what was taken. `twin` is a second kernel
    that was restarted at another time. `listen` is told every input. `checks`: each step is looked at; `news_only`:
    what the dispatchers repeat is left out, as the hub leaves it out.
    """

    evening: date
    listen: Callable[[Input], object] = _nobody
    checks: bool = True
    news_only: bool = False
    now: Instant = field(init=False)
    state: State = field(init=False)
    twin: State = field(init=False)
    first: State = field(init=False)
    world: World = field(init=False)
    inputs: list[Input] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    rows: dict[date, list[PlannedCall]] = field(default_factory=dict)
    templates: dict[date, list[PlannedCall]] = field(default_factory=dict)
    views: dict[Key, FeedRecord] = field(default_factory=dict)
    past: list[FeedRecord] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    executor: ModelExecutor = field(default_factory=ModelExecutor)
    looked: int = 0

    def __post_init__(self) -> None:
        self.now = at(self.evening, "21:12")
        self.state = self.twin = self.first = State.empty(self.now)
        self.world = resources_of(self.first)

    def begin(self) -> None:
        """What a hub puts in first."""
        self.give(Configure(id=self.name("configure"), at=self.now, configuration=STATIONS[0]))
        for kind in POINT_KINDS:
            self.give(Presence(id=self.name("presence"), at=self.now, kind=kind, present=True))
        self.give(GradeFeed(id=self.name("grade"), at=self.now, grade=FeedGrade.FRESH))
        for days in (0, 1):
            day = date.fromordinal(self.evening.toordinal() + days)
            self.rows[day], self.templates[day] = list(timetable(day)), list(timetable(day))
            self.give(self.plan(day, f"first/{day}"))
        self.give(Tick(id=self.name("tick"), at=self.now))

    def name(self, what: str) -> str:
        """An id that no other input has."""
        return f"{what}/{len(self.inputs)}"

    def plan(self, day: date, digest: str) -> Plan:
        """The plan of a day as its rows are now, in order of planned time."""
        rows = sorted(self.rows[day], key=lambda row: (row.departure or row.arrival or 0, row.number))
        return Plan(id=self.name("plan"), at=self.now, day=day, calls=tuple(rows), digest=digest)

    def give(self, given: Input) -> bool:
        """Put an input in; whether it was taken. Then the executor looks, and what it says is put in too."""
        with self._told_shortly():
            return self._give(given)

    def _give(self, given: Input) -> bool:
        news = _news(self.state, given) if self.news_only else given
        taken = self._step(given, news) if news is not None else False
        self.now = max(self.now, given.at)
        self._execute()
        return taken

    def wait(self, minutes: int) -> None:
        """Ticks at each of the next minutes."""
        for _ in range(minutes):
            self.leap(1)

    def leap(self, minutes: int) -> None:
        """One tick, so many minutes later."""
        self.give(Tick(id=self.name("tick"), at=Instant(floor_minute(self.now) + minutes * MINUTE)))

    def restart(self) -> None:
        """The process ends; another reads what the store has."""
        self.state = read_back(self.state)

    def has_differences(self) -> bool:
        """Whether a newer version of a plan says something else of a row."""
        rows: Any = self.state.records.get("row", {})
        return any(row.change is not None for row in rows.values())

    def check(self) -> None:
        """What takes longer, now and then."""
        with self._told_shortly():
            _check(self.state)

    def check_replay(self) -> None:
        """All inputs once more, from nothing, give every change byte for byte and the same state."""
        state = self.first
        for given, text in zip(self.inputs, self.texts, strict=True):
            try:
                state, changes = step(state, given)
            except Refused:
                made = None
            else:
                made = text_of(changes)
            assert made == text, f"{given.id} leads to other changes"
        assert resources_of(state) == resources_of(self.state)

    @contextmanager
    def _told_shortly(self) -> Iterator[None]:
        """Whatever fails is told with the shortest inputs that show it."""
        try:
            yield
        except Exception as error:
            if self.checks:
                few = shortest(self.inputs, self._cause)
                error.add_note("\n".join(("These inputs alone show it:", *map(repr, few))))
            raise

    def _cause(self, inputs: list[Input]) -> str:
        """Why inputs fail without an executor, if they do; the second kernel is restarted before each."""
        world = MachineWorld(evening=self.evening)
        try:
            for given in inputs:
                world.twin = read_back(world.state)
                world._step(given)
            _check(world.state)
        except Exception as error:
            return cause_of(error)
        return ""

    def _step(self, given: Input, news: Input | None = None) -> bool:
        """Take an input in, or of it only the news."""
        self.listen(given)
        before = self.state
        self.inputs.append(given)
        try:
            self.state, changes = step(before, news or given)
        except Refused:
            self.texts.append(None)
            assert self.state is before
            self._twin_step(news or given, None)
            return False
        text = text_of(changes)
        self.texts.append(text)
        self._twin_step(news or given, text)
        self._forget(changes)
        if isinstance(given, Act):
            self.acts.append(given.id)
        if self.checks:
            self.world = check_step(self.world, before, given, self.state, changes)
            check_state(self.state)
        return True

    def _twin_step(self, given: Input, text: str | None) -> None:
        try:
            self.twin, changes = step(self.twin, given)
        except Refused:
            made = None
        else:
            made = text_of(changes)
        assert made == text, "a kernel that was restarted at another time decides otherwise"

    def _forget(self, changes: Changes) -> None:
        for kind, item in changes.deletes:
            if kind == "task":
                self.executor.forget(item)

    def _execute(self) -> None:
        """Have the executor look, and report what it has done, until it has nothing more to say."""
        for _ in range(MOST_LOOKS):
            if not self._look():
                return
        raise AssertionError(f"the executor is asked for more without end: {self.executor.begun[-3:]}")

    def _look(self) -> bool:
        """One look; whether there was anything to report."""
        executor = self.executor
        already = len(executor.begun)
        executor.look(self.state, self.now)
        assert not executor.twice or not executor.online, f"asked to do again: {executor.twice}"
        executor.twice.clear()
        if executor.online:
            self._check_begun(already)
        reports = executor.reports()
        for task, result in reports:
            known = self.state.tasks.get(task)
            taken = self._step(TaskResult(id=self.name("result"), at=self.now, task=task, result=result))
            if known is not None and (result.target in known.targets or result.target in _places_of(self.state)):
                assert taken, f"a result of {task} is refused"
        return bool(reports)

    def _check_begun(self, already: int) -> None:
        """What it has just begun is for a train that runs, or says that it does not."""
        for work in self.executor.begun[already:]:
            call = self.state.calls.get(work.task.call)
            if call is not None and call.running is Running.SUSPENDED:
                assert work.task.rule == "suspended", f"{work.task.id} is made for a suspended train"
            assert work.state in TaskState


def _check(state: State) -> None:
    check_from_nothing(state)
    settled = at_the_minute(state)
    check_state(settled)
    check_none_lost(settled)


def _places_of(state: State) -> set[str]:
    """Where announcements and notices can be made."""
    configuration = state.configuration
    if configuration is None:
        return set()
    posts = {place.id for place in configuration.places if place.kind is PlaceKind.POST}
    return posts | {zone.id for zone in configuration.zones}


def _news(state: State, given: Input) -> Input | None:
    """What a hub puts in of an input: of a feed only what is news, or is of a train that is in its news before that."""
    if not isinstance(given, Feed):
        return given
    told: set[tuple[date, str]] = set()
    records = []
    for record in given.records:
        trains = {(record.day, number) for number in record.numbers}
        if is_news(state, record) or not told.isdisjoint(trains):
            records.append(record)
            told |= trains
    return replace(given, records=tuple(records)) if records else None
