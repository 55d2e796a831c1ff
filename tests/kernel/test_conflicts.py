"""Trains in each other's way are found, told once, and given a way out where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Note
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.conflict import Conflict, ConflictKind, conflict_id
from stationmaster_kernel.deeds import AddCall, Decide, SetPlaces, SetRunning, SetTrack, SetTurnaround, Undo
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, Input, Tick
from stationmaster_kernel.links import partner_of
from stationmaster_kernel.meetings import conflicts_between, on_one_track
from stationmaster_kernel.occupation import Claims, claims_at, claims_of
from stationmaster_kernel.proposal import WhyProposed, proposal_id
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.values import CallKind, Running, Source
from support.busy_station import act, busy, call_id, conflicts, opened, proposals, run, train
from support.effort import scaled
from support.small_station import DAY, at, record

G1, G2, G3 = (call_id(number) for number in ("G1", "G2", "G3"))
BOTH = conflict_id(ConflictKind.TRACK, G1, G2)
NEAR = conflict_id(ConflictKind.CLEARANCE, G1, G2)

FIRST = train("G1", "08:00", "08:10", "2")
SECOND = train("G2", "08:05", "08:15", "2")
LATER = train("G2", "08:30", "08:40", "2")


def notes(state: State, given: Input) -> list[Note]:
    """What a step tells people of conflicts."""
    return [note for note in step(state, given)[1].notes if note.code.startswith("conflict")]


def late(number: str, clock: str, minutes: int, arrival: str = "08:00", departure: str = "08:10") -> Feed:
    """The feed says that a train comes and leaves later."""
    return Feed(
        id=f"late/{number}/{clock}",
        at=at(clock),
        records=(
            record(
                number,
                planned_arrival=at(arrival),
                planned_departure=at(departure),
                expected_arrival=Instant(at(arrival) + minutes * MINUTE),
                expected_departure=Instant(at(departure) + minutes * MINUTE),
                track="2",
            ),
        ),
    )


def offer(state: State, number: str) -> str:
    """The track that a call is offered."""
    proposal = proposals(state).get(proposal_id(call_id(number), "track", Source.CONFLICT))
    if proposal is None or proposal.rejected:
        return ""
    assert (proposal.source, proposal.why) == (Source.CONFLICT, WhyProposed.CONFLICT)
    assert isinstance(proposal.deed, SetTrack)
    return proposal.deed.track


# Found


def test_two_trains_on_one_track_at_once_are_a_grave_conflict() -> None:
    """With the track, and the time for which both would be there."""
    state = opened(FIRST, SECOND)
    (found,) = conflicts(state).values()
    assert (found.id, found.kind, found.calls, found.place, found.grave) == (
        BOTH,
        ConflictKind.TRACK,
        (G1, G2),
        "2",
        True,
    )
    assert (found.begins, found.ends) == (at("08:05"), at("08:10"))


def test_two_trains_too_near_each_other_should_be_looked_at() -> None:
    """What the station wants free around trains lies between 08:10 and 08:14, and one minute is missing."""
    (found,) = conflicts(opened(FIRST, train("G2", "08:14", "08:20", "2"))).values()
    assert (found.id, found.kind, found.grave) == (NEAR, ConflictKind.CLEARANCE, False)
    assert (found.begins, found.ends) == (at("08:10"), at("08:14"))
    assert conflicts(opened(FIRST, train("G2", "08:15", "08:20", "2"))) == {}
    more = busy(clearance=Clearance(between=5))
    assert conflicts(opened(FIRST, train("G2", "08:19", "08:25", "2"), configuration=more)).keys() == {NEAR}
    assert conflicts(opened(FIRST, train("G2", "08:20", "08:25", "2"), configuration=more)) == {}


@pytest.mark.parametrize(
    ("first", "second", "met"),
    [
        (train("G1", None, "08:10"), train("G2", "07:41", "07:45"), True),
        (train("G1", None, "08:10"), train("G2", "07:30", "07:37"), False),
        (train("G1", "08:00", None), train("G2", "08:19", "08:30"), True),
        (train("G1", "08:00", None), train("G2", "08:22", "08:30"), False),
        (train("G1", "08:00", None), train("G2", None, "08:49"), True),
        (train("G1", "08:00", None), train("G2", None, "08:50"), False),
        (train("G1", "08:00", "08:00", "9"), train("G2", "08:00", "08:00", "9"), True),
        (train("G1", "08:00", "08:00", "9"), train("G2", "08:05", "08:05", "9"), False),
        (train("G1", "08:00", "08:10", "2"), train("G2", "08:00", "08:10", "3"), False),
    ],
)
def test_what_stands_there_before_an_origin_and_after_a_terminus_counts(
    first: object, second: object, *, met: bool
) -> None:
    """The set of a departing train stands there before it leaves, that of an arriving one until it is drawn off."""
    assert bool(conflicts(opened(first, second))) is met  # type: ignore[arg-type]


def test_a_train_and_the_one_that_leaves_with_its_set_are_one_occupation() -> None:
    """Linked, they share the track as long as the set stands there; a third train in between is in their way."""
    pair = (train("G1", "08:00", None), train("G2", None, "09:30"))
    linked = (replace(pair[0], turnaround="G2"), pair[1])
    early = replace(pair[1], departure=at("08:30"))
    assert conflicts(opened(pair[0], early)).keys() == {BOTH}
    assert conflicts(opened(linked[0], early)) == {}
    third = train("G3", "08:30", "08:35")
    assert conflicts(opened(*pair, third)) == {}
    assert conflicts(opened(*linked, third)).keys() == {conflict_id(ConflictKind.TRACK, G1, G3)}
    state = run(opened(pair[0], early), act("07:00", SetTurnaround(call=G1, number="G2")))
    assert conflicts(state) == {}
    assert conflicts(run(state, act("07:01", SetTurnaround(call=G1, number="")))).keys() == {BOTH}


def test_one_gate_for_two_platforms_at_once() -> None:
    """Passengers for two trains at a gate that is the station's for one of the platforms; told, and not grave."""
    first = train("G1", "08:00", "08:10", "1")
    second = train("G2", "08:00", "08:10", "4", gates=("3A", "1A"))
    (found,) = conflicts(opened(first, second)).values()
    assert (found.id, found.place, found.grave) == (conflict_id(ConflictKind.GATE, G1, G2), "1A", False)
    assert (found.begins, found.ends, found.solution) == (at("07:55"), at("08:07"), "")
    assert conflicts(opened(first, replace(second, gates=("3A",)))) == {}
    assert conflicts(opened(first, train("G2", "08:30", "08:40", "4", gates=("1A",)))) == {}
    state = run(opened(first, second), act("07:00", SetPlaces(call=G2, gates=("3A",))))
    assert conflicts(state) == {}


