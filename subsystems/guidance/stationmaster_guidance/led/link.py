"""Keeps one card showing what it should: connects, sends, waits for answers, repeats, gives up and comes back.

What is wanted is the latest show; one that was never sent is forgotten when another comes. Silence is taken for a dead
card after two attempts: the connection is ended, and tried again after a pause that doubles up to half a minute. A card
that refuses is asked again after such pauses, too.

            show, turn, refresh                 all answered
    idle ──────────────────────▶ working ───────────────────────▶ idle
      ▲                             │ silence, end of the connection
      └── connected ◀── waiting ◀───┘
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure

from stationmaster_guidance.led.driver import Answer, BoardDriver, Exchange, Frame, Outcome
from stationmaster_protocol.equipment import Evidence
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["LinkLimits", "LinkListener", "Opener", "PanelLink", "PanelWire"]


LATE_S = 0.3
"""A timer that comes so much too late says more of this process than of the card."""


class LinkListener(Protocol):
    """Who wants to know how the card is."""

    def shown(self, token: object, evidence: Evidence) -> None:
        """The show of this token is there, as far as `evidence` says; said after each sending."""

    def failed(self, why: str, *, there: bool) -> None:
        """It is not; `there`: the card answers, but does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """Machine seconds, and numbers of attempts."""

    answer_s: float = 2.0
    attempts: int = 2
    busy_s: float = 0.5
    busy_attempts: int = 6
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0


