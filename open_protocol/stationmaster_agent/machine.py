"""Whether a subsystem has its hub: the one table of states, and the watch on heartbeats that drives it.

The states are those of the operator's word 联机 / 自治:

- *online*: the replica is whole and the hub is heard.
- *suspect*: a heartbeat was missed, or the connection went a moment ago; all goes on as before.
- *alone*: the hub is gone; the subsystem goes on by itself.
- *resyncing*: a hub is there (again), and the replica is being brought up to it. A process starts in this state: what
  it holds may be old, and nothing is done on it until a hub, or a hub's absence, has been found out.

`TABLE` says for every input in every state what follows. Two rows deserve a word. A connection that comes back while
the hub is only suspected leaves the state as it is until the replica is whole: a blip shorter than three heartbeats is
no autonomy. And a replica found to differ (`doubted`) is resynced at once.

Heartbeats are watched in machine time: they are about the network, not about the station's day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from automat import TypeMachineBuilder

from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["INPUTS", "TABLE", "AgentState", "Inputs", "Watch", "make_machine"]


class AgentState(StrEnum):
    """Whether there is a hub to agree with."""

    ONLINE = "online"
    SUSPECT = "suspect"
    ALONE = "alone"
    RESYNCING = "resyncing"


class Inputs(Protocol):
    """What can happen between a subsystem and its hub."""

    def opened(self) -> None:
        """A hub has welcomed us; replay or snapshot follows."""

    def whole(self) -> None:
        """The replica is what the hub holds, and the hub was heard just now."""

    def doubted(self) -> None:
        """The replica's digest is not the hub's."""

    def missed(self) -> None:
        """So many heartbeats are missing that the hub is suspected."""

    def silent(self) -> None:
        """So many heartbeats are missing that the hub is held to be gone."""

    def lost(self) -> None:
        """The connection has ended, or was given up."""


INPUTS = ("opened", "whole", "doubted", "missed", "silent", "lost")

_ONLINE, _SUSPECT, _ALONE, _RESYNCING = AgentState

TABLE: dict[AgentState, dict[str, AgentState]] = {
    _RESYNCING: {
        "opened": _RESYNCING,
        "whole": _ONLINE,
        "doubted": _RESYNCING,
        "missed": _RESYNCING,
        "silent": _ALONE,
        "lost": _ALONE,
    },
    _ONLINE: {
        "opened": _SUSPECT,
        "whole": _ONLINE,
        "doubted": _RESYNCING,
        "missed": _SUSPECT,
        "silent": _ALONE,
        "lost": _SUSPECT,
    },
    _SUSPECT: {
        "opened": _SUSPECT,
        "whole": _ONLINE,
        "doubted": _RESYNCING,
        "missed": _SUSPECT,
        "silent": _ALONE,
        "lost": _SUSPECT,
    },
    _ALONE: {
        "opened": _RESYNCING,
        "whole": _ALONE,
        "doubted": _ALONE,
        "missed": _ALONE,
        "silent": _ALONE,
        "lost": _ALONE,
    },
}
"""From each state, on each input, the state that follows. The first one is where a process starts."""


@dataclass(kw_only=True)
class _Core:
    """What the machine does: it tells of each state that it enters anew."""

    entered: Callable[[AgentState], None]


def make_machine(entered: Callable[[AgentState], None]) -> Inputs:
    """A machine in state resyncing.

    Args:
        entered: called with the new state on each transition to another state.

    """
    return _FACTORY(_Core(entered=entered))


def _build() -> Callable[[_Core], Inputs]:
    builder = TypeMachineBuilder(Inputs, _Core)
    states = {state: builder.state(state.value) for state in TABLE}
    for state, row in TABLE.items():
        for name, target in row.items():
            step = states[state].upon(getattr(Inputs, name)).to(states[target])
            if target is state:
                step.returns(None)
            else:
                step(_entering(target))
    return builder.build()


def _entering(state: AgentState) -> Callable[[Inputs, _Core], None]:
    def enter(inputs: Inputs, core: _Core) -> None:  # noqa: ARG001  automat hands both over
        core.entered(state)

    return enter


_FACTORY = _build()


GRACE_S = 0.75
"""Machine seconds by which a heartbeat may be late."""

TURNS = 3
"""Turns of the reactor in which what has come is still read before a heartbeat counts as missing."""


class Watch:
    """Listens for a hub's heartbeats in machine time and says when too many are missing.

    A heartbeat counts as missed a little after its time (three quarters of a second, or half an interval if that is
    less), so that ordinary jitter is no event; `silent` is said within its heartbeats and one second. And a process
    that was itself too busy to listen first reads what has come meanwhile: its own silence is not the hub's.

    Args:
        reactor: machine time.
        interval: seconds between heartbeats; may be set, and holds from the next sign of life on.
        suspect_after: number of heartbeats after which to say `missed`.
        alone_after: number of heartbeats after which to say `silent`.
        missed: called once after the last sign of life.
        silent: likewise, later.

    """

    def __init__(
        self,
        reactor: MachineTime,
        *,
        interval: float,
        suspect_after: int,
        alone_after: int,
        missed: Callable[[], None],
        silent: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self.interval = interval
        self._limits = (suspect_after, alone_after)
        self._says = (missed, silent)
        self._calls: list[DelayedCall] = []

    def heard(self) -> None:
        """A sign of life."""
        if len(self._calls) == len(self._says) and all(call.active() for call in self._calls):
            # Moving two timers is cheaper than making them anew, and updates may come in hundreds a second.
            for call, beats in zip(self._calls, self._limits, strict=True):
                call.reset(self._after(beats))
            return
        self.stop()
        self._calls = [
            self._reactor.callLater(self._after(beats), self._passed, number, TURNS)
            for number, beats in enumerate(self._limits)
        ]

    def stop(self) -> None:
        """Watch no longer."""
        for call in self._calls:
            if call.active():
                call.cancel()
        self._calls = []

    def _passed(self, number: int, turns: int) -> None:
        if turns:
            self._calls[number] = self._reactor.callLater(0, self._passed, number, turns - 1)
        else:
            self._says[number]()

    def _after(self, beats: int) -> float:
        return beats * self.interval + min(GRACE_S, self.interval / 2)
