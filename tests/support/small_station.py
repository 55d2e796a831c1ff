"""A station small enough to think about: two platforms, three tracks, four boards, three zones, seven rules."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant, local_instant
from stationmaster_kernel.configuration import (
    Board,
    Configuration,
    Name,
    Place,
    PlaceKind,
    StationFacts,
    Template,
    Words,
    Zone,
)
from stationmaster_kernel.inputs import Configure, FeedRecord, GradeFeed, Plan, PlannedCall
from stationmaster_kernel.rules import Base, Moment, Rule, Selector, TimeChoice, Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Status, TaskKind

DAY = date(2026, 3, 1)
ZONE = ZoneInfo("Asia/Shanghai")


def at(clock: str, days: int = 0) -> Instant:
    """The instant of a local HH:MM (or HH:MM:SS) on the test day."""
    return local_instant(DAY, time.fromisoformat(clock), ZONE, days=days)


def both(zh: str, en: str) -> Words:
    """Words in both languages."""
    return (("zh", zh), ("en", en))


def place(kind: PlaceKind, item: str, **more: object) -> Place:
    """A place with plain names."""
    return Place(id=item, kind=kind, names=both(f"{item}{kind}", f"{kind} {item}"), **more)  # type: ignore[arg-type]


PLATFORMS = (
    place(PlaceKind.PLATFORM, "1", gates=("1A",), areas=("A",), exits=("N",)),
    place(PlaceKind.PLATFORM, "2", gates=("2A",), areas=("B",), exits=("N",)),
)
TRACKS = (
    place(PlaceKind.TRACK, "1", platform="1"),
    place(PlaceKind.TRACK, "2", platform="2"),
    place(PlaceKind.TRACK, "3", platform="2"),
    place(PlaceKind.TRACK, "9"),
)
OTHERS = (
    place(PlaceKind.GATE, "1A"),
    place(PlaceKind.GATE, "2A"),
    place(PlaceKind.AREA, "A"),
    place(PlaceKind.AREA, "B"),
    place(PlaceKind.EXIT, "N"),
)
DEPARTING = Selector(kinds=(CallKind.ORIGIN, CallKind.THROUGH))
ARRIVING = Selector(kinds=(CallKind.TERMINUS, CallKind.THROUGH))

RULES = (
    Rule(
        id="check-in",
        does=TaskKind.CHECK_IN,
        when=DEPARTING,
        start=Moment(base=Base.DEPARTURE, offset=-15),
        end=Moment(base=Base.DEPARTURE, offset=-3),
        after_arrival=5,
    ),
    Rule(
        id="hall",
        does=TaskKind.DISPLAY,
        when=DEPARTING,
        boards=("ticket_hall", "gate"),
        start=Moment(base=Base.DEPARTURE, offset=-120, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.DEPARTURE, offset=1),
        awaits=EventName.DEPARTURE,
        hard_end=60,
    ),
    Rule(
        id="arrivals",
        does=TaskKind.DISPLAY,
        when=ARRIVING,
        boards=("arrivals",),
        start=Moment(base=Base.ARRIVAL, offset=-30, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.ARRIVAL, offset=10),
        awaits=EventName.ARRIVAL,
    ),
    Rule(
        id="say-check-in",
        does=TaskKind.ANNOUNCEMENT,
        when=DEPARTING,
        zones=("waiting",),
        due=Moment(base=Base.CHECK_IN_OPEN),
        valid=10,
        template="check-in",
        rearm=10,
    ),
    Rule(
        id="say-arrived",
        does=TaskKind.ANNOUNCEMENT,
        when=ARRIVING,
        zones=("platform",),
        due=Moment(base=Base.ARRIVAL),
        awaits=EventName.ARRIVAL,
        valid=5,
        template="arrived",
    ),
    Rule(
        id="apology",
        does=TaskKind.ANNOUNCEMENT,
        zones=("waiting",),
        trigger=Trigger.DELAY,
        at_least=15,
        ahead=120,
        rearm=10,
        valid=10,
        template="apology",
    ),
    Rule(
        id="unknown",
        does=TaskKind.ANNOUNCEMENT,
        zones=("waiting",),
        trigger=Trigger.DELAY_UNKNOWN,
        ahead=120,
        valid=10,
        template="unknown",
    ),
    Rule(
        id="moved",
        does=TaskKind.ANNOUNCEMENT,
        zones=("waiting", "platform"),
        trigger=Trigger.PLATFORM_CHANGE,
        ahead=120,
        valid=10,
        template="moved",
    ),
    Rule(
        id="suspended",
        does=TaskKind.ANNOUNCEMENT,
        zones=("waiting",),
        trigger=Trigger.SUSPENSION,
        ahead=120,
        valid=10,
        template="suspended",
    ),
)

STATION = Configuration(
    station=StationFacts(telecode="TST", names=both("试站", "Test"), zone="Asia/Shanghai"),
    places=PLATFORMS + TRACKS + OTHERS,
    boards=(
        Board(id="hall-1", type="ticket_hall", names=both("大厅", "Hall"), layout="hall"),
        Board(id="gate-1A", type="gate", names=both("检", "Gate"), layout="gate", gates=("1A",)),
        Board(id="gate-2A", type="gate", names=both("检", "Gate"), layout="gate", gates=("2A",)),
        Board(id="arr-1", type="arrivals", names=both("到", "Arrivals"), layout="arrivals"),
    ),
    zones=(
        Zone(id="waiting-A", type="waiting", names=both("候A", "Waiting A"), areas=("A",)),
        Zone(id="waiting-B", type="waiting", names=both("候B", "Waiting B"), areas=("B",)),
        Zone(id="platform-1", type="platform", names=both("一", "Platform 1"), platforms=("1",)),
        Zone(id="platform-2", type="platform", names=both("二", "Platform 2"), platforms=("2",)),
    ),
    names=(Name(id="北京", names=both("北京", "Beijing")), Name(id="包头", names=both("包头", "Baotou"))),
    templates=(
        *(
            Template(id=f"status.{status}", texts=both(f"{status} {{{{ minutes }}}}", f"{status} {{{{ minutes }}}}"))
            for status in Status
        ),
        *(
            Template(id=item, texts=both(f"{item} {{{{ number }}}}", f"{item} {{{{ destination }}}} {{{{ minutes }}}}"))
            for item in ("check-in", "arrived", "apology", "unknown", "moved", "suspended")
        ),
    ),
    rules=RULES,
)


def planned(
    number: str = "G1",
    kind: CallKind = CallKind.THROUGH,
    arrival: str | None = "08:00",
    departure: str | None = "08:10",
    track: str = "1",
) -> PlannedCall:
    """A call of the test day."""
    return PlannedCall(
        number=number.split("/", maxsplit=1)[0],
        numbers=tuple(number.split("/")),
        train_class="高速动车",
        kind=kind,
        origin="北京",
        destination="包头",
        arrival=None if arrival is None else at(arrival),
        departure=None if departure is None else at(departure),
        track=track,
    )


def record(number: str = "G1", **fields: object) -> FeedRecord:
    """The feed's view of `planned(number)`, with what differs."""
    usual: dict[str, object] = {
        "day": DAY,
        "numbers": (number,),
        "kind": CallKind.THROUGH,
        "train_class": "高速动车",
        "origin": "北京",
        "destination": "包头",
        "planned_arrival": at("08:00"),
        "planned_departure": at("08:10"),
        "track": "1",
    }
    return FeedRecord(**(usual | fields))  # type: ignore[arg-type]


def running_station(*calls: PlannedCall, now: str = "06:00", grade: FeedGrade = FeedGrade.FRESH) -> State:
    """A configured kernel with a plan and a feed."""
    state = State.empty(at(now))
    for given in (
        Configure(id="c", at=at(now), configuration=STATION),
        Plan(id="p", at=at(now), day=DAY, calls=calls or (planned(),)),
        GradeFeed(id="g", at=at(now), grade=grade),
    ):
        state, _ = step(state, given)
    return state
