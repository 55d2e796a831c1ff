"""From when until when a train is on the track plan, and on which side it comes and goes: a pure function of its call.

A report moves a train in and out, as everywhere: time alone never makes it arrive or leave. So until its arrival is
reported it waits before the platform, and until its departure is reported it stands. Where nobody reports (the feed is
not fresh) times are believed, and the train is marked as unconfirmed. A train of which nothing more is heard is taken
off the plan after as long as the kernel believes in it (`STAYS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster.station.directions import Directions, Side
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import Clearance
from stationmaster_kernel.occupation import STAYS
from stationmaster_kernel.times import moved
from stationmaster_kernel.values import CallKind, Running

__all__ = ["Sojourn", "Stage", "sojourn_of"]


class Stage(StrEnum):
    """What a train on the plan does."""

    COMING = "coming"
    STANDING = "standing"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sojourn:
    """A train on its track: coming in from `comes` on, there from `stands`, leaving from `leaves`, away from `gone` on.

    `stands` and `leaves` are None while nobody can say: it is held where it is. `due` is when it is to be there. A
    train without `comes` appears where it stands, as one whose set came under another number. `reported` are the
    moments that are no more to come, whatever the clock: reports are of whole minutes, and so may be ahead of it.
    """

    track: str
    comes: Instant | None
    due: Instant
    stands: Instant | None
    leaves: Instant | None
    gone: Instant
    comes_from: Side
    goes_to: Side
    reported: tuple[Instant, ...] = ()

    def stage_at(self, now: float) -> Stage | None:
        """What it does at a station time; None if it is not on the plan then."""
        first = self.comes if self.comes is not None else self.stands
        if first is None or not first <= now < self.gone:
            return None
        if self.leaves is not None and now >= self._known_from(self.leaves):
            return Stage.LEAVING
        if self.stands is not None and now >= self._known_from(self.stands):
            return Stage.STANDING
        return Stage.COMING

    def _known_from(self, moment: Instant) -> Instant:
        return moved(moment, -1) if moment in self.reported else moment

    def motion_at(self, now: float) -> tuple[Instant, Instant] | None:
        """From when until when it moves as it does at a station time; None while it stands."""
        match self.stage_at(now):
            case Stage.COMING if self.comes is not None:
                return self.comes, Instant(max(self.due, self.comes))
            case Stage.LEAVING if self.leaves is not None:
                return self.leaves, self.gone
            case _:
                return None

    def next_after(self, now: float) -> Instant | None:
        """The next station time at which it does something else; None if there is none."""
        moments = (self.comes, self.stands, self.leaves, self.gone, *(moved(each, -1) for each in self.reported))
        return min((each for each in moments if each is not None and each > now), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """What holds for all trains of a station."""

    directions: Directions
    clearance: Clearance

    def before(self, instant: Instant) -> Instant:
        return moved(instant, -self.directions.approach)

    def away(self, instant: Instant) -> Instant:
        return moved(instant, self.directions.leave)


def sojourn_of(
    call: Call, directions: Directions, clearance: Clearance, *, leaves_as: Call | None, came_as: Call | None
) -> Sojourn | None:
    """Where and when the call's train is on the plan; None if it is not.

    Args:
        call: with its times settled.
        directions: which way trains go here.
        clearance: what a train needs of its track.
        leaves_as: the call that leaves with its set from the same track, for a terminus call that has one.
        came_as: the call that brought its set to the same track, for an origin call that has one.

    """
    if not call.track:
        return None
    ways = _Ways(directions=directions, clearance=clearance)
    if call.running is Running.SUSPENDED and not _stood(call):
        return None
    match call.kind:
        case CallKind.PASSING:
            return _passing(call, ways)
        case CallKind.ORIGIN:
            return _origin(call, ways, came_as)
        case CallKind.TERMINUS:
            return _terminus(call, ways, leaves_as)
        case CallKind.THROUGH:
            return _through(call, ways)


def _passing(call: Call, ways: _Ways) -> Sojourn | None:
    """It does not stop. One that is overdue is by long since, or nobody knows when it comes."""
    event = call.arrival if call.arrival is not None and call.arrival.actual is not None else call.departure
    event = event or call.arrival
    if event is None or event.best is None:
        return None
    due = _due(event)
    passed = event.actual if event.actual is not None else due if event.overdue else None
    return _made(call, ways, due=passed or event.best, stands=passed, leaves=passed, limit=moved(due, STAYS))


def _through(call: Call, ways: _Ways) -> Sojourn | None:
    if call.arrival is None or call.arrival.best is None:
        return None
    due = _come(call.arrival)
    stands = _arrived(call)
    leaves, limit = _left(call)
    if stands is None:
        limit = moved(due, STAYS)
    return _made(call, ways, due=due, stands=stands, leaves=leaves, limit=limit)


def _origin(call: Call, ways: _Ways, came_as: Call | None) -> Sojourn | None:
    """It is set at its track some time before it leaves, or its set is there already under another number."""
    event = call.departure
    if event is None:
        return None
    leaves, limit = _left(call)
    base = _due(event) if event.overdue or event.best is None else event.best
    begins = moved(base, -ways.clearance.origin_before)
    if came_as is not None:
        there = _arrived(came_as)
        if there is None and leaves is None:
            return None
        begins = begins if there is None else Instant(max(begins, there))
    if leaves is not None:
        begins = Instant(min(begins, leaves))
    appears = came_as is not None
    depot = ways.directions.depot
    return _made(call, ways, due=begins, stands=begins, leaves=leaves, limit=limit, comes_from=depot, appears=appears)


def _terminus(call: Call, ways: _Ways, leaves_as: Call | None) -> Sojourn | None:
    """Until it has been drawn off, or until its set leaves from here under another number."""
    if call.arrival is None or call.arrival.best is None:
        return None
    due, stands = _come(call.arrival), _arrived(call)
    if stands is None:
        return _made(call, ways, due=due, stands=None, leaves=None, limit=moved(due, STAYS))
    drawn_off = moved(stands, ways.clearance.terminus_after)
    if leaves_as is None or leaves_as.departure is None or leaves_as.running is Running.SUSPENDED:
        return _made(call, ways, due=due, stands=stands, leaves=drawn_off, limit=drawn_off)
    event = leaves_as.departure
    begins = moved(_due(event) if event.best is None else event.best, -ways.clearance.origin_before)
    ends = Instant(max(drawn_off, min(begins, moved(stands, STAYS))))
    if event.actual is not None:
        ends = Instant(min(ends, event.actual))
    return _made(call, ways, due=due, stands=stands, leaves=None, limit=Instant(max(ends, stands)))


def _made(
    call: Call,
    ways: _Ways,
    *,
    due: Instant,
    stands: Instant | None,
    leaves: Instant | None,
    limit: Instant,
    comes_from: Side | None = None,
    appears: bool = False,
) -> Sojourn:
    numbers = call.numbers or (call.number,)
    directions = ways.directions
    goes_to = directions.depot if call.kind is CallKind.TERMINUS else directions.goes_to(call.destination, numbers[-1])
    if stands is not None and leaves is not None:
        stands = Instant(min(stands, leaves))
    return Sojourn(
        track=call.track,
        comes=None if appears else ways.before(due if stands is None else Instant(min(due, stands))),
        due=due,
        stands=stands,
        leaves=leaves,
        gone=limit if leaves is None else ways.away(leaves),
        comes_from=comes_from or directions.comes_from(call.origin, numbers[0]),
        goes_to=goes_to,
        reported=tuple(
            event.actual
            for event in (call.arrival, call.departure)
            if event is not None and event.actual is not None and event.actual in (stands, leaves)
        ),
    )


def _arrived(call: Call) -> Instant | None:
    """When it has come to stand; None while nobody says so."""
    event = call.arrival
    if event is None:
        return None
    if event.actual is not None or (call.departure is not None and call.departure.actual is not None):
        return event.best
    return _due(event) if event.overdue and call.unconfirmed else None


def _left(call: Call) -> tuple[Instant | None, Instant]:
    """When it has left, None while nobody says so; and when it is no longer believed to be here."""
    event = call.departure
    if event is None:
        raise ValueError(f"call {call.id} does not depart")
    due = _due(event)
    came = call.arrival.best if call.arrival is not None else None
    if event.actual is not None:
        return event.actual, event.actual
    if event.overdue and call.unconfirmed:
        left = Instant(max(due, came)) if came is not None else due
        return left, left
    last = max(due, event.best) if event.best is not None and not event.overdue else due
    return None, moved(Instant(max(last, came)) if came is not None else Instant(last), STAYS)


def _come(event: Event) -> Instant:
    """When it came or is to come; that an overdue train's time creeps with the clock does not count."""
    if event.actual is not None or event.best is None or not event.overdue:
        return event.best if event.best is not None else _due(event)
    return _due(event)


def _due(event: Event) -> Instant:
    return event.planned if event.expected is None else event.expected


def _stood(call: Call) -> bool:
    """Whether the train has come, though it goes no further."""
    gone = call.departure is not None and call.departure.actual is not None
    return call.arrival is not None and call.arrival.actual is not None and not gone
