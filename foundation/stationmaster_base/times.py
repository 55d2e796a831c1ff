"""Instants: whole seconds of UTC, the only kind of time that the platform calculates with.

Local time exists at the edges alone: in files that people write and in texts that people read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

__all__ = [
    "MINUTE",
    "Instant",
    "floor_minute",
    "from_iso",
    "local_date",
    "local_hhmm",
    "local_instant",
    "to_iso",
]

Instant = NewType("Instant", int)
"""Seconds since 1970-01-01T00:00:00Z."""

MINUTE = 60


def floor_minute(instant: float) -> Instant:
    """The first second of the minute that holds `instant`."""
    return Instant(int(instant // MINUTE) * MINUTE)


def to_iso(instant: Instant) -> str:
    """`2026-03-01T07:04:00Z`, as on the wire and in logs."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> Instant:
    """The reverse of `to_iso`.

    Raises:
        ValueError: `text` is not of exactly that form.

    """
    parsed = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return Instant(int(parsed.replace(tzinfo=UTC).timestamp()))


def local_instant(day: date, clock: time, zone: ZoneInfo, *, days: int = 0) -> Instant:
    """The instant of a wall-clock time; in the hour that occurs twice, the first."""
    local = datetime.combine(day + timedelta(days=days), clock, zone)
    return Instant(int(local.timestamp()))


def local_hhmm(instant: Instant, zone: ZoneInfo) -> str:
    """`07:04`, as boards show it."""
    return datetime.fromtimestamp(instant, zone).strftime("%H:%M")


def local_date(instant: Instant, zone: ZoneInfo) -> date:
    """The calendar date at the station."""
    return datetime.fromtimestamp(instant, zone).date()
