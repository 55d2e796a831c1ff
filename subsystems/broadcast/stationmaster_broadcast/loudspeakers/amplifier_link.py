"""Keeps one rack connected as it should be: asks it each second, and tells it again whatever is not so.

The wish is a level and not a deed: a rack that was switched off and on, or that somebody connected by hand, is brought
back to it with its next state. Silence for three seconds is a rack that does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.amplifiers import AmplifierDriver, Connection, UnitState
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["AmplifierLink", "AmplifierPort"]

_LOG = get_logger("amplifiers")

ASK_S = 1.0
"""Machine seconds between two questions."""

SILENT_S = 3.0
"""Machine seconds without a state after which it does not answer."""

AGAIN_S = 5.0
"""More machine seconds after which the way to it is opened anew: a connection may be dead and not know it."""

PACE_S = 0.1
"""Machine seconds between two questions, however often it says that something has changed."""

STUBBORN_S = 3.0
"""Machine seconds for which it is told the same in vain before that is a problem."""


class AmplifierPort(Protocol):
    """The way to a rack; it opens again by itself."""

    @property
    def problem(self) -> str:
        """Why there is no way at present; empty if there is."""

    def start(self, received: Callable[[bytes], None], up: Callable[[], None]) -> None:
        """Open it; `up` is called each time it is open anew."""

    def write(self, data: bytes) -> None:
        """Send; without a way it is lost."""

    def again(self) -> None:
        """It carries nothing: open it anew."""

    def stop(self) -> None:
        """Let go of it."""


class AmplifierLink:
    """One rack.

    Args:
        name: the rack's.
        driver: its bytes.
        port: the way to it.
        reactor: machine time.

    """

    def __init__(self, name: str, driver: AmplifierDriver, port: AmplifierPort, reactor: MachineTime) -> None:
        self.name = name
        self.problem = ""
        """What is wrong with the rack as a whole; nothing as long as it has not been asked for long enough."""
        self.state: UnitState | None = None
        """What it said last; None before that, and when it does not answer."""
        self._driver = driver
        self._port = port
        self._reactor = reactor
        self._changed: Callable[[], None] = _nobody
        self._wanted: frozenset[Connection] = frozenset()
        self._lines: frozenset[int] = frozenset()
        self._wrong_since: float | None = None
        self._heard = 0.0
        self._asked = 0.0
        self._asking: DelayedCall | None = None
        self._soon: DelayedCall | None = None

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to ask; `changed` is called whenever the state or the problem is another than before."""
        self._changed = changed
        self._heard = self._reactor.seconds()
        self._port.start(self._received, self._up)
        self._asking = self._reactor.callLater(ASK_S, self._ask)

    def stop(self) -> None:
        """Ask no more; the rack stays as it is."""
        self._changed = _nobody
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if self._soon is not None and self._soon.active():
            self._soon.cancel()
        self._soon = None
        self._port.stop()

    def want(self, wanted: frozenset[Connection], lines: frozenset[int]) -> None:
        """These connections, and no other on `lines`; lines that do not stand there are none of ours."""
        if (wanted, lines) != (self._wanted, self._lines):
            self._wanted, self._lines = wanted, lines
            self._wrong_since = None
            if self.state is not None:
                self._compare(self.state)

    def _up(self) -> None:
        self._driver.reset()
        self._question()

    def _question_soon(self) -> None:
        if self._soon is None:
            left = self._asked + PACE_S - self._reactor.seconds()
            self._soon = self._reactor.callLater(max(0.0, left), self._question)

    def _question(self) -> None:
        if self._soon is not None and self._soon.active():
            self._soon.cancel()
        self._soon = None
        self._asked = self._reactor.seconds()
        self._port.write(self._driver.ask())

    def _ask(self) -> None:
        self._asking = self._reactor.callLater(ASK_S, self._ask)
        if self._reactor.seconds() - self._heard > SILENT_S or self._port.problem:
            self._has(None, self._port.problem or "it does not answer")
        if self._reactor.seconds() - self._heard > SILENT_S + AGAIN_S and not self._port.problem:
            self._heard = self._reactor.seconds() - SILENT_S
            self._port.again()
        self._question()

    def _received(self, data: bytes) -> None:
        for event in self._driver.receive(data):
            if not isinstance(event, UnitState):
                self._question_soon()
                continue
            self._heard = self._reactor.seconds()
            self._has(event, event.unit or self._compare(event))

    def _compare(self, state: UnitState) -> str:
        """Tell the rack what is not as it should be; what is wrong if it was told so long ago, and in vain."""
        mine = frozenset(each for each in state.connections if each.line in self._lines)
        now = self._reactor.seconds()
        if mine == self._wanted:
            self._wrong_since = None
            return ""
        self._port.write(self._driver.change(mine, self._wanted))
        if self._wrong_since is None:
            self._wrong_since = now
        return "it does not connect its lines as it is told" if now - self._wrong_since >= STUBBORN_S else ""

    def _has(self, state: UnitState | None, problem: str) -> None:
        if (state, problem) == (self.state, self.problem):
            return
        if problem and problem != self.problem:
            _LOG.warning("amplifier-trouble", amplifier=self.name, problem=problem, todo="see the rack and its line")
        self.state, self.problem = state, problem
        self._changed()


def _nobody() -> None:
    """Nobody wants to know."""
