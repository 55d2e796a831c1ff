"""Whether the claims of two calls are in each other's way, and where and when."""

from __future__ import annotations

from collections.abc import Iterator

from stationmaster_base.times import Instant
from stationmaster_kernel.conflict import Conflict, ConflictKind, conflict_id
from stationmaster_kernel.occupation import Boarding, Claims

__all__ = ["conflicts_between", "on_one_track"]


def conflicts_between(one: Claims, other: Claims) -> Iterator[Conflict]:
    """Every conflict of two calls, without solution; it does not matter which of them is named first."""
    for found in (on_one_track(one, other), _at_the_gates(one, other)):
        if found is not None:
            yield found


def on_one_track(one: Claims, other: Claims) -> Conflict | None:
    """Two trains on one track at once, or too near each other; not so the arrival and the departure of one set."""
    if one.stay is None or other.stay is None or one.stay.track != other.stay.track:
        return None
    first, second = one.stay, other.stay
    at_once = first.begins < second.ends and second.begins < first.ends
    near = first.free_from < second.free_until and second.free_from < first.free_until
    if not (at_once or near) or one.partner == other.call or other.partner == one.call:
        return None
    if (second.begins, other.call) < (first.begins, one.call):
        one, other, first, second = other, one, second, first
    if one.there and other.there and (one.ends_here or not at_once):
        return None  # the later one could not have come if the other had not gone
    if at_once:
        return _conflict(ConflictKind.TRACK, one, other, (first.track, second.begins, min(first.ends, second.ends)))
    return _conflict(ConflictKind.CLEARANCE, one, other, (first.track, first.ends, second.begins))


def _at_the_gates(one: Claims, other: Claims) -> Conflict | None:
    """Two trains that are checked in at one gate, to different platforms or, where the station says so, to one."""
    first, second = one.boarding, other.boarding
    if first is None or second is None or first.opens >= second.closes or second.opens >= first.closes:
        return None
    opens, closes = Instant(max(first.opens, second.opens)), Instant(min(first.closes, second.closes))
    if first.platform != second.platform:
        gate = min(
            (item for item in first.gates if item in second.gates and not _may_share(item, first, second)), default=""
        )
        return _conflict(ConflictKind.GATE, one, other, (gate, opens, closes)) if gate else None
    if first.apart and any(item in second.own for item in first.own):
        return _conflict(ConflictKind.PLATFORM, one, other, (first.platform, opens, closes))
    return None


def _may_share(gate: str, first: Boarding, second: Boarding) -> bool:
    """A gate that the station itself gives to both platforms is meant for both, unless they must not board at once."""
    return gate in first.own and gate in second.own and not first.apart


def _conflict(kind: ConflictKind, one: Claims, other: Claims, where: tuple[str, Instant, Instant]) -> Conflict:
    place, begins, ends = where
    return Conflict(
        id=conflict_id(kind, one.call, other.call),
        kind=kind,
        calls=(min(one.call, other.call), max(one.call, other.call)),
        place=place,
        begins=begins,
        ends=ends,
        grave=kind is ConflictKind.TRACK,
    )
