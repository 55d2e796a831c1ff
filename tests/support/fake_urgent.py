"""A performer with emergencies, inputs and hands around it, on a stepped clock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster_broadcast.emergencies.control import EmergencyOrder
from stationmaster_broadcast.emergencies.emergency import Emergencies
from stationmaster_broadcast.emergencies.emergency_settings import EmergencySettings
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds, Words
from stationmaster_broadcast.emergencies.emergency_telling import EmergencyTelling
from stationmaster_broadcast.emergencies.emergency_tone import short_tone
from stationmaster_broadcast.emergencies.hand_control import HandControl
from stationmaster_broadcast.emergencies.hand_volume import HandVolume
from stationmaster_broadcast.emergencies.held_sound import HeldSound
from stationmaster_broadcast.emergencies.input_settings import InputSettings
from stationmaster_broadcast.emergencies.inputs import Inputs
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.zones.chimes import Chime
from stationmaster_protocol.equipment import AlarmSign, Device
from support.fake_broadcast import CONFIGURATION, START, FakeEngine, Hall, hall

ZONES = tuple(zone.id for zone in CONFIGURATION.zones)


@dataclass
class FakeDesk:
    """Keeps what it is told."""

    alarms: dict[str, AlarmSign] = field(default_factory=dict)
    there: dict[str, Device] = field(default_factory=dict)

    @property
    def devices(self) -> FakeDesk:
        return self

    def put(self, device: Device) -> None:
        self.there[device.id] = device

    def alarm(self, sign: AlarmSign) -> None:
        self.alarms[sign.id] = sign

    def clear(self, name: str) -> None:
        self.alarms.pop(name, None)


@dataclass
class UrgentHall:
    """A hall with everything urgent in it."""

    hall: Hall
    sounds: EmergencySounds
    emergencies: Emergencies
    inputs: Inputs
    control: HandControl
    volume: HandVolume
    desk: FakeDesk
    station: list[str]

    def call(self, *zones: str, message: str = "", texts: Words = (), by: str = "anna") -> str:
        """Call an emergency, and let the reactor turn; its id."""
        now = self.control.emergency(EmergencyOrder(by=by, zones=zones, message=message, texts=texts))
        self.hall.turn()
        return now.id

    def step(self, seconds: float) -> None:
        """Station time goes on to so many seconds after the start."""
        self.hall.step(seconds)

    def machine(self, seconds: float) -> None:
        """Machine time goes on."""
        self.hall.machine.advance(seconds)
        self.hall.turn()

    def until(self, seconds: float, at_most: int = 200) -> None:
        """Step from one thing to the next, up to so many seconds after the start."""
        for _ in range(at_most):
            moments = [at for at in (self.hall.performer.next_at(), self.emergencies.next_at()) if at is not None]
            following = min((at - START for at in moments), default=seconds)
            if following >= seconds:
                break
            self.step(max(following, self.hall.clock.at - START))
        self.step(seconds)

    def heard(self) -> list[tuple[int, int, str, str, str]]:
        """What has sounded in the emergencies' name: from and to, zone, first words or `tone`, outcome; in order."""
        plays = [play for play in self.hall.plays.after(0) if play.rule == "emergency"]
        return sorted(
            (
                (play.begun or START) - START,
                (play.ended or START) - START,
                play.target,
                play.texts[0][1][:4] if play.texts else "tone",
                play.outcome,
            )
            for play in plays
        )

    def playing(self) -> dict[str, str]:
        """What sounds now, by zone: the first words, or `tone`."""
        found = {}
        for name, zone in self.hall.performer.zones.items():
            if zone.playing is not None:
                texts = zone.playing.play.texts
                found[name] = texts[0][1][:4] if texts else "tone"
        return found

    def state(self) -> Any:
        """What stands in the file of those under way."""
        return json.loads((self.hall.folder / "emergency" / "state.json").read_text("utf-8"))


def urgent_hall(
    folder: Path,
    *,
    engine: FakeEngine | None = None,
    settings: EmergencySettings | None = None,
    inputs: Iterable[InputSettings] = (),
    at: Hall | None = None,
    **more: Any,
) -> UrgentHall:
    """A hall whose sounds go to `folder`; `at` takes over another's clock, as a new start of the process does."""
    held = hall(folder, engine=engine or FakeEngine(), **more)
    if at is not None:
        held.clock.at = at.clock.at
    kept = folder / "emergency"
    chosen = settings or EmergencySettings(state=kept / "state.json", kept=kept)
    station = list(ZONES)

    def make(words: Words, urgency: int) -> Deferred[Recording]:
        return held.studio.prepare(held.studio.recipe(words, which=Chime.NONE), urgency)

    signature = held.studio.signature
    sounds = EmergencySounds(chosen, make, held.machine, usual=lambda: held.studio.signature == signature)
    sounds.follow(CONFIGURATION)
    performer = held.performer
    emergencies = Emergencies(
        chosen,
        sounds=sounds,
        performer=performer,
        clock=held.clock,
        timer=held.timer,
        zones=lambda: tuple(station),
        reach=performer.rules.plan.reach_of,
        boot="boot",
    )
    desk = FakeDesk()
    common: dict[str, Any] = {
        "performer": performer,
        "emergencies": emergencies,
        "clock": held.clock,
        "zones": lambda: tuple(station),
        "members": performer.rules.plan.members,
    }
    heard = Inputs(tuple(inputs), reactor=held.machine, desk=desk, **common)
    volume = HandVolume(folder / "volume.json")
    tone = HeldSound.of(kept / "test.wav", short_tone())
    control = HandControl(volume=volume, tone=tone, trouble=lambda _: "", **common)
    telling = EmergencyTelling(emergencies, sounds, desk=desk, clock=held.clock, slow=lambda: False)
    emergencies.on_change(telling.look)
    emergencies.start()
    sounds.start()
    held.turn()
    telling.look()
    return UrgentHall(held, sounds, emergencies, heard, control, volume, desk, station)
