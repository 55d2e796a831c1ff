"""A late arrival of a train set proposes what becomes of the train that leaves with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.call import Call
from stationmaster_kernel.deeds import (
    Actual,
    AddCall,
    Decide,
    Deed,
    Expect,
    SetRunning,
    SetTrack,
    SetTurnaround,
    Undo,
    Unknown,
)
from stationmaster_kernel.inputs import Act, Configure, Feed, Input, Plan, Tick
from stationmaster_kernel.links import LONGEST, link_of, partner_of
from stationmaster_kernel.proposal import Proposal, WhyProposed, proposal_id
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.values import EventName, Running, Source
from support.busy_station import BUSY, act, busy, call_id, opened, proposals, run, train
from support.effort import scaled
from support.small_station import DAY, at, record

G1, G2 = call_id("G1"), call_id("G2")
ARRIVES = train("G1", "08:00", None, "2", turnaround="G2")
LEAVES = train("G2", None, "08:40", "2")


def start(*more: object) -> State:
    """A set that comes at 08:00 and leaves at 08:40, twenty minutes being enough."""
    return opened(ARRIVES, LEAVES, *more)  # type: ignore[arg-type]


def arrival(clock: str, **fields: object) -> Feed:
    """The feed says something of the arrival."""
    usual = {"kind": ARRIVES.kind, "planned_departure": None, "track": "2"}
    return Feed(id=f"f/{clock}", at=at(clock), records=(record("G1", **(usual | fields)),))


def departure(clock: str, **fields: object) -> Feed:
    """The feed says something of the departure."""
    usual = {"kind": LEAVES.kind, "planned_arrival": None, "planned_departure": at("08:40"), "track": "2"}
    return Feed(id=f"g/{clock}", at=at(clock), records=(record("G2", **(usual | fields)),))


def proposed(state: State, number: str = "G2") -> dict[str, object]:
    """What is proposed for a call because of its set, by field: a local time, a track, or whether it is unknown."""
    found: dict[str, object] = {}
    for proposal in proposals(state).values():
        if proposal.source is Source.TURNAROUND and proposal.call == call_id(number) and not proposal.rejected:
            assert proposal.why is WhyProposed.TURNAROUND
            assert proposal.id == proposal_id(proposal.call, proposal.field, Source.TURNAROUND)
            found[proposal.field] = said_by(proposal)
    return found


def said_by(proposal: Proposal) -> object:
    """The value that a proposal is about."""
    match proposal.deed:
        case Expect(event=EventName.DEPARTURE, at=int(instant)):
            minutes = (instant - at("00:00")) // MINUTE
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case Unknown(event=EventName.DEPARTURE, unknown=unknown):
            return unknown
        case SetTrack(track=track):
            return track
    raise AssertionError(proposal)


def accepted(state: State, clock: str = "07:30") -> State:
    """All that waits is accepted."""
    return run(state, act(clock, Decide(proposals=tuple(proposals(state)), accept=True), item=f"yes/{clock}"))


def rejected(state: State, clock: str = "07:30") -> State:
    """All that waits is rejected."""
    return run(state, act(clock, Decide(proposals=tuple(proposals(state)), accept=False), item=f"no/{clock}"))


# Which train leaves with a set


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([train("G2", None, "08:00")], call_id("G2")),
        ([train("G2", None, "07:59")], None),
        ([train("G2", None, "08:30"), train("G2", None, "09:30")], call_id("G2")),
        ([train("G2", None, "07:30"), train("G2", None, "09:30")], call_id("G2", 2)),
        ([train("G3/G2", None, "08:30")], call_id("G3")),
        ([train("G2", "08:30", "08:40")], None),
        ([train("G2", None, "20:00")], call_id("G2")),
        ([train("G2", None, "20:01")], None),
    ],
)
def test_the_first_departure_of_the_number_is_meant(others: list[object], expected: str | None) -> None:
    """Any of its numbers, an origin call, at or after the planned arrival, and not longer after it than half a day."""
    state = opened(ARRIVES, *others)  # type: ignore[arg-type]
    partner = partner_of(state.calls[G1], lambda day, numbers: numbered(state, day, numbers))
    assert (None if partner is None else partner.id) == expected
    assert LONGEST == 12 * 60


def test_a_set_may_stay_over_night() -> None:
    """The next date's departure is found as soon as its plan is there."""
    night = replace(ARRIVES, arrival=at("23:30"))
    morning = replace(LEAVES, departure=at("06:00", 1))
    feed = arrival("22:00", planned_arrival=at("23:30"), expected_arrival=at("05:50", 1))
    state = run(opened(night), feed)
    assert proposals(state) == {}
    tomorrow = DAY.replace(day=2)
    state = run(state, Plan(id="p2", at=at("22:30"), day=tomorrow, calls=(morning,)))
    (found,) = proposals(state).values()
    assert found.deed == Expect(call=G2.replace("03-01", "03-02"), event=EventName.DEPARTURE, at=at("06:10", 1))


