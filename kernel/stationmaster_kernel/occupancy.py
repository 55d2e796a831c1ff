"""Who claims which place in which hour, who seeks another, and whose sets leave as whom: indexes over all calls.

An occupancy is never changed; what differs makes a new one that shares the rest. It follows from calls, records and
the station alone, so one made anew of a read-back state equals the one that was kept step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from immutables import Map

from stationmaster_kernel.call import Call
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.links import CallsNumbered, link_of, partner_of
from stationmaster_kernel.occupation import Claims, Slot, claims_of, slots_of
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.seeking import conflict_slots, offer_slots
from stationmaster_kernel.values import Source

__all__ = ["NOBODY", "Occupancy", "made_occupancy"]

Index = Map[Slot, Map[str, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """The indexes.

    `links`: (service date, number) → terminus calls of the date whose sets leave as that number, sorted.
    `claims`: call → what it claims of tracks and gates; `claimants`: place and hour → calls with claims there and then.
    `seeking`: a call that is offered another track → there and then; a conflict without solution → anywhere in its
    hours; `seekers`: place and hour → such calls and conflicts.
    """

    links: Map[tuple[date, str], tuple[str, ...]] = Map()
    claims: Map[str, Claims] = Map()
    claimants: Index = Map()
    seeking: Map[str, tuple[Slot, ...]] = Map()
    seekers: Index = Map()

    def linked(self, day: date, number: str) -> tuple[str, ...]:
        """Ids of the terminus calls of a service date whose sets leave as that number, sorted."""
        return self.links.get((day, number), ())

    def claimants_at(self, slots: Iterable[Slot]) -> list[str]:
        """Ids of the calls that claim anything there and then, sorted."""
        return sorted({item for slot in slots for item in self.claimants.get(slot, ())})

    def seekers_at(self, slots: Iterable[Slot]) -> list[str]:
        """What seeks another track there and then, by id."""
        return sorted({item for slot in slots for item in self.seekers.get(slot, ())})

    def with_call(self, before: Call | None, after: Call | None) -> Occupancy:
        """With the link of a call that is put or dropped."""
        old = None if before is None else link_of(before)
        new = None if after is None else link_of(after)
        if old == new:
            return self
        links = self.links
        if before is not None and old is not None:
            rest = tuple(item for item in links[old] if item != before.id)
            links = links.set(old, rest) if rest else links.delete(old)
        if after is not None and new is not None:
            links = links.set(new, tuple(sorted((*links.get(new, ()), after.id))))
        return replace(self, links=links)

    def with_claims(self, call: str, claims: Claims | None) -> Occupancy:
        """With what a call claims from now on; None: nothing."""
        before = self.claims.get(call)
        if before == claims:
            return self
        kept = self.claims.delete(call) if claims is None else self.claims.set(call, claims)
        claimants = _moved(self.claimants, call, slots_of(before), slots_of(claims))
        return replace(self, claims=kept, claimants=claimants)

    def with_seeking(self, item: str, slots: tuple[Slot, ...]) -> Occupancy:
        """With the slots in which a call or a conflict seeks another track from now on."""
        before = self.seeking.get(item, ())
        if before == slots:
            return self
        seeking = self.seeking.set(item, slots) if slots else self.seeking.delete(item)
        return replace(self, seeking=seeking, seekers=_moved(self.seekers, item, before, slots))


NOBODY = Occupancy()
"""A station without calls."""


def made_occupancy(
    calls: Mapping[str, Call],
    records: Iterable[Proposal | Conflict],
    numbered: CallsNumbered,
    station: ReadyStation | None,
) -> Occupancy:
    """The occupancy of a whole state."""
    links: dict[tuple[date, str], tuple[str, ...]] = {}
    claims: dict[str, Claims] = {}
    claimants: dict[Slot, Map[str, None]] = {}
    seekers: dict[Slot, Map[str, None]] = {}
    for call in sorted(calls.values(), key=lambda item: item.id):
        link = link_of(call)
        if link is not None:
            links[link] = (*links.get(link, ()), call.id)
        claimed = None if station is None else claims_of(call, station, partner_of(call, numbered))
        if claimed is not None:
            claims[call.id] = claimed
            _fill(claimants, call.id, slots_of(claimed))
    seeking = {} if station is None else dict(_seeking(calls, claims, records, numbered, station))
    for item, slots in seeking.items():
        _fill(seekers, item, slots)
    return Occupancy(
        links=Map(links), claims=Map(claims), claimants=Map(claimants), seeking=Map(seeking), seekers=Map(seekers)
    )


def _seeking(
    calls: Mapping[str, Call],
    claims: Mapping[str, Claims],
    records: Iterable[Proposal | Conflict],
    numbered: CallsNumbered,
    station: ReadyStation,
) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    for record in records:
        if isinstance(record, Conflict):
            item, slots = record.id, conflict_slots(record, claims.get)
        elif record.source is Source.CONFLICT:
            call = calls[record.call]
            item, slots = call.id, offer_slots(record, call, station, partner_of(call, numbered), claims.get(call.id))
        else:
            continue
        if slots:
            yield item, slots


def _fill(index: dict[Slot, Map[str, None]], item: str, slots: Iterable[Slot]) -> None:
    for slot in slots:
        index[slot] = index.get(slot, Map()).set(item, None)


def _moved(index: Index, item: str, before: tuple[Slot, ...], after: tuple[Slot, ...]) -> Index:
    """An index with an id in other slots than before."""
    if before == after:
        return index
    for slot in before:
        if slot not in after:
            rest = index[slot].delete(item)
            index = index.set(slot, rest) if rest else index.delete(slot)
    for slot in after:
        if slot not in before:
            index = index.set(slot, index.get(slot, Map()).set(item, None))
    return index