def test_gates_and_islands_that_are_shared_by_design_are_no_conflict() -> None:
    """Unless the station says that trains which share a gate must not board at once."""
    island = (train("G1", "08:00", "08:10", "2"), train("G2", "08:00", "08:10", "3"))
    one_gate = (island[0], train("G2", "08:00", "08:10", "5"))
    assert conflicts(opened(*island)) == {}
    assert conflicts(opened(*one_gate)) == {}
    apart = busy(boarding_apart=True)
    (found,) = conflicts(opened(*island, configuration=apart)).values()
    assert (found.kind, found.place, found.grave, found.solution) == (ConflictKind.PLATFORM, "2", False, "")
    (found,) = conflicts(opened(*one_gate, configuration=apart)).values()
    assert (found.kind, found.place) == (ConflictKind.GATE, "2A")
    by_configuration = run(opened(*island), Configure(id="c2", at=at("07:00"), configuration=apart))
    assert conflicts(by_configuration) == conflicts(opened(*island, configuration=apart))


# Told once


def test_a_conflict_is_told_when_it_begins_and_when_it_is_over() -> None:
    """In between it moves with the trains, silently; when they only come nearer it is not over."""
    state = opened(FIRST, LATER)
    begins = late("G1", "07:00", 22)
    assert [(note.code, note.subject, dict(note.detail)) for note in notes(state, begins)] == [
        ("conflict", BOTH, {"kind": "track", "place": "2"})
    ]
    state = run(state, begins)
    assert conflicts(state)[BOTH].begins == at("08:30")
    assert notes(state, late("G1", "07:05", 25)) == []
    state = run(state, late("G1", "07:05", 25))
    assert conflicts(state)[BOTH].ends == at("08:35")
    apart = late("G1", "07:10", 17)
    assert [(note.code, note.subject) for note in notes(state, apart)] == [("conflict", NEAR)]
    state = run(state, apart)
    over = late("G1", "07:15", 0)
    assert [(note.code, note.subject) for note in notes(state, over)] == [("conflict-over", NEAR)]
    assert conflicts(run(state, over)) == {}


