"""Which train is where on the track plan: moved by reports, seen coming and going by the clock, each at one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.console.track_plan.sojourn import Stage, sojourn_of
from stationmaster.console.track_plan.trains import Frame, TrainBook
from stationmaster.hub.openapi.track_plan import TrainBody
from stationmaster.station.directions import Directions, Side
from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.deeds import SetRunning
from stationmaster_kernel.inputs import Act, Configure, Feed, FeedRecord, GradeFeed, Plan, PlannedCall, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import CallKind, FeedGrade, Running
from support.effort import EFFORT, scaled
from support.small_station import DAY, at, planned, record, running_station

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
ORIGIN = {"kind": CallKind.ORIGIN, "arrival": None}
TERMINUS = {"kind": CallKind.TERMINUS, "departure": None}


class Station:
    """The small station with some trains, and what its plan shows."""

    def __init__(self, *calls: PlannedCall, grade: FeedGrade = FeedGrade.FRESH) -> None:
        self.state = running_station(*calls, grade=grade)
        self.book = TrainBook(Directions())
        self._count = 0

    def feed(self, clock: str, *records: FeedRecord) -> None:
        """News."""
        self._count += 1
        self.state, _ = step(self.state, Feed(id=f"feed/{self._count}", at=at(clock), records=records))

    def tick(self, clock: str) -> None:
        """A minute."""
        self.state, _ = step(self.state, Tick(id=f"tick/{clock}", at=at(clock)))

    def trains(self, clock: str) -> dict[str, TrainBody]:
        """The trains on the plan by number."""
        return {train.number: train for train in self.book.frame(self.state, at(clock)).trains}

    def stages(self, number: str, *clocks: str) -> list[str]:
        """What a train does at some times; a dash while it is not on the plan."""
        found = (self.trains(clock).get(number) for clock in clocks)
        return ["-" if train is None else train.stage for train in found]


def test_a_train_comes_stands_and_leaves_as_it_is_reported() -> None:
    """It comes in minutes before its time, stands from its report on, and is away minutes after its departure."""
    station = Station(planned())
    assert station.stages("G1", "07:55", "07:56", "07:59") == ["-", "coming", "coming"]
    station.feed("08:01", record(actual_arrival=at("08:01")))
    assert station.stages("G1", "08:01", "08:10", "08:30") == ["standing", "standing", "standing"]
    station.feed("08:11", record(actual_arrival=at("08:01"), actual_departure=at("08:11")))
    assert station.stages("G1", "08:11", "08:12", "08:13") == ["leaving", "leaving", "-"]


def test_a_report_ahead_of_the_clock_counts_at_once() -> None:
    """Reports are of whole minutes: a train that is said to have come at 08:00 has come, though it is 07:59:30."""
    station = Station(planned())
    station.feed("07:59:30", record(actual_arrival=at("08:00")))
    assert station.stages("G1", "07:58", "07:59:30", "08:00") == ["coming", "standing", "standing"]


def test_time_alone_never_lets_it_in_or_out() -> None:
    """While the feed is fresh and says nothing, a train that is overdue waits before the platform, and one that stands
    stays; for two hours, after which nobody believes in it.
    """
    station = Station(planned())
    for clock in ("08:03", "08:40", "09:59"):
        station.tick(clock)
        train = station.trains(clock)["G1"]
        assert (train.stage, train.held, train.unconfirmed) == ("coming", True, False)
        assert train.ends is not None
        assert train.ends <= at(clock)
    station.tick("10:01")
    assert station.trains("10:01") == {}
    station.feed("10:02", record(actual_arrival=at("10:02")))
    assert station.stages("G1", "10:30", "12:03", "12:05") == ["standing", "standing", "-"]


def test_without_news_times_are_believed_and_marked() -> None:
    """Where the feed is lost, trains come and go by their times, and each is told as unconfirmed."""
    station = Station(planned(), grade=FeedGrade.LOST)
    station.tick("08:05")
    train = station.trains("08:05")["G1"]
    assert (train.stage, train.unconfirmed) == ("standing", True)
    station.tick("08:15")
    assert station.stages("G1", "08:11", "08:12", "08:15") == ["leaving", "-", "-"]


def test_a_set_stands_before_it_leaves_and_after_it_came() -> None:
    """An origin call's set comes from the depot in time; a terminus call's is drawn off there."""
    station = Station(planned("G2", **ORIGIN, departure="08:10"), planned("G5", **TERMINUS, arrival="09:00", track="2"))
    assert station.stages("G2", "07:35", "07:36", "07:40", "08:10", "08:11") == [
        "-",
        *("coming", "standing", "standing", "standing"),
    ]
    train = station.trains("07:37")["G2"]
    assert (train.comes_from, train.goes_to, train.begins, train.ends) == ("left", "left", at("07:36"), at("07:40"))
    arrived = record("G5", kind=CallKind.TERMINUS, planned_arrival=at("09:00"), planned_departure=None, track="2")
    station.feed("09:00", replace(arrived, actual_arrival=at("09:00")))
    assert station.stages("G5", "09:19", "09:20", "09:22") == ["standing", "leaving", "-"]
    assert station.trains("09:20")["G5"].goes_to == "left"


def test_a_set_that_turns_round_is_seen_under_both_numbers() -> None:
    """Before it is the next train's, and while both hold, the set stands once and both numbers are told, each with the
    other; it neither leaves nor comes in between.
    """
    station = Station(
        replace(planned("G5", **TERMINUS, arrival="08:00"), turnaround="G6"),
        planned("G6", **ORIGIN, departure="09:00"),
    )
    assert station.stages("G6", "08:35") == ["-"]
    arrived = record("G5", kind=CallKind.TERMINUS, planned_departure=None, actual_arrival=at("08:00"))
    station.feed("08:00", arrived)
    assert station.stages("G5", "08:19", "08:25", "08:29") == ["standing", "standing", "standing"]
    assert station.stages("G6", "08:26", "08:30", "09:00") == ["-", "standing", "standing"]
    station.feed("08:21", replace(arrived, actual_arrival=at("08:15")))
    both = station.trains("08:32")
    assert {number: (train.slot, train.slots, train.with_set) for number, train in both.items()} == {
        "G5": (0, 2, both["G6"].id),
        "G6": (1, 2, both["G5"].id),
    }


def test_a_passing_train_runs_through() -> None:
    """It never stands: it comes, and leaves from its report on; one that is overdue is by long since."""
    station = Station(planned("K9", CallKind.PASSING, arrival="08:00", departure="08:00", track="9"))
    assert station.stages("K9", "07:55", "07:58", "08:01") == ["-", "coming", "coming"]
    passed = record("K9", kind=CallKind.PASSING, planned_departure=at("08:00"), track="9")
    station.feed("08:01", replace(passed, actual_departure=at("08:01")))
    assert station.stages("K9", "07:58", "08:01", "08:03") == ["coming", "leaving", "-"]


def test_a_suspended_train_is_on_no_track() -> None:
    """One that does not run is not on the plan, unless it stands there."""
    station = Station(planned())
    station.feed("07:30", record(running=Running.SUSPENDED))
    assert station.trains("08:05") == {}
    station = Station(planned())
    station.feed("08:00", record(actual_arrival=at("08:00")))
    (call,) = station.state.calls
    deed = SetRunning(call=call, running=Running.SUSPENDED, reason="a fault")
    station.state, _ = step(station.state, Act(id="act/1", at=at("08:05"), by="someone", deeds=(deed,)))
    assert station.trains("08:06")["G1"].state == "suspended"


def test_two_trains_on_one_track_are_both_there_and_in_conflict() -> None:
    """Trains that cannot both be on a track stand beside each other, and each names the other."""
    station = Station(planned(), planned("G3", departure="08:12", arrival="08:05"))
    reports = [
        record(actual_arrival=at("08:00")),
        record("G3", planned_arrival=at("08:05"), planned_departure=at("08:12"), actual_arrival=at("08:05")),
    ]
    station.feed("08:05", *reports)
    trains = station.trains("08:06")
    assert {number: (train.slot, train.slots) for number, train in trains.items()} == {"G1": (0, 2), "G3": (1, 2)}
    assert trains["G1"].conflicts == (trains["G3"].id,)
    assert trains["G3"].conflicts == (trains["G1"].id,)


@pytest.mark.parametrize(
    ("said", "state", "late"),
    [("08:10", "on_time", 0), ("08:25", "late", 15), ("08:07", "early", -3)],
)
def test_how_a_train_keeps_its_time(said: str, state: str, late: int) -> None:
    """A train that stands is told by its departure: on time, late or early by so many minutes."""
    station = Station(planned())
    station.feed("08:00", record(actual_arrival=at("08:00"), expected_departure=at(said)))
    train = station.trains("08:05")["G1"]
    assert (train.state, train.late) == (state, late)


def test_a_train_whose_delay_is_unknown_stays_where_it_is() -> None:
    """One that stands and whose departure nobody knows stands on; one to come is not on the plan."""
    station = Station(planned())
    station.feed("07:50", record(arrival_unknown=True))
    assert station.trains("08:00") == {}
    station = Station(planned())
    station.feed("08:05", record(actual_arrival=at("08:00"), departure_unknown=True))
    assert station.trains("08:40")["G1"].state == "unknown"


def test_sides_follow_from_names_numbers_and_kinds() -> None:
    """A named station decides, then whether the number is odd, then the depot; a train may go back."""
    directions = Directions(stations=(("北京", Side.RIGHT),), depot=Side.RIGHT)
    assert directions.comes_from("北京", "G1") is Side.RIGHT
    assert (directions.comes_from("包头", "G1"), directions.goes_to("包头", "G1")) == (Side.LEFT, Side.RIGHT)
    assert (directions.comes_from("包头", "G2"), directions.goes_to("包头", "G2")) == (Side.RIGHT, Side.LEFT)
    assert (directions.comes_from("包头", "X"), directions.goes_to("包头", "X")) == (Side.RIGHT, Side.LEFT)
    station = Station(planned("G1/G4"))
    train = station.trains("07:58")["G1"]
    assert (train.comes_from, train.goes_to, train.where) == ("left", "left", "left")


def test_a_frame_says_when_time_alone_changes_it() -> None:
    """Until then it stays as it is, if nothing is said; then it is another."""
    station = Station(planned(), planned("G3", arrival="08:30", departure="08:40", track="2"))
    frame = station.book.frame(station.state, at("07:00"))
    assert (frame.trains, frame.next_at) == ((), at("07:56"))
    assert station.book.frame(station.state, at("07:56") - 1).trains == ()
    assert len(station.book.frame(station.state, at("07:56")).trains) == 1


def test_a_hub_without_a_station_has_no_trains() -> None:
    """Before there is a configuration the plan is empty and waits for nothing."""
    assert TrainBook(Directions()).frame(State.empty(Instant(0)), 0.0) == Frame(trains=(), next_at=None)


def day_of_reports(day: Iterator[PlannedCall]) -> dict[Instant, list[FeedRecord]]:
    """Each call's reports of a day on which every third train is late, by minute."""
    found: dict[Instant, list[FeedRecord]] = {}
    for number, call in enumerate(day):
        late = Instant((number % 3) * 4 * MINUTE)
        whole = FeedRecord(
            day=DAY,
            numbers=call.numbers,
            train_class=call.train_class,
            kind=call.kind,
            origin=call.origin,
            destination=call.destination,
            planned_arrival=call.arrival,
            planned_departure=call.departure,
            track=call.track,
        )
        if call.arrival is not None:
            whole = replace(whole, actual_arrival=Instant(call.arrival + late))
            found.setdefault(Instant(call.arrival + late), []).append(whole)
        if call.departure is not None:
            whole = replace(whole, actual_departure=Instant(call.departure + late))
            found.setdefault(Instant(call.departure + late), []).append(whole)
    return found


