"""What people do by hand, done: see `control.BroadcastControl`, which the pages and the commands know this by."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from twisted.internet.defer import Deferred, succeed

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.emergencies.control import EmergencyMessage, EmergencyNow, EmergencyOrder, ZoneTest
from stationmaster_broadcast.emergencies.emergency import Emergencies
from stationmaster_broadcast.emergencies.hand_volume import HandVolume
from stationmaster_broadcast.emergencies.held_sound import HeldSound
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_protocol.scalar_codecs import cleaned

__all__ = ["HandControl"]

_LOG = get_logger("control")

LONGEST = 500
"""Characters of an emergency's words in one language: about two minutes of speech."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*\Z")

TEST = 95
"""Priority of a test: everything that is said goes before it."""


class HandControl:
    """A `BroadcastControl`.

    Args:
        performer: plays.
        emergencies: those under way.
        volume: what was set by hand.
        tone: what a test sounds.
        clock: station time.
        zones: gives the station's zones, in order.
        members: gives the zones that names of zones and groups mean.
        trouble: says what is wrong with a zone's loudspeakers; empty if nothing.

    """

    def __init__(
        self,
        *,
        performer: BroadcastPerformer,
        emergencies: Emergencies,
        volume: HandVolume,
        tone: HeldSound,
        clock: StationClock,
        zones: Callable[[], tuple[str, ...]],
        members: Callable[[Iterable[str]], tuple[str, ...]],
        trouble: Callable[[str], str],
    ) -> None:
        self._performer = performer
        self._emergencies = emergencies
        self._volume = volume
        self._tone = tone
        self._clock = clock
        self._zones = zones
        self._members = members
        self._trouble = trouble
        self._tests = 0

    def zones(self) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        return self._zones()

    # Emergencies.

    def messages(self) -> tuple[EmergencyMessage, ...]:
        """See `BroadcastControl`."""
        return self._emergencies.messages()

    def emergencies(self) -> tuple[EmergencyNow, ...]:
        """See `BroadcastControl`."""
        return self._emergencies.now

    def emergency(self, order: EmergencyOrder) -> EmergencyNow:
        """See `BroadcastControl`."""
        texts = tuple((language, cleaned(text).strip()) for language, text in order.texts)
        for language, text in texts:
            if not _LANGUAGE.match(language):
                raise StationError("bad-parameter", f"{language!r} is no language.", "Give one such as zh, en or mn.")
            if not text or len(text) > LONGEST:
                raise StationError(
                    "bad-parameter",
                    f"The words in {language} are {'empty' if not text else f'{len(text)} characters'}.",
                    f"Give up to {LONGEST} characters.",
                )
        zones = self._meant(order.zones) if order.zones else ()
        return self._emergencies.call(
            EmergencyOrder(by=cleaned(order.by), zones=zones, message=order.message, texts=texts)
        )

    def end_emergency(self, by: str, zones: Collection[str] = (), name: str = "") -> tuple[str, ...]:
        """See `BroadcastControl`."""
        return self._emergencies.end(by, self._meant(zones) if zones else (), name)

    # Zones.

    def stop(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        meant = self._meant(zones)
        if zones and (busy := [zone for zone in meant if zone in self._emergencies.zones]):
            raise StationError(
                "emergency-under-way", f"An emergency has {', '.join(busy)}.", "End the emergency, if it is over."
            )
        free = [zone for zone in meant if zone not in self._emergencies.zones]
        return self._did("stop", by, tuple(zone for zone in free if self._performer.stop(zone, by)))

    def skip(self, by: str, zones: Collection[str] = (), task: str = "") -> tuple[str, ...]:
        """See `BroadcastControl`."""
        return self._did("skip", by, tuple(zone for zone in self._meant(zones) if self._performer.skip(zone, task, by)))

    def hold(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        if not zones:
            self._performer.hold(None, True)
        for zone in self._meant(zones) if zones else ():
            self._performer.hold(zone, True)
        self._did("hold", by, self._meant(zones))
        return self.held()

    def release(self, by: str, zones: Collection[str] = ()) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        meant, before = self._meant(zones), self.held()
        if self._performer.held:  # from now on zone by zone
            self._performer.hold(None, False)
            for zone in self._zones():
                self._performer.hold(zone, True)
        for zone in meant:
            self._performer.hold(zone, False)
        return self._did("release", by, tuple(zone for zone in meant if zone in before))

    def held(self) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        if self._performer.held:
            return self._zones()
        zones = self._performer.zones
        return tuple(zone for zone in self._zones() if zone in zones and zones[zone].held)

    def volume(self, by: str, percent: int | None, zones: Collection[str] = ()) -> tuple[str, ...]:
        """See `BroadcastControl`."""
        meant = self._meant(zones)
        self._volume.set(meant, percent)
        return self._did(f"volume {'automatic' if percent is None else percent}", by, meant)

    def volumes(self) -> tuple[tuple[str, int], ...]:
        """See `BroadcastControl`."""
        return self._volume.by_zone

    def test(self, by: str, zones: Collection[str] = ()) -> Deferred[tuple[ZoneTest, ...]]:
        """See `BroadcastControl`."""
        meant = self._did("test", by, self._meant(zones))
        found: dict[str, str] = {}
        done: Deferred[tuple[ZoneTest, ...]] = Deferred()
        self._tests += 1
        name = f"test-{self._tests}"
        began = self._clock.now()

        def over(heard: tuple[str, ...]) -> None:
            short = self._clock.now() - began < self._tone.seconds
            for zone in heard:
                found[zone] = "it was cut short" if short else self._trouble(zone)
            self._performer.release(heard, name)
            done.callback(tuple(ZoneTest(zone=zone, problem=found[zone]) for zone in meant))

        busy = {zone for zone in meant if self._busy(zone)}
        found.update((zone, "it is in use") for zone in busy)
        free = tuple(zone for zone in meant if zone not in busy)
        self._performer.seize(free, name, why=f"test by {by}", priority=TEST)
        heard: tuple[str, ...] = ()
        heard = self._performer.sound_now(free, name, self._tone.recording(), (), ended=lambda: over(heard))
        missing = tuple(zone for zone in free if zone not in heard)
        found.update((zone, "it is in use") for zone in missing)
        self._performer.release(missing, name)
        if not heard:
            return succeed(tuple(ZoneTest(zone=zone, problem=found[zone]) for zone in meant))
        return done

    def _busy(self, zone: str) -> bool:
        state = self._performer.zones.get(zone)
        return state is not None and (state.playing is not None or bool(state.seized))

    def _meant(self, names: Collection[str]) -> tuple[str, ...]:
        """The zones that are meant; all if nothing is named.

        Raises:
            StationError: `no-such-zone`.

        """
        station = self._zones()
        if not names:
            return station
        meant = self._members(names)
        missing = [zone for zone in meant if zone not in station]
        if missing:
            known = ", ".join(station)
            raise StationError("no-such-zone", f"There is no zone {', '.join(missing)}.", f"There are: {known}.")
        return meant

    def _did(self, what: str, by: str, zones: tuple[str, ...]) -> tuple[str, ...]:
        _LOG.info("by-hand", what=what, by=by, zones=zones)
        return zones