def numbered(state: State, day: object, numbers: object) -> list[Call]:
    """The calls of a date that have any of the numbers, by going through all."""
    wanted = set(numbers)  # type: ignore[call-overload]
    return [call for call in state.calls.values() if call.service_date == day and wanted & set(call.numbers)]


# Time


def test_an_arrival_in_time_proposes_nothing() -> None:
    """Late is what leaves less than the least time for a turnaround."""
    assert proposed(start()) == {}
    assert proposed(run(start(), arrival("07:00", expected_arrival=at("08:20")))) == {}
    assert proposed(run(start(), arrival("07:00", expected_arrival=at("08:21")))) == {"departure.expected": "08:41"}
    longer = busy(turnaround_least=30)
    assert proposed(run(start(), Configure(id="c2", at=at("07:00"), configuration=longer))) == {}
    slow = run(start(), arrival("07:00", expected_arrival=at("08:11")))
    assert proposed(run(slow, Configure(id="c2", at=at("07:00"), configuration=longer))) == {
        "departure.expected": "08:41"
    }


def test_a_proposal_follows_the_arrival_and_goes_when_it_no_longer_holds() -> None:
    """It is told when it is made; afterwards it moves and goes silently."""
    state, changes = step(start(), arrival("07:00", expected_arrival=at("08:50")))
    assert proposed(state) == {"departure.expected": "09:10"}
    assert [note.code for note in changes.notes] == ["proposed"]
    state, changes = step(state, arrival("07:05", expected_arrival=at("09:00")))
    assert proposed(state) == {"departure.expected": "09:20"}
    assert changes.notes == ()
    state, changes = step(state, arrival("07:10", expected_arrival=at("08:05")))
    assert proposals(state) == {}
    assert changes.notes == ()


def test_a_train_that_is_overdue_is_late_by_the_minute() -> None:
    """The arrival creeps with the clock, and so does what follows from it."""
    state = run(start(), Tick(id="t1", at=at("08:20")))
    assert proposed(state) == {}
    state = run(state, Tick(id="t2", at=at("08:21")))
    assert proposed(state) == {"departure.expected": "08:41"}
    state = run(state, Tick(id="t3", at=at("08:30")))
    assert proposed(state) == {"departure.expected": "08:50"}


def test_accepted_it_is_the_departures_time_and_nothing_waits() -> None:
    """With its source, and check-in moves along; a later change of the arrival is proposed again, both ways."""
    state = accepted(run(start(), arrival("07:00", expected_arrival=at("08:50"))))
    leaves = state.calls[G2]
    assert leaves.departure is not None
    assert (leaves.departure.best, leaves.check_in_open) == (at("09:10"), at("08:55"))
    assert leaves.origin_of("departure.expected").source is Source.TURNAROUND  # type: ignore[union-attr]
    assert proposals(state) == {}
    assert proposed(run(state, arrival("07:40", expected_arrival=at("09:00")))) == {"departure.expected": "09:20"}
    assert proposed(run(state, arrival("07:40", expected_arrival=at("08:30")))) == {"departure.expected": "08:50"}
    recovered = run(state, arrival("07:40"))
    assert proposed(recovered) == {"departure.expected": "08:40"}
    assert accepted(recovered, "07:45").calls[G2].departure.late_minutes == 0  # type: ignore[union-attr]