def test_every_train_of_a_day_is_at_one_place_at_each_minute() -> None:
    """Minute by minute through the sample station's day: no train twice, each on its track, slots without gaps, and
    every train once in, there and out again, in this order; with usual effort, two hours of it.
    """
    loaded = load_station(SAMPLE)
    bare = replace(loaded.configuration, rules=())  # boards and loudspeakers are not looked at here
    plan = plan_day(loaded, DAY)
    begins, hours = (at("00:00"), 24) if EFFORT > 1 else (at("07:30"), 2)
    state = State.empty(begins)
    for given_input in (
        Configure(id="c", at=begins, configuration=bare),
        Plan(id="p", at=begins, day=DAY, calls=plan),
        GradeFeed(id="g", at=begins, grade=FeedGrade.FRESH),
    ):
        state, _ = step(state, given_input)
    reports = day_of_reports(iter(plan))
    state, _ = step(
        state, Feed(id="f", at=begins, records=tuple(r for t in sorted(reports) if t < begins for r in reports[t]))
    )
    book = TrainBook(Directions())
    seen: dict[str, list[str]] = {}
    for minute in range(hours * 60):
        now = Instant(begins + minute * MINUTE)
        state, _ = step(state, Tick(id=f"t/{minute}", at=now))
        if now in reports:
            state, _ = step(state, Feed(id=f"f/{minute}", at=now, records=tuple(reports[now])))
        trains = book.frame(state, now).trains
        assert max(Counter(train.id for train in trains).values(), default=0) <= 1
        places: dict[tuple[str, str], list[TrainBody]] = {}
        for train in trains:
            call = state.calls[train.id]
            assert train.track == call.track
            assert train.stage != "standing" or call.arrival is None or call.arrival.actual is not None
            places.setdefault((train.track, train.where), []).append(train)
            seen.setdefault(train.id, []).append(train.stage)
        for here in places.values():
            assert [(train.slot, train.slots) for train in here] == [(n, len(here)) for n in range(len(here))]
    orders = {tuple(stage for stage, _ in groupby(stages)) for stages in seen.values()}
    usual = ("coming", "standing", "leaving")
    assert all(
        usual[usual.index(order[0]) :][: len(order)] == order or order == ("coming", "leaving") for order in orders
    )
    assert len(seen) > 15


