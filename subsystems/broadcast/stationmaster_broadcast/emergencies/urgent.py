"""What cannot wait, joined: emergencies, the inputs that call them or make room, and the hands of people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from twisted.application.service import Service
from twisted.internet.defer import Deferred

from stationmaster_agent.agent import Agent
from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_broadcast.emergencies.contacts import ContactDriver, ContactParts, contact_factory
from stationmaster_broadcast.emergencies.control import BroadcastControl
from stationmaster_broadcast.emergencies.emergency import Emergencies
from stationmaster_broadcast.emergencies.emergency_settings import EmergencySettings
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds, Words
from stationmaster_broadcast.emergencies.emergency_telling import EmergencyTelling
from stationmaster_broadcast.emergencies.emergency_tone import short_tone
from stationmaster_broadcast.emergencies.hand_control import HandControl
from stationmaster_broadcast.emergencies.hand_volume import HandVolume
from stationmaster_broadcast.emergencies.held_sound import HeldSound
from stationmaster_broadcast.emergencies.input_settings import EVERYWHERE, ContactSettings, InputSettings, read_inputs
from stationmaster_broadcast.emergencies.inputs import Inputs
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.studio import Studio
from stationmaster_broadcast.zones.chimes import Chime
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_service.process import Running

__all__ = ["Urgent", "UrgentSettings", "build_urgent"]

HUM = "silent "
"""How the signature of the engine begins that hums instead of speaking: for drills, and in a chain for want of better.
A real emergency has rather the shipped recording than a hum."""

GRACE_S = 60.0
"""Machine seconds after the start in which messages that are not ready yet trouble nobody."""

SHIPPED = Path(__file__).parents[1] / "data" / "attention.wav"
"""The stand-in as it comes with the package, for a process whose engine has never spoken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentSettings:
    """What the file says of it: `[broadcast.emergency]`, `[[broadcast.contacts]]`, `[[broadcast.input]]`."""

    emergency: EmergencySettings
    contacts: tuple[ContactSettings, ...] = ()
    inputs: tuple[InputSettings, ...] = ()

    @staticmethod
    def from_table(table: Table, folder: Path, sounds: Path) -> UrgentSettings:
        """Read the parts of `[broadcast]`; faults go to the table's."""
        contacts, inputs = read_inputs(table)
        emergency = EmergencySettings.from_table(table.table("emergency"), folder, sounds)
        known = [message.id for message in emergency.messages]
        for each in inputs:
            if each.message and each.message not in known:
                table.fault(f"input.{each.id}.message", f"{each.message!r} is not known", ", ".join(known))
        return UrgentSettings(emergency=emergency, contacts=contacts, inputs=inputs)


class _Figures:
    """How it stands, read when somebody asks."""

    def __init__(self, emergencies: Emergencies, sounds: EmergencySounds, inputs: Inputs) -> None:
        self._emergencies = emergencies
        self._sounds = sounds
        self._inputs = inputs

    def collect(self) -> list[Metric]:
        return [
            GaugeMetricFamily("stationmaster_emergencies", "Emergencies under way.", len(self._emergencies.now)),
            GaugeMetricFamily(
                "stationmaster_emergency_problem",
                "Whether an emergency does not go as it should.",
                int(bool(self._emergencies.problem)),
            ),
            GaugeMetricFamily(
                "stationmaster_emergency_messages_not_ready",
                "Messages that no recording was made of yet.",
                len(self._sounds.not_ready),
            ),
            GaugeMetricFamily("stationmaster_inputs_given", "Inputs that are given.", len(self._inputs.given())),
            GaugeMetricFamily(
                "stationmaster_contacts_lost", "Devices of contacts that are lost.", len(self._inputs.lost_devices())
            ),
        ]


class _UrgentService(Service):
    """Starts when the agent has: then the station's zones are known, if they ever were."""

    def __init__(self, urgent: Urgent) -> None:
        self._urgent = urgent

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._urgent.start()

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        self._urgent.stop()
        return None


