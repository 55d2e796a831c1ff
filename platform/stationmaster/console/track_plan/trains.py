"""The trains on the track plan at a moment: worked out from the committed state and the station time alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from stationmaster.console.track_plan.sojourn import Sojourn, Stage, sojourn_of
from stationmaster.hub.openapi.track_plan import TrainBody
from stationmaster.station.directions import Directions
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import StationFacts
from stationmaster_kernel.conflict import Conflict, ConflictKind
from stationmaster_kernel.links import link_days, partner_of
from stationmaster_kernel.state import State
from stationmaster_kernel.values import CallKind, Running

__all__ = ["Frame", "TrainBook"]

PLATFORM = "platform"
"""The part of a track at which trains stand; the others are its ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The trains at a moment, by track and in the order in which they stand there; and when time alone changes it."""

    trains: tuple[TrainBody, ...]
    next_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """A call, and the calls of its set, of which a sojourn was worked out."""

    call: Call
    leaves_as: Call | None
    came_as: Call | None
    sojourn: Sojourn | None

    def is_of(self, call: Call, leaves_as: Call | None, came_as: Call | None) -> bool:
        return self.call is call and self.leaves_as is leaves_as and self.came_as is came_as


class TrainBook:
    """Works out frames; what has not changed since the last one it does not work out again.

    Args:
        directions: which way trains go here.

    """

    def __init__(self, directions: Directions) -> None:
        self._directions = directions
        self._known: dict[str, _Known] = {}
        self._facts: StationFacts | None = None

    def frame(self, state: State, now: float) -> Frame:
        """The trains at a station time."""
        facts = None if state.configuration is None else state.configuration.station
        if facts is None:
            return Frame(trains=(), next_at=None)
        if facts is not self._facts:
            self._known, self._facts = {}, facts
        known = {each.call.id: each for each in self._sojourns(state, facts)}
        self._known = known
        moments = [
            moment
            for each in known.values()
            if each.sojourn is not None and (moment := each.sojourn.next_after(now)) is not None
        ]
        conflicts = _conflicts(state)
        trains = [
            train
            for each in known.values()
            if (train := _train(each, now, facts, conflicts.get(each.call.id, ()))) is not None
        ]
        tracks = {track: number for number, track in enumerate(state.station.tracks)} if state.station else {}
        order = {each.call.id: _order(each) for each in known.values()}
        trains.sort(key=lambda train: (tracks.get(train.track, len(tracks)), train.where, order[train.id]))
        return Frame(trains=tuple(_placed(trains)), next_at=min(moments, default=None))

    def _sojourns(self, state: State, facts: StationFacts) -> Iterator[_Known]:
        for call in state.calls.values():
            leaves_as = _leaves_as(state, call) if call.kind is CallKind.TERMINUS else None
            came_as = _came_as(state, call) if call.kind is CallKind.ORIGIN else None
            known = self._known.get(call.id)
            if known is None or not known.is_of(call, leaves_as, came_as):
                sojourn = sojourn_of(call, self._directions, facts.clearance, leaves_as=leaves_as, came_as=came_as)
                known = _Known(call=call, leaves_as=leaves_as, came_as=came_as, sojourn=sojourn)
            yield known


def _leaves_as(state: State, call: Call) -> Call | None:
    """The call that leaves with the set from the same track."""
    partner = partner_of(call, lambda day, numbers: _numbered(state, day, numbers))
    if partner is None or partner.track != call.track or partner.running is Running.SUSPENDED:
        return None
    return partner


def _came_as(state: State, call: Call) -> Call | None:
    """The call that brought the set to the same track; of coupled ones the last."""
    found = [
        arrival
        for day in link_days(call)
        for number in call.numbers
        for item in state.occupancy.linked(day, number)
        if (arrival := state.calls.get(item)) is not None
        and arrival.track == call.track
        and arrival.running is not Running.SUSPENDED
        and _leaves_as(state, arrival) is call
    ]
    return max(found, key=lambda arrival: (arrival.planned, arrival.id), default=None)


def _numbered(state: State, day: date, numbers: Iterable[str]) -> Iterator[Call]:
    return (state.calls[item] for number in numbers for item in state.numbers.get((day, number), ()))


def _conflicts(state: State) -> dict[str, tuple[str, ...]]:
    """The calls that cannot be on one track at once, by each of them."""
    found: dict[str, tuple[str, ...]] = {}
    for record in state.records.get("conflict", {}).values():
        if isinstance(record, Conflict) and record.grave and record.kind is ConflictKind.TRACK:
            one, other = record.calls
            found[one] = (*found.get(one, ()), other)
            found[other] = (*found.get(other, ()), one)
    return found


def _train(known: _Known, now: float, facts: StationFacts, conflicts: tuple[str, ...]) -> TrainBody | None:
    """The call's train; None if it is not on the plan."""
    sojourn = known.sojourn
    stage = None if sojourn is None else sojourn.stage_at(now)
    if sojourn is None or stage is None:
        return None
    call = known.call
    state, late = _state(call, stage, facts)
    motion = sojourn.motion_at(now)
    partner = known.leaves_as or known.came_as
    where = {Stage.COMING: sojourn.comes_from, Stage.LEAVING: sojourn.goes_to}.get(stage, PLATFORM)
    return TrainBody(
        id=call.id,
        number=call.number,
        numbers=call.numbers,
        kind=call.kind,
        running=call.running,
        origin=call.origin,
        destination=call.destination,
        track=call.track,
        stage=stage.value,
        where=str(where),
        slot=0,
        slots=1,
        begins=None if motion is None else motion[0],
        ends=None if motion is None else motion[1],
        comes_from=sojourn.comes_from.value,
        goes_to=sojourn.goes_to.value,
        state=state,
        late=late,
        held=any(event is not None and event.overdue for event in (call.arrival, call.departure)),
        unconfirmed=call.unconfirmed,
        with_set="" if partner is None else partner.id,
        conflicts=conflicts,
    )


def _state(call: Call, stage: Stage, facts: StationFacts) -> tuple[str, int]:
    """How the train keeps its time, and by how many minutes it does not: at the event that is next, or was last."""
    first, last = (call.arrival, call.departure) if stage is Stage.COMING else (call.departure, call.arrival)
    event = first or last
    if call.running is Running.SUSPENDED:
        return "suspended", 0
    if event is None or event.best is None:
        return "unknown", 0
    late = event.late_minutes
    if late >= facts.late_from:
        return "late", late
    return ("early", late) if late <= -facts.early_from else ("on_time", late)


def _order(known: _Known) -> tuple[float, str]:
    sojourn = known.sojourn
    first = None if sojourn is None else sojourn.stands or sojourn.comes
    return (0.0 if first is None else float(first), known.call.id)


def _placed(trains: list[TrainBody]) -> Iterator[TrainBody]:
    """Trains with their slots among those at the same part of the same track."""
    there: dict[tuple[str, str], int] = {}
    for train in trains:
        there[train.track, train.where] = there.get((train.track, train.where), 0) + 1
    counted: dict[tuple[str, str], int] = {}
    for train in trains:
        place = (train.track, train.where)
        slot = counted.get(place, 0)
        counted[place] = slot + 1
        yield replace(train, slot=slot, slots=there[place])
