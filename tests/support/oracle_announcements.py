"""Which announcements must be made of a call, walked from moment to moment.

An announcement depends on what happened before (an occurrence that was made is not made again), so here the oracle
walks: for each call and rule it keeps the last occurrence and, at each minute and each news, does first what the tick
or the news does in the hub, then what results do, then what the executor does. The table at the end of
"Announcements" in `docs/kernel.md` is in `_Line`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from support.oracle_call import FOREVER, CallAt, event_of
from support.oracle_station import MINUTE, Rule

__all__ = ["Cut", "OracleAnnouncement", "Walk", "walk_call"]

OVER = frozenset({"done", "expired", "unconfirmed"})
TO_DO = frozenset({"planned", "begun"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """`subsystem` (guidance, broadcast or query) knows nothing new after `start` and all again at `end`."""

    subsystem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleAnnouncement:
    """An announcement that must be made in one zone; `begun` is the station time at which, if the zone is free."""

    task: str
    call: str
    rule: str
    occurrence: int
    zone: str
    due: int
    valid_until: int
    begun: int
    texts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a rule asks of a call at a moment; `due` is None while held, and for triggered tasks the earliest."""

    base: int | None
    due: int | None
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One occurrence as the hub has it. `call` is the call as it was when the task last changed with it.

    `said` are the zones in which it was made, whether it still has them or not, and `acted` is the base of that.
    """

    occurrence: int
    state: str
    base: int | None
    due: int | None
    zones: tuple[str, ...]
    call: CallAt
    said: frozenset[str] = frozenset()
    acted: int | None = None

    def valid_until(self, rule: Rule) -> int | None:
        return None if self.due is None else self.due + rule.valid * MINUTE

    def can_begin(self, rule: Rule, now: int) -> bool:
        return self.state in TO_DO and self.due is not None and self.due <= now < self.due + rule.valid * MINUTE

    def as_said(self) -> _Task:
        """In the state that follows from where it was made: of its present zones in all, in some or in none."""
        if self.said.issuperset(self.zones):
            return replace(self, state="done", base=self.acted)
        return self if self.said.isdisjoint(self.zones) else replace(self, state="begun")


@dataclass(slots=True, kw_only=True)
class Walk:
    """What came of all calls: the announcements made, and for each task id the state in which it ended."""

    made: list[OracleAnnouncement]
    states: dict[str, str]


class _Line:
    """All occurrences of one rule for one call."""

    def __init__(self, rule: Rule, walk: Walk) -> None:
        self.rule = rule
        self.last: _Task | None = None
        self._walk = walk
        self._copy: _Task | None = None
        self._alone: _Task | None = None

    def hub(self, call: CallAt, now: int, *, tick: bool, present: bool) -> None:
        """The tick or the news, in the hub."""
        wanted, last = _wanted(self.rule, call, now), self.last
        if last is not None and last.state == "withdrawn":
            if wanted is not None and not self._too_old(wanted, now):
                again = _task(wanted, call, last.occurrence)
                self._set(replace(again, said=last.said, acted=last.acted).as_said())
        elif last is not None and last.state == "begun":
            if wanted is None:  # the rest is not said
                self._set(replace(last, state="done", base=last.acted))
        elif last is not None and last.state == "planned":
            if wanted is None:
                self._set(replace(last, state="withdrawn"))
            else:
                due = last.due if self.rule.trigger else self._moved_due(last, wanted, call, now)
                self._set(replace(last, base=wanted.base, due=due, zones=wanted.zones, call=call).as_said())
        last = self.last
        if (last is None or last.state in OVER) and wanted is not None and self._may_be_made(last, wanted, now):
            self._set(_task(wanted, call, 1 if last is None else last.occurrence + 1))
        last = self.last
        if tick and last is not None and last.state in TO_DO:
            until = last.valid_until(self.rule)
            if until is not None and now >= until + MINUTE:
                self._set(replace(last, state="expired" if present else "unconfirmed"))

    def online(self, now: int) -> None:
        """The executor, with the hub."""
        if self.last is not None and self.last.can_begin(self.rule, now):
            self._set(self._begun(self.last, now))

    def cut_off(self) -> None:
        """The executor keeps what it has."""
        self._copy, self._alone = self.last, None

    def alone(self, now: int, since: int) -> None:
        """The executor, by what it had when the hub was lost at `since`."""
        limit = self.rule.feed_limit
        old = limit is not None and now - since > limit * MINUTE
        if self._alone is None and self._copy is not None and not old and self._copy.can_begin(self.rule, now):
            self._alone = self._begun(self._copy, now)

    def back(self) -> None:
        """The results of what was done alone reach the hub; one for an earlier occurrence changes nothing now."""
        done, self._alone, self._copy = self._alone, None, None
        if done is None or self.last is None:
            return
        if self.last.occurrence == done.occurrence:
            said = replace(self.last, said=done.said, acted=done.acted)
            self._set(said if said.state in OVER and not done.said.issuperset(said.zones) else said.as_said())
        else:
            self._walk.states[self._id(done)] = done.state

    def wakes_at(self, now: int) -> int:
        """When time alone next does something here, as long as the call stays as it is."""
        if self.last is None or self.last.state not in TO_DO or self.last.due is None:
            return FOREVER
        return self.last.due if now < self.last.due else now

    def _set(self, task: _Task) -> None:
        self.last = task
        self._walk.states[self._id(task)] = task.state

    def _id(self, task: _Task) -> str:
        return f"{task.call.facts.call}/{self.rule.id}/{task.occurrence}"

    def _begun(self, task: _Task, now: int) -> _Task:
        until = task.valid_until(self.rule)
        if task.due is None or until is None:
            raise ValueError(f"{self._id(task)} is held")
        for zone in task.zones:
            if zone in task.said:
                continue
            self._walk.made.append(
                OracleAnnouncement(
                    task=self._id(task),
                    call=task.call.facts.call,
                    rule=self.rule.id,
                    occurrence=task.occurrence,
                    zone=zone,
                    due=task.due,
                    valid_until=until,
                    begun=now,
                    texts=_texts(self.rule, task.call),
                )
            )
        return replace(task, state="done", said=task.said.union(task.zones), acted=task.base)

    def _too_old(self, wanted: _Wanted, now: int) -> bool:
        return wanted.due is not None and wanted.due + self.rule.valid * MINUTE <= now

    def _moved_due(self, last: _Task, wanted: _Wanted, call: CallAt, now: int) -> int | None:
        """A planned task's new due; what comes nearer by so much that it would be missed is due at once."""
        was_missed = last.due is not None and last.due + self.rule.valid * MINUTE <= now
        if was_missed or not self._too_old(wanted, now) or self.rule.due is None:
            return wanted.due
        base = self.rule.due.base
        event = call.facts.event(event_of(base))
        end = call.check_in_close if base == "check_in_open" else call.best(event_of(base))
        if event is None or call.facts.has_been(event_of(base)) or end is None or end <= now:
            return wanted.due
        return last.due if last.due is not None and last.base == wanted.base else now

    def _may_be_made(self, last: _Task | None, wanted: _Wanted, now: int) -> bool:
        if last is None:
            return not self._too_old(wanted, now)
        if wanted.base is None or last.base is None:
            return False
        moved = abs(wanted.base - last.base)
        if self.rule.trigger:
            return moved > (self.rule.rearm * MINUTE if self.rule.trigger == "delay" else 0)
        if wanted.due is None:
            return False
        last_moment = wanted.due + self.rule.valid * MINUTE if self.rule.awaits else wanted.due
        return moved > self.rule.rearm * MINUTE and last_moment > now


