"""Whether the station's clock is to be believed when it leaps forwards.

Ten minutes at once are a leap. While masters of time vouch for the clock, a leap is a correction or a time in which the
hub was away, and counts. Without them nobody knows: the machine's battery may be flat, or somebody may have set its
clock. Such a leap is *doubted*: ticks are marked, and the kernel does not take them; all other inputs come at the time
that it would be without the leap. Doubt ends when masters vouch, when a person accepts the time, when the clock is
back, or when it has run steadily for five minutes: a machine whose clock goes on well after one leap has most probably
been without power, and a station must not stand still because its masters of time are broken too.

Subsystems are not concerned: they do what falls due by station time as they are told it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Input, Tick
from stationmaster_kernel.step import LEAP

__all__ = ["STEADY_S", "LeapWatch"]

_LOG = get_logger("clock")

STEADY_S = 300.0
"""Machine seconds for which a doubted clock must run steadily to be believed; in that time a person can look at it."""

_STEADY_WITHIN_S = 2.0
"""What a clock that runs steadily may gain or lose in that time; the machine's own is slewed by at most 0.15 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """The base (station seconds minus machine seconds) after a leap, and the machine second from which on it held."""

    base: float
    since_s: float


class LeapWatch:
    """Compares station time with machine time, which nobody sets.

    Args:
        now: station time.
        seconds: machine time.
        vouched: whether masters of time vouch for station time now; None without any: nothing is doubted then.

    """

    def __init__(
        self, now: Callable[[], float], seconds: Callable[[], float], vouched: Callable[[], bool] | None
    ) -> None:
        self._now = now
        self._seconds = seconds
        self._vouched = vouched
        self._base: float | None = None
        self._doubt: _Doubt | None = None

    def begin(self, known: Instant | None) -> None:
        """The store is open: `known` is the time of the last tick in it; None if there is none."""
        self._base = None if known is None else known - self._seconds()

    @property
    def doubted(self) -> bool:
        """Whether the clock has leaped and is not to be believed now."""
        self._look()
        return self._doubt is not None

    def stamp(self, given: Input) -> Input:
        """The input as it is put in: while the clock is doubted, at the time that it would be without the leap."""
        if isinstance(given, Tick) or not self.doubted or self._base is None:
            return given
        return replace(given, at=Instant(int(min(given.at, self._base + self._seconds()))))

    def accept(self) -> bool:
        """A person says that the time is right; False if it is not doubted."""
        if not self.doubted:
            return False
        _LOG.warning("clock-leap-accepted", todo="nothing; a person has decided it")
        self._believe()
        return True

    def signs(self) -> Iterator[Sign]:
        """What a person is to see."""
        if not self.doubted or self._base is None:
            return
        minutes = round((self._now() - self._seconds() - self._base) / MINUTE)
        yield Sign(
            id="clock-leap",
            severity=Severity.ALARM,
            zh=f"时钟突然前跳 {minutes} 分钟, 且无时间源证实: 请核对时间",
            en=f"The clock has leaped by {minutes} minutes, and no master of time vouches for it: check the time",
        )

    def _look(self) -> None:
        if self._vouched is None:
            return
        seconds = self._seconds()
        base = self._now() - seconds
        if self._base is None or base - self._base <= LEAP * MINUTE or self._vouched():
            self._believe()
        elif self._doubt is None:
            _LOG.warning(
                "clock-leap",
                minutes=round((base - self._base) / MINUTE),
                todo="look at the masters of time; if the time is right: POST /api/v1/clock/accept",
            )
            self._doubt = _Doubt(base=base, since_s=seconds)
        elif abs(base - self._doubt.base) > _STEADY_WITHIN_S:
            self._doubt = _Doubt(base=base, since_s=seconds)
        elif seconds - self._doubt.since_s >= STEADY_S:
            _LOG.warning("clock-leap-taken", todo="check the time; it has run steadily since it leaped")
            self._believe()

    def _believe(self) -> None:
        self._base, self._doubt = self._now() - self._seconds(), None
