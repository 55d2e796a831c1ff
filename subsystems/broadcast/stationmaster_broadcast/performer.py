"""Does announcements: from the agent's offer to its end, zone by zone.

An offer is queued in its zone and its sound is made, if it is not there already. When the zone is free and the sound
is there, the agent is told *begun*, then it plays; at its end the agent is told how it ended. Everything that has
been offered in one turn of the reactor is looked at together in the next, so that what comes first never depends on
the order of the news, and all free zones of one announcement begin together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster_agent.work import Work
from stationmaster_base.clock import StationClock, whole
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, local_date, local_hhmm
from stationmaster_broadcast.plays import Play, PlayLog, play_of
from stationmaster_broadcast.queue import Waiting, ZoneQueue, may_interrupt
from stationmaster_broadcast.recording import Recipe, Recording, speech_texts
from stationmaster_broadcast.sinks import FileSink, Loudspeaker, Sounding, sound_name
from stationmaster_broadcast.studio import NOW, Studio
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.values import TaskState
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["BroadcastPerformer", "PerformerFigures", "Playing", "Reporter", "ZoneState"]

_LOG = get_logger("performer")


class Reporter(Protocol):
    """What the performer needs of the agent."""

    def begin(self, work: Work) -> None:
        """It begins; on disk when this returns."""

    def finish(self, work: Work, state: TaskState, detail: str = "") -> None:
        """It has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What plays in one zone; `ends` is the station time at which it will have ended, a whole second."""

    work: Work
    play: Play
    ends: Instant
    soundings: tuple[Sounding, ...]


@dataclass(slots=True)
class ZoneState:
    """One zone: what plays and what waits."""

    playing: Playing | None = None
    queue: ZoneQueue = field(default_factory=ZoneQueue)


@dataclass(slots=True)
class PerformerFigures:
    """Counts for the metrics: plays by outcome, and what became too old while it waited."""

    outcomes: dict[str, int] = field(default_factory=dict)
    too_old: int = 0


class BroadcastPerformer:
    """The agent's performer of announcements.

    Args:
        reactor: machine time, for looking at all that came together in the next turn.
        clock: station time.
        studio: makes the sounds.
        sink: where they go.
        loudspeaker: where they are heard as well, if there is one.
        plays: proof of play.
        configuration: the station as the replica has it; None before it has any.

    """

    def __init__(
        self,
        *,
        reactor: MachineTime,
        clock: StationClock,
        studio: Studio,
        sink: FileSink,
        loudspeaker: Loudspeaker | None,
        plays: PlayLog,
        configuration: Callable[[], Configuration | None],
    ) -> None:
        self.zones: dict[str, ZoneState] = {}
        self.figures = PerformerFigures()
        self._reactor = reactor
        self._clock = clock
        self._studio = studio
        self._sink = sink
        self._loudspeaker = loudspeaker
        self._plays = plays
        self._configuration = configuration
        self._reporter: Reporter | None = None
        self._listeners: list[Callable[[], None]] = []
        self._look: DelayedCall | None = None
        self._preparing: set[str] = set()
        self._settling: list[Deferred[None]] = []

    def bind(self, reporter: Reporter) -> None:
        """Say whom begin and finish are told; once, before anything is offered."""
        self._reporter = reporter

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever what plays or waits has changed."""
        self._listeners.append(listener)

    def offer(self, work: Work) -> None:
        """It is due now; see `stationmaster_agent.work.Performer`."""
        waiting = Waiting(work=work, recipe=self._studio.recipe(self._texts(work)))
        self._zone(work.target).queue.put(waiting)
        self._prepare(waiting.recipe)
        self._look_soon()

    def retract(self, work: Work) -> None:
        """It is not to be done any more."""
        if self._zone(work.target).queue.remove(work):
            self._look_soon()

    def quiet(self) -> bool:
        """Whether nothing can be begun at the present station time, and no sound that could be is being made."""
        return self._look is None and not any(self._turn(zone) for zone in self.zones.values())

    def next_at(self) -> Instant | None:
        """When the next sound ends."""
        return min((zone.playing.ends for zone in self.zones.values() if zone.playing), default=None)

    def settled(self) -> Deferred[None]:
        """Fires when `quiet`, which may be now."""
        if self.quiet():
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._settling.append(waiting)
        return waiting

    def stop(self) -> None:
        """End what plays: the process is going down in order."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        for zone in self.zones.values():
            if zone.playing is not None:
                self._cut(zone, zone.playing, "the subsystem was stopped")

    def _texts(self, work: Work) -> tuple[tuple[str, str], ...]:
        configuration = self._configuration()
        return speech_texts(work.task, configuration.station.languages if configuration else ())

    def _zone(self, target: str) -> ZoneState:
        return self.zones.setdefault(target, ZoneState())

    def _turn(self, zone: ZoneState) -> Waiting | None:
        """The announcement whose turn it is in this zone; None while another one has it."""
        first = zone.queue.first()
        if first is None or (zone.playing is not None and not may_interrupt(first.work, zone.playing.work)):
            return None
        return first

    def _prepare(self, recipe: Recipe) -> None:
        if recipe.key in self._preparing:
            return
        self._preparing.add(recipe.key)
        self._studio.prepare(recipe, NOW).addCallbacks(
            self._prepared, self._not_prepared, callbackArgs=(recipe,), errbackArgs=(recipe,)
        )

    def _prepared(self, _recording: Recording, recipe: Recipe) -> None:
        self._preparing.discard(recipe.key)
        self._look_soon()

    def _not_prepared(self, failure: Failure, recipe: Recipe) -> None:
        self._preparing.discard(recipe.key)
        for zone in self.zones.values():
            for waiting in zone.queue.ordered():
                if waiting.recipe.key == recipe.key:
                    zone.queue.remove(waiting.work)
                    self._fail(waiting.work, failure.getErrorMessage())
        self._look_soon()

    def _look_soon(self) -> None:
        if self._look is None:
            self._look = self._reactor.callLater(0, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        now = self._clock.now()
        for target in sorted(self.zones):
            self._look_at(self.zones[target], now)
        for listener in self._listeners:
            listener()
        if self.quiet():
            settling, self._settling = self._settling, []
            for waiting in settling:
                waiting.callback(None)

    def _look_at(self, zone: ZoneState, now: float) -> None:
        for dropped in zone.queue.drop_too_old(now):
            self.figures.too_old += 1
            _LOG.info("too-old", task=dropped.work.task.id, zone=dropped.work.target)
        while (first := self._turn(zone)) is not None:
            recording = self._studio.ready(first.recipe)
            if recording is None:
                self._prepare(first.recipe)
                return
            if zone.playing is not None:
                self._cut(zone, zone.playing, f"interrupted by {first.work.task.id}")
            zone.queue.remove(first.work)
            self._begin(zone, first.work, recording, now)

    def _begin(self, zone: ZoneState, work: Work, recording: Recording, now: float) -> None:
        try:
            self._agent.begin(work)
        except StationError as error:
            _LOG.warning("not-begun", task=work.task.id, zone=work.target, problem=error.message, todo="none")
            return
        begun = whole(now)
        play = replace(
            play_of(work.task, work.target, self._texts(work)),
            begun=begun,
            seconds=recording.seconds,
            sha256=recording.sha256,
        )
        try:
            play = replace(play, file=self._sink.place(recording, *self._file_name(work, begun)))
            self._plays.begin(play)
        except OSError as error:
            self._ended(work, replace(play, ended=begun), TaskState.FAILED, f"the sound cannot be written: {error}")
            return
        ends = Instant(math.ceil(round(now + recording.seconds, 3)))
        soundings = [self._sink.play(ends, lambda: self._played(zone, work))]
        if self._loudspeaker is not None:
            soundings.append(self._loudspeaker.play(recording))
        zone.playing = Playing(work=work, play=play, ends=ends, soundings=tuple(soundings))

    def _played(self, zone: ZoneState, work: Work) -> None:
        playing = zone.playing
        if playing is None or playing.work is not work:
            return
        zone.playing = None
        self._ended(work, replace(playing.play, ended=playing.ends), TaskState.DONE)
        self._look_soon()

    def _cut(self, zone: ZoneState, playing: Playing, why: str) -> None:
        zone.playing = None
        for sounding in playing.soundings:
            sounding.stop()
        ended = replace(playing.play, ended=whole(self._clock.now()))
        self._ended(playing.work, ended, TaskState.INTERRUPTED, why)

    def _fail(self, work: Work, why: str) -> None:
        play = play_of(work.task, work.target, self._texts(work))
        self._ended(work, replace(play, ended=whole(self._clock.now())), TaskState.FAILED, why)

    def _ended(self, work: Work, play: Play, state: TaskState, detail: str = "") -> None:
        self.figures.outcomes[state.value] = self.figures.outcomes.get(state.value, 0) + 1
        try:
            self._plays.end(replace(play, outcome=state.value, detail=detail))
        except OSError as error:
            _LOG.error("play-not-logged", task=play.task, problem=str(error), todo="see that the disk has room")
        try:
            self._agent.finish(work, state, detail)
        except StationError as error:
            _LOG.warning("end-not-reported", task=play.task, zone=play.target, problem=error.message, todo="none")

    def _file_name(self, work: Work, begun: Instant) -> tuple[str, str]:
        """Folder and name of the sound: the service date, and when, where, what."""
        configuration = self._configuration()
        zone = ZoneInfo(configuration.station.zone if configuration else "UTC")
        parts = work.task.call.split("/")
        day = parts[1] if len(parts) == 4 else local_date(begun, zone).isoformat()
        number = unquote(parts[2]) if len(parts) == 4 else "station"
        time = f"{local_hhmm(begun, zone).replace(':', '')}{begun % 60:02d}"
        return day, sound_name(time, work.target, number, work.task.rule)

    @property
    def _agent(self) -> Reporter:
        if self._reporter is None:
            raise RuntimeError("offered before bind")
        return self._reporter
