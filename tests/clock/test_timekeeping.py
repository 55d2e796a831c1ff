"""Comparing two clocks by exchanges of four stamps."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.timekeeping import OffsetFilter

BASE = 1_790_000_000.0


def exchange(
    chosen: OffsetFilter, at: float, there: float, back: float, base: float = BASE, busy: float = 0.001
) -> bool:
    """One exchange that begins at machine second `at`, with these ways there and back in seconds."""
    received = at + there + base
    return chosen.take(at, received, received + busy, at + there + busy + back)


def test_a_symmetric_way_gives_the_exact_base() -> None:
    """With ways of equal length the base is exact, and its error is half of the way there and back."""
    chosen = OffsetFilter()
    assert exchange(chosen, 10.0, 0.02, 0.02)
    measured = chosen.measured(10.041)
    assert measured is not None
    assert measured.base == pytest.approx(BASE, abs=1e-5)
    assert measured.error_s == pytest.approx(0.02, abs=1e-5)


def test_the_shortest_way_counts_and_grows_old() -> None:
    """A short exchange is used in spite of later long ones, until drift has made it worse than they are."""
    chosen = OffsetFilter(drift=100e-6)
    exchange(chosen, 0.0, 0.001, 0.001)
    exchange(chosen, 500.0, 0.05, 0.01)
    assert chosen.measured(10.0).base == pytest.approx(BASE, abs=1e-4)  # type: ignore[union-attr]  # there is one
    assert chosen.measured(1000.0).base == pytest.approx(BASE + 0.02, abs=1e-4)  # type: ignore[union-attr]  # likewise


def test_another_clock_that_was_set_is_followed_after_two_exchanges() -> None:
    """One strange exchange changes nothing; a second one like it makes the filter begin anew."""
    chosen = OffsetFilter()
    for n in range(8):
        exchange(chosen, float(n), 0.001, 0.001)
    exchange(chosen, 10.0, 0.001, 0.002, BASE + 5)
    assert chosen.measured(10.0).base == pytest.approx(BASE, abs=0.01)  # type: ignore[union-attr]  # there is one
    exchange(chosen, 11.0, 0.001, 0.001, BASE + 5)
    assert chosen.measured(11.0).base == pytest.approx(BASE + 5, abs=0.01)  # type: ignore[union-attr]  # likewise
    assert len(chosen) == 1


@pytest.mark.parametrize(
    "stamps",
    [
        (1.0, math.nan, BASE, 2.0),
        (1.0, BASE, BASE, math.inf),
        (2.0, BASE, BASE, 1.0),
        (1.0, BASE + 1, BASE, 2.0),
        (1.0, BASE, BASE + 9, 2.0),
        (1.0, BASE, BASE, 9999.0),
    ],
)
def test_stamps_that_cannot_be_are_refused(stamps: tuple[float, float, float, float]) -> None:
    """Stamps that are no numbers, run backwards, or leave no time for the way are not used."""
    chosen = OffsetFilter()
    assert not chosen.take(*stamps)
    assert chosen.measured(2.0) is None


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=1, max_size=30), st.floats(-90e-6, 90e-6))
def test_the_true_base_is_always_within_the_error(ways: list[tuple[float, float]], drift: float) -> None:
    """However unequal the ways and whatever the drift within its limit, the truth lies within the stated error."""
    chosen = OffsetFilter(drift=100e-6)
    at = 0.0
    for there, back in ways:
        at += 16.0
        exchange(chosen, at, there, back, BASE + drift * at)
    at += 1.0
    measured = chosen.measured(at)
    assert measured is not None
    assert abs(measured.base - (BASE + drift * at)) <= measured.error_s + 1e-4 + 200e-6


def test_a_busy_network_is_filtered() -> None:
    """With ways of 1 ms that are often delayed by up to 80 ms, the base is known to 2 ms all the same."""
    random = Random(4)
    chosen = OffsetFilter()
    worst = 0.0
    for n in range(200):
        there, back = (0.001 + (random.random() < 0.25) * random.random() * 0.08 for _ in "ab")
        exchange(chosen, n * 4.0, there, back)
        if n >= 8:
            worst = max(worst, abs(chosen.measured(n * 4.0 + 0.2).base - BASE))  # type: ignore[union-attr]  # there is one
    assert worst < 0.002
