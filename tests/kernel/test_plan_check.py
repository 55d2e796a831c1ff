"""The day plan: its versions, what people tick off, lock and decide, and what a newer version may change by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import KINDS, Changes, Resource, Value
from stationmaster_kernel.day_plan import DayPlan, PlanRow, RowChange, row_id
from stationmaster_kernel.deeds import (
    CheckRows,
    DecideRows,
    Deed,
    Expect,
    LockPlan,
    Replan,
    SetFormation,
    SetTrack,
    Undo,
)
from stationmaster_kernel.inputs import Act, Feed, Input, Plan, PlannedCall, TaskResult, Tick
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import CallKind, EventName, TaskState
from support.effort import scaled
from support.small_station import DAY, at, planned, record, running_station

G1, G2, G3 = (row_id(DAY, number, 1) for number in ("G1", "G2", "G3"))
CALL = "TST/2026-03-01/{}/1"
EARLY = "06:00"


class Day:
    """A station on the test day whose plan is taken, checked and decided on."""

    def __init__(self, *calls: PlannedCall, now: str = EARLY) -> None:
        self.state = running_station(*(calls or (planned(), planned("G2", departure="09:00"))), now=now)
        self.now = at(now)
        self.changes = Changes()
        self._inputs = 0

    def give(self, given_input: Input) -> Changes:
        self.state, self.changes = step(self.state, given_input)
        return self.changes

    def plan(self, *calls: PlannedCall, digest: str = "") -> Changes:
        self._inputs += 1
        digest = digest or f"digest {self._inputs}"
        return self.give(Plan(id=f"plan/{self._inputs}", at=self.now, day=DAY, calls=calls, digest=digest))

    def act(self, *deeds: Deed, by: str = "Li") -> Changes:
        self._inputs += 1
        return self.give(Act(id=f"act/{self._inputs}", at=self.now, by=by, deeds=deeds))

    def tick(self, *rows: str) -> None:
        self.act(CheckRows(day=DAY, rows=rows))

    def lock(self) -> None:
        self.tick(*(row.id for row in self.rows() if row.planned is not None))
        self.act(LockPlan(day=DAY))

    def accept(self, *rows: str) -> None:
        self.act(DecideRows(day=DAY, rows=rows, accept=True))

    def reject(self, *rows: str) -> None:
        self.act(DecideRows(day=DAY, rows=rows, accept=False))

    def rows(self) -> list[PlanRow]:
        return [item for item in self.state.records.get("row", {}).values() if isinstance(item, PlanRow)]

    def row(self, item: str) -> PlanRow:
        found = self.state.records["row"][item]
        assert isinstance(found, PlanRow)
        return found

    def head(self) -> DayPlan:
        found = self.state.records["plan"][DAY.isoformat()]
        assert isinstance(found, DayPlan)
        return found

    def call(self, number: str) -> Call:
        found: Call = self.state.calls[CALL.format(number)]
        return found

    def has(self, number: str) -> bool:
        return CALL.format(number) in self.state.calls


def put_kinds(changes: Changes) -> set[tuple[str, str]]:
    return {(put.kind, put.id) for put in changes.puts}


def test_the_first_version_makes_rows_and_calls() -> None:
    """Each call of the plan is a row with its call; nobody has ticked anything off, and the version is 1."""
    day = Day()
    assert {row.id: row.call for row in day.rows()} == {G1: CALL.format("G1"), G2: CALL.format("G2")}
    assert day.row(G1).planned == planned()
    assert (day.head().version, day.head().locked_by, day.row(G1).checked_by) == (1, "", "")


def test_a_call_has_all_that_the_plan_says() -> None:
    """Formation, turnaround and check-in offsets reach the call."""
    day = Day(replace(planned(), formation="8+8", turnaround="G9", opens=-20, closes=-4))
    call = day.call("G1")
    assert (call.formation, call.turnaround, call.opens, call.closes) == ("8+8", "G9", -20, -4)


def test_the_same_version_again_changes_nothing() -> None:
    """A plan with the digest that is known is no input at all to calls and rows."""
    day = Day()
    day.plan(planned(), digest="x")
    before = day.state
    changes = day.plan(planned("G7"), digest="x")
    assert (changes.puts, changes.deletes, changes.notes) == ((), (), ())
    assert day.state.calls == before.calls


def test_a_version_that_says_the_same_writes_only_its_digest() -> None:
    """Another digest with the same calls touches no row, no call, and is no version."""
    day = Day()
    changes = day.plan(planned(), planned("G2", departure="09:00"))
    assert put_kinds(changes) == {("plan", DAY.isoformat()), ("kernel", "kernel")}
    assert (day.head().version, day.head().digest) == (1, "digest 1")


def test_a_newer_version_is_taken_row_by_row() -> None:
    """Added, gone and changed rows take effect at once on a plan that nobody checked; no other row is written."""
    day = Day(planned(), planned("G2", departure="09:00"), planned("G3", departure="09:30"))
    changes = day.plan(planned(), planned("G2", departure="09:05"), planned("G4", departure="10:00"))
    assert {item for item in put_kinds(changes) if item[0] in ("row", "call", "plan")} == {
        ("plan", DAY.isoformat()),
        *(("row", row_id(DAY, number, 1)) for number in ("G2", "G3", "G4")),
        *(("call", CALL.format(number)) for number in ("G2", "G4")),
    }
    assert not day.has("G3")
    departure = day.call("G2").departure
    assert departure is not None
    assert departure.planned == at("09:05")
    assert day.head().version == 2
    gone = day.row(G3)
    assert (gone.planned, gone.before, gone.version) == (None, planned("G3", departure="09:30"), 2)
    assert day.row(G2).before == planned("G2", departure="09:00")
    (note,) = (note for note in changes.notes if note.code.startswith("plan"))
    assert (note.code, note.subject, dict(note.detail)) == (
        "plan-changed",
        "2026-03-01",
        {"taken": "3", "waiting": "0"},
    )


def test_what_is_gone_is_seen_until_the_next_version_only() -> None:
    """A row that was taken away is a row without a plan for one version, and then no row."""
    day = Day()
    day.plan(planned())
    assert day.row(G2).planned is None
    day.plan(planned(track="2"))
    assert {row.id for row in day.rows()} == {G1}


def test_a_change_of_the_tasks_comes_with_the_change_of_the_call() -> None:
    """The tasks of a call whose plan changed are those of the new plan."""
    day = Day()
    day.plan(planned(departure="08:30"), planned("G2", departure="09:00"))
    hall = day.state.tasks[f"{CALL.format('G1')}/hall/1"]
    assert hall.end == at("08:31")


def test_another_track_brings_platform_and_places() -> None:
    """Track, platform, planned platform and the platform's own gates follow the plan."""
    day = Day()
    day.plan(planned(track="2"), planned("G2", departure="09:00"))
    call = day.call("G1")
    assert (call.track, call.platform, call.planned_track, call.planned_platform) == ("2", "2", "2", "2")
    assert (call.gates, call.areas) == (("2A",), ("B",))