def test_an_exchange_of_tracks_in_one_act_is_no_conflict() -> None:
    """Nobody is told of what the same act ends, and nothing is put that is not there afterwards."""
    state = opened(FIRST, train("G2", "08:05", "08:15", "3"))
    swap = act("07:00", SetTrack(call=G1, track="3"), SetTrack(call=G2, track="2"))
    after, changes = step(state, swap)
    assert conflicts(after) == {}
    assert not {put.kind for put in changes.puts} & {"conflict", "proposal"}
    assert not {kind for kind, _ in changes.deletes} & {"conflict", "proposal"}
    assert [note.code for note in changes.notes] == []


@pytest.mark.parametrize(
    "ends",
    [
        act("07:00", SetRunning(call=G1, running=Running.SUSPENDED)),
        act("07:00", SetTrack(call=G1, track="1")),
        Feed(
            id="f",
            at=at("08:00"),
            records=(record(actual_arrival=at("07:50"), actual_departure=at("07:59"), track="2"),),
        ),
        Feed(id="f", at=at("07:00"), records=(record(arrival_unknown=True, track="2"),)),
        Tick(id="t", at=at("12:00", 2)),
    ],
)
def test_a_conflict_goes_with_what_made_it(ends: Input) -> None:
    """Suspended, moved, gone, unheard of, or dropped: nothing of it is left, proposals included."""
    state, changes = step(opened(FIRST, SECOND), ends)
    assert conflicts(state) == {}
    assert proposals(state) == {}
    assert ("conflict", BOTH) in changes.deletes
    assert [note.code for note in changes.notes if note.code.startswith("conflict")] in (["conflict-over"], [])
    assert dict(state.occupancy.seeking) == {}


def test_two_calls_that_are_over_together_leave_nothing_behind() -> None:
    """A long leap drops both at once, and their conflict with its search for another track."""
    full = [train(f"G{number}", "08:00", "08:20", track) for number, track in enumerate("3514", start=3)]
    state = opened(FIRST, SECOND, *full)
    assert set(state.occupancy.seeking) == {BOTH}
    state = run(state, Tick(id="t", at=at("12:00", 4)))
    assert dict(state.calls) == {}
    assert state.occupancy == State.empty(at("12:00", 4)).occupancy


def test_a_call_that_was_added_takes_its_conflict_away_again() -> None:
    """Taken back, neither the conflict nor the proposal for the other train stays."""
    state = run(opened(FIRST), act("07:00", AddCall(day=DAY, planned=SECOND), item="add"))
    assert conflicts(state).keys() == {BOTH}
    state, changes = step(state, act("07:01", Undo(act="add")))
    assert (conflicts(state), proposals(state)) == ({}, {})
    assert [note.code for note in changes.notes] == ["conflict-over"]


def test_trains_that_have_both_been_reported_are_not_warned_of() -> None:
    """Who has arrived has found the track free of a set that is no longer heard of; two that stand there are told."""
    arrived = (
        record(kind=CallKind.TERMINUS, planned_departure=None, actual_arrival=at("08:00"), track="2"),
        record("G2", kind=CallKind.TERMINUS, planned_arrival=at("08:05"), planned_departure=None, track="2"),
    )
    state = run(
        opened(train("G1", "08:00", None, "2"), train("G2", "08:05", None, "2")),
        Feed(id="f", at=at("08:01"), records=arrived),
    )
    assert conflicts(state).keys() == {BOTH}
    there = replace(arrived[1], actual_arrival=at("08:06"))
    assert conflicts(run(state, Feed(id="g", at=at("08:06"), records=(there,)))) == {}
    standing = tuple(
        record(number, planned_arrival=at(clock), planned_departure=at("08:30"), actual_arrival=at(clock), track="2")
        for number, clock in (("G1", "08:00"), ("G2", "08:05"))
    )
    both = opened(train("G1", "08:00", "08:30", "2"), train("G2", "08:05", "08:30", "2"))
    (found,) = conflicts(run(both, Feed(id="f", at=at("08:06"), records=standing))).values()
    assert (found.kind, found.solution) == (ConflictKind.TRACK, "")


