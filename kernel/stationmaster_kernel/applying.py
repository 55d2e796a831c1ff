"""Deeds done to one call: what each changes, where that is written down, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.call import Call, Event, Provenance
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.deeds import (
    Actual,
    CallDeed,
    Delay,
    Expect,
    Lock,
    Replan,
    SetCheckIn,
    SetFormation,
    SetPlaces,
    SetRunning,
    SetTrack,
    SetTurnaround,
    Unknown,
)
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.values import CallKind, EventName, Running, Source

__all__ = [
    "AHEAD_AT_MOST",
    "APART_AT_MOST",
    "FIELDS",
    "Setting",
    "apply_deed",
    "field_of",
    "is_locked",
    "unlocked",
    "with_provenance",
]

AHEAD_AT_MOST = 5 * MINUTE
"""How far an actual time may lie in the future: clocks differ."""

APART_AT_MOST = 48 * 60 * MINUTE
"""How far an expected or actual time may lie from the plan."""

LONGEST_DELAY = 48 * 60
"""Minutes."""

EVENT_FIELDS = ("planned", "expected", "unknown", "actual")

FIELDS = (
    *(f"{event}.{field}" for event in EventName for field in EVENT_FIELDS),
    *("track", "gates", "areas", "exits", "check_in", "formation", "running", "turnaround"),
)
"""Every field of a call that can be set, locked and proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Who sets something, and when; `locked` and `until` are what becomes of the field's lock."""

    source: Source
    at: Instant
    by: str = ""
    locked: bool = False
    until: Instant | None = None


def field_of(deed: CallDeed) -> str:
    """The field that a deed is about."""
    match deed:
        case Replan():
            return f"{deed.event}.planned"
        case Expect() | Delay():
            return f"{deed.event}.expected"
        case Unknown():
            return f"{deed.event}.unknown"
        case Actual():
            return f"{deed.event}.actual"
        case Lock():
            return deed.field
        case SetPlaces():
            return next((name for name in ("gates", "areas", "exits") if getattr(deed, name) is not None), "gates")
        case _:
            return deed.TAG


def is_locked(call: Call, field: str, now: Instant) -> bool:
    """Whether what a feed says of a field has to wait; what is expected and whether it is known have one lock."""
    event, _, name = field.partition(".")
    fields = (f"{event}.expected", f"{event}.unknown") if name in ("expected", "unknown") else (field,)
    return any(
        item.locked and (item.until is None or now < item.until) for item in call.provenance if item.field in fields
    )


def unlocked(call: Call, *fields: str) -> Call:
    """The call without the locks of these fields; where their values came from stays."""
    if not any(item.locked and item.field in fields for item in call.provenance):
        return call
    return replace(
        call,
        provenance=tuple(
            replace(item, locked=False, until=None) if item.field in fields else item for item in call.provenance
        ),
    )


def apply_deed(call: Call, deed: CallDeed, setting: Setting, station: ReadyStation) -> Call:
    """The call after the deed.

    Raises:
        Refused: the deed cannot be; its message says why and what is allowed.

    """
    return _APPLY[type(deed)](call, deed, setting, station)


def _replan(call: Call, deed: Replan, setting: Setting, _: ReadyStation) -> Call:
    event = _event(call, deed.event)
    return _written(_with_event(call, deed.event, replace(event, planned=deed.at)), field_of(deed), setting)


def _expect(call: Call, deed: Expect, setting: Setting, _: ReadyStation) -> Call:
    event = _event(call, deed.event)
    _check_near(call, event, "expected", deed.at)
    if not deed.check_in:
        call = _with_check_in_kept(call)
    # A person who names a time knows it again; the dispatchers say in a field of its own whether they do.
    unknown = event.unknown and (setting.source is Source.STAGE_PLAN or deed.at is None)
    call = _with_event(call, deed.event, replace(event, expected=deed.at, unknown=unknown))
    return _written(call, field_of(deed), setting)


def _delay(call: Call, deed: Delay, setting: Setting, station: ReadyStation) -> Call:
    event = _event(call, deed.event)
    if abs(deed.minutes) > LONGEST_DELAY:
        raise _refused(call, f"a delay of {deed.minutes} minutes", f"−{LONGEST_DELAY} to {LONGEST_DELAY}")
    start = event.planned if not deed.cumulative else event.best or event.expected or event.planned
    expect = Expect(
        call=call.id,
        event=deed.event,
        at=Instant(start + deed.minutes * MINUTE),
        check_in=deed.check_in,
    )
    return _expect(call, expect, setting, station)


def _unknown(call: Call, deed: Unknown, setting: Setting, _: ReadyStation) -> Call:
    event = _event(call, deed.event)
    return _written(_with_event(call, deed.event, replace(event, unknown=deed.unknown)), field_of(deed), setting)


def _actual(call: Call, deed: Actual, setting: Setting, _: ReadyStation) -> Call:
    event = _event(call, deed.event)
    _check_near(call, event, "actual", deed.at)
    if deed.at is not None:
        if deed.at > setting.at + AHEAD_AT_MOST:
            raise _refused(call, f"an actual {deed.event} at {to_iso(deed.at)}", "a time that is not in the future")
        if call.running is Running.SUSPENDED:
            raise _refused(call, "an actual time of a suspended train", "restore it first")
    call = _with_event(call, deed.event, replace(event, actual=deed.at))
    arrived, left = (None if each is None else each.actual for each in (call.arrival, call.departure))
    if arrived is not None and left is not None and left < arrived:
        raise _refused(call, "a departure before the arrival", f"a departure from {to_iso(arrived)} on")
    if deed.at is not None:  # what was expected has been overtaken, and nobody needs to defend it
        call = unlocked(call, f"{deed.event}.expected", f"{deed.event}.unknown")
    return _written(call, field_of(deed), setting)