def test_what_others_say_of_the_departure_is_left_to_them() -> None:
    """A departure that the dispatchers delay enough needs no proposal, and none to hurry when the arrival recovers."""
    state = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    state = run(state, departure("07:05", expected_departure=at("09:30")))
    assert proposals(state) == {}
    assert proposals(run(state, arrival("07:10"))) == {}
    state = run(state, departure("07:15", expected_departure=at("09:00")))
    assert proposed(state) == {"departure.expected": "09:10"}


def test_an_unknown_arrival_makes_the_departure_unknown() -> None:
    """And when the arrival is known again, so is the departure, if it was unknown for this reason."""
    state = run(start(), arrival("07:00", arrival_unknown=True))
    assert proposed(state) == {"departure.unknown": True}
    state = accepted(state)
    assert state.calls[G2].departure.best is None  # type: ignore[union-attr]
    assert proposals(state) == {}
    known = run(state, arrival("07:40", expected_arrival=at("09:00")))
    assert proposed(known) == {"departure.expected": "09:20"}
    again = accepted(known, "07:45").calls[G2].departure
    assert again is not None
    assert (again.unknown, again.best) == (False, at("09:20"))
    assert proposed(run(state, arrival("07:40"))) == {"departure.expected": "08:40"}
    other = run(start(), departure("07:00", departure_unknown=True), arrival("07:10", expected_arrival=at("09:00")))
    assert proposals(other) == {}


def test_a_departure_that_has_left_or_does_not_run_is_not_proposed_anything() -> None:
    """What the arrival says then does not matter to it."""
    state = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    assert proposals(run(state, departure("07:10", actual_departure=at("07:10")))) == {}
    assert proposals(run(state, departure("07:10", running=Running.SUSPENDED))) == {}
    assert proposed(run(state, departure("07:10"), departure("07:20"))) == {"departure.expected": "09:10"}


def test_two_sets_that_leave_as_one_train_both_have_to_be_there() -> None:
    """The later one decides; while one of them is unknown, so is the departure."""
    other = train("G3", "08:05", None, "3", turnaround="G2")
    state = run(start(other), arrival("07:00", expected_arrival=at("08:30")))
    assert proposed(state)["departure.expected"] == "08:50"
    state = run(state, act("07:05", Expect(call=call_id("G3"), event=EventName.ARRIVAL, at=at("08:40"))))
    assert proposed(state)["departure.expected"] == "09:00"
    state = run(state, act("07:10", Unknown(call=G1, event=EventName.ARRIVAL)))
    assert "departure.expected" not in proposed(state)
    assert proposed(state)["departure.unknown"] is True
    state = run(state, act("07:15", SetRunning(call=G1, running=Running.SUSPENDED)))
    assert proposed(state)["departure.expected"] == "09:00"


# Track


def test_a_set_on_another_track_takes_its_departure_along() -> None:
    """As long as the two are apart and were not planned so."""
    state = run(start(), arrival("07:00", track="4"))
    assert proposed(state) == {"track": "4"}
    assert proposals(run(state, arrival("07:10", track="2"))) == {}
    assert proposed(run(state, departure("07:10", track="4"))) == {}
    taken = accepted(state).calls[G2]
    assert (taken.track, taken.platform, taken.gates) == ("4", "3", ("3A",))
    apart = opened(ARRIVES, replace(LEAVES, track="3"))
    assert proposals(apart) == {}
    assert proposals(run(apart, arrival("07:00", track="4"))) == {}


def test_a_track_that_no_plan_gives_is_proposed_too() -> None:
    """A departure without a track gets that of its set; a track without a platform is none for it."""
    state = opened(ARRIVES, replace(LEAVES, track=""))
    assert proposed(state) == {"track": "2"}
    assert proposals(run(start(), arrival("07:00", track="9"))) == {}


# Decided, and broken


