"""`plan.toml`: from which side trains come in on the track plan, and for how long they are seen coming and going.

All of it may be left out. A named station decides first, then whether the train's number is odd or even (下行, 上行),
and last where sets that begin or end here come from and are drawn off to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stationmaster_base.configuration import Faults, Table, read_toml

__all__ = ["DIRECTIONS_FILE", "Directions", "Side", "read_directions"]

DIRECTIONS_FILE = "plan.toml"

LONGEST = 30
"""Minutes."""

_DIGITS = re.compile(r"\d+")


class Side(StrEnum):
    """An end of the station, as the track plan is drawn."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The end on the other side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """Which way trains go.

    `odd_from`: where trains with an odd number come from; those with an even one come from the other side.
    `depot`: where sets come from that begin here and are drawn off to that end here, and what nobody knows better.
    `stations`: the side on which a station lies, by its name as timetables write it.
    `approach` and `leave` are minutes before the arrival and after the departure.
    """

    odd_from: Side = Side.LEFT
    depot: Side = Side.LEFT
    stations: tuple[tuple[str, Side], ...] = field(default=())
    approach: int = 4
    leave: int = 2

    def comes_from(self, origin: str, number: str) -> Side:
        """The side on which a train with this number, from this station, comes in."""
        known = dict(self.stations).get(origin)
        if known is not None:
            return known
        odd = _is_odd(number)
        if odd is None:
            return self.depot
        return self.odd_from if odd else self.odd_from.other

    def goes_to(self, destination: str, number: str) -> Side:
        """The side on which a train with this number, to this station, goes out."""
        known = dict(self.stations).get(destination)
        if known is not None:
            return known
        odd = _is_odd(number)
        if odd is None:
            return self.depot.other
        return self.odd_from.other if odd else self.odd_from


def read_directions(folder: Path, faults: Faults) -> Directions:
    """`plan.toml` of a station's folder; what holds without one if there is none."""
    if not (folder / DIRECTIONS_FILE).exists():
        return Directions()
    table = read_toml(folder / DIRECTIONS_FILE, faults, DIRECTIONS_FILE)
    usual = Directions()
    sides = table.table("stations")
    found = Directions(
        odd_from=_side(table, "odd_from", usual.odd_from),
        depot=_side(table, "depot", usual.depot),
        stations=tuple((name, _side(sides, name, usual.depot)) for name in sides.keys()),  # noqa: SIM118 - no mapping
        approach=table.integer("approach", usual.approach, low=1, high=LONGEST),
        leave=table.integer("leave", usual.leave, low=1, high=LONGEST),
    )
    table.finish()
    return found


def _side(table: Table, key: str, usual: Side) -> Side:
    word = table.choice(key, tuple(Side), usual)
    return Side(word) if word in tuple(Side) else usual


def _is_odd(number: str) -> bool | None:
    digits = _DIGITS.findall(number)
    return None if not digits else int(digits[-1][-1]) % 2 == 1