class Urgent:
    """All of it.

    Args:
        emergencies, sounds, inputs, control, drivers, telling: the parts.
        agent: gives the station.

    """

    def __init__(
        self,
        *,
        emergencies: Emergencies,
        sounds: EmergencySounds,
        inputs: Inputs,
        control: BroadcastControl,
        drivers: tuple[ContactDriver, ...],
        telling: EmergencyTelling,
        agent: Agent,
    ) -> None:
        self.emergencies = emergencies
        self.inputs = inputs
        self.control = control
        self.service: Service = _UrgentService(self)
        self._sounds = sounds
        self._drivers = drivers
        self._telling = telling
        self._agent = agent
        agent.on_change(self._follow)
        emergencies.on_change(telling.look)

    def start(self) -> None:
        """Go on with what was under way, and listen to the inputs."""
        self._sounds.follow(self._agent.view.configuration)
        self.emergencies.start()
        self._sounds.start()
        for driver in self._drivers:
            driver.start()
        self._follow()

    def hush(self) -> None:
        """Begin nothing more: the process is going down."""
        self.emergencies.stop()

    def stop(self) -> None:
        """Let go of everything."""
        self.hush()
        self.inputs.stop()
        for driver in self._drivers:
            driver.stop()
        self._sounds.stop()

    @property
    def problem(self) -> str:
        """What does not go as it should with emergencies; empty if nothing."""
        return self.emergencies.problem

    def next_at(self) -> Instant | None:
        """The station time of the next thing that time alone brings."""
        return self.emergencies.next_at()

    def _follow(self) -> None:
        self._sounds.follow(self._agent.view.configuration)
        self.emergencies.zones_changed()
        self.inputs.review()
        self._telling.look()


def build_urgent(
    running: Running,
    settings: UrgentSettings,
    *,
    performer: BroadcastPerformer,
    studio: Studio,
    agent: Agent,
    volume: HandVolume,
    members: Callable[[Iterable[str]], tuple[str, ...]],
    trouble: Callable[[str], str],
    wired: Iterable[str],
    boot: str,
) -> Urgent:
    """Join the parts.

    Args:
        running: the process.
        settings: what the file says.
        performer: plays.
        studio: speaks.
        agent: knows the station, and is told.
        volume: the volumes that were set by hand.
        members: gives the zones that names of zones and groups mean.
        trouble: says what is wrong with a zone's loudspeakers; empty if nothing.
        wired: zones that loudspeakers are configured for: the station's zones, until a hub has ever told them.
        boot: an id of this start of the process.

    Raises:
        StationError: a driver of contacts is not there, or its settings are wrong.

    """
    reactor, clock = running.reactor, running.clock
    began = reactor.seconds()
    inputs_name = members(zone for each in settings.inputs for zone in (*each.yields, *each.evacuate))
    named = tuple(sorted({*wired, *inputs_name}.difference({EVERYWHERE})))

    def zones() -> tuple[str, ...]:
        configuration = agent.view.configuration
        return tuple(zone.id for zone in configuration.zones) if configuration else named

    engine = studio.signature  # nobody is out yet: of the engine that shall speak

    def make(words: Words, urgency: int) -> Deferred[Recording]:
        return studio.prepare(studio.recipe(words, which=Chime.NONE), urgency).addCallback(in_words)

    def in_words(made: Recording) -> Recording:
        if studio.signature.startswith(HUM) and not engine.startswith(HUM):
            raise StationError("speech-down", "No engine speaks, and a hum is no message.")
        return made

    sounds = EmergencySounds(settings.emergency, make, reactor, SHIPPED, lambda: studio.signature == engine)
    emergencies = Emergencies(
        settings.emergency,
        sounds=sounds,
        performer=performer,
        clock=clock,
        timer=running.timer,
        zones=zones,
        reach=performer.rules.plan.reach_of,
        boot=boot,
    )
    inputs = Inputs(
        settings.inputs,
        reactor=reactor,
        clock=clock,
        performer=performer,
        emergencies=emergencies,
        zones=zones,
        members=members,
        desk=agent,
    )
    drivers = []
    for each in settings.contacts:
        parts = ContactParts(reactor=reactor, table=each.table, folder=running.folder, heard=inputs.device(each.id))
        drivers.append(contact_factory(each.driver)(parts))
        each.table.finish()
        each.table.faults.raise_if_any()
    control = HandControl(
        performer=performer,
        emergencies=emergencies,
        volume=volume,
        tone=HeldSound.of(settings.emergency.kept / "test.wav", short_tone()),
        clock=clock,
        zones=zones,
        members=members,
        trouble=trouble,
    )
    telling = EmergencyTelling(
        emergencies, sounds, desk=agent, clock=clock, slow=lambda: reactor.seconds() - began < GRACE_S
    )
    running.registry.register(_Figures(emergencies, sounds, inputs))
    return Urgent(
        emergencies=emergencies,
        sounds=sounds,
        inputs=inputs,
        control=control,
        drivers=tuple(drivers),
        telling=telling,
        agent=agent,
    )