def test_what_a_person_or_the_feed_set_stays() -> None:
    """A track set by hand and a planned time of the dispatchers' stay; the other fields take the plan's values."""
    day = Day()
    day.act(SetTrack(call=CALL.format("G1"), track="3"))
    day.give(Feed(id="f", at=day.now, records=(record(planned_departure=at("08:12")),)))
    newer = replace(planned(track="2", departure="08:20"), arrival=at("08:03"), formation="16")
    day.plan(newer, planned("G2", departure="09:00"))
    call = day.call("G1")
    assert call.arrival is not None
    assert call.departure is not None
    assert (call.track, call.planned_track, call.formation) == ("3", "2", "16")
    assert (call.arrival.planned, call.departure.planned) == (at("08:03"), at("08:12"))
    assert day.row(G1).planned == newer


def test_gates_set_by_hand_stay_and_others_follow_the_platform_that_is_used() -> None:
    """On a platform that is not the plan's, the plan's gates do not apply."""
    day = Day()
    day.act(SetTrack(call=CALL.format("G1"), track="2"))
    day.plan(replace(planned(), gates=("1A", "2A")), planned("G2", departure="09:00"))
    assert day.call("G1").gates == ("2A",)


def test_a_change_of_kind_takes_the_event_away() -> None:
    """A through train that becomes an origin train has no arrival any more, and the other way round it gets one."""
    day = Day(planned())
    origin = planned(kind=CallKind.ORIGIN, arrival=None)
    day.plan(origin)
    assert day.call("G1").arrival is None
    day.plan(planned(arrival="07:50"))
    arrival = day.call("G1").arrival
    assert arrival is not None
    assert arrival.planned == at("07:50")


