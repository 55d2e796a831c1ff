"""The carousel: in what order everything comes round, so that whoever begins to listen now has it all in the end.

Three rounds go over the calls, each in order of day and planned time: those of the *near* hours, those of the next
*days*, and *all* of them. Which round is next follows from their shares of the line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from stationmaster_base.configuration import Table
from stationmaster_base.times import Instant
from stationmaster_telegram.records import LARGEST_COUNTER, CallRecord

__all__ = ["Carousel", "Shares"]

_HOUR_S = 3600
_DAY_S = 86_400
_NEAR_BEFORE_S = _HOUR_S
_CANDIDATES = 64
"""More calls than fit into one telegram."""

_Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How the line is shared out: `[gateway.carousel]`.

    Of the telegrams of the carousel `near`, `days` and `all` go, in this proportion, to the calls of the last hour and
    the next `near_hours`, to those up to `days_ahead` days ahead, and to all. A round without calls gives its share to
    the others. While there is so much news that it would fill the line, one telegram in `storm` is still the
    carousel's.
    """

    near: int = 4
    days: int = 2
    all: int = 1
    near_hours: int = 4
    days_ahead: int = 3
    storm: int = 8

    @classmethod
    def from_table(cls, table: Table) -> Shares:
        """Read the table. Faults are left in `table.faults`."""
        usual = cls()
        shares = cls(
            near=table.integer("near", usual.near, low=1, high=100),
            days=table.integer("days", usual.days, low=1, high=100),
            all=table.integer("all", usual.all, low=1, high=100),
            near_hours=table.integer("near_hours", usual.near_hours, low=1, high=24),
            days_ahead=table.integer("days_ahead", usual.days_ahead, low=1, high=60),
            storm=table.integer("storm", usual.storm, low=2, high=100),
        )
        table.finish()
        return shares


class Round:
    """Goes round and round over calls in order of day and planned time."""

    def __init__(self, share: int) -> None:
        self.share = share
        self.credit = 0
        self.runs: frozenset[int] = frozenset()
        self.passes = 0
        """How often it has come to its end."""
        self._keys: list[_Key] = []
        self._after: _Key | None = None

    def over(self, records: Iterable[CallRecord]) -> None:
        """Go on over these."""
        self._keys = sorted(_key(record) for record in records)
        self.runs = frozenset(run for _, _, run in self._keys)

    def ahead(self) -> list[int]:
        """The next runs, up to the end of the pass."""
        at = 0 if self._after is None else bisect_right(self._keys, self._after)
        if at >= len(self._keys):
            at = 0
        return [run for _, _, run in self._keys[at : at + _CANDIDATES]]

    def passed(self, record: CallRecord) -> None:
        """It was transmitted."""
        self._after = _key(record)
        if not self._keys or self._after >= self._keys[-1]:
            self._after = None
            self.passes = (self.passes + 1) % (LARGEST_COUNTER + 1)


class Carousel:
    """Which calls are next when there is no news."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self.near = Round(shares.near)
        self.days = Round(shares.days)
        self.all = Round(shares.all)

    def over(self, records: Iterable[CallRecord]) -> None:
        """Go on over these; `look` is to follow."""
        self.all.over(records)
        self.near.over(())
        self.days.over(())

    def look(self, records: Iterable[CallRecord], time: Instant | None) -> bool:
        """Find the calls of the near hours and of the next days anew, by the database's time; whether they differ."""
        near: list[CallRecord] = []
        days: list[CallRecord] = []
        if time is not None:
            hours_end, days_end = time + self._shares.near_hours * _HOUR_S, time + self._shares.days_ahead * _DAY_S
            for record in records:
                best = _best(record)
                if time - _NEAR_BEFORE_S <= best <= hours_end:
                    near.append(record)
                if time - _NEAR_BEFORE_S <= best <= days_end:
                    days.append(record)
        differ = False
        for around, found in ((self.near, near), (self.days, days)):
            if {record.run for record in found} != around.runs:
                around.over(found)
                differ = True
        return differ

    def next(self) -> Round:
        """The round whose turn it is: each gets its share, spread as evenly as can be. Without any calls, `all`."""
        rounds = [around for around in (self.near, self.days, self.all) if around.runs]
        if not rounds:
            return self.all
        for around in rounds:
            around.credit += around.share
        chosen = max(rounds, key=lambda around: around.credit)
        chosen.credit -= sum(around.share for around in rounds)
        return chosen


def _key(record: CallRecord) -> _Key:
    return (record.day.toordinal(), record.planned, record.run)


def _best(record: CallRecord) -> int:
    """When the call's last event is, as far as is known."""
    times = (record.actual_departure, record.expected_departure, record.planned_departure)
    arrivals = (record.actual_arrival, record.expected_arrival, record.planned_arrival)
    return next((time for time in (*times, *arrivals) if time is not None), record.planned)
