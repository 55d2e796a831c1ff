"""Making calls: of a row of the day plan, or of a feed record that no plan foresaw."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date
from typing import cast

from stationmaster_base.times import local_date
from stationmaster_kernel.call import Call, Event, call_id
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.settling import is_over
from stationmaster_kernel.values import CallKind, Running

__all__ = ["free_call_id", "planned_call", "planned_events", "planned_fault", "unplanned_call"]


def planned_call(station: ReadyStation, day: date, planned: PlannedCall, item: str) -> Call:
    """The call with id `item` as its plan has it, before anything has happened to it."""
    platform = station.platform_of(planned.track)
    where = station.places_of(platform)
    arrival, departure = planned_events(planned)
    return Call(
        id=item,
        service_date=day,
        number=planned.number,
        numbers=planned.numbers,
        train_class=planned.train_class,
        kind=planned.kind,
        origin=planned.origin,
        destination=planned.destination,
        arrival=arrival,
        departure=departure,
        track=planned.track,
        platform=platform,
        planned_track=planned.track,
        planned_platform=platform,
        gates=planned.gates or where.gates,
        areas=planned.areas or where.areas,
        exits=planned.exits or where.exits,
        formation=planned.formation,
        turnaround=planned.turnaround,
        opens=planned.opens,
        closes=planned.closes,
    )


def planned_fault(station: ReadyStation, day: date, planned: PlannedCall) -> str:
    """Why there can be no such call on this service date; empty if there can."""
    arrives, departs = planned.arrival is not None, planned.departure is not None
    if not planned.number or planned.number not in planned.numbers:
        return "its number is not among its numbers"
    if (arrives, departs) != _NEEDS.get(planned.kind, (arrives, departs)) or not (arrives or departs):
        return f"a call of kind {planned.kind} has not just these times"
    if planned.arrival is not None and planned.departure is not None and planned.departure < planned.arrival:
        return "it departs before it arrives"
    first = planned.departure if planned.arrival is None else planned.arrival
    if first is not None and local_date(first, station.zone) != day:
        return f"its first time here is not on {day.isoformat()}"
    if planned.track and planned.track not in station.tracks:
        return f"track {planned.track!r} is none of {', '.join(station.tracks)}"
    return ""


_NEEDS = {
    CallKind.ORIGIN: (False, True),
    CallKind.TERMINUS: (True, False),
    CallKind.THROUGH: (True, True),
}
"""Whether a call of a kind arrives and departs; a passing train has one time or the other, or both the same."""


def planned_events(planned: PlannedCall) -> tuple[Event | None, Event | None]:
    """Arrival and departure as planned; a train that does not stop has both at one time."""
    arrival, departure = planned.arrival, planned.departure
    if planned.kind is CallKind.PASSING:
        arrival, departure = arrival or departure, departure or arrival
    return (
        None if arrival is None else Event(planned=arrival),
        None if departure is None else Event(planned=departure),
    )


def free_call_id(
    draft: Draft, station: ReadyStation, day: date, number: str, held: Container[str] | None = None
) -> str:
    """The id of the next call with this number as its key on this date.

    The id of a call that is there is not free, nor that of one which a row of the plan had and which is over by now:
    its tasks were another train's. `held` are the ids that rows have; they are looked up unless given.
    """
    held = _held_ids(draft, day) if held is None else held
    nth = 1 + sum(call.number == number for call in draft.calls_numbered(day, (number,)))
    while draft.call(item := call_id(station.facts.telecode, day, number, nth)) is not None or item in held:
        nth += 1
    return item


def _held_ids(draft: Draft, day: date) -> set[str]:
    rows = (cast("PlanRow", record) for record in draft.records("row"))
    return {row.call for row in rows if row.day == day and row.planned is not None}


def unplanned_call(draft: Draft, station: ReadyStation, record: FeedRecord) -> Call | None:
    """A call that only the feed knows; None if it would be over and dropped already."""
    number = record.numbers[0]
    planned = PlannedCall(
        number=number,
        numbers=record.numbers,
        train_class=record.train_class,
        kind=record.kind,
        origin=record.origin,
        destination=record.destination,
        arrival=record.planned_arrival,
        departure=record.planned_departure,
        track=record.track,
    )
    call = planned_call(station, record.day, planned, free_call_id(draft, station, record.day, number))
    if is_over(call, station, draft.now):
        return None
    running = Running.EXTRA if record.running is Running.SCHEDULED else record.running
    draft.note("call-unplanned", call.id, running=running)
    return replace(call, running=running)
