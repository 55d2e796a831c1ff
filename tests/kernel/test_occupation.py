"""What a call claims of its track and its gates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.deeds import SetCheckIn, SetTrack
from stationmaster_kernel.inputs import Feed, GradeFeed, PlannedCall, Tick
from stationmaster_kernel.occupation import Claims, Stay, claims_of, slots_of
from stationmaster_kernel.places import make_ready
from stationmaster_kernel.state import State
from stationmaster_kernel.values import FeedGrade, Running
from support.busy_station import BUSY, act, busy, call_id, opened, run, train
from support.small_station import at, record

THROUGH = train("G1", "08:00", "08:10")
ORIGIN = train("G1", None, "08:10")
TERMINUS = train("G1", "08:00", None)
PASSING = train("G1", "08:00", "08:00")


def stay(state: State, number: str = "G1") -> tuple[str, str, str, str, str] | None:
    """Track, begins, ends, free from, free until; the instants as local HH:MM."""
    claims = state.occupancy.claims.get(call_id(number))
    if claims is None or claims.stay is None:
        return None
    there = claims.stay
    instants = (there.begins, there.ends, there.free_from, there.free_until)
    return (there.track, *(_clock(item) for item in instants))  # type: ignore[return-value]


def _clock(instant: Instant) -> str:
    minutes = (instant - at("00:00")) // MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"


def told(planned: PlannedCall, clock: str, **fields: object) -> State:
    """The day of one train at a time at which the feed says something of it."""
    usual = {"kind": planned.kind, "planned_arrival": planned.arrival, "planned_departure": planned.departure}
    news = Feed(id="f", at=at("06:30"), records=(record(**(usual | fields)),))
    return run(opened(planned), news, Tick(id="t", at=at(clock)))


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (THROUGH, ("1", "08:00", "08:10", "07:58", "08:13")),
        (ORIGIN, ("1", "07:40", "08:10", "07:40", "08:13")),
        (TERMINUS, ("1", "08:00", "08:20", "07:58", "08:20")),
        (PASSING, ("1", "08:00", "08:01", "07:58", "08:03")),
        (train("G1", None, "00:10"), ("1", "-1:40", "00:10", "-1:40", "00:13")),
    ],
)
def test_a_train_occupies_its_track_by_its_kind(planned: PlannedCall, expected: tuple[str, ...]) -> None:
    """An origin stands there before it leaves, a terminus until it is drawn off, a passing train for a minute."""
    assert stay(opened(planned, now="00:00")) == expected


def test_what_it_occupies_is_the_stations_to_say() -> None:
    """Every clearance counts, and what must lie between two trains is part of the time that follows."""
    clearance = Clearance(before_arrival=5, after_departure=6, origin_before=40, terminus_after=10, between=3)
    configuration = busy(clearance=clearance)
    for planned, expected in [
        (THROUGH, ("1", "08:00", "08:10", "07:55", "08:19")),
        (ORIGIN, ("1", "07:30", "08:10", "07:30", "08:19")),
        (TERMINUS, ("1", "08:00", "08:10", "07:55", "08:13")),
        (PASSING, ("1", "08:00", "08:01", "07:55", "08:09")),
    ]:
        assert stay(opened(planned, configuration=configuration)) == expected


@pytest.mark.parametrize(
    ("planned", "clock", "fields", "expected"),
    [
        (THROUGH, "07:00", {"expected_arrival": at("09:00")}, ("1", "09:00", "09:02", "08:58", "09:05")),
        (THROUGH, "08:05", {"actual_arrival": at("06:31"), "track": "3"}, ("3", "06:31", "08:10", "06:29", "08:13")),
        (THROUGH, "08:30", {"actual_arrival": at("06:31")}, ("1", "06:31", "08:30", "06:29", "08:33")),
        (THROUGH, "12:30", {"actual_arrival": at("06:31")}, ("1", "06:31", "10:10", "06:29", "10:13")),
        (THROUGH, "08:30", {}, ("1", "08:30", "08:32", "08:28", "08:35")),
        (THROUGH, "10:00", {}, ("1", "10:00", "10:02", "09:58", "10:05")),
        (THROUGH, "10:01", {}, None),
        (THROUGH, "07:00", {"arrival_unknown": True}, None),
        (THROUGH, "07:00", {"departure_unknown": True}, ("1", "08:00", "08:10", "07:58", "08:13")),
        (
            THROUGH,
            "07:00",
            {"actual_arrival": at("06:31"), "departure_unknown": True},
            ("1", "06:31", "10:10", "06:29", "10:13"),
        ),
        (THROUGH, "07:00", {"actual_arrival": at("06:31"), "actual_departure": at("06:32")}, None),
        (THROUGH, "07:00", {"running": Running.SUSPENDED}, None),
        (ORIGIN, "07:00", {"expected_departure": at("09:00")}, ("1", "08:30", "09:00", "08:30", "09:03")),
        (ORIGIN, "07:00", {"departure_unknown": True}, ("1", "07:40", "08:10", "07:40", "08:13")),
        (ORIGIN, "08:30", {}, ("1", "07:40", "08:30", "07:40", "08:33")),
        (ORIGIN, "12:30", {}, ("1", "07:40", "10:10", "07:40", "10:13")),
        (ORIGIN, "07:00", {"actual_departure": at("06:31")}, None),
        (TERMINUS, "07:00", {"actual_arrival": at("06:31")}, ("1", "06:31", "06:51", "06:29", "06:51")),
        (TERMINUS, "10:01", {}, None),
        (TERMINUS, "07:00", {"arrival_unknown": True}, None),
        (PASSING, "08:01", {}, ("1", "08:00", "08:01", "07:58", "08:03")),
        (PASSING, "08:02", {}, None),
        (PASSING, "07:00", {"arrival_unknown": True}, None),
        (PASSING, "07:00", {"actual_arrival": at("06:31")}, None),
    ],
)
def test_what_is_known_of_a_train_moves_its_claim(
    planned: PlannedCall, clock: str, fields: dict[str, object], expected: tuple[str, ...] | None
) -> None:
    """By best known times; a train that is unheard of is believed to come, or to stand there, for two hours."""
    assert stay(told(planned, clock, **fields)) == expected


def test_without_a_feed_nothing_creeps() -> None:
    """A train of which nobody can say anything keeps the place that it was last known to have."""
    state = run(
        opened(THROUGH), GradeFeed(id="lost", at=at("07:00"), grade=FeedGrade.LOST), Tick(id="t", at=at("09:00"))
    )
    assert stay(state) == ("1", "08:00", "08:10", "07:58", "08:13")


def test_a_train_without_track_occupies_none() -> None:
    """What is not known is not in anybody's way."""
    assert stay(opened(train("G1", "08:00", "08:10", track=""))) is None