class PanelWire(TwistedProtocol):
    """The bytes between a link and its card."""

    def __init__(self, link: PanelLink) -> None:
        self._link = link

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._link.connected(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._link.received(self, data)

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802 - Twisted's name
        self._link.lost(self, "the connection ended" if reason is None else str(reason.getErrorMessage()))

    def send(self, data: bytes) -> None:
        """To the card."""
        if self.transport is not None:
            cast("Any", self.transport).write(data)

    def end(self) -> None:
        """No more of this connection."""
        if self.transport is not None:
            cast("Any", self.transport).loseConnection()


Opener = Callable[[PanelWire, Callable[[str], None]], None]
"""Connects a wire to its card, or calls the function with the reason why that cannot be."""


class PanelLink:
    """One card.

    Args:
        driver: the card's bytes.
        opener: how to get at it.
        reactor: machine time.
        listener: is told how it goes.
        limits: how long to wait.

    """

    def __init__(
        self,
        driver: BoardDriver,
        opener: Opener,
        *,
        reactor: MachineTime,
        listener: LinkListener,
        limits: LinkLimits | None = None,
    ) -> None:
        self._driver = driver
        self._opener = opener
        self._reactor = reactor
        self._listener = listener
        self._limits = limits or LinkLimits()
        self._wire: PanelWire | None = None
        self._running = False
        self._frames: tuple[Frame, ...] = ()
        self._token: object = None
        self._wanted = False
        self._page = 0
        self._turn_at = 0.0
        self._extra: deque[Exchange] = deque()
        self._steps: deque[Exchange] = deque()
        self._job: object = None
        self._evidence = Evidence.SENT
        self._attempt = 0
        self._busy = 0
        self._pauses = 0
        self._timer: DelayedCall | None = None
        self._due = 0.0

    @property
    def working(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._steps)

    def start(self) -> None:
        """Connect."""
        self._running = True
        self._open()

    def stop(self) -> None:
        """End the connection, and make no other."""
        self._running = False
        self._rest()
        self._steps.clear()
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.end()

    def show(self, frames: Sequence[Frame], token: object) -> None:
        """These pages from now on; `token` comes back when they are there."""
        self._frames, self._token = tuple(frames), token
        self._page = 0
        self._wanted = True
        if self._wire is not None and not self._steps and not self._pauses:
            self._work()

    def brightness(self, percent: int) -> None:
        """Be so bright; a card without brightness is left as it is."""
        self._extra.extend(self._driver.brightness(percent))
        if self._wire is not None and not self._steps and not self._pauses:
            self._work()

    def connected(self, wire: PanelWire) -> None:
        """From the wire: there it is."""
        self._rest()
        self._wire = wire
        self._driver.reset()
        if not self._running:
            wire.end()
            return
        self._wanted = bool(self._frames)
        self._work()

    def received(self, wire: PanelWire, data: bytes) -> None:
        """From the wire: bytes."""
        if wire is not self._wire:
            return
        for answer in self._driver.receive(data):
            if self._steps and self._steps[0].answered:
                self._answered(answer)

    def lost(self, wire: PanelWire, why: str) -> None:
        """From the wire: it is gone."""
        if wire is not self._wire:
            return
        self._wire = None
        self._steps.clear()
        if self._running:
            self._give_up(why)

    def _open(self) -> None:
        self._timer = None
        if self._running:
            self._opener(PanelWire(self), self._give_up)

    def _give_up(self, why: str) -> None:
        """There is no connection: say so, and try again later."""
        self._rest()
        if self._running:
            self._listener.failed(why, there=False)
            self._timer = self._reactor.callLater(self._pause(), self._open)

    def _pause(self) -> float:
        seconds = min(self._limits.first_pause_s * 2.0**self._pauses, self._limits.longest_pause_s)
        self._pauses = min(self._pauses + 1, 16)
        return seconds

    def _rest(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _work(self) -> None:
        """Send what is to be sent now."""
        self._rest()
        now = self._reactor.seconds()
        steps = list(self._extra)
        self._extra.clear()
        if self._frames:
            if self._driver.turns_pages:
                frames: Sequence[Frame] = self._frames
            else:
                if self._wanted:
                    self._turn_at = now + self._frames[0].page.dwell_s
                frames = (self._frames[self._page],)
            steps += self._driver.show(frames)
        else:
            steps += self._driver.ask()
        self._wanted = False
        self._job = self._token
        self._evidence = Evidence.SENT
        self._attempt = self._busy = 0
        self._steps = deque(steps)
        self._step()

    def _step(self) -> None:
        if self._steps:
            self._send(0)
        else:
            self._done()

    def _send(self, number: int) -> None:
        self._rest()
        if self._wire is None or not self._steps:
            return
        step = self._steps[0]
        self._wire.send(step.chunks[number])
        if number + 1 < len(step.chunks):
            self._timer = self._reactor.callLater(step.gap_s, self._send, number + 1)
        elif step.answered:
            self._await(self._limits.answer_s)
        else:
            self._steps.popleft()
            self._step()

    def _answered(self, answer: Answer) -> None:
        step = self._steps[0]
        if answer.outcome is Outcome.BUSY:
            self._busy += 1
            if self._busy > self._limits.busy_attempts:
                self._refused(answer.detail or "it is busy")
            else:
                self._rest()
                self._timer = self._reactor.callLater(self._limits.busy_s, self._send, 0)
        elif answer.outcome is Outcome.REFUSED:
            self._refused(answer.detail or "it refuses")
        elif step.expected is None:
            self._stepped(Evidence.ACCEPTED)
        elif answer.outcome is Outcome.HELD:
            if answer.held == step.expected:
                self._stepped(Evidence.READ)
            else:
                self._refused("it holds something else than it was sent")

    def _stepped(self, evidence: Evidence) -> None:
        self._attempt = self._busy = 0
        if self._evidence is not Evidence.READ:
            self._evidence = evidence
        self._steps.popleft()
        self._rest()
        self._step()

    def _await(self, seconds: float) -> None:
        self._due = self._reactor.seconds() + seconds
        self._timer = self._reactor.callLater(seconds, self._silent)

    def _silent(self) -> None:
        self._timer = None
        if self._reactor.seconds() > self._due + LATE_S:  # this process was busy, and has not read the answer yet
            self._await(LATE_S)
            return
        self._attempt += 1
        if self._attempt < self._limits.attempts:
            self._send(0)
        elif self._wire is not None:
            wire, self._wire = self._wire, None
            self._steps.clear()
            wire.end()
            self._give_up("it does not answer")

    def _refused(self, why: str) -> None:
        """The card is there and does not do it: try again later, with whatever is wanted then."""
        self._rest()
        self._steps.clear()
        self._listener.failed(why, there=True)
        self._timer = self._reactor.callLater(self._pause(), self._work)

    def _done(self) -> None:
        self._pauses = 0
        if self._frames and self._job is self._token:
            self._listener.shown(self._token, self._evidence)
        if self._wanted or self._extra:
            self._work()
            return
        self._rest()
        self._timer = self._reactor.callLater(self._idle_s(), self._go_on)

    def _idle_s(self) -> float:
        if self._driver.turns_pages or len(self._frames) < 2:
            return self._driver.refresh_s
        return max(0.0, min(self._driver.refresh_s, self._turn_at - self._reactor.seconds()))

    def _go_on(self) -> None:
        """A page's time is over, or the card is to be sent the same again."""
        self._timer = None
        now = self._reactor.seconds()
        if not self._driver.turns_pages and len(self._frames) > 1 and now >= self._turn_at:
            self._page = (self._page + 1) % len(self._frames)
            self._turn_at = now + self._frames[self._page].page.dwell_s
        self._work()
