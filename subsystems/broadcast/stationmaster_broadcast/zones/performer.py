"""Does announcements: from the agent's offer to its end, all zones together.

An offer is queued in its zone and its sound is made, if it is not there already. When its turn has come (`turns.py`)
and the sound is there, the agent is told *begun*, then it plays (`announcer.py`); at its end the agent is told how it
ended. Everything that has been offered in one turn of the reactor is looked at together in the next, so that what
comes first never depends on the order of the news, and all free zones of one announcement begin together.

What a person does by hand, a microphone and an alarm come in here as well: `stop`, `skip`, `hold`, `seize`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster_agent.work import Work
from stationmaster_base.clock import StationClock
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_broadcast.loudspeakers.outputs import Outputs
from stationmaster_broadcast.loudspeakers.sinks import FileSink
from stationmaster_broadcast.speech.recording import Recipe, Recording
from stationmaster_broadcast.speech.studio import NOW, Studio
from stationmaster_broadcast.zones.announcer import Announcer, PerformerFigures, Reporter
from stationmaster_broadcast.zones.holds import Holds
from stationmaster_broadcast.zones.plays import PlayLog
from stationmaster_broadcast.zones.queue import Waiting, too_old
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.seizures import MICROPHONE, Seizures
from stationmaster_broadcast.zones.turns import Look, Turn, joining, look
from stationmaster_broadcast.zones.wrong import what_is_wrong
from stationmaster_broadcast.zones.zone_state import Cut, Playing, ZoneState
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task
from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["MICROPHONE", "BroadcastPerformer"]

_LOG = get_logger("performer")


class BroadcastPerformer:
    """The agent's performer of announcements.

    Args:
        reactor: machine time, for looking at all that came together in the next turn.
        timer: station time, and waking at a moment of it.
        studio: makes the sounds.
        sink: where they go.
        outputs: where they are heard as well.
        plays: proof of play.
        rules: how announcements follow one another here.
        configuration: the station as the replica has it; None before it has any.
        calls: a train's call as the replica has it.
        by_hand: decibels that a person wants announcements in a zone louder than usual; None: he has not said.
        holds: what was held when the process ended, and where to keep it; None: it is kept nowhere.

    """

    def __init__(
        self,
        *,
        reactor: MachineTime,
        timer: StationTimer,
        studio: Studio,
        sink: FileSink,
        outputs: Outputs,
        plays: PlayLog,
        rules: QueueRules,
        configuration: Callable[[], Configuration | None],
        calls: Callable[[str], Call | None],
        by_hand: Callable[[str], float | None] = lambda _zone: None,
        holds: Holds | None = None,
    ) -> None:
        self.zones: dict[str, ZoneState] = {}
        self.held = holds is not None and holds.station
        self.rules = rules
        self._reactor = reactor
        self._clock: StationClock = timer.clock
        self._timer = timer
        self._studio = studio
        self._configuration = configuration
        self._calls = calls
        self._announcer = Announcer(
            clock=timer.clock,
            sink=sink,
            outputs=outputs,
            plays=plays,
            rules=rules,
            configuration=configuration,
            calls=calls,
            ended=self._free,
            by_hand=by_hand,
        )
        self._holds = holds
        for name in holds.zones if holds is not None else ():
            self._zone(name).held = True
        self._seizures = Seizures(reactor, timer.clock, rules, self._announcer, self._zone)
        self._listeners: list[Callable[[], None]] = []
        self._look: DelayedCall | None = None
        self._wake: Handle | None = None
        self._preparing: set[str] = set()
        self._settling: list[Deferred[None]] = []

    @property
    def figures(self) -> PerformerFigures:
        """Counts for the metrics."""
        return self._announcer.figures

    @property
    def problem(self) -> str:
        """What is wrong with the settings of the queue, seen beside the station; empty if nothing."""
        configuration = self._configuration()
        unknown = self.rules.unknown(configuration.zones) if configuration else ()
        return f"[broadcast.queue] names zones that the station has not: {', '.join(unknown)}" if unknown else ""

    def bind(self, reporter: Reporter) -> None:
        """Say whom begin and finish are told; once, before anything is offered."""
        self._announcer.bind(reporter)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever what plays or waits has changed."""
        self._listeners.append(listener)

    # What the agent asks.

    def offer(self, work: Work) -> None:
        """It is due now; see `stationmaster_agent.work.Performer`."""
        waiting = Waiting(work=work, recipe=self.recipe(work.task))
        self._zone(work.target).queue.put(waiting)
        self._prepare(waiting.recipe)
        self._look_soon()

    def retract(self, work: Work) -> None:
        """It is not to be done any more."""
        if self._zone(work.target).queue.remove(work):
            if too_old(work, self._clock.now()):
                self._too_old(work)
            self._look_soon()

    def quiet(self) -> bool:
        """Whether nothing can be begun at the present station time, and no sound that could be is being made."""
        if self._look is not None:
            return False
        found = self._looked(self._clock.now())
        return found.turn is None and not found.wanted

    def next_at(self) -> Instant | None:
        """When the next sound ends, or the gap after one."""
        moments = [zone.playing.ends for zone in self.zones.values() if zone.playing]
        if self._wake is not None and self._wake.pending:
            moments.append(Instant(int(self._wake.instant)))
        return min(moments, default=None)

    def now(self) -> float:
        """Station time."""
        return self._clock.now()

    def settled(self) -> Deferred[None]:
        """Fires when `quiet`, which may be now."""
        if self.quiet():
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._settling.append(waiting)
        return waiting

    def recipe(self, task: Task) -> Recipe:
        """Which sound a task needs."""
        kind = self.rules.kind(task)
        return self._studio.recipe(self._announcer.texts(task), which=kind.chime, times=kind.times)

    def review(self) -> None:
        """The station has changed: what is being said may have become wrong."""
        for zone in self.zones.values():
            playing = zone.playing
            if playing is not None and (wrong := self._wrong(playing)):
                self._announcer.cut(zone, f"no longer right: {wrong}", may_resume=False)
                self._look_soon()
            for cut in list(zone.cuts):
                if wrong := self._wrong(cut.playing):
                    self._announcer.drop(zone, cut, f"no longer right: {wrong}")
                    self._look_soon()

    def shut_down(self) -> None:
        """End what plays: the process is going down in order."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._sleep()
        for zone in self.zones.values():
            self._announcer.cut(zone, "the subsystem was stopped", may_resume=False)
            for cut in list(zone.cuts):
                self._announcer.drop(zone, cut, "the subsystem was stopped")

    # What people and alarms do.

    def stop(self, zone: str, by: str = "") -> bool:
        """End what plays in a zone; it is `interrupted` and does not go on. Whether anything played."""
        state = self._zone(zone)
        if state.playing is None:
            return False
        self._announcer.cut(state, f"stopped by hand{by and f': {by}'}", may_resume=False)
        self._look_soon()
        return True

    def skip(self, zone: str, task: str = "", by: str = "") -> bool:
        """What comes next in a zone, or this task, is not said there: it is `failed`. Whether there was such."""
        state = self._zone(zone)
        why = f"skipped by hand{by and f': {by}'}"
        items: list[Waiting | Cut] = [*state.cuts, *state.queue.ordered()]
        item = next((item for item in items if item.work.task.id == task), None) if task else state.first()
        if item is None:
            return False
        if isinstance(item, Cut):
            self._announcer.drop(state, item, why)
        else:
            state.queue.remove(item.work)
            self._announcer.fail(item.work, why)
        self._look_soon()
        return True

    def hold(self, zone: str | None, held: bool) -> None:
        """Nothing begins in a zone (None: in the whole station) until it is let go, but for emergencies."""
        if zone is None:
            self.held = held
        else:
            self._zone(zone).held = held
        if self._holds is not None:
            self._holds.keep(self.held, [name for name, state in self.zones.items() if state.held])
        self._look_soon()

    def seize(self, zones: Collection[str], by: str, *, why: str, priority: int = MICROPHONE) -> None:
        """Somebody has these zones for himself until he lets them go; see `seizures.Seizures.seize`."""
        self._seizures.seize(zones, by, why=why, priority=priority)
        self._look_soon()

    def release(self, zones: Collection[str], by: str) -> None:
        """He lets them go; see `seizures.Seizures.release`."""
        self._seizures.release(zones, by)
        self._look_soon()

    def sound_now(
        self,
        zones: Collection[str],
        by: str,
        recording: Recording,
        texts: Sequence[tuple[str, str]],
        *,
        ended: Callable[[], None],
    ) -> tuple[str, ...]:
        """Sound this at once in those zones that `by` has seized; see `seizures.Seizures.sound_now`."""
        sounded = self._seizures.sound_now(zones, by, recording, texts, ended=ended)
        self._look_soon()
        return sounded

    def _zone(self, target: str) -> ZoneState:
        return self.zones.setdefault(target, ZoneState())

    def _free(self, target: str, at: Instant) -> None:
        for name in self.rules.plan.reach(target):
            self._zone(name).free_at = at + self.rules.gap_s
        self._look_soon()

    def _wrong(self, playing: Playing) -> str:
        by = self.rules.kind(playing.work.task).wrong
        return what_is_wrong(by, playing.calls, playing.play.texts, self._calls, self._configuration())

    # Sounds.

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
            for waiting in zone.queue.with_sound(recipe.key):
                zone.queue.remove(waiting.work)
                self._announcer.fail(waiting.work, failure.getErrorMessage())
        self._look_soon()

    # Turns.

    def _look_soon(self) -> None:
        if self._look is None:
            self._look = self._reactor.callLater(0, self._look_now)

    def _looked(self, now: float) -> Look:
        ready = self._studio.ready
        return look(
            self.zones,
            self.rules.plan,
            self.rules.classes,
            now,
            ready=lambda waiting: ready(waiting.recipe) is not None,
            held=self.held,
        )

    def _look_now(self) -> None:
        self._look = None
        now = self._clock.now()
        for zone in self.zones.values():
            self._drop_too_old(zone, now)
        while True:
            found = self._looked(now)
            for waiting in found.wanted:
                self._prepare(waiting.recipe)
            if found.turn is None:
                break
            self._take(found.turn, now)
        self._wake_at([found.waits_until, *(cut.until for zone in self.zones.values() for cut in zone.cuts)])
        for listener in self._listeners:
            listener()
        if self.quiet():
            settling, self._settling = self._settling, []
            for settled in settling:
                settled.callback(None)

    def _drop_too_old(self, zone: ZoneState, now: float) -> None:
        for dropped in zone.queue.drop_too_old(now):
            self._too_old(dropped.work)
        for cut in list(zone.cuts):
            if cut.until is not None and now >= cut.until:
                self._announcer.drop(zone, cut, "too old to go on")

    def _too_old(self, work: Work) -> None:
        self.figures.too_old += 1
        _LOG.info("too-old", task=work.task.id, zone=work.target)

    def _take(self, turn: Turn, now: float) -> None:
        for name in turn.cuts:
            task = turn.item.work.task
            self._announcer.cut(self.zones[name], f"interrupted by {task.id}", drops=self.rules.drops(task.priority))
        if isinstance(turn.item, Cut):
            self._announcer.resume(self.zones[turn.zone], turn.item, now)
            return
        recording = self._studio.ready(turn.item.recipe)
        if recording is None:
            raise RuntimeError("a sound was ready and is not any more within one turn")
        beginning = [turn]
        while beginning:  # whoever joins brings those who are near him
            each = beginning.pop()
            zone = self.zones[each.zone]
            together = zone.queue.with_sound(recording.key)
            for waiting in together:
                zone.queue.remove(waiting.work)
            if together:
                self._announcer.begin(zone, [waiting.work for waiting in together], recording, recording.key, now)
                beginning += joining(self.zones, self.rules.plan, each, now, held=self.held)

    def _wake_at(self, moments: Sequence[float | None]) -> None:
        moment = min((each for each in moments if each is not None), default=None)
        if self._wake is not None and self._wake.pending and self._wake.instant == moment:
            return  # what is cancelled stays in the timer's list until its moment, which may be hours away
        self._sleep()
        if moment is not None:
            self._wake = self._timer.call_at(moment, self._look_soon)

    def _sleep(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