PAIR = (train("G1", "08:00", None, turnaround="G2"), train("G2", None, "09:30"))


def test_a_turnaround_on_one_track_is_one_occupation() -> None:
    """The set stands there from its arrival until it is what the departure's claim is about."""
    assert stay(opened(*PAIR)) == ("1", "08:00", "09:00", "07:58", "09:00")
    assert stay(opened(*PAIR), "G2") == ("1", "09:00", "09:30", "09:00", "09:33")
    without = (replace(PAIR[0], turnaround=""), PAIR[1])
    assert stay(opened(*without)) == ("1", "08:00", "08:20", "07:58", "08:20")


@pytest.mark.parametrize(
    ("departure", "expected"),
    [
        (train("G2", None, "09:30", track="2"), "08:20"),
        (train("G2", None, "08:30"), "08:20"),
        (train("G2", None, "10:30"), "10:00"),
        (train("G2", None, "10:31"), "08:20"),
        (train("G3", None, "09:30"), "08:20"),
    ],
)
def test_a_set_that_goes_elsewhere_meanwhile_leaves_the_track(departure: PlannedCall, expected: str) -> None:
    """On another track, after a long time, or without a partner, the usual time to draw it off counts."""
    there = stay(opened(PAIR[0], departure))
    assert there is not None
    assert there[2] == expected


