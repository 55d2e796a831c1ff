"""Which tasks a call should have by the rules, before it is known which it has.

`docs/kernel.md` says the same in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.rules import Rule, Trigger, Where
from stationmaster_kernel.selecting import own_event
from stationmaster_kernel.targeting import Whereabouts, whereabouts
from stationmaster_kernel.task import Stage, Text
from stationmaster_kernel.times import base_event, base_time, fallback, moment_time, moved
from stationmaster_kernel.values import EventName, Running, Source, TaskKind
from stationmaster_kernel.wording import CallWords

__all__ = ["Wanted", "wanted_tasks"]

UNKNOWN_KEEPS = 24 * 60
"""Minutes after its planned end for which what shows or lights a train with unknown delay is kept at the longest."""


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
    words = CallWords(call, station)
    for rule in station.rules_for(call):
        if rule.does in (TaskKind.DISPLAY, TaskKind.LIGHTING):
            yield from _interval(call, rule, station, words)
        elif rule.trigger is None:
            yield from _timed(call, rule, station, words)
        else:
            yield from _triggered(call, rule, rule.trigger, station, words)


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


def _interval(call: Call, rule: Rule, station: ReadyStation, words: CallWords) -> Iterator[Wanted]:
    """A row on boards, or lights: the same span of time, but a suspended train is shown and not lit."""
    if rule.start is None or rule.end is None or call.event(base_event(rule.start.base)) is None:
        return
    suspended = call.running is Running.SUSPENDED
    row = rule.does is TaskKind.DISPLAY
    name = base_event(rule.end.base)
    event = call.event(name)
    if event is None or (suspended and not row):
        return
    old = rule.where is Where.OLD_PLATFORM
    if old:
        targets = station.targets.of_old(rule, whereabouts(call), _old_places(call, station))
    else:
        targets = station.targets.of(rule, whereabouts(call))
    if not targets:
        return
    start, end = moment_time(call, rule.start), moment_time(call, rule.end)
    planned_end = fallback(call, rule.end)
    awaits = _awaited(call, rule)
    hard_end: Instant | None
    if suspended and planned_end is not None:
        start, awaits = fallback(call, rule.start), None
        end = hard_end = moved(planned_end, station.facts.suspended_row)
    elif end is None:
        hard_end = None if planned_end is None else moved(planned_end, UNKNOWN_KEEPS)
    else:
        hard_end = moved(end, rule.hard_end)
    yield Wanted(
        rule=rule,
        kind=rule.does,
        targets=targets,
        order=event.planned,
        base=event.best,
        start=start,
        end=end,
        hard_end=hard_end,
        awaits=awaits,
        stages=words.stages(name, event.planned if start is None else start, old=old) if row else (),
        texts=words.row(name) if row else (),
    )


def _old_places(call: Call, station: ReadyStation) -> list[Whereabouts]:
    return [station.places_of(platform) for platform in call.old_platforms]


def _timed(call: Call, rule: Rule, station: ReadyStation, words: CallWords) -> Iterator[Wanted]:
    if rule.due is None or call.running is Running.SUSPENDED:
        return
    event = own_event(rule, call)
    targets = station.targets.of(rule, whereabouts(call))
    if event is None or not targets:
        return
    yield Wanted(
        rule=rule,
        kind=rule.does,
        targets=targets,
        order=event.planned,
        base=base_time(call, rule.due.base),
        due=moment_time(call, rule.due),
        awaits=_awaited(call, rule),
        texts=words.said(rule.does, rule.template, event),
    )


def _triggered(call: Call, rule: Rule, trigger: Trigger, station: ReadyStation, words: CallWords) -> Iterator[Wanted]:
    event = own_event(rule, call)
    if event is None or event.actual is not None:
        return
    if call.running is Running.SUSPENDED and trigger is not Trigger.SUSPENSION:
        return
    base = _TRIGGERS[trigger](call, event, rule)
    if base is None:
        return
    where = whereabouts(call)
    if trigger is Trigger.PLATFORM_CHANGE:
        targets = station.targets.of_all(rule, (where, *_old_places(call, station)))
    else:
        targets = station.targets.of(rule, where)
    if not targets:
        return
    earliest = moved(event.planned, -rule.ahead)
    if trigger is Trigger.OVERDUE:
        earliest = Instant(max(earliest, moved(base, rule.at_least)))
    yield Wanted(
        rule=rule,
        kind=rule.does,
        targets=targets,
        order=event.planned,
        base=base,
        due=earliest,
        texts=words.said(rule.does, rule.template, event),
    )


def _delay(_: Call, event: Event, rule: Rule) -> Instant | None:
    return event.best if event.best is not None and event.late_minutes >= rule.at_least else None


def _delay_unknown(call: Call, event: Event, _: Rule) -> Instant | None:
    return _since(call, "unknown") if event.best is None else None


def _delay_known(call: Call, event: Event, _: Rule) -> Instant | None:
    return None if event.best is None else _since(call, "unknown")


def _early(_: Call, event: Event, rule: Rule) -> Instant | None:
    """Not while it is overdue: the time that was said has passed, and nobody knows whether it is early still."""
    early = event.best is not None and not event.overdue and -event.late_minutes >= rule.at_least
    return event.best if early else None


def _overdue(_: Call, event: Event, __: Rule) -> Instant | None:
    """The time that has passed; not the best one, which creeps."""
    return event.expected or event.planned if event.overdue else None


def _platform_change(call: Call, _: Event, __: Rule) -> Instant | None:
    """When the platform became what it is: a train that only changes tracks at it is where people were told it is."""
    moved_at = _since(call, "track")
    if moved_at is None or call.platform == call.planned_platform or _arrived(call):
        return None
    return moved_at if call.platform_since is None else call.platform_since


def _track_change(call: Call, _: Event, __: Rule) -> Instant | None:
    return _since(call, "track") if call.track != call.planned_track and not _arrived(call) else None


def _suspension(call: Call, _: Event, __: Rule) -> Instant | None:
    return _since(call, "running") if call.running is Running.SUSPENDED else None


def _restored(call: Call, _: Event, __: Rule) -> Instant | None:
    return _since(call, "running") if call.running is Running.SCHEDULED else None


def _extra(call: Call, event: Event, _: Rule) -> Instant | None:
    """An extra train that was never anything else is announced by its time."""
    return (_since(call, "running") or event.planned) if call.running is Running.EXTRA else None


_TRIGGERS: dict[Trigger, Callable[[Call, Event, Rule], Instant | None]] = {
    Trigger.DELAY: _delay,
    Trigger.DELAY_UNKNOWN: _delay_unknown,
    Trigger.DELAY_KNOWN: _delay_known,
    Trigger.EARLY: _early,
    Trigger.OVERDUE: _overdue,
    Trigger.PLATFORM_CHANGE: _platform_change,
    Trigger.TRACK_CHANGE: _track_change,
    Trigger.SUSPENSION: _suspension,
    Trigger.RESTORED: _restored,
    Trigger.EXTRA: _extra,
}
"""What tells a trigger's occurrence from the next; None if its condition does not hold."""


def _since(call: Call, field: str) -> Instant | None:
    """When the value of `field` (or of any event's field of that name) was changed to what it is; None: it never was.

    A lock alone, on what the timetable says, changes nothing.
    """
    return max(
        (
            item.at
            for item in call.provenance
            if item.field.split(".")[-1] == field and item.source is not Source.TIMETABLE
        ),
        default=None,
    )


def _arrived(call: Call) -> bool:
    return call.is_past(EventName.ARRIVAL)


def _awaited(call: Call, rule: Rule) -> EventName | None:
    """The event that the rule's task waits for, while it has not been."""
    if rule.awaits is None or call.event(rule.awaits) is None or call.is_past(rule.awaits):
        return None
    return rule.awaits
