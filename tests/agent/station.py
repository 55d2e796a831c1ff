"""A small station with a few trains, made by the real kernel: what a hub would hold, and so what an agent gets."""

from __future__ import annotations

from datetime import date

from agent.making import at
from stationmaster_agent.replica import Replica
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.configuration import Board, Configuration, Place, PlaceKind, StationFacts, Template, Zone
from stationmaster_kernel.inputs import Configure, GradeFeed, Plan, PlannedCall
from stationmaster_kernel.rules import Base, Moment, Rule
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Status, TaskKind
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Position

DAY = date(2026, 3, 1)


def both(text: str) -> tuple[tuple[str, str], ...]:
    return (("zh", text), ("en", text))


CONFIGURATION = Configuration(
    station=StationFacts(telecode="QHD", names=both("Clearwater East"), zone="Asia/Shanghai"),
    places=(
        Place(id="1", kind=PlaceKind.TRACK, names=both("1"), platform="1"),
        Place(id="1", kind=PlaceKind.PLATFORM, names=both("1"), gates=("1A",), areas=("A",), exits=("N",)),
        Place(id="1A", kind=PlaceKind.GATE, names=both("1A")),
        Place(id="A", kind=PlaceKind.AREA, names=both("A")),
        Place(id="N", kind=PlaceKind.EXIT, names=both("N")),
    ),
    boards=(Board(id="hall", type="ticket_hall", names=both("hall"), layout="hall"),),
    zones=(Zone(id="hall", type="waiting", names=both("hall")),),
    templates=(
        Template(id="open", texts=both("{{ number }}")),
        *(Template(id=f"status.{word}", texts=both(word.value)) for word in Status),
    ),
    rules=(
        Rule(
            id="check-in",
            does=TaskKind.CHECK_IN,
            start=Moment(base=Base.DEPARTURE, offset=-20),
            end=Moment(base=Base.DEPARTURE, offset=-3),
        ),
        Rule(
            id="row",
            does=TaskKind.DISPLAY,
            boards=("ticket_hall",),
            start=Moment(base=Base.DEPARTURE, offset=-180),
            end=Moment(base=Base.DEPARTURE),
            awaits=EventName.DEPARTURE,
        ),
        Rule(
            id="open",
            does=TaskKind.ANNOUNCEMENT,
            zones=("waiting",),
            due=Moment(base=Base.CHECK_IN_OPEN),
            template="open",
        ),
    ),
)


def planned(number: str, departure: float) -> PlannedCall:
    return PlannedCall(
        number=number,
        numbers=(number,),
        train_class="G",
        kind=CallKind.ORIGIN,
        origin="A",
        destination="B",
        departure=at(departure),
        track="1",
    )


def kernel_state(*departures: float, grade: FeedGrade = FeedGrade.FRESH, now: Instant | None = None) -> State:
    """The kernel of a hub at the start of the day, with a train for each departure (minutes into the day)."""
    start = at(0) if now is None else now
    state = State.empty(start)
    trains = tuple(planned(f"G{number}", minutes) for number, minutes in enumerate(departures, 1))
    for given in (
        Configure(id="c", at=start, configuration=CONFIGURATION),
        GradeFeed(id="g", at=start, grade=grade),
        Plan(id="p", at=start, day=DAY, calls=trains),
    ):
        state, _ = step(state, given)
    return state


def public(state: State) -> list[Resource]:
    """What goes over the protocol."""
    return [resource for resource in state.resources() if resource.kind in PUBLIC_KINDS]


def replica(state: State, *kinds: TaskKind, sequence: int = 1) -> Replica:
    """What a subsystem that does these kinds of task holds of it."""
    wanted = Filter(task_kinds=kinds)
    return Replica.of(
        [resource for resource in public(state) if wanted.admits(resource)],
        Position(epoch="e", sequence=sequence, hash="00"),
    )