# Solved


def test_the_nearest_free_track_is_proposed() -> None:
    """At the same platform, then at one with the same gates, then at any; none where all are taken."""
    others = [
        train("G3", "08:00", "08:20", "3"),
        train("G4", "08:00", "08:20", "5"),
        train("G5", "08:00", "08:20", "1"),
        train("G6", "08:00", "08:20", "4"),
    ]
    for taken, expected in enumerate(["3", "5", "1", "4", ""]):
        state = opened(FIRST, SECOND, *others[:taken])
        assert offer(state, "G2") == expected
        assert offer(state, "G1") == ""
        (found,) = conflicts(state).values()
        assert found.solution == (proposal_id(G2, "track", Source.CONFLICT) if expected else "")


def test_a_train_that_passes_rather_goes_where_there_is_no_platform() -> None:
    """And one that stops never goes there."""
    state = opened(train("G1", "08:00", "08:10", "1"), train("G2", "08:05", "08:05", "1"))
    assert offer(state, "G2") == "9"
    state = opened(train("G1", "08:00", "08:00", "9"), train("G2", "08:01", "08:01", "9"))
    assert offer(state, "G2") == "1"


def test_the_later_train_moves_unless_it_has_come_or_is_checked_in() -> None:
    """A platform is changed before check-in opens where that can be; who has arrived stays."""
    assert offer(opened(FIRST, SECOND), "G2") == "3"
    checked = replace(SECOND, opens=-90, closes=-3)
    assert offer(opened(FIRST, checked, now="07:00"), "G1") == "3"
    both = (replace(FIRST, opens=-90, closes=-3), checked)
    assert offer(opened(*both, now="07:00"), "G2") == "3"
    there = record("G2", planned_arrival=at("08:05"), planned_departure=at("08:15"), actual_arrival=at("07:50"))
    state = run(opened(FIRST, SECOND), Feed(id="f", at=at("07:50"), records=(replace(there, track="2"),)))
    assert (offer(state, "G1"), offer(state, "G2")) == ("3", "")


def test_a_proposal_stands_though_check_in_opens() -> None:
    """It was made in time, and two trains on one track are worse than a change at the gate."""
    state = run(opened(FIRST, SECOND), Tick(id="t", at=at("08:00")), late("G1", "08:01", 2))
    assert offer(state, "G2") == "3"
    assert conflicts(state)[BOTH].solution == proposal_id(G2, "track", Source.CONFLICT)


def test_accepted_it_ends_the_conflict() -> None:
    """The train moves with its platform, and nothing waits any more."""
    state = opened(FIRST, SECOND)
    state = run(state, act("07:00", Decide(proposals=tuple(proposals(state)), accept=True)))
    assert (conflicts(state), proposals(state)) == ({}, {})
    assert state.calls[G2].track == "3"
    assert state.calls[G2].origin_of("track").source is Source.CONFLICT  # type: ignore[union-attr]


def test_rejected_it_is_not_made_again() -> None:
    """The other train is offered a track instead; the conflict stays; another value is another matter."""
    state = opened(FIRST, SECOND)
    state = run(state, act("07:00", Decide(proposals=tuple(proposals(state)), accept=False)))
    assert (offer(state, "G2"), offer(state, "G1")) == ("", "3")
    state = run(state, act("07:01", Decide(proposals=(conflicts(state)[BOTH].solution,), accept=False)))
    assert (offer(state, "G2"), offer(state, "G1"), conflicts(state)[BOTH].solution) == ("", "", "")
    state = run(state, late("G1", "07:02", 1), late("G2", "07:02", 1, "08:05", "08:15"))
    assert (offer(state, "G2"), offer(state, "G1"), conflicts(state)[BOTH].solution) == ("", "", "")
    taken = AddCall(day=DAY, planned=train("G3", "08:00", "08:20", "3"))
    state = run(state, act("07:03", taken, item="add"))
    assert conflicts(state)[BOTH].solution
    assert "5" in (offer(state, "G2"), offer(state, "G1"))