def test_an_event_that_something_is_known_of_does_not_go_by_itself() -> None:
    """A kind that would lose an expected arrival waits for a decision."""
    day = Day(planned())
    day.act(Expect(call=CALL.format("G1"), event=EventName.ARRIVAL, at=at("08:05")))
    day.plan(planned(kind=CallKind.ORIGIN, arrival=None))
    assert (day.row(G1).change, day.call("G1").kind) == (RowChange.CHANGED, CallKind.THROUGH)
    day.accept(G1)
    assert (day.call("G1").kind, day.call("G1").arrival) == (CallKind.ORIGIN, None)
    assert not any(item.field.startswith("arrival") for item in day.call("G1").provenance)


def test_other_numbers_find_the_call() -> None:
    """When a train gets a second number, feed records with it find the call; with the one that it lost they do not."""
    day = Day(planned("G1/G4"))
    day.plan(planned("G1/G6"))
    assert day.state.numbers[DAY, "G6"] == (CALL.format("G1"),)
    assert (DAY, "G4") not in day.state.numbers


@pytest.mark.parametrize("what", ["feed", "hand", "task"])
def test_a_train_that_something_happened_to_does_not_go_by_itself(what: str) -> None:
    """What the feed, a person or an executor has touched waits for a decision when the plan no longer has it."""
    day = Day(planned())
    if what == "feed":
        day.give(Feed(id="f", at=day.now, records=(record(),)))
    elif what == "hand":
        day.act(SetTrack(call=CALL.format("G1"), track="2"))
    else:
        begin_a_task(day)
    day.plan()
    assert (day.row(G1).change, day.row(G1).proposed, day.has("G1")) == (RowChange.GONE, None, True)


def begin_a_task(day: Day) -> None:
    task = next(task for task in day.state.tasks.values() if task.rule == "say-check-in")
    result = Result(target=task.targets[0], state=TaskState.BEGUN, at=day.now, base=task.base)
    day.give(TaskResult(id="r", at=day.now, task=task.id, result=result))


def test_a_touched_train_goes_when_people_say_so() -> None:
    """An accepted *gone* removes the call, and the row is seen as gone."""
    day = Day(planned())
    day.act(SetTrack(call=CALL.format("G1"), track="2"))
    day.plan()
    day.accept(G1)
    assert not day.has("G1")
    assert (day.row(G1).planned, day.row(G1).change) == (None, None)


def test_a_train_that_has_been_here_is_not_taken_out_of_the_plan() -> None:
    """Accepting *gone* is refused when a task was begun: what was done must stay to be seen."""
    day = Day(planned())
    begin_a_task(day)
    day.plan()
    with pytest.raises(Refused) as refused:
        day.accept(G1)
    assert refused.value.code == "call-has-happened"
    assert day.has("G1")


def test_a_train_under_way_is_decided_on_and_one_that_has_left_is_not_asked_about() -> None:
    """After the arrival a change waits; after the departure the plan is past, and the row stays as it stood."""
    day = Day(planned(), now="08:01")
    day.give(Feed(id="f1", at=day.now, records=(record(actual_arrival=at("08:01")),)))
    day.plan(planned(track="2"))
    assert (day.row(G1).change, day.call("G1").track) == (RowChange.CHANGED, "1")
    day.reject(G1)
    left = record(actual_arrival=at("08:01"), actual_departure=at("08:10"))
    day.give(Feed(id="f2", at=at("08:10"), records=(left,)))
    day.now = at("08:11")
    day.plan(planned(track="3"))
    assert (day.row(G1).planned, day.row(G1).proposed) == (planned(), planned(track="2"))


