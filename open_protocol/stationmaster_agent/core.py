"""The parts of an agent, joined: what the link, the follower, the executor and the kernel say to each other.

It decides little by itself. Three things it does decide. When work may be done: never while a hub is there that may
know better. What is seen: the replica, and alone what the embedded kernel makes of it. And when a resync is over: when
the replica is proved, and the hub has taken in what people did here meanwhile, so that nobody sees a delay that
he entered vanish for a moment, and nothing is announced in that moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from stationmaster_agent.acts import ActsAwaited, RefusedAct, act_input, check_sendable
from stationmaster_agent.autonomy import Autonomy, would_change
from stationmaster_agent.commands import CommandDesk, CommandPerformer
from stationmaster_agent.connecting import Connect
from stationmaster_agent.credentials import Credentials
from stationmaster_agent.equipment import Equipment
from stationmaster_agent.executor import Executor, FeedAge
from stationmaster_agent.follower import Follower
from stationmaster_agent.hub_connection import Ending
from stationmaster_agent.link import HubLink
from stationmaster_agent.listeners import Listeners
from stationmaster_agent.machine import AgentState
from stationmaster_agent.outbox import Outbox
from stationmaster_agent.reporter import Reporter
from stationmaster_agent.settings import AgentSettings
from stationmaster_agent.standing import Standing
from stationmaster_agent.store import Store
from stationmaster_agent.view import View
from stationmaster_agent.work import Performer
from stationmaster_agent.worker import Worker
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.changes import Changes, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.step import Refused
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.client_session import ClientEvent
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.messages import Bye, ClientHeartbeat, Command, Error, Hello, Level, Received, Welcome
from stationmaster_protocol.session import Breach
from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["Core"]

_LOG = get_logger("agent")

HOUR = 3600
DAY = 24 * HOUR

ACTS_S = 2.0
"""Machine seconds for which a resync waits, at the longest, for the hub to take in what people did here."""


class Core:
    """Args: as `Agent`."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        reactor: MachineTime,
        clock: StationClock,
        timer: StationTimer,
        performer: Performer | None,
        commands: CommandPerformer | None,
        boot: str,
        connect: Connect,
        credentials: Credentials,
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._clock = clock
        self._timer = timer
        self.running = False
        names = f"{settings.identity}/{boot}"
        self.link = HubLink(
            settings, reactor=reactor, connect=connect, credentials=credentials, side=self, spread=names, clock=clock
        )
        self._credentials = credentials
        self.standing = Standing(
            settings,
            reactor=reactor,
            now=clock.now,
            entered=self._entered,
            silent=self._on_silent,
            beat=self._send_beat,
        )
        self.store = Store.open(settings.state_file, filter_class=repr(settings.wanted))
        self.outbox = Outbox(self.store, names=names, written=self._on_result)
        self.equipment = Equipment(self._equipment_changed)
        self.reporter = Reporter(self.outbox, self.equipment, reactor=reactor, send=self.link.send)
        there = self.equipment.devices
        self.desk = CommandDesk(self.store, commands, devices=there, now=clock.now, send=self.link.send)
        self.follower = Follower(
            store=self.store,
            link=self.link,
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
                ledger=self.outbox,
                modes=lambda: self.follower.replica.modes,
            )
        self.worker = Worker(executor, performer, clock=clock, timer=timer, feed=self._feed_age, allowed=self._may_work)
        self.acts = ActsAwaited()
        self.on_refused: list[Callable[[RefusedAct], None]] = []
        self.listeners = Listeners(reactor)
        self._acts_wait: DelayedCall | None = None
        self._autonomy: Autonomy | None = None
        self._view: View | None = None
        self._minute: Handle | None = None
        self._minute_seen: Instant | None = None

    # Its life.

    def start(self) -> None:
        """Begin from what is on disk, and look for a hub."""
        self.running = True
        self.worker.start(self.follower.replica.tasks)
        self._on_minute()
        self.standing.start()
        self.link.start()

    def stop(self) -> None:
        """Do nothing more; the link is still to be stopped, and the store to be closed."""
        self.running = False
        self.standing.stop()
        self.listeners.cancel()
        self.reporter.lost()
        self.follower.lost()
        self._stop_waiting_for_acts()
        self.worker.stop()
        if self._minute is not None:
            self._minute.cancel()

    # What is seen.

    @property
    def state(self) -> AgentState:
        """Whether there is a hub."""
        return self.standing.state

    @property
    def view(self) -> View:
        """The station as it is known here and now."""
        if self._view is None:
            replica, derived = self.follower.replica, self._autonomy
            lost = derived is not None or self.state is AgentState.ALONE
            self._view = View(
                state=self.state,
                configuration=replica.configuration,
                calls=replica.calls if derived is None else derived.calls,
                tasks=replica.tasks if derived is None else derived.tasks,
                modes=replica.modes,
                grade=FeedGrade.LOST if lost else self.follower.grade,
                fresh_at=self.follower.fresh_at,
                position=replica.position,
                held=replica.kinds,
            )
        return self._view

    def quiet(self, now: float) -> bool:
        """Whether there is nothing to do at this moment of station time; see `AgentHealth.quiet`."""
        alone = self.state is AgentState.ALONE
        return (
            self.state is not AgentState.RESYNCING
            and not self.listeners.pending
            and (self.follower.feed_known or alone)
            and self._minute_seen == floor_minute(now)
            and (alone or not (len(self.outbox) or self.reporter.untold))
            and self.worker.quiet(now)
        )

    def next_at(self, now: float) -> Instant | None:
        """When there is next something to do."""
        moments = (self.worker.next_at(), None if self._autonomy is None else self._autonomy.next_at(now))
        earliest = min((moment for moment in moments if moment is not None), default=None)
        return None if earliest is None else Instant(math.ceil(earliest))

    # What is done here.

    def after_work(self) -> None:
        """The performer has begun or finished something."""
        self.reporter.report()
        self.worker.arm()

    def act(self, act: LocalAct) -> None:
        """Take in what a person did at the subsystem's own page; see `Agent.act`."""
        check_sendable(act)
        if self._autonomy is None:
            self.would(act)
            self.outbox.record_act(act)
        else:
            changed = self._autonomy.act(act_input(act))
            self.outbox.record_act(act)
            self.worker.changed(changed)
            self._changed()
        self.reporter.report()

    def would(self, act: LocalAct) -> Changes:
        """What an act would change, as the embedded kernel sees it; see `Agent.would`."""
        if self._autonomy is not None:
            return self._autonomy.would(act_input(act))
        return would_change(act_input(act), self.follower.replica, self._settings.task_kinds, self.follower.grade)

    # The link says.

    def hello(self) -> Hello:
        """The first message on a new connection."""
        return Hello(
            identity=self._settings.identity,
            token=self._credentials.token,
            level=Level.B,
            executes=self._settings.task_kinds,
            held=self.follower.replica.position,
        )

    def heard(self, event: ClientEvent) -> None:
        """The hub said something; what it says in a session that goes on is a sign of life."""
        if not isinstance(event, Welcome | Breach | Error | Bye):
            self.standing.heard()
        match event:
            case Welcome():
                self.standing.opened(event.heartbeat / 1000)
                self.follower.subscribe()
                self.standing.beat()
                self.reporter.connected()
            case Received():
                self._on_received(event)
            case Command():
                self.desk.take(event)
            case Error(code="forbidden"):
                self._tell_refused(self.acts.give_up(self.outbox.refused(), event.text or "the hub forbids it"))
            case _:
                self.follower.heard(event)

    def lost(self, ending: Ending) -> None:
        """The session is over."""
        self.follower.lost()
        self.reporter.lost()
        self._stop_waiting_for_acts()
        if self.running and ending.code == "silent":
            self.standing.unheard()
        elif self.running:
            self.standing.lost()

    def _equipment_changed(self) -> None:
        self.reporter.equipment_changed()

    def _on_received(self, received: Received) -> None:
        acts = self.reporter.received(received.number)
        if not acts:
            return
        self._tell_refused(self.acts.taken_in(acts, received.refusals))
        if self._acts_wait is not None and not self.outbox.acts:
            # What the hub made of them comes before its next heartbeat, which proves it, if we ask anew.
            self.follower.subscribe()

    # The follower says.

    def replaced(self) -> None:
        """A snapshot has come."""
        self.worker.replaced(self.follower.replica.tasks)
        self._changed()

    def updated(self, puts: Sequence[Resource], deletes: Sequence[tuple[str, str]]) -> None:
        """An update has come."""
        self.worker.updated(puts, deletes)
        self._changed()

    def feed_told(self, *, regraded: bool) -> None:
        """The hub has said how old the feed is."""
        self._view = None
        self.worker.run()
        if regraded:
            self._tell()

    def whole(self) -> None:
        """The replica is proved."""
        self.link.proved()
        self._view = None
        if self.state is AgentState.RESYNCING and self.outbox.acts:
            if self._acts_wait is None:
                self._acts_wait = self._reactor.callLater(ACTS_S, self._on_whole)
        else:
            self._on_whole()

    def doubted(self) -> None:
        """The replica is not whole; a snapshot is to come."""
        self.standing.doubted()

    def _on_whole(self) -> None:
        self._stop_waiting_for_acts()
        self.standing.whole()
        self._tell_refused(self.acts.proved(self.follower.replica))

    def _stop_waiting_for_acts(self) -> None:
        if self._acts_wait is not None and self._acts_wait.active():
            self._acts_wait.cancel()
        self._acts_wait = None

    def _tell_refused(self, refused: tuple[RefusedAct, ...]) -> None:
        for one in refused:
            _LOG.warning(
                "act-not-taken", act=one.act.id, by=one.act.by, problem=one.problem, todo="do it at the console"
            )
            for listener in self.on_refused:
                listener(one)
        if refused:
            self._tell()

    # Whether there is a hub.

    def _entered(self) -> None:
        if self.state is AgentState.ALONE:
            self._go_alone()
        elif self.state is AgentState.ONLINE and self._autonomy is not None:
            self._autonomy = None
            self.worker.replaced(self.follower.replica.tasks)
        self._changed()

    def _go_alone(self) -> None:
        self._autonomy = None
        replica = self.follower.replica
        if replica.configuration is None:
            return  # nothing has ever been received: there is nothing to go on with
        kinds = frozenset(self._settings.task_kinds)
        try:
            self._autonomy = Autonomy(replica=replica, kinds=kinds, now=self._clock.now())
        except StationError as error:
            _LOG.error("no-autonomy", problem=error.message, todo="the replica is shown as it was; look at the hub")
            return
        for given in self.outbox:
            if isinstance(given, TaskResult):
                self._autonomy.result(given)
                continue
            try:
                self.worker.changed(self._autonomy.act(act_input(given)))
            except Refused as refused:
                _LOG.warning("act-not-applied", act=given.id, problem=refused.message, todo="nothing: the hub decides")

    def _on_silent(self) -> None:
        if self.link.hub is not None:
            self.link.give_up("its heartbeats are missing")

    def _send_beat(self) -> None:
        if self.link.hub is not None:
            held = self.follower.replica.position
            self.link.send(ClientHeartbeat(position=held, digest=None if held is None else self.follower.digest()))

    # Work.

    def _may_work(self) -> bool:
        """While a hub is there that may know better, nothing is done on what may be behind: a resync is short."""
        return self.running and self.state is not AgentState.RESYNCING

    def _on_result(self, given: TaskResult) -> None:
        if self._autonomy is not None:
            self._autonomy.result(given)
            self._view = None
            self._tell()

    def _feed_age(self) -> FeedAge:
        told = self.state is AgentState.ONLINE and self.follower.feed_known
        fresh = told and self.follower.grade is FeedGrade.FRESH
        return FeedAge(fresh=fresh, fresh_at=self.follower.fresh_at)

    def _tell(self) -> None:
        if self.running:
            self.listeners.tell_soon()

    def _changed(self) -> None:
        self._view = None
        self.worker.run()
        self._tell()

    def _on_minute(self) -> None:
        now = self._clock.now()
        minute = floor_minute(now)
        self._minute = self._timer.call_at(minute + MINUTE, self._on_minute)
        if self._autonomy is not None:
            self._autonomy.tick(now)
        if self._minute_seen is None or minute // HOUR != self._minute_seen // HOUR:
            self.worker.forget(Instant(minute - self._settings.remember_days * DAY))
        self._minute_seen = minute
        self._view = None
        self.worker.run()
        self.listeners.tell()
