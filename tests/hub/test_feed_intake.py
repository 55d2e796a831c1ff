"""The dispatching feed on its way into the pipeline."""

from __future__ import annotations

from dataclasses import replace

from hub.making import HandPipeline, begin, worked
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.inputs import Configure, Feed, GradeFeed
from stationmaster_kernel.state import State
from stationmaster_kernel.values import FeedGrade
from support.small_station import STATION, at, place, record


class Fixture:
    """An intake on the small station at a settable time."""

    def __init__(self, state: State | None = None) -> None:
        self.time = float(at("07:00"))
        self.pipeline = HandPipeline(state or worked(*begin()))
        self.intake = FeedIntake(self.pipeline, MachineClock(lambda: self.time), "boot")
        self.intake.loaded()

    def feeds(self) -> list[tuple[object, ...]]:
        """The records of each feed input that was ever put in."""
        return [given.records for given in self.pipeline.ever if isinstance(given, Feed)]


LATE = record(expected_departure=at("08:30"))
LATER = record(expected_departure=at("08:40"))


def test_only_news_is_put_in() -> None:
    """What the kernel knows is dropped; records that arrive together are one input, in their order."""
    fixture = Fixture()
    other = record("G2")
    fixture.intake.news([LATE, other])
    fixture.pipeline.commit()
    fixture.intake.news([LATE])
    fixture.intake.news([other, LATER])
    assert fixture.feeds() == [(LATE, other), (LATER,)]
    first, second = (given for given in fixture.pipeline.ever if isinstance(given, Feed))
    assert first.id != second.id
    assert first.at == at("07:00")


def test_a_change_that_is_taken_back_in_one_breath_is_not_lost() -> None:
    """Records that arrive together are compared with each other before they are compared with what is known."""
    fixture = Fixture()
    fixture.intake.news([LATE])
    fixture.pipeline.commit()
    fixture.intake.news([LATER, LATER, LATE])
    assert fixture.feeds() == [(LATE,), (LATER, LATE)]


def test_a_change_that_is_taken_back_while_it_waits_is_not_lost() -> None:
    """A record equal to the committed one is news while another of the same train is on its way."""
    fixture = Fixture()
    fixture.intake.news([LATE])
    fixture.pipeline.commit()
    fixture.intake.news([LATER])
    fixture.intake.news([LATER])
    fixture.intake.news([LATE])
    fixture.pipeline.commit()
    fixture.intake.news([LATE])
    assert fixture.feeds() == [(LATE,), (LATER,), (LATE,)]
    call = next(iter(fixture.pipeline.state.calls.values()))
    assert call.departure is not None
    assert call.departure.expected == at("08:30")


def test_what_the_kernel_will_not_take_is_put_in_once() -> None:
    """An impossible record is quarantined once and not with every repeat; another one of the same train is news."""
    fixture = Fixture()
    nonsense = record(track="99")
    for _ in range(3):
        fixture.intake.news([nonsense])
        fixture.pipeline.commit()
    assert fixture.feeds() == [(nonsense,)]
    fixture.intake.news([LATE])
    fixture.pipeline.commit()
    fixture.intake.try_again()
    assert fixture.feeds() == [(nonsense,), (LATE,)]


def test_what_has_become_possible_is_put_in_again() -> None:
    """A report from the near future is taken as soon as its time has come, without being sent again."""
    fixture = Fixture()
    ahead = record(actual_arrival=at("07:08"))
    fixture.intake.news([ahead])
    fixture.pipeline.commit()
    fixture.time = at("07:02")
    fixture.intake.try_again()
    assert fixture.feeds() == [(ahead,)]
    fixture.time = at("07:03")
    fixture.intake.try_again()
    fixture.pipeline.commit()
    assert fixture.feeds() == [(ahead,), (ahead,)]
    call = next(iter(fixture.pipeline.state.calls.values()))
    assert call.arrival is not None
    assert call.arrival.actual == at("07:08")
    fixture.intake.try_again()
    assert len(fixture.feeds()) == 2


def test_a_track_that_is_built_makes_its_records_possible() -> None:
    """After a new configuration the records that it makes possible are put in."""
    fixture = Fixture()
    fixture.intake.news([record(track="7")])
    fixture.pipeline.commit()
    wider = replace(STATION, places=(*STATION.places, place(PlaceKind.TRACK, "7", platform="2")))
    fixture.pipeline.put(Configure(id="configure/2", at=at("07:00"), configuration=wider))
    fixture.pipeline.commit()
    fixture.intake.try_again()
    fixture.pipeline.commit()
    assert next(iter(fixture.pipeline.state.calls.values())).track == "7"


def test_a_train_that_is_long_gone_is_put_in_once() -> None:
    """A record that the kernel takes as over, and keeps nothing of, does not come again with every repeat."""
    fixture = Fixture()
    fixture.time = at("07:00", days=4)
    gone = record("G9", running="extra")
    for _ in range(3):
        fixture.intake.news([gone])
        fixture.pipeline.commit()
        fixture.intake.try_again()
    assert fixture.feeds() == [(gone,)]


def test_grades_are_put_in_when_they_change() -> None:
    """A grade is an input when it differs from what was stored or said before; ids never repeat."""
    fixture = Fixture()
    assert fixture.intake.grade is FeedGrade.FRESH
    for grade in (FeedGrade.FRESH, FeedGrade.LATE, FeedGrade.LATE, FeedGrade.LOST, FeedGrade.FRESH):
        fixture.intake.graded(grade)
    put = [given for given in fixture.pipeline.ever if isinstance(given, GradeFeed)]
    assert [given.grade for given in put] == [FeedGrade.LATE, FeedGrade.LOST, FeedGrade.FRESH]
    assert len({given.id for given in put}) == 3


def test_when_the_feed_was_last_fresh_is_known() -> None:
    """Now while it is fresh; afterwards the time of its last good word; after a start the time of the stored state."""
    fixture = Fixture()
    assert fixture.intake.fresh_at == at("07:00")
    fixture.intake.age = lambda: 10.0
    fixture.time = at("07:30")
    fixture.intake.graded(FeedGrade.LATE)
    fixture.time = at("07:40")
    assert fixture.intake.fresh_at == at("07:30") - 10
    unknown = Fixture(State.empty(at("06:00")))
    assert (unknown.intake.grade, unknown.intake.fresh_at) == (FeedGrade.LOST, None)
    stored = Fixture()
    stored.time = at("09:00")
    stored.intake.age = lambda: None
    stored.intake.graded(FeedGrade.LOST)
    assert stored.intake.fresh_at == at("09:00")


def test_another_grade_is_told_once() -> None:
    """A listener hears of each change when the grade and its time are as they are now, and of no repeat."""
    fixture = Fixture()
    told: list[tuple[FeedGrade, float | None]] = []
    fixture.intake.on_grade(lambda: told.append((fixture.intake.grade, fixture.intake.fresh_at)))
    fixture.time += 20
    for grade in (FeedGrade.FRESH, FeedGrade.LATE, FeedGrade.LATE, FeedGrade.LOST):
        fixture.intake.graded(grade)
    assert told == [(FeedGrade.LATE, at("07:00") + 20), (FeedGrade.LOST, at("07:00") + 20)]
