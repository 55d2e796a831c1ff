"""`rules.toml`: what is done when. The meaning of each key is in `docs/kernel.md`; here is what may stand where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stationmaster.station.devices import BOARD_TYPES
from stationmaster.station.reading import only_keys, read_reference, read_references, unique
from stationmaster.station.rule_parts import (
    EVENT_BASES,
    OFFSET,
    RuleWorld,
    read_awaits,
    read_condition,
    read_moment,
    read_selector,
    read_validity,
)
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_kernel.rules import Moment, Rule, RuleMode, Trigger, Where
from stationmaster_kernel.values import Running, TaskKind

__all__ = ["RULES_FILE", "RuleWorld", "read_rules"]

RULES_FILE = "rules.toml"

COMMON_KEYS = ("id", "does", "when", "if", "valid_from", "valid_until", "mode")
CHECK_IN_KEYS = (*COMMON_KEYS, "start", "end", "after_arrival")
SPAN_KEYS = ("start", "end", "awaits", "hard_end")
DISPLAY_KEYS = (*COMMON_KEYS, "boards", "where", *SPAN_KEYS)
LIGHTING_KEYS = (*COMMON_KEYS, "lights", *SPAN_KEYS)
SAID_KEYS = ("template", "valid", "priority", "rearm", "feed_limit")
TIMED_KEYS = ("due", "awaits")
TRIGGERED_KEYS = ("trigger", "ahead")

MEASURED = (Trigger.DELAY, Trigger.EARLY, Trigger.OVERDUE)
"""The triggers that take `at_least`; what is overdue is so from the first minute on, the others need a number."""

DAY = 1440


def read_rules(folder: Path, world: RuleWorld, faults: Faults) -> tuple[Rule, ...]:
    """`rules.toml`, in the file's order, which is the order of precedence."""
    table = read_toml(folder / RULES_FILE, faults, RULES_FILE)
    rules = unique((item, _rule(item, world)) for item in table.tables("rule"))
    table.finish()
    return rules


def _rule(table: Table, world: RuleWorld) -> Rule:
    rule_id = table.identifier("id")
    before = len(table.faults)
    does = TaskKind(table.choice("does", [kind.value for kind in _READERS]))
    known = len(table.faults) == before
    first, last = read_validity(table)
    common = Rule(
        id=rule_id,
        does=does,
        when=read_selector(table.table("when"), world),
        condition=read_condition(table.table("if")),
        valid_from=first,
        valid_until=last,
        mode=RuleMode(table.choice("mode", [mode.value for mode in RuleMode], RuleMode.AUTOMATIC.value)),
    )
    if not known:  # what else may stand there depends on it
        return common
    rule = _READERS[does](table, common, world)
    _ever_holds(table, rule)
    return rule


def _check_in(table: Table, common: Rule, _: RuleWorld) -> Rule:
    start, end = read_moment(table, "start", EVENT_BASES), read_moment(table, "end", EVENT_BASES)
    _in_order(table, start, end)
    only_keys(table, CHECK_IN_KEYS)
    return replace(
        common,
        start=start,
        end=end,
        after_arrival=table.integer("after_arrival", high=OFFSET) if "after_arrival" in table else None,
    )


def _display(table: Table, common: Rule, _: RuleWorld) -> Rule:
    where = Where(table.choice("where", [item.value for item in Where], Where.PLATFORM.value))
    rule = replace(_span(table, common), boards=_some(table, "boards", "board type", BOARD_TYPES), where=where)
    if where is Where.OLD_PLATFORM and rule.condition.platform_changed is False:
        table.fault("if.platform_changed", "is false, and where is the old platform", "true, or nothing")
    only_keys(table, DISPLAY_KEYS)
    return rule


def _lighting(table: Table, common: Rule, world: RuleWorld) -> Rule:
    rule = replace(_span(table, common), lights=_some(table, "lights", "light type", world.light_types))
    only_keys(table, LIGHTING_KEYS)
    return rule


