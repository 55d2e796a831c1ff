"""Taking station time over from the hub: exchanges of four stamps, filtered, and the machine's station clock by them.

The stamps are compared with the machine's monotonic time, so neither a step of the machine's own clock nor the
steering itself disturbs the filter. While there is no hub the clock runs on as it was steered last.
A demo's or a drill's clock is the same file in every process and is never steered.
"""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_base.clock import StationClock
from stationmaster_base.logging import get_logger
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockQuality, ClockState, Measured, OffsetFilter
from stationmaster_protocol.messages import HubHeartbeat, TimeAnswer, TimeRequest, Welcome
from stationmaster_protocol.scalars import Stamp, seconds_of, stamp_of
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["TimeSync"]

_LOG = get_logger("time")

QUICK = 4
QUICK_S = 1.0
EVERY_S = 32.0
"""So many exchanges so many machine seconds apart when a hub has been found, and then so many seconds apart."""

STEP_S = 1.0
"""How far behind the hub the clock may be and still be slewed; further behind, it goes forwards at once."""


class TimeSync:
    """Keeps a steered clock with the hub's.

    Args:
        clock: station time here.
        reactor: waits.
        send: sends a request to the hub.

    """

    def __init__(self, clock: StationClock, reactor: MachineTime, send: Callable[[TimeRequest], None]) -> None:
        self._clock = clock if isinstance(clock, SteeredClock) else None
        self._reactor = reactor
        self._send = send
        self._filter = OffsetFilter()
        self._asked: tuple[Stamp, float] | None = None
        self._count = 0
        self._asking: DelayedCall | None = None
        self.told = ClockQuality(state=ClockState.FREE_RUN)
        """What the hub said last of its own time."""

    def measured(self) -> Measured | None:
        """Station time minus machine time as the exchanges say it; None before any, or with a shadow clock."""
        return None if self._clock is None else self._filter.measured(self._clock.monotonic())

    def quality(self) -> ClockQuality | None:
        """How good the time is here: the hub's own error, that of the exchanges, and what is still to be slewed away.

        None while nothing has been exchanged, and with a shadow clock.
        """
        measured = self.measured()
        if measured is None or self._clock is None:
            return None
        hubs = self.told.error_s
        error_s = None if hubs is None else hubs + measured.error_s + abs(self._clock.wrong)
        return ClockQuality(state=self.told.state, error_s=error_s)

    def welcomed(self, welcome: Welcome) -> None:
        """A hub is there: begin to ask it. It may be another one, or a restarted one."""
        self._take_quality(welcome)
        self._filter.forget()
        self._count = 0
        self._ask()

    def beaten(self, beat: HubHeartbeat) -> None:
        """The hub's heartbeat says how good its time is."""
        self._take_quality(beat)

    def lost(self) -> None:
        """The hub is gone."""
        if self._asking is not None and self._asking.active():
            self._asking.cancel()
        self._asking = self._asked = None

    def answered(self, answer: TimeAnswer) -> None:
        """The hub has answered; an answer to anything but the last request is let pass."""
        self._take_quality(answer)
        if self._clock is None or self._asked is None or self._asked[0] != answer.asked:
            return
        sent, self._asked = self._asked[1], None
        if self._filter.take(sent, seconds_of(answer.received), seconds_of(answer.sent), self._clock.monotonic()):
            self._count += 1
            self._steer(self._clock)

    def _steer(self, clock: SteeredClock) -> None:
        measured = self._filter.measured(clock.monotonic())
        if measured is None:
            return
        ahead = measured.base - clock.base
        if abs(ahead) > STEP_S:
            _LOG.info("clock-differs", seconds=round(ahead, 3), error_s=round(measured.error_s, 4))
        clock.steer(measured.base, step=ahead > STEP_S)
        clock.begin()

    def _ask(self) -> None:
        if self._clock is None:
            return
        if self._asking is not None and self._asking.active():
            self._asking.cancel()
        self._asking = self._reactor.callLater(QUICK_S if self._count < QUICK else EVERY_S, self._ask)
        stamp = stamp_of(self._clock.now())
        self._asked = stamp, self._clock.monotonic()
        self._send(TimeRequest(sent=stamp))

    def _take_quality(self, said: Welcome | HubHeartbeat | TimeAnswer) -> None:
        if said.clock is not None:
            error_s = None if said.clock_error is None else said.clock_error / 1000
            self.told = ClockQuality(state=said.clock, error_s=error_s)
