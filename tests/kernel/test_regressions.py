"""Faults that the machine has found, each by the shortest inputs that showed it."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.deeds import Announce
from stationmaster_kernel.inputs import Act, Configure, Feed, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Text
from support.small_station import DAY, STATION, at, planned, record, running_station


def test_what_a_step_makes_and_drops_again_is_not_deleted() -> None:
    """A record of a train that has long gone leaves nothing behind, and nobody is told to delete what never was."""
    state = running_station(now="23:00")
    state, _ = step(state, Configure(id="c2", at=at("23:00"), configuration=_keeping(600)))
    gone = record("X1", planned_arrival=at("20:00"), planned_departure=at("20:10"), actual_departure=at("06:00"))
    after, changes = step(state, Feed(id="f", at=at("23:01"), records=(gone,)))
    assert changes.deletes == ()
    assert [put.kind for put in changes.puts] == ["kernel"]
    assert list(after.memory) == list(state.memory)


def test_a_repeat_puts_nothing() -> None:
    """A record that says what the last one said is no change, even where nobody has left it out."""
    news = record(expected_departure=at("08:30"))
    state, _ = step(running_station(), Feed(id="f", at=at("06:10"), records=(news,)))
    _, changes = step(state, Feed(id="g", at=at("06:11"), records=(replace(news), news)))
    assert [put.kind for put in changes.puts] == ["kernel"]


def test_another_keep_counts_for_what_hangs_on_no_call() -> None:
    """When an operator's announcement is forgotten follows the configuration, also of one that was made before."""
    said = Announce(targets=("waiting-A",), texts=(Text(name="speech", language="zh", text="请注意"),))
    state, _ = step(running_station(), Act(id="a", at=at("06:10"), by="controller 2", deeds=(said,)))
    state, _ = step(state, Configure(id="c2", at=at("06:11"), configuration=_keeping(30)))
    assert state.wakes[""] * MINUTE == at("06:21")
    assert State.from_resources(state.resources()).wakes == state.wakes


def test_two_rows_of_a_first_plan_never_share_a_call() -> None:
    """Of two trains of one number the first is over when its plan comes; the second is the second all the same."""
    early, late = planned(arrival="00:10", departure="00:20"), planned(arrival="20:00", departure="20:10")
    state = State.empty(at("19:00"))
    for given in (
        Configure(id="c", at=at("19:00"), configuration=_keeping(60)),
        Plan(id="p", at=at("19:00"), day=DAY, calls=(early, late)),
    ):
        state, _ = step(state, given)
    rows = {item: row.call for item, row in state.records["row"].items() if isinstance(row, PlanRow)}
    assert rows == {f"{DAY}/G1/1": f"TST/{DAY}/G1/1", f"{DAY}/G1/2": f"TST/{DAY}/G1/2"}
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]
    moved = replace(early, arrival=at("00:05"))
    state, _ = step(state, Plan(id="q", at=at("19:01"), day=DAY, calls=(moved, late)))
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]


def test_an_extra_train_does_not_take_the_place_of_one_that_is_over() -> None:
    """A row keeps the id of its train when that is long over; another of the number, made then, has the next."""
    state = running_station(planned(arrival="07:00", departure="07:10"))
    state, _ = step(state, Configure(id="c2", at=at("10:00"), configuration=_keeping(60)))
    assert not state.calls
    extra = record(planned_arrival=at("11:00"), planned_departure=at("11:10"))
    state, _ = step(state, Feed(id="f", at=Instant(at("10:00") + 7), records=(extra,)))
    assert list(state.calls) == [f"TST/{DAY}/G1/2"]


def _keeping(minutes: int) -> Configuration:
    return replace(STATION, station=replace(STATION.station, keep=minutes))