def test_a_track_that_is_taken_is_no_longer_proposed() -> None:
    """And when it is left again, a conflict that had no way out has one."""
    full = [
        train("G3", "08:00", "08:20", "5"),
        train("G4", "08:00", "08:20", "1"),
        train("G5", "08:00", "08:20", "4"),
    ]
    state = opened(FIRST, SECOND, *full)
    assert offer(state, "G2") == "3"
    state = run(state, act("07:00", AddCall(day=DAY, planned=train("G6", "08:00", "08:20", "3")), item="add"))
    assert offer(state, "G2") == ""
    assert set(state.occupancy.seeking) == {BOTH}
    left = run(state, act("07:01", SetRunning(call=call_id("G4"), running=Running.SUSPENDED)))
    assert offer(left, "G2") == "1"
    assert conflicts(left)[BOTH].solution
    assert offer(run(state, act("07:01", Undo(act="add"))), "G2") == "3"


def test_no_two_proposals_are_in_each_others_way() -> None:
    """All of them can be accepted at once."""
    state = opened(
        FIRST,
        SECOND,
        train("G3", "08:00", "08:10", "3"),
        train("G4", "08:05", "08:15", "3"),
        train("G5", "08:00", "08:20", "4"),
    )
    assert {offer(state, "G2"), offer(state, "G4")} == {"5", "1"}
    state = run(state, act("07:00", Decide(proposals=tuple(proposals(state)), accept=True)))
    assert (conflicts(state), proposals(state)) == ({}, {})


def test_an_offer_that_is_given_up_is_made_to_the_next() -> None:
    """Two conflicts and one free track: when the first no longer needs it, the second gets it."""
    state = opened(
        FIRST,
        SECOND,
        train("G3", "08:00", "08:10", "3"),
        train("G4", "08:05", "08:15", "3"),
        train("G5", "08:00", "08:20", "4"),
        train("G6", "08:00", "08:20", "1"),
    )
    offers = {number: offer(state, number) for number in ("G2", "G4")}
    (first,) = (number for number, track in offers.items() if track == "5")
    (second,) = (number for number, track in offers.items() if not track)
    ended = run(state, act("07:00", SetRunning(call=call_id(first), running=Running.SUSPENDED)))
    assert offer(ended, second) in ("3", "2", "5")
    waiting = [item for item, proposal in proposals(state).items() if not proposal.rejected]
    while waiting:
        state = run(state, act("07:00", Decide(proposals=tuple(waiting), accept=False), item=f"no/{waiting}"))
        if offer(state, second):
            break
        waiting = [item for item, proposal in proposals(state).items() if not proposal.rejected]
    assert offer(state, second) == "5"


# Always

NUMBERS = ("G1", "G2", "G3", "G4", "G5", "G6")
TIMES = {
    "G1": ("08:00", "08:10"),
    "G2": ("08:05", "08:30"),
    "G3": ("08:00", None),
    "G4": (None, "08:50"),
    "G5": ("08:20", "08:20"),
    "G6": ("08:10", "08:40"),
}
Move = Callable[[State, Instant, str], list[Input]]


def start() -> State:
    """Six trains of all kinds, two of them one set, two in each other's way, and few tracks left."""
    return opened(
        *(
            train(number, *TIMES[number], track, turnaround="G4" if number == "G3" else "")
            for number, track in zip(NUMBERS, "224413", strict=True)
        )
    )


def news(number: str, **fields: object) -> FeedRecord:
    """The feed's view of one of the six."""
    arrival, departure = TIMES[number]
    kind = train(number, arrival, departure).kind
    usual: dict[str, object] = {
        "kind": kind,
        "planned_arrival": None if arrival is None else at(arrival),
        "planned_departure": None if departure is None else at(departure),
    }
    return record(number, **(usual | fields))


