"""`rules.toml`: what is done when. The meaning of each key is in `docs/kernel.md`; here is what may stand where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster.station.devices import BOARD_TYPES
from stationmaster.station.reading import only_keys, read_reference, unique
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_kernel.rules import Base, Moment, Rule, Selector, TimeChoice, Trigger
from stationmaster_kernel.values import CallKind, EventName, TaskKind

__all__ = ["RULES_FILE", "RuleWorld", "read_rules"]

RULES_FILE = "rules.toml"

OFFSET = 600
"""Minutes before or after a base that a moment may lie."""

COMMON_KEYS = ("id", "does", "when")
CHECK_IN_KEYS = (*COMMON_KEYS, "start", "end", "after_arrival")
DISPLAY_KEYS = (*COMMON_KEYS, "boards", "start", "end", "awaits", "hard_end")
ANNOUNCEMENT_KEYS = (*COMMON_KEYS, "zones", "template", "valid", "priority", "rearm", "feed_limit")
TIMED_KEYS = ("due", "awaits")
TRIGGERED_KEYS = ("trigger", "ahead")

EVENT_BASES = (Base.ARRIVAL, Base.DEPARTURE)
DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWorld:
    """What rules may refer to."""

    platforms: tuple[str, ...]
    classes: tuple[str, ...]
    zone_types: tuple[str, ...]
    templates: tuple[str, ...]


def read_rules(folder: Path, world: RuleWorld, faults: Faults) -> tuple[Rule, ...]:
    """`rules.toml`, in the file's order, which is the order of precedence."""
    table = read_toml(folder / RULES_FILE, faults, RULES_FILE)
    rules = unique((item, _rule(item, world)) for item in table.tables("rule"))
    table.finish()
    return rules


def _rule(table: Table, world: RuleWorld) -> Rule:
    rule_id = table.identifier("id")
    does = TaskKind(table.choice("does", [kind.value for kind in TaskKind]))
    when = _selector(table.table("when"), world)
    if does is TaskKind.CHECK_IN:
        rule = _check_in(table, rule_id, when)
    elif does is TaskKind.DISPLAY:
        rule = _display(table, rule_id, when)
    else:
        rule = _announcement(table, rule_id, when, world)
    return rule


def _selector(table: Table, world: RuleWorld) -> Selector:
    kinds = table.texts("kinds", [kind.value for kind in CallKind])
    selector = Selector(
        kinds=tuple(CallKind(kind) for kind in kinds if kind in list(CallKind)),
        classes=table.texts("classes", world.classes),
        platforms=table.texts("platforms", world.platforms),
    )
    table.finish()
    return selector


def _check_in(table: Table, rule_id: str, when: Selector) -> Rule:
    start, end = _moment(table, "start", EVENT_BASES), _moment(table, "end", EVENT_BASES)
    _in_order(table, start, end)
    only_keys(table, CHECK_IN_KEYS)
    return Rule(
        id=rule_id,
        does=TaskKind.CHECK_IN,
        when=when,
        start=start,
        end=end,
        after_arrival=table.integer("after_arrival", high=OFFSET) if "after_arrival" in table else None,
    )


def _display(table: Table, rule_id: str, when: Selector) -> Rule:
    start, end = _moment(table, "start"), _moment(table, "end")
    _in_order(table, start, end)
    boards = table.texts("boards", BOARD_TYPES)
    if not boards:
        table.fault("boards", "names no board type", ", ".join(BOARD_TYPES))
    only_keys(table, DISPLAY_KEYS)
    return Rule(
        id=rule_id,
        does=TaskKind.DISPLAY,
        when=when,
        boards=boards,
        start=start,
        end=end,
        awaits=_awaits(table),
        hard_end=table.integer("hard_end", 120, high=3 * DAY),
    )


def _announcement(table: Table, rule_id: str, when: Selector, world: RuleWorld) -> Rule:
    if ("due" in table) is ("trigger" in table):
        table.fault(
            "due", "exactly one of due and trigger must be there", "due = { base = …, offset = … } or trigger = …"
        )
    due = _moment(table, "due") if "due" in table else None
    trigger = Trigger(table.choice("trigger", [item.value for item in Trigger])) if "trigger" in table else None
    zones = table.texts("zones", world.zone_types)
    if not zones:
        table.fault("zones", "names no zone type", ", ".join(world.zone_types))
    only_keys(table, _announcement_keys(due is not None, trigger))
    usual = Rule(id=rule_id, does=TaskKind.ANNOUNCEMENT)
    return Rule(
        id=rule_id,
        does=TaskKind.ANNOUNCEMENT,
        when=when,
        zones=zones,
        due=due,
        trigger=trigger,
        at_least=table.integer("at_least", low=1, high=DAY) if trigger is Trigger.DELAY else usual.at_least,
        ahead=table.integer("ahead", usual.ahead, high=DAY) if trigger is not None else usual.ahead,
        awaits=_awaits(table) if due is not None else None,
        valid=table.integer("valid", usual.valid, low=1, high=OFFSET),
        template=read_reference(table, "template", "template", world.templates),
        priority=table.integer("priority", usual.priority, high=99),
        rearm=table.integer("rearm", usual.rearm, high=OFFSET),
        feed_limit=table.integer("feed_limit", low=1, high=3 * DAY) if "feed_limit" in table else None,
    )


def _announcement_keys(timed: bool, trigger: Trigger | None) -> tuple[str, ...]:
    """What may stand in the rule; with neither or both of due and trigger, all: that is a fault already."""
    if timed is (trigger is not None):
        return (*ANNOUNCEMENT_KEYS, *TIMED_KEYS, *TRIGGERED_KEYS, "at_least")
    if timed:
        return (*ANNOUNCEMENT_KEYS, *TIMED_KEYS)
    return (*ANNOUNCEMENT_KEYS, *TRIGGERED_KEYS, *(("at_least",) if trigger is Trigger.DELAY else ()))


def _moment(table: Table, key: str, bases: Sequence[Base] = tuple(Base)) -> Moment | None:
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


def _awaits(table: Table) -> EventName | None:
    if "awaits" not in table:
        return None
    return EventName(table.choice("awaits", [event.value for event in EventName]))


def _in_order(table: Table, start: Moment | None, end: Moment | None) -> None:
    if start is not None and end is not None and start.base is end.base and start.offset >= end.offset:
        table.fault("end", f"offset {end.offset} is not after the start's {start.offset}", f"more than {start.offset}")
