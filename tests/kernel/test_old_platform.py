"""Rows on the boards of the platform that a train was planned at and will not use, as `docs/kernel.md` has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Board
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan, Tick
from stationmaster_kernel.rules import Base, Condition, Moment, Rule, TimeChoice, Where
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Task, interval_on, stage_at
from stationmaster_kernel.values import EventName, FeedGrade, Running, Status, TaskKind
from support.small_station import DAY, STATION, at, both, planned, record

MOVED = Rule(
    id="moved-row",
    does=TaskKind.DISPLAY,
    where=Where.OLD_PLATFORM,
    boards=("gate", "ticket_hall", "platform"),
    start=Moment(base=Base.DEPARTURE, offset=-60, time=TimeChoice.EARLIEST),
    end=Moment(base=Base.DEPARTURE),
    awaits=EventName.DEPARTURE,
    hard_end=90,
)


class Trial:
    """The small station with a rule for old platforms, and one train planned on track 1."""

    def __init__(self, rule: Rule = MOVED) -> None:
        boards = (
            *STATION.boards,
            Board(id="plat-1", type="platform", names=both("一", "1"), layout="platform", platforms=("1",)),
            Board(id="plat-2", type="platform", names=both("二", "2"), layout="platform", platforms=("2",)),
        )
        words = both("改到{{ platform }}{{ gates }}", "now {{ platform }} {{ gates }}, not {{ old_platform }}")
        templates = tuple(
            replace(item, texts=words) if item.id == "status.platform_changed" else item for item in STATION.templates
        )
        configuration = replace(STATION, boards=boards, templates=templates, rules=(*STATION.rules, rule))
        self.state = State.empty(at("06:00"))
        self.now = at("06:00")
        self.count = 0
        self.give(Configure(id="c", at=self.now, configuration=configuration))
        self.give(Plan(id="p", at=self.now, day=DAY, calls=(planned(),)))
        self.give(GradeFeed(id="g", at=self.now, grade=FeedGrade.FRESH))

    def give(self, given: Configure | Plan | GradeFeed | Feed | Tick) -> None:
        """One input."""
        self.state, _ = step(self.state, given)

    def feed(self, clock: str, **fields: object) -> None:
        """What the dispatchers say at a time."""
        self.count += 1
        self.now = at(clock)
        told: FeedRecord = record(**fields)
        self.give(Feed(id=f"f{self.count}", at=self.now, records=(told,)))

    @property
    def task(self) -> Task:
        """The row for those at the old platform."""
        (task,) = (task for task in self.state.tasks.values() if task.rule == "moved-row")
        return task

    @property
    def exists(self) -> bool:
        """Whether there ever was one."""
        return any(task.rule == "moved-row" for task in self.state.tasks.values())

    def on(self, clock: str) -> bool:
        """Whether it is on at a time."""
        return interval_on(self.task, at(clock))

    def status(self, clock: str) -> tuple[Status, str]:
        """What it says at a time."""
        stage = stage_at(self.task, at(clock))
        assert stage is not None
        return stage.status, next(text.text for text in stage.texts if text.language == "en")


def test_the_old_platforms_boards_say_where_the_train_is_from_the_change_until_it_has_left() -> None:
    """Not before; at once with the change; on those boards alone that do not have the train itself; until reported."""
    trial = Trial()
    assert not trial.exists
    trial.feed("07:30", track="2")
    assert trial.task.targets == ("gate-1A", "plat-1")
    assert trial.on("07:30")
    assert trial.status("07:30") == (Status.PLATFORM_CHANGED, "now platform 2 gate 2A, not platform 1")
    assert trial.task.text("platform", "en") == "platform 2"
    assert trial.on("08:30")  # the departure is not reported, so it has not left
    trial.feed("08:12", track="2", actual_arrival=at("08:01"), actual_departure=at("08:11"))
    assert trial.on("08:10")
    assert not trial.on("08:12")


def test_it_goes_where_the_train_comes_after_all_and_comes_where_it_is_sent_away_from() -> None:
    """The row is where the train is not, and where it was said to be."""
    trial = Trial()
    trial.feed("07:30", track="2")
    trial.feed("07:35", track="1")
    assert trial.task.targets == ("gate-2A", "plat-2")
    trial.feed("07:40", track="2")
    assert trial.task.targets == ("gate-1A", "plat-1")
    assert trial.on("07:40")


def test_who_was_sent_to_another_platform_in_between_is_told_too() -> None:
    """Planned at 1, sent to 2, then to where there is none: both say so; when it is back at 1, the one in between."""
    trial = Trial()
    trial.feed("07:20", track="2")
    trial.feed("07:30", track="9")
    assert trial.task.targets == ("gate-1A", "plat-1", "gate-2A", "plat-2")
    trial.feed("07:40", track="1")
    assert trial.task.targets == ("gate-1A", "plat-1", "gate-2A", "plat-2")[2:]
    assert trial.status("07:40") == (Status.PLATFORM_CHANGED, "now platform 1 gate 1A, not platform 1")
    assert trial.on("07:40")


def test_an_announcement_goes_to_all_old_platforms() -> None:
    """Who was sent to platform 2 hears that the train is elsewhere now, as does who was to be at 1 all along."""
    trial = Trial()
    trial.feed("07:20", track="2")
    trial.feed("07:30", track="9")
    said = max((task for task in trial.state.tasks.values() if task.rule == "moved"), key=lambda task: task.occurrence)
    assert {"platform-1", "platform-2"} <= set(said.targets)


def test_a_plan_sends_nobody_away() -> None:
    """A newer plan says where the train was to be all along; nobody stands where an older one had it."""
    trial = Trial()
    trial.give(Plan(id="p2", at=trial.now, day=DAY, calls=(planned(track="2"),)))
    assert trial.state.calls["TST/2026-03-01/G1/1"].platform == "2"
    assert trial.state.calls["TST/2026-03-01/G1/1"].old_platforms == ()
    assert not trial.exists


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"expected_departure": at("10:35"), "expected_arrival": at("10:30")}, Status.PLATFORM_CHANGED),
        ({"arrival_unknown": True, "departure_unknown": True}, Status.PLATFORM_CHANGED),
        ({"running": Running.SUSPENDED}, Status.SUSPENDED),
    ],
)
def test_where_the_train_is_comes_before_when(fields: dict[str, object], status: Status) -> None:
    """Late or unknown, it does not come here; only that it does not run at all says more."""
    trial = Trial()
    trial.feed("07:30", track="2", **fields)
    assert trial.status("07:45")[0] is status
    assert trial.on("07:45")


def test_a_departure_that_nobody_reports_takes_the_row_down_at_its_hard_end() -> None:
    """A row never stays for good."""
    trial = Trial()
    trial.feed("07:30", track="2")
    assert trial.task.hard_end == at("09:40")
    assert [trial.on("09:39"), trial.on("09:40")] == [True, False]


def test_a_track_without_platform_is_said_too() -> None:
    """Words without a platform's name are the template's matter; the row is there."""
    trial = Trial()
    trial.feed("07:30", track="9")
    assert trial.task.targets == ("gate-1A", "plat-1")
    assert trial.status("07:30")[0] is Status.PLATFORM_CHANGED


def test_conditions_hold_for_it_as_for_every_rule() -> None:
    """A rule for late trains alone says nothing of one that is on time."""
    trial = Trial(replace(MOVED, condition=Condition(late_at_least=10)))
    trial.feed("07:30", track="2")
    assert not trial.exists
    trial.feed("07:31", track="2", expected_arrival=at("08:15"), expected_departure=at("08:25"))
    assert trial.on("07:31")
    assert isinstance(trial.task.start, int)
    assert trial.task.start == Instant(at("07:10"))
