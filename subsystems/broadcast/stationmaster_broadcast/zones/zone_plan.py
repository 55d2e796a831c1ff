"""Which zones share loudspeakers, and which are called by one name. Pure data.

A platform's zone and the whole hall's may be wired to the same loudspeakers: two announcements at once there are none.
So zones that overlap never sound at once, unless it is one and the same announcement in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ZonePlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePlan:
    """`overlaps` are sets of zones each two of which share loudspeakers; `groups` are names for several zones."""

    overlaps: tuple[frozenset[str], ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def reach(self, zone: str) -> frozenset[str]:
        """The zone, and every zone that is heard where it is heard."""
        return frozenset({zone}).union(*(shared for shared in self.overlaps if zone in shared))

    def reach_of(self, zones: Iterable[str]) -> frozenset[str]:
        """The same of several zones."""
        return frozenset().union(*(self.reach(zone) for zone in zones))

    def members(self, names: Iterable[str]) -> tuple[str, ...]:
        """The zones meant by names of zones and of groups, each once, in the order in which they are named."""
        groups = dict(self.groups)
        return tuple(dict.fromkeys(zone for name in names for zone in groups.get(name, (name,))))

    def named(self) -> frozenset[str]:
        """Every zone that is named here."""
        return frozenset().union(*self.overlaps, *(members for _, members in self.groups))
