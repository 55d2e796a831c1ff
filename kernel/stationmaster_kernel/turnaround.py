"""Turnarounds (立折): what the arrival of a train set means for the train that leaves with it.

A departure is looked at together with all arrivals whose sets it leaves with (two may be coupled). What was proposed
for it and taken follows the arrivals in both directions; what others say of the departure is left to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.deeds import CallDeed, Expect, SetTrack, Unknown
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.links import link_days, link_of, partner_of
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import WhyProposed
from stationmaster_kernel.suggestions import suggest, withdraw
from stationmaster_kernel.times import moved
from stationmaster_kernel.values import EventName, Running, Source

__all__ = ["note_broken_link", "settle_turnaround"]

EXPECTED = f"{EventName.DEPARTURE}.expected"
UNKNOWN = f"{EventName.DEPARTURE}.unknown"
TRACK = "track"


def settle_turnaround(draft: Draft, departure: Call, station: ReadyStation) -> None:
    """Propose for an origin call what follows from the arrivals of its set, and withdraw what no longer does."""
    wanted: dict[str, CallDeed] = {}
    gone = departure.departure is None or departure.departure.actual is not None
    if not gone and departure.running is not Running.SUSPENDED:
        arrivals = [call for call in _arrivals(draft, departure) if call.running is not Running.SUSPENDED]
        if arrivals:
            wanted = _wanted(departure, arrivals, station)
    for field in (EXPECTED, UNKNOWN, TRACK):
        if field in wanted:
            suggest(draft, wanted[field], Source.TURNAROUND, WhyProposed.TURNAROUND)
        else:
            withdraw(draft, departure.id, field, Source.TURNAROUND)


def note_broken_link(draft: Draft, before: Call | None, after: Call | None) -> None:
    """Tell people that a train set does not come, when its arrival becomes suspended and its departure is not."""
    if after is None or after.running is not Running.SUSPENDED or link_of(after) is None:
        return
    if before is not None and before.running is Running.SUSPENDED and link_of(before) == link_of(after):
        return
    partner = partner_of(after, draft.calls_numbered)
    if partner is not None and partner.running is not Running.SUSPENDED:
        draft.note("turnaround-broken", after.id, departure=partner.id, number=partner.number)


def _arrivals(draft: Draft, departure: Call) -> Iterator[Call]:
    """The terminus calls whose sets leave as this call, by id."""
    ids = {
        item
        for day in link_days(departure)
        for number in departure.numbers
        for item in draft.occupancy.linked(day, number)
    }
    for item in sorted(ids):
        arrival = draft.call(item)
        if arrival is not None:
            partner = partner_of(arrival, draft.calls_numbered)
            if partner is not None and partner.id == departure.id:
                yield arrival


def _wanted(departure: Call, arrivals: list[Call], station: ReadyStation) -> dict[str, CallDeed]:
    wanted: dict[str, CallDeed] = {}
    timed = _time_deed(departure, arrivals, station.facts.turnaround_least)
    if isinstance(timed, Unknown):
        wanted[UNKNOWN] = timed
    elif timed is not None:
        wanted[EXPECTED] = timed
    track = next((item.track for item in arrivals if _moves(item, departure, station)), "")
    if track:
        wanted[TRACK] = SetTrack(call=departure.id, track=track)
    return wanted


def _time_deed(departure: Call, arrivals: list[Call], least: int) -> Expect | Unknown | None:
    """What the departure's time should become; None if it may stay as it is."""
    event = departure.departure
    if event is None:
        return None
    best = [call.arrival.best for call in arrivals if call.arrival is not None]
    known = [item for item in best if item is not None]
    if len(known) < len(best):
        return None if event.best is None else Unknown(call=departure.id, event=EventName.DEPARTURE)
    ready = Instant(max(event.planned, moved(max(known), least)))
    if event.best is None:
        late = _said(departure, UNKNOWN)  # by somebody else it is for him to say when it is known again
    else:
        late = ready > event.best or (_said(departure, EXPECTED) and event.expected not in (None, ready))
    return Expect(call=departure.id, event=EventName.DEPARTURE, at=ready) if late else None


def _said(departure: Call, field: str) -> bool:
    """Whether the field's value is one that a turnaround proposed."""
    origin = departure.origin_of(field)
    return origin is not None and origin.source is Source.TURNAROUND


def _moves(arrival: Call, departure: Call, station: ReadyStation) -> bool:
    """Whether the set stands at another track than the departure has, and that is not how it was planned."""
    planned_apart = (
        arrival.planned_track and departure.planned_track and arrival.planned_track != departure.planned_track
    )
    return (
        bool(arrival.track)
        and arrival.track != departure.track
        and bool(station.platform_of(arrival.track))
        and not planned_apart
    )
