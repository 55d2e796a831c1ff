"""One zone at one moment: what plays in it, what was cut and will go on, what waits, and who keeps it from playing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from stationmaster_agent.work import Work
from stationmaster_base.times import Instant
from stationmaster_broadcast.loudspeakers.sinks import Sounding
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.zones.plays import Pause, Play
from stationmaster_broadcast.zones.queue import Place, Waiting, ZoneQueue
from stationmaster_kernel.call import Call

__all__ = ["Cut", "Playing", "Rider", "Seizure", "ZoneState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """An announcement with the same words as another, said with it in one."""

    work: Work
    play: Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What plays in one zone.

    `began` is the station time at which this stretch of it began, `from_s` the seconds of the recording at which it
    did, `ends` the whole second of station time at which it will have ended. `key` names the sound. `by` is who has
    seized the zone, if it is his sound and no task's; he is told by `ended`. `calls` are the trains' as they were when
    it began.
    """

    work: Work
    play: Play
    recording: Recording
    key: str
    began: float
    from_s: float = 0.0
    ends: Instant
    soundings: tuple[Sounding, ...] = ()
    riders: tuple[Rider, ...] = ()
    calls: tuple[Call, ...] = ()
    by: str = ""
    ended: Callable[[], None] | None = None

    def works(self) -> Iterator[tuple[Work, Play]]:
        """All that is said with this one sound, each with its entry in the record."""
        yield self.work, self.play
        for rider in self.riders:
            yield rider.work, rider.play

    def offset_at(self, now: float) -> float:
        """The seconds of the recording that have sounded at station time `now`."""
        return min(self.recording.seconds, self.from_s + max(0.0, now - self.began))

    def with_pause(self, pause: Pause) -> Playing:
        """The same with one more pause in every entry of the record."""
        return self._with_pauses((*self.play.pauses, pause))

    def going_on(self, now: Instant) -> Playing:
        """The same with its last pause over."""
        *others, last = self.play.pauses
        return self._with_pauses((*others, replace(last, resumed=now, from_s=self.from_s)))

    def _with_pauses(self, pauses: tuple[Pause, ...]) -> Playing:
        return replace(
            self,
            play=replace(self.play, pauses=pauses),
            riders=tuple(replace(rider, play=replace(rider.play, pauses=pauses)) for rider in self.riders),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Something that was interrupted and goes on from `from_s` when its turn has come again."""

    playing: Playing
    from_s: float
    why: str

    @property
    def work(self) -> Work:
        """Its task in this zone."""
        return self.playing.work

    @property
    def place(self) -> Place:
        """What has begun goes before what waits with the same priority."""
        return Waiting.place_of(self.work, begun=True)

    @property
    def until(self) -> Instant | None:
        """From when on it is too old to go on, whoever is spoken of; None: never."""
        moments = [work.task.valid_until for work, _ in self.playing.works()]
        known = [moment for moment in moments if moment is not None]
        return max(known) if len(known) == len(moments) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seizure:
    """Somebody has the zone for himself; the smaller his `priority`, the more he may."""

    by: str
    why: str
    priority: int


@dataclass(slots=True)
class ZoneState:
    """One zone: what plays, what was cut, what waits; `free_at` is the end of the gap after what played last."""

    playing: Playing | None = None
    queue: ZoneQueue = field(default_factory=ZoneQueue)
    cuts: list[Cut] = field(default_factory=list)
    seized: dict[str, Seizure] = field(default_factory=dict)
    held: bool = False
    free_at: float = 0.0

    def first(self) -> Waiting | Cut | None:
        """What comes next here when nothing keeps it back."""
        found: list[Waiting | Cut] = [*self.cuts]
        waiting = self.queue.first()
        if waiting is not None:
            found.append(waiting)
        return min(found, key=lambda item: item.place, default=None)

    @property
    def seizer(self) -> Seizure | None:
        """Who has it, if anybody has: the one with the smallest priority, of these the latest."""
        return min(reversed(self.seized.values()), key=lambda seizure: seizure.priority, default=None)
