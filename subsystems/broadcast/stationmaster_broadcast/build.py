"""Wires one broadcast process: agent, performer, studio, engine, sinks, pages. Everything comes in as an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.threads import deferToThreadPool

from stationmaster_agent.agent import Agent
from stationmaster_agent.desk import Desk
from stationmaster_agent.machine import AgentState
from stationmaster_agent.page import StatusPage
from stationmaster_base.health import Health
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.commands import BroadcastCommands
from stationmaster_broadcast.emergencies.hand_volume import HandVolume
from stationmaster_broadcast.emergencies.urgent import Urgent, build_urgent
from stationmaster_broadcast.hearing import Hearing
from stationmaster_broadcast.local_pages import local_desk
from stationmaster_broadcast.loudspeakers.output_build import build_outputs
from stationmaster_broadcast.loudspeakers.output_pages import OutputPages
from stationmaster_broadcast.loudspeakers.outputs import LoudspeakerAlone, Together
from stationmaster_broadcast.loudspeakers.sinks import FileSink, Loudspeaker, loudspeaker_command
from stationmaster_broadcast.pages import Pages
from stationmaster_broadcast.settings import BroadcastSettings
from stationmaster_broadcast.speech.ahead import Ahead
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.engine import EngineParts, SpeechEngine, degraded, engine_factory
from stationmaster_broadcast.speech.pronunciation import Pronunciations, shipped_pronunciations
from stationmaster_broadcast.speech.studio import Offload, Studio
from stationmaster_broadcast.zones.holds import Holds
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_broadcast.zones.plays import PlayLog
from stationmaster_broadcast.zones.shelves import Shelves
from stationmaster_service.face import Face
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["Broadcast", "build", "thread_offload"]

_LOG = get_logger("broadcast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """The parts of a broadcast process, joined."""

    service: Service
    agent: Agent
    performer: BroadcastPerformer
    studio: Studio
    plays: PlayLog
    listening: Listening
    urgent: Urgent


class _Sounds(Service):
    """Starts and ends what makes and plays sounds."""

    def __init__(
        self,
        engine: SpeechEngine,
        performer: BroadcastPerformer,
        *,
        ahead: Ahead,
        pages: Pages,
        desk: Desk,
        urgent: Urgent,
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._urgent = urgent
        self._performer = performer
        self._ahead = ahead
        self._pages = pages

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._engine.start()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        self._pages.stop()
        self._desk.stop()
        self._ahead.stop()
        self._urgent.hush()
        self._performer.shut_down()
        return self._engine.stop()


class _Parts(Service):
    """Starts its parts in order. Ends the first first, while the others still take down how it ended."""

    def __init__(self, *parts: Service) -> None:
        self._parts = parts
        self._started: list[Service] = []

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        for part in self._parts:
            self._started.append(part)
            part.startService()

    def stopService(self) -> Deferred[Any]:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        first, others = self._started[:1], self._started[1:]
        self._started = []
        return _all_stopped(first).addCallback(lambda _: _all_stopped(others))


def _all_stopped(parts: list[Service]) -> Deferred[Any]:
    ending = [part.stopService() for part in parts if part.running]
    return DeferredList([end for end in ending if isinstance(end, Deferred)])


def thread_offload(reactor: Any) -> Offload:
    """Runs functions in the reactor's threads."""

    def offload(function: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), function)

    return offload


