"""The judge: which sources are followed, and what is said of the time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.judge import Judge, JudgeSettings, Trouble, Verdict
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.reading import Condition, Reading
from stationmaster_clock.rollover import ERA, YearWindow
from stationmaster_clock.vote import Candidate, agreement
from support.nmea_lines import utc

LEAPS = LeapTable.shipped()
NOW = utc(2026, 11, 22, 3)
BASE = NOW - 1000.0
"""The true base: at machine second 1000 it is `NOW`."""


def good(name: str, off: float = 0.0, error_s: float = 0.1) -> Reading:
    return Reading(name=name, condition=Condition.GOOD, base=BASE + off, error_s=error_s)


class Bench:
    """A judge, and a machine whose clock is `off` seconds wrong."""

    def __init__(self, off: float = 0.0, **limits: float) -> None:
        self.judge = Judge(JudgeSettings(**limits), LEAPS)  # type: ignore[arg-type]  # numbers alone
        self.system = BASE + off

    def decide(self, *readings: Reading, machine: float = 1000.0) -> Verdict:
        return self.judge.decide(readings, machine, shown=self.system, system=self.system)


def conditions(verdict: Verdict) -> list[str]:
    return [each.condition.value for each in verdict.sources]


def test_one_good_source_locks() -> None:
    """A single master is followed when it is near the machine's clock."""
    verdict = Bench(off=20.0).decide(good("gps"))
    assert (verdict.state, verdict.base, verdict.error_s, verdict.source) == (ClockState.LOCKED, BASE, 0.1, "gps")


def test_the_falseticker_is_outvoted() -> None:
    """Two that agree win over one that does not, whichever is the most exact."""
    verdict = Bench().decide(good("a"), good("b", 0.05), good("c", 40.0, 0.001))
    assert verdict.state is ClockState.LOCKED
    assert verdict.base == pytest.approx(BASE, abs=0.1)
    assert conditions(verdict) == ["good", "good", "outvoted"]


def test_two_that_contradict_each_other_move_nothing() -> None:
    """Without a majority nobody is believed, and a person is told."""
    verdict = Bench().decide(good("a"), good("b", 40.0))
    assert (verdict.state, verdict.base, verdict.trouble) == (ClockState.FREE_RUN, None, Trouble.NO_MAJORITY)
    assert conditions(verdict) == ["undecided", "undecided"]


def test_what_was_known_decides_between_two() -> None:
    """Once locked, the one of two that stays with the time is followed on."""
    bench = Bench()
    bench.decide(good("a"), good("b"))
    verdict = bench.decide(good("a", 40.0), good("b"), machine=1010.0)
    assert (verdict.state, verdict.base, verdict.source) == (ClockState.LOCKED, BASE, "b")
    assert conditions(verdict) == ["outvoted", "good"]


def test_a_small_difference_between_two_does_not_unlock() -> None:
    """An exact server that contradicts the followed receiver by a little is outvoted by what was known."""
    bench = Bench()
    bench.decide(good("gps", 0.0, 0.25))
    verdict = bench.decide(good("gps", 0.0, 0.25), good("ntp", -0.3, 0.001), machine=1001.0)
    assert (verdict.state, verdict.source) == (ClockState.LOCKED, "gps")
    assert conditions(verdict) == ["good", "outvoted"]


def test_the_machines_clock_may_have_a_voice_but_never_decides_alone() -> None:
    """With a voice it settles a tie; without any master it locks nothing."""
    bench = Bench(system_error_s=1.0)
    assert bench.decide(good("a"), good("b", 40.0)).source == "a"
    alone = Bench(system_error_s=1.0)
    assert alone.decide().state is ClockState.FREE_RUN
    assert alone.decide(good("a", 30.0)).trouble is Trouble.NO_MAJORITY


def test_at_the_start_one_source_is_not_believed_far_from_the_machines_clock_but_two_are() -> None:
    """A machine's clock that is hours wrong is set by two masters that agree; a single one needs a person."""
    bench = Bench(off=8 * 3600.0)
    verdict = bench.decide(good("a"))
    assert (verdict.state, verdict.trouble) == (ClockState.FREE_RUN, Trouble.STEP_REFUSED)
    assert conditions(verdict) == ["too-far"]
    assert bench.decide(good("a"), good("b")).state is ClockState.LOCKED


def test_a_machine_without_a_clock_of_its_own_believes_one_source() -> None:
    """With a dead battery the machine is in 1970: the state is invalid until a master comes, and then locked."""
    bench = Bench(off=-BASE)
    assert bench.decide().state is ClockState.INVALID
    assert bench.decide(good("a")).state is ClockState.LOCKED


def test_a_step_of_all_sources_waits_for_a_person() -> None:
    """Receivers that jump together are not followed until somebody accepts it; then once, and only to that time."""
    bench = Bench()
    assert not bench.judge.accept_step()
    bench.decide(good("a"), good("b"))
    jumped = (good("a", 3600.0), good("b", 3600.0))
    verdict = bench.decide(*jumped, machine=1001.0)
    assert (verdict.state, verdict.base, verdict.trouble) == (ClockState.HOLDOVER, BASE, Trouble.STEP_REFUSED)
    assert conditions(verdict) == ["too-far", "too-far"]
    assert bench.judge.accept_step()
    assert bench.decide(good("a", 7200.0), good("b", 7200.0), machine=1002.0).trouble is Trouble.STEP_REFUSED
    verdict = bench.decide(*jumped, machine=1003.0)
    assert (verdict.state, verdict.base) == (ClockState.LOCKED, BASE + 3600.0)
    assert bench.decide(good("a"), good("b"), machine=1004.0).trouble is Trouble.STEP_REFUSED


