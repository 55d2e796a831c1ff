"""Wiring a hub: everything that it consists of, and the order in which it comes up and goes down."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks, maybeDeferred, succeed
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from stationmaster.hub.alarms.alarming import Alarming, Keeping
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.hub_signs import ClockSigns
from stationmaster.hub.alarms.line_signs import LineSigns
from stationmaster.hub.audit.assembly import Machinery, desks_of
from stationmaster.hub.day import StationDay
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.feeding.leaps import LeapWatch
from stationmaster.hub.feeding.line_opening import lines_of, open_lines
from stationmaster.hub.feeding.masters import clock_health, hub_masters, vouched
from stationmaster.hub.health import hub_health
from stationmaster.hub.hub_figures import watch_hub
from stationmaster.hub.metrics import HubMetrics
from stationmaster.hub.open_protocol.entrance import Entrance
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.hub.open_protocol.side import ProtocolSide, entry_of
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.plan_desk.build import PlanDeskService
from stationmaster.hub.reload import Reloader
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.keeper import JournalKeeper
from stationmaster.hub.storage.store import Loaded, Probe, Store
from stationmaster.hub.subsystems.watching import Watching
from stationmaster.hub.view import HubView
from stationmaster.hub.web.api import HubApi
from stationmaster.hub.web.changes_stream import journal_reader
from stationmaster.hub.web.routes import Parts, install_routes
from stationmaster.hub.writer import Writer, WriterThread
from stationmaster.station.check import LayoutCheck
from stationmaster.station.load import Station, load_station
from stationmaster.station.plans import plan_day
from stationmaster.station.replacing import finish_replacing
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.timekeeping import ClockQuality
from stationmaster_base.times import Instant
from stationmaster_clock.judge import Verdict
from stationmaster_clock.masters import ClockMasters
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_kernel.state import State
from stationmaster_protocol.server import ProtocolServer, ProtocolSettings
from stationmaster_service.face import Face
from stationmaster_service.interfaces import DelayedCall
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["AddFace", "Hub", "build"]

_LOG = get_logger("hub")

AddFace = Callable[[HubView, Face], None]
"""Adds pages to the hub's face; how the console comes in."""

PRESENCE_HEARTBEATS = 3
"""Heartbeats after a start within which executors are expected back."""


def build(
    running: Running,
    faces: Sequence[AddFace] = (),
    probe: Probe = lambda _: None,
    layout_check: LayoutCheck | None = None,
) -> Hub:
    """The hub of a process.

    Args:
        running: what the process gives.
        faces: add their pages.
        probe: told the points that the pipeline passes; for tests that end the process there.
        layout_check: what draws boards, asked about layouts that somebody drafts.

    Raises:
        ConfigurationError: with all faults of the settings or of the station's folder.

    """
    settings = HubSettings.from_table(running.table.table("hub"), running.folder)
    masters = hub_masters(running)
    running.table.faults.raise_if_any()
    finish_replacing(settings.station)
    station = load_station(settings.station)
    for warning in station.warnings:
        _LOG.warning("station-folder", says=str(warning), todo="see what it says; the station runs all the same")
    return Hub(settings, station, running, faces, probe, masters=masters, layout_check=layout_check)


