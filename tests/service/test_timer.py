"""Doing things at moments of station time."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from stationmaster_base.clock import Anchor, FileClock, MachineClock, write_anchor
from stationmaster_base.errors import StationError
from stationmaster_service.timer import StationTimer


def stepped(folder: Path, station: float = 1000.0) -> tuple[FileClock, Path]:
    """A shadow clock that moves only when its file is written."""
    file = folder / "clock.json"
    write_anchor(file, Anchor(station=station, machine=0.0, rate=0.0))
    return FileClock(file, lambda: 5.0), file


def test_running_clock_runs_due_things_in_order_of_instant() -> None:
    """With a running clock things happen when their moment comes, the earlier moment first."""
    reactor = Clock()
    timer = StationTimer(MachineClock(lambda: 100.0 + reactor.seconds()), reactor)
    done: list[str] = []
    timer.call_at(103.0, lambda: done.append("b"))
    timer.call_at(102.0, lambda: done.append("a"))
    timer.call_at(103.0, lambda: done.append("c"))
    reactor.advance(1.9)
    assert done == []
    reactor.advance(0.2)
    assert done == ["a"]
    assert timer.next_at() == 103.0
    reactor.advance(1.0)
    assert done == ["a", "b", "c"]
    assert timer.next_at() is None
    assert reactor.getDelayedCalls() == []


def test_rate_of_the_clock_sets_the_wait(tmp_path: Path) -> None:
    """On a shadow clock at ten times speed a minute of the station is six seconds of the machine."""
    reactor = Clock()
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=1000.0, machine=0.0, rate=10.0))
    timer = StationTimer(FileClock(file, reactor.seconds), reactor)
    done: list[float] = []
    timer.call_at(1060.0, lambda: done.append(reactor.seconds()))
    reactor.pump([1.0] * 7)
    assert done == [6.0]


def test_stepped_clock_runs_things_by_poke_alone(tmp_path: Path) -> None:
    """A stepped clock arms nothing for a moment to come; a poke does all that is due before it returns."""
    reactor = Clock()
    clock, file = stepped(tmp_path)
    timer = StationTimer(clock, reactor)
    done: list[str] = []
    timer.call_at(1060.0, lambda: done.append("one"))
    timer.call_at(1120.0, lambda: done.append("two"))
    assert reactor.getDelayedCalls() == []
    write_anchor(file, Anchor(station=1060.0, machine=0.0, rate=0.0))
    timer.poke()
    assert done == ["one"]
    assert timer.next_at() == 1120.0


def test_what_is_due_already_needs_no_step(tmp_path: Path) -> None:
    """A moment that has passed is done at the reactor's next turn, on a stepped clock as on any other."""
    reactor = Clock()
    clock, _ = stepped(tmp_path)
    timer = StationTimer(clock, reactor)
    done: list[str] = []
    timer.call_at(1000.0, lambda: done.append("now"))
    assert done == []
    reactor.advance(0)
    assert done == ["now"]


def test_a_function_that_asks_for_more_is_served_in_the_same_poke(tmp_path: Path) -> None:
    """What becomes due because of what was done belongs to the same poke."""
    clock, file = stepped(tmp_path)
    timer = StationTimer(clock, Clock())
    done: list[str] = []

    def first() -> None:
        done.append("first")
        timer.call_at(1001.0, lambda: done.append("second"))
        timer.poke()

    timer.call_at(1001.0, first)
    write_anchor(file, Anchor(station=1001.0, machine=0.0, rate=0.0))
    timer.poke()
    assert done == ["first", "second"]


def test_cancelled_things_do_not_happen() -> None:
    """A cancelled handle does nothing, is not named as next, and can be cancelled again."""
    reactor = Clock()
    timer = StationTimer(MachineClock(reactor.seconds), reactor)
    done: list[str] = []
    early = timer.call_at(1.0, lambda: done.append("early"))
    timer.call_at(2.0, lambda: done.append("late"))
    early.cancel()
    early.cancel()
    assert not early.pending
    assert timer.next_at() == 2.0
    reactor.advance(3.0)
    assert done == ["late"]


def test_a_failing_function_is_logged_and_stops_nothing() -> None:
    """An exception in one timed function is logged by name, and the next function runs."""
    reactor = Clock()
    timer = StationTimer(MachineClock(reactor.seconds), reactor)
    done: list[str] = []

    def bad() -> None:
        raise ZeroDivisionError

    timer.call_at(1.0, bad)
    timer.call_at(1.0, lambda: done.append("good"))
    with structlog.testing.capture_logs() as logs:
        reactor.advance(1.0)
    assert done == ["good"]
    assert [line["event"] for line in logs] == ["timed-function-failed"]


def test_a_step_of_the_machines_clock_is_noticed() -> None:
    """A forward step of the wall clock is noticed within ten seconds of machine time."""
    reactor = Clock()
    ahead = 0.0
    timer = StationTimer(MachineClock(lambda: reactor.seconds() + ahead), reactor)
    done: list[float] = []
    timer.call_at(3600.0, lambda: done.append(reactor.seconds()))
    ahead = 7200.0
    reactor.pump([1.0] * 10)
    assert done == [10.0]


def test_a_broken_clock_file_is_the_pokers_error_and_a_running_clocks_warning(tmp_path: Path) -> None:
    """Poke reports a clock file that cannot be read; without a poke the last anchor goes on and a warning is logged."""
    reactor = Clock()
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=0.0, machine=0.0, rate=1.0))
    timer = StationTimer(FileClock(file, reactor.seconds), reactor)
    done: list[str] = []
    timer.call_at(1.0, lambda: done.append("done"))
    file.write_text("{")
    with pytest.raises(StationError, match="not a usable clock file"):
        timer.poke()
    with structlog.testing.capture_logs() as logs:
        reactor.advance(1.0)
    assert done == ["done"]
    assert [line["event"] for line in logs] == ["clock-not-read"]


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30))
def test_any_list_of_moments_is_kept(moments: list[tuple[int, bool]]) -> None:
    """Whatever is asked for and cancelled, exactly the rest happens, each not before its moment, in order."""
    reactor = Clock()
    timer = StationTimer(MachineClock(reactor.seconds), reactor)
    done: list[tuple[int, int]] = []
    handles = []
    for number, (moment, _) in enumerate(moments):

        def note(number: int = number, moment: int = moment) -> None:
            assert reactor.seconds() >= moment
            done.append((moment, number))

        handles.append(timer.call_at(moment, note))
    for handle, (_, cancelled) in zip(handles, moments, strict=True):
        if cancelled:
            handle.cancel()
    reactor.pump([1.0] * 52)
    assert done == sorted((moment, number) for number, (moment, cancelled) in enumerate(moments) if not cancelled)
