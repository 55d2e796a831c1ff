"""A leap of the station's clock that nobody vouches for: doubted, shown, and never a reason to stand still for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.task import Clock

from hub.making import START, MadeHub, begin, made_hub
from stationmaster.hub.day import StationDay
from stationmaster.hub.feeding.leaps import STEADY_S, LeapWatch
from stationmaster.hub.feeding.masters import vouched
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.journal import input_text
from stationmaster.hub.storage.replay import replay
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import GradeFeed, Tick
from stationmaster_kernel.values import FeedGrade
from stationmaster_service.timer import StationTimer
from support.small_station import DAY, STATION, at, planned

HOURS = 3 * 60 * MINUTE


@dataclass
class Masters:
    """Masters of time that say what they are told to say."""

    said: ClockQuality = field(default_factory=lambda: ClockQuality(state=ClockState.FREE_RUN))

    def quality(self) -> ClockQuality:
        return self.said

    def lock(self, error_s: float = 0.5) -> None:
        self.said = ClockQuality(state=ClockState.LOCKED, error_s=error_s, source="receiver")


class World:
    """A hub's pipeline and day on a steered clock, over a machine whose wall clock anybody can set."""

    def __init__(self, hub: MadeHub, *, masters: bool = True) -> None:
        self.hub = hub
        self.machine: Clock = hub.reactor
        self.wall_ahead = 0.0
        self.masters = Masters()
        self.clock = SteeredClock(lambda: START + self.machine.seconds() + self.wall_ahead, self.machine.seconds)
        self.leaps = LeapWatch(
            self.clock.now,
            self.machine.seconds,
            (lambda: vouched(self.masters)) if masters else None,  # type: ignore[arg-type]  # quality() is all it asks
        )
        hub.pipeline._stamp = self.leaps.stamp
        self.timer = StationTimer(self.clock, self.machine)
        self.day = StationDay(
            configuration=STATION,
            plan_day=lambda day: (planned(),) if day == DAY else (),
            pipeline=hub.pipeline,
            clock=self.clock,
            timer=self.timer,
            boot="boot",
            doubted=lambda: self.leaps.doubted,
        )

    def begin(self) -> None:
        self.clock.begin()
        self.hub.open()
        self.hub.put(*begin())
        self.leaps.begin(self.hub.pipeline.state.facts.ticked)
        self.day.begin(fresh=False)

    def pass_minutes(self, count: int) -> None:
        """Time passes, and everything looks at the clock each second, as the hub does."""
        for _ in range(count * MINUTE):
            self.machine.advance(1.0)
            self.leaps.doubted  # noqa: B018 - to look is what it is for

    @property
    def ticked(self) -> int:
        return int(self.hub.pipeline.state.facts.ticked or 0)

    def refused(self) -> list[str]:
        """The reasons of what was quarantined, oldest first."""
        notes = [note for each in self.hub.published if each.refused for note in each.stored.changes.notes]
        return [dict(note.detail)["reason"] for note in notes]


def folder_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'hub.db'}"


def test_a_leap_without_masters_waits_until_the_clock_has_run_steadily(tmp_path: Path) -> None:
    """The machine's clock jumps by three hours: for five minutes ticks are quarantined, and then the day goes on."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        world.pass_minutes(2)
        assert world.ticked == START + 2 * MINUTE
        world.wall_ahead = HOURS
        world.pass_minutes(3)
        assert world.ticked == START + 2 * MINUTE
        assert set(world.refused()) == {"tick-leap"}
        (sign,) = world.leaps.signs()
        assert "180 minutes" in sign.en
        world.pass_minutes(3)
        assert world.ticked >= START + HOURS + 5 * MINUTE
        assert not list(world.leaps.signs())
        refused = len(world.refused())
        assert refused <= STEADY_S / MINUTE + 1
        world.pass_minutes(2)
        assert len(world.refused()) == refused


def test_what_comes_while_the_clock_is_doubted_has_the_time_without_the_leap(tmp_path: Path) -> None:
    """So the kernel's time does not run ahead, and when the clock is right again its ticks go on where they were."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        world.wall_ahead = HOURS
        world.pass_minutes(2)
        hub.put(GradeFeed(id="late", at=Instant(int(world.clock.now())), grade=FeedGrade.LATE))
        state = hub.pipeline.state
        assert state.facts.grade is FeedGrade.LATE
        assert state.facts.now == START + 2 * MINUTE
        again = World(hub)  # the same journal under a clock that is right
        again.wall_ahead = -world.machine.seconds() + 3 * MINUTE
        again.clock.begin()
        again.leaps.begin(state.facts.ticked)
        again.day.begin(fresh=False)
        assert again.ticked == START + 3 * MINUTE
        assert hub.pipeline.state.facts.now == START + 3 * MINUTE