def test_a_train_that_is_overdue_is_decided_on() -> None:
    """Time alone makes no train leave, so a change of its plan is neither taken nor lost."""
    day = Day(planned())
    day.give(Tick(id="t", at=at("08:30")))
    day.now = at("08:30")
    day.plan(planned(track="2"))
    assert (day.row(G1).change, day.call("G1").track) == (RowChange.CHANGED, "1")


def test_a_train_that_would_be_past_is_not_added() -> None:
    """A newer version makes no trains of the hours that are over."""
    day = Day(planned(departure="12:00"))
    day.now = at("09:00")
    day.plan(planned(departure="12:00"), planned("G2", departure="08:30"))
    assert (day.has("G2"), len(day.rows())) == (False, 1)


def test_ticked_rows_wait_for_a_decision() -> None:
    """A ticked-off row is not replaced; accepted, the change is taken and the tick is gone."""
    day = Day()
    day.tick(G1)
    assert (day.row(G1).checked_by, day.row(G1).checked_at) == ("Li", at(EARLY))
    newer = planned(departure="08:15")
    day.plan(newer, planned("G2", departure="09:10"))
    row = day.row(G1)
    assert (row.planned, row.change, row.proposed, row.checked_by) == (planned(), RowChange.CHANGED, newer, "Li")
    assert day.row(G2).planned == planned("G2", departure="09:10")
    day.accept(G1)
    row = day.row(G1)
    assert (row.planned, row.before, row.change, row.checked_by) == (newer, planned(), None, "")
    departure = day.call("G1").departure
    assert departure is not None
    assert departure.planned == at("08:15")


def test_a_locked_plan_changes_in_nothing_by_itself() -> None:
    """Added, gone and changed rows all wait while the plan is locked, and each is decided on by itself."""
    day = Day(planned(), planned("G2", departure="09:00"))
    day.lock()
    assert (day.head().locked_by, day.head().locked_at) == ("Li", at(EARLY))
    before = day.state.calls
    day.plan(planned(track="2"), planned("G3", departure="09:30"))
    assert day.state.calls == before
    assert {row.id: row.change for row in day.rows()} == {
        G1: RowChange.CHANGED,
        G2: RowChange.GONE,
        G3: RowChange.ADDED,
    }
    day.accept(G2, G3)
    day.reject(G1)
    assert (day.has("G2"), day.has("G3"), day.call("G1").track) == (False, True, "1")
    assert day.row(G1).rejected_by == "Li"
    assert day.head().locked_by == "Li"


def test_what_was_rejected_is_asked_again_only_when_it_says_something_else() -> None:
    """The same difference in a newer version stays rejected; another one waits anew; the old plan ends the matter."""
    day = Day()
    day.lock()
    day.plan(planned(track="2"), planned("G2", departure="09:00"))
    day.reject(G1)
    day.plan(planned(track="2"), planned("G2", departure="09:10"))
    assert (day.row(G1).waits, day.row(G2).waits) == (False, True)
    day.plan(planned(track="3"), planned("G2", departure="09:10"))
    assert (day.row(G1).waits, day.row(G1).rejected_by) == (True, "")
    day.plan(planned(), planned("G2", departure="09:00"))
    assert [row.change for row in day.rows()] == [None, None]


def test_a_rejected_train_that_only_a_newer_version_had_goes_with_it() -> None:
    """A row that was to be added and no longer is leaves nothing behind."""
    day = Day(planned())
    day.lock()
    day.plan(planned(), planned("G2", departure="09:00"))
    day.reject(G2)
    day.plan(planned())
    assert {row.id for row in day.rows()} == {G1}


