"""The times of a call that follow from what is known: best known, overdue, unconfirmed, check-in.

`docs/kernel.md`, "Best known time" and "Check-in".
"""

from __future__ import annotations

from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import StationFacts
from stationmaster_kernel.rules import Base, Moment, Rule, TimeChoice
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Running

__all__ = [
    "base_event",
    "base_time",
    "fallback",
    "last_time",
    "moment_time",
    "moved",
    "useful_until",
    "with_check_in",
    "with_times",
]


def with_times(call: Call, station: StationFacts, grade: FeedGrade, now: Instant) -> Call:
    """The call with `best`, `overdue` and `unconfirmed` as they are at `now`."""
    arrival, departure = call.arrival, call.departure
    suspended = call.running is Running.SUSPENDED
    left = None if departure is None else departure.actual
    if arrival is not None and arrival.actual is None and left is not None:
        arrival = _proven(arrival, left)
    elif arrival is not None:
        arrival = _settled(arrival, arrival.expected or arrival.planned, station, grade, now, still=suspended)
    if departure is not None:
        due: Instant | None = departure.expected or departure.planned
        if arrival is not None and call.kind is not CallKind.PASSING:
            if arrival.best is None:
                due = None
            elif due is not None:
                due = Instant(max(due, arrival.best + station.dwell_least * MINUTE))
        departure = _settled(departure, due, station, grade, now, still=suspended)
    overdue = any(event is not None and event.overdue for event in (arrival, departure))
    unconfirmed = overdue and grade is not FeedGrade.FRESH
    if arrival is call.arrival and departure is call.departure and unconfirmed is call.unconfirmed:
        return call  # as a rule; a tick asks this of every call that it concerns
    return replace(call, arrival=arrival, departure=departure, unconfirmed=unconfirmed)


def _proven(arrival: Event, left: Instant) -> Event:
    """An arrival that nobody has reported, of a train that has left: it was as expected, or else before that."""
    best = Instant(min(arrival.expected or arrival.planned, left))
    if best == arrival.best and not arrival.overdue:
        return arrival
    return replace(arrival, best=best, overdue=False)


def _settled(
    event: Event, due: Instant | None, station: StationFacts, grade: FeedGrade, now: Instant, *, still: bool
) -> Event:
    """One event; `due` is its time by plan or expectation, `still` means that it cannot be overdue."""
    best: Instant | None
    overdue = False
    if event.actual is not None:
        best = event.actual
    elif event.unknown or due is None:
        best = None
    elif still or now < due + station.overdue_after * MINUTE:
        best = due
    elif grade is FeedGrade.FRESH:
        best, overdue = floor_minute(now), True
    else:
        best, overdue = max(due, event.best) if event.overdue and event.best is not None else due, True
    if best == event.best and overdue is event.overdue:
        return event
    return replace(event, best=best, overdue=overdue)


def with_check_in(call: Call, rule: Rule | None) -> Call:
    """The call with its check-in times: a person's, else the template's, else those of `rule`.

    `rule` is the first check-in rule that selects the call.
    """
    opens = closes = None
    if call.departure is not None and call.running is not Running.SUSPENDED:
        best = call.departure.best
        opens, closes = (None, None) if rule is None else _by_rule(call, rule)
        if best is not None:
            opens = opens if call.opens is None else moved(best, call.opens)
            closes = closes if call.closes is None else moved(best, call.closes)
        opens = opens if call.hand_open is None else call.hand_open
        closes = closes if call.hand_close is None else call.hand_close
    if opens is None or closes is None or opens >= closes:
        opens = closes = None
    if (opens, closes) == (call.check_in_open, call.check_in_close):
        return call
    return replace(call, check_in_open=opens, check_in_close=closes)


def _by_rule(call: Call, rule: Rule) -> tuple[Instant | None, Instant | None]:
    if rule.start is None or rule.end is None:
        return None, None
    opens, closes = moment_time(call, rule.start), moment_time(call, rule.end)
    if opens is not None and rule.after_arrival is not None and call.arrival and call.arrival.best is not None:
        opens = Instant(min(opens, call.arrival.best + rule.after_arrival * MINUTE))
    return opens, closes


def base_event(base: Base) -> EventName:
    """The event that a base belongs to; check-in belongs to the departure."""
    return EventName.ARRIVAL if base is Base.ARRIVAL else EventName.DEPARTURE


def base_time(call: Call, base: Base) -> Instant | None:
    """The best known time of a base; None if it is unknown or the call has no such event."""
    if base is Base.CHECK_IN_OPEN:
        return call.check_in_open
    if base is Base.CHECK_IN_CLOSE:
        return call.check_in_close
    event = call.event(base_event(base))
    return None if event is None else event.best


def moment_time(call: Call, moment: Moment) -> Instant | None:
    """The time of a moment; None if it is unknown or the call has no such event."""
    best = base_time(call, moment.base)
    event = call.event(base_event(moment.base))
    if event is None:
        return None
    if moment.base in (Base.ARRIVAL, Base.DEPARTURE):
        if moment.time is TimeChoice.PLANNED:
            best = event.planned
        elif moment.time is TimeChoice.EARLIEST:
            best = event.planned if best is None else min(best, event.planned)
    return None if best is None else moved(best, moment.offset)


def useful_until(call: Call, base: Base) -> Instant | None:
    """Until when it is of use to be told of a base: its event, or for the opening of check-in its closing.

    None once the event is reported, or while its time is unknown.
    """
    event = call.event(base_event(base))
    if event is None or call.is_past(base_event(base)):
        return None
    return call.check_in_close if base is Base.CHECK_IN_OPEN else event.best


def fallback(call: Call, moment: Moment) -> Instant | None:
    """The time of a moment by the plan alone; check-in bases count from the planned departure."""
    event = call.event(base_event(moment.base))
    return None if event is None else moved(event.planned, moment.offset)


def last_time(call: Call) -> Instant:
    """When the call's last event was, or else is to be, by what was said of it; creeping does not count."""
    event = call.departure or call.arrival
    if event is None:
        raise ValueError(f"call {call.id} has no event")
    return event.actual or event.expected or event.planned


def moved(instant: Instant, minutes: int) -> Instant:
    """`minutes` later (or earlier)."""
    return Instant(instant + minutes * MINUTE)