def test_a_lock_ends_the_doubt_at_once(tmp_path: Path) -> None:
    """The next tick after masters vouch for the time is taken, as one, whatever lies between."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        world.wall_ahead = HOURS
        world.pass_minutes(2)
        assert world.refused()
        world.masters.lock()
        world.pass_minutes(1)
        assert world.ticked == START + HOURS + 3 * MINUTE
        assert world.clock.now() - world.ticked < MINUTE


def test_a_lock_on_a_clock_that_is_hours_off_vouches_for_nothing(tmp_path: Path) -> None:
    """While the clock is still being slewed to the masters' time, what it shows is not what they say."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        world.wall_ahead = HOURS
        world.pass_minutes(1)
        world.masters.lock(error_s=float(HOURS))
        world.pass_minutes(1)
        assert world.ticked == START


def test_a_master_that_jumps_forwards_and_is_believed_is_one_tick(tmp_path: Path) -> None:
    """A clock that is moved by masters that agree leaps with their word for it, and nothing is quarantined."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        world.pass_minutes(1)
        world.masters.lock()
        world.clock.steer(world.clock.base + HOURS, step=True)
        world.timer.poke()
        assert world.ticked == START + HOURS + MINUTE
        assert not world.refused()


def test_a_person_ends_the_doubt(tmp_path: Path) -> None:
    """Who accepts the time has the next tick taken; there is nothing to accept afterwards."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        assert not world.leaps.accept()
        world.wall_ahead = HOURS
        world.pass_minutes(1)
        assert world.leaps.accept()
        assert not world.leaps.accept()
        world.pass_minutes(1)
        assert world.ticked == START + HOURS + 2 * MINUTE


def test_a_clock_that_leaps_again_and_again_is_not_steady(tmp_path: Path) -> None:
    """Each new leap begins the five minutes anew."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        for _ in range(3):
            world.wall_ahead += HOURS
            world.pass_minutes(4)
        assert world.ticked == START


def test_a_hub_that_was_away_for_hours_goes_on_after_five_minutes(tmp_path: Path) -> None:
    """A power cut with masters of time that do not come back is a leap like any other."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        World(hub).begin()
        away = World(hub)
        away.wall_ahead = HOURS
        away.clock.begin()
        away.leaps.begin(hub.pipeline.state.facts.ticked)
        away.day.begin(fresh=False)
        assert away.refused() == ["tick-leap"]
        away.pass_minutes(6)
        assert away.ticked >= START + HOURS + 5 * MINUTE


def test_without_masters_of_time_nothing_is_doubted(tmp_path: Path) -> None:
    """A demo, or a station that runs on its machine's clock alone, has nobody who could vouch: a leap is one tick."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub, masters=False)
        world.begin()
        world.wall_ahead = HOURS
        world.pass_minutes(1)
        assert world.ticked == START + HOURS + MINUTE
        assert not world.refused()


def test_rows_are_right_again_when_the_clock_is(tmp_path: Path) -> None:
    """A train that a false leap would have dropped or made overdue is as it was, with all its tasks."""
    with made_hub(database_url(folder_url(tmp_path), tmp_path)) as hub:
        world = World(hub)
        world.begin()
        (call,) = [each for each in hub.pipeline.state.calls.values() if each.departure is not None]
        tasks = dict(hub.pipeline.state.tasks)
        world.wall_ahead = 20 * 60 * MINUTE
        world.pass_minutes(2)
        assert hub.pipeline.state.calls[call.id] == call
        assert dict(hub.pipeline.state.tasks) == tasks
        assert at("06:00") == START


def test_a_journal_with_quarantined_leaps_replays(tmp_path: Path) -> None:
    """Replay comes to the same refusals; the text of an ordinary tick is what it was before ticks could be doubted."""
    assert input_text(Tick(id="t", at=Instant(60))) == '{"id":"t","at":60}'
    url = database_url(folder_url(tmp_path), tmp_path)
    with made_hub(url) as hub:
        world = World(hub)
        world.begin()
        world.wall_ahead = HOURS
        world.pass_minutes(7)
        assert world.refused()
        refused = len(world.refused())
    archive = DatabaseArchive(url)
    try:
        found = replay(archive.lines(None))
    finally:
        archive.close()
    assert found.difference is None
    assert found.refused == refused