def walk_call(
    rules: Sequence[Rule],
    moments: Sequence[int],
    call_at: Callable[[int], CallAt],
    cuts: Sequence[Cut],
    walk: Walk,
) -> None:
    """One call's announcements into `walk`.

    Args:
        rules: the station's announcement rules.
        moments: whole minutes and instants of news of the call, and the ends of cuts, in order.
        call_at: the call as the hub knows it at a moment.
        cuts: when the broadcast subsystem was cut off, in order, apart from each other.
        walk: what is made goes here.

    """
    lines = [_Line(rule, walk) for rule in rules]
    cut: Cut | None = None
    before: CallAt | None = None
    wakes = 0
    for now in moments:
        began = next((each for each in cuts if each.start < now < each.end), None)
        returned = cut is not None and began is not cut
        if began is not None and began is not cut:
            for line in lines:
                line.cut_off()
        call = call_at(now)
        if now >= call.dropped:
            return
        if call is before and began is cut is None and now < wakes:
            continue  # nothing is new and nothing is due: every line would stay as it is
        for line in lines:
            line.hub(call, now, tick=now % MINUTE == 0, present=began is None)
            if returned:
                line.back()
                line.hub(call, now, tick=False, present=True)
            if began is None:
                line.online(now)
            else:
                line.alone(now, began.start)
        cut, before = began, call
        wakes = min((line.wakes_at(now) for line in lines), default=FOREVER)