def _announcement(table: Table, common: Rule, world: RuleWorld) -> Rule:
    zones = _some(table, "zones", "zone type", world.zone_types)
    return replace(_said(table, common, world, "zones"), zones=zones)


def _notice(table: Table, common: Rule, world: RuleWorld) -> Rule:
    posts = _some(table, "posts", "post", world.posts)
    return replace(_said(table, common, world, "posts"), posts=posts)


_READERS = {
    TaskKind.CHECK_IN: _check_in,
    TaskKind.DISPLAY: _display,
    TaskKind.ANNOUNCEMENT: _announcement,
    TaskKind.NOTICE: _notice,
    TaskKind.LIGHTING: _lighting,
}
"""What a rule may do, and how the rest of it is read."""


def _span(table: Table, common: Rule) -> Rule:
    start, end = read_moment(table, "start"), read_moment(table, "end")
    _in_order(table, start, end)
    return replace(
        common,
        start=start,
        end=end,
        awaits=read_awaits(table),
        hard_end=table.integer("hard_end", common.hard_end, high=3 * DAY),
    )


def _said(table: Table, common: Rule, world: RuleWorld, whom: str) -> Rule:
    if ("due" in table) is ("trigger" in table):
        table.fault(
            "due", "exactly one of due and trigger must be there", "due = { base = …, offset = … } or trigger = …"
        )
    due = read_moment(table, "due") if "due" in table else None
    trigger = Trigger(table.choice("trigger", [item.value for item in Trigger])) if "trigger" in table else None
    only_keys(table, (*COMMON_KEYS, whom, *SAID_KEYS, *_due_keys("due" in table, trigger)))
    return replace(
        common,
        due=due,
        trigger=trigger,
        at_least=_at_least(table, trigger),
        ahead=table.integer("ahead", common.ahead, high=DAY) if trigger is not None else common.ahead,
        awaits=read_awaits(table) if due is not None else None,
        valid=table.integer("valid", common.valid, low=1, high=OFFSET),
        template=read_reference(table, "template", "template", world.templates),
        priority=table.integer("priority", common.priority, high=99),
        rearm=table.integer("rearm", common.rearm, high=OFFSET),
        feed_limit=table.integer("feed_limit", low=1, high=3 * DAY) if "feed_limit" in table else None,
    )


def _at_least(table: Table, trigger: Trigger | None) -> int:
    if trigger is Trigger.OVERDUE:
        return table.integer("at_least", 0, high=DAY)
    return table.integer("at_least", low=1, high=DAY) if trigger in MEASURED else 0


def _due_keys(timed: bool, trigger: Trigger | None) -> tuple[str, ...]:
    """What says when; with neither or both of due and trigger, all of it: that is a fault already."""
    if timed is (trigger is not None):
        return (*TIMED_KEYS, *TRIGGERED_KEYS, "at_least")
    if timed:
        return TIMED_KEYS
    return (*TRIGGERED_KEYS, *(("at_least",) if trigger in MEASURED else ()))


def _some(table: Table, key: str, what: str, known: Sequence[str]) -> tuple[str, ...]:
    """A list that must not be empty."""
    before = len(table.faults)
    found = read_references(table, key, what, known)
    if not found and len(table.faults) == before:
        table.fault(key, f"names no {what}", ", ".join(known) or f"there is no {what} yet")
    return found


def _in_order(table: Table, start: Moment | None, end: Moment | None) -> None:
    if start is not None and end is not None and start.base is end.base and start.offset >= end.offset:
        table.fault("end", f"offset {end.offset} is not after the start's {start.offset}", f"more than {start.offset}")


def _ever_holds(table: Table, rule: Rule) -> None:
    """A suspended train is shown, and its suspension said; there is nothing else to be done for it."""
    shown = rule.does is TaskKind.DISPLAY or rule.trigger is Trigger.SUSPENSION
    if rule.condition.running == (Running.SUSPENDED,) and not shown:
        table.fault(
            "if.running[0]",
            f"'suspended' alone: a suspended train has no {rule.does.value} task like this",
            'another kind of running, does = "display", trigger = "suspension"',
        )
