"""Where and when calls in conflict seek another track: who is looked at when a track is taken or left."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_kernel.call import Call
from stationmaster_kernel.conflict import Conflict, ConflictKind
from stationmaster_kernel.deeds import SetTrack
from stationmaster_kernel.occupation import Claims, Slot, claims_at, track_slots, waiting_slots
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.values import Source

__all__ = ["ON_TRACKS", "conflict_slots", "offer_slots", "offered_track"]

ON_TRACKS = (ConflictKind.TRACK, ConflictKind.CLEARANCE)
"""The conflicts that another track ends."""


def offered_track(proposal: Proposal | None) -> str:
    """The track that a call in conflict is offered; empty if it is offered none."""
    if proposal is None or proposal.source is not Source.CONFLICT:
        return ""
    return proposal.deed.track if isinstance(proposal.deed, SetTrack) else ""


def offer_slots(
    proposal: Proposal | None, call: Call, station: ReadyStation, partner: Call | None, known: Claims | None
) -> tuple[Slot, ...]:
    """Where a call would be on the track that it is offered, though a person may have said no.

    The arguments after the proposal are those of `claims_at`.
    """
    track = offered_track(proposal)
    claims = claims_at(call, track, station, partner, known) if track else None
    return () if claims is None or claims.stay is None else tuple(track_slots(claims.stay))


def conflict_slots(conflict: Conflict, claims: Callable[[str], Claims | None]) -> tuple[Slot, ...]:
    """The hours in which any other track would end a conflict that has no solution."""
    if conflict.solution or conflict.kind not in ON_TRACKS:
        return ()
    return waiting_slots(claims(item) for item in conflict.calls)
