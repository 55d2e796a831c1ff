"""A station where trains get into each other's way: islands, a platform with another's gates, a main line track."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_kernel.configuration import Clearance, Configuration, PlaceKind
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.deeds import Deed
from stationmaster_kernel.inputs import Act, Configure, GradeFeed, Input, Plan, PlannedCall
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import CallKind, FeedGrade
from support.small_station import DAY, STATION, at, place, planned

PLACES = (
    place(PlaceKind.PLATFORM, "1", gates=("1A",)),
    place(PlaceKind.PLATFORM, "2", gates=("2A", "2B")),
    place(PlaceKind.PLATFORM, "3", gates=("3A",)),
    place(PlaceKind.PLATFORM, "4", gates=("2A", "2B")),
    place(PlaceKind.TRACK, "1", platform="1"),
    place(PlaceKind.TRACK, "2", platform="2"),
    place(PlaceKind.TRACK, "3", platform="2"),
    place(PlaceKind.TRACK, "4", platform="3"),
    place(PlaceKind.TRACK, "5", platform="4"),
    place(PlaceKind.TRACK, "9"),
    *(place(PlaceKind.GATE, item) for item in ("1A", "2A", "2B", "3A")),
)
"""Tracks 2 and 3 are the faces of an island; the platform at track 5 has its gates too; track 9 has no platform."""

BUSY = replace(STATION, places=PLACES, boards=(), zones=())


def busy(**facts: object) -> Configuration:
    """The station with other facts."""
    return replace(BUSY, station=replace(BUSY.station, **facts))  # type: ignore[arg-type]


CLEARANCE = Clearance()


def train(number: str, arrival: str | None, departure: str | None, track: str = "1", **more: object) -> PlannedCall:
    """A call of the test day; its kind follows from its times."""
    kind = CallKind.ORIGIN if arrival is None else CallKind.TERMINUS if departure is None else CallKind.THROUGH
    if arrival is not None and arrival == departure:
        kind = CallKind.PASSING
    return replace(planned(number, kind, arrival, departure, track), **more)  # type: ignore[arg-type]


def opened(*calls: PlannedCall, now: str = "06:00", configuration: Configuration = BUSY) -> State:
    """The station with a plan and a fresh feed."""
    return run(
        State.empty(at(now)),
        Configure(id="c", at=at(now), configuration=configuration),
        Plan(id="p", at=at(now), day=DAY, calls=calls),
        GradeFeed(id="g", at=at(now), grade=FeedGrade.FRESH),
    )


def run(state: State, *inputs: Input) -> State:
    """The state after the inputs."""
    for given in inputs:
        state, _ = step(state, given)
    return state


def act(clock: str, *deeds: Deed, item: str = "", lock: bool = True) -> Act:
    """Somebody does something."""
    return Act(id=item or f"act/{clock}/{deeds}", at=at(clock), by="controller 2", deeds=deeds, lock=lock)


def call_id(number: str, nth: int = 1) -> str:
    """The id of a call of the test day."""
    return f"TST/{DAY.isoformat()}/{number}/{nth}"


def conflicts(state: State) -> dict[str, Conflict]:
    """The conflicts by id, without revision."""
    return {item: replace(value, revision=0) for item, value in state.records.get("conflict", {}).items()}  # type: ignore[misc, arg-type]


def proposals(state: State) -> dict[str, Proposal]:
    """The proposals by id, without revision."""
    return {item: replace(value, revision=0) for item, value in state.records.get("proposal", {}).items()}  # type: ignore[misc, arg-type]
