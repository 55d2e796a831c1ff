"""The ledger: what one gateway has said, the newest of each call, and whether it is proven to be everything.

Telegrams may come late, twice, or not at all. Within an epoch the higher revision is the newer; a new epoch starts
from nothing, since the gateway then counts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, Calls, GatewayState, Manifest, Tombstone, Tombstones

__all__ = ["Ledger", "Taken"]

_OLD_EPOCH_S = 30.0
"""A lower epoch is an old telegram, unless nothing newer has come for so long: then the gateway lost its counter."""
_PASSES = 3
"""A call that so many passes of the carousel did not bring is gone, and its tombstone was missed."""
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
    """A call of the present epoch, in which pass of the carousel and when (machine seconds) it was last said."""

    record: CallRecord
    cycle: int
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
        self._cycle = 0
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
        self._cycle = 0
        self._digest = None

    def _calls(self, records: Iterable[CallRecord], now: float) -> tuple[CallRecord, ...]:
        return tuple(self._call(record, now) for record in records)

    def _call(self, record: CallRecord, now: float) -> CallRecord:
        held = self._held.get(record.run)
        if held is None or record.revision > held.record.revision:
            self._held[record.run] = _Held(record=record, cycle=self._cycle, said_at=now)
            self._digest = None
            return record
        held.cycle = self._cycle
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
        self._cycle = manifest.cycle
        if self._digest is None:
            self._digest = whole_digest(manifest_hours(held.record for held in self._held.values()))
        self.complete = len(self._held) == manifest.count and self._digest == manifest.digest
        if not self.complete:
            for run, held in list(self._held.items()):
                if _PASSES <= (manifest.cycle - held.cycle) % _PASS_RANGE < _PASS_RANGE // 2:
                    self._drop(run)
        self.missing = max(0, manifest.count - len(self._held))

    def _drop(self, run: int) -> None:
        del self._held[run]
        self._digest = None
