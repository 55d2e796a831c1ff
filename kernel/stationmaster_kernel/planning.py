"""Which tasks a call should have by the rules, before it is known which it has.

`docs/kernel.md` says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.places import ReadyStation, whereabouts
from stationmaster_kernel.rules import Rule, Trigger
from stationmaster_kernel.task import Stage, Text
from stationmaster_kernel.times import base_event, base_time, fallback, moment_time, moved
from stationmaster_kernel.values import EventName, Running, TaskKind
from stationmaster_kernel.wording import row_stages, row_texts, speech_texts

__all__ = ["Wanted", "wanted_tasks"]

UNKNOWN_KEEPS = 24 * 60
"""Minutes after its planned end for which the row of a train with unknown delay is kept at the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A task as it should be now, without identity, occurrence and state.

    `triggered` tasks have in `due` the earliest time, and in `base` what tells one occurrence from the next.
    """

    rule: Rule
    kind: TaskKind
    targets: tuple[str, ...]
    order: Instant
    base: Instant | None = None
    start: Instant | None = None
    end: Instant | None = None
    hard_end: Instant | None = None
    due: Instant | None = None
    awaits: EventName | None = None
    stages: tuple[Stage, ...] = ()
    texts: tuple[Text, ...] = ()


def wanted_tasks(call: Call, station: ReadyStation) -> Iterator[Wanted]:
    """Every task that the rules want for the call as it is now."""
    check_in = station.check_in_rule(call)
    if check_in is not None:
        yield from _check_in(call, check_in)
    row_cache: dict[EventName, tuple[Text, ...]] = {}
    for rule in station.rules_for(call):
        if rule.does is TaskKind.DISPLAY:
            yield from _display(call, rule, station, row_cache)
        elif rule.trigger is None:
            yield from _timed(call, rule, station)
        else:
            yield from _triggered(call, rule, rule.trigger, station)


def _check_in(call: Call, rule: Rule) -> Iterator[Wanted]:
    if call.check_in_open is None or not call.gates or call.departure is None:
        return
    yield Wanted(
        rule=rule,
        kind=TaskKind.CHECK_IN,
        targets=call.gates,
        order=call.departure.planned,
        base=call.departure.best,
        start=call.check_in_open,
        end=call.check_in_close,
    )


def _display(
    call: Call, rule: Rule, station: ReadyStation, row_cache: dict[EventName, tuple[Text, ...]]
) -> Iterator[Wanted]:
    if rule.start is None or rule.end is None or call.event(base_event(rule.start.base)) is None:
        return
    name = base_event(rule.end.base)
    event = call.event(name)
    targets = station.boards_for(rule, whereabouts(call))
    if event is None or not targets:
        return
    start, end = moment_time(call, rule.start), moment_time(call, rule.end)
    planned_end = fallback(call, rule.end)
    awaits = _awaited(call, rule)
    hard_end: Instant | None
    if call.running is Running.SUSPENDED and planned_end is not None:
        start, awaits = fallback(call, rule.start), None
        end = hard_end = moved(planned_end, station.facts.suspended_row)
    elif end is None:
        hard_end = None if planned_end is None else moved(planned_end, UNKNOWN_KEEPS)
    else:
        hard_end = moved(end, rule.hard_end)
    if name not in row_cache:
        row_cache[name] = row_texts(call, name, station)
    yield Wanted(
        rule=rule,
        kind=TaskKind.DISPLAY,
        targets=targets,
        order=event.planned,
        base=event.best,
        start=start,
        end=end,
        hard_end=hard_end,
        awaits=awaits,
        stages=row_stages(call, name, event.planned if start is None else start, station),
        texts=row_cache[name],
    )


def _timed(call: Call, rule: Rule, station: ReadyStation) -> Iterator[Wanted]:
    if rule.due is None or call.running is Running.SUSPENDED:
        return
    event = call.event(base_event(rule.due.base))
    targets = station.zones_for(rule, whereabouts(call))
    if event is None or not targets:
        return
    yield Wanted(
        rule=rule,
        kind=TaskKind.ANNOUNCEMENT,
        targets=targets,
        order=event.planned,
        base=base_time(call, rule.due.base),
        due=moment_time(call, rule.due),
        awaits=_awaited(call, rule),
        texts=speech_texts(call, rule.template, event, station),
    )


def _triggered(call: Call, rule: Rule, trigger: Trigger, station: ReadyStation) -> Iterator[Wanted]:
    event = call.departure or call.arrival
    if event is None or event.actual is not None:
        return
    base = _trigger_base(call, rule, trigger, event)
    if base is None:
        return
    where = whereabouts(call)
    targets = station.zones_for(rule, where)
    if trigger is Trigger.PLATFORM_CHANGE:
        before = station.zones_for(rule, station.places_of(call.planned_platform))
        targets = tuple(zone.id for zone in station.zones if zone.id in targets or zone.id in before)
    if not targets:
        return
    yield Wanted(
        rule=rule,
        kind=TaskKind.ANNOUNCEMENT,
        targets=targets,
        order=event.planned,
        base=base,
        due=moved(event.planned, -rule.ahead),
        texts=speech_texts(call, rule.template, event, station),
    )


def _trigger_base(call: Call, rule: Rule, trigger: Trigger, event: Event) -> Instant | None:
    """What tells this occurrence from the next; None if the trigger's condition does not hold."""
    suspended = call.running is Running.SUSPENDED
    if trigger is Trigger.SUSPENSION:
        return _since(call, "running") if suspended else None
    if suspended:
        return None
    if trigger is Trigger.DELAY:
        return event.best if event.best is not None and event.late_minutes >= rule.at_least else None
    if trigger is Trigger.DELAY_UNKNOWN:
        return _since(call, "unknown") if event.best is None else None
    arrived = call.arrival is not None and call.arrival.actual is not None
    return _since(call, "track") if call.platform != call.planned_platform and not arrived else None


def _since(call: Call, field: str) -> Instant | None:
    """When the present value of `field` (or of any event's field of that name) was set."""
    return max((item.at for item in call.provenance if item.field.split(".")[-1] == field), default=None)


def _awaited(call: Call, rule: Rule) -> EventName | None:
    """The event that the rule's task waits for, while it has not been reported."""
    event = None if rule.awaits is None else call.event(rule.awaits)
    return rule.awaits if event is not None and event.actual is None else None
