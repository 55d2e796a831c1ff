"""The day plan: which rows of the base timetable run on a date, at which instants."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from stationmaster.station.load import Station
from stationmaster.station.timetable import TimetableRow
from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.inputs import PlannedCall

__all__ = ["plan_day"]


def plan_day(station: Station, day: date) -> tuple[PlannedCall, ...]:
    """The calls whose service date is `day`, in order of planned time (departure, else arrival), then of number.

    The service date is the local date of the arrival here, for an origin call of the departure; weekdays and validity
    are tested on it. A departure before the arrival is on the next day.
    """
    zone = ZoneInfo(station.configuration.station.zone)
    calls = [_call(row, day, zone) for row in station.timetable if row.days.include(day)]
    return tuple(sorted(calls, key=_order))


def _call(row: TimetableRow, day: date, zone: ZoneInfo) -> PlannedCall:
    arrival = None if row.arrival is None else local_instant(day, row.arrival, zone)
    departure = None
    if row.departure is not None:
        next_day = row.arrival is not None and row.departure < row.arrival
        departure = local_instant(day, row.departure, zone, days=int(next_day))
    if arrival is not None and departure is not None and departure < arrival:
        # Both in an hour that the clock leaps over: the train still stops for as long as the timetable says.
        first, last = row.minutes
        departure = Instant(arrival + (last - first) * MINUTE)
    return PlannedCall(
        number=row.number,
        numbers=row.numbers,
        train_class=row.train_class,
        kind=row.kind,
        origin=row.origin,
        destination=row.destination,
        arrival=arrival,
        departure=departure,
        track=row.track,
        gates=row.gates,
        areas=row.areas,
        exits=row.exits,
    )


def _order(call: PlannedCall) -> tuple[Instant, str, Instant]:
    planned = call.departure if call.departure is not None else call.arrival
    if planned is None:
        raise ValueError(f"{call.number} has neither arrival nor departure")
    return planned, call.number, call.arrival if call.arrival is not None else planned
