"""Feed records against calls: which call a record is about, whether it can be true, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from stationmaster_base.times import Instant
from stationmaster_kernel.applying import AHEAD_AT_MOST, APART_AT_MOST
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.deeds import Actual, CallDeed, Expect, Replan, SetRunning, SetTrack, Unknown
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.values import CallKind, EventName, Running, Source

__all__ = ["differences", "impossible", "nearest", "planned_time", "unmatched_id"]

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


def differences(call: Call, before: FeedRecord | None, record: FeedRecord) -> Iterator[tuple[CallDeed, Source]]:
    """What differs between the last record and this one (without a last one: the plan), as deeds.

    What belongs to one record may be possible only in another order; see `deciding.take_or_propose`.
    """
    for name, field, source_field, source in FIELDS:
        event = call.event(name)
        if event is None:
            continue
        old = getattr(before, source_field) if before is not None else _unchanged(event, field)
        new = getattr(record, source_field)
        if new != old and not (field == "planned" and new is None):
            yield _DEEDS[field](call.id, name, new), source
    old_track = before.track if before is not None else call.planned_track
    if record.track and record.track != old_track:
        yield SetTrack(call=call.id, track=record.track), Source.STAGE_PLAN
    running = before.running if before is not None else call.running
    reason = before.reason if before is not None else call.reason
    if record.running is not running or record.reason != reason:
        yield SetRunning(call=call.id, running=record.running, reason=record.reason), Source.STAGE_PLAN


_DEEDS: dict[str, Callable[[str, EventName, Any], CallDeed]] = {
    "planned": lambda call, name, value: Replan(call=call, event=name, at=value),
    "expected": lambda call, name, value: Expect(call=call, event=name, at=value),
    "actual": lambda call, name, value: Actual(call=call, event=name, at=value),
    "unknown": lambda call, name, value: Unknown(call=call, event=name, unknown=value),
}


def _unchanged(event: Event, field: str) -> Instant | bool | None:
    """What a record would say that changes nothing of an event that has only its plan."""
    return {"planned": event.planned, "expected": None, "actual": None, "unknown": False}[field]