def test_one_may_think_again_after_a_rejection() -> None:
    """What was rejected can still be accepted."""
    day = Day()
    day.tick(G1)
    day.plan(planned(track="2"), planned("G2", departure="09:00"))
    day.reject(G1)
    day.accept(G1)
    assert (day.call("G1").track, day.row(G1).rejected_by) == ("2", "")


def test_a_train_that_was_faster_than_the_plan_is_its_row() -> None:
    """A train that the feed or a person made first becomes the row's call and is not made twice."""
    day = Day(planned())
    day.give(Feed(id="f", at=day.now, records=(record("G2", planned_departure=at("09:00")),)))
    day.plan(planned(), planned("G2", departure="09:01"))
    assert day.row(G2).call == CALL.format("G2")
    assert sorted(day.state.calls) == [CALL.format("G1"), CALL.format("G2")]


def test_the_same_number_twice_is_two_rows() -> None:
    """Each is told apart by n, and has its own call."""
    day = Day(planned(), planned(arrival="20:00", departure="20:10"))
    assert {row.id: row.call for row in day.rows()} == {
        row_id(DAY, "G1", 1): "TST/2026-03-01/G1/1",
        row_id(DAY, "G1", 2): "TST/2026-03-01/G1/2",
    }


REFUSALS: list[tuple[str, Deed]] = [
    ("no-such-plan", CheckRows(day=DAY + timedelta(days=9), rows=(G1,))),
    ("no-such-row", CheckRows(day=DAY, rows=(G1, "2026-03-01/G9/1"))),
    ("no-such-row", CheckRows(day=DAY, rows=())),
    ("row-undecided", CheckRows(day=DAY, rows=(G1,))),
    ("plan-not-checked", LockPlan(day=DAY)),
    ("plan-not-locked", LockPlan(day=DAY, locked=False)),
    ("row-without-difference", DecideRows(day=DAY, rows=(G1, G2), accept=True)),
]


@pytest.mark.parametrize(("code", "deed"), REFUSALS)
def test_what_cannot_be_is_refused_with_what_is_allowed(code: str, deed: Deed) -> None:
    """Each refusal has its code and a hint, and changes nothing."""
    day = Day()
    day.tick(G1)
    day.plan(planned(track="2"), planned("G2", departure="09:00"))
    before = day.state
    with pytest.raises(Refused) as refused:
        day.act(deed)
    assert refused.value.code == code
    assert refused.value.message
    assert day.state is before


def test_a_plan_is_locked_when_it_has_been_checked_through() -> None:
    """Every row has to be ticked off first; a locked plan is not locked again, and its ticks stay until it is open."""
    day = Day()
    day.tick(G1)
    with pytest.raises(Refused, match="not ticked off: 2026-03-01/G2/1"):
        day.act(LockPlan(day=DAY))
    day.lock()
    for deed in (LockPlan(day=DAY), CheckRows(day=DAY, rows=(G1,), checked=False)):
        with pytest.raises(Refused) as refused:
            day.act(deed, by="Wang")
        assert refused.value.code == "plan-locked"
    day.act(LockPlan(day=DAY, locked=False), CheckRows(day=DAY, rows=(G1,), checked=False))
    assert (day.head().locked_by, day.row(G1).checked_by, day.row(G2).checked_by) == ("", "", "Li")


def test_who_ticked_first_stays() -> None:
    """A second tick of the same row is no change."""
    day = Day()
    day.tick(G1)
    day.act(CheckRows(day=DAY, rows=(G1,)), by="Wang")
    assert day.row(G1).checked_by == "Li"


def test_an_act_on_the_plan_can_be_undone() -> None:
    """Undoing a tick and an accepted difference brings the row and the call's planned values back."""
    day = Day()
    day.tick(G1)
    day.act(Undo(act="act/1"))
    assert day.row(G1).checked_by == ""
    day.tick(G1)
    day.plan(planned(track="2"), planned("G2", departure="09:00"))
    changes = day.act(DecideRows(day=DAY, rows=(G1,), accept=True))
    accepted = next(put.id for put in changes.puts if put.kind == "act")
    day.act(Undo(act=accepted))
    row = day.row(G1)
    assert (row.planned, row.change, row.checked_by) == (planned(), RowChange.CHANGED, "Li")
    assert (day.call("G1").track, day.call("G1").platform) == ("1", "1")


