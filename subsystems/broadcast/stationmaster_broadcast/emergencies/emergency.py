"""Emergencies: over everything, until somebody ends them.

Each emergency has its zones. Where two have a zone, or zones that overlap, the later one is heard; when it is ended,
the earlier is heard again, from its tone on, and after the last one whatever the emergency cut into. An emergency none
of whose zones are left to it is *covered*. The file of those under way is read at the start: a crash delays an
emergency and does not end it. Sound comes before everything else: what cannot be written or told is a problem that is
shown, and no reason to be silent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from stationmaster_base.clock import StationClock, whole
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_broadcast.emergencies.control import EmergencyMessage, EmergencyNow, EmergencyOrder
from stationmaster_broadcast.emergencies.emergency_settings import EmergencySettings
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds
from stationmaster_broadcast.emergencies.emergency_state import Called, EmergencyState, StateFile, without_zones
from stationmaster_broadcast.emergencies.emergency_voice import BY, EmergencyVoice, Seizing
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["Emergencies"]

_LOG = get_logger("emergency")

PRIORITY = 0
"""As of a task: nothing goes before it."""

MOST = 50
"""Emergencies that can be under way at once; a station with more has somebody who plays with it."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Running:
    """One emergency that is under way."""

    called: Called
    voice: EmergencyVoice
    limit: Handle | None = None


