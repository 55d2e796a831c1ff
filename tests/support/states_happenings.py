"""What can happen to a train and its tasks, made to happen through real inputs: the rows of the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.deeds import Handle, Handling, SetFormation, SetMode, Undo
from stationmaster_kernel.inputs import Configure, Feed
from stationmaster_kernel.rules import Moment
from stationmaster_kernel.values import FeedGrade, Running
from support.small_station import at, record
from support.states_station import G1, LOOSE, STATES_STATION, Story

__all__ = ["HAPPENINGS", "Happening", "Telling", "expected", "left_now", "manual"]

Telling = Callable[[Story], None]

OF_ARRIVAL = ("say-arrived", "arrivals")
"""The rules that hang on the arrival."""


def _nothing(_: Story) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`first` comes before the task is brought into its state, `prepare` after that; `happen` is what is judged."""

    happen: Telling
    prepare: Telling = _nothing
    first: Telling = _nothing


def expected(story: Story, minutes: int) -> None:
    """Both events so many minutes from the plan; an arrival that has been reported stays what it is."""
    arrived = story.view.actual_arrival is not None
    story.feed(
        expected_arrival=None if arrived else Instant(at("08:00") + minutes * MINUTE),
        expected_departure=Instant(at("08:10") + minutes * MINUTE),
        arrival_unknown=False,
        departure_unknown=False,
    )


def _late(minutes: int) -> Telling:
    return lambda story: expected(story, minutes)


def _unknown(story: Story) -> None:
    if not story.view.departure_unknown:
        story.wait(1)
        arrived = story.view.actual_arrival is not None
        story.feed(arrival_unknown=not arrived, departure_unknown=True)


def _arrived(story: Story) -> None:
    """The arrival is reported, as of now."""
    if story.view.actual_arrival is None:
        story.feed(actual_arrival=story.now)


def left_now(story: Story) -> None:
    """The train is reported to have been here and left, now, unless it has been reported before."""
    if story.view.actual_departure is not None:
        return
    story.feed(
        actual_arrival=story.view.actual_arrival or Instant(story.now - 2 * MINUTE),
        actual_departure=story.now,
    )


def _arrived_at_eight(story: Story) -> None:
    if story.now < at("08:00"):
        story.to("08:00")
        if story.view.running is not Running.SUSPENDED:
            _arrived(story)


def _nearly_overdue(story: Story) -> None:
    """Just before the event that the subject hangs on is overdue."""
    if story.subject in OF_ARRIVAL or (story.subject == "check-in" and story.now < at("08:00")):
        story.to("08:01")
    else:
        _arrived_at_eight(story)
        story.to("08:11")


def _without_feed(story: Story) -> None:
    _nearly_overdue(story)
    story.grade(FeedGrade.LOST)


def _goes_on(minutes: int) -> Telling:
    return lambda story: story.wait(minutes)


def _gone_again(story: Story) -> None:
    if story.view.actual_departure is None:
        story.wait(1)
        left_now(story)


def _gone_not(story: Story) -> None:
    story.wait(1)
    story.feed(actual_departure=None)


def _long_overdue(story: Story) -> None:
    if story.subject not in OF_ARRIVAL:
        _arrived_at_eight(story)
    story.to("08:59")


def _reported_late(story: Story) -> None:
    story.wait(1)
    if story.view.actual_departure is None:
        story.feed(actual_arrival=at("08:00"), actual_departure=at("08:10"))


def _suspend(story: Story) -> None:
    story.feed(running=Running.SUSPENDED, reason="大风")


def _suspended(story: Story) -> None:
    if story.view.running is not Running.SUSPENDED:
        story.wait(1)
        _suspend(story)


def _long_suspended(story: Story) -> None:
    _suspended(story)
    story.to("09:30")


def _restore(story: Story) -> None:
    story.wait(1)
    story.feed(running=Running.SCHEDULED, reason="")


def _running(running: Running) -> Telling:
    return lambda story: story.feed(running=running, reason="")


def _other_track(story: Story) -> None:
    """The other track of the platform at which the train is."""
    at_platform = story.state.calls[G1].platform
    story.feed(track={"1": "4", "2": "3"}[at_platform])


