"""Who stands on which track when, so that nothing simulated is sent to a track that is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import PlannedCall

__all__ = ["Occupancy", "Stay", "stay_of"]

BEFORE_ORIGIN = 30 * MINUTE
AFTER_TERMINUS = 20 * MINUTE
CLEARANCE = 5 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A train's time at the station: a set stands there before an origin call and after a terminus call."""

    start: int
    end: int

    def meets(self, other: Stay) -> bool:
        """Whether the two cannot share a track, clearance included."""
        return self.start < other.end + CLEARANCE and other.start < self.end + CLEARANCE


def stay_of(call: PlannedCall, arrival: Instant | None, departure: Instant | None) -> Stay:
    """The time from the earlier of planned and real beginning to the later of planned and real end.

    Raises:
        ValueError: the call has neither arrival nor departure.

    """
    starts = [time for time in (call.arrival, arrival) if time is not None]
    ends = [time for time in (call.departure, departure) if time is not None]
    if not starts and not ends:
        raise ValueError(f"{call.number} has no time")
    return Stay(
        start=min(starts) if starts else min(ends) - BEFORE_ORIGIN,
        end=max(ends) if ends else max(starts) + AFTER_TERMINUS,
    )


class Occupancy:
    """The stays of one day, by track.

    Args:
        faces: the platform of every track that has a platform face.

    """

    def __init__(self, faces: Mapping[str, str]) -> None:
        self._faces = dict(faces)
        self._stays: dict[str, list[Stay]] = {}

    def add(self, track: str, stay: Stay) -> None:
        """A train is on `track` for that time; an empty track is nowhere."""
        if track:
            self._stays.setdefault(track, []).append(stay)

    def free(self, stay: Stay, *, instead_of: str = "") -> list[str]:
        """Tracks with a platform face that nobody needs during `stay`.

        Instead of a track: only those of other platforms, if there are any.
        """
        tracks = [track for track in self._faces if track != instead_of and self._is_free(track, stay)]
        here = self._faces.get(instead_of)
        return [track for track in tracks if self._faces[track] != here] or tracks

    def _is_free(self, track: str, stay: Stay) -> bool:
        return not any(stay.meets(other) for other in self._stays.get(track, ()))
