"""The small station with a rule for every kind of task, and one train's story told step by step through real inputs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.configuration import Configuration, Place, PlaceKind, Template, Zone
from stationmaster_kernel.deeds import Deed
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
from stationmaster_kernel.rules import Base, Moment, Rule, RuleMode, Selector, TimeChoice, Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import POINT_KINDS, Result, Task
from stationmaster_kernel.values import EventName, FeedGrade, TaskKind, TaskState
from support.small_station import DAY, DEPARTING, RULES, STATION, at, both, place, planned, record

__all__ = ["G1", "LOOSE", "STATES_STATION", "Story", "minutes_of", "newest", "train"]

G1 = "TST/2026-03-01/G1/1"
LOOSE = ""
"""The subject of a story about what a person announces or shows: it hangs on no rule, and on no call."""

EVERYTHING = (
    "{{ number }} {{ platform }} {{ gates }} {{ track }} {{ expected }} {{ minutes }} {{ formation }} {{ reason }}"
)
"""A template that shows every change of its train."""


def _triggered(item: str, trigger: Trigger, **more: object) -> Rule:
    usual: dict[str, object] = {"zones": ("waiting",), "ahead": 120, "valid": 10, "rearm": 10, "template": "everything"}
    return Rule(id=item, does=TaskKind.ANNOUNCEMENT, trigger=trigger, **(usual | more))  # type: ignore[arg-type]


def _said_at(item: str, offset: int) -> Rule:
    return Rule(
        id=item,
        does=TaskKind.ANNOUNCEMENT,
        when=DEPARTING,
        zones=("waiting",),
        due=Moment(base=Base.DEPARTURE, offset=offset),
        valid=10,
        rearm=10,
        template="everything",
    )


def _spoken(rule: Rule) -> Rule:
    return replace(rule, template="everything") if rule.does is TaskKind.ANNOUNCEMENT else rule


MORE_RULES = (
    _said_at("say-wait", -20),
    replace(_said_at("say-young", -20), feed_limit=15),
    _said_at("last-call", -2),
    _said_at("clear", 5),
    Rule(
        id="hall-2",
        does=TaskKind.DISPLAY,
        when=Selector(kinds=DEPARTING.kinds, platforms=("2",)),
        boards=("ticket_hall",),
        start=Moment(base=Base.DEPARTURE, offset=-120, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.DEPARTURE, offset=1),
        awaits=EventName.DEPARTURE,
        hard_end=60,
    ),
    Rule(
        id="lights",
        does=TaskKind.LIGHTING,
        when=DEPARTING,
        lights=("platform",),
        start=Moment(base=Base.ARRIVAL, offset=-15, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.DEPARTURE, offset=10),
        awaits=EventName.DEPARTURE,
        hard_end=60,
    ),
    _triggered("known", Trigger.DELAY_KNOWN),
    _triggered("early", Trigger.EARLY, at_least=5),
    _triggered("overdue", Trigger.OVERDUE),
    _triggered("other-track", Trigger.TRACK_CHANGE),
    _triggered("restored", Trigger.RESTORED),
    _triggered("extra", Trigger.EXTRA),
    _triggered("prepared", Trigger.PLATFORM_CHANGE, mode=RuleMode.MANUAL),
)

STATES_STATION: Configuration = replace(
    STATION,
    places=(
        *STATION.places,
        place(PlaceKind.TRACK, "4", platform="1"),
        *(
            Place(
                id=f"light-{item}", kind=PlaceKind.LIGHT, type="platform", names=both("灯", "Light"), platforms=(item,)
            )
            for item in ("1", "2")
        ),
    ),
    zones=(
        *STATION.zones,
        Zone(id="platform-2-north", type="platform", names=both("二北", "Platform 2 north"), platforms=("2",)),
    ),
    templates=(*STATION.templates, Template(id="everything", texts=both(EVERYTHING, EVERYTHING))),
    rules=(*(_spoken(rule) for rule in RULES), *MORE_RULES),
)
"""Trains are planned on track 2, of platform 2, which has track 3 too; platform 1 has tracks 1 and 4."""


def train(arrival: str = "08:00", departure: str = "08:10") -> PlannedCall:
    """G1 at platform 2, whose passengers wait in both areas."""
    return replace(planned(arrival=arrival, departure=departure, track="2"), areas=("A", "B"))


def minutes_of(first: Instant, last: Instant) -> Iterator[Instant]:
    """Each whole minute after `first`, up to `last`."""
    minute = first // MINUTE + 1
    while minute * MINUTE <= last:
        yield Instant(minute * MINUTE)
        minute += 1


class Story:
    """What happens to the station, input by input, with every minute's tick.

    `view` is what the dispatching system says of G1; `mark` remembers the state before what is to be judged.

    Args:
        subject: the rule whose task is looked at; `LOOSE`: what a person makes.
        calls: the day's plan; G1 alone unless given.

    """

    def __init__(self, subject: str, *calls: PlannedCall, now: str = "05:30") -> None:
        self.subject = subject
        self.now = at(now)
        self.state = State.empty(self.now)
        self.notes: list[str] = []
        self.view: FeedRecord = record(track="2")
        self.marked: State = self.state
        self.marked_at = self.now
        self.refused = False
        self.ordered = ""
        self._count = 0
        self.give(Configure(id="configure", at=self.now, configuration=STATES_STATION))
        self.give(Plan(id="plan", at=self.now, day=DAY, calls=calls or (train(),)))
        self.grade(FeedGrade.FRESH)
        for kind in POINT_KINDS:
            self.give(Presence(id=f"present/{kind}", at=self.now, kind=kind, present=True))

    def again(self) -> Story:
        """The same story up to here, which goes on for itself."""
        other = copy(self)
        other.notes = list(self.notes)
        return other

    def give(self, given: Input) -> None:
        """One input; what the kernel refuses, whole or by quarantine, is remembered."""
        try:
            self.state, changes = step(self.state, given)
        except Refused:
            self.refused = True
        else:
            self.notes.extend(note.code for note in changes.notes)
            self.refused = self.refused or "quarantined" in self.notes

    def to(self, clock: str, days: int = 0) -> None:
        """Minute by minute to this time; to now or the past: nothing."""
        self.until(at(clock, days))

    def until(self, instant: Instant) -> None:
        """Minute by minute to this instant."""
        for minute in minutes_of(self.now, instant):
            self.give(Tick(id=self._id(), at=minute))
        self.now = max(self.now, instant)

    def leap(self, clock: str, days: int = 0) -> None:
        """The machine sleeps until then: one tick for all the minutes."""
        self.now = at(clock, days)
        self.give(Tick(id=self._id(), at=self.now))

    def wait(self, minutes: int) -> None:
        """So many minutes pass."""
        self.until(Instant(self.now + minutes * MINUTE))

    def feed(self, **fields: object) -> None:
        """The dispatching system says this of G1, and otherwise what it said before."""
        self.view = replace(self.view, **fields)  # type: ignore[arg-type]
        self.give(Feed(id=self._id(), at=self.now, records=(self.view,)))

    def grade(self, grade: FeedGrade) -> None:
        """The feed is this good now."""
        self.give(GradeFeed(id=self._id(), at=self.now, grade=grade))

    def act(self, *deeds: Deed, lock: bool = False) -> str:
        """A person does this; the act's id."""
        item = self._id()
        self.give(Act(id=item, at=self.now, by="dispatcher 1", deeds=deeds, lock=lock))
        return item

    def order(self, deed: Deed) -> None:
        """A person does this, and `ordered` is the act's id."""
        self.ordered = self.act(deed)

    def absent(self) -> None:
        """No executor is there."""
        for kind in POINT_KINDS:
            self.give(Presence(id=self._id(), at=self.now, kind=kind, present=False))

    def result(self, state: TaskState, *targets: str) -> None:
        """Targets of the subject (unless given: all) have come so far, now, on the base that the task has now."""
        self.result_of(self.task.id, state, *targets)

    def result_of(self, item: str, state: TaskState, *targets: str) -> None:
        """The same of any task."""
        task = self.state.tasks[item]
        for target in targets or task.targets:
            result = Result(target=target, state=state, at=self.now, base=task.base)
            self.give(TaskResult(id=self._id(), at=self.now, task=task.id, result=result))

    def mark(self) -> None:
        """What comes from now on is to be judged."""
        self.marked, self.marked_at = self.state, self.now
        self.refused = False
        self.notes.clear()

    @property
    def task_or_none(self) -> Task | None:
        """The subject: the newest occurrence, if there is any."""
        return newest(self.state, self.subject)

    @property
    def task(self) -> Task:
        """The subject: the newest occurrence."""
        found = self.task_or_none
        assert found is not None, f"there is no task of rule {self.subject}"
        return found

    @property
    def before(self) -> Task | None:
        """The subject at the mark."""
        return newest(self.marked, self.subject)

    def _id(self) -> str:
        self._count += 1
        return f"input/{self._count}"


def newest(state: State, rule: str) -> Task | None:
    """The newest occurrence of a rule's task for G1, or of what a person made."""
    call = "" if rule == LOOSE else G1
    there = [state.tasks[item] for item in state.tasks_of.get(call, ()) if state.tasks[item].rule == rule]
    return max(there, key=lambda task: task.occurrence, default=None)