def _other_platform(story: Story) -> None:
    """A track of the platform at which the train is not."""
    at_platform = story.state.calls[G1].platform
    story.feed(track={"1": "2", "2": "1"}[at_platform])


def _here(story: Story) -> None:
    """The arrival has been reported, if it was not before."""
    if story.view.actual_arrival is None:
        story.wait(1)
        _arrived(story)


def _cancelled(story: Story) -> None:
    story.wait(1)
    story.feed(actual_arrival=None)


def _cancelled_and_gone_by(story: Story) -> None:
    _here(story)
    _cancelled(story)
    story.to("08:39")


def _reported_anew(story: Story) -> None:
    story.wait(1)
    _arrived(story)


def _long_here(minutes: int) -> Telling:
    """The arrival was reported so many minutes ago."""

    def prepare(story: Story) -> None:
        _here(story)
        assert story.view.actual_arrival is not None
        story.until(Instant(story.view.actual_arrival + minutes * MINUTE))

    return prepare


def _corrected(minutes: int) -> Telling:
    """It arrived so many minutes later than was reported."""

    def happen(story: Story) -> None:
        assert story.view.actual_arrival is not None
        story.feed(actual_arrival=Instant(story.view.actual_arrival + minutes * MINUTE))

    return happen


def _drop(story: Story) -> None:
    story.leap("20:05", 1)
    story.to("20:30", 1)


def _report_after_drop(story: Story) -> None:
    story.leap("20:05", 1)
    story.to("20:30", 1)
    story.feed(running=Running.SCHEDULED, actual_arrival=at("08:00"), actual_departure=at("08:10"))


def _namesake(story: Story) -> None:
    """The second train of the same number on the same date is late."""
    other = record(
        track="2",
        planned_arrival=at("20:00"),
        planned_departure=at("20:10"),
        expected_departure=at("21:30"),
    )
    story.give(Feed(id="namesake", at=story.now, records=(other,)))


def _handle(how: Handling) -> Telling:
    return lambda story: story.act(Handle(tasks=(story.task.id,), how=how))


def manual(story: Story) -> None:
    """The whole station is to wait for a person."""
    story.act(SetMode(scope="station", manual=True))


def _automatic(story: Story) -> None:
    story.act(SetMode(scope="station", manual=False))


def _automatic_with_it(story: Story) -> None:
    story.act(SetMode(scope="station", manual=False, chosen=(story.task.id,)))


def _rule_out(story: Story) -> None:
    rules = tuple(rule for rule in STATES_STATION.rules if rule.id != story.subject)
    story.give(Configure(id="rule-out", at=story.now, configuration=replace(STATES_STATION, rules=rules)))


def _later(moment: Moment | None) -> Moment | None:
    return None if moment is None else replace(moment, offset=moment.offset + 3)


def _rule_changed(story: Story) -> None:
    """The subject's rule counts three minutes more."""
    rules = tuple(
        replace(rule, due=_later(rule.due), end=_later(rule.end)) if rule.id == story.subject else rule
        for rule in STATES_STATION.rules
    )
    story.give(Configure(id="rule-changed", at=story.now, configuration=replace(STATES_STATION, rules=rules)))


def _validity_over(story: Story) -> None:
    story.to("08:01")


def _ending_over(story: Story) -> None:
    _arrived_at_eight(story)
    story.to("08:30")


def _absent(story: Story) -> None:
    story.absent()


def _targets_out(story: Story) -> None:
    """What it is to be said in or shown on is taken out of the station."""
    configuration = replace(
        STATES_STATION,
        boards=tuple(board for board in STATES_STATION.boards if board.id not in story.task.targets),
        zones=tuple(zone for zone in STATES_STATION.zones if zone.id not in story.task.targets),
    )
    story.give(Configure(id="targets-out", at=story.now, configuration=configuration))


def _start_comes(story: Story) -> None:
    """Its start by its rule or by the person who made it."""
    times = {LOOSE: "07:50", "hall": "06:10", "lights": "07:45", "check-in": "07:55"}
    story.to(times[story.subject])