TIMES = st.integers(min_value=-180, max_value=300)


@settings(max_examples=scaled(40))
@given(
    kind=st.sampled_from(CallKind),
    delay=TIMES,
    stop=st.integers(min_value=0, max_value=90),
    arrived=st.none() | TIMES,
    left=st.none() | TIMES,
    now=st.integers(min_value=-200, max_value=600),
)
def test_whatever_is_reported_a_train_goes_one_way(
    kind: CallKind, delay: int, stop: int, arrived: int | None, left: int | None, now: int
) -> None:
    """However late, early or in whatever order reports come, its moments are in order, one thing at a time."""
    noon = at("12:00")

    def moment(minutes: int | None) -> Instant | None:
        return None if minutes is None else Instant(noon + minutes * MINUTE)

    call = planned(
        "G1",
        kind,
        arrival=None if kind is CallKind.ORIGIN else "12:00",
        departure=None if kind is CallKind.TERMINUS else "12:00",
    )
    if call.departure is not None and kind is not CallKind.PASSING:
        call = replace(call, departure=Instant(noon + stop * MINUTE))
    state = running_station(call)
    news = record(
        kind=kind,
        planned_arrival=call.arrival,
        planned_departure=call.departure,
        expected_arrival=None if call.arrival is None else moment(delay),
        actual_arrival=None if call.arrival is None else moment(arrived),
        actual_departure=None if call.departure is None else moment(left),
    )
    state, _ = step(state, Feed(id="f", at=Instant(noon + max(now, 0) * MINUTE), records=(news,)))
    (settled,) = state.calls.values()
    sojourn = sojourn_of(settled, Directions(), Clearance(), leaves_as=None, came_as=None)
    if sojourn is None:
        return
    moments = [each for each in (sojourn.comes, sojourn.stands, sojourn.leaves, sojourn.gone) if each is not None]
    assert moments == sorted(moments)
    order = [Stage.COMING, Stage.STANDING, Stage.LEAVING]
    stages = [sojourn.stage_at(noon + minute * MINUTE) for minute in range(-400, 900, 7)]
    told = [order.index(stage) for stage in stages if stage is not None]
    assert told == sorted(told)