def test_a_set_that_has_left_occupies_nothing() -> None:
    """The departure's report frees the track of the arrival too; a suspended departure does not."""
    left = record(
        "G2",
        kind=PAIR[1].kind,
        planned_arrival=None,
        planned_departure=PAIR[1].departure,
        actual_departure=at("08:40"),
    )
    arrived = record(kind=PAIR[0].kind, planned_departure=None, actual_arrival=at("08:00"))
    state = run(opened(*PAIR), Feed(id="f", at=at("08:41"), records=(arrived, left)))
    assert stay(state) is None
    off = replace(left, actual_departure=None, running=Running.SUSPENDED)
    assert stay(run(opened(*PAIR), Feed(id="f", at=at("08:10"), records=(arrived, off)))) == (
        "1",
        "08:00",
        "08:20",
        "07:58",
        "08:20",
    )


def test_the_partners_delay_keeps_the_set_on_its_track() -> None:
    """An arrival's claim follows the departure's, whichever of the two the news is about."""
    late = record(
        "G2",
        kind=PAIR[1].kind,
        planned_arrival=None,
        planned_departure=PAIR[1].departure,
        expected_departure=at("10:15"),
    )
    state = run(opened(*PAIR), Feed(id="f", at=at("07:00"), records=(late,)))
    assert stay(state) == ("1", "08:00", "09:45", "07:58", "09:45")
    state = run(state, act("07:05", SetTrack(call=call_id("G2"), track="4")))
    assert stay(state) == ("1", "08:00", "08:20", "07:58", "08:20")


def boarding(state: State) -> tuple[str, tuple[str, ...], tuple[str, ...], str, str] | None:
    """Platform, gates, its own gates, opens and closes."""
    claims = state.occupancy.claims.get(call_id("G1"))
    if claims is None or claims.boarding is None:
        return None
    there = claims.boarding
    return there.platform, there.gates, there.own, _clock(there.opens), _clock(there.closes)


def test_check_in_claims_the_gates_while_it_is_open() -> None:
    """By the rule or by hand; a call without check-in, and one that has left, claims no gate."""
    state = opened(replace(THROUGH, gates=("1A", "3A")))
    assert boarding(state) == ("1", ("1A", "3A"), ("1A",), "07:55", "08:07")
    by_hand = SetCheckIn(call=call_id("G1"), opens=at("07:30"), closes=at("07:50"))
    assert boarding(run(state, act("07:00", by_hand))) == ("1", ("1A", "3A"), ("1A",), "07:30", "07:50")
    assert boarding(opened(TERMINUS)) is None
    gone = record(actual_arrival=at("06:00"), actual_departure=at("06:01"))
    assert boarding(run(state, Feed(id="f", at=at("06:10"), records=(gone,)))) is None


def test_claims_are_found_in_every_hour_that_they_touch() -> None:
    """With what must be free around them; an hour that only begins when they end is not theirs."""
    state = opened(train("G1", "07:59", "08:57"), train("G2", "08:02", "08:10", track="2"))
    hour = at("08:00") // 3600
    claims = state.occupancy.claims
    assert slots_of(claims[call_id("G1")]) == (
        ("track.1", hour - 1),
        ("track.1", hour),
        ("gate.1A", hour),
    )
    assert slots_of(claims[call_id("G2")]) == (
        ("track.2", hour),
        ("gate.2A", hour - 1),
        ("gate.2A", hour),
        ("gate.2B", hour - 1),
        ("gate.2B", hour),
    )
    assert state.occupancy.claimants_at([("track.1", hour), ("track.2", hour)]) == [call_id("G1"), call_id("G2")]
    assert slots_of(None) == ()


def test_claims_do_not_depend_on_who_asks_when() -> None:
    """The same call gives the same claims; one that claims nothing has none at all."""
    state = opened(*PAIR)
    station = make_ready(BUSY)
    calls: dict[str, Call] = dict(state.calls)
    again = claims_of(calls[call_id("G1")], station, calls[call_id("G2")])
    assert again == state.occupancy.claims[call_id("G1")]
    assert again == Claims(
        call=call_id("G1"),
        stay=Stay(track="1", begins=at("08:00"), ends=at("09:00"), free_from=at("07:58"), free_until=at("09:00")),
        boarding=None,
        there=False,
        ends_here=True,
        partner=call_id("G2"),
    )
    assert claims_of(replace(calls[call_id("G1")], running=Running.SUSPENDED), station, None) is None