def test_holdover_grows_less_exact_until_it_is_free_run() -> None:
    """Without a source the error grows by the drift, and at the limit holdover ends; the time is carried on."""
    bench = Bench(drift=100e-6, holdover_error_s=1.0)
    bench.decide(good("a"))
    silent = Reading(name="a", condition=Condition.SILENT)
    verdict = bench.decide(silent, machine=2000.0)
    assert verdict.state is ClockState.HOLDOVER
    assert verdict.error_s == pytest.approx(0.2)
    verdict = bench.decide(silent, machine=11_000.0)
    assert (verdict.state, verdict.base, verdict.source) == (ClockState.FREE_RUN, BASE, "a")
    assert verdict.error_s == pytest.approx(1.1)
    assert bench.decide(good("a", 2.0), machine=11_001.0).state is ClockState.LOCKED


def test_a_year_that_cannot_be_never_counts() -> None:
    """Sources of 1999, 2010 and 2038 are outdated, alone and together, at the start and later."""
    old = [good("a", utc(1999, 8, 22) - NOW), good("b", utc(2010, 7, 8) - NOW), good("c", utc(2038, 1, 1) - NOW)]
    bench = Bench()
    for _ in range(2):
        verdict = bench.decide(*old)
        assert verdict.base in (None, BASE)
        assert conditions(verdict) == ["outdated"] * 3
        bench.decide(good("true"))


def test_lost_weeks_are_repaired_only_towards_a_known_time() -> None:
    """A receiver of 1024 weeks ago helps when the time is known from elsewhere, and its blind repair is never tried."""
    lost = good("old", -ERA)
    bench = Bench()
    assert bench.decide(lost).base is None
    bench.decide(good("true"))
    verdict = bench.decide(lost, machine=1005.0)
    assert (verdict.state, verdict.base, verdict.source) == (ClockState.LOCKED, BASE, "old")
    assert verdict.sources[0].eras == 1
    # 2010-07-08 and 1024 weeks are 2030-02-21, a year that can be and the wrong one
    assert YearWindow().holds(utc(2010, 7, 8) + ERA)
    assert conditions(bench.decide(good("2010", utc(2010, 7, 8) - NOW), machine=1006.0)) == ["outdated"]


def test_gps_time_is_told_from_other_faults() -> None:
    """A receiver that has not heard of leap seconds is 18 s ahead, and that is said of it."""
    verdict = Bench().decide(good("a"), good("b"), good("raw", 18.0))
    assert verdict.sources[2].gps_time
    assert not Bench().decide(good("a"), good("b"), good("raw", 17.0)).sources[2].gps_time


def test_a_known_leap_second_is_no_step_in_holdover() -> None:
    """Over an inserted second the carried time is one second less ahead of the machine."""
    base = utc(2016, 12, 31, 23, 59, 50) - 100.0
    judge = Judge(JudgeSettings(window=YearWindow(first=2010)), LEAPS)
    reading = Reading(name="a", condition=Condition.GOOD, base=base, error_s=0.1)
    judge.decide([reading], 100.0, shown=base, system=base)
    assert judge.decide([], 105.0, shown=base, system=base).base == base
    assert judge.decide([], 120.0, shown=base, system=base).base == base - 1


candidates = st.lists(
    st.builds(Candidate, name=st.text("abc", max_size=3), base=st.floats(-9, 9), error_s=st.floats(0.01, 9)),
    max_size=6,
    unique_by=lambda each: each.name,
)


@given(candidates)
def test_a_majority_has_a_moment_in_common(sources: Sequence[Candidate]) -> None:
    """What is agreed on lies in the interval of every member, and the members are more than half of all."""
    agreed = agreement(sources)
    if agreed is None:
        moments = [each.low for each in sources]
        assert all(2 * sum(each.low <= at <= each.high for each in sources) <= len(sources) for at in moments)
        return
    assert len(agreed.members) * 2 > len(sources)
    assert agreed.low <= agreed.high
    assert all(each.low <= agreed.low and agreed.high <= each.high for each in agreed.members)


@given(st.integers(1, 3), st.data())
def test_fewer_than_half_never_move_the_time(liars: int, data: st.DataObject) -> None:
    """Whatever a minority says, the time stays within what the honest majority allows."""
    honest = [good(f"h{n}", data.draw(st.floats(-0.1, 0.1)), 0.1) for n in range(liars + 1)]
    lies = [good(f"l{n}", data.draw(st.floats(-1e9, 1e9)), data.draw(st.floats(0.001, 5.0))) for n in range(liars)]
    readings = data.draw(st.permutations([*honest, *lies]))
    verdict = Bench().decide(*readings)
    assert verdict.state is ClockState.LOCKED
    assert verdict.base is not None
    assert abs(verdict.base - BASE) <= 0.2


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0.001, 100.0)), max_size=4), st.floats(1, 1e6))
def test_a_locked_clock_is_never_moved_further_than_its_limit(
    sources: list[tuple[float, float]], passed: float
) -> None:
    """No sources, whatever they say, move a clock that was locked by more than its error, theirs and the limit."""
    bench = Bench()
    bench.decide(good("first"))
    verdict = bench.decide(
        *(good(f"s{n}", off, error) for n, (off, error) in enumerate(sources)), machine=1000.0 + passed
    )
    assert verdict.base is not None
    spread = max((error for _, error in sources), default=0.0)
    assert abs(verdict.base - BASE) <= 0.1 + 50e-6 * passed + 2 * spread + 2.0 + 1e-3