def test_an_act_that_is_taken_back_leaves_what_the_plan_says_now() -> None:
    """Where a person's value stood before a newer plan, taking it back brings the newer plan's value."""
    day = Day()
    call = CALL.format("G1")
    changes = day.act(
        SetTrack(call=call, track="3"),
        SetFormation(call=call, formation="8"),
        Replan(call=call, event=EventName.DEPARTURE, at=at("08:40")),
    )
    act = next(put.id for put in changes.puts if put.kind == "act")
    day.plan(replace(planned(track="9", departure="08:20"), formation="16"), planned("G2", departure="09:00"))
    assert (day.call("G1").track, day.call("G1").formation) == ("3", "8")
    day.act(Undo(act=act))
    departure = day.call("G1").departure
    assert departure is not None
    assert (day.call("G1").track, day.call("G1").platform, day.call("G1").gates) == ("9", "", ())
    assert (day.call("G1").formation, departure.planned, day.call("G1").provenance) == ("16", at("08:20"), ())


def test_a_decision_on_another_kind_of_call_is_taken_back() -> None:
    """An event that went with an accepted change comes back with all that was known of it, and one that came goes."""
    day = Day(planned())
    day.act(Expect(call=CALL.format("G1"), event=EventName.ARRIVAL, at=at("08:05")))
    day.tick(G1)
    day.plan(planned(kind=CallKind.ORIGIN, arrival=None))
    before = day.call("G1")
    changes = day.act(DecideRows(day=DAY, rows=(G1,), accept=True))
    accepted = next(put.id for put in changes.puts if put.kind == "act")
    assert day.call("G1").arrival is None
    changes = day.act(Undo(act=accepted))
    undone = next(put.id for put in changes.puts if put.kind == "act" and put.id != accepted)
    assert replace(day.call("G1"), revision=0) == replace(before, revision=0)
    day.act(Undo(act=undone))
    assert (day.call("G1").arrival, day.call("G1").kind) == (None, CallKind.ORIGIN)


def test_past_plans_are_forgotten() -> None:
    """When a plan is taken, plans and rows older than yesterday's go, and so do days of which no call can be left."""
    day = Day()
    for ahead in range(1, 8):
        later = DAY + timedelta(days=ahead)
        day.give(Plan(id=f"p{ahead}", at=at("00:00", days=ahead - 1), day=later, calls=(), digest="none"))
    assert sorted(day.state.records["plan"]) == [f"2026-03-0{number}" for number in (6, 7, 8)]
    assert day.rows() == []
    assert day.state.facts.planned == tuple(DAY + timedelta(days=number) for number in (3, 4, 5, 6, 7))


def test_records_wait_for_their_plan() -> None:
    """A record that came before the plan of its date is applied when that is taken."""
    day = Day(planned())
    tomorrow = DAY + timedelta(days=1)
    times = {"planned_arrival": at("08:00", days=1), "planned_departure": at("08:10", days=1)}
    early = record("G5", day=tomorrow, track="2", **times)
    day.give(Feed(id="f", at=day.now, records=(early,)))
    assert len(day.state.calls) == 1
    call = replace(planned("G5"), arrival=at("08:00", days=1), departure=at("08:10", days=1))
    day.give(Plan(id="p", at=day.now, day=tomorrow, calls=(call,), digest="d"))
    assert day.state.calls["TST/2026-03-02/G5/1"].track == "2"


# Whatever versions, ticks, locks and decisions come, in whichever order.

NUMBERS = ("G1", "G2", "G3")
TIMES = ("08:10", "08:20", "08:30")

