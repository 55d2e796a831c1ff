"""Grading the feed, in machine seconds that a test moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_dmis.grading import Grading, Limits
from stationmaster_kernel.values import FeedGrade

FRESH, LATE, LOST = FeedGrade.FRESH, FeedGrade.LATE, FeedGrade.LOST


def grading(grade: FeedGrade = LOST, now: float = 0.0) -> Grading:
    return Grading(limits=Limits(late_s=10, lost_s=60, hold_s=2), grade=grade, now=now)


def good(one: Grading, now: float, *, complete: bool = True) -> FeedGrade:
    """A second in which everything is well."""
    one.telegram(now)
    one.database(now)
    if complete:
        one.complete(now)
    return one.look(now)


def test_after_a_start_it_is_fresh_as_soon_as_it_is_proven() -> None:
    """Telegrams alone make it late; completeness makes it fresh."""
    one = grading()
    assert one.look(0.1) is LOST
    assert good(one, 0.2, complete=False) is LATE
    assert good(one, 0.5) is FRESH


def test_silence_makes_it_late_and_then_lost() -> None:
    """Without telegrams it gets worse at its two ages, at once."""
    one = grading()
    good(one, 0.0)
    assert one.look(9.9) is FRESH
    assert one.look(10.0) is LATE
    assert one.look(59.9) is LATE
    assert one.look(60.0) is LOST


def test_a_gateway_without_its_database_is_as_bad_as_silence() -> None:
    """Telegrams go on coming, but what they say is getting old."""
    one = grading()
    good(one, 0.0)
    for second in range(1, 70):
        one.telegram(float(second))
        one.complete(float(second))
        expected = FRESH if second < 10 else LATE if second < 60 else LOST
        assert one.look(float(second)) is expected
    assert one.age(69.0) == 69.0


def test_it_is_fresh_again_only_after_it_has_been_good_for_a_while() -> None:
    """One telegram in a broken line does not make it fresh: two seconds without a lapse do."""
    one = grading()
    good(one, 0.0)
    one.look(11.0)
    assert good(one, 12.0) is LATE
    assert good(one, 13.9) is LATE
    assert good(one, 14.0) is FRESH


def test_a_lapse_begins_the_wait_anew() -> None:
    """Good moments far apart are not added up."""
    one = grading()
    good(one, 0.0)
    one.look(11.0)
    good(one, 12.0)
    assert one.look(22.5) is LATE
    assert good(one, 23.0) is LATE
    assert good(one, 25.0) is FRESH


def test_after_a_loss_completeness_has_to_be_proven_anew() -> None:
    """Whatever was missed meanwhile must be here before it is fresh."""
    one = grading()
    good(one, 0.0)
    one.look(61.0)
    assert good(one, 62.0, complete=False) is LOST
    assert good(one, 64.0, complete=False) is LATE
    assert good(one, 70.0, complete=False) is LATE
    assert good(one, 71.0) is FRESH


def test_knowing_that_something_is_missing_makes_it_late_but_never_lost() -> None:
    """A gateway says that it has more than is here: after ten seconds of that the feed is late."""
    one = grading()
    good(one, 0.0)
    grades = [good(one, float(second), complete=False) for second in range(1, 100)]
    assert grades[8] is FRESH
    assert set(grades[10:]) == {LATE}
    assert good(one, 100.0) is FRESH


def test_a_restarted_hub_goes_on_with_the_grade_that_it_had() -> None:
    """A restart of seconds changes nothing; if then nothing comes it gets worse from there."""
    one = grading(FRESH, now=100.0)
    assert one.look(100.1) is FRESH
    assert one.look(109.9) is FRESH
    assert one.look(110.0) is LATE
    assert one.look(160.0) is LOST
    again = grading(FRESH, now=100.0)
    assert good(again, 101.0, complete=False) is FRESH


def test_a_grade_that_was_taken_over_has_to_be_proven_in_the_end() -> None:
    """A restarted hub that is never told that it has everything does not call the feed fresh for more than a minute."""
    one = grading(FRESH, now=100.0)
    grades = [good(one, 100.0 + second, complete=False) for second in range(62)]
    assert grades[:60] == [FRESH] * 60
    assert grades[60:] == [LATE] * 2


def test_what_came_long_ago_does_not_make_it_older() -> None:
    """A file that was left lying is as old as it is, and takes nothing away from what came after it."""
    one = grading()
    good(one, 50.0)
    good(one, 20.0)
    assert one.age(51.0) == 1.0


@given(st.lists(st.tuples(st.floats(0, 15), st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_it_is_never_fresh_with_old_data(steps: list[tuple[float, bool, bool, bool]]) -> None:
    """Whatever comes when: fresh means younger than the limit, and lost means older than the other."""
    one = grading()
    now = 0.0
    for wait, telegram, database, complete in steps:
        now += wait
        if telegram:
            one.telegram(now)
        if database:
            one.database(now)
        if complete:
            one.complete(now)
        grade = one.look(now)
        age = one.age(now)
        if grade is FRESH:
            assert age is not None
            assert age < 10
        if age is not None and age >= 60:
            assert grade is LOST
