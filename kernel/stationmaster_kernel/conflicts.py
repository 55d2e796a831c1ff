"""Conflicts between calls: found where claims have moved, told once, and given a way out where there is one.

What is found for two calls follows from the claims of the two alone, so looking only where something has moved finds
what comparing all with all would find. A way out is a proposal to move one of the two to another track.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from stationmaster_kernel.call import Call
from stationmaster_kernel.conflict import Conflict, ConflictKind
from stationmaster_kernel.deeds import SetTrack
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.links import partner_of
from stationmaster_kernel.meetings import conflicts_between, on_one_track
from stationmaster_kernel.occupation import Claims, Stay, claims_of, slots_of
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import Proposal, WhyProposed
from stationmaster_kernel.suggestions import suggest, suggested, withdraw
from stationmaster_kernel.values import CallKind, Source

__all__ = ["Move", "conflicts_of", "settle_conflicts"]

ON_TRACKS = (ConflictKind.TRACK, ConflictKind.CLEARANCE)
"""The conflicts that another track ends."""

MANY = 50
"""Moves in one step from which on every conflict is looked at anew: a plan, a configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a call claimed and what it claims now."""

    call: str
    before: Claims | None
    after: Claims | None


def settle_conflicts(draft: Draft, stirred: Sequence[str], moves: Sequence[Move], station: ReadyStation) -> None:
    """Put and delete conflicts where claims have moved, with their notes and solutions.

    Args:
        draft: with the claims of all calls as they now are.
        stirred: the calls that the step has touched; the solutions of their conflicts are looked at anew.
        moves: the calls whose claims differ.
        station: the station.

    """
    concerned: dict[str, None] = {}
    for move in moves:
        _find(draft, move, concerned)
    for item in stirred:
        concerned.update((record.id, None) for record in draft.records_about(item, "conflict"))
    if moves:
        concerned.update((conflict.id, None) for conflict in _affected(draft, moves))
    if concerned:
        _Solver(draft, station).solve(sorted(concerned))
    for item in dict.fromkeys([*stirred, *(move.call for move in moves)]):
        _tidy(draft, item)


def conflicts_of(draft: Draft, claims: Claims | None) -> Iterator[Conflict]:
    """Every conflict of these claims with those of other calls."""
    if claims is not None:
        for item in draft.claimants(slots_of(claims)):
            other = draft.claims(item)
            if other is not None and item != claims.call:
                yield from conflicts_between(claims, other)


def _find(draft: Draft, move: Move, concerned: dict[str, None]) -> None:
    found = {conflict.id: conflict for conflict in conflicts_of(draft, move.after)}
    for record in draft.records_about(move.call, "conflict"):
        known = cast("Conflict", record)
        now = found.pop(known.id, None)
        if now is None:
            draft.delete_record("conflict", known.id)
            concerned.pop(known.id, None)
            if not _still_on_one_track(known, found):
                draft.note("conflict-over", known.id, kind=known.kind, place=known.place)
            for item in known.calls:
                _tidy(draft, item)
        else:
            draft.put_record(replace(now, revision=known.revision, solution=known.solution))
            concerned[known.id] = None
    for conflict in found.values():
        draft.put_record(conflict)
        concerned[conflict.id] = None
        draft.note("conflict", conflict.id, kind=conflict.kind, place=conflict.place)


def _still_on_one_track(known: Conflict, found: dict[str, Conflict]) -> bool:
    """Whether the same two trains are still in each other's way, only nearer or less near."""
    return known.kind in ON_TRACKS and any(
        other.calls == known.calls and other.kind in ON_TRACKS for other in found.values()
    )


def _affected(draft: Draft, moves: Sequence[Move]) -> Iterator[Conflict]:
    """The conflicts of other calls whose solution may be taken now, or may have become possible."""
    for record in draft.records("conflict"):
        conflict = cast("Conflict", record)
        if conflict.kind in ON_TRACKS and (len(moves) > MANY or any(_matters(draft, conflict, move) for move in moves)):
            yield conflict


def _matters(draft: Draft, conflict: Conflict, move: Move) -> bool:
    stays = [claims.stay for claims in (move.before, move.after) if claims is not None and claims.stay is not None]
    return any(
        stay.free_from < mine.free_until and mine.free_from < stay.free_until
        for item in conflict.calls
        if (mine := _stay_of(draft, item)) is not None
        for stay in stays
    )


def _stay_of(draft: Draft, call: str) -> Stay | None:
    claims = draft.claims(call)
    return None if claims is None else claims.stay


