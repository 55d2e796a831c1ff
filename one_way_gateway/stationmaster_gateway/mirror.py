"""The mirror: what the database says, as it is to be known at the far end, each call with its revision.

It knows no database, no port and no clock. A call that cannot be understood keeps the state in which it last could;
one that vanished gets a tombstone; and if suddenly many vanish, that is held back until it has been seen many times.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from heapq import nlargest

from stationmaster_base.times import Instant
from stationmaster_gateway.allow import Allow, Verdict
from stationmaster_gateway.rows import Meaning, RowFault, Rows, merge
from stationmaster_gateway.source import Reading
from stationmaster_telegram.frame import compress, payload_room
from stationmaster_telegram.records import CallRecord, Calls, Tombstone

__all__ = ["Mirror", "News"]

_SHRINK_SHARE = 0.2
_SHRINK_LEAST = 5
_SHRINK_READS = 20
"""More than a fifth of the calls (and more than five) gone at once is believed after so many whole reads."""

_LAST_REVISION = 2**32 - 1

_LATEST = 9
"""The database's time is the median of so many of the latest reports."""

_STONE_READS = 40
"""A tombstone is transmitted until so many whole reads later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one reading changed: runs whose state is new, runs that are gone, and faults seen for the first time."""

    changed: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    faults: Mapping[int, str]
    strays: tuple[str, ...] = ()
    mended: tuple[int, ...] = ()


class Mirror:
    """The state that is transmitted.

    Args:
        room: bytes that the payload of one telegram may have.
        allow: the trains that may be transmitted.
        meaning: what the database means by what it says.

    """

    def __init__(
        self, room: int = payload_room(), *, allow: Allow | None = None, meaning: Meaning | None = None
    ) -> None:
        self._room = room
        self._allow = Allow() if allow is None else allow
        self._meaning = Meaning() if meaning is None else meaning
        self._withheld: set[int] = set()
        self.calls: dict[int, CallRecord] = {}
        self.tombstones: dict[int, Tombstone] = {}
        self.faults: dict[int, str] = {}
        self.time: Instant | None = None
        self.loaded = False
        self.held = 0
        self._held_reads = 0
        self._strays: set[str] = set()
        self._whole_reads = 0
        self._buried: dict[int, int] = {}
        self._floor = 0

    @property
    def faulty(self) -> int:
        """How many runs, and rows without a run, cannot be understood now.

        This number is transmitted. So where only some trains may be, rows that may be anybody's are not counted.
        """
        return len(self.faults) + (0 if self._allow.limits else len(self._strays))

    @property
    def withheld(self) -> int:
        """How many runs are not transmitted because their trains may not be; nothing on the line tells of them."""
        return len(self._withheld)

    @property
    def strays(self) -> tuple[str, ...]:
        """Rows that belong to no run, with the reason."""
        return tuple(sorted(self._strays))

    def apply(self, reading: Reading) -> News:
        """Take in what one poll saw."""
        faults: dict[int, str] = {}
        changed: list[int] = []
        mended: list[int] = []
        hidden: list[int] = []
        for run, rows in reading.runs.items():
            if self._withhold(run, rows):
                if run in self.calls:
                    self._bury(run)
                    hidden.append(run)
                continue
            try:
                record = _fitting(merge(rows, self._meaning), self._room)
            except RowFault as fault:
                if self.faults.get(run) != str(fault):
                    faults[run] = self.faults[run] = str(fault)
                continue
            if self.faults.pop(run, None) is not None:
                mended.append(run)
            if self._put(record):
                changed.append(run)
        strays = tuple(stray for stray in reading.strays if stray not in self._strays)
        gone: tuple[int, ...] = ()
        if reading.whole:
            self._strays = set(reading.strays)
            self.faults = {run: fault for run, fault in self.faults.items() if run in reading.runs}
            self._withheld &= reading.runs.keys()
            gone = self._forget(reading)
            self.loaded = True
        else:
            self._strays |= set(strays)
        if not self._allow.limits:
            self.time = reading.time
        elif changed or hidden or gone or reading.whole:
            self.time = self._listed_time()
        return News(changed=tuple(changed), gone=(*hidden, *gone), faults=faults, strays=strays, mended=tuple(mended))

    def _withhold(self, run: int, rows: Rows) -> bool:
        """Whether this run stays behind: its train may not be told, or nobody can say which train it is.

        A call that was told stays, though its numbers cannot be read now: like any row that cannot be understood.
        """
        verdict = self._allow.verdict(rows)
        if verdict is Verdict.ALLOWED or (verdict is Verdict.UNKNOWN and run in self.calls):
            self._withheld.discard(run)
            return False
        self._withheld.add(run)
        self.faults.pop(run, None)
        return True

    def _listed_time(self) -> Instant | None:
        """The database's time as the listed trains' reports tell it: those of others leave no trace on the line."""
        times = (time for call in self.calls.values() for time in (call.actual_arrival, call.actual_departure) if time)
        latest = nlargest(_LATEST, times)
        return Instant(statistics.median_low(latest)) if latest else None

    def _put(self, record: CallRecord) -> bool:
        before = self.calls.get(record.run)
        if before is not None and replace(before, revision=0) == record:
            return False
        stone = self.tombstones.pop(record.run, None)
        latest = before.revision if before is not None else stone.revision if stone is not None else self._floor
        self.calls[record.run] = replace(record, revision=latest + 1)
        return True

    def _forget(self, reading: Reading) -> tuple[int, ...]:
        """Bury what a whole read did not see, and clear away old tombstones."""
        self._whole_reads += 1
        missing = [run for run in self.calls if run not in reading.runs]
        expired = {run for run in missing if _before(self.calls[run], reading.first_day)}
        vanished = len(missing) - len(expired)
        if vanished > _SHRINK_LEAST and vanished > _SHRINK_SHARE * len(self.calls) and self._held_reads < _SHRINK_READS:
            self._held_reads += 1
            self.held = vanished
            missing = sorted(expired)
        else:
            self._held_reads = 0
            self.held = 0
        for run in missing:
            self._bury(run)
        for run, read in list(self._buried.items()):
            if run not in self.tombstones:
                del self._buried[run]
            elif read + _STONE_READS < self._whole_reads:
                del self._buried[run]
                # Should the run ever return, its revisions go on above any that a receiver may still hold.
                self._floor = max(self._floor, self.tombstones.pop(run).revision)
        return tuple(missing)

    def _bury(self, run: int) -> None:
        self.tombstones[run] = Tombstone(run=run, revision=self.calls.pop(run).revision + 1)
        self._buried[run] = self._whole_reads


def _before(record: CallRecord, first_day: date | None) -> bool:
    return first_day is not None and record.day < first_day


def _fitting(record: CallRecord, room: int) -> CallRecord:
    """The record, its reason shortened if it would otherwise not fit into one telegram.

    Raises:
        RowFault: it does not fit without its reason either.

    """
    while compress(Calls(records=(replace(record, revision=_LAST_REVISION),)), room) is None:
        if not record.reason:
            raise RowFault("its texts are too long for one telegram")
        record = replace(record, reason=record.reason[: len(record.reason) // 2])
    return record
