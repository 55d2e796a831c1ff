"""Whose turn it is: what begins at this moment in which zone, and what is cut for it. Pure: no clock, no sound.

The rules stand as a table in `docs/announcing.md`. All zones are looked at together, because they may share
loudspeakers: candidates are taken in their order over the whole station, and one that has to wait keeps the zones
that it needs, so that nothing lower begins there and makes it wait longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stationmaster_broadcast.zones.classes import AnnouncementClass, class_of
from stationmaster_broadcast.zones.queue import Waiting, may_interrupt
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from stationmaster_broadcast.zones.zone_state import Cut, ZoneState

__all__ = ["Look", "Turn", "joining", "look", "sound_of"]

Item = Waiting | Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What begins in a zone, or goes on there, after what plays in the zones `cuts` has been cut."""

    zone: str
    item: Item
    cuts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to do at a moment.

    `turn` comes first, if there is one. `wanted` would come now if its sound were there. `waits_until` is the earliest
    moment at which the gap after an announcement is over for something that waits for nothing else.
    """

    turn: Turn | None = None
    wanted: tuple[Waiting, ...] = ()
    waits_until: float | None = None


def look(
    zones: Mapping[str, ZoneState],
    plan: ZonePlan,
    classes: Sequence[AnnouncementClass],
    now: float,
    *,
    ready: Callable[[Waiting], bool],
    held: bool = False,
) -> Look:
    """The next thing to do.

    Args:
        zones: every zone by its id.
        plan: which of them overlap.
        classes: highest first.
        now: station time.
        ready: whether a sound can be had without waiting.
        held: whether the whole station is held.

    """
    firsts = {
        name: item
        for name, zone in zones.items()
        if (item := zone.first()) is not None
        and not _is_seized(zones, plan, name, item)
        and (_is_urgent(item, classes) or not (held or zone.held))
    }
    kept: set[str] = set()  # zones that a higher one waits for
    wanted: list[Waiting] = []
    gaps: list[float] = []
    for name, item in sorted(firsts.items(), key=lambda first: (first[1].place, first[0])):
        parts = _parts(firsts, plan, name)
        reach = plan.reach_of(parts)
        if kept & parts:
            kept |= reach
            continue
        obstacles = {part: _obstacles(zones, plan, part, item, now) for part in parts}
        urgent = _is_urgent(item, classes)
        gap = max(zones[part].free_at for part in parts)
        if not all(
            may_interrupt(item.work, playing.work, classes)
            for near in obstacles.values()
            for other in near
            if (playing := zones[other].playing)
        ):
            kept |= reach
        elif now < gap and not urgent:
            kept |= reach
            gaps.append(gap)
        elif isinstance(item, Waiting) and not ready(item):
            kept |= reach
            wanted.append(item)
        else:
            return Look(turn=Turn(zone=name, item=item, cuts=obstacles[name]), wanted=tuple(wanted))
    return Look(wanted=tuple(wanted), waits_until=min(gaps, default=None))


def joining(
    zones: Mapping[str, ZoneState], plan: ZonePlan, turn: Turn, now: float, *, held: bool = False
) -> list[Turn]:
    """What is said in one with a turn that has just been taken, in zones that overlap with its zone.

    While it plays they could say nothing else, so whoever waits there with the same words need not wait for them to be
    said again.
    """
    if isinstance(turn.item, Cut):
        return []
    found: list[Turn] = []
    for name in sorted(plan.reach(turn.zone) - {turn.zone}):
        zone = zones.get(name)
        if zone is None or zone.playing is not None or held or zone.held or now < zone.free_at:
            continue
        same = zone.queue.with_sound(turn.item.recipe.key)
        if same and not _is_seized(zones, plan, name, same[0]) and not _obstacles(zones, plan, name, same[0], now):
            found.append(Turn(zone=name, item=same[0], cuts=()))
    return found


def sound_of(item: Item) -> tuple[str, float]:
    """Which sound it is, and from which second of it on."""
    return (item.playing.key, item.from_s) if isinstance(item, Cut) else (item.recipe.key, 0.0)


def _is_seized(zones: Mapping[str, ZoneState], plan: ZonePlan, name: str, item: Item) -> bool:
    """Whether somebody has the zone, or one that is heard there, for himself, and need not yield it to this."""
    return any(
        seizure.priority <= item.work.task.priority
        for other in plan.reach(name)
        if other in zones
        for seizure in zones[other].seized.values()
    )


def _is_urgent(item: Item, classes: Sequence[AnnouncementClass]) -> bool:
    """Whether neither a hold nor a gap keeps it back: the highest class."""
    return class_of(item.work.task.priority, classes) is classes[0]


def _parts(firsts: Mapping[str, Item], plan: ZonePlan, name: str) -> set[str]:
    """The zones in which the same announcement comes next and that hang together by overlaps: it begins in all at once.

    Otherwise people between two of them would hear it twice. What was cut at different places does not hang together.
    """
    parts, new = {name}, {name}
    place, sound = firsts[name].place, sound_of(firsts[name])
    while new:
        near = plan.reach_of(new) - parts
        new = {
            other
            for other in near
            if other in firsts and firsts[other].place == place and sound_of(firsts[other]) == sound
        }
        parts |= new
    return parts


def _obstacles(zones: Mapping[str, ZoneState], plan: ZonePlan, zone: str, item: Item, now: float) -> tuple[str, ...]:
    """The zones that sound where this zone is heard, with something else.

    What has begun at this very moment in an overlapping zone with the same sound is nothing else.
    """
    key, from_s = sound_of(item)
    return tuple(
        name
        for name in sorted(plan.reach(zone))
        if name in zones
        and (playing := zones[name].playing) is not None
        and (name == zone or (playing.key, playing.from_s, playing.began) != (key, from_s, now))
    )
