"""Zones that somebody has for himself: a microphone, a fire panel, an emergency. Who may more takes them over.

Nothing of the queue is said there meanwhile, unless it is more urgent; whoever has a zone sounds there what he likes,
and that is in the record as everything else is. The agent knows nothing of it: no task is done by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from stationmaster_agent.work import Work
from stationmaster_base.clock import StationClock, whole
from stationmaster_base.times import Instant
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.zones.announcer import Announcer
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.zone_state import Seizure, ZoneState
from stationmaster_kernel.task import Task, Text
from stationmaster_kernel.values import TaskKind
from stationmaster_service.interfaces import MachineTime

__all__ = ["MICROPHONE", "Seizures"]

MICROPHONE = 10
"""Priority of somebody who seizes a zone, unless he says otherwise: that of the class `microphone`."""


class Seizures:
    """Seizes, sounds and lets go.

    Args:
        reactor: tells that a sound has ended, in its next turn.
        clock: station time.
        rules: which zones overlap, and what an emergency drops.
        announcer: cuts and sounds.
        zone: a zone by its id.

    """

    def __init__(
        self,
        reactor: MachineTime,
        clock: StationClock,
        rules: QueueRules,
        announcer: Announcer,
        zone: Callable[[str], ZoneState],
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._rules = rules
        self._announcer = announcer
        self._zone = zone
        self._count = 0

    def seize(self, zones: Collection[str], by: str, *, why: str, priority: int = MICROPHONE) -> None:
        """Somebody has these zones for himself until he lets them go; to do it twice is to do it once.

        What plays there, and in zones that overlap with them, is cut, and nothing begins there, unless it has a smaller
        `priority`.
        """
        for name in zones:
            self._zone(name).seized[by] = Seizure(by=by, why=why, priority=priority)
        for name in self._rules.plan.reach_of(zones):
            state = self._zone(name)
            playing = state.playing
            if playing is not None and playing.by != by and playing.work.task.priority >= priority:
                self._announcer.cut(state, why, drops=self._rules.drops(priority))

    def release(self, zones: Collection[str], by: str) -> None:
        """He lets them go; what he sounded there ends, and what was cut for him goes on, by its class."""
        for name in zones:
            state = self._zone(name)
            state.seized.pop(by, None)
            if state.playing is not None and state.playing.by == by:
                self._announcer.cut(state, "ended by hand", may_resume=False)

    def sound_now(
        self,
        zones: Collection[str],
        by: str,
        recording: Recording,
        texts: Sequence[tuple[str, str]],
        *,
        ended: Callable[[], None],
    ) -> tuple[str, ...]:
        """Sound this at once in those zones that `by` has seized and nobody with more right; which they are.

        What `by` sounded there before is cut. `ended` is called once, when it has ended in all of them, however it
        did; never within this call, and not at all if there are none.
        """
        mine = [name for name in dict.fromkeys(zones) if self._is_first(name, by)]
        if not mine:
            return ()
        for name in self._rules.plan.reach_of(mine):
            self._announcer.cut(self._zone(name), f"interrupted by {by}")  # by seizing, all but sounds of seizers was
        self._count += 1
        left = set(mine)

        def over(name: str) -> None:
            left.discard(name)
            if not left:
                self._reactor.callLater(0, ended)

        now = self._clock.now()
        for name in mine:
            work = Work(task=self._seized_task(by, name, tuple(mine), texts, whole(now)), target=name)
            self._announcer.seized(self._zone(name), work, recording, now, by=by, ended=partial(over, name))
        return tuple(mine)

    def _is_first(self, name: str, by: str) -> bool:
        """Whether nobody has more right in this zone, or in one that is heard there, and nothing with more plays."""
        mine = self._zone(name).seized.get(by)
        if mine is None:
            return False
        near = [self._zone(other) for other in self._rules.plan.reach(name)]
        others = [seizure.priority for zone in near for seizure in zone.seized.values()]
        playing = [zone.playing.work.task.priority for zone in near if zone.playing is not None]
        return min([*others, *playing]) >= mine.priority

    def _seized_task(
        self, by: str, name: str, zones: tuple[str, ...], texts: Sequence[tuple[str, str]], now: Instant
    ) -> Task:
        return Task(
            id=f"{by}/{now}/{self._count}",
            call="",
            rule=by,
            occurrence=1,
            kind=TaskKind.ANNOUNCEMENT,
            targets=zones,
            due=now,
            order=now,
            priority=self._zone(name).seized[by].priority,
            texts=tuple(Text(name="speech", language=language, text=text) for language, text in texts),
        )
