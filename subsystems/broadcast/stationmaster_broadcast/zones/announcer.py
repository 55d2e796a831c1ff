"""Says one thing in one zone, and writes that down: first in the agent's ledger, then in the record, then it sounds.

It decides nothing: whose turn it is, and what is cut for it, is the performer's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from stationmaster_agent.work import Work
from stationmaster_base.clock import StationClock, whole
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, local_date, local_hhmm
from stationmaster_broadcast.loudspeakers.outputs import Outputs, Saying, unheard
from stationmaster_broadcast.loudspeakers.sinks import FileSink, Sounding, sound_name
from stationmaster_broadcast.speech.recording import Recording, speech_texts
from stationmaster_broadcast.zones.classes import Interrupted
from stationmaster_broadcast.zones.plays import Pause, Play, PlayLog, play_of
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.volume import gain_db
from stationmaster_broadcast.zones.zone_state import Cut, Playing, Rider, ZoneState
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState

__all__ = ["Announcer", "PerformerFigures", "Reporter"]

_LOG = get_logger("announcer")


class Reporter(Protocol):
    """What broadcast needs of the agent."""

    def begin(self, work: Work) -> None:
        """It begins; on disk when this returns."""

    def finish(self, work: Work, state: TaskState, detail: str = "") -> None:
        """It has ended."""


@dataclass(slots=True)
class PerformerFigures:
    """Counts for the metrics: plays by outcome, what became too old while it waited, what was cut and went on."""

    outcomes: dict[str, int] = field(default_factory=dict)
    too_old: int = 0
    resumed: int = 0


class Announcer:
    """Begins, cuts, resumes and ends.

    Args:
        clock: station time.
        sink: where sounds go, and what times them.
        outputs: where they are heard as well.
        plays: proof of play.
        rules: how this station's announcements are made.
        configuration: the station as the replica has it; None before it has any.
        calls: a train's call as the replica has it.
        ended: is called with a zone and the moment when what played in it has come to its end.

    """

    def __init__(
        self,
        *,
        clock: StationClock,
        sink: FileSink,
        outputs: Outputs,
        plays: PlayLog,
        rules: QueueRules,
        configuration: Callable[[], Configuration | None],
        calls: Callable[[str], Call | None],
        ended: Callable[[str, Instant], None],
        by_hand: Callable[[str], float | None] = lambda _zone: None,
    ) -> None:
        self.figures = PerformerFigures()
        self._clock = clock
        self._sink = sink
        self._outputs = outputs
        self._plays = plays
        self._rules = rules
        self._configuration = configuration
        self._calls = calls
        self._free = ended
        self._by_hand = by_hand
        self._reporter: Reporter | None = None

    def bind(self, reporter: Reporter) -> None:
        """Say whom begin and finish are told; once, before anything is said."""
        self._reporter = reporter

    def texts(self, task: Task) -> tuple[tuple[str, str], ...]:
        """What it has to say, in the station's order of languages."""
        configuration = self._configuration()
        return speech_texts(task, configuration.station.languages if configuration else ())

    def begin(self, zone: ZoneState, works: Sequence[Work], recording: Recording, key: str, now: float) -> None:
        """Say `works`, which have the same words, in one; the first is the one whose turn it was.

        A work that the agent does not let begin is left out.
        """
        begun = whole(now)
        entries: list[tuple[Work, Play]] = []
        for work in works:
            try:
                self._agent.begin(work)
            except StationError as error:
                _LOG.warning("not-begun", task=work.task.id, zone=work.target, problem=error.message, todo="none")
                continue
            play = play_of(work.task, work.target, self.texts(work.task))
            entries.append((work, replace(play, begun=begun, seconds=recording.seconds, sha256=recording.sha256)))
        if not entries:
            return
        names = [work.task.id for work, _ in entries]
        try:
            file = self._sink.place(recording, *self._file_name(entries[0][0], begun))
            entries = [
                (work, replace(play, file=file, together=tuple(name for name in names if name != work.task.id)))
                for work, play in entries
            ]
            self._plays.begin(*(play for _, play in entries))
            recording = replace(recording, path=self._plays.path(file))  # the cache may lose it while it is interrupted
        except OSError as error:
            for work, play in entries:
                self._ended(work, replace(play, ended=begun), TaskState.FAILED, f"the sound cannot be written: {error}")
            return
        (work, play), *others = entries
        calls = [self._calls(work.task.call) for work, _ in entries if work.task.call]
        self._sound(
            zone,
            Playing(
                work=work,
                play=play,
                recording=recording,
                key=key,
                began=now,
                ends=begun,
                riders=tuple(Rider(work=each, play=its) for each, its in others),
                calls=tuple(call for call in calls if call is not None),
            ),
        )

    def seized(
        self, zone: ZoneState, work: Work, recording: Recording, now: float, *, by: str, ended: Callable[[], None]
    ) -> None:
        """Sound what somebody has who has seized the zone; the agent knows nothing of it.

        It is sounded even if the disk does not take the record of it.
        """
        begun = whole(now)
        play = replace(
            play_of(work.task, work.target, tuple((text.language, text.text) for text in work.task.texts)),
            begun=begun,
            seconds=recording.seconds,
            sha256=recording.sha256,
        )
        try:
            play = replace(play, file=self._sink.place(recording, *self._file_name(work, begun)))
            self._plays.begin(play)
        except OSError as error:
            _LOG.error("play-not-logged", task=play.task, problem=str(error), todo="see that the disk has room")
        made = Playing(work=work, play=play, recording=recording, key="", began=now, ends=begun, by=by, ended=ended)
        self._sound(zone, made)

    def resume(self, zone: ZoneState, cut: Cut, now: float) -> None:
        """Go on with what was cut."""
        zone.cuts.remove(cut)
        self.figures.resumed += 1
        playing = replace(cut.playing, began=now, from_s=cut.from_s).going_on(whole(now))
        self._changed(playing)
        self._sound(zone, playing)

    def cut(self, zone: ZoneState, why: str, *, may_resume: bool = True, drops: bool = False) -> None:
        """End what plays in the zone before its end; by its class it goes on later, or is over.

        `drops`: what cuts it lets nothing go on but music.
        """
        playing = zone.playing
        if playing is None:
            return
        self._silence(zone, playing)
        now = self._clock.now()
        then = self._rules.kind(playing.work.task).when_interrupted
        dropped = then is Interrupted.DROP or (drops and then is not Interrupted.RESUME)
        if not may_resume or dropped or playing.by:
            self.over(playing, TaskState.INTERRUPTED, why)
            return
        heard = playing.offset_at(now)
        if then is Interrupted.SENTENCE:
            from_s = max((mark for mark in playing.recording.marks if mark <= heard), default=0.0)
        else:
            from_s = heard
        playing = playing.with_pause(Pause(at=whole(now), why=why, heard_s=heard))
        zone.cuts.append(Cut(playing=playing, from_s=from_s, why=why))
        self._changed(playing)

    def drop(self, zone: ZoneState, cut: Cut, why: str) -> None:
        """What was cut does not go on."""
        zone.cuts.remove(cut)
        self.over(cut.playing, TaskState.INTERRUPTED, f"{cut.why}; {why}")

    def over(self, playing: Playing, state: TaskState, detail: str = "", at: Instant | None = None) -> None:
        """Everything that was said in one has ended so."""
        moment = whole(self._clock.now()) if at is None else at
        for work, play in playing.works():
            ended = replace(play, ended=moment)
            if playing.by:
                self._log(replace(ended, outcome=state.value, detail=detail))
            else:
                self._ended(work, ended, state, detail)
        if playing.ended is not None:
            playing.ended()

    def fail(self, work: Work, why: str) -> None:
        """It could not begin."""
        play = play_of(work.task, work.target, self.texts(work.task))
        self._ended(work, replace(play, ended=whole(self._clock.now())), TaskState.FAILED, why)

    def _sound(self, zone: ZoneState, playing: Playing) -> None:
        """Give it to the sink and the loudspeakers, and let the zone be busy with it."""
        left = playing.recording.seconds - playing.from_s
        ends = Instant(math.ceil(round(playing.began + left, 3)))
        work = playing.work
        saying = Saying(
            zone=work.target,
            recording=playing.recording,
            texts=playing.play.texts * (1 if playing.by else self._rules.kind(work.task).times),
            offset_s=playing.from_s,
            gain_db=self._gain(work, whole(playing.began)),
            priority=work.task.priority,
        )
        # Somebody who has the zone for himself goes on with his next sound in the moment in which this one ends.
        until = playing.began + left if playing.by else ends
        soundings: Collection[Sounding] = (
            self._sink.play(until, lambda: self._played(zone, work)),
            self._outputs.play(saying),
        )
        zone.playing = replace(playing, ends=ends, soundings=tuple(soundings))

    def _played(self, zone: ZoneState, work: Work) -> None:
        playing = zone.playing
        if playing is None or playing.work is not work:
            return
        zone.playing = None
        silent = next(filter(None, map(unheard, playing.soundings)), "")
        state = TaskState.FAILED if silent else TaskState.DONE
        detail = f"not heard: {silent}" if silent else ""
        self.over(playing, state, detail, at=None if playing.by else playing.ends)
        self._free(work.target, playing.ends)

    def _silence(self, zone: ZoneState, playing: Playing) -> None:
        zone.playing = None
        for sounding in playing.soundings:
            sounding.stop()

    def _gain(self, work: Work, now: Instant) -> float:
        configuration = self._configuration()
        if configuration is None or self._rules.kind(work.task).full_volume:
            return 0.0
        by_hand = self._by_hand(work.target)
        if by_hand is not None:
            return by_hand
        local = ZoneInfo(configuration.station.zone)
        return gain_db(self._rules.softer, work.target, configuration.zones, now, local)

    def _changed(self, playing: Playing) -> None:
        try:
            self._plays.change(*(play for _, play in playing.works()))
        except OSError as error:
            _LOG.error("play-not-logged", task=playing.play.task, problem=str(error), todo="see that the disk has room")

    def _ended(self, work: Work, play: Play, state: TaskState, detail: str = "") -> None:
        self.figures.outcomes[state.value] = self.figures.outcomes.get(state.value, 0) + 1
        self._log(replace(play, outcome=state.value, detail=detail))
        try:
            self._agent.finish(work, state, detail)
        except StationError as error:
            _LOG.warning("end-not-reported", task=play.task, zone=play.target, problem=error.message, todo="none")

    def _log(self, play: Play) -> None:
        try:
            self._plays.end(play)
        except OSError as error:
            _LOG.error("play-not-logged", task=play.task, problem=str(error), todo="see that the disk has room")

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
