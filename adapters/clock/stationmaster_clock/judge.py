"""The judge: makes one time, with its quality, of what the sources say.

In this order:

1. A source counts only if it is `good`, and if the year that it tells can be. One that is whole eras of 1024 weeks
   away from a time that is known already is repaired by them; it is never repaired without such a time.
2. The sources vote (`vote`). The machine's own clock has a voice if the settings give it one, but never decides alone.
3. What they agree on must be near enough to what was known before: the last agreed time, carried on with an error that
   grows. If it is further away, nothing moves until a person says that it is right. At the start, when nothing is
   known, two sources that agree are believed whatever the machine's clock says, and a single one if it is not too far
   from it, or if the machine's clock cannot be true.

Then the time is `locked`. Without an agreement it is `holdover` as long as the error is small enough, then `free-run`;
`invalid` if what the clock shows cannot be. Nothing here knows a clock: machine seconds are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from stationmaster_base.timekeeping import DRIFT, ClockState, Measured
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.reading import Condition, Reading
from stationmaster_clock.rollover import ERA, YearWindow
from stationmaster_clock.vote import Agreement, Candidate, agreement

__all__ = ["SYSTEM", "Judge", "JudgeSettings", "Judged", "Trouble", "Verdict"]

SYSTEM = "system"
"""The name of the machine's own clock among the sources."""

_SAME_SOURCE = 2.0
"""The source that was followed before is followed on while its error is at most this many times the smallest."""

_GPS_TOLERANCE = 0.6


