"""Night volume: how much softer than usual a zone is at a time of day. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stationmaster_base.configuration import Table
from stationmaster_base.times import Instant, local_hhmm
from stationmaster_kernel.configuration import Zone

__all__ = ["Softer", "gain_db", "read_softer"]

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

SOFTEST = -40.0
"""Decibels: what is softer than this is not heard in a station, and a mistake."""

LOUDEST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Softer:
    """From `start` to `end` (local HH:MM; over midnight if `end` is not later) zones are `gain_db` louder than usual.

    It is for zones of these types and for these zones; for all where none are named.
    """

    start: str
    end: str
    gain_db: float
    types: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    def holds(self, clock: str) -> bool:
        """Whether it is in force at this HH:MM."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def is_for(self, zone: str, type_: str) -> bool:
        """Whether it is for this zone."""
        return not (self.types or self.zones) or zone in self.zones or type_ in self.types


def gain_db(softer: Sequence[Softer], zone: str, zones: Sequence[Zone], now: Instant, local: ZoneInfo) -> float:
    """Decibels by which `zone` is louder than usual at `now`: the softest of what holds, 0 where nothing does."""
    if not softer:
        return 0.0
    type_ = next((each.type for each in zones if each.id == zone), "")
    clock = local_hhmm(now, local)
    return min((each.gain_db for each in softer if each.holds(clock) and each.is_for(zone, type_)), default=0.0)


def read_softer(table: Table) -> tuple[Softer, ...]:
    """The `[[volume]]` tables of `table`; faults go to the table's."""
    found = []
    for body in table.tables("volume"):
        made = Softer(
            start=_clock(body, "from"),
            end=_clock(body, "until"),
            gain_db=body.number("gain_db", low=SOFTEST, high=LOUDEST),
            types=body.texts("types"),
            zones=body.texts("zones"),
        )
        body.finish()
        found.append(made)
    return tuple(found)


def _clock(body: Table, key: str) -> str:
    text = body.text(key)
    if text and not _CLOCK.fullmatch(text):
        body.fault(key, f"{text!r} is no time of day", "HH:MM")
    return text
