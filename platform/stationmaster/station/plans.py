"""The day plan: which rows of the base timetable run on a date, at which instants, worked how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from stationmaster.station.load import Station
from stationmaster.station.timetable import TimetableRow
from stationmaster.station.turnarounds import linked_number
from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.inputs import PlannedCall

__all__ = ["plan_day", "plan_days", "plan_digest"]


def plan_day(station: Station, day: date) -> tuple[PlannedCall, ...]:
    """The calls whose service date is `day`, in order of planned time (departure, else arrival), then of number.

    The service date is the local date of the arrival here, for an origin call of the departure. Weekdays, validity and
    calendars are tested on the date on which the train left its origin. A turnaround link is there on the dates on
    which the other train runs, by the key of its numbers.
    """
    zone = ZoneInfo(station.configuration.station.zone)
    calls = [_call(station, row, day, zone) for row in station.timetable if row.calls_on(day)]
    return tuple(sorted(calls, key=_order))


def plan_days(station: Station, first: date, days: int) -> Iterator[tuple[date, tuple[PlannedCall, ...]]]:
    """The plans of `days` service dates from `first` on."""
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        yield day, plan_day(station, day)


def plan_digest(calls: Iterable[PlannedCall]) -> str:
    """SHA-256, in hex, of what the calls say, in whichever order they are given.

    A field that says nothing is left out, so a field that is new changes no digest until something stands in it.
    """
    lines = sorted(json.dumps(_said(call), ensure_ascii=False, sort_keys=True) for call in calls)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _call(station: Station, row: TimetableRow, day: date, zone: ZoneInfo) -> PlannedCall:
    arrival = None if row.arrival is None else local_instant(day, row.arrival, zone)
    departure = None
    if row.departure is not None:
        departure = local_instant(day, row.departure, zone, days=row.nights)
    if arrival is not None and departure is not None and departure < arrival:
        # Both in an hour that the clock leaps over: the train still stops for as long as the timetable says.
        first, last = row.minutes
        departure = Instant(arrival + (last - first) * MINUTE)
    worked = station.operations.of(row)
    link = linked_number(row, worked.turnaround, station.timetable, day) if worked.turnaround else ""
    return PlannedCall(
        number=row.number,
        numbers=row.numbers,
        train_class=row.train_class,
        kind=row.kind,
        origin=row.origin,
        destination=row.destination,
        arrival=arrival,
        departure=departure,
        track=worked.track,
        gates=worked.gates,
        areas=worked.areas,
        exits=worked.exits,
        formation=worked.formation,
        turnaround=link,
        opens=worked.opens,
        closes=worked.closes,
    )


def _order(call: PlannedCall) -> tuple[Instant, str, Instant]:
    planned = call.departure if call.departure is not None else call.arrival
    if planned is None:
        raise ValueError(f"{call.number} has neither arrival nor departure")
    return planned, call.number, call.arrival if call.arrival is not None else planned


def _said(call: PlannedCall) -> dict[str, str | int | list[str]]:
    values = {field.name: getattr(call, field.name) for field in fields(call)}
    usual = {field.name: field.default for field in fields(call) if field.default is not MISSING}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name not in usual or value != usual[name]
    }