class Trouble(StrEnum):
    """Why what the sources say is not followed, where a person can help."""

    NONE = ""
    NO_MAJORITY = "no-majority"
    STEP_REFUSED = "step-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """The limits, in seconds.

    `max_step_s` is how much further than its error allows a clock that was locked once may be moved; `start_step_s` how
    far from the machine's clock a single source may be at the start. `holdover_error_s` is the error at which
    holdover ends. `drift` is the machine's, in seconds a second. `system_error_s` gives the machine's own clock a
    voice, with this error.
    """

    window: YearWindow = field(default_factory=YearWindow)
    max_step_s: float = 2.0
    start_step_s: float = 3600.0
    holdover_error_s: float = 30.0
    drift: float = DRIFT
    system_error_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One source, as judged.

    `ahead_s` is how far it is ahead of the time that is followed, or of what the clock shows. `eras` of 1024 weeks were
    added to it. `gps_time`: it is ahead by just the leap seconds, so it tells GPS time and not UTC.
    """

    name: str
    condition: Condition
    ahead_s: float | None = None
    error_s: float | None = None
    eras: int = 0
    gps_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The station's time as it is best known.

    `base` is what the clock should show, minus machine seconds; None if nothing is known and the clock is left alone.
    `error_s` is how wrong it may be. `source` is the one that is followed, or that was followed last.
    """

    state: ClockState
    base: float | None = None
    error_s: float | None = None
    source: str = ""
    trouble: Trouble = Trouble.NONE
    sources: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was agreed last: a base with its error at a machine time, and whose it was."""

    base: float
    error_s: float
    machine: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What came of the vote, and how many eras were added to which source."""

    agreed: Agreement | None
    trouble: Trouble
    eras: dict[str, int]


class Judge:
    """Judges the sources from time to time; it remembers what was agreed last.

    Args:
        settings: the limits.
        leaps: the leap seconds that are known.

    """

    def __init__(self, settings: JudgeSettings, leaps: LeapTable) -> None:
        self._settings = settings
        self._leaps = leaps
        self._known: _Known | None = None
        self._refused: float | None = None
        self._accepted: float | None = None

    def accept_step(self) -> bool:
        """A person says that what the sources agree on now is right, however far away it is.

        Returns:
            whether there was anything to accept.

        """
        self._accepted = self._refused
        return self._accepted is not None

    def decide(self, readings: Sequence[Reading], machine: float, *, shown: float, system: float) -> Verdict:
        """What is to be made of the sources at machine time `machine`.

        Args:
            readings: what each master of time says.
            machine: machine seconds.
            shown: the base of the station's clock: what it shows minus `machine`.
            system: that of the machine's own clock.

        """
        known = self._carried(machine)
        candidates, eras = self._candidates(readings, machine, known)
        agreed = self._vote(candidates, known, system, machine)
        trouble = Trouble.NONE
        self._refused = None
        if agreed is None:
            trouble = Trouble.NO_MAJORITY if candidates else Trouble.NONE
        elif not self._near(agreed, known, system, machine):
            trouble = Trouble.STEP_REFUSED
            self._refused = _middle(agreed)
        else:
            self._lock(agreed, machine)
        locked = agreed is not None and trouble is Trouble.NONE
        now = self._carried(machine)
        finding = _Finding(agreed=agreed, trouble=trouble, eras=eras)
        return Verdict(
            state=self._state(now, shown + machine, locked=locked),
            base=None if now is None else now.base,
            error_s=None if now is None else now.error_s,
            source="" if self._known is None else self._known.source,
            trouble=trouble,
            sources=tuple(
                self._judged(each, machine, shown if now is None else now.base, finding) for each in readings
            ),
        )

    def _carried(self, machine: float) -> Measured | None:
        """What was agreed last, as it is now: less exact, and later by the leap seconds since."""
        known = self._known
        if known is None:
            return None
        passed = max(0.0, machine - known.machine)
        inserted = self._leaps.inserted(known.base + known.machine, known.base + machine)
        return Measured(base=known.base - inserted, error_s=known.error_s + self._settings.drift * passed)

    def _candidates(
        self, readings: Sequence[Reading], machine: float, known: Measured | None
    ) -> tuple[list[Candidate], dict[str, int]]:
        """The sources that may be right, and how many eras were added to which."""
        window = self._settings.window
        candidates, eras = [], {}
        for each in readings:
            if each.condition is not Condition.GOOD or each.base is None or each.error_s is None:
                continue
            base = each.base
            if not window.holds(base + machine):
                if known is None:
                    continue
                reach = self._settings.max_step_s + known.error_s + each.error_s
                lost = window.eras_to(base + machine, known.base + machine, reach)
                if not lost:
                    continue
                eras[each.name] = lost
                base += lost * ERA
            candidates.append(Candidate(name=each.name, base=base, error_s=each.error_s))
        return candidates, eras

    def _vote(
        self, candidates: list[Candidate], known: Measured | None, system: float, machine: float
    ) -> Agreement | None:
        voices = list(candidates)
        own = self._settings.system_error_s
        if own is not None and self._settings.window.holds(system + machine):
            voices.append(Candidate(name=SYSTEM, base=system, error_s=own))
        before = None
        if known is not None:
            before = Candidate(name="", base=known.base, error_s=known.error_s)
        agreed = agreement(voices, before)
        if agreed is None or all(each.name == SYSTEM for each in agreed.members):
            return None
        return agreed

    def _near(self, agreed: Agreement, known: Measured | None, system: float, machine: float) -> bool:
        """Whether the clock may be moved there without a person."""
        middle = _middle(agreed)
        if self._accepted is not None and abs(middle - self._accepted) <= self._settings.max_step_s:
            return True
        spread = (agreed.high - agreed.low) / 2
        if known is not None:
            return abs(middle - known.base) <= spread + known.error_s + self._settings.max_step_s
        if len(agreed.members) > 1 or not self._settings.window.holds(system + machine):
            return True
        return abs(middle - system) <= spread + self._settings.start_step_s

    def _lock(self, agreed: Agreement, machine: float) -> None:
        masters = [each for each in agreed.members if each.name != SYSTEM]
        best = min(masters, key=lambda each: each.error_s)
        before = "" if self._known is None else self._known.source
        for each in masters:
            if each.name == before and each.error_s <= _SAME_SOURCE * best.error_s:
                best = each
        base = min(max(best.base, agreed.low), agreed.high)
        self._known = _Known(base=base, error_s=best.error_s, machine=machine, source=best.name)
        self._accepted = None

    def _state(self, now: Measured | None, shown_at: float, *, locked: bool) -> ClockState:
        if locked:
            return ClockState.LOCKED
        if not self._settings.window.holds(shown_at):
            return ClockState.INVALID
        if now is not None and now.error_s <= self._settings.holdover_error_s:
            return ClockState.HOLDOVER
        return ClockState.FREE_RUN

    def _judged(self, reading: Reading, machine: float, followed: float, finding: _Finding) -> Judged:
        if reading.base is None:
            return Judged(name=reading.name, condition=reading.condition)
        added = finding.eras.get(reading.name, 0)
        base = reading.base + added * ERA
        ahead = base - followed
        condition = Condition.GOOD
        if not self._settings.window.holds(base + machine):
            condition = Condition.OUTDATED
        elif finding.agreed is None:
            condition = Condition.UNDECIDED
        elif all(each.name != reading.name for each in finding.agreed.members):
            condition = Condition.OUTVOTED
        elif finding.trouble is Trouble.STEP_REFUSED:
            condition = Condition.TOO_FAR
        gps = condition is not Condition.GOOD and self._tells_gps(ahead, followed + machine)
        return Judged(
            name=reading.name, condition=condition, ahead_s=ahead, error_s=reading.error_s, eras=added, gps_time=gps
        )

    def _tells_gps(self, ahead: float, at: float) -> bool:
        return abs(ahead - self._leaps.gps_ahead(at)) <= _GPS_TOLERANCE


def _middle(agreed: Agreement) -> float:
    return (agreed.low + agreed.high) / 2
