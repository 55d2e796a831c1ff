"""What a subsystem sees: the station as it is known here and now, whether or not there is a hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from immutables import Map

from stationmaster_agent.machine import AgentState
from stationmaster_base.health import JsonValue
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.messages import Position

__all__ = ["AgentHealth", "View"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One moment. Alone, calls and tasks are those of the embedded kernel, and the feed counts as lost.

    `modes` are what is manual: they keep tasks from beginning (`stationmaster_kernel.mode.keeps_back`).

    `fresh_at` is the station time at which the dispatching feed was last known to be fresh; `position` that of the
    replica, None before the first snapshot.
    """

    state: AgentState = AgentState.RESYNCING
    configuration: Configuration | None = None
    calls: Mapping[str, Call] = Map()
    tasks: Mapping[str, Task] = Map()
    modes: tuple[Mode, ...] = ()
    grade: FeedGrade = FeedGrade.LOST
    fresh_at: Instant | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHealth:
    """How the agent is, exactly, at the present station time.

    `position` is the hub's sequence that the replica is at (None before the first snapshot), `unreported` the number of
    results that the hub has not acknowledged. `quiet`: nothing due is left unoffered, the performer is quiet, every
    listener has run on the present view, and nothing is unreported; alone, results cannot be reported, so they
    do not count. `next_at` is the next station time at which there is something to do. `stored`: the state file takes
    what is written; `hub_stores`: so does the hub's database, as it said last.
    `fresh_at` is the station time at which the dispatching feed was last known to be fresh.
    `clock` is how good the time is that was taken over from the hub; None before that, and with a shadow clock.
    """

    state: AgentState
    position: int | None
    unreported: int
    quiet: bool
    next_at: Instant | None
    stored: bool = True
    fresh_at: Instant | None = None
    hub_stores: bool = True
    clock: ClockQuality | None = None

    def keys(self) -> dict[str, JsonValue]:
        """The agent's own keys at `/healthz`; a subsystem adds its own."""
        return {
            "state": self.state.value,
            "position": self.position,
            "unreported": self.unreported,
            "stored": self.stored,
            "hub_stores": self.hub_stores,
            "fresh_at": None if self.fresh_at is None else to_iso(self.fresh_at),
            "clock": None
            if self.clock is None
            else {
                "state": self.clock.state.value,
                "error_s": None if self.clock.error_s is None else round(self.clock.error_s, 4),
            },
        }