VERSIONS = st.dictionaries(
    st.sampled_from(NUMBERS), st.tuples(st.sampled_from(TIMES), st.sampled_from(["1", "2", "3"])), max_size=3
).map(lambda rows: tuple(planned(number, departure=time, track=track) for number, (time, track) in rows.items()))
PICKS = st.lists(st.sampled_from([row_id(DAY, number, 1) for number in NUMBERS]), min_size=1, unique=True).map(tuple)
MOVES: st.SearchStrategy[tuple[PlannedCall, ...] | Deed] = st.one_of(
    VERSIONS,
    st.builds(CheckRows, day=st.just(DAY), rows=PICKS, checked=st.sampled_from([True, True, False])),
    st.builds(LockPlan, day=st.just(DAY), locked=st.booleans()),
    st.builds(DecideRows, day=st.just(DAY), rows=PICKS, accept=st.booleans()),
    st.builds(Undo, act=st.integers(0, 24).map(lambda number: f"a{number}")),
    st.builds(SetTrack, call=st.sampled_from([CALL.format(number) for number in NUMBERS]), track=st.just("3")),
)


def check_day(day: Day, newest: dict[str, PlannedCall]) -> None:
    """What holds after any move."""
    for row in day.rows():
        wanted = newest.get(row.id)
        assert row.planned == wanted or (row.change is not None and row.proposed == wanted), row
        assert row.change is None or row.proposed != row.planned
        assert row.planned is None or row.call in day.state.calls
    rows = {row.id for row in day.rows()}
    assert newest.keys() <= rows
    standing = [row for row in day.rows() if row.planned is not None]
    assert sorted(row.call for row in standing) == sorted(day.state.calls)
    for row in standing:
        assert row.planned is not None
        call = day.state.calls[row.call]
        departure = call.departure
        assert departure is not None
        assert departure.planned == row.planned.departure
        assert call.planned_track == row.planned.track
        assert call.track == ("3" if call.origin_of("track") else row.planned.track)


many = settings(max_examples=scaled(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(st.lists(MOVES, max_size=25))
def test_any_sequence_of_versions_and_decisions(moves: list[tuple[PlannedCall, ...] | Deed]) -> None:
    """Rows say what the newest version says or have it waiting; nothing ticked or locked changes by itself; no train
    is there twice; and the journal's inputs give the same changes again.
    """
    first = (planned("G1", departure="08:10"), planned("G2", departure="08:20"))
    day = Day(*first)
    newest = {row_id(DAY, call.number, 1): call for call in first}
    begin, history = day.state, []
    for number, move in enumerate(moves):
        before = {row.id: row for row in day.rows()}
        locked = bool(day.head().locked_by)
        if isinstance(move, tuple):
            given_input: Input = Plan(id=f"p{number}", at=day.now, day=DAY, calls=move, digest=repr(move))
            newest = {row_id(DAY, call.number, 1): call for call in move}
        else:
            given_input = Act(id=f"a{number}", at=day.now, by="Li", deeds=(move,))
        try:
            day.give(given_input)
        except Refused:
            continue
        history.append((given_input, day.changes))
        check_day(day, newest)
        if isinstance(move, tuple):
            after = {row.id: row for row in day.rows()}
            for item, row in before.items():
                if row.planned is not None and (locked or row.checked_by):
                    assert (after[item].planned, after[item].checked_by) == (row.planned, row.checked_by)
    replayed = State.from_resources(begin.resources())
    for given_input, changes in history:
        replayed, again = step(replayed, given_input)
        assert again == changes
    read_back = State.from_resources(through_json(item) for item in day.state.resources())
    assert read_back.records == day.state.records
    assert read_back.numbers == day.state.numbers


def through_json(item: Resource) -> Resource:
    value: Value = from_plain(KINDS[item.kind], json.loads(json.dumps(to_plain(item.value))))
    return replace(item, value=value)


def test_a_row_is_stored_and_read_back() -> None:
    """What is written of a row comes back equal, its times as whole seconds."""
    day = Day()
    day.tick(G1)
    assert from_plain(PlanRow, to_plain(day.row(G1))) == day.row(G1)
    assert day.row(G1).checked_at == Instant(at(EARLY))
