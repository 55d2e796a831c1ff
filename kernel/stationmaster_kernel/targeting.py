"""Where a rule's tasks go: the boards, zones and lights of its types that serve a call, and the posts that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Configuration, Place, PlaceKind, Zone
from stationmaster_kernel.rules import Rule
from stationmaster_kernel.values import TaskKind

__all__ = ["Targets", "Whereabouts", "serves", "whereabouts"]

REMEMBERED = 4096
"""Answers that are kept: calls at one platform ask for the same ones again and again."""

Device = Board | Zone | Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The places that a call uses, as boards, zones and lights are matched against them."""

    platforms: tuple[str, ...]
    gates: tuple[str, ...]
    areas: tuple[str, ...]
    exits: tuple[str, ...]


class Targets:
    """A configuration's devices, found by rule and whereabouts."""

    def __init__(self, configuration: Configuration) -> None:
        lights = [place for place in configuration.places if place.kind is PlaceKind.LIGHT and place.type]
        devices: dict[TaskKind, Sequence[Device]] = {
            TaskKind.DISPLAY: configuration.boards,
            TaskKind.ANNOUNCEMENT: configuration.zones,
            TaskKind.LIGHTING: lights,
        }
        self._found = lru_cache(maxsize=REMEMBERED)(
            lambda kind, types, where: tuple(
                device.id for device in devices[kind] if device.type in types and serves(device, where)
            )
        )
        self._order = {device.id: number for number, device in enumerate(configuration.zones)}
        self._known = {
            TaskKind.ANNOUNCEMENT: frozenset(self._order),
            TaskKind.NOTICE: frozenset(place.id for place in configuration.places if place.kind is PlaceKind.POST),
        }

    def of(self, rule: Rule, where: Whereabouts) -> tuple[str, ...]:
        """The ids of what the rule targets for a call at `where`, in the folder's order."""
        match rule.does:
            case TaskKind.NOTICE:
                return rule.posts
            case TaskKind.DISPLAY:
                return self._found(rule.does, rule.boards, where)
            case TaskKind.LIGHTING:
                return self._found(rule.does, rule.lights, where)
            case _:
                return self._found(TaskKind.ANNOUNCEMENT, rule.zones, where)

    def of_all(self, rule: Rule, places: Sequence[Whereabouts]) -> tuple[str, ...]:
        """What an announcement or a notice targets at any of the places, each once."""
        both = {target for where in places for target in self.of(rule, where)}
        if rule.does is TaskKind.NOTICE:
            return rule.posts
        return tuple(sorted(both, key=self._order.__getitem__))

    def of_old(self, rule: Rule, where: Whereabouts, before: Sequence[Whereabouts]) -> tuple[str, ...]:
        """What the rule targets for a call that was to be at `before` and is at `where`, without what serves it now."""
        now = self.of(rule, where)
        found = dict.fromkeys(target for old in before for target in self.of(rule, old))
        return tuple(target for target in found if target not in now)

    def knows(self, kind: TaskKind, target: str) -> bool:
        """Whether the station has a zone (for an announcement) or a post (for a notice) of this id."""
        return target in self._known.get(kind, ())


def whereabouts(call: Call) -> Whereabouts:
    """The places that the call uses now."""
    return Whereabouts(
        platforms=(call.platform,) if call.platform else (), gates=call.gates, areas=call.areas, exits=call.exits
    )


def serves(device: Device, where: Whereabouts) -> bool:
    """Whether each non-empty list of the device shares a place with `where`."""
    return (
        _meets(device.platforms, where.platforms)
        and _meets(device.gates, where.gates)
        and _meets(device.areas, where.areas)
        and _meets(device.exits, where.exits)
    )


def _meets(served: tuple[str, ...], used: tuple[str, ...]) -> bool:
    return not served or any(place in used for place in served)
