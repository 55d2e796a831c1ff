"""The simulator's service: at each instant its events, committed, whatever the clock and the database do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.values import EventName
from stationmaster_service.timer import StationTimer
from stationmaster_simulator.calendar import GivenEvents
from stationmaster_simulator.database import DispatchingDatabase
from stationmaster_simulator.events import Report, ScenarioEvent
from stationmaster_simulator.service import Simulator

START = 1_772_000_000


class SteppedClock:
    """Station time that a test sets; it runs only if a rate is given."""

    shadow = True

    def __init__(self, reactor: Clock, rate: float = 0.0) -> None:
        self.at = float(START)
        self.rate = rate
        self._reactor = reactor

    def now(self) -> float:
        return self.at + self._reactor.seconds() * self.rate

    def wait_for(self, instant: float) -> float:
        if instant <= self.now():
            return 0.0
        return (instant - self.now()) / self.rate if self.rate else float("inf")

    def reread(self) -> None:
        """Nothing to read."""


class FakeDatabase(DispatchingDatabase):
    """Remembers what it is told, and is out of reach when told to be."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.down = False
        self.counter = 0

    def prepare(self) -> None:
        self._note("prepare")

    def write(self, events: Iterable[ScenarioEvent], *, whole_of: Iterable[int] = ()) -> int:
        self._note("write", [event.at - START for event in events], sorted(whole_of))
        self.counter += 1
        return self.counter

    def drop_before(self, day: date) -> int:
        self._note("drop", day.isoformat())
        return self.counter

    def _note(self, *call: object) -> None:
        if self.down:
            raise StationError("database", "The database is away.")
        self.calls.append(call)


class Thread:
    """Stands for the database's thread: does its work at once, or when the test says so."""

    def __init__(self) -> None:
        self.held = False
        self._work: list[tuple[Callable[[], int], Deferred[int]]] = []

    def __call__(self, work: Callable[[], int]) -> Deferred[int]:
        done: Deferred[int] = Deferred()
        self._work.append((work, done))
        if not self.held:
            self.finish()
        return done

    def finish(self) -> None:
        for work, done in self._take():
            succeed(None).addCallback(lambda _, work=work: work()).addCallbacks(done.callback, done.errback)

    def _take(self) -> list[tuple[Callable[[], int], Deferred[int]]]:
        work, self._work = self._work, []
        return work


class Bench:
    """A simulator with everything around it made by the test; events at START + 10, 20 and 90000 seconds."""

    def __init__(self, rate: float = 0.0) -> None:
        self.reactor = Clock()
        self.clock = SteppedClock(self.reactor, rate)
        self.timer = StationTimer(self.clock, self.reactor)
        self.database = FakeDatabase()
        self.thread = Thread()
        self.simulator = Simulator(
            source=GivenEvents(
                Report(at=Instant(START + after), run=after, event=EventName.ARRIVAL, actual=Instant(START))
                for after in (-5, 10, 20, 90_000)
            ),
            database=self.database,
            in_thread=self.thread,
            clock=self.clock,
            timer=self.timer,
            reactor=self.reactor,
            zone=ZoneInfo("Asia/Shanghai"),
        )

    def step_to(self, after: float) -> Deferred[None]:
        """Set the clock and say so, as `POST /clock` does."""
        self.clock.at = START + after
        self.timer.poke()
        return self.simulator.settle()

    def writes(self) -> list[object]:
        return [call[1] for call in self.database.calls if call[0] == "write"]


def test_the_start_brings_the_database_to_the_present() -> None:
    """First the tables, then all that has happened as the whole truth of its runs, then what is too old goes."""
    bench = Bench()
    bench.simulator.startService()
    assert bench.database.calls == [("prepare",), ("write", [-5], [-5, 10, 20, 90_000]), ("drop", "2026-02-18")]
    health = bench.simulator.health()
    assert health.quiet
    assert health.next_at == START + 10
    assert health.more["changes"] == 1


