"""Ways out of conflicts: another track for one of the two trains, as a proposal for people to decide on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from stationmaster_kernel.call import Call
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.deeds import SetTrack
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.links import partner_of
from stationmaster_kernel.meetings import on_one_track
from stationmaster_kernel.occupation import Claims, Slot, claims_at, track_slots
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import WhyProposed
from stationmaster_kernel.seeking import ON_TRACKS, conflict_slots, offer_slots, offered_track
from stationmaster_kernel.suggestions import suggest, suggested, withdraw
from stationmaster_kernel.values import CallKind, Source

__all__ = ["Solver"]

FIELD = SetTrack.TAG


class Solver:
    """Finds other tracks; no two of its proposals are in each other's way.

    Args:
        draft: with the claims of all calls, and all conflicts, as they now are.
        station: the station.

    """

    def __init__(self, draft: Draft, station: ReadyStation) -> None:
        self._draft = draft
        self._station = station
        self._tracks: dict[tuple[bool, str], tuple[str, ...]] = {}
        self._given_up: dict[Slot, None] = {}

    def solve(self, conflict: Conflict) -> None:
        """Work out a conflict's solution anew."""
        if conflict.kind not in ON_TRACKS:
            return
        solved = replace(conflict, solution=self._solution(conflict))
        if solved != conflict:
            self._draft.put_record(solved)
        self._seek(conflict.id, conflict_slots(solved, self._draft.occupancy.claims.get))

    def reopened(self) -> Iterator[Conflict]:
        """The conflicts without solution that a track would end on which an offer was given up, or moved in time."""
        for place, hour in list(self._given_up):
            for item in self._draft.occupancy.seekers_at((("", hour),)):
                conflict = cast("Conflict | None", self._draft.record("conflict", item))
                if conflict is not None and self.could_use(conflict, place.removeprefix("track.")):
                    yield conflict

    def could_use(self, conflict: Conflict, track: str) -> bool:
        """Whether a certain track would end the conflict."""
        return any(track in self._tracks_for(call) and self._is_free(call, track) for call in self._movable(conflict))

    def tidy(self, call: str) -> None:
        """Withdraw what no conflict of the call needs; what was rejected is kept while it could be made again."""
        proposal = suggested(self._draft, call, FIELD, Source.CONFLICT)
        if proposal is None:
            return
        mine = [cast("Conflict", record) for record in self._draft.records_about(call, "conflict")]
        if proposal.rejected:
            needed = any(conflict.kind in ON_TRACKS for conflict in mine)
        else:
            needed = any(conflict.solution == proposal.id for conflict in mine)
        if not needed:
            self._withdraw(call)

    def register_offer(self, call_id: str) -> None:
        """Note where a call would be on the track that it is offered, if it is."""
        self._given_up.update(dict.fromkeys(self._draft.occupancy.seeking.get(call_id, ())))
        call = self._draft.call(call_id)
        proposal = suggested(self._draft, call_id, FIELD, Source.CONFLICT)
        if call is None or proposal is None:
            self._seek(call_id, ())
        else:
            slots = offer_slots(
                proposal, call, self._station, self._partner(call), self._draft.occupancy.claims.get(call_id)
            )
            self._seek(call_id, slots)

    def _solution(self, conflict: Conflict) -> str:
        movable = self._movable(conflict)
        for item in conflict.calls:
            if all(call.id != item for call in movable):
                self._withdraw(item)
        for call in movable:  # what is proposed already is not proposed differently without need
            proposal = suggested(self._draft, call.id, FIELD, Source.CONFLICT)
            track = offered_track(proposal)
            if proposal is None or proposal.rejected:
                continue
            if track in self._tracks_for(call) and self._is_free(call, track):
                return proposal.id
        for call in movable:
            track = next((item for item in self._tracks_for(call) if self._is_free(call, item)), "")
            if track:
                proposal = suggest(
                    self._draft, SetTrack(call=call.id, track=track), Source.CONFLICT, WhyProposed.CONFLICT
                )
                self.register_offer(call.id)
                if not proposal.rejected:
                    return proposal.id
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
        claims = self._draft.occupancy.claims.get(call.id)
        return 0 if claims is None or claims.stay is None else claims.stay.begins

    def _tracks_for(self, call: Call) -> Iterator[str]:
        """Other tracks that such a train may use, the better choice first."""
        key = (call.kind is CallKind.PASSING, call.platform)
        if key not in self._tracks:
            self._tracks[key] = self._in_order(*key)
        return (track for track in self._tracks[key] if track != call.track)

    def _in_order(self, passing: bool, platform: str) -> tuple[str, ...]:
        """Where a train may be: passing, rather without a platform; else its platform, one with its gates, any."""
        gates = self._station.places_of(platform).gates

        def distance(track: str) -> int:
            there = self._station.platform_of(track)
            if passing or there == platform:
                return bool(passing and there)
            return 1 if gates and self._station.places_of(there).gates == gates else 2

        allowed = (item for item in self._station.tracks if passing or self._station.platform_of(item))
        return tuple(sorted(allowed, key=distance))

    def _is_free(self, call: Call, track: str) -> bool:
        """Whether no train is, or is proposed to be, on the track in the call's way."""
        claims = self._claims_at(call, track)
        if claims is None or claims.stay is None:
            return False
        slots = track_slots(claims.stay)
        others = [self._draft.occupancy.claims.get(item) for item in self._draft.occupancy.claimants_at(slots)]
        others += [self._offered(item, track) for item in self._draft.occupancy.seekers_at(slots) if item != call.id]
        return not any(
            other is not None and other.call != call.id and on_one_track(claims, other) is not None for other in others
        )

    def _offered(self, call_id: str, track: str) -> Claims | None:
        """What another call would claim if it took the track that it is offered."""
        call = self._draft.call(call_id)
        proposal = suggested(self._draft, call_id, FIELD, Source.CONFLICT)
        if call is None or proposal is None or proposal.rejected:
            return None
        return self._claims_at(call, track)

    def _claims_at(self, call: Call, track: str) -> Claims | None:
        return claims_at(call, track, self._station, self._partner(call), self._draft.occupancy.claims.get(call.id))

    def _withdraw(self, call: str) -> None:
        withdraw(self._draft, call, FIELD, Source.CONFLICT)
        self.register_offer(call)

    def _seek(self, item: str, slots: tuple[Slot, ...]) -> None:
        self._draft.occupancy = self._draft.occupancy.with_seeking(item, slots)

    def _partner(self, call: Call) -> Call | None:
        return partner_of(call, self._draft.calls_numbered)