def _track(call: Call, deed: SetTrack, setting: Setting, station: ReadyStation) -> Call:
    if deed.track not in station.tracks:
        raise _refused(call, f"track {deed.track!r}", ", ".join(station.tracks))
    platform = station.platform_of(deed.track)
    if not platform and call.kind is not CallKind.PASSING and setting.source is Source.OPERATOR:
        faced = ", ".join(item for item, place in station.tracks.items() if place.platform)
        raise _refused(call, f"track {deed.track}, which has no platform, for a train that stops", faced)
    changed = _written(replace(call, track=deed.track, platform=platform), "track", setting)
    if platform == call.platform:
        return changed
    where = station.places_of(platform)
    follow: Any = {
        name: getattr(where, name) for name in ("gates", "areas", "exits") if not is_locked(call, name, setting.at)
    }
    return replace(changed, **follow)


def _places(call: Call, deed: SetPlaces, setting: Setting, station: ReadyStation) -> Call:
    for name, kind in (("gates", PlaceKind.GATE), ("areas", PlaceKind.AREA), ("exits", PlaceKind.EXIT)):
        wanted: tuple[str, ...] | None = getattr(deed, name)
        if wanted is None:
            continue
        known = [place for of, place in station.words if of is kind]
        for item in wanted:
            if item not in known:
                raise _refused(call, f"{kind} {item!r}", ", ".join(known))
        given: Any = {name: wanted}
        call = _written(replace(call, **given), name, setting)
    return call


def _check_in(call: Call, deed: SetCheckIn, setting: Setting, _: ReadyStation) -> Call:
    _event(call, EventName.DEPARTURE)
    if deed.opens is not None and deed.closes is not None and deed.opens >= deed.closes:
        raise _refused(call, "check-in that closes before it opens", f"a time after {to_iso(deed.opens)}")
    return _written(replace(call, hand_open=deed.opens, hand_close=deed.closes), "check_in", setting)


def _formation(call: Call, deed: SetFormation, setting: Setting, _: ReadyStation) -> Call:
    return _written(replace(call, formation=deed.formation), "formation", setting)


def _running(call: Call, deed: SetRunning, setting: Setting, _: ReadyStation) -> Call:
    left = call.departure or call.arrival
    if deed.running is Running.SUSPENDED and left is not None and left.actual is not None:
        raise _refused(call, "suspending a train that has been here", "take the report back first")
    same = call.running is deed.running
    changed = replace(call, running=deed.running, reason=deed.reason)
    before = call.origin_of("running")
    if same and before is not None:  # a new reason does not make it happen again
        setting = replace(setting, at=before.at)
    return changed if same and not setting.locked else _written(changed, "running", setting)


def _turnaround(call: Call, deed: SetTurnaround, setting: Setting, _: ReadyStation) -> Call:
    if call.kind is not CallKind.TERMINUS:
        raise _refused(call, f"a turnaround of a call of kind {call.kind}", "a terminus call")
    return _written(replace(call, turnaround=deed.number), "turnaround", setting)


def _lock(call: Call, deed: Lock, setting: Setting, _: ReadyStation) -> Call:
    if deed.field not in FIELDS:
        raise _refused(call, f"field {deed.field!r}", ", ".join(FIELDS))
    if not deed.locked:
        return unlocked(call, deed.field)
    before = call.origin_of(deed.field)
    origin = before or Provenance(field=deed.field, source=Source.TIMETABLE, at=setting.at)
    return with_provenance(call, replace(origin, locked=True, until=deed.until, by=setting.by))


_APPLY: dict[type, Callable[[Call, Any, Setting, ReadyStation], Call]] = {
    Replan: _replan,
    Expect: _expect,
    Delay: _delay,
    Unknown: _unknown,
    Actual: _actual,
    SetTrack: _track,
    SetPlaces: _places,
    SetCheckIn: _check_in,
    SetFormation: _formation,
    SetRunning: _running,
    SetTurnaround: _turnaround,
    Lock: _lock,
}


def _event(call: Call, name: EventName) -> Event:
    event = call.event(name)
    if event is None:
        raise _refused(call, f"the {name} of a call of kind {call.kind}", "an event that the call has")
    return event


def _with_event(call: Call, name: EventName, event: Event) -> Call:
    return replace(call, arrival=event) if name is EventName.ARRIVAL else replace(call, departure=event)


def _with_check_in_kept(call: Call) -> Call:
    if call.check_in_open is None or call.check_in_close is None:
        return call
    return replace(call, hand_open=call.check_in_open, hand_close=call.check_in_close)


def _check_near(call: Call, event: Event, what: str, at: Instant | None) -> None:
    if at is not None and abs(at - event.planned) > APART_AT_MOST:
        raise _refused(call, f"an {what} time of {to_iso(at)}", f"at most 48 hours from {to_iso(event.planned)}")


def _written(call: Call, field: str, setting: Setting) -> Call:
    return with_provenance(
        call,
        Provenance(
            field=field,
            source=setting.source,
            at=setting.at,
            by=setting.by,
            locked=setting.locked,
            until=setting.until if setting.locked else None,
        ),
    )


def with_provenance(call: Call, origin: Provenance) -> Call:
    """The call with where one of its fields came from; the others stay."""
    others = (item for item in call.provenance if item.field != origin.field)
    return replace(call, provenance=tuple(sorted((*others, origin), key=lambda item: item.field)))


def _refused(call: Call, what: str, allowed: str) -> Refused:
    return Refused("deed-impossible", f"{call.id}: {what} cannot be.", f"Allowed: {allowed}.")