HAPPENINGS: dict[str, Happening] = {
    "its event is overdue, feed fresh": Happening(prepare=_nearly_overdue, happen=_goes_on(1)),
    "its event is overdue, no fresh feed": Happening(prepare=_without_feed, happen=_goes_on(1)),
    "overdue for half an hour, feed fresh": Happening(prepare=_nearly_overdue, happen=_goes_on(30)),
    "early, within `rearm`": Happening(happen=_late(-5)),
    "early, beyond `rearm`": Happening(happen=_late(-15)),
    "late, within `rearm`": Happening(happen=_late(5)),
    "late, beyond `rearm`": Happening(happen=_late(40)),
    "late by more than a day": Happening(happen=_late(26 * 60)),
    "early": Happening(happen=_late(-5)),
    "late": Happening(happen=_late(40)),
    "delay unknown": Happening(happen=_unknown),
    "known again, within `rearm`": Happening(prepare=_unknown, happen=_late(5)),
    "known again, beyond `rearm`": Happening(prepare=_unknown, happen=_late(40)),
    "known again": Happening(prepare=_unknown, happen=_late(40)),
    "suspended": Happening(happen=_suspend),
    "restored": Happening(prepare=_suspended, happen=_restore),
    "restored in time": Happening(prepare=_suspended, happen=_restore),
    "restored too late": Happening(prepare=_long_suspended, happen=_restore),
    "extra": Happening(happen=_running(Running.EXTRA)),
    "diverted": Happening(happen=_running(Running.DIVERTED)),
    "other track, same platform": Happening(happen=_other_track),
    "other platform before check-in opened": Happening(happen=_other_platform),
    "other platform after check-in opened": Happening(prepare=lambda story: story.to("07:56"), happen=_other_platform),
    "formation changed": Happening(happen=lambda story: story.act(SetFormation(call=G1, formation="16"))),
    "arrival reported": Happening(happen=_arrived),
    "departure reported": Happening(happen=left_now),
    "reported long after it has gone": Happening(prepare=_long_overdue, happen=_reported_late),
    "departure report cancelled": Happening(prepare=_gone_again, happen=_gone_not),
    "arrival report cancelled": Happening(prepare=_here, happen=_cancelled),
    "reported anew, beyond `rearm`": Happening(prepare=_cancelled_and_gone_by, happen=_reported_anew),
    "report corrected, within `rearm`": Happening(prepare=_long_here(3), happen=_corrected(3)),
    "report corrected, beyond `rearm`": Happening(prepare=_long_here(15), happen=_corrected(15)),
    "report corrected, back beyond `rearm`": Happening(prepare=_here, happen=_corrected(-15)),
    "its call is over": Happening(happen=_drop),
    "reported after its call was dropped": Happening(happen=_report_after_drop),
    "news of another call of its number": Happening(happen=_namesake),
    "now": Happening(happen=_handle(Handling.NOW)),
    "skip": Happening(happen=_handle(Handling.SKIP)),
    "hold": Happening(happen=_handle(Handling.HOLD)),
    "release": Happening(happen=_handle(Handling.RELEASE)),
    "automatic": Happening(happen=_handle(Handling.AUTOMATIC)),
    "taken back": Happening(happen=lambda story: story.act(Undo(act=story.ordered))),
    "station manual": Happening(happen=manual),
    "station automatic, it is not chosen": Happening(first=manual, happen=_automatic),
    "station automatic, it is chosen": Happening(first=manual, happen=_automatic_with_it),
    "its rule is taken out": Happening(happen=_rule_out),
    "its rule counts three minutes more": Happening(happen=_rule_changed),
    "its validity is over, executor present": Happening(happen=_validity_over),
    "its validity is over, executor absent": Happening(prepare=_absent, happen=_validity_over),
    "its validity is over since half an hour": Happening(prepare=_validity_over, happen=_ending_over),
    "its time comes": Happening(happen=_start_comes),
    "its end comes": Happening(happen=lambda story: story.to("08:00")),
    "it is over since long": Happening(happen=lambda story: story.leap("20:05", 1)),
    "its zones or boards are taken out": Happening(happen=_targets_out),
    "its executor goes": Happening(happen=_absent),
    "check-in opens": Happening(prepare=lambda story: story.to("07:54"), happen=_goes_on(1)),
    "feed lost": Happening(happen=lambda story: story.grade(FeedGrade.LOST)),
    "feed fresh again": Happening(
        prepare=lambda story: story.grade(FeedGrade.LOST), happen=lambda story: story.grade(FeedGrade.FRESH)
    ),
}
"""Each row's happening."""
