"""Giving a track to every row of a timetable that has none, so that no two trains need one track at one time.

Trains are taken in the order in which they come, beginning at the quietest minute of the day, and each gets the free
track that has stood empty longest: that spreads the trains, so that a late one is less often in the way of the next.
A passing train goes through on a track without a platform where one is free. Where no track is free, up to two trains
that have been given theirs here are moved to make room. Nothing is left to chance: the same rows give the same tracks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stationmaster.station.occupation import gap, window_of
from stationmaster.station.timetable import TimetableRow
from stationmaster_kernel.configuration import Clearance, Place, PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = ["Allotted", "Unallotted", "allot_tracks"]

DAY = 1440
MOVES = 2
"""How many trains may be moved to make room for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unallotted:
    """A row for which there is no track, and why."""

    row: TimetableRow
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotted:
    """The rows in their order, now with tracks; `given` counts those that got theirs here."""

    rows: tuple[TimetableRow, ...]
    given: int
    unallotted: tuple[Unallotted, ...]


def allot_tracks(rows: Sequence[TimetableRow], places: Sequence[Place], clearance: Clearance) -> Allotted:
    """Tracks for the rows without one; a track that a row has is kept, and counts as occupied."""
    table = _Tracks(rows, [place for place in places if place.kind is PlaceKind.TRACK], clearance)
    open_rows = [number for number, row in enumerate(rows) if not row.track]
    missing = [number for number in _from_quietest(rows, open_rows, clearance) if not table.seat(number, MOVES)]
    return Allotted(
        rows=tuple(
            replace(row, track=table.track_of[number]) if number in table.track_of else row
            for number, row in enumerate(rows)
        ),
        given=len(open_rows) - len(missing),
        unallotted=tuple(Unallotted(row=rows[number], reason=table.reason(number)) for number in sorted(missing)),
    )


class _Tracks:
    """Who stands where; rows are known by their number in the list."""

    def __init__(self, rows: Sequence[TimetableRow], tracks: Sequence[Place], clearance: Clearance) -> None:
        self._rows = rows
        self._tracks = tracks
        self._clearance = clearance
        self._there: dict[str, list[int]] = {track.id: [] for track in tracks}
        self._gaps: dict[tuple[int, int], int] = {}
        self.track_of: dict[int, str] = {}
        for number, row in enumerate(rows):
            if row.track:
                self._there.setdefault(row.track, []).append(number)

    def seat(self, number: int, moves: int, barred: frozenset[str] = frozenset()) -> bool:
        """Put the row on the best free track, moving at most `moves` others; False if there is no way."""
        tracks = [track for track in self._possible(self._rows[number]) if track.id not in barred]
        ranked = sorted(
            (self._rank(number, track, order), track.id)
            for order, track in enumerate(tracks)
            if not self._in_the_way(number, track.id)
        )
        if ranked:
            self._put(number, ranked[0][1])
            return True
        return moves > 0 and any(self._make_room(number, track.id, moves, barred) for track in tracks)

    def reason(self, number: int) -> str:
        """Why the row has no track."""
        row = self._rows[number]
        possible = self._possible(row)
        if not possible:
            return "there is no track with a platform" if self._tracks else "there is no track"
        window = window_of(row, self._clearance)
        taken = "; ".join(
            f"{track.id}: {', '.join(self._rows[other].number for other in self._in_the_way(number, track.id))}"
            for track in possible
        )
        return f"{_clock(window.start)}–{_clock(window.end)} every track is taken ({taken})"

    def _possible(self, row: TimetableRow) -> list[Place]:
        return [track for track in self._tracks if track.platform or row.kind is CallKind.PASSING]

    def _rank(self, number: int, track: Place, order: int) -> tuple[bool, int, int, int]:
        """Sorts the best first: for a passing train no platform, then the longest empty, the least used, the first."""
        there = self._there[track.id]
        wrong_side = self._rows[number].kind is CallKind.PASSING and bool(track.platform)
        empty = min((self._gap(number, other) for other in there), default=7 * DAY)
        return wrong_side, -empty, len(there), order

    def _in_the_way(self, number: int, track: str) -> list[int]:
        return [other for other in self._there[track] if self._gap(number, other) < self._clearance.between]

    def _gap(self, one: int, other: int) -> int:
        key = (min(one, other), max(one, other))
        if key not in self._gaps:
            self._gaps[key] = gap(self._rows[key[0]], self._rows[key[1]], self._clearance)
        return self._gaps[key]

    def _put(self, number: int, track: str) -> None:
        self._there[track].append(number)
        self.track_of[number] = track

    def _take(self, number: int) -> None:
        self._there[self.track_of.pop(number)].remove(number)

    def _make_room(self, number: int, track: str, moves: int, barred: frozenset[str]) -> bool:
        """Move the one train that is in the way on this track, if there is but one and it may be moved."""
        others = self._in_the_way(number, track)
        if len(others) != 1 or others[0] not in self.track_of:
            return False
        self._take(others[0])
        self._put(number, track)
        if self.seat(others[0], moves - 1, barred | {track}):
            return True
        self._take(number)
        self._put(others[0], track)
        return False


def _from_quietest(rows: Sequence[TimetableRow], wanted: Sequence[int], clearance: Clearance) -> Iterator[int]:
    """The wanted rows in the order in which their trains come, from the minute at which the fewest are here."""
    busy = [0] * DAY
    for row in rows:
        window = window_of(row, clearance)
        for minute in range(window.start, window.end):
            busy[minute % DAY] += 1
    quietest = busy.index(min(busy))
    yield from sorted(wanted, key=lambda number: ((window_of(rows[number], clearance).start - quietest) % DAY, number))


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