def test_a_rejected_proposal_is_not_made_again_for_the_same_value() -> None:
    """Nor for one that a few minutes of waiting made of it; a value that differs is proposed."""
    state = rejected(run(start(), arrival("07:00", expected_arrival=at("08:50"))))
    assert proposed(state) == {}
    (kept,) = proposals(state).values()
    assert kept.rejected
    assert proposed(run(state, Tick(id="t", at=at("07:40")), arrival("07:41", expected_arrival=at("08:50")))) == {}
    assert proposed(run(state, arrival("07:41", expected_arrival=at("08:54")))) == {}
    state, changes = step(state, arrival("07:42", expected_arrival=at("08:55")))
    assert proposed(state) == {"departure.expected": "09:15"}
    assert [note.code for note in changes.notes] == ["proposed"]


def test_a_rejection_is_forgotten_when_there_is_nothing_to_reject() -> None:
    """When the arrival is in time and then late again, it is a new matter."""
    late = arrival("07:40", expected_arrival=at("08:50"))
    state = rejected(run(start(), arrival("07:00", expected_arrival=at("08:50"))))
    assert proposed(run(state, arrival("07:35"), late)) == {"departure.expected": "09:10"}


def test_an_act_that_decided_can_be_taken_back() -> None:
    """The proposal waits again, whether it was accepted or rejected."""
    late = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    for decided in (accepted(late), rejected(late)):
        (item,) = decided.records["act"]
        assert proposals(run(decided, act("07:31", Undo(act=item)))) == proposals(late)


def test_a_set_that_does_not_come_is_told_once() -> None:
    """The departure is people's to decide on: nothing is proposed for it."""
    state = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    state, changes = step(state, arrival("07:10", running=Running.SUSPENDED))
    assert proposals(state) == {}
    broken = [note for note in changes.notes if note.code == "turnaround-broken"]
    assert [(note.subject, dict(note.detail)) for note in broken] == [(G1, {"departure": G2, "number": "G2"})]
    _, changes = step(state, arrival("07:20", running=Running.SUSPENDED, reason="大风"))
    assert [note.code for note in changes.notes] == []
    off = run(start(), departure("07:00", running=Running.SUSPENDED))
    _, changes = step(off, arrival("07:10", running=Running.SUSPENDED))
    assert [note.code for note in changes.notes] == []


def test_a_link_can_be_made_changed_and_taken_away() -> None:
    """What was proposed through the old link goes with it."""
    third = train("G3", None, "08:45", "3")
    state = run(start(third), arrival("07:00", expected_arrival=at("08:50")))
    state = run(state, act("07:10", SetTurnaround(call=G1, number="G3")))
    assert proposed(state, "G2") == {}
    assert proposed(state, "G3") == {"departure.expected": "09:10"}
    assert proposals(run(state, act("07:20", SetTurnaround(call=G1, number="")))) == {}


def test_a_departure_that_comes_in_between_is_the_one() -> None:
    """An added train of the number that leaves earlier takes the set, and with its undoing gives it back."""
    state = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    state = run(state, act("07:10", AddCall(day=DAY, planned=train("G2", None, "08:30", "2")), item="add"))
    assert {proposal.call for proposal in proposals(state).values() if proposal.source is Source.TURNAROUND} == {
        call_id("G2", 2)
    }
    state = run(state, act("07:20", Undo(act="add")))
    assert proposed(state) == {"departure.expected": "09:10"}


# Whom a change concerns


def newer(version: str, clock: str, *calls: object) -> Plan:
    """A newer version of the day's plan."""
    return Plan(id=f"p/{version}", at=at(clock), day=DAY, calls=calls, digest=version)  # type: ignore[arg-type]


def until(state: State, number: str) -> Instant:
    """Until when a call is on its track, as the index of claims has it, which is as it would be made anew."""
    assert state.occupancy == State.from_resources(list(state.resources())).occupancy
    stay = state.occupancy.claims[call_id(number)].stay
    assert stay is not None
    return stay.ends


