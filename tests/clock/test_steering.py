"""The steered clock: what it shows, however it is steered."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.steering import FASTEST_SLEW, SLEW, SteeredClock

START = 1_790_000_000.0


class Machine:
    """A machine with a wall clock that can be set."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.set_by = 0.0
        self.clock = SteeredClock(lambda: START + self.monotonic + self.set_by, lambda: self.monotonic)

    def after(self, seconds: float) -> float:
        self.monotonic += seconds
        return self.clock.now()


def begun(base: float = START) -> Machine:
    machine = Machine()
    machine.clock.steer(base)
    machine.clock.begin()
    return machine


def test_until_it_is_steered_it_shows_the_machines_time() -> None:
    """Unsteered it follows the wall clock forwards, and stands still should that be set back."""
    machine = Machine()
    assert machine.clock.now() == START + 100
    machine.set_by = 10.0
    assert machine.clock.now() == START + 110
    machine.set_by = 0.0
    assert machine.after(1.0) == START + 110
    assert machine.after(10.0) == START + 111
    assert not machine.clock.steered


def test_a_steered_clock_does_not_care_for_the_wall_clock() -> None:
    """Once steered, a step of the machine's own clock in either direction changes nothing."""
    machine = begun()
    machine.set_by = -3600.0
    assert machine.after(1.0) == START + 101
    machine.set_by = 3600.0
    assert machine.after(1.0) == START + 102


def test_before_the_days_work_it_may_be_set_anywhere() -> None:
    """Before `begin` it goes at once to where it is steered, backwards too; afterwards it does not."""
    machine = Machine()
    machine.clock.steer(START - 8 * 3600)
    assert machine.clock.now() == START + 100 - 8 * 3600
    machine.clock.begin()
    machine.clock.steer(START - 9 * 3600, step=True)
    assert machine.clock.now() == START + 100 - 8 * 3600
    assert machine.clock.wrong == -3600


def test_a_step_is_made_forwards_alone() -> None:
    """With `step` it goes forwards at once; without it, it is slewed."""
    machine = begun()
    machine.clock.steer(START + 60)
    assert machine.clock.now() == START + 100
    machine.clock.steer(START + 60, step=True)
    assert machine.clock.now() == START + 160


@pytest.mark.parametrize("wrong", [1.0, -1.0, 0.2])
def test_a_small_error_is_slewed_slowly(wrong: float) -> None:
    """A second is made good in 200 s, and then it runs at its own rate."""
    machine = begun()
    machine.clock.steer(START + wrong)
    seconds = abs(wrong) / SLEW
    assert machine.after(seconds / 2) == pytest.approx(START + 100 + seconds / 2 + wrong / 2, abs=1e-6)
    assert machine.after(seconds) == pytest.approx(START + 100 + 1.5 * seconds + wrong, abs=1e-6)
    assert machine.clock.wrong == pytest.approx(0.0, abs=1e-9)


def test_a_large_error_is_slewed_in_twenty_minutes_but_never_faster_than_half() -> None:
    """A minute too much is gone after 1,200 s; an hour takes two hours at half the rate."""
    machine = begun()
    machine.clock.steer(START - 60)
    assert machine.after(1200.0) == pytest.approx(START + 1240, abs=1e-6)
    machine = begun()
    machine.clock.steer(START - 3600)
    assert machine.after(3600.0) == pytest.approx(START + 100 + 1800, abs=1e-6)
    assert machine.after(3600.0) == pytest.approx(START + 100 + 3600, abs=1e-6)


def test_no_base_that_is_no_number() -> None:
    """A base that is not finite is refused."""
    with pytest.raises(ValueError, match="no base"):
        Machine().clock.steer(math.nan)


steps = st.lists(
    st.tuples(st.floats(0, 5000), st.floats(-4000, 4000), st.booleans(), st.floats(-1e5, 1e5)), min_size=1, max_size=20
)


@given(steps)
def test_it_never_runs_backwards_and_never_faster_than_the_slew(deeds: list[tuple[float, float, bool, float]]) -> None:
    """Whatever it is steered to and however the wall clock is set, once begun it never goes back."""
    machine = begun()
    before = machine.clock.now()
    for passed, off, step, wall in deeds:
        now = machine.after(passed)
        assert now >= before + passed * (1 - FASTEST_SLEW) - 1e-5
        assert now <= before + passed * (1 + FASTEST_SLEW) + 1e-5
        machine.set_by = wall
        machine.clock.steer(START + off, step=step)
        before = machine.clock.now()
        assert before >= now


@given(steps, st.floats(0, 20_000))
def test_the_wait_is_exact(deeds: list[tuple[float, float, bool, float]], ahead: float) -> None:
    """After waiting as long as it says, the instant has come, and not much earlier; also in the middle of a slew."""
    machine = begun()
    for passed, off, step, _ in deeds:
        machine.after(passed)
        machine.clock.steer(START + off, step=step)
    instant = machine.clock.now() + ahead
    assert machine.after(machine.clock.wait_for(instant)) == pytest.approx(instant, abs=1e-4)
    assert machine.clock.wait_for(instant - 1) == 0
