"""Calls of the line in the words of the kernel."""

from __future__ import annotations

from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import CallKind, Running
from stationmaster_telegram.records import CallRecord, Kind, RunningState

__all__ = ["feed_record"]

_KINDS = {
    Kind.ORIGIN: CallKind.ORIGIN,
    Kind.TERMINUS: CallKind.TERMINUS,
    Kind.THROUGH: CallKind.THROUGH,
    Kind.PASSING: CallKind.PASSING,
}
_RUNNING = {
    RunningState.SCHEDULED: Running.SCHEDULED,
    RunningState.SUSPENDED: Running.SUSPENDED,
    RunningState.EXTRA: Running.EXTRA,
    RunningState.DIVERTED: Running.DIVERTED,
}


def feed_record(record: CallRecord) -> FeedRecord:
    """What the kernel is told of one call; run and revision stay on the line."""
    return FeedRecord(
        day=record.day,
        numbers=record.numbers,
        train_class=record.train_class,
        kind=_KINDS[record.kind],
        origin=record.origin,
        destination=record.destination,
        planned_arrival=record.planned_arrival,
        planned_departure=record.planned_departure,
        expected_arrival=record.expected_arrival,
        expected_departure=record.expected_departure,
        actual_arrival=record.actual_arrival,
        actual_departure=record.actual_departure,
        arrival_unknown=record.arrival_unknown,
        departure_unknown=record.departure_unknown,
        track=record.track,
        running=_RUNNING[record.running],
        reason=record.reason,
    )