def test_a_changed_arrival_concerns_every_departure_that_its_set_may_leave_as() -> None:
    """Planned later, its set leaves as the number's next train; nothing is left behind at the first."""
    second = train("G2", None, "09:30", "2")
    late = act("07:00", Expect(call=G1, event=EventName.ARRIVAL, at=at("09:20")))
    state = run(opened(ARRIVES, LEAVES, second), late)
    assert proposed(state) == {"departure.expected": "09:40"}
    state = run(state, newer("2", "07:10", replace(ARRIVES, arrival=at("09:00")), LEAVES, second))
    assert proposed(state) == {}
    assert {item.call for item in proposals(state).values() if item.source is Source.TURNAROUND} == {call_id("G2", 2)}


def test_a_changed_departure_concerns_the_arrivals_whose_set_it_is() -> None:
    """The set stands on its track until the departure claims it, so it claims it longer when that is put off."""
    before = BUSY.station.clearance.origin_before * MINUTE
    state = run(start(), departure("07:00", expected_departure=at("09:10")))
    assert until(state, "G1") == at("09:10") - before
    state = run(state, departure("07:10", expected_departure=at("09:20")))
    assert until(state, "G1") == at("09:20") - before
    assert until(run(state, departure("07:20")), "G1") == until(start(), "G1")


def test_a_new_departure_takes_the_set_by_any_of_its_numbers() -> None:
    """The departure that would have left with it is freed of what was proposed, though nothing else of it changed."""
    state = run(start(), arrival("07:00", expected_arrival=at("08:50")))
    between = act("07:10", AddCall(day=DAY, planned=train("G3/G2", None, "08:30", "3")), item="add")
    state = run(state, between)
    assert proposed(state, "G2") == {}
    assert proposed(state, "G3")["departure.expected"] == "09:10"
    assert proposed(run(state, act("07:20", Undo(act="add")))) == {"departure.expected": "09:10"}


def test_a_departure_that_loses_its_number_loses_what_was_proposed() -> None:
    """Nothing links to it any more, and it is looked at all the same."""
    leaves = train("G2/G5", None, "08:40", "2")
    arrives = replace(ARRIVES, turnaround="G5")
    state = run(opened(arrives, leaves), arrival("07:00", expected_arrival=at("08:50")))
    assert proposed(state) == {"departure.expected": "09:10"}
    state = run(state, newer("2", "07:10", arrives, replace(leaves, numbers=("G2",))))
    assert state.calls[G2].numbers == ("G2",)
    assert proposals(state) == {}


def test_what_an_undo_brings_back_is_what_holds_now() -> None:
    """A rejection that is taken back after the arrival has moved proposes the present time, not that of then."""
    state = rejected(run(start(), arrival("07:00", expected_arrival=at("08:50"))))
    (item,) = state.records["act"]
    state = run(state, arrival("07:35", expected_arrival=at("08:53")))
    assert proposed(state) == {}
    assert proposed(run(state, act("07:40", Undo(act=item)))) == {"departure.expected": "09:13"}


# Always

Move = Callable[[State, Instant, str], list[Input]]
NUMBERS = ("G1", "G2", "G3", "G4")


def four() -> State:
    """Two sets and three departures, two of which have one number."""
    return opened(ARRIVES, LEAVES, train("G3", "08:10", None, "3", turnaround="G2"), train("G4", None, "09:00", "3"))


def deeds(*options: Callable[[str, Instant], Deed]) -> st.SearchStrategy[Move]:
    """Acts on one of the trains."""

    def made(number: str, minutes: int, option: Callable[[str, Instant], Deed]) -> Move:
        instant = Instant(at("08:00") + minutes * MINUTE)
        return lambda _s, now, name: [_act(now, name, option(call_id(number), instant))]

    return st.builds(made, st.sampled_from(NUMBERS), st.integers(-20, 90), st.sampled_from(options))


def _act(now: Instant, name: str, *done: Deed) -> Act:
    return Act(id=name, at=now, by="controller 2", deeds=done)


