"""The parts that rules of all kinds share: whom a rule is for, when it is valid, how things must stand, its moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from stationmaster.station.csv_table import NUMBER
from stationmaster.station.reading import only_keys, read_references
from stationmaster_base.configuration import Table
from stationmaster_kernel.configuration import Place, PlaceKind, Template, Zone
from stationmaster_kernel.rules import Base, Condition, Moment, Selector, TimeChoice
from stationmaster_kernel.values import CallKind, EventName, Running

__all__ = [
    "EVENT_BASES",
    "OFFSET",
    "RuleWorld",
    "read_awaits",
    "read_condition",
    "read_moment",
    "read_selector",
    "read_validity",
]

OFFSET = 600
"""Minutes before or after a base that a moment may lie."""

LATEST = 3 * 1440
"""Minutes late or early that a condition may name."""

CONDITIONS = tuple(field.name for field in fields(Condition))
"""The keys of `if`."""

EVENT_BASES = (Base.ARRIVAL, Base.DEPARTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWorld:
    """What rules may refer to, each by id or by type."""

    platforms: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    light_types: tuple[str, ...] = ()
    zone_types: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, places: Sequence[Place], zones: Sequence[Zone], templates: Sequence[Template], classes: tuple[str, ...]
    ) -> RuleWorld:
        """What the other files have; `templates` are those that a rule may name."""
        ids = {kind: tuple(place.id for place in places if place.kind is kind) for kind in PlaceKind}
        lights = (place.type for place in places if place.kind is PlaceKind.LIGHT and place.type)
        return cls(
            platforms=ids[PlaceKind.PLATFORM],
            gates=ids[PlaceKind.GATE],
            areas=ids[PlaceKind.AREA],
            posts=ids[PlaceKind.POST],
            light_types=tuple(dict.fromkeys(lights)),
            zone_types=tuple(dict.fromkeys(zone.type for zone in zones)),
            classes=classes,
            templates=tuple(template.id for template in templates),
        )


def read_selector(table: Table, world: RuleWorld) -> Selector:
    """`when`: the calls that the rule is for."""
    kinds = table.texts("kinds", [kind.value for kind in CallKind])
    trains = table.texts("trains")
    for number, train in enumerate(trains):
        if not NUMBER.match(train):
            table.fault(f"trains[{number}]", f"{train!r} is not a train number", "1 to 10 of A–Z and 0–9")
    selector = Selector(
        kinds=tuple(CallKind(kind) for kind in kinds if kind in list(CallKind)),
        classes=table.texts("classes", world.classes),
        trains=trains,
        platforms=read_references(table, "platforms", "platform", world.platforms),
        gates=read_references(table, "gates", "gate", world.gates),
        areas=read_references(table, "areas", "area", world.areas),
        weekdays=table.integers("weekdays", low=1, high=7),
    )
    table.finish()
    return selector


def read_validity(table: Table) -> tuple[date | None, date | None]:
    """`valid_from` and `valid_until` of the rule: service dates, both included."""
    first, last = table.day("valid_from"), table.day("valid_until")
    if first is not None and last is not None and last < first:
        table.fault("valid_until", f"'{last}' is before valid_from", f"a date from {first} on")
    return first, last


def read_condition(table: Table) -> Condition:
    """`if`: how things must stand now. What can never be is a fault."""
    before = len(table.faults)
    running = table.texts("running", [item.value for item in Running])
    condition = Condition(
        late_at_least=_minutes(table, "late_at_least"),
        late_at_most=_minutes(table, "late_at_most", low=0),
        early_at_least=_minutes(table, "early_at_least"),
        unknown=_flag(table, "unknown"),
        track_changed=_flag(table, "track_changed"),
        platform_changed=_flag(table, "platform_changed"),
        running=tuple(Running(item) for item in running if item in list(Running)),
        unconfirmed=_flag(table, "unconfirmed"),
    )
    only_keys(table, CONDITIONS)
    if len(table.faults) == before:
        _possible(table, condition)
    return condition


def read_moment(table: Table, key: str, bases: Sequence[Base] = tuple(Base)) -> Moment | None:
    """The moment; None if anything is wrong with it, so that nothing is concluded from a stand-in."""
    before = len(table.faults)
    if key not in table:
        table.fault(key, "is missing", "{ base = …, offset = … }")
        return None
    inner = table.table(key)
    base = Base(inner.choice("base", [item.value for item in bases]))
    moment = Moment(
        base=base,
        offset=inner.integer("offset", 0, low=-OFFSET, high=OFFSET),
        # The check-in times have no planned time of their own.
        time=TimeChoice(inner.choice("time", [item.value for item in TimeChoice], TimeChoice.BEST.value))
        if base in EVENT_BASES
        else TimeChoice.BEST,
    )
    inner.finish()
    return moment if len(table.faults) == before else None


def read_awaits(table: Table) -> EventName | None:
    """The event that the rule's tasks wait for, if any."""
    if "awaits" not in table:
        return None
    return EventName(table.choice("awaits", [event.value for event in EventName]))


def _possible(table: Table, asked: Condition) -> None:
    late, most, early = asked.late_at_least, asked.late_at_most, asked.early_at_least
    if late is not None and most is not None and most < late:
        table.fault("late_at_most", f"{most} is less than late_at_least", f"a whole number {late}…{LATEST}")
    if late is not None and early is not None:
        table.fault("early_at_least", "no train is both late and early", "one of early_at_least and late_at_least")
    if asked.unknown and (late, most, early) != (None, None, None):
        table.fault("unknown", "a time that is not known is neither late nor early", "false, or no minutes")
    if asked.platform_changed and asked.track_changed is False:
        table.fault("platform_changed", "is true, and track_changed is false", "another platform is another track")


def _minutes(table: Table, key: str, low: int = 1) -> int | None:
    return table.integer(key, low=low, high=LATEST) if key in table else None


def _flag(table: Table, key: str) -> bool | None:
    return table.flag(key) if key in table else None
