"""What follows from a call's facts at one moment: best known times, overdue, check-in, what serves it.

`derive` is a plain function of the facts, the moment and the feed; nothing is carried from one moment to the next but
the best times at which a lost feed left the call. `docs/kernel.md` is followed section by section.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from support.oracle_facts import EventFacts, Facts
from support.oracle_station import MINUTE, Moment, Rule, Station, Target

__all__ = ["Best", "CallAt", "derive", "event_of"]

FOREVER = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best known time of an event: None while unknown. `until`: time alone changes nothing before then."""

    time: int | None
    overdue: bool = False
    until: int = FOREVER


@dataclass(frozen=True, kw_only=True)
class CallAt:
    """A call at one moment, true from then until `until` as long as its facts stay."""

    station: Station
    facts: Facts
    arrival: Best | None
    departure: Best | None
    check_in_open: int | None
    check_in_close: int | None
    unconfirmed: bool
    dropped: int
    until: int
    memory: dict[object, Any] = field(default_factory=dict, compare=False)
    """What others make of this value, kept for as long as it is."""

    def best(self, event: str) -> int | None:
        known = self.arrival if event == "arrival" else self.departure
        return None if known is None else known.time

    def has(self, base: str) -> bool:
        """Whether the call has the event, or the check-in, from which moments on `base` count."""
        if base in ("arrival", "departure"):
            return self.facts.event(base) is not None
        return self.facts.departure is not None and _check_in_rule(self.station, self.facts) is not None

    def selected_by(self, rule: Rule) -> bool:
        return _selects(rule, self.facts)

    def base_time(self, moment: Moment) -> int | None:
        """The time from which a moment counts, before its offset."""
        if moment.base == "check_in_open":
            return self.check_in_open
        if moment.base == "check_in_close":
            return self.check_in_close
        best, event = self.best(moment.base), self.facts.event(moment.base)
        if event is None or moment.time == "best":
            return best
        if moment.time == "planned" or best is None:
            return event.planned
        return min(best, event.planned)

    def time_of(self, moment: Moment) -> int | None:
        base = self.base_time(moment)
        return None if base is None else base + moment.offset * MINUTE

    def planned_time_of(self, moment: Moment) -> int | None:
        """The moment as it would be if everything were as planned."""
        if moment.base in ("arrival", "departure"):
            event = self.facts.event(moment.base)
            return None if event is None else event.planned + moment.offset * MINUTE
        opens, closes = _check_in(self.station, self.facts, _planned(self.facts))
        base = opens if moment.base == "check_in_open" else closes
        return None if base is None else base + moment.offset * MINUTE

    def served_when_planned(self, targets: Iterable[Target], types: Iterable[str]) -> list[str]:
        """The ids of those that would serve the call where it was to be, or was before, and do not where it is now."""
        found = {}
        for before in _elsewhere(self.station, self.facts):
            there = (each for each in targets if each.type in set(types) and _serves(each, before))
            found |= {each.id: None for each in there if not _serves(each, self.facts)}
        return list(found)

    def served_by(self, targets: Iterable[Target], types: Iterable[str], *, also_as_planned: bool = False) -> list[str]:
        """The ids of targets of these types that serve the call; with `also_as_planned` also where it was to be."""
        calls = [self.facts]
        if also_as_planned:
            calls += _elsewhere(self.station, self.facts)
        wanted = set(types)
        return [each.id for each in targets if each.type in wanted and any(_serves(each, call) for call in calls)]


def event_of(base: str) -> str:
    """The event of a base: a check-in is the departure's."""
    return "arrival" if base == "arrival" else "departure"


