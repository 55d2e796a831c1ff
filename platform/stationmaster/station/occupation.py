"""How long a train occupies its track, and whether two trains of the timetable are ever in each other's way.

Windows are minutes from the midnight that begins a row's service date; they may begin before it and end after the next.
Two rows meet if their windows overlap on some pair of dates on which both run. Clock-change nights are not considered:
the minutes are those of the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stationmaster.station.timetable import TimetableRow
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.values import CallKind

__all__ = ["Conflict", "Window", "conflicts", "gap", "window_of"]

DAY = 1440
NEAR = 2
"""Days between two service dates whose windows can touch, for stops of less than a day and their clearances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two rows that occupy one track at one time."""

    track: str
    first: TimetableRow
    second: TimetableRow


def window_of(row: TimetableRow, clearance: Clearance) -> Window:
    """The minutes for which the row's train occupies its track."""
    arrival, departure = row.minutes
    start = departure - clearance.origin_before if row.kind is CallKind.ORIGIN else arrival - clearance.before_arrival
    end = arrival + clearance.terminus_after if row.kind is CallKind.TERMINUS else departure + clearance.after_departure
    return Window(start=start, end=end)


def gap(first: TimetableRow, second: TimetableRow, clearance: Clearance) -> int:
    """Fewest minutes between the windows of two rows, over all dates on which both run; negative if they overlap.

    A week if they never run within two days of each other.
    """
    one, other = window_of(first, clearance), window_of(second, clearance)
    least = 7 * DAY
    nights = max(one.end - one.start, other.end - other.start) // DAY
    for shift in sorted(range(-NEAR - nights, NEAR + nights + 1), key=abs):
        moved = shift * DAY
        distance = max(one.start - other.end - moved, other.start + moved - one.end)
        if distance < least and first.calls_with(second, shift):
            least = distance
    return least


def conflicts(rows: Sequence[TimetableRow], clearance: Clearance) -> Iterator[Conflict]:
    """Every pair of rows that stand on one track with less than the least distance between them."""
    by_track: dict[str, list[TimetableRow]] = {}
    for row in rows:
        if row.track:
            by_track.setdefault(row.track, []).append(row)
    for track, there in by_track.items():
        for number, first in enumerate(there):
            for second in there[number + 1 :]:
                if gap(first, second, clearance) < clearance.between:
                    yield Conflict(track=track, first=first, second=second)
