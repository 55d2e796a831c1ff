"""The ledger: what one gateway has said, the newest of each call, and whether it is proven to be everything.

Telegrams may come late, twice, or not at all. Within an epoch the higher revision is the newer; a new epoch starts
from nothing, since the gateway then counts anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, Calls, GatewayState, Manifest, Tombstone, Tombstones

__all__ = ["Ledger", "Taken"]

_OLD_EPOCH_S = 30.0
"""A lower epoch is an old telegram, unless nothing newer has come for so long: then the gateway lost its counter."""
_SURE = 0.01
"""How unlikely it is that a call is still there, though a pass of the carousel that came whole did not bring it."""
_GONE = 3 * math.log(1 / _SURE)
"""A call that three whole passes did not bring is gone, and its tombstone was missed. A pass of which less came counts
for less: on a bad line, and after a cut, that a call did not come says little."""
_PASS_RANGE = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one telegram brought.

    `records` are the newest records of the calls that it speaks of, `state` is the gateway's state if this is the
    latest. `stale` tells that the telegram was of an old epoch, and `restarted` that it began a new one.
    """

    records: tuple[CallRecord, ...] = ()
    state: GatewayState | None = None
    stale: bool = False
    restarted: bool = False


@dataclass(slots=True)
class _Held:
    """A call of the present epoch, how much had been listened to and when (machine seconds) it was last said."""

    record: CallRecord
    listened: float
    said_at: float


class Ledger:
    """One gateway's calls."""

    def __init__(self) -> None:
        self.epoch = 0
        self.sequence = 0
        self.complete = False
        self.old_revisions = 0
        self.missing = 0
        self._held: dict[int, _Held] = {}
        self._cycle: int | None = None
        self._heard = 0
        self._lost = 0
        self._listened = 0.0
        """Grows with each pass of the carousel, by how much it says of a call that it did not bring (as `_GONE`)."""
        self._heard_at = 0.0
        self._digest: bytes | None = None

    @property
    def calls(self) -> int:
        """How many calls of this epoch are held."""
        return len(self._held)

    def records(self) -> Iterator[CallRecord]:
        """The calls of this epoch."""
        return (held.record for held in self._held.values())

    def ages(self, now: float) -> Iterator[tuple[CallRecord, float]]:
        """Each call of this epoch, and how many seconds ago the gateway last said it."""
        return ((held.record, now - held.said_at) for held in self._held.values())

    def take(self, telegram: Telegram, now: float) -> Taken:
        """Take in one telegram that came at machine time `now`."""
        header = telegram.header
        restarted = header.epoch > self.epoch or (header.epoch < self.epoch and now >= self._heard_at + _OLD_EPOCH_S)
        if restarted:
            self._restart(header.epoch)
        elif header.epoch < self.epoch:
            return Taken(stale=True)
        self._heard_at = max(self._heard_at, now)
        latest = header.sequence > self.sequence
        if latest:
            self._heard += 1
            self._lost += header.sequence - self.sequence - 1 if self.sequence else 0
        self.sequence = max(self.sequence, header.sequence)
        match telegram.content:
            case Calls(records=records):
                return Taken(records=self._calls(records, now), restarted=restarted)
            case Tombstones(tombstones=stones):
                self._bury(stones)
            case Manifest() as manifest if latest:
                self._prove(manifest)
            case GatewayState() as state if latest:
                return Taken(state=state, restarted=restarted)
        return Taken(restarted=restarted)

    def _restart(self, epoch: int) -> None:
        self.epoch = epoch
        self.sequence = 0
        self.complete = False
        self.missing = 0
        self._held.clear()
        self._cycle = None
        self._heard = self._lost = 0
        self._digest = None

    def _calls(self, records: Iterable[CallRecord], now: float) -> tuple[CallRecord, ...]:
        return tuple(self._call(record, now) for record in records)

    def _call(self, record: CallRecord, now: float) -> CallRecord:
        held = self._held.get(record.run)
        if held is None or record.revision > held.record.revision:
            self._held[record.run] = _Held(record=record, listened=self._listened, said_at=now)
            self._digest = None
            return record
        held.listened = self._listened
        if record.revision == held.record.revision:
            held.said_at = max(held.said_at, now)
        else:
            self.old_revisions += 1
        return held.record

    def _bury(self, stones: Iterable[Tombstone]) -> None:
        for stone in stones:
            held = self._held.get(stone.run)
            if held is not None and held.record.revision < stone.revision:
                self._drop(stone.run)

    def _prove(self, manifest: Manifest) -> None:
        """Compare with what the gateway says that there is."""
        self._pass(manifest.cycle)
        self.complete = self._holds(manifest)
        if not self.complete:
            gone = [run for run, held in self._held.items() if self._listened - held.listened > _GONE - 1e-6]
            for run in gone:
                self._drop(run)
            self.complete = bool(gone) and self._holds(manifest)
        self.missing = max(0, manifest.count - len(self._held))

    def _holds(self, manifest: Manifest) -> bool:
        if self._digest is None:
            self._digest = whole_digest(manifest_hours(held.record for held in self._held.values()))
        return len(self._held) == manifest.count and self._digest == manifest.digest

    def _pass(self, cycle: int) -> None:
        """Weigh the passes of the carousel that have ended, by the share of telegrams that came meanwhile."""
        passes = 0 if self._cycle is None else (cycle - self._cycle) % _PASS_RANGE
        if 0 < passes < _PASS_RANGE // 2:
            missed = self._lost / (self._heard + self._lost)
            self._listened += passes * math.log(1 / max(missed, _SURE))
        if passes or self._cycle is None:
            self._cycle = cycle
            self._heard = self._lost = 0

    def _drop(self, run: int) -> None:
        del self._held[run]
        self._digest = None
