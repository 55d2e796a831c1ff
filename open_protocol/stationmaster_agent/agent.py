"""The agent: what a subsystem is built on, as its maker uses it.

It keeps a replica of what its hub holds, has the performer do each point task at its second, reports what was done and
how the hardware is, hands on commands, and goes on by itself when the hub is gone. What it is made of is joined in
`core`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from stationmaster_agent.acts import RefusedAct, check_sendable
from stationmaster_agent.commands import CommandPerformer
from stationmaster_agent.connecting import Connect, connector
from stationmaster_agent.core import Core
from stationmaster_agent.credentials import Credentials
from stationmaster_agent.equipment import Devices
from stationmaster_agent.settings import AgentSettings
from stationmaster_agent.view import AgentHealth, View
from stationmaster_agent.work import Performer, Work
from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.deeds import Delay, Handle, SetTrack, Unknown
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.equipment import AlarmSign, Readback
from stationmaster_service.interfaces import MachineTime
from stationmaster_service.timer import StationTimer

__all__ = ["Agent"]


class Agent(Service):
    """One subsystem's agent, as a Twisted service.

    Args:
        settings: who we are and where hubs are.
        reactor: machine time, and TCP unless `connect` is given.
        clock: station time.
        timer: for what is done at moments of station time.
        performer: does the point tasks of `settings.task_kinds`; None if there are none to do.
        boot: an id that no other start of this subsystem has had.
        connect: makes connections; over TCP, with TLS by the settings, unless given.
        commands: does what the hub commands; None: every command is refused.

    Raises:
        StationError: `agent-state-in-use` or `agent-state`: the state file cannot be used. `secret-file`: likewise.

    """

    def __init__(
        self,
        settings: AgentSettings,
        *,
        reactor: MachineTime,
        clock: StationClock,
        timer: StationTimer,
        performer: Performer | None,
        boot: str,
        connect: Connect | None = None,
        commands: CommandPerformer | None = None,
    ) -> None:
        self.settings = settings
        self._reactor = reactor
        self._clock = clock
        credentials = Credentials(settings)
        self._core = Core(
            settings,
            reactor=reactor,
            clock=clock,
            timer=timer,
            performer=performer,
            commands=commands,
            boot=boot,
            connect=connect or connector(reactor, lambda: credentials.trust),
            credentials=credentials,
        )
        self.devices = Devices(self._core.equipment)
        """The subsystem's hardware: `put` what is there or has changed, `remove` what is no more."""

    @property
    def view(self) -> View:
        """The station as it is known here and now; a value that does not change any more."""
        return self._core.view

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after the view has changed, and at each minute of station time.

        Changes that come together are told once. What a listener raises is logged and stops nothing else.
        """
        self._core.listeners.add(listener)

    # Point tasks.

    def begin(self, work: Work) -> None:
        """Say, before acting, that a work begins; when this returns, it is on disk.

        Raises:
            StationError: `work-not-offered`: it is not to be done any more.

        """
        self._core.worker.begin(work)
        self._core.after_work()

    def finish(self, work: Work, state: TaskState, detail: str = "") -> None:
        """Say what became of a work: done, interrupted or failed; `detail` is for people.

        Raises:
            StationError: `work-not-offered`: it was retracted, or finished before.
            ValueError: `state` is none of these.

        """
        self._core.worker.finish(work, state, detail)
        self._core.after_work()

    # Hardware.

    def shown(self, readback: Readback) -> None:
        """Say what is really to be seen at a target.

        Raises:
            StationError: `equipment-impossible`: the protocol cannot carry it.

        """
        self._core.equipment.put(readback)

    def not_shown(self, target: str) -> None:
        """It is not known any more what is to be seen at a target."""
        self._core.equipment.remove("readback", target)

    def alarm(self, sign: AlarmSign) -> None:
        """Something is wrong and needs a person; the same id again replaces it.

        Raises:
            StationError: `equipment-impossible`: the protocol cannot carry it.

        """
        self._core.equipment.put(sign)

    def clear(self, name: str) -> None:
        """The alarm of this id is over; nothing happens if there was none."""
        self._core.equipment.remove("alarm", name)

    # People.

    def act(
        self,
        *,
        by: str,
        why: str = "",
        delays: Sequence[Delay] = (),
        unknowns: Sequence[Unknown] = (),
        tracks: Sequence[SetTrack] = (),
        handles: Sequence[Handle] = (),
    ) -> str:
        """Do what a person wants at the subsystem's own page: all of it, or nothing.

        The embedded kernel checks it. It is on disk when this returns, goes to the hub as soon as there is one, in the
        order in which it was done and once, and counts at once here while there is none.

        Args:
            by: who wants it.
            why: his reason, if he gave one.
            delays: trains that are late, or later.
            unknowns: trains of which nobody knows how late they are.
            tracks: trains on another track.
            handles: tasks to be done now, held, released, or left out.

        Returns:
            the act's id.

        Raises:
            StationError: it cannot be, in words for that person; nothing is changed.

        """
        act = self._local_act(by=by, why=why, delays=delays, unknowns=unknowns, tracks=tracks, handles=handles)
        self._core.act(act)
        return act.id

    def would(
        self,
        *,
        by: str,
        why: str = "",
        delays: Sequence[Delay] = (),
        unknowns: Sequence[Unknown] = (),
        tracks: Sequence[SetTrack] = (),
        handles: Sequence[Handle] = (),
    ) -> Changes:
        """What `act` would change, as far as it is known here; nothing is changed.

        Of tasks only those of our kinds are known here, and told.

        Raises:
            StationError: it cannot be, in words for that person.

        """
        act = self._local_act(by=by, why=why, delays=delays, unknowns=unknowns, tracks=tracks, handles=handles)
        check_sendable(act)
        changes, kinds = self._core.would(act), self.settings.task_kinds
        ours = tuple(put for put in changes.puts if not isinstance(put.value, Task) or put.value.kind in kinds)
        return replace(changes, puts=ours)

    def _local_act(
        self,
        *,
        by: str,
        why: str,
        delays: Sequence[Delay],
        unknowns: Sequence[Unknown],
        tracks: Sequence[SetTrack],
        handles: Sequence[Handle],
    ) -> LocalAct:
        return LocalAct(
            id=self._core.outbox.new_id(),
            at=Instant(int(self._clock.now())),
            by=by,
            why=why,
            delays=tuple(delays),
            unknowns=tuple(unknowns),
            tracks=tuple(tracks),
            handles=tuple(handles),
        )

    def on_refused(self, listener: Callable[[RefusedAct], None]) -> None:
        """Have `listener` called with each act that the hub did not make its own."""
        self._core.on_refused.append(listener)

    # What it says of itself.

    def health(self) -> AgentHealth:
        """How the agent is at the present station time."""
        core, now = self._core, self._clock.now()
        position = core.follower.replica.position
        return AgentHealth(
            state=core.state,
            since=core.standing.since,
            position=None if position is None else position.sequence,
            unreported=len(core.outbox),
            quiet=core.quiet(now),
            next_at=core.next_at(now),
            stored=core.follower.stored and core.outbox.stored and core.desk.stored,
            hub_stores=core.follower.hub_stores,
            fresh_at=core.follower.fresh_at,
            clock=core.link.time.quality(),
            hub=core.link.hub,
            secure=core.link.hub is not None and self.settings.tls is not None,
            attempts=core.link.attempts,
            acts_waiting=len(core.outbox.acts),
            acts_refused=core.acts.refused,
            devices=core.equipment.devices(),
            alarms=core.equipment.alarms(),
            results=core.outbox.last,
            command=core.desk.last,
        )

    # The service.

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin from what is on disk, and look for a hub."""
        Service.startService(self)
        self._core.start()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Say goodbye to the hub and close the state file; what is begun is called interrupted at the next start."""
        Service.stopService(self)
        self._core.stop()
        # A turn later, so that a performer that is stopped along with us can still say what it has interrupted.
        return self._core.link.stop().addCallback(
            lambda _: deferLater(cast("IReactorTime", self._reactor), 0, self._close)
        )

    def _close(self) -> None:
        self._core.follower.note()
        self._core.store.close()
