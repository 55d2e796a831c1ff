"""The agent: what a subsystem is built on.

It keeps a replica of what its hub holds, has the performer do each point task at its second, reports what was
done, and goes on by itself when the hub is gone. It only joins parts, each of which can be read alone: `link` (to
a hub), `machine` (whether there is one), `follower` (the replica), `executor` and `outbox`, `autonomy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from stationmaster_agent.autonomy import Autonomy
from stationmaster_agent.executor import Executor, FeedAge
from stationmaster_agent.follower import Follower
from stationmaster_agent.link import Connect, HubLink, connector
from stationmaster_agent.listeners import Listeners
from stationmaster_agent.machine import AgentState, Watch, make_machine
from stationmaster_agent.outbox import Outbox
from stationmaster_agent.settings import AgentSettings
from stationmaster_agent.store import Store
from stationmaster_agent.view import AgentHealth, View
from stationmaster_agent.work import Performer, Work
from stationmaster_agent.worker import Worker
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskState
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.messages import Bye, ClientHeartbeat, Error, Hello, Level, Received, Welcome
from stationmaster_protocol.session import Breach
from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["Agent"]

_LOG = get_logger("agent")

HOUR = 3600
DAY = 24 * HOUR


class Agent(Service):
    """One subsystem's agent, as a Twisted service.

    Args:
        settings: who we are and where hubs are.
        reactor: machine time, and TCP unless `connect` is given.
        clock: station time.
        timer: for what is done at moments of station time.
        performer: does the point tasks of `settings.task_kinds`; None if there are none to do.
        boot: an id that no other start of this subsystem has had.
        connect: makes connections; over TCP unless given.

    Raises:
        StationError: `agent-state-in-use` or `agent-state`: the state file cannot be used.

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
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._clock = clock
        self._timer = timer
        self._link = HubLink(
            hubs=settings.hubs,
            reactor=reactor,
            connect=connect or connector(reactor),
            side=self,
            spread=f"{settings.identity}/{boot}",
            welcome_s=settings.heartbeat_s * settings.alone_after,
            clock=clock,
        )
        self._machine = make_machine(self._entered)
        self._state = AgentState.RESYNCING
        self._watch = Watch(
            reactor,
            interval=settings.heartbeat_s,
            suspect_after=settings.suspect_after,
            alone_after=settings.alone_after,
            missed=self._machine.missed,
            silent=self._on_silent,
        )
        self._store = Store.open(settings.state_file, filter_class=repr(settings.wanted))
        self._outbox = Outbox(self._store, names=f"{settings.identity}/{boot}", written=self._on_result)
        self._follower = Follower(
            store=self._store,
            link=self._link,
            wanted=settings.wanted,
            resync_s=settings.resync_s,
            reactor=reactor,
            side=self,
        )
        executor = None
        if performer is not None:
            executor = Executor(
                kinds=settings.task_kinds,
                performer=performer,
                ledger=self._outbox,
                modes=lambda: self._follower.replica.modes,
            )
        self._worker = Worker(
            executor, performer, clock=clock, timer=timer, feed=self._feed_age, allowed=self._may_work
        )
        self._autonomy: Autonomy | None = None
        self._view: View | None = None
        self._listeners = Listeners(reactor)
        self._beat: DelayedCall | None = None
        self._minute: Handle | None = None
        self._minute_seen: Instant | None = None

    # What a subsystem uses.

    @property
    def view(self) -> View:
        """The station as it is known here and now; a value that does not change any more."""
        if self._view is None:
            replica, derived = self._follower.replica, self._autonomy
            lost = derived is not None or self._state is AgentState.ALONE
            self._view = View(
                state=self._state,
                configuration=replica.configuration,
                calls=replica.calls if derived is None else derived.calls,
                tasks=replica.tasks if derived is None else derived.tasks,
                modes=replica.modes,
                grade=FeedGrade.LOST if lost else self._follower.grade,
                fresh_at=self._follower.fresh_at,
                position=replica.position,
            )
        return self._view

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after the view has changed, and at each minute of station time.

        Changes that come together are told once. What a listener raises is logged and stops nothing else.
        """
        self._listeners.add(listener)

    def begin(self, work: Work) -> None:
        """Say, before acting, that a work begins; when this returns, it is on disk.

        Raises:
            StationError: `work-not-offered`: it is not to be done any more.

        """
        self._worker.begin(work)
        self._after_work()

    def finish(self, work: Work, state: TaskState, detail: str = "") -> None:
        """Say what became of a work: done, interrupted or failed; `detail` is for people.

        Raises:
            StationError: `work-not-offered`: it was retracted, or finished before.
            ValueError: `state` is none of these.

        """
        self._worker.finish(work, state, detail)
        self._after_work()

    def health(self) -> AgentHealth:
        """How the agent is at the present station time."""
        now = self._clock.now()
        position = self._follower.replica.position
        return AgentHealth(
            state=self._state,
            position=None if position is None else position.sequence,
            unreported=len(self._outbox),
            quiet=self._quiet(now),
            next_at=self._next_at(now),
            stored=self._follower.stored and self._outbox.stored,
            hub_stores=self._follower.hub_stores,
            fresh_at=self._follower.fresh_at,
            clock=self._link.time.quality(),
        )

    # The service.

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin from what is on disk, and look for a hub."""
        Service.startService(self)
        self._worker.start(self._follower.replica.tasks)
        self._on_minute()
        self._watch.heard()
        self._on_beat()
        self._link.start()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Say goodbye to the hub and close the state file; what is begun is called interrupted at the next start."""
        Service.stopService(self)
        self._watch.stop()
        self._listeners.cancel()
        self._follower.lost()
        if self._beat is not None and self._beat.active():
            self._beat.cancel()
        self._worker.stop()
        if self._minute is not None:
            self._minute.cancel()
        # A turn later, so that a performer that is stopped along with us can still say what it has interrupted.
        stopped: Deferred[None] = self._link.stop().addCallback(
            lambda _: deferLater(cast("IReactorTime", self._reactor), 0, self._close)
        )
        return stopped

    def _close(self) -> None:
        self._follower.note()
        self._store.close()

    # The link says.

    def hello(self) -> Hello:
        """The first message on a new connection."""
        return Hello(
            identity=self._settings.identity,
            token=self._settings.token,
            level=Level.B,
            executes=self._settings.task_kinds,
            held=self._follower.replica.position,
        )

    def heard(self, event: ClientEvent) -> None:
        """The hub said something; what it says in a session that goes on is a sign of life."""
        if not isinstance(event, Welcome | Breach | Error | Bye):
            self._watch.heard()
        match event:
            case Welcome():
                self._on_welcome(event)
            case Received():
                self._outbox.received(event.number)
                self._report()
            case _:
                self._follower.heard(event)

    def _on_welcome(self, welcome: Welcome) -> None:
        self._watch.interval = welcome.heartbeat / 1000
        if self._state is not AgentState.SUSPECT:
            # A hub that only ever says welcome must not keep us from going on alone.
            self._watch.heard()
        self._machine.opened()
        self._follower.subscribe()
        self._on_beat()
        self._report()

    def lost(self) -> None:
        """The session is over."""
        self._follower.lost()
        self._outbox.connection_lost()
        if self.running:
            self._machine.lost()

    # The follower says.

    def replaced(self) -> None:
        """A snapshot has come."""
        self._worker.replaced(self._follower.replica.tasks)
        self._changed()

    def updated(self, puts: Sequence[Resource], deletes: Sequence[tuple[str, str]]) -> None:
        """An update has come."""
        self._worker.updated(puts, deletes)
        self._changed()

    def feed_told(self, *, regraded: bool) -> None:
        """The hub has said how old the feed is."""
        self._view = None
        self._worker.run()
        if regraded:
            self._tell()

    def whole(self) -> None:
        """The replica is proved."""
        self._link.proved()
        self._view = None
        self._machine.whole()

    def doubted(self) -> None:
        """The replica is not whole; a snapshot is to come."""
        self._machine.doubted()

    # Whether there is a hub.

    def _entered(self, state: AgentState) -> None:
        _LOG.info("state", before=self._state.value, after=state.value)
        self._state = state
        if state is AgentState.ALONE:
            self._go_alone()
        elif state is AgentState.ONLINE:
            self._autonomy = None
        self._changed()

    def _go_alone(self) -> None:
        self._autonomy = None
        replica = self._follower.replica
        if replica.configuration is None:
            return  # nothing has ever been received: there is nothing to go on with
        try:
            self._autonomy = Autonomy(
                replica=replica, kinds=frozenset(self._settings.task_kinds), now=self._clock.now()
            )
        except StationError as error:
            _LOG.error("no-autonomy", problem=error.message, todo="the replica is shown as it was; look at the hub")
            return
        for given in self._outbox:
            self._autonomy.result(given)

    def _on_silent(self) -> None:
        self._machine.silent()
        if self._link.hub is not None:
            self._link.give_up("its heartbeats are missing")

    def _on_beat(self) -> None:
        if self._beat is not None and self._beat.active():
            self._beat.cancel()
        self._beat = self._reactor.callLater(self._watch.interval, self._on_beat)
        if self._link.hub is not None:
            held = self._follower.replica.position
            self._link.send(ClientHeartbeat(position=held, digest=None if held is None else self._follower.digest()))

    def _tell(self) -> None:
        if self.running:
            self._listeners.tell_soon()

    # Work.

    def _may_work(self) -> bool:
        """While a hub is there that may know better, nothing is done on what may be behind: a resync is short."""
        return bool(self.running) and self._state is not AgentState.RESYNCING

    def _after_work(self) -> None:
        self._report()
        self._worker.arm()

    def _on_result(self, given: TaskResult) -> None:
        if self._autonomy is not None:
            self._autonomy.result(given)
            self._view = None
            self._tell()

    def _report(self) -> None:
        if self._link.hub is not None:
            report = self._outbox.next_report()
            if report is not None:
                self._link.send(report)

    def _feed_age(self) -> FeedAge:
        told = self._state is AgentState.ONLINE and self._follower.feed_known
        fresh = told and self._follower.grade is FeedGrade.FRESH
        return FeedAge(fresh=fresh, fresh_at=self._follower.fresh_at)

    def _changed(self) -> None:
        self._view = None
        self._worker.run()
        self._tell()

    def _on_minute(self) -> None:
        now = self._clock.now()
        minute = floor_minute(now)
        self._minute = self._timer.call_at(minute + MINUTE, self._on_minute)
        if self._autonomy is not None:
            self._autonomy.tick(now)
        if self._minute_seen is None or minute // HOUR != self._minute_seen // HOUR:
            self._worker.forget(Instant(minute - self._settings.remember_days * DAY))
        self._minute_seen = minute
        self._view = None
        self._worker.run()
        self._listeners.tell()

    def _quiet(self, now: float) -> bool:
        return (
            self._state is not AgentState.RESYNCING
            and not self._listeners.pending
            and (self._follower.feed_known or self._state is AgentState.ALONE)
            and self._minute_seen == floor_minute(now)
            and (self._state is AgentState.ALONE or not len(self._outbox))
            and self._worker.quiet(now)
        )

    def _next_at(self, now: float) -> Instant | None:
        moments = (self._worker.next_at(), None if self._autonomy is None else self._autonomy.next_at(now))
        earliest = min((moment for moment in moments if moment is not None), default=None)
        return None if earliest is None else Instant(math.ceil(earliest))