@st.composite
def records(draw: st.DrawFn) -> Move:
    """Something that the feed says; much of it cannot be, and is quarantined."""
    number = draw(st.sampled_from(NUMBERS))
    fields: dict[str, object] = {"track": draw(st.sampled_from(["1", "2", "3", "4", "5", "9", ""]))}
    for event, planned in zip(("arrival", "departure"), TIMES[number], strict=True):
        if planned is not None:
            fields[f"expected_{event}"] = draw(
                st.none() | st.integers(-10, 60).map(lambda late, base=planned: Instant(at(base) + late * MINUTE))
            )
            if draw(st.integers(0, 3)) == 0:
                fields[f"actual_{event}"] = Instant(at("06:00") + draw(st.integers(0, 150)) * MINUTE)
            fields[f"{event}_unknown"] = draw(st.integers(0, 5)) == 0
    fields["running"] = draw(st.sampled_from([Running.SCHEDULED] * 6 + [Running.SUSPENDED]))
    return lambda _s, now, name: [Feed(id=name, at=now, records=(news(number, **fields),))]


def tracks(number: str, track: str) -> Move:
    """A person moves a train."""
    return lambda _s, now, name: [_act(now, name, SetTrack(call=call_id(number), track=track))]


def decisions(accept: bool, pick: int) -> Move:
    """A person decides on a proposal."""

    def decide(state: State, now: Instant, name: str) -> list[Input]:
        waiting = sorted(proposals(state))
        chosen = waiting[pick % len(waiting) :][:2] if waiting else []
        return [_act(now, name, Decide(proposals=tuple(chosen), accept=accept))] if chosen else []

    return decide


def additions(number: str, track: str, minutes: int) -> Move:
    """A person adds a train, perhaps with a number that is there."""
    planned = replace(
        train(number, "08:00", "08:10", track),
        arrival=Instant(at("08:00") + minutes * MINUTE),
        departure=Instant(at("08:10") + minutes * MINUTE),
    )
    return lambda _s, now, name: [_act(now, name, AddCall(day=DAY, planned=planned))]


def undoing(pick: int) -> Move:
    """A person takes an act back."""

    def undo(state: State, now: Instant, name: str) -> list[Input]:
        acts = sorted(state.records.get("act", {}))
        return [_act(now, name, Undo(act=acts[pick % len(acts)]))] if acts else []

    return undo


def links(number: str) -> Move:
    """A person says which train leaves with a set."""
    return lambda _s, now, name: [_act(now, name, SetTurnaround(call=call_id("G3"), number=number))]


def configurations(between: int, origin_before: int, *, apart: bool) -> Move:
    """The station's folder is read with other figures."""
    clearance = Clearance(between=between, origin_before=origin_before)
    configuration = busy(clearance=clearance, boarding_apart=apart)
    return lambda _s, now, name: [Configure(id=name, at=now, configuration=configuration)]


def ticks(minutes: int) -> Move:
    """Time goes on, in one leap."""
    return lambda _s, now, name: [Tick(id=name, at=Instant(floor_minute(now) + minutes * MINUTE))]


def _act(now: Instant, name: str, *deeds: object) -> Input:
    return replace(act("06:00", item=name), at=now, deeds=deeds)  # type: ignore[arg-type]


MOVES = st.one_of(
    records(),
    records(),
    st.builds(tracks, st.sampled_from(NUMBERS), st.sampled_from(["1", "2", "3", "4", "5"])),
    st.builds(decisions, st.booleans(), st.integers(0, 5)),
    st.builds(additions, st.sampled_from(["G1", "G7"]), st.sampled_from(["1", "2", "3", "5"]), st.integers(-30, 40)),
    st.builds(undoing, st.integers(0, 5)),
    st.builds(links, st.sampled_from(["", "G4", "G9"])),
    st.builds(configurations, st.integers(0, 10), st.sampled_from([0, 30, 60]), apart=st.booleans()),
    st.integers(1, 30).map(ticks),
    st.sampled_from([120, 600, 3000]).map(ticks),
)