def derive(
    station: Station,
    facts: Facts,
    now: int,
    *,
    fresh: bool = True,
    left: tuple[Best | None, Best | None] = (None, None),
) -> CallAt:
    """A call at `now`.

    Args:
        station: its rules and settings.
        facts: all that is known.
        now: seconds of UTC.
        fresh: whether the feed is.
        left: without a fresh feed, the best times of arrival and departure when it was last fresh.

    """
    arrival = departure = None
    if facts.arrival is not None:
        gone = None if facts.departure is None else facts.departure.actual
        arrival = _best(station, facts, "arrival", facts.arrival, None, now, fresh, left[0], gone=gone)
    if facts.departure is not None:
        earliest = None
        if arrival is not None and arrival.time is not None and facts.kind != "passing":
            earliest = arrival.time + station.dwell_least * MINUTE
        departure = _best(station, facts, "departure", facts.departure, earliest, now, fresh, left[1])
    known = {
        "arrival": None if arrival is None else arrival.time,
        "departure": None if departure is None else departure.time,
    }
    opens, closes = (None, None) if facts.suspended else _check_in(station, facts, known)
    last, last_best = (facts.arrival, arrival) if departure is None else (facts.departure, departure)
    if last is None or last_best is None:
        raise ValueError(f"{facts.call} has no time")
    end = last_best.time if last_best.time is not None else last.planned
    bests = [best for best in (arrival, departure) if best is not None]
    return CallAt(
        station=station,
        facts=facts,
        arrival=arrival,
        departure=departure,
        check_in_open=opens,
        check_in_close=closes,
        unconfirmed=not fresh and any(best.overdue for best in bests),
        dropped=end + station.keep * MINUTE,
        until=min(best.until for best in bests),
    )


def _best(
    station: Station,
    facts: Facts,
    name: str,
    event: EventFacts,
    earliest: int | None,
    now: int,
    fresh: bool,
    left: Best | None,
    *,
    gone: int | None = None,
) -> Best:
    """Of a train that has gone at `gone` without having arrived, as far as was reported: it came before that."""
    if event.actual is not None:
        return Best(time=event.actual)
    if gone is not None:
        return Best(time=min(gone, event.planned if event.expected is None else event.expected))
    if facts.unknown(name):
        return Best(time=None)
    time = event.expected if event.expected is not None else event.planned
    if earliest is not None:
        time = max(time, earliest)
    if facts.suspended:
        return Best(time=time)
    limit = time + station.overdue_after * MINUTE
    minute = now // MINUTE * MINUTE
    overdue = now >= limit
    if fresh:
        return Best(time=minute, overdue=True, until=minute + MINUTE) if overdue else Best(time=time, until=limit)
    if left is not None and left.time is not None:
        time = max(time, left.time)
    return Best(time=time, overdue=overdue, until=FOREVER if overdue else limit)


def _check_in_rule(station: Station, facts: Facts) -> Rule | None:
    rules = [rule for rule in station.rules if rule.does == "check_in" and _selects(rule, facts)]
    return rules[0] if rules else None


def _check_in(station: Station, facts: Facts, times: dict[str, int | None]) -> tuple[int | None, int | None]:
    """When check-in opens and closes if arrival and departure are at these times."""
    rule = _check_in_rule(station, facts)
    if rule is None or rule.start is None or rule.end is None or facts.departure is None:
        return None, None
    opens, closes = (_moment(moment, facts, times) for moment in (rule.start, rule.end))
    if opens is None or closes is None:
        return None, None
    arrival = times["arrival"]
    if rule.after_arrival is not None and arrival is not None:
        opens = min(opens, arrival + rule.after_arrival * MINUTE)
    return opens, closes


def _moment(moment: Moment, facts: Facts, times: dict[str, int | None]) -> int | None:
    event, time = facts.event(moment.base), times[moment.base]
    if event is None:
        return None
    if moment.time == "planned" or (moment.time == "earliest" and (time is None or event.planned < time)):
        time = event.planned
    return None if time is None else time + moment.offset * MINUTE


def _planned(facts: Facts) -> dict[str, int | None]:
    return {
        "arrival": None if facts.arrival is None else facts.arrival.planned,
        "departure": None if facts.departure is None else facts.departure.planned,
    }


def _selects(rule: Rule, facts: Facts) -> bool:
    return (
        (not rule.kinds or facts.kind in rule.kinds)
        and (not rule.classes or facts.train_class in rule.classes)
        and (not rule.platforms or facts.platform in rule.platforms)
    )


def _serves(target: Target, facts: Facts) -> bool:
    return (
        (not target.platforms or facts.platform in target.platforms)
        and (not target.gates or not target.gates.isdisjoint(facts.gates))
        and (not target.areas or not target.areas.isdisjoint(facts.areas))
        and (not target.exits or not target.exits.isdisjoint(facts.exits))
    )


def _elsewhere(station: Station, facts: Facts) -> list[Facts]:
    """The call as it would be where people may still wait for it: as planned, and where it was sent away from last."""
    calls = []
    for platform in {facts.planned_platform, facts.platform_before} - {"", facts.platform}:
        own = station.platforms[platform]
        calls.append(replace(facts, platform=platform, gates=own.gates, areas=own.areas, exits=own.exits))
    return sorted(calls, key=lambda call: call.platform)