def test_a_stepped_clock_writes_what_is_due_before_it_settles() -> None:
    """A step answers only after the commit; a step past two events is one commit; a step to nowhere is none."""
    bench = Bench()
    bench.simulator.startService()
    bench.thread.held = True
    answered: list[str] = []
    bench.step_to(25).addCallback(lambda _: answered.append("25"))
    assert answered == []
    assert not bench.simulator.health().quiet
    bench.thread.finish()
    assert answered == ["25"]
    assert bench.writes() == [[-5], [10, 20]]
    bench.step_to(30).addCallback(lambda _: answered.append("30"))
    assert answered == ["25", "30"]
    assert bench.writes() == [[-5], [10, 20]]
    assert bench.simulator.health().quiet


def test_a_running_clock_writes_at_each_instant() -> None:
    """At ten times speed the events come after one and two seconds."""
    bench = Bench(rate=10.0)
    bench.simulator.startService()
    bench.reactor.advance(0.9)
    assert bench.writes() == [[-5]]
    bench.reactor.advance(0.2)
    assert bench.writes() == [[-5], [10]]
    bench.reactor.advance(1.0)
    assert bench.writes() == [[-5], [10], [20]]


def test_what_falls_due_during_a_write_is_written_after_it() -> None:
    """A slow database gets one write at a time, and the step waits for the last of them."""
    bench = Bench()
    bench.simulator.startService()
    bench.thread.held = True
    answered: list[str] = []
    bench.step_to(12)
    bench.step_to(22).addCallback(lambda _: answered.append("22"))
    bench.thread.finish()
    assert answered == []
    bench.thread.finish()
    assert bench.writes() == [[-5], [10], [20]]
    assert answered == ["22"]


def test_a_database_out_of_reach_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost: what was due is written once the database is back, and meanwhile health says why not."""
    bench = Bench()
    bench.simulator.startService()
    bench.database.down = True
    answered: list[str] = []
    bench.step_to(12).addCallback(lambda _: answered.append("12"))
    health = bench.simulator.health()
    assert health.status == "degraded"
    assert health.more["problem"] == "The database is away."
    assert not health.quiet
    bench.reactor.advance(2.0)
    assert answered == []
    bench.database.down = False
    bench.reactor.advance(3.9)
    assert answered == []
    bench.reactor.advance(0.2)
    assert answered == ["12"]
    assert bench.writes() == [[-5], [10]]
    assert bench.simulator.health().status == "ok"
    assert "database-not-written" in capsys.readouterr().out


def test_a_first_write_that_fails_is_tried_again_whole() -> None:
    """A database that comes later than the simulator is brought to the present when it comes."""
    bench = Bench()
    bench.database.down = True
    bench.simulator.startService()
    bench.database.down = False
    bench.reactor.advance(2.0)
    assert bench.database.calls[:2] == [("prepare",), ("write", [-5], [-5, 10, 20, 90_000])]


def test_old_days_go_once_a_day() -> None:
    """The first write of a new local day drops what is older than a week, the others do not."""
    bench = Bench()
    bench.simulator.startService()
    bench.step_to(12)
    bench.step_to(90_000)
    assert [call[1] for call in bench.database.calls if call[0] == "drop"] == ["2026-02-18", "2026-02-19"]


def test_stopping_waits_for_the_write() -> None:
    """What is being written is finished before the service has stopped, and nothing is begun after."""
    bench = Bench()
    bench.simulator.startService()
    bench.thread.held = True
    bench.step_to(12)
    stopped: list[str] = []
    waiting = bench.simulator.stopService()
    assert waiting is not None
    waiting.addCallback(lambda _: stopped.append("stopped"))
    assert stopped == []
    bench.clock.at = START + 25
    bench.timer.poke()
    bench.thread.finish()
    assert stopped == ["stopped"]
    assert bench.writes() == [[-5], [10]]
    assert bench.reactor.getDelayedCalls() == []
