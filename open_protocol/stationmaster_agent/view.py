"""What a subsystem sees: the station as it is known here and now, whether or not there is a hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from immutables import Map

from stationmaster_agent.acts import RefusedAct
from stationmaster_agent.machine import AgentState
from stationmaster_agent.settings import HostPort
from stationmaster_base.health import JsonValue
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Resource, Value
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.commands import CommandResult
from stationmaster_protocol.equipment import AlarmSign, Condition, Device
from stationmaster_protocol.messages import Position

__all__ = ["AgentHealth", "View"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One moment. Alone, calls and tasks are those of the embedded kernel, and the feed counts as lost.

    `modes` are what is manual: they keep tasks from beginning (`stationmaster_kernel.mode.keeps_back`).

    `fresh_at` is the station time at which the dispatching feed was last known to be fresh; `position` that of the
    replica, None before the first snapshot. `held` is the replica itself: every resource by kind and id.
    """

    state: AgentState = AgentState.RESYNCING
    configuration: Configuration | None = None
    calls: Mapping[str, Call] = Map()
    tasks: Mapping[str, Task] = Map()
    modes: tuple[Mode, ...] = ()
    grade: FeedGrade = FeedGrade.LOST
    fresh_at: Instant | None = None
    position: Position | None = None
    held: Mapping[str, Mapping[str, Resource]] = Map()

    def values(self, kind: str) -> tuple[Value, ...]:
        """Everything of a kind that is held (`pronunciation`, `account`, …), in order of revision; empty if nothing."""
        ordered = sorted(self.held.get(kind, {}).values(), key=lambda resource: resource.revision)
        return tuple(resource.value for resource in ordered)


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
    `since` is the station time since which `state` is what it is. `hub` is the hub that has welcomed us, `secure`
    whether over TLS, `attempts` the tries since one was last proved. `acts_waiting` acts of people here are not yet
    taken in by the hub, and `acts_refused` are the last that it did not make its own. `devices` and `alarms` are
    those of this subsystem, `results` its last, and `command` how far the newest command has come.
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
    since: Instant | None = None
    hub: HostPort | None = None
    secure: bool = False
    attempts: int = 0
    acts_waiting: int = 0
    acts_refused: tuple[RefusedAct, ...] = ()
    devices: tuple[Device, ...] = ()
    alarms: tuple[AlarmSign, ...] = ()
    results: tuple[TaskResult, ...] = ()
    command: CommandResult | None = None

    def keys(self) -> dict[str, JsonValue]:
        """The agent's own keys at `/healthz`; a subsystem adds its own."""
        return {
            "state": self.state.value,
            "since": None if self.since is None else to_iso(self.since),
            "hub": None if self.hub is None else str(self.hub),
            "secure": self.secure,
            "attempts": self.attempts,
            "position": self.position,
            "unreported": self.unreported,
            "acts_waiting": self.acts_waiting,
            "acts_refused": len(self.acts_refused),
            "devices": len(self.devices),
            "devices_not_ok": sum(device.condition is not Condition.OK for device in self.devices),
            "alarms": len(self.alarms),
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