class Hub(Service):
    """The hub's processes and their order.

    The pages come first, so that a person sees why the rest does not come: the store, what the day needs, and when
    that is committed the subsystems and the line.
    """

    def __init__(
        self,
        settings: HubSettings,
        station: Station,
        running: Running,
        faces: Sequence[AddFace],
        probe: Probe,
        *,
        masters: ClockMasters | None = None,
        layout_check: LayoutCheck | None = None,
    ) -> None:
        self._masters = masters
        self._settings = settings
        self._running = running
        self._reactor = running.reactor
        clock, timer, reactor, boot = running.clock, running.timer, running.reactor, running.new_boot_id()
        metrics = HubMetrics(running.registry)
        self._thread = WriterThread(reactor)
        self._reader = WriterThread(reactor, "journal")
        self._store = Store(settings.database, running.new_boot_id, probe)
        self._leaps = LeapWatch(clock.now, reactor.seconds, None if masters is None else partial(vouched, masters))
        self._pipeline = Pipeline(
            store=self._store,
            writer=Writer(self._store, reactor.seconds),
            in_thread=self._thread,
            reactor=reactor,
            state=State.empty(Instant(0)),  # the first input tells the time, which may not be known yet
            metrics=metrics,
            fail=running.fail,
            probe=probe,
            stamp=self._leaps.stamp,
        )
        self._keeper = JournalKeeper(
            store=self._store,
            url=settings.database,
            in_writer=self._thread,
            in_reader=self._reader,
            reactor=reactor,
            zone=ZoneInfo(station.configuration.station.zone),
            keep_days=settings.keep_days,
            state=lambda: self._pipeline.state,
        )
        self._feed = FeedIntake(self._pipeline, clock, boot)
        self._executors = ExecutorBook(self._pipeline, clock, boot)
        self._day = StationDay(
            configuration=station.configuration,
            plan_day=partial(plan_day, station),
            pipeline=self._pipeline,
            clock=clock,
            timer=timer,
            boot=boot,
            days_ahead=settings.plan_days,
            doubted=lambda: self._leaps.doubted,
        )
        alarms = AlarmBook(clock.now, reactor.seconds)
        self.view = HubView(
            pipeline=self._pipeline, feed=self._feed, subsystems=settings.subsystems, clock=clock, alarms=alarms
        )
        self.view.drill = settings.drill
        clock_signs = ClockSigns(self._quality, self._verdict, settings.watch.holdover_s)
        for source in (self._leaps.signs, LineSigns(self.view.line, lambda: clock.rate), clock_signs):
            alarms.watch(source)
        self._watching = Watching(
            view=self.view,
            pipeline=self._pipeline,
            alarms=alarms,
            settings=settings.watch,
            timer=timer,
            seconds=reactor.seconds,
        )
        self._alarming = Alarming(
            book=alarms,
            view=self.view,
            watching=self._watching,
            wiring=lambda: self._reloader.station.wiring,
            verdict=self._verdict,
            keeping=Keeping(self._store, settings, self._pipeline, self._thread, self._reader),
            reactor=reactor,
        )
        self._entrance = Entrance(
            settings=settings,
            store=self._store,
            in_writer=self._thread,
            running=running,
            wall=time.time,
            random_bytes=os.urandom,
            known=self.view.may_connect,
        )
        side = ProtocolSide(
            pipeline=self._pipeline,
            feed=self._feed,
            executors=self._executors,
            door=self._entrance.door,
            clock=clock,
            watching=self._watching,
            quality=self._quality,
        )
        self._server = ProtocolServer(
            hub=side,
            settings=ProtocolSettings(heartbeat_s=settings.heartbeat_s),
            reactor=reactor,
            registry=running.registry,
        )
        face = Face(
            health=lambda: hub_health(self.view, timer, clock_health(self._masters)),
            clock=clock,
            timer=timer,
            registry=running.registry,
            settle=self._pipeline.when_idle,
            strict=True,
        )
        self._api = HubApi(self.view, face, reactor, journal_reader(settings.database, self._reader))
        machinery = Machinery(running, self._store, self._pipeline, in_writer=self._thread, in_reader=self._reader)
        self._audit, self._people = desks_of(settings, station, machinery, boot)
        askers = self._people.askers
        running.registry.register(self._watching.install(face, askers, self._audit.confirming.held))
        self._audit.listen(self._pipeline, alarms, self._watching.desk)
        self._entrance.install(face, askers)
        self._alarming.install(face, askers, self._audit.log, self._api.stream.alarms_changed)
        self._reloader = Reloader(
            station=station,
            day=self._day,
            state=lambda: self._pipeline.state,
            now=clock.now,
            in_thread=self._reader,
        )
        parts = Parts(
            settings=settings,
            view=self.view,
            pipeline=self._pipeline,
            askers=askers,
            people=self._people,
            reactor=reactor,
            in_reader=self._reader,
            boot=boot,
            zone=ZoneInfo(station.configuration.station.zone),
            alarms=alarms,
            audit=self._audit,
            boards=self._watching.boards,
            equipment=self._watching.equipment_book,
            stream=self._api.stream,
            recent=self._api.stream.recent,
            proofs=self._watching.proofs,
            reloader=self._reloader,
            masters=self._masters,
            leaps=self._leaps,
        )
        install_routes(face, parts)
        self._plan_desk = PlanDeskService(
            folder=settings.station,
            reloader=self._reloader,
            state=lambda: self._pipeline.state,
            now=clock.now,
            days=settings.plan_days,
            reactor=reactor,
            where_read=self._reader,
            layout_check=layout_check,
        )
        self._plan_desk.install(face, askers, self._audit.log)
        running.on_hangup(self._reload)
        for add in faces:
            add(self.view, face)
        self._pages = Listening(reactor, face.site(), settings.listen, settings.port)
        self._protocol = self._entrance.port(self._server)
        self._lines = lines_of(settings, station.configuration.station.telecode, reactor.seconds)
        self._line: LineReceiver | None = None
        self._reconciling: DelayedCall | None = None
        self._listen()
        watch_hub(metrics, self._pipeline, self.view, alarms)

    def _listen(self) -> None:
        """Have all be told what is committed, and what else concerns them."""
        self._pipeline.on_commit(self._committed)
        self._pipeline.on_commit(self._reloader.committed)
        self._pipeline.on_commit(self._keeper.committed)
        self._pipeline.on_commit(self._people.committed)
        for begin_anew in (
            self._server.new_epoch,
            self._api.begun_again,
            self._entrance.begun_anew,
            self._people.begun_anew,
        ):
            self._pipeline.on_new_beginning(begin_anew)
        self._feed.on_grade(self._server.feed_changed)

    def _quality(self) -> ClockQuality | None:
        return None if self._masters is None else self._masters.quality()

    def _verdict(self) -> Verdict | None:
        return None if self._masters is None else self._masters.verdict

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._pages.startService()
        if self._masters is not None:
            self._masters.startService()
        self._thread.startService()
        self._reader.startService()
        self._plan_desk.startService()
        self._entrance.startService()
        self._pipeline.open().addCallback(self._loaded).addErrback(self._failed)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Stop taking in, finish what is with the writer, say goodbye."""
        Service.stopService(self)
        self._day.end()
        if self._masters is not None and self._masters.running:
            self._masters.stopService()
        if self._reconciling is not None and self._reconciling.active():
            self._reconciling.cancel()
        if self._line is not None:
            self._line.stopService()
        return self._wind_up()

    @inlineCallbacks
    def _wind_up(self) -> Generator[Deferred[Any], Any, None]:
        yield maybeDeferred(self._protocol.stopService)
        self._server.stop()
        yield deferLater(cast("Any", self._reactor), 0)  # one turn of the reactor, in which the goodbyes are written
        yield self._keeper.stop()
        yield self._people.stop()
        yield self._alarming.stop()
        yield self._pipeline.stop()
        self._plan_desk.stopService()
        self._audit.stop()
        self._reader.stopService()
        self._entrance.stopService()
        self._thread.stopService()
        self._store.close()
        self._api.stop()
        yield maybeDeferred(self._pages.stopService)

    def _loaded(self, loaded: Loaded) -> Deferred[None]:
        _LOG.info("store-read", epoch=loaded.position.epoch, head=loaded.position.sequence)
        self._api.loaded(loaded)
        reading = self._keeper.begin().addCallback(lambda _: self._entrance.load())
        reading.addCallback(lambda _: self._audit.begin()).addCallback(lambda _: self._people.load())
        reading.addCallback(lambda _: self._alarming.load())
        return reading.addCallback(self._time_known).addCallback(lambda _: self._begin_day(loaded))

    def _time_known(self, _: object) -> Deferred[None]:
        """Wait for the masters of time, but not for ever: what the day hangs on should not be set afterwards."""
        return succeed(None) if self._masters is None else self._masters.ready()

    def _begin_day(self, loaded: Loaded) -> Deferred[None]:
        if not self.running:
            return succeed(None)
        self.view.loaded(loaded.tail)
        self._leaps.begin(self._pipeline.state.facts.ticked)
        self._feed.loaded()
        self._executors.loaded()
        self._day.begin(fresh=loaded.state is None)
        return self._pipeline.when_idle().addCallback(lambda _: self._people.begin()).addCallback(self._ready)

    def _ready(self, _: None) -> None:
        """The day is committed: let subsystems and the line in."""
        if not self.running:
            return
        if not self._settings.drill:
            self._protocol.startService()
        self._line = open_lines(self._settings, self._lines, self._feed, self._running)
        self.view.attach(self._server, self._line)
        self._watching.attach(self._server)
        self._api.start()
        self._alarming.start()
        self._reloader.begin()
        grace = PRESENCE_HEARTBEATS * self._settings.heartbeat_s
        self._reconciling = self._reactor.callLater(grace, self._executors.reconcile)
        _LOG.info("up", head=self._pipeline.position.sequence, calls=len(self.view.state.calls))

    def _reload(self) -> None:
        """Read the station's folder again, as SIGHUP asks; what comes of it stands in the log."""
        self._reloader.reload().addErrback(self._not_reloaded)

    def _not_reloaded(self, failure: Failure) -> None:
        if not failure.check(StationError):
            _LOG.error("reload-failed", problem=failure.getTraceback())
            return
        _LOG.warning("reload-refused", problem=str(failure.value), todo="mend it and send SIGHUP again")

    def _committed(self, committed: Sequence[Committed]) -> None:
        self._server.publish([entry_of(each.stored) for each in committed])
        self._api.committed(committed)
        if any(each.input_kind in ("tick", "configure") for each in committed):
            self._feed.try_again()

    def _failed(self, failure: Failure) -> None:
        error = failure.value
        if not isinstance(error, StationError):
            _LOG.error("start-failed", problem=failure.getTraceback())
            error = StationError("hub-fault", f"The hub cannot start: {error!r}.", "Report this with the log.")
        self._running.fail(error)
