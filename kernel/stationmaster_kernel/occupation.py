"""What a call claims of the station: its track from when until when, and its gates for check-in.

Claims follow from the call, the station and the call that leaves with its set, and from nothing else, not from the
time of day either; so they can be compared, kept in an index and rebuilt. `docs/kernel.md`, "Conflicts".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import Clearance, StationFacts
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.times import moved
from stationmaster_kernel.values import CallKind, Running

__all__ = [
    "STAYS",
    "Boarding",
    "Claims",
    "Slot",
    "Stay",
    "claims_at",
    "claims_of",
    "slots_of",
    "track_slots",
    "waiting_slots",
]

STAYS = 120
"""Minutes for which a train of which nothing more is heard is believed to stand at its track, or to come yet."""

HOUR = 60 * MINUTE

Slot = tuple[str, int]
"""A place (`track.4`, `gate.2A`; empty: anywhere) and an hour (its first second ÷ 3600), to find claims by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A train on its track from `begins` up to but not including `ends`.

    Two stays are too near each other if the times from `free_from` to `free_until` of both overlap; what must lie
    between two trains is part of `free_until`.
    """

    track: str
    begins: Instant
    ends: Instant
    free_from: Instant
    free_until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Boarding:
    """Check-in at gates from `opens` up to but not including `closes`.

    `own` are those of the gates that the station itself gives to the platform. `apart`: trains that share such gates
    must not board at once.
    """

    platform: str
    gates: tuple[str, ...]
    own: tuple[str, ...]
    opens: Instant
    closes: Instant
    apart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a call claims.

    `there`: its arrival is reported; `ends_here`: it is a terminus call; `partner`: the call that leaves with its set.
    """

    call: str
    stay: Stay | None
    boarding: Boarding | None
    there: bool
    ends_here: bool
    partner: str


def claims_of(call: Call, station: ReadyStation, partner: Call | None) -> Claims | None:
    """What the call claims now; None if nothing.

    Args:
        call: with its times settled.
        station: the station.
        partner: the call that leaves with its set, for a terminus call that has one.

    """
    if call.running is Running.SUSPENDED or (call.departure is not None and call.departure.actual is not None):
        return None
    stay = _stay(call, station.facts, partner)
    boarding = _boarding(call, station)
    if stay is None and boarding is None:
        return None
    return Claims(
        call=call.id,
        stay=stay,
        boarding=boarding,
        there=call.arrival is not None and call.arrival.actual is not None,
        ends_here=call.kind is CallKind.TERMINUS,
        partner="" if partner is None else partner.id,
    )


def claims_at(
    call: Call, track: str, station: ReadyStation, partner: Call | None, known: Claims | None
) -> Claims | None:
    """What the call would claim of another track; None if nothing.

    Args:
        call: with its times settled.
        track: where it would be.
        station: the station.
        partner: the call that leaves with its set, for a terminus call that has one.
        known: what it claims now.

    """
    if partner is None:  # then the times do not depend on the track
        if known is None or known.stay is None:
            return None
        stay = known.stay
        return Claims(
            call=call.id,
            stay=Stay(
                track=track,
                begins=stay.begins,
                ends=stay.ends,
                free_from=stay.free_from,
                free_until=stay.free_until,
            ),
            boarding=None,
            there=known.there,
            ends_here=known.ends_here,
            partner="",
        )
    return claims_of(replace(call, track=track, platform=station.platform_of(track), gates=()), station, partner)


