"""The reader: polling, backing off, and what it says of the database."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

import pytest
from structlog.testing import capture_logs

from stationmaster_base.errors import ConfigurationError, Fault
from stationmaster_gateway.database import DatabaseGone, DatabaseUnfit, Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.reader import Reader
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_telegram.frame import Header
from stationmaster_telegram.records import DatabaseState

TIMES = ("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z")


class Polled:
    """A database in simulated time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.takes = 0.0
        self.gone = False
        self.faults: tuple[Fault, ...] = ()
        self.closed = 0
        self.reading = Reading(whole=True)
        self.mirror = Mirror()
        self.schedule = Schedule(self.mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
        self.reader = self.make(self.poll)

    def make(self, poll: Callable[[], Reading]) -> Reader:
        return Reader(
            poll,
            self.close,
            mirror=self.mirror,
            schedule=self.schedule,
            lock=Lock(),
            poll_hz=5,
            slow_s=2.0,
            monotonic=lambda: self.now,
        )

    def poll(self) -> Reading:
        self.now += self.takes
        if self.gone:
            raise DatabaseGone("database-gone", "It cannot be read.")
        if self.faults:
            raise DatabaseUnfit(self.faults)
        return self.reading

    def close(self) -> None:
        self.closed += 1


def run(number: int, day: str = "2026-03-01") -> Rows:
    return Rows(run=number, base=(number, day, f"G{number}", "高速", "through", "包头", "北京", *TIMES, "3"))


def test_polls_count_what_was_read_into_the_mirror() -> None:
    """When `polls` has grown, the calls are there and the changes are waiting."""
    polled = Polled()
    assert polled.reader.database() == (DatabaseState.STARTING, 0.0)
    polled.reading = Reading(whole=True, runs={1: run(1)})
    assert polled.reader.step() == pytest.approx(0.2)
    assert polled.reader.polls == 1
    assert polled.mirror.calls[1].numbers == ("G1",)
    assert polled.schedule.backlog == 2
    assert polled.reader.database() == (DatabaseState.GOOD, 0.0)


def test_a_poll_that_takes_time_shortens_the_pause() -> None:
    """The rate is kept where it can be, and a database slower than it is asked again at once."""
    polled = Polled()
    polled.takes = 0.15
    assert polled.reader.step() == pytest.approx(0.05)
    polled.takes = 0.5
    assert polled.reader.step() == 0


def test_a_read_that_hangs_makes_the_database_slow() -> None:
    """While the reader waits, others see that the last read is getting old."""
    polled = Polled()
    polled.reader.step()
    polled.now += 1.9
    assert polled.reader.database()[0] is DatabaseState.GOOD
    polled.now += 0.2
    state, age = polled.reader.database()
    assert state is DatabaseState.SLOW
    assert age == pytest.approx(2.1)


def test_a_database_that_is_gone_is_tried_with_growing_patience() -> None:
    """It is logged once when it goes and once when it is back, and the pause never exceeds 2 s."""
    polled = Polled()
    polled.reader.step()
    polled.gone = True
    with capture_logs() as logs:
        waits = [polled.reader.step() for _ in range(7)]
        assert polled.reader.database()[0] is DatabaseState.GONE
        polled.gone = False
        assert polled.reader.step() == pytest.approx(0.2)
    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0])
    assert [log["event"] for log in logs] == ["database_gone", "database_back"]
    assert (polled.reader.polls, polled.reader.failures) == (2, 7)
    assert polled.reader.database()[0] is DatabaseState.GOOD


def fault(problem: str) -> Fault:
    return Fault(file="dispatching database", place="report.actual", problem=problem)


def test_a_database_that_does_not_fit_at_the_start_is_refused_with_all_its_faults() -> None:
    """Not at once, since its makers may be about to finish it; and never once it has been read."""
    polled = Polled()
    polled.faults = (fault("is missing"), fault("is a number"))
    polled.reader.step()
    assert polled.reader.database()[0] is DatabaseState.UNFIT
    polled.now += 2.9
    polled.reader.step()
    assert polled.reader.refused is None
    polled.now += 0.2
    refused = polled.reader.refused
    assert isinstance(refused, ConfigurationError)
    assert refused.faults == polled.faults
    polled.faults = ()
    polled.reader.step()
    assert polled.reader.refused is None


def test_a_database_that_stops_fitting_later_is_told_apart_from_one_that_is_gone_and_comes_back_by_itself() -> None:
    """Each change of what is wrong is logged once, and the line hears that the tables do not fit."""
    polled = Polled()
    polled.reader.step()
    with capture_logs() as logs:
        for polled.faults in ((fault("is missing"),), (fault("is missing"),), (fault("is a number"),)):
            polled.reader.step()
        assert polled.reader.database()[0] is DatabaseState.UNFIT
        assert polled.reader.faults == ("dispatching database: report.actual: is a number",)
        polled.now += 1000
        assert polled.reader.refused is None
        polled.gone = True
        polled.reader.step()
        assert polled.reader.database()[0] is DatabaseState.GONE
        polled.gone, polled.faults = False, ()
        polled.reader.step()
    events = ["database_unfit", "database_unfit", "database_gone", "database_back"]
    assert [log["event"] for log in logs] == events
    assert polled.reader.database()[0] is DatabaseState.GOOD
    assert polled.reader.faults == ()


def test_a_broken_row_is_logged_once_with_run_and_reason() -> None:
    """Who mends the database finds the run and the column in the log; the rest of the rows went on."""
    polled = Polled()
    polled.reading = Reading(
        whole=True, runs={1: run(1), 2: run(2, day="soon")}, strays=("report.run_id is 'x'; a run is a whole number",)
    )
    with capture_logs() as logs:
        polled.reader.step()
        polled.reader.step()
        polled.reading = Reading(whole=True, runs={1: run(1), 2: run(2)})
        polled.reader.step()
    assert [(log["event"], log.get("run_id")) for log in logs] == [
        ("row_broken", 2),
        ("row_broken", None),
        ("row_mended", 2),
    ]
    assert "service_date" in logs[0]["reason"]
    assert sorted(polled.mirror.calls) == [1, 2]


def test_vanished_runs_are_logged_by_number() -> None:
    """How many runs are gone is said once."""
    polled = Polled()
    polled.reading = Reading(whole=True, runs={1: run(1), 2: run(2)})
    polled.reader.step()
    polled.reading = Reading(whole=True, runs={1: run(1)})
    with capture_logs() as logs:
        polled.reader.step()
    assert [(log["event"], log["count"]) for log in logs] == [("runs_gone", 1)]


def test_it_runs_until_told_to_stop_and_lets_the_database_go() -> None:
    """The thread ends by itself, and its connection with it."""
    polled = Polled()
    stop = Event()

    def poll() -> Reading:
        if polled.reader.polls == 2:
            stop.set()
        return Reading(whole=True)

    polled.reader = polled.make(poll)
    polled.reader.run(stop)
    assert polled.reader.polls == 3
    assert polled.closed == 1
