"""Digests by which a receiver proves that it holds what the gateway holds.

They are over (run, revision): within one gateway and epoch these two stand for the whole record.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from stationmaster_telegram.records import DAY_ZERO, CallRecord, HourManifest

__all__ = ["hour_digest", "manifest_hours", "whole_digest"]


def hour_digest(pairs: Iterable[tuple[int, int]]) -> bytes:
    """The first 8 bytes of SHA-256 over all (run: 8 bytes, revision: 4 bytes), big-endian, ascending by run."""
    return hashlib.sha256(b"".join(struct.pack(">QI", *pair) for pair in sorted(pairs))).digest()[:8]


def whole_digest(hours: Iterable[HourManifest]) -> bytes:
    """The first 8 bytes of SHA-256 over all hours, ascending by day and hour.

    Each is day (4 bytes: days since 2000-01-01), hour (signed, 2 bytes), count (4 bytes), digest (8 bytes), big-endian.
    """
    packed = (
        struct.pack(">IhI8s", (hour.day - DAY_ZERO).days, hour.hour, hour.count, hour.digest)
        for hour in sorted(hours, key=lambda hour: (hour.day, hour.hour))
    )
    return hashlib.sha256(b"".join(packed)).digest()[:8]


def manifest_hours(records: Iterable[CallRecord]) -> tuple[HourManifest, ...]:
    """The manifest of every hour that has calls, ascending."""
    hours: dict[tuple[int, int], list[CallRecord]] = {}
    for record in records:
        hours.setdefault((record.day.toordinal(), record.hour), []).append(record)
    return tuple(
        HourManifest(
            day=calls[0].day,
            hour=hour,
            count=len(calls),
            digest=hour_digest((call.run, call.revision) for call in calls),
        )
        for (_, hour), calls in sorted(hours.items())
    )
