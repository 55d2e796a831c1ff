"""What the hub puts into the pipeline by itself: configuration, plans, ticks; and who is there to do tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from twisted.internet.task import Clock

from hub.making import START, HandPipeline, begin, worked
from stationmaster.hub.day import DAYS_AHEAD, StationDay, same_configuration
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.station.plans import plan_digest
from stationmaster_base.clock import Anchor, FileClock, write_anchor
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.inputs import Plan, PlannedCall, Presence
from stationmaster_kernel.state import State
from stationmaster_kernel.values import TaskKind
from stationmaster_service.timer import StationTimer
from support.small_station import DAY, STATION, at, planned

CALL = "TST/2026-03-01/G1/1"


def planned_day() -> State:
    """A kernel that has the plan of the test day as the hub puts it in."""
    calls = (planned(),)
    plan = Plan(id="plan/1", at=START, day=DAY, calls=calls, digest=plan_digest(calls))
    configure, _, grade = begin()
    return worked(configure, plan, grade)


class Fixture:
    """A day on a stepped clock."""

    def __init__(
        self,
        folder: Path,
        state: State,
        now: Instant,
        configuration: Configuration = STATION,
        days_ahead: int = DAYS_AHEAD,
    ) -> None:
        self.file = folder / "clock.json"
        write_anchor(self.file, Anchor(station=now, machine=0.0, rate=0.0))
        self.clock = FileClock(self.file, lambda: 0.0)
        self.timer = StationTimer(self.clock, Clock())
        self.pipeline = HandPipeline(state)
        self.timetable: dict[date, tuple[PlannedCall, ...]] = {DAY: (planned(),)}
        self.day = StationDay(
            configuration=configuration,
            plan_day=self.plan,
            pipeline=self.pipeline,
            clock=self.clock,
            timer=self.timer,
            boot="boot",
            days_ahead=days_ahead,
        )

    def plan(self, day: date) -> tuple[PlannedCall, ...]:
        return self.timetable.get(day, ())

    def step(self, now: Instant) -> None:
        write_anchor(self.file, Anchor(station=now, machine=0.0, rate=0.0))
        self.timer.poke()

    def ids(self) -> list[str]:
        """Ids of what was put in since the last look."""
        found = [given.id for given in self.pipeline.ever]
        self.pipeline.ever.clear()
        return found


def test_an_empty_hub_gets_everything_in_order(tmp_path: Path) -> None:
    """Configuration, plans from yesterday to the third day ahead, and a tick, in this order, all of them taken."""
    fixture = Fixture(tmp_path, State.empty(START), Instant(START + 30))
    fixture.day.begin(fresh=True)
    fixture.pipeline.commit()
    assert fixture.ids() == [
        "configure/boot/1",
        "plan/2026-02-28/boot/2",
        "plan/2026-03-01/boot/3",
        "plan/2026-03-02/boot/4",
        "plan/2026-03-03/boot/5",
        "plan/2026-03-04/boot/6",
        "tick/2026-02-28T22:00:00Z",
    ]
    assert len(fixture.pipeline.state.calls) == 1
    assert fixture.timer.next_at() == START + MINUTE


def test_a_hub_that_starts_again_puts_in_what_is_missing(tmp_path: Path) -> None:
    """The same configuration and plans that say nothing new are not put in again, and yesterday is left alone."""
    fixture = Fixture(tmp_path, planned_day(), at("06:01"))
    fixture.day.begin(fresh=False)
    assert fixture.ids() == [
        "plan/2026-03-02/boot/1",
        "plan/2026-03-03/boot/2",
        "plan/2026-03-04/boot/3",
        "tick/2026-02-28T22:01:00Z",
    ]


def test_a_timetable_that_changed_while_the_hub_was_away_is_put_in(tmp_path: Path) -> None:
    """A start compares each known day with the timetable, and what differs goes in as a newer version."""
    fixture = Fixture(tmp_path, planned_day(), at("06:01"))
    fixture.timetable[DAY] = (planned(track="2"),)
    fixture.day.begin(fresh=False)
    fixture.pipeline.commit()
    assert fixture.ids()[0] == "plan/2026-03-01/boot/1"
    assert fixture.pipeline.state.calls[CALL].track == "2"


def test_a_hub_from_before_plans_had_rows_gets_them(tmp_path: Path) -> None:
    """A state with calls and no plan takes the plan of a day as its first version, and makes no call twice."""
    state = planned_day()
    old = [item for item in state.resources() if item.kind not in ("plan", "row")]
    fixture = Fixture(tmp_path, State.from_resources(old), at("06:01"))
    fixture.day.begin(fresh=False)
    fixture.pipeline.commit()
    assert sorted(fixture.pipeline.state.calls) == [CALL]
    assert set(fixture.pipeline.state.records["row"]) == {"2026-03-01/G1/1"}


def test_a_reload_puts_in_what_is_new(tmp_path: Path) -> None:
    """After a reload only days of which the timetable says something new go in, as often as it changes."""
    fixture = Fixture(tmp_path, planned_day(), at("06:01"))
    fixture.day.begin(fresh=False)
    fixture.pipeline.commit()
    fixture.ids()
    done: list[object] = []
    fixture.day.reloaded(STATION, fixture.plan).addCallback(done.append)
    assert (fixture.ids(), done) == ([], [None])
    for number, track in enumerate(("2", "1", "2"), start=4):
        fixture.timetable[DAY] = (planned(track=track),)
        fixture.day.reloaded(STATION, fixture.plan).addCallback(done.append)
        assert fixture.ids() == [f"plan/2026-03-01/boot/{number}"]
    assert len(done) == 1
    fixture.pipeline.commit()
    assert len(done) == 4
    assert fixture.pipeline.state.calls[CALL].track == "2"


def test_a_reload_puts_the_configuration_in_first(tmp_path: Path) -> None:
    """A folder with other rules and another timetable gives the configuration, and then the plans."""
    fixture = Fixture(tmp_path, planned_day(), at("06:01"))
    fixture.day.begin(fresh=False)
    fixture.ids()
    other = replace(STATION, station=replace(STATION.station, late_from=3))
    fixture.timetable[DAY] = ()
    fixture.day.reloaded(other, fixture.plan)
    assert fixture.ids() == ["configure/boot/4", "plan/2026-03-01/boot/5"]


def test_the_settings_say_how_far_ahead_plans_are_made(tmp_path: Path) -> None:
    """With one day ahead there are plans of today and tomorrow; a later day that has one is kept up to date."""
    fixture = Fixture(tmp_path, planned_day(), at("23:00", days=-2), days_ahead=1)
    fixture.day.begin(fresh=False)
    assert fixture.ids() == ["plan/2026-02-27/boot/1", "plan/2026-02-28/boot/2", "tick/2026-02-27T15:00:00Z"]
    fixture.timetable[DAY] = ()
    fixture.day.reloaded(STATION, fixture.plan)
    assert fixture.ids() == ["plan/2026-03-01/boot/3"]


def test_a_changed_folder_is_put_in(tmp_path: Path) -> None:
    """A configuration that says something else is put in; revisions do not count."""
    other = replace(STATION, station=replace(STATION.station, late_from=3))
    fixture = Fixture(tmp_path, worked(*begin()), at("06:01"), other)
    fixture.day.begin(fresh=False)
    assert fixture.ids()[0] == "configure/boot/1"
    stored = worked(*begin()).configuration
    assert stored is not None
    assert stored != STATION
    assert same_configuration(stored, STATION)
    assert not same_configuration(stored, other)
    assert not same_configuration(stored, replace(STATION, rules=STATION.rules[::-1]))


def test_each_minute_is_a_tick_and_a_leap_is_one(tmp_path: Path) -> None:
    """A tick comes at each first second of a minute, and only one after a leap."""
    fixture = Fixture(tmp_path, worked(*begin()), at("06:01"))
    fixture.day.begin(fresh=False)
    fixture.ids()
    fixture.step(Instant(at("06:02") - 1))
    assert fixture.ids() == []
    fixture.step(at("06:02"))
    assert fixture.ids() == ["tick/2026-02-28T22:02:00Z"]
    fixture.step(Instant(at("07:30") + 5))
    assert fixture.ids() == ["tick/2026-02-28T23:30:00Z"]
    assert fixture.timer.next_at() == at("07:31")


def test_a_new_day_gets_its_plan_before_its_first_tick(tmp_path: Path) -> None:
    """At midnight of the station's zone the day that comes into view is planned."""
    fixture = Fixture(tmp_path, worked(*begin()), at("23:59"))
    fixture.day.begin(fresh=False)
    fixture.ids()
    fixture.step(at("00:00", days=1))
    assert fixture.ids() == ["plan/2026-03-05/boot/5", "tick/2026-03-01T16:00:00Z"]