def play(moves: list[Move]) -> list[tuple[Input, State, State]]:
    """Every input that was taken, with the state before and after it."""
    state, history = start(), []
    for number, move in enumerate(moves):
        for given_input in move(state, Instant(state.facts.now + 7), f"input/{number}"):
            try:
                after, _ = step(state, given_input)
            except Refused:
                continue
            history.append((given_input, state, after))
            state = after
    return history


def partner(state: State, call: Call) -> Call | None:
    """The call that leaves with the call's set, by going through all."""
    return partner_of(
        call,
        lambda day, numbers: [
            other
            for other in state.calls.values()
            if other.service_date == day and any(number in other.numbers for number in numbers)
        ],
    )


def all_claims(state: State) -> dict[str, Claims]:
    """What each call claims, worked out from nothing."""
    assert state.station is not None
    found = {item: claims_of(call, state.station, partner(state, call)) for item, call in state.calls.items()}
    return {item: claims for item, claims in found.items() if claims is not None}


def expected(state: State) -> dict[str, Conflict]:
    """Every conflict, by comparing all calls with all."""
    pairs = combinations(all_claims(state).values(), 2)
    return {found.id: found for one, other in pairs for found in conflicts_between(one, other)}


many = settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(st.lists(MOVES, min_size=2, max_size=14))
def test_what_is_found_by_and_by_is_all_that_there_is(moves: list[Move]) -> None:
    """After any sequence of news and acts, the conflicts are those of every two calls, worked out from nothing."""
    for _given, _before, state in play(moves):
        found = {item: replace(conflict, solution="") for item, conflict in conflicts(state).items()}
        assert found == expected(state)
        assert dict(state.occupancy.claims) == all_claims(state)


@many
@given(st.lists(MOVES, min_size=2, max_size=14))
def test_the_indexes_follow_from_the_resources(moves: list[Move]) -> None:
    """A state that is read back has the same occupancy, and the same input changes it in the same way."""
    for given_input, before, after in play(moves):
        read_back = State.from_resources(list(before.resources()))
        assert read_back.occupancy == before.occupancy
        assert step(read_back, given_input)[1] == step(before, given_input)[1]
        assert State.from_resources(list(after.resources())).occupancy == after.occupancy


@many
@given(st.lists(MOVES, min_size=2, max_size=14))
def test_every_solution_would_end_its_conflict(moves: list[Move]) -> None:
    """What is proposed is a free track, for one of the two; there is no proposal without a conflict."""
    for _given, _before, state in play(moves):
        offers = {
            item: proposal
            for item, proposal in proposals(state).items()
            if proposal.source is Source.CONFLICT and not proposal.rejected
        }
        solved = {conflict.solution for conflict in conflicts(state).values() if conflict.solution}
        assert solved == set(offers)
        claims = all_claims(state)
        taken = {proposal.call: offered(state, proposal.call, proposal.deed.track) for proposal in offers.values()}  # type: ignore[union-attr]
        for call, there in taken.items():
            others = [*(item for item in taken.values()), *claims.values()]
            assert all(on_one_track(there, other) is None for other in others if other.call != call)
        for conflict in conflicts(state).values():
            assert conflict.solution == "" or offers[conflict.solution].call in conflict.calls


def offered(state: State, call: str, track: str) -> Claims:
    """What a call would claim of another track."""
    assert state.station is not None
    there = state.calls[call]
    claims = claims_at(there, track, state.station, partner(state, there), state.occupancy.claims.get(call))
    assert claims is not None
    return claims


@many
@given(st.lists(MOVES, min_size=2, max_size=14))
def test_looking_at_everything_again_changes_nothing(moves: list[Move]) -> None:
    """Conflicts, their solutions and all proposals are what they would be if every call were looked at again."""
    history = play(moves)
    state = history[-1][2] if history else start()
    state = run(state, Tick(id="tick", at=Instant(floor_minute(state.facts.now) + MINUTE)))
    assert state.configuration is not None
    again = run(state, Configure(id="again", at=state.facts.now, configuration=state.configuration))
    assert conflicts(again) == conflicts(state)
    assert proposals(again) == proposals(state)
