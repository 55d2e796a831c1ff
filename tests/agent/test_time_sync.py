"""Taking station time over from the hub."""

from __future__ import annotations

from itertools import pairwise

import pytest
from twisted.internet.task import Clock

from stationmaster_agent.time_sync import EVERY_S, QUICK, TimeSync
from stationmaster_base.clock import MachineClock
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_protocol.messages import TimeAnswer, TimeRequest, Welcome
from stationmaster_protocol.scalars import stamp_of

NOW = 1_790_000_000.0
"""The hub's time at machine second 0."""


class Both:
    """A subsystem whose machine is `off` seconds wrong, and a hub `there` and `back` seconds away."""

    def __init__(self, off: float = 0.0, there: float = 0.005, back: float = 0.005) -> None:
        self.reactor = Clock()
        self.off = off
        self.hub_off = 0.0
        self.ways = there, back
        self.clock = SteeredClock(lambda: NOW + self.off + self.reactor.seconds(), self.reactor.seconds)
        self.asked_at: list[float] = []
        self.answers = True
        self.sync = TimeSync(self.clock, self.reactor, self.take)

    def take(self, request: TimeRequest) -> None:
        self.asked_at.append(self.reactor.seconds())
        if self.answers:
            self.reactor.callLater(self.ways[0], self.at_hub, request)

    def at_hub(self, request: TimeRequest) -> None:
        now = stamp_of(self.true)
        answer = TimeAnswer(asked=request.sent, received=now, sent=now, clock=ClockState.LOCKED, clock_error=4)
        self.reactor.callLater(self.ways[1], self.sync.answered, answer)

    @property
    def true(self) -> float:
        return NOW + self.hub_off + self.reactor.seconds()

    @property
    def wrong(self) -> float:
        return self.clock.now() - self.true

    def welcome(self) -> None:
        self.sync.welcomed(Welcome(epoch="e", heartbeat=5000, largest=1000, station_time=stamp_of(self.true)))

    def run(self, seconds: float) -> None:
        self.reactor.pump([0.005] * round(seconds / 0.005))


@pytest.mark.parametrize("off", [-3600.0, -0.3, 0.0, 0.3, 8 * 3600.0])
def test_the_first_answer_sets_the_clock(off: float) -> None:
    """Whatever the machine's clock shows, after one exchange the subsystem has the hub's time, to half of the way."""
    both = Both(off)
    both.welcome()
    both.run(0.02)
    measured = both.sync.measured()
    assert measured is not None
    assert abs(both.wrong) <= measured.error_s
    assert measured.error_s < 0.006


def test_it_asks_quickly_and_then_rarely() -> None:
    """Some exchanges a second apart when a hub is found, until four are answered; then one every half a minute."""
    both = Both()
    both.welcome()
    both.run(80)
    gaps = [round(after - before) for before, after in pairwise(both.asked_at)]
    assert gaps == [1] * QUICK + [EVERY_S] * 2
    both.sync.lost()
    asked = len(both.asked_at)
    both.run(80)
    assert len(both.asked_at) == asked
    assert both.reactor.getDelayedCalls() == []


def test_the_hub_steps_forwards_and_so_do_we_but_backwards_is_slewed() -> None:
    """A hub whose clock was set forwards is followed at once, one that is behind us only slowly."""
    both = Both()
    both.welcome()
    both.run(5)
    both.hub_off = 60.0
    both.run(3 * EVERY_S)
    assert both.wrong == pytest.approx(0.0, abs=0.01)
    both.hub_off = 50.0
    before = both.clock.now()
    both.run(3 * EVERY_S)
    assert both.clock.now() > before
    assert 8.0 < both.wrong < 10.0
    assert both.clock.wrong == pytest.approx(-both.wrong, abs=0.1)


def test_alone_it_runs_on_as_it_was_steered() -> None:
    """Without a hub, and with the machine's own clock set by somebody, the time stays."""
    both = Both(off=7.0)
    both.welcome()
    both.run(5)
    both.sync.lost()
    both.off = -500.0
    both.run(60)
    assert both.wrong == pytest.approx(0.0, abs=0.01)


def test_only_the_answer_to_the_last_request_counts() -> None:
    """An answer that was not asked for, or that came too late, moves nothing; one that was lost does no harm."""
    both = Both()
    both.answers = False
    both.welcome()
    lie = stamp_of(NOW + 999)
    both.sync.answered(TimeAnswer(asked=stamp_of(1.0), received=lie, sent=lie))
    assert both.sync.measured() is None
    assert both.wrong == 0.0
    both.answers = True
    both.run(3)
    assert both.sync.measured() is not None


def test_what_the_hub_says_of_its_time_is_kept() -> None:
    """The state and the error that come with an answer are the hub's last word."""
    both = Both()
    assert both.sync.told == ClockQuality(state=ClockState.FREE_RUN)
    both.welcome()
    both.run(0.1)
    assert both.sync.told == ClockQuality(state=ClockState.LOCKED, error_s=0.004)
    quality = both.sync.quality()
    assert quality is not None
    assert quality.state is ClockState.LOCKED
    assert quality.error_s == pytest.approx(0.009, abs=0.001)  # the hub's, and half of the way


def test_a_clock_that_cannot_be_steered_is_let_be() -> None:
    """With a shadow clock, or any other that is not steered, nothing is asked."""
    both = Both()
    sync = TimeSync(MachineClock(lambda: NOW), both.reactor, both.take)
    sync.welcomed(Welcome(epoch="e", heartbeat=5000, largest=1000, station_time=stamp_of(NOW)))
    both.run(5)
    assert both.asked_at == []
    assert sync.measured() is None
    assert sync.quality() is None