def test_after_the_end_there_are_no_ticks(tmp_path: Path) -> None:
    """A hub that ends has no more minutes."""
    fixture = Fixture(tmp_path, worked(*begin()), at("06:01"))
    fixture.day.begin(fresh=False)
    fixture.day.end()
    fixture.ids()
    fixture.step(at("06:05"))
    assert fixture.ids() == []


def executors(tmp_path: Path, *present: TaskKind) -> tuple[HandPipeline, ExecutorBook]:
    """A book on a kernel that has these kinds present."""
    told = [Presence(id=f"presence/{kind}", at=START, kind=kind, present=True) for kind in present]
    pipeline = HandPipeline(worked(*begin(), *told))
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=START, machine=0.0, rate=0.0))
    book = ExecutorBook(pipeline, FileClock(file, lambda: 0.0), "boot")
    book.loaded()
    return pipeline, book


def test_the_first_executor_comes_and_the_last_goes(tmp_path: Path) -> None:
    """The kernel is told once when a kind has its first executor and once when it has lost its last."""
    pipeline, book = executors(tmp_path)
    shown, said = frozenset({TaskKind.DISPLAY}), frozenset({TaskKind.ANNOUNCEMENT})
    book.set(shown | said, present=True)
    book.set(shown, present=True)
    book.set(shown | said, present=False)
    book.set(shown, present=False)
    assert [(given.kind, given.present) for given in pipeline.ever if isinstance(given, Presence)] == [
        (TaskKind.ANNOUNCEMENT, True),
        (TaskKind.DISPLAY, True),
        (TaskKind.ANNOUNCEMENT, False),
        (TaskKind.DISPLAY, False),
    ]
    assert len({given.id for given in pipeline.ever}) == 4


def test_after_a_start_presence_holds_until_it_is_known(tmp_path: Path) -> None:
    """An executor that comes back in time is never told absent; one that does not is, when the time is over."""
    pipeline, book = executors(tmp_path, TaskKind.DISPLAY, TaskKind.ANNOUNCEMENT)
    book.set(frozenset({TaskKind.DISPLAY}), present=True)
    assert pipeline.ever == []
    book.reconcile()
    assert [(given.kind, given.present) for given in pipeline.ever if isinstance(given, Presence)] == [
        (TaskKind.ANNOUNCEMENT, False)
    ]
