"""Turnaround links (立折): which departure leaves with the set of which arrival.

A link is a number that a terminus call carries. The call that is meant is the first origin call of that number to leave
at or after the planned arrival, on the arrival's service date or the next; a set may stay over a night, not longer than
`LONGEST`. Only plans decide it, so a delay never makes another train of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from stationmaster_base.times import MINUTE
from stationmaster_kernel.call import Call
from stationmaster_kernel.values import CallKind

__all__ = ["CallsNumbered", "link_days", "link_of", "partner_of", "possible_partners"]

LONGEST = 720
"""Minutes from the planned arrival to the planned departure with the same set, at most."""

NIGHT = timedelta(days=1)

CallsNumbered = Callable[[date, Iterable[str]], Iterable[Call]]
"""The calls of a service date that have any of the numbers."""


def link_of(call: Call) -> tuple[date, str] | None:
    """The service date and the number that its set leaves as; None for a call that says nothing of that."""
    if call.kind is not CallKind.TERMINUS or not call.turnaround:
        return None
    return call.service_date, call.turnaround


def link_days(departure: Call) -> tuple[date, date]:
    """The service dates of the arrivals that a departure can be linked to."""
    return departure.service_date - NIGHT, departure.service_date


def possible_partners(arrival: Call, numbered: CallsNumbered) -> Iterator[Call]:
    """The origin calls of the linked number near the arrival's date, whenever they leave."""
    link = link_of(arrival)
    if link is not None:
        day, number = link
        for near in (day, day + NIGHT):
            yield from (call for call in numbered(near, (number,)) if call.kind is CallKind.ORIGIN)


def partner_of(arrival: Call, numbered: CallsNumbered) -> Call | None:
    """The call that leaves with the arrival's set."""
    if arrival.arrival is None:
        return None
    came = arrival.arrival.planned
    found = [
        (call.departure.planned, call.id, call)
        for call in possible_partners(arrival, numbered)
        if call.departure is not None and came <= call.departure.planned <= came + LONGEST * MINUTE
    ]
    return min(found)[2] if found else None
