"""What one call means for others, settled once at the end of a step: claims, conflicts, turnarounds.

Only then does every call have its final place and time, so an exchange of two tracks in one act is no conflict in
between, and nobody is told of anything that the same step ends.
"""

from __future__ import annotations

from stationmaster_kernel.call import Call
from stationmaster_kernel.conflicts import Move, settle_conflicts
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.links import link_days, partner_of, possible_partners
from stationmaster_kernel.occupation import claims_of
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.turnaround import note_broken_link, settle_turnaround
from stationmaster_kernel.values import CallKind

__all__ = ["settle_encounters"]


def settle_encounters(draft: Draft) -> None:
    """Bring claims, conflicts and turnaround proposals in line with all that the step has stirred."""
    stirred, decided = draft.stirred(), draft.decided()
    if draft.station is None or not (stirred or decided):
        return
    arrivals: dict[str, None] = dict.fromkeys(stirred)
    departures: dict[str, None] = dict.fromkeys(decided)
    for item in stirred:
        before, after = draft.call_before(item), draft.call(item)
        for call in (before, after):
            if call is not None:
                _linked_calls(draft, call, arrivals, departures)
        note_broken_link(draft, before, after)
    moves = [move for item in arrivals if (move := _reclaim(draft, item, draft.station)) is not None]
    settle_conflicts(draft, moves, [*arrivals, *decided], draft.station)
    for item in departures:
        departure = draft.call(item)
        if departure is not None and departure.kind is CallKind.ORIGIN:
            settle_turnaround(draft, departure, draft.station)


def _linked_calls(draft: Draft, call: Call, arrivals: dict[str, None], departures: dict[str, None]) -> None:
    """Add the arrivals whose set may leave as this call, and the departures whose set these or this one may bring."""
    if call.kind is CallKind.TERMINUS:
        departures.update((other.id, None) for other in possible_partners(call, draft.calls_numbered))
    elif call.kind is CallKind.ORIGIN:
        departures[call.id] = None
        for day in link_days(call):
            for number in call.numbers:
                for item in draft.occupancy.linked(day, number):
                    arrivals[item] = None
                    arrival = draft.call(item)
                    if arrival is not None:
                        departures.update(
                            (other.id, None) for other in possible_partners(arrival, draft.calls_numbered)
                        )


def _reclaim(draft: Draft, call_id: str, station: ReadyStation) -> Move | None:
    """Work out anew what a call claims; None if it is what it was."""
    call = draft.call(call_id)
    after = None if call is None else claims_of(call, station, partner_of(call, draft.calls_numbered))
    before = draft.occupancy.claims.get(call_id)
    if after == before:
        return None
    draft.occupancy = draft.occupancy.with_claims(call_id, after)
    return Move(call=call_id, before=before, after=after)
