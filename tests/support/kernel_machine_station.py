"""The station of the kernel's machine: a night on which the clocks change, with every kind of train and of rule.

The small station, moved to a zone that has summer time, with lights, posts, conditions and rules of its own. Trains
run around midnight and through the hour that occurs twice, or not at all; one of a number that comes twice a date, one
over midnight, and a set that comes before midnight and leaves after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant, local_instant
from stationmaster_kernel.configuration import Clearance, Configuration, Place, PlaceKind, Template
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.rules import Base, Condition, Moment, Rule, RuleMode, Selector, TimeChoice, Trigger, Where
from stationmaster_kernel.values import CallKind, EventName, Running, TaskKind
from support.small_station import ARRIVING, DEPARTING, OTHERS, PLATFORMS, RULES, STATION, TRACKS, both, place

__all__ = ["EVENINGS", "STATIONS", "TRACK_IDS", "ZONE", "at", "timetable"]

ZONE = ZoneInfo("Europe/Berlin")

EVENINGS = (date(2026, 10, 24), date(2026, 3, 28))
"""The evenings before an hour comes twice, and before one is left out."""

TRACK_IDS = ("1", "2", "3", "9")

LIGHTS = tuple(
    Place(id=f"light-{item}", kind=PlaceKind.LIGHT, type="platform", names=both("灯", "Light"), platforms=(item,))
    for item in ("1", "2")
)
POSTS = (place(PlaceKind.POST, "info"), place(PlaceKind.POST, "water"))

SAYS = "{{ number }} {{ platform }} {{ gates }} {{ track }} {{ expected }} {{ minutes }} {{ formation }} {{ reason }}"


def _triggered(item: str, trigger: Trigger, **more: object) -> Rule:
    usual: dict[str, object] = {"zones": ("waiting",), "ahead": 120, "valid": 10, "rearm": 10, "template": "says"}
    return Rule(id=item, does=TaskKind.ANNOUNCEMENT, trigger=trigger, **(usual | more))  # type: ignore[arg-type]


MORE_RULES = (
    Rule(
        id="lights",
        does=TaskKind.LIGHTING,
        lights=("platform",),
        start=Moment(base=Base.ARRIVAL, offset=-15, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.DEPARTURE, offset=10),
        awaits=EventName.DEPARTURE,
        hard_end=60,
    ),
    Rule(
        id="very-late",
        does=TaskKind.DISPLAY,
        when=DEPARTING,
        condition=Condition(late_at_least=30),
        boards=("ticket_hall",),
        start=Moment(base=Base.DEPARTURE, offset=-60, time=TimeChoice.PLANNED),
        end=Moment(base=Base.DEPARTURE, offset=5),
        awaits=EventName.DEPARTURE,
        hard_end=30,
    ),
    Rule(
        id="moved-row",
        does=TaskKind.DISPLAY,
        where=Where.OLD_PLATFORM,
        when=DEPARTING,
        boards=("gate", "ticket_hall"),
        start=Moment(base=Base.DEPARTURE, offset=-60, time=TimeChoice.EARLIEST),
        end=Moment(base=Base.DEPARTURE),
        awaits=EventName.DEPARTURE,
        hard_end=45,
    ),
    Rule(
        id="prepare",
        does=TaskKind.NOTICE,
        posts=("info", "water"),
        due=Moment(base=Base.DEPARTURE, offset=-25),
        valid=8,
        rearm=5,
        template="says",
    ),
    Rule(
        id="water",
        does=TaskKind.NOTICE,
        when=ARRIVING,
        condition=Condition(platform_changed=True, running=(Running.SCHEDULED, Running.EXTRA)),
        posts=("water",),
        due=Moment(base=Base.ARRIVAL, offset=-10, time=TimeChoice.EARLIEST),
        valid=15,
        template="says",
    ),
    Rule(
        id="left",
        does=TaskKind.NOTICE,
        when=Selector(kinds=(CallKind.ORIGIN, CallKind.THROUGH, CallKind.PASSING)),
        posts=("info",),
        due=Moment(base=Base.DEPARTURE, offset=1),
        awaits=EventName.DEPARTURE,
        valid=5,
        rearm=2,
        template="says",
    ),
    Rule(
        id="last-call",
        does=TaskKind.ANNOUNCEMENT,
        when=DEPARTING,
        zones=("waiting",),
        due=Moment(base=Base.CHECK_IN_CLOSE, offset=-2),
        valid=3,
        rearm=3,
        template="says",
        mode=RuleMode.MANUAL,
    ),
    Rule(
        id="pass",
        does=TaskKind.ANNOUNCEMENT,
        when=Selector(kinds=(CallKind.PASSING,)),
        zones=("platform",),
        due=Moment(base=Base.ARRIVAL, offset=-2),
        valid=2,
        template="says",
    ),
    _triggered("known", Trigger.DELAY_KNOWN),
    _triggered("early", Trigger.EARLY, at_least=5),
    _triggered("overdue", Trigger.OVERDUE, at_least=3),
    _triggered("other-track", Trigger.TRACK_CHANGE),
    _triggered("restored", Trigger.RESTORED),
    _triggered("extra", Trigger.EXTRA),
    _triggered("prepared", Trigger.PLATFORM_CHANGE, mode=RuleMode.MANUAL, zones=("waiting", "platform")),
)

BASE = replace(
    STATION,
    station=replace(STATION.station, zone=str(ZONE), keep=240),
    places=(*PLATFORMS, *TRACKS, *OTHERS, *LIGHTS, *POSTS),
    templates=(
        Template(id="says", texts=(("zh", SAYS),)),
        Template(id="status.late", texts=both("晚 {{ minutes }}", "late")),
    ),
    rules=(*(replace(rule, template="says" if rule.template else "") for rule in RULES), *MORE_RULES),
)

STATIONS: tuple[Configuration, ...] = (
    BASE,
    replace(BASE, station=replace(BASE.station, keep=60, overdue_after=5, boarding_apart=True, suspended_row=10)),
    replace(
        BASE,
        station=replace(BASE.station, dwell_least=6, clearance=Clearance(between=4, terminus_after=45)),
        places=tuple(
            replace(item, platform="1") if (item.kind, item.id) == (PlaceKind.TRACK, "3") else item
            for item in BASE.places
        ),
        rules=tuple(
            replace(rule, rearm=1, valid=20, hard_end=20) for rule in BASE.rules if rule.id not in ("apology", "hall")
        ),
    ),
    replace(
        BASE,
        zones=BASE.zones[:1],
        boards=BASE.boards[1:],
        rules=tuple(
            replace(rule, mode=RuleMode.MANUAL if rule.mode is RuleMode.AUTOMATIC else RuleMode.AUTOMATIC)
            for rule in reversed(BASE.rules)
        ),
    ),
)
"""The first is what a machine begins with; the others differ in facts, tracks, rules and devices."""


def at(day: date, clock: str, days: int = 0) -> Instant:
    """The instant of a wall-clock time at this station."""
    return local_instant(day, time.fromisoformat(clock), ZONE, days=days)


def _row(
    day: date, number: str, kind: CallKind, arrival: str, departure: str, track: str, **more: object
) -> PlannedCall:
    numbers = tuple(number.split("/"))
    fields: dict[str, object] = {
        "number": numbers[0],
        "numbers": numbers,
        "train_class": "高速动车" if number.startswith("G") else "快速",
        "kind": kind,
        "origin": "北京",
        "destination": "包头",
        "arrival": None if not arrival else at(day, arrival),
        "departure": None if not departure else at(day, departure),
        "track": track,
    }
    return PlannedCall(**(fields | more))  # type: ignore[arg-type]


def timetable(day: date) -> Iterator[PlannedCall]:
    """The trains of a service date, in order of planned time."""
    yield _row(day, "K8", CallKind.ORIGIN, "", "00:40", "3", opens=-20, closes=-4)
    yield _row(day, "T9", CallKind.PASSING, "01:10", "01:10", "9")
    yield _row(day, "G1", CallKind.THROUGH, "01:55", "02:30", "1")
    yield _row(day, "G1", CallKind.THROUGH, "21:40", "21:50", "1", formation="8")
    yield _row(day, "G2/G3", CallKind.ORIGIN, "", "22:10", "2", gates=("2A", "1A"))
    yield _row(day, "K7", CallKind.TERMINUS, "22:30", "", "3", turnaround="K8")
    yield replace(_row(day, "D5", CallKind.THROUGH, "23:55", "", "2"), departure=at(day + timedelta(days=1), "00:20"))