def slots_of(claims: Claims | None) -> tuple[Slot, ...]:
    """Under which places and hours claims are found: claims that meet have one in common."""
    if claims is None:
        return ()
    slots = [] if claims.stay is None else track_slots(claims.stay)
    boarding = claims.boarding
    if boarding is not None:
        hours = range(boarding.opens // HOUR, (boarding.closes - 1) // HOUR + 1)
        slots += [(f"gate.{gate}", hour) for gate in boarding.gates for hour in hours]
    return tuple(slots)


def track_slots(stay: Stay) -> list[Slot]:
    """The slots of a stay on its track."""
    return [(f"track.{stay.track}", hour) for hour in _hours(stay)]


def waiting_slots(claims: Iterable[Claims | None]) -> tuple[Slot, ...]:
    """The hours, anywhere, in which these calls could use another track."""
    stays = (item.stay for item in claims if item is not None and item.stay is not None)
    return tuple(sorted({("", hour) for stay in stays for hour in _hours(stay)}))


def _hours(stay: Stay) -> range:
    first, last = min(stay.begins, stay.free_from), max(stay.ends, stay.free_until)
    return range(first // HOUR, (last - 1) // HOUR + 1)


def _boarding(call: Call, station: ReadyStation) -> Boarding | None:
    opens, closes = call.check_in_open, call.check_in_close
    if opens is None or closes is None or opens >= closes or not call.gates or not call.platform:
        return None
    of_platform = station.places_of(call.platform).gates
    return Boarding(
        platform=call.platform,
        gates=call.gates,
        own=tuple(gate for gate in call.gates if gate in of_platform),
        opens=opens,
        closes=closes,
        apart=station.facts.boarding_apart,
    )


def _stay(call: Call, facts: StationFacts, partner: Call | None) -> Stay | None:
    if not call.track:
        return None
    clearance = facts.clearance
    match call.kind:
        case CallKind.PASSING:
            return _passing(call, clearance)
        case CallKind.ORIGIN:
            return _origin(call, clearance)
        case CallKind.TERMINUS:
            return _terminus(call, clearance, partner)
        case CallKind.THROUGH:
            return _through(call, facts)


def _passing(call: Call, clearance: Clearance) -> Stay | None:
    """The minute of its passing. One that is overdue is by long since, or nobody knows when it comes."""
    event = call.arrival or call.departure
    if event is None or event.actual is not None or event.best is None or event.overdue:
        return None
    return Stay(
        track=call.track,
        begins=event.best,
        ends=moved(event.best, 1),
        free_from=moved(event.best, -clearance.before_arrival),
        free_until=moved(event.best, clearance.after_departure + clearance.between),
    )


def _origin(call: Call, clearance: Clearance) -> Stay | None:
    """From `origin_before` on; of one whose delay is unknown only the plan says when it stands there."""
    event = call.departure
    if event is None:
        return None
    due = _due(event)
    ends = event.planned if event.best is None else event.best
    begins = moved(due if event.overdue else ends, -clearance.origin_before)
    ends = _not_for_ever(event, due, ends)
    return Stay(
        track=call.track,
        begins=begins,
        ends=_at_least_a_minute(begins, ends),
        free_from=begins,
        free_until=moved(ends, clearance.after_departure + clearance.between),
    )


def _terminus(call: Call, clearance: Clearance, partner: Call | None) -> Stay | None:
    """Until it has been drawn off, or, where its set leaves from the same track, until that is what stands there."""
    begins = _coming(call)
    if begins is None:
        return None
    ends = moved(begins, clearance.terminus_after)
    if partner is not None and partner.track == call.track and partner.running is not Running.SUSPENDED:
        if partner.departure is not None and partner.departure.actual is not None:
            return None
        next_stay = _origin(partner, clearance)
        if next_stay is not None and next_stay.begins <= moved(begins, STAYS):
            ends = max(ends, next_stay.begins)
    return Stay(
        track=call.track,
        begins=begins,
        ends=_at_least_a_minute(begins, ends),
        free_from=moved(begins, -clearance.before_arrival),
        free_until=moved(ends, clearance.between),
    )


def _through(call: Call, facts: StationFacts) -> Stay | None:
    """From arrival to departure.

    While its departure is unknown, one that stands here stays, and one to come is to leave as planned.
    """
    begins = _coming(call)
    if begins is None or call.departure is None:
        return None
    event = call.departure
    due = Instant(max(_due(event), moved(begins, facts.dwell_least)))
    if event.best is not None:
        ends = _not_for_ever(event, due, event.best)
    else:
        ends = Instant(max(event.planned, moved(begins, facts.dwell_least)))
        if call.arrival is not None and call.arrival.actual is not None:
            ends = moved(ends, STAYS)
    clearance = facts.clearance
    return Stay(
        track=call.track,
        begins=begins,
        ends=_at_least_a_minute(begins, ends),
        free_from=moved(begins, -clearance.before_arrival),
        free_until=moved(ends, clearance.after_departure + clearance.between),
    )


def _coming(call: Call) -> Instant | None:
    """When the train comes or came; None if nobody can say: it occupies nothing until somebody does."""
    event = call.arrival
    if event is None or event.best is None:
        return None
    if event.overdue and event.best > moved(_due(event), STAYS):
        return None
    return event.best


def _due(event: Event) -> Instant:
    """When the event was to be, by what was said of it; creeping does not count."""
    return event.planned if event.expected is None else event.expected


def _not_for_ever(event: Event, due: Instant, ends: Instant) -> Instant:
    """An overdue departure creeps with the clock; its train is not believed to stand here for ever."""
    return Instant(min(ends, moved(due, STAYS))) if event.overdue else ends


def _at_least_a_minute(begins: Instant, ends: Instant) -> Instant:
    return Instant(max(ends, moved(begins, 1)))
