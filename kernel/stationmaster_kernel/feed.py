"""Feed records against calls: which call a record is about, whether it can be true, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call, Event, Provenance
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.values import CallKind, EventName, Running, Source

__all__ = ["applied", "impossible", "nearest", "planned_time", "set_field", "unmatched_id", "with_track"]

AHEAD_AT_MOST = 5 * MINUTE
APART_AT_MOST = 48 * 60 * MINUTE

FIELDS: tuple[tuple[EventName, str, str, Source], ...] = (
    (EventName.ARRIVAL, "planned", "planned_arrival", Source.TIMETABLE),
    (EventName.DEPARTURE, "planned", "planned_departure", Source.TIMETABLE),
    (EventName.ARRIVAL, "expected", "expected_arrival", Source.STAGE_PLAN),
    (EventName.DEPARTURE, "expected", "expected_departure", Source.STAGE_PLAN),
    (EventName.ARRIVAL, "actual", "actual_arrival", Source.REPORT),
    (EventName.DEPARTURE, "actual", "actual_departure", Source.REPORT),
    (EventName.ARRIVAL, "unknown", "arrival_unknown", Source.STAGE_PLAN),
    (EventName.DEPARTURE, "unknown", "departure_unknown", Source.STAGE_PLAN),
)
"""Event, its field, the record's field, and where such a value comes from."""


def planned_time(record: FeedRecord) -> Instant | None:
    """The time that finds a record's call: planned departure, else planned arrival."""
    return record.planned_arrival if record.planned_departure is None else record.planned_departure


def unmatched_id(record: FeedRecord) -> str:
    """Under which id a record waits for the plan of its date."""
    return f"unmatched/{record.day.isoformat()}/{'/'.join(record.numbers)}/{planned_time(record)}"


def nearest(record: FeedRecord, calls: Iterable[Call]) -> Call | None:
    """Of the calls of the record's date and numbers, the one whose planned time is nearest."""
    wanted = planned_time(record)
    candidates = sorted(calls, key=lambda call: call.id)
    if wanted is None:
        return candidates[0] if candidates else None
    return min(candidates, key=lambda call: abs(call.planned - wanted), default=None)


def impossible(record: FeedRecord, station: ReadyStation, now: Instant) -> str:
    """Why the record cannot be true; empty if it can."""
    if record.track and record.track not in station.tracks:
        return f"track {record.track!r} is not one of this station's"
    if not record.numbers or not all(record.numbers):
        return "it has no train number"
    missing = _missing_times(record)
    if missing:
        return missing
    actuals = [time for time in (record.actual_arrival, record.actual_departure) if time is not None]
    if any(time > now + AHEAD_AT_MOST for time in actuals):
        return "an actual time lies in the future"
    if record.running is Running.SUSPENDED and actuals:
        return "the train is suspended and has an actual time"
    if len(actuals) == 2 and actuals[1] < actuals[0]:
        return "it departed before it arrived"
    for name in EventName:
        planned = getattr(record, f"planned_{name}")
        for field in ("expected", "actual"):
            time = getattr(record, f"{field}_{name}")
            if time is not None and (planned is None or abs(time - planned) > APART_AT_MOST):
                return f"the {field} {name} is more than 48 hours from the plan, or there is none"
    return ""


def _missing_times(record: FeedRecord) -> str:
    arrives, departs = record.planned_arrival is not None, record.planned_departure is not None
    needed = {
        CallKind.ORIGIN: departs,
        CallKind.TERMINUS: arrives,
        CallKind.THROUGH: arrives and departs,
        CallKind.PASSING: arrives or departs,
    }[record.kind]
    return "" if needed else f"a call of kind {record.kind} lacks its planned times"


def applied(call: Call, before: FeedRecord | None, record: FeedRecord, station: ReadyStation, now: Instant) -> Call:
    """The call with what differs between the last record and this one; without a last one, from the plan."""
    for name, field, source_field, source in FIELDS:
        event = call.event(name)
        if event is None:
            continue
        old = getattr(before, source_field) if before is not None else _unchanged(event, field)
        new = getattr(record, source_field)
        if new == old or (field == "planned" and new is None):
            continue
        call = _with_event(call, name, replace(event, **{field: new}))
        call = set_field(call, f"{name}.{field}", source, now)
    old_track = before.track if before is not None else call.planned_track
    if record.track and record.track not in (old_track, call.track):
        call = with_track(call, record.track, Source.STAGE_PLAN, station, now)
    running = before.running if before is not None else call.running
    if record.running is not running:
        call = set_field(replace(call, running=record.running), "running", Source.STAGE_PLAN, now)
    if record.reason != (before.reason if before is not None else call.reason):
        call = replace(call, reason=record.reason)
    return call


def with_track(call: Call, track: str, source: Source, station: ReadyStation, now: Instant) -> Call:
    """The call on another track: the platform follows, and with another platform its gates, areas and exits."""
    platform = station.platform_of(track)
    changed = set_field(replace(call, track=track, platform=platform), "track", source, now)
    if platform == call.platform:
        return changed
    where = station.places_of(platform)
    return replace(changed, gates=where.gates, areas=where.areas, exits=where.exits)


def set_field(call: Call, field: str, source: Source, at: Instant) -> Call:
    """The call with the provenance of one field."""
    others = tuple(item for item in call.provenance if item.field != field)
    entry = Provenance(field=field, source=source, at=at)
    return replace(call, provenance=tuple(sorted((*others, entry), key=lambda item: item.field)))


def _unchanged(event: Event, field: str) -> Instant | bool | None:
    """What a record would say that changes nothing of an event that has only its plan."""
    return {"planned": event.planned, "expected": None, "actual": None, "unknown": False}[field]


def _with_event(call: Call, name: EventName, event: Event) -> Call:
    if name is EventName.ARRIVAL:
        return replace(call, arrival=event)
    return replace(call, departure=event)