def build(
    running: Running, settings: BroadcastSettings, *, environment: Mapping[str, str], offload: Offload
) -> Broadcast:
    """Join the parts.

    Args:
        running: the process.
        settings: what the file says.
        environment: the process's, for the speech engine.
        offload: runs what takes long away from the reactor.

    Raises:
        StationError: a folder cannot be used, or the engine's settings are wrong.

    """
    reactor, clock, timer = running.reactor, running.clock, running.timer
    engine = engine_factory(settings.engine)(
        EngineParts(reactor=reactor, environment=environment, table=settings.speech, folder=running.folder)
    )
    settings.speech.faults.raise_if_any()
    pronunciations = Pronunciations([*settings.pronunciations, *shipped_pronunciations()])
    studio = Studio(
        engine=engine,
        cache=SoundCache(settings.sounds / "cache", settings.cache_bytes),
        pronunciations=pronunciations,
        reactor=reactor,
        offload=offload,
    )
    plays = PlayLog(settings.sounds)
    boot = running.new_boot_id()
    loudspeaker = _loudspeaker(running, settings)

    def zones() -> list[str]:
        configuration = agent.view.configuration
        return [zone.id for zone in configuration.zones] if configuration else []

    speakers = build_outputs(
        running,
        settings.outputs,
        settings.amplifiers,
        settings.routes,
        pronunciations=pronunciations,
        zones=zones,
        sounds=settings.sounds,
    )
    volume = HandVolume(settings.sounds / "volume.json")
    performer = BroadcastPerformer(
        reactor=reactor,
        timer=timer,
        studio=studio,
        sink=FileSink(settings.sounds, timer),
        outputs=Together(speakers.outputs, LoudspeakerAlone(loudspeaker)) if loudspeaker else speakers.outputs,
        plays=plays,
        rules=settings.queue,
        configuration=lambda: agent.view.configuration,
        calls=lambda name: agent.view.calls.get(name),  # noqa: PLW0108 - each time another view
        by_hand=volume.gain_db,
        holds=Holds(settings.sounds / "holds.json"),
    )
    commands = BroadcastCommands(
        control=lambda: urgent.control,
        clock=clock,
        device=lambda name: agent.devices.get(name),  # noqa: PLW0108 - the agent comes after it
        language=lambda: _first_language(agent),
    )
    agent = Agent(
        settings.agent, reactor=reactor, clock=clock, timer=timer, performer=performer, boot=boot, commands=commands
    )
    performer.bind(agent)
    urgent = build_urgent(
        running,
        settings.urgent,
        performer=performer,
        studio=studio,
        agent=agent,
        volume=volume,
        members=settings.queue.plan.members,
        trouble=speakers.outputs.trouble,
        wired=[zone for output in settings.outputs for zone in (*output.zones, *output.spare)],
        boot=boot,
    )
    speakers.telling.bind(agent)
    ahead = Ahead(
        reactor=reactor,
        clock=clock,
        studio=studio,
        minutes=settings.ahead_minutes,
        tasks=lambda: agent.view.tasks,
        recipe=performer.recipe,
    )

    def health() -> Health:
        mine = agent.health()
        ends = [at for at in (mine.next_at, performer.next_at(), urgent.next_at()) if at is not None]
        trouble = studio.problem or degraded(engine) or urgent.problem
        unheard = speakers.telling.problem
        well = not trouble and not unheard and not performer.problem and mine.state is AgentState.ONLINE and mine.stored
        return Health(
            process="broadcast",
            status="ok" if well else "degraded",
            quiet=mine.quiet and performer.quiet(),
            next_at=min(ends, default=None),
            more={
                **mine.keys(),
                "speech": trouble or "ok",
                "outputs": unheard or "ok",
                "queue": performer.problem or "ok",
                "played": plays.last,
                "emergencies": len(urgent.emergencies.now),
                "inputs": list(urgent.inputs.given()),
            },
        )

    face = Face(health=health, clock=clock, timer=timer, registry=running.registry, settle=performer.settled)
    pages = Pages(
        face=face,
        reactor=reactor,
        performer=performer,
        studio=studio,
        plays=plays,
        view=lambda: agent.view,
        sounds=settings.sounds,
        boot=boot,
    )
    agent.on_change(lambda: pronunciations.follow(agent.view.configuration))
    StatusPage(face, agent, clock, "broadcast")
    OutputPages(face.app, speakers.outputs, speakers.feeding, speakers.log)
    Hearing(face=face, performer=performer, studio=studio, plays=plays, control=urgent.control, state=pages.state)
    desk = local_desk(
        running,
        settings.desk,
        face=face,
        agent=agent,
        control=urgent.control,
        state=pages.state,
        offload=offload,
        boot=boot,
    )
    agent.on_change(performer.review)
    agent.on_change(ahead.changed)
    agent.on_change(speakers.telling.review)
    agent.on_change(pages.changed)
    for changed in (pages.changed, desk.changed):
        performer.on_change(changed)
        urgent.emergencies.on_change(changed)
    _measure(running.registry, performer, studio, loudspeaker)

    listening = Listening(reactor, face.site(), settings.listen, settings.port)
    service = _Parts(
        _Sounds(engine, performer, ahead=ahead, pages=pages, desk=desk, urgent=urgent),
        agent,
        listening,
        speakers.service,
        urgent.service,
        Shelves(reactor, offload, settings.sounds, days=settings.keep_days, limit=settings.sounds_bytes),
    )
    return Broadcast(
        service=service,
        agent=agent,
        performer=performer,
        studio=studio,
        plays=plays,
        listening=listening,
        urgent=urgent,
    )


