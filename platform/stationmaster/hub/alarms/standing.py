"""A sign that is watched, and what is asked of whoever finds what standing alarms have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from stationmaster.hub.alarms.record import Record
from stationmaster.hub.alarms.sign import Sign
from stationmaster_base.times import Instant

__all__ = ["Grouping", "Standing"]


@dataclass(slots=True)
class Standing:
    """A sign that is watched; a standing alarm once it has a record.

    Machine seconds: when it came first, when it was last not known to be over, when it was last seen, and until when it
    is held without being seen. `suppressed`: nobody can tell whether it still holds. `missed`: it was not seen at the
    last look, and somebody could have told.
    """

    sign: Sign
    since: Instant
    first_s: float
    last_s: float
    seen_s: float
    hold_s: float = 0.0
    record: Record | None = None
    suppressed: bool = False
    missed: bool = False


class Grouping(Protocol):
    """Finds what standing alarms have in common."""

    def signs(self, seen: Iterable[Sign]) -> Iterable[Sign]:
        """Signs of common causes of what is seen now."""

    def heads(self, standing: Iterable[Standing]) -> Mapping[str, str]:
        """Which alarm is a part of which, by key; no head is itself a part."""