class Emergencies:
    """All emergencies of this process.

    Args:
        settings: lengths, limits, the state's file.
        sounds: what is played.
        performer: plays it.
        clock, timer: station time.
        zones: gives the station's zones, in order.
        reach: gives zones with those that are heard where they are.
        boot: an id of this start of the process.

    """

    def __init__(
        self,
        settings: EmergencySettings,
        *,
        sounds: EmergencySounds,
        performer: Seizing,
        clock: StationClock,
        timer: StationTimer,
        zones: Callable[[], tuple[str, ...]],
        reach: Callable[[Collection[str]], Collection[str]],
        boot: str,
    ) -> None:
        self.answered: frozenset[str] = frozenset()
        """The inputs whose alarm a person has ended while they still give it."""
        self.ran_out: tuple[str, ...] = ()
        """Who called the emergencies that have ended by themselves, until somebody calls or ends one."""
        self._settings = settings
        self._sounds = sounds
        self._performer = performer
        self._clock = clock
        self._timer = timer
        self._zones = zones
        self._reach = reach
        self._boot = boot
        self._file = StateFile(settings.state)
        self._running: list[_Running] = []
        self._seized: frozenset[str] = frozenset()
        self._station: tuple[str, ...] = ()
        self._count = 0
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever an emergency begins, goes a step on, or ends."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Go on with what was under way when the process ended."""
        state = self._file.read()
        self.answered = frozenset(state.answered)
        now = self._clock.now()
        for called in state.called:
            if called.until is not None and called.until <= now:
                self._ran_out(called)
                continue
            _LOG.error("emergency-goes-on", id=called.id, by=called.by, todo="end it when it is over")
            self._running.append(self._made(called))
        self._arrange()
        self._tidy()

    def stop(self) -> None:
        """Be silent, without ending anything: the next start goes on with it."""
        for running in self._running:
            self._halt(running)
        self._running = []

    @property
    def now(self) -> tuple[EmergencyNow, ...]:
        """What is under way, the latest last."""
        return tuple(_shown(running) for running in self._running)

    @property
    def zones(self) -> frozenset[str]:
        """The zones where an emergency is heard."""
        return self._seized

    @property
    def problem(self) -> str:
        """What does not go as it should; empty if nothing."""
        problems = [running.voice.problem for running in self._running if running.voice.problem]
        return "; ".join([*problems, *([f"not on disk: {self._file.problem}"] if self._file.problem else [])])

    def messages(self) -> tuple[EmergencyMessage, ...]:
        """What can be chosen, the usual one first."""
        return self._sounds.messages()

    def next_at(self) -> Instant | None:
        """The station time of the next thing that time alone brings."""
        found = [at for each in self._running for at in (each.called.until, each.voice.next_at()) if at is not None]
        return Instant(int(min(found))) if found else None

    def call(self, order: EmergencyOrder, cause: str = "") -> EmergencyNow:
        """Begin an emergency; the same order again is the same emergency, and is on top of others again.

        Raises:
            StationError: `no-such-message`, `no-such-zone`, `too-many`.

        """
        called = self._called(order, cause)
        running = next((each for each in self._running if _same(each.called, called)), None)
        if running is None:
            if len(self._running) >= MOST:
                raise StationError("too-many", f"{MOST} emergencies are under way.", "End those that are over.")
            running = self._made(called)
        else:
            self._running.remove(running)
            running.called = replace(running.called, until=called.until)
        self._running.append(running)
        self.ran_out = ()
        self._arrange()
        _LOG.error(
            "emergency", id=running.called.id, by=called.by, zones=called.zones, message=called.message, todo="-"
        )
        return _shown(running)

    def end(self, by: str, zones: Collection[str] = (), name: str = "") -> tuple[str, ...]:
        """End what is under way in these zones (none: in all), or the one of this id.

        Returns:
            the ids of the emergencies that were ended somewhere.

        Raises:
            StationError: `no-such-zone`.

        """
        station = self._known(zones)
        ended: list[str] = []
        for running in list(self._running):
            called = running.called
            if name and called.id != name:
                continue
            left = without_zones(called, frozenset(zones), station)
            if zones and left == called:
                continue
            ended.append(called.id)
            if zones and left.zones:
                running.called = left
            else:
                self._remove(running)
        seen, self.ran_out = self.ran_out, ()
        if ended or seen:
            _LOG.warning("emergency-ended", ids=ended, by=by, zones=tuple(zones), todo="none")
            self._arrange()
            self._tidy()
        return tuple(ended)

    def opened(self, cause: str) -> None:
        """The input gives no alarm any more: its next one counts again."""
        if cause in self.answered:
            self.answered -= {cause}
            self._save()

    def under_way(self, cause: str) -> EmergencyNow | None:
        """The emergency that this input called."""
        return next((_shown(each) for each in self._running if each.called.cause == cause), None)

    def zones_changed(self) -> None:
        """The station's zones may be others now: one that is everywhere takes them in."""
        if self._running and self._zones() != self._station:
            self._arrange()

    def _known(self, zones: Collection[str]) -> tuple[str, ...]:
        """The station's zones, if all of `zones` are of them.

        Raises:
            StationError: `no-such-zone`.

        """
        station = self._zones()
        missing = [zone for zone in zones if zone not in station]
        if missing:
            known = ", ".join(station)
            raise StationError("no-such-zone", f"There is no zone {', '.join(missing)}.", f"There are: {known}.")
        return station

    def _called(self, order: EmergencyOrder, cause: str) -> Called:
        station = self._known(order.zones)
        if not station:
            raise StationError("no-such-zone", "No zone of the station is known here yet.", "Connect the hub once.")
        message = "" if order.texts else order.message or self._sounds.messages()[0].id
        now = whole(self._clock.now())
        self._count += 1
        limit = self._settings.limit_min
        return Called(
            id=f"{self._boot}.{self._count}",
            by=order.by,
            since=now,
            until=Instant(now + 60 * limit) if limit else None,
            zones=tuple(order.zones) or station,
            everywhere=not order.zones,
            message=message,
            texts=order.texts or self._sounds.words(message),
            cause=cause,
        )

    def _made(self, called: Called) -> _Running:
        voice = EmergencyVoice(
            (called.texts, called.message),
            self._settings.pause_s,
            sounds=self._sounds,
            performer=self._performer,
            clock=self._clock,
            timer=self._timer,
            changed=self._changed,
        )
        return _Running(called=called, voice=voice)

    def _arrange(self) -> None:
        """Give each zone to the latest emergency that has it; the sound first, then the file."""
        station = self._station = self._zones()
        taken: frozenset[str] = frozenset()
        mine: frozenset[str] = frozenset()
        shares: list[tuple[_Running, frozenset[str]]] = []
        for running in reversed(self._running):
            called = running.called
            zones = frozenset((station or called.zones) if called.everywhere else called.zones) - taken
            taken |= frozenset(self._reach(zones))
            mine |= zones
            shares.append((running, zones))
            self._limit(running)
        if mine - self._seized:
            why = f"emergency, called by {self._running[-1].called.by}"
            self._performer.seize(mine, BY, why=why, priority=PRIORITY)
        for running, zones in shares:
            running.voice.have(zones)
        if self._seized - mine:
            self._performer.release(self._seized - mine, BY)
        self._seized = mine
        self._save()
        self._changed()

    def _limit(self, running: _Running) -> None:
        until = running.called.until
        if running.limit is not None:
            running.limit.cancel()
        running.limit = None if until is None else self._timer.call_at(until, lambda: self._too_long(running))

    def _too_long(self, running: _Running) -> None:
        self._ran_out(running.called)
        self._remove(running)
        self._arrange()
        self._tidy()

    def _tidy(self) -> None:
        """Keep no words of emergencies that are over."""
        self._sounds.keep_only(running.called.texts for running in self._running)

    def _ran_out(self, called: Called) -> None:
        _LOG.error("emergency-ran-out", id=called.id, by=called.by, todo="call it again if it is not over")
        self.ran_out = (*self.ran_out, called.by)

    def _remove(self, running: _Running) -> None:
        self._halt(running)
        self._running.remove(running)
        if running.called.cause:
            self.answered |= {running.called.cause}

    def _halt(self, running: _Running) -> None:
        running.voice.halt()
        if running.limit is not None:
            running.limit.cancel()

    def _save(self) -> None:
        called = tuple(running.called for running in self._running)
        self._file.write(EmergencyState(called=called, answered=tuple(sorted(self.answered))))

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()


def _shown(running: _Running) -> EmergencyNow:
    called, voice = running.called, running.voice
    return EmergencyNow(
        id=called.id,
        by=called.by,
        since=called.since,
        until=called.until,
        zones=called.zones,
        everywhere=called.everywhere,
        message=called.message,
        texts=called.texts,
        phase=voice.phase,
        rounds=voice.rounds,
        problem=voice.problem,
    )


def _same(one: Called, other: Called) -> bool:
    """Whether both say the same in the same zones for the same reason."""
    mine, others = (sorted(each.zones) for each in (one, other))
    return (one.texts, one.everywhere, one.cause) == (other.texts, other.everywhere, other.cause) and (
        one.everywhere or mine == others
    )