def _task(wanted: _Wanted, call: CallAt, occurrence: int) -> _Task:
    return _Task(
        occurrence=occurrence, state="planned", base=wanted.base, due=wanted.due, zones=wanted.zones, call=call
    )


def _wanted(rule: Rule, call: CallAt, now: int) -> _Wanted | None:
    """What the rule asks now, or None if it does not hold for the call."""
    key = ("wanted", rule.id)
    if key not in call.memory:
        call.memory[key] = _triggered(rule, call) if rule.trigger else _timed(rule, call)
    wanted: _Wanted | None = call.memory[key]
    if wanted is not None and wanted.due is not None and rule.trigger and wanted.due < now:
        return replace(wanted, due=now)
    return wanted


def _timed(rule: Rule, call: CallAt) -> _Wanted | None:
    if rule.due is None or call.facts.suspended or not call.selected_by(rule) or not call.has(rule.due.base):
        return None
    zones = call.served_by(call.station.zones, rule.zones)
    if not zones:
        return None
    awaited = call.facts.event(rule.awaits) if rule.awaits else None
    held = awaited is not None and not call.facts.has_been(rule.awaits)
    due = None if held else call.time_of(rule.due)
    return _Wanted(base=call.base_time(rule.due), due=due, zones=tuple(zones))


def _triggered(rule: Rule, call: CallAt) -> _Wanted | None:
    name = "arrival" if call.facts.departure is None else "departure"
    event, best, facts = call.facts.event(name), call.best(name), call.facts
    if event is None or event.actual is not None or not call.selected_by(rule):
        return None
    base: int | None = None
    if rule.trigger == "suspension":
        base = facts.suspended_since if facts.suspended else None
    elif facts.suspended:
        return None
    elif rule.trigger == "delay":
        base = best if best is not None and best - event.planned >= rule.at_least * MINUTE else None
    elif rule.trigger == "delay_unknown":
        since = facts.arrival_unknown_since if name == "arrival" else facts.departure_unknown_since
        base = since if facts.unknown(name) else None
    elif rule.trigger == "platform_change":
        arrived = facts.arrival is not None and facts.has_been("arrival")
        base = facts.platform_since if facts.platform != facts.planned_platform and not arrived else None
    elif rule.trigger == "extra":
        base = facts.extra_since or event.planned if facts.running == "extra" else None
    else:
        raise ValueError(f"{rule.id}: no such trigger: {rule.trigger}")
    if base is None:
        return None
    zones = call.served_by(call.station.zones, rule.zones, also_as_planned=rule.trigger == "platform_change")
    if not zones:
        return None
    return _Wanted(base=base, due=event.planned - rule.ahead * MINUTE, zones=tuple(zones))


def _texts(rule: Rule, call: CallAt) -> dict[str, str]:
    station, facts = call.station, call.facts
    name = event_of(rule.due.base) if rule.due is not None else "departure"
    if facts.event(name) is None:
        name = "arrival"
    event, best = facts.event(name), call.best(name)
    planned = None if event is None else event.planned
    texts = {}
    for each in station.languages:
        fields: dict[str, str | int] = {
            "number": facts.numbers[0],
            "numbers": "/".join(facts.numbers),
            "train_class": facts.train_class,
            "origin": station.town(facts.origin, each),
            "destination": station.town(facts.destination, each),
            "platform": station.platform_name(facts.platform, each),
            "old_platform": station.platform_name(facts.planned_platform, each),
            "track": facts.track,
            "gates": station.joined("gates", facts.gates, each),
            "areas": station.joined("areas", facts.areas, each),
            "exits": station.joined("exits", facts.exits, each),
            "planned": station.clock(planned),
            "expected": station.clock(best),
            "minutes": 0 if best is None or planned is None else max(0, best - planned) // MINUTE,
            "reason": facts.reason,
        }
        texts[each] = station.render(rule.template, each, fields)
    return texts