def _first_language(agent: Agent) -> str:
    """The language of words that a person gives without saying in which."""
    configuration = agent.view.configuration
    return configuration.station.languages[0] if configuration else "zh"


def _loudspeaker(running: Running, settings: BroadcastSettings) -> Loudspeaker | None:
    if settings.sink == "file":
        return None
    command = loudspeaker_command(settings.device)
    if not command:
        if settings.sink == "loudspeaker":
            _LOG.warning("no-loudspeaker", todo="install alsa-utils and a sound card, or set sink to file")
        return None
    return Loudspeaker(running.reactor, command)


class _Figures:
    """What the parts have counted, read when somebody asks."""

    def __init__(self, performer: BroadcastPerformer, studio: Studio, loudspeaker: Loudspeaker | None) -> None:
        self._performer = performer
        self._studio = studio
        self._loudspeaker = loudspeaker

    def collect(self) -> list[Metric]:
        outcomes = CounterMetricFamily(
            "stationmaster_announcements", "Announcements that have ended, by outcome.", labels=["outcome"]
        )
        for outcome, count in sorted(self._performer.figures.outcomes.items()):
            outcomes.add_metric([outcome], count)
        waiting = GaugeMetricFamily(
            "stationmaster_announcements_waiting", "Announcements that wait, by zone.", labels=["zone"]
        )
        for target, zone in sorted(self._performer.zones.items()):
            waiting.add_metric([target], len(zone.queue))
        sounds = CounterMetricFamily("stationmaster_sounds", "Sounds wanted, by what came of it.", labels=["outcome"])
        figures = self._studio.figures
        for outcome, count in (("made", figures.made), ("found", figures.found), ("failed", figures.failed)):
            sounds.add_metric([outcome], count)
        return [
            outcomes,
            waiting,
            sounds,
            CounterMetricFamily(
                "stationmaster_announcements_too_old", "Announcements dropped unsaid.", self._performer.figures.too_old
            ),
            CounterMetricFamily(
                "stationmaster_announcements_resumed",
                "Announcements that went on after an interruption.",
                self._performer.figures.resumed,
            ),
            CounterMetricFamily("stationmaster_sound_seconds", "Machine seconds spent on sounds.", figures.seconds),
            CounterMetricFamily(
                "stationmaster_loudspeaker_left_out",
                "Sounds that the loudspeaker was too busy for.",
                self._loudspeaker.left_out if self._loudspeaker else 0,
            ),
        ]


def _measure(
    registry: CollectorRegistry, performer: BroadcastPerformer, studio: Studio, loudspeaker: Loudspeaker | None
) -> None:
    registry.register(_Figures(performer, studio, loudspeaker))
