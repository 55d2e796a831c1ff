"""What a bad line does: a small share of `benchmarks/line_errors.py`, which sends far more bits."""

from __future__ import annotations

import pytest

from stationmaster_gateway.rows import Rows
from stationmaster_simulator.line_faults import LineFaults
from support.effort import scaled
from support.line_calls import day_rows, timetable
from support.line_trial import KINDS, RATES, Stream, Trial, run_errors


@pytest.fixture(scope="module")
def calls() -> dict[int, Rows]:
    return day_rows(timetable(), 135, reported=True)


@pytest.fixture(scope="module")
def stream(calls: dict[int, Rows]) -> Stream:
    return Stream(calls, 1500)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", RATES)
def test_whatever_is_taken_was_sent(stream: Stream, kind: str, rate: float) -> None:
    """Over a million bits with faults of each kind, every telegram that the decoder takes is one that was sent."""
    result = stream.send(scaled(1_000_000), kind, rate)
    assert result.wrong == 0
    assert result.taken > 20
    if rate >= 1e-4:
        assert result.refused > 0


@pytest.mark.parametrize("baud", [9600, 19200, 115200])
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_bad_line_everything_is_known_soon_and_after_a_cut_again(
    calls: dict[int, Rows], kind: str, baud: int
) -> None:
    """With a fault every 10,000 bits a starting receiver has proof of everything within a minute, also after cuts."""
    result = run_errors(calls, kind, 1e-4, baud, seconds=20, limit_s=120, times=2)
    assert (result.wrong, result.never) == (0, 0)
    assert max(*result.complete_s, *result.recovery_s) < 60
    assert len(result.complete_s) == len(result.recovery_s) == 2
    assert result.news_s
    assert max(result.news_s) < 20


def test_a_receiver_grows_complete_even_where_most_telegrams_are_lost(calls: dict[int, Rows]) -> None:
    """With a fault every 1,000 bits two of three telegrams are lost, and still everything is proven in the end."""
    result = run_errors(calls, "independent", 1e-3, 115200, seconds=10, limit_s=120, times=2)
    assert (result.wrong, result.never) == (0, 0)
    assert result.refused > result.taken


def test_every_train_of_the_day_at_once_at_9600_baud(calls: dict[int, Rows]) -> None:
    """All are told within a quarter of a minute, and none grows old meanwhile."""
    trial = Trial(calls, 9600, LineFaults(1))
    trial.live(20)
    waits, oldest = trial.storm(120)
    assert len(waits) == len(calls)
    assert waits[-1] < 15
    assert oldest < 25


def test_the_same_seed_gives_the_same_trial(calls: dict[int, Rows]) -> None:
    """A trial can be repeated."""
    first, second = (
        run_errors(calls, "bursts", 1e-3, 19200, seconds=10, limit_s=60, times=1, seed=5) for _ in range(2)
    )
    assert first == second
