"""A master clock or receiver on a serial line, as a source of time.

One sentence proves little: after a cold start a receiver sends a few made-up dates with right checksums. So its time
counts only when several in a row, over some seconds, fit together. `ZDA` does not say whether it is valid, so
it counts only as long as an `RMC` of the same device vouches for it, or if the device is declared to send nothing else.
Sentences can only come late, never early, so of several the one that says the latest time for its moment is the best.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from stationmaster_clock.leap import LeapTable
from stationmaster_clock.nmea import TALKERS, Counters, Fix, NmeaReader, Sentence
from stationmaster_clock.reading import Condition, Reading

__all__ = ["NmeaMaster", "NmeaSettings"]

SETTLE = 3
SETTLE_S = 2.0
JITTER_S = 0.5
"""So many sentences, over at least so many machine seconds, that differ by no more than so much: then it is steady."""

KEEP = 256
KEEP_S = 10.0
"""Sentences of which the best counts: so many at most, and none that is older, in machine seconds.

A receiver that tells `RMC` and `ZDA` ten times a second has 200 in that time.
"""

VOUCH_S = 3.0
"""How long an `RMC` vouches for a `ZDA`; in machine seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NmeaSettings:
    """One device.

    `error_s` is how wrong its time may be; `delay_s` how long after the second its sentence begins to arrive;
    `silent_s` after how many machine seconds without a time it counts as silent. `zda_alone`: it sends `ZDA` and no
    `RMC`.
    """

    name: str
    error_s: float = 0.5
    delay_s: float = 0.0
    silent_s: float = 5.0
    zda_alone: bool = False
    talkers: frozenset[str] = TALKERS


@dataclass(frozen=True, slots=True)
class _Sample:
    base: float
    machine: float


class NmeaMaster:
    """One device's time, from its bytes.

    Args:
        settings: which.
        leaps: the leap seconds that are known.

    """

    def __init__(self, settings: NmeaSettings, leaps: LeapTable) -> None:
        self.name = settings.name
        self.settings = settings
        self.leap_faults = 0
        """Times that it named a second 60 at which there was none."""
        self._leaps = leaps
        self._reader = NmeaReader(settings.talkers)
        self._samples: deque[_Sample] = deque(maxlen=KEEP)
        self._steady = False
        self._vouched_at: float | None = None
        self._void_at: float | None = None

    @property
    def counters(self) -> Counters:
        """What has come down the line."""
        return self._reader.counters

    def receive_data(self, data: bytes, machine: float) -> None:
        """Take bytes that came at machine time `machine`."""
        self._reader.receive_data(data, machine)
        while (event := self._reader.next_event()) is not None:
            if event.sentence == "RMC":
                self._vouch(event)
            if isinstance(event, Fix) and self._counts(event):
                self._take(event)

    def interrupted(self) -> None:
        """The device has gone; what it will say when it is back is looked at anew."""
        self._reader.interrupted()
        self._samples.clear()
        self._steady = False
        self._vouched_at = self._void_at = None

    def reading(self, machine: float) -> Reading:
        """What it says at machine time `machine`."""
        if self._void_at is not None:
            silent = machine - self._void_at > self.settings.silent_s
            return Reading(name=self.name, condition=Condition.SILENT if silent else Condition.VOID)
        if not self._samples or machine - self._samples[-1].machine > self.settings.silent_s:
            return Reading(name=self.name, condition=Condition.SILENT)
        if not self._steady:
            return Reading(name=self.name, condition=Condition.SETTLING)
        base = max(each.base for each in self._samples if self._samples[-1].machine - each.machine <= KEEP_S)
        return Reading(name=self.name, condition=Condition.GOOD, base=base, error_s=self.settings.error_s)

    def _vouch(self, event: Fix | Sentence) -> None:
        if event.valid and isinstance(event, Fix):
            self._vouched_at = event.machine
            self._void_at = None
        else:
            self._void_at = event.machine
            self._vouched_at = None
            self._samples.clear()
            self._steady = False

    def _counts(self, fix: Fix) -> bool:
        if fix.leap:
            self.leap_faults += not self._leaps.possible(fix.at)
            return False  # that second has no number of its own in the count since 1970
        if fix.sentence == "RMC":
            return fix.valid is True
        if self._void_at is not None:
            return False
        vouched = self._vouched_at is not None and fix.machine - self._vouched_at <= VOUCH_S
        return vouched or (self.settings.zda_alone and self._vouched_at is None)

    def _take(self, fix: Fix) -> None:
        base = fix.at + self.settings.delay_s - fix.machine
        if self._samples:
            last = self._samples[-1]
            if abs(base - last.base) > JITTER_S or fix.machine - last.machine > self.settings.silent_s:
                self._samples.clear()
                self._steady = False
        self._samples.append(_Sample(base, fix.machine))
        if not self._steady and len(self._samples) >= SETTLE:
            self._steady = fix.machine - self._samples[0].machine >= SETTLE_S