def decisions(accept: bool) -> Move:
    """Everything that waits is decided on."""

    def decide(state: State, now: Instant, name: str) -> list[Input]:
        waiting = tuple(item for item, proposal in proposals(state).items() if not proposal.rejected)
        return [_act(now, name, Decide(proposals=waiting, accept=accept))] if waiting else []

    return decide


def ticks(minutes: int) -> Move:
    """Time goes on."""
    return lambda _s, now, name: [Tick(id=name, at=Instant(floor_minute(now) + minutes * MINUTE))]


MOVES = st.one_of(
    deeds(
        lambda call, instant: Expect(call=call, event=EventName.ARRIVAL, at=instant),
        lambda call, instant: Expect(call=call, event=EventName.DEPARTURE, at=instant),
        lambda call, instant: Unknown(call=call, event=EventName.ARRIVAL, unknown=instant % 120 == 0),
        lambda call, instant: Unknown(call=call, event=EventName.DEPARTURE, unknown=instant % 120 == 0),
        lambda call, instant: Actual(call=call, event=EventName.ARRIVAL, at=instant),
        lambda call, instant: Actual(call=call, event=EventName.DEPARTURE, at=instant),
        lambda call, instant: SetTrack(call=call, track=str(instant // 60 % 5 + 1)),
        lambda call, instant: SetRunning(
            call=call, running=Running.SUSPENDED if instant % 120 == 0 else Running.SCHEDULED
        ),
        lambda call, instant: SetTurnaround(call=call, number=("G2", "G4", "")[instant // 60 % 3]),
    ),
    st.booleans().map(decisions),
    st.sampled_from([1, 3, 15, 60, 3000]).map(ticks),
)


@settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, max_size=16))
def test_what_is_proposed_follows_from_the_calls(moves: list[Move]) -> None:
    """However it came about, a set that is late or unknown has its proposal, and no proposal outlives its reason."""
    state = four()
    for number, move in enumerate(moves):
        for given_input in move(state, Instant(state.facts.now + 7), f"input/{number}"):
            try:
                after, changes = step(state, given_input)
            except Refused:
                continue
            read_back = State.from_resources(list(state.resources()))
            assert step(read_back, given_input)[1] == changes
            state = after
            check(state)


def check(state: State) -> None:
    """Every departure's proposals are what its arrivals ask for, by the rules as they are written down."""
    links = {
        item: partner_of(call, lambda day, numbers: numbered(state, day, numbers)) for item, call in state.calls.items()
    }
    assert {link: list(ids) for link, ids in state.occupancy.links.items()} == {
        link: sorted(item for item, call in state.calls.items() if link_of(call) == link)
        for link in {link_of(call) for call in state.calls.values()} - {None}
    }
    for leaves in state.calls.values():
        arrivals = [
            state.calls[item] for item, partner in links.items() if partner is not None and partner.id == leaves.id
        ]
        running = [call for call in arrivals if call.running is not Running.SUSPENDED]
        found = {
            proposal.field: proposal
            for proposal in proposals(state).values()
            if proposal.source is Source.TURNAROUND and proposal.call == leaves.id
        }
        event = leaves.departure
        if not running or event is None or event.actual is not None or leaves.running is Running.SUSPENDED:
            assert found == {}
            continue
        best = [call.arrival.best for call in running if call.arrival is not None]
        known = [item for item in best if item is not None]
        if len(known) < len(best):
            assert "departure.expected" not in found
            assert ("departure.unknown" in found) is (event.best is not None)
        else:
            assert "departure.unknown" not in found
            ready = max(known) + 20 * MINUTE
            if event.best is not None and ready > event.best:
                assert "departure.expected" in found
            if "departure.expected" in found:
                deed = found["departure.expected"].deed
                assert isinstance(deed, Expect)
                assert deed.at is not None
                wanted = max(ready, event.planned)
                assert deed.at == wanted or (found["departure.expected"].rejected and abs(deed.at - wanted) < 300)
                assert event.expected != deed.at or event.best != deed.at
        if "track" in found:
            deed = found["track"].deed
            assert isinstance(deed, SetTrack)
            assert deed.track != leaves.track
            assert deed.track in {call.track for call in running}
