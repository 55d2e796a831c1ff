"""Day plans as text, for people's spreadsheets and for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from stationmaster.station.csv_table import csv_text
from stationmaster.station.load import Station
from stationmaster.station.plans import plan_digest
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.inputs import PlannedCall

__all__ = ["PLAN_COLUMNS", "plans_csv", "plans_json"]

PLAN_COLUMNS = (
    "date",
    "train_class",
    "kind",
    "train",
    "origin",
    "destination",
    "arrival",
    "departure",
    "track",
    "gates",
    "areas",
    "exits",
    "formation",
    "turnaround",
    "opens",
    "closes",
)

DayCalls = tuple[date, Sequence[PlannedCall]]


def plans_csv(station: Station, plans: Iterable[DayCalls]) -> str:
    """A line for each call, under `PLAN_COLUMNS`; times are the station's own, `2026-03-02 23:51`."""
    zone = ZoneInfo(station.configuration.station.zone)
    return csv_text(PLAN_COLUMNS, [_line(day, call, zone) for day, calls in plans for call in calls])


def plans_json(station: Station, plans: Iterable[DayCalls]) -> str:
    """One object with a list of days, each with its digest and its calls; times are UTC, `2026-03-02T15:51:00Z`."""
    facts = station.configuration.station
    days = [
        {"date": day.isoformat(), "digest": plan_digest(calls), "calls": [_object(call) for call in calls]}
        for day, calls in plans
    ]
    whole = {"station": facts.telecode, "zone": facts.zone, "days": days}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _line(day: date, call: PlannedCall, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        day.isoformat(),
        call.train_class,
        call.kind.value,
        "/".join(call.numbers),
        call.origin,
        call.destination,
        _local(call.arrival, zone),
        _local(call.departure, zone),
        call.track,
        " ".join(call.gates),
        " ".join(call.areas),
        " ".join(call.exits),
        call.formation,
        call.turnaround,
        "" if call.opens is None else str(call.opens),
        "" if call.closes is None else str(call.closes),
    )


def _object(call: PlannedCall) -> dict[str, object]:
    return {
        "number": call.number,
        "numbers": call.numbers,
        "train_class": call.train_class,
        "kind": call.kind.value,
        "origin": call.origin,
        "destination": call.destination,
        "arrival": None if call.arrival is None else to_iso(call.arrival),
        "departure": None if call.departure is None else to_iso(call.departure),
        "track": call.track,
        "gates": call.gates,
        "areas": call.areas,
        "exits": call.exits,
        "formation": call.formation,
        "turnaround": call.turnaround,
        "opens": call.opens,
        "closes": call.closes,
    }


def _local(instant: Instant | None, zone: ZoneInfo) -> str:
    return "" if instant is None else datetime.fromtimestamp(instant, zone).strftime("%Y-%m-%d %H:%M")
