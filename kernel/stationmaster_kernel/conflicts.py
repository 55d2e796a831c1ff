"""Conflicts between calls: found where claims have moved, and told once.

What is found for two calls follows from the claims of the two alone, so looking only where something has moved finds
what comparing all with all would find. Their solutions are looked at where one of the two has moved, where the track
that one of them is offered is taken, and where a track is left that one of them could use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.meetings import conflicts_between
from stationmaster_kernel.occupation import Claims, slots_of, track_slots, waiting_slots
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.seeking import ON_TRACKS
from stationmaster_kernel.solutions import Solver

__all__ = ["Move", "conflicts_of", "settle_conflicts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a call claimed and what it claims now."""

    call: str
    before: Claims | None
    after: Claims | None


def settle_conflicts(draft: Draft, moves: Sequence[Move], others: Iterable[str], station: ReadyStation) -> None:
    """Put and delete conflicts where claims have moved, with their notes and solutions.

    Args:
        draft: with the claims of all calls as they now are.
        moves: the calls whose claims differ.
        others: further calls whose offers are to be looked at: stirred, decided on, or with another partner.
        station: the station.

    """
    solver = Solver(draft, station)
    concerned: dict[str, None] = {}
    touched = dict.fromkeys([*(move.call for move in moves), *others])
    for move in moves:
        for conflict in _find(draft, move):
            concerned[conflict.id] = None
            touched.update(dict.fromkeys(conflict.calls))
    for call in touched:
        solver.register_offer(call)
        solver.tidy(call)
    if draft.is_configured_anew():
        concerned.update((record.id, None) for record in draft.records("conflict"))
    else:
        concerned.update((item, None) for call in draft.decided() for item in _on_tracks(draft, call))
        for move in moves:
            concerned.update((item, None) for item in _taken(draft, move))
            concerned.update((item, None) for item in _left(draft, move, solver))
    for item in sorted(concerned):
        known = cast("Conflict | None", draft.record("conflict", item))
        if known is None:
            draft.occupancy = draft.occupancy.with_seeking(item, ())
        else:
            touched.update(dict.fromkeys(known.calls))
            solver.solve(known)
    for call in touched:
        solver.tidy(call)
    for reopened in solver.reopened():
        solver.solve(reopened)


def conflicts_of(draft: Draft, claims: Claims | None) -> Iterator[Conflict]:
    """Every conflict of these claims with those of other calls, without solution."""
    if claims is not None:
        for item in draft.occupancy.claimants_at(slots_of(claims)):
            other = draft.occupancy.claims.get(item)
            if other is not None and item != claims.call:
                yield from conflicts_between(claims, other)


def _find(draft: Draft, move: Move) -> Iterator[Conflict]:
    """Bring the call's conflicts in line with its claims; gives those that are new, different or over."""
    found = {conflict.id: conflict for conflict in conflicts_of(draft, move.after)}
    for record in draft.records_about(move.call, "conflict"):
        known = cast("Conflict", record)
        now = found.get(known.id)
        yield known
        if now is not None:
            draft.put_record(replace(now, revision=known.revision, solution=known.solution))
            continue
        draft.delete_record("conflict", known.id)
        if not any(
            other.calls == known.calls and {other.kind, known.kind} <= set(ON_TRACKS) for other in found.values()
        ):
            draft.note("conflict-over", known.id, kind=known.kind, place=known.place)
    for conflict in found.values():
        if draft.record("conflict", conflict.id) is None:
            draft.put_record(conflict)
            draft.note("conflict", conflict.id, kind=conflict.kind, place=conflict.place)
            yield conflict


def _on_tracks(draft: Draft, call: str) -> Iterator[str]:
    return (record.id for record in draft.records_about(call, "conflict") if cast("Conflict", record).kind in ON_TRACKS)


def _taken(draft: Draft, move: Move) -> Iterator[str]:
    """The conflicts of the calls that are offered a track which the move may have taken."""
    if move.after is not None and move.after.stay is not None:
        for call in draft.occupancy.seekers_at(track_slots(move.after.stay)):
            yield from _on_tracks(draft, call)


def _left(draft: Draft, move: Move, solver: Solver) -> Iterator[str]:
    """The conflicts without solution that the track which was left would end."""
    before = move.before
    if before is None or before.stay is None or _covers(move.after, before):
        return
    for item in draft.occupancy.seekers_at(waiting_slots((before,))):
        conflict = cast("Conflict | None", draft.record("conflict", item))
        if conflict is not None and solver.could_use(conflict, before.stay.track):
            yield item


def _covers(after: Claims | None, before: Claims) -> bool:
    """Whether a call is still in the way of everybody in whose way it was on its track."""
    if after is None or after.stay is None or before.stay is None:
        return False
    return (
        (after.stay.track, after.partner, after.there) == (before.stay.track, before.partner, before.there)
        and after.stay.free_from <= before.stay.free_from
        and after.stay.free_until >= before.stay.free_until
    )