def _tidy(draft: Draft, call: str) -> None:
    """Withdraw a proposal that no conflict of the call needs; a rejected one is kept while it could be made again."""
    proposal = suggested(draft, call, SetTrack.TAG, Source.CONFLICT)
    if proposal is None:
        return
    mine = [cast("Conflict", record) for record in draft.records_about(call, "conflict")]
    if proposal.rejected:
        needed = any(conflict.kind in ON_TRACKS for conflict in mine)
    else:
        needed = any(conflict.solution == proposal.id for conflict in mine)
    if not needed:
        withdraw(draft, call, SetTrack.TAG, Source.CONFLICT)


class _Solver:
    """Finds other tracks; no two of its proposals are in each other's way."""

    def __init__(self, draft: Draft, station: ReadyStation) -> None:
        self._draft = draft
        self._station = station
        self._booked: dict[str, Claims] = {}
        for record in draft.records("proposal"):
            proposal = cast("Proposal", record)
            if proposal.source is Source.CONFLICT and not proposal.rejected:
                self._book(proposal)

    def solve(self, conflicts: Sequence[str]) -> None:
        """Work out the solutions of these conflicts anew."""
        for item in conflicts:
            conflict = cast("Conflict | None", self._draft.record("conflict", item))
            if conflict is None or conflict.kind not in ON_TRACKS:
                continue
            solution = self._solution(conflict)
            if solution != conflict.solution:
                self._draft.put_record(replace(conflict, solution=solution))
            for call in conflict.calls:
                _tidy(self._draft, call)

    def _solution(self, conflict: Conflict) -> str:
        movable = self._movable(conflict)
        for call in movable:  # what is proposed already is not proposed differently without need
            proposal = suggested(self._draft, call.id, SetTrack.TAG, Source.CONFLICT)
            if proposal is not None and not proposal.rejected and self._is_free(call, _track_of(proposal)):
                return proposal.id
        for call in movable:
            track = next((item for item in self._tracks_for(call) if self._is_free(call, item)), None)
            if track is not None:
                deed = SetTrack(call=call.id, track=track)
                proposal = suggest(self._draft, deed, Source.CONFLICT, WhyProposed.CONFLICT)
                self._book(proposal)
                return "" if proposal.rejected else proposal.id
        return ""

    def _movable(self, conflict: Conflict) -> list[Call]:
        """Which of the two may go elsewhere, the better choice first.

        Not one that has arrived; rather one whose check-in has not opened, and then rather the later one.
        """
        calls = [call for item in conflict.calls if (call := self._draft.call(item)) is not None]
        waiting = [call for call in calls if call.arrival is None or call.arrival.actual is None]
        return sorted(waiting, key=lambda call: (self._is_checking_in(call), -self._begins(call), call.id))

    def _is_checking_in(self, call: Call) -> bool:
        return call.check_in_open is not None and call.check_in_open <= self._draft.now

    def _begins(self, call: Call) -> int:
        stay = _stay_of(self._draft, call.id)
        return 0 if stay is None else stay.begins

    def _tracks_for(self, call: Call) -> Iterator[str]:
        """Other tracks that such a train may use: at its platform, at platforms with its gates, then any.

        A train that passes rather goes where there is no platform.
        """
        gates = self._station.places_of(call.platform).gates

        def distance(track: str) -> int:
            platform = self._station.platform_of(track)
            if call.kind is CallKind.PASSING:
                return 1 if platform else 0
            if platform == call.platform:
                return 0
            return 1 if gates and self._station.places_of(platform).gates == gates else 2

        others = (item for item in self._station.tracks if item != call.track)
        allowed = [item for item in others if call.kind is CallKind.PASSING or self._station.platform_of(item)]
        return iter(sorted(allowed, key=distance))

    def _is_free(self, call: Call, track: str) -> bool:
        claims = self._moved_to(call, track)
        if claims is None or claims.stay is None or track == call.track:
            return False
        there = (self._draft.claims(item) for item in self._draft.claimants(slots_of(claims)))
        booked = (item for item in self._booked.values())
        return not any(
            other is not None and other.call != call.id and on_one_track(claims, other) is not None
            for others in (there, booked)
            for other in others
        )

    def _moved_to(self, call: Call, track: str) -> Claims | None:
        moved = replace(call, track=track, platform=self._station.platform_of(track))
        return claims_of(moved, self._station, partner_of(call, self._draft.calls_numbered))

    def _book(self, proposal: Proposal) -> None:
        call = self._draft.call(proposal.call)
        claims = None if call is None else self._moved_to(call, _track_of(proposal))
        if claims is not None:
            self._booked[proposal.call] = claims


def _track_of(proposal: Proposal) -> str:
    return cast("SetTrack", proposal.deed).track
