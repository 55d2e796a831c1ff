"""Makes outputs and amplifiers of their settings, and joins them: one service that starts and ends them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twisted.application.service import Service

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink, AmplifierPort
from stationmaster_broadcast.loudspeakers.amplifier_port import SerialPort, TcpPort
from stationmaster_broadcast.loudspeakers.amplifier_settings import AmplifierSettings
from stationmaster_broadcast.loudspeakers.card_output import CardOutput, CardSettings
from stationmaster_broadcast.loudspeakers.chip_output import ChipOutput
from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.folder_output import FolderOutput, FolderSettings
from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.output import Output
from stationmaster_broadcast.loudspeakers.output_figures import OutputFigures
from stationmaster_broadcast.loudspeakers.output_log import OutputLog
from stationmaster_broadcast.loudspeakers.output_settings import OutputSettings, wiring_of
from stationmaster_broadcast.loudspeakers.output_telling import OutputTelling
from stationmaster_broadcast.loudspeakers.redundancy import single_points
from stationmaster_broadcast.loudspeakers.reel import Reels
from stationmaster_broadcast.loudspeakers.routing import Route
from stationmaster_broadcast.loudspeakers.rtp_output import RtpOutput
from stationmaster_broadcast.loudspeakers.rtp_wire import UdpWire
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneOutputs
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech_chips.chip_sink import ChipSettings, ChipSink
from stationmaster_service.interfaces import DelayedCall
from stationmaster_service.process import Running

__all__ = ["Loudspeakers", "build_outputs"]

_LOG = get_logger("outputs")

FIRST_S = 1.5
"""Machine seconds after the start before anything is told: until then chips and racks have not been asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudspeakers:
    """The outputs of a process: what plays, what feeds it, what is told and written of it, and what runs it."""

    outputs: ZoneOutputs
    feeding: Feeding
    telling: OutputTelling
    log: OutputLog
    service: Service


class _Running(Service):
    """Starts and ends outputs and amplifiers."""

    def __init__(self, running: Running, outputs: ZoneOutputs, feeding: Feeding, telling: OutputTelling) -> None:
        self._reactor = running.reactor
        self._outputs = outputs
        self._feeding = feeding
        self._telling = telling
        self._first: DelayedCall | None = None

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._feeding.start()
        self._outputs.start()
        self._first = self._reactor.callLater(FIRST_S, self._begin_to_tell)

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        if self._first is not None and self._first.active():
            self._first.cancel()
        self._outputs.stop()
        self._feeding.stop()

    def _begin_to_tell(self) -> None:
        self._outputs.on_change(self._telling.tell)
        self._feeding.on_change(self._telling.tell)
        self._telling.tell()


def build_outputs(
    running: Running,
    outputs: Sequence[OutputSettings],
    amplifiers: Sequence[AmplifierSettings],
    routes: Mapping[str, Sequence[Route]],
    *,
    pronunciations: Pronunciations,
    zones: Callable[[], Sequence[str]],
    sounds: Path,
) -> Loudspeakers:
    """Join them; `zones` are the station's, as far as the hub has told, `sounds` the folder of what was said."""
    reactor = running.reactor
    links = [AmplifierLink(each.name, each.driver, _port(each, running), reactor) for each in amplifiers]
    feeding = Feeding(links, routes, reactor)
    reels = Reels()
    log = OutputLog(sounds / "outputs.jsonl", running.clock.now)
    lanes = [Lane(_output(each, running, reels, pronunciations), reactor, log.note) for each in outputs]
    zone_outputs = ZoneOutputs(
        reactor=reactor,
        lanes=lanes,
        wiring=wiring_of(outputs),
        cut_off=feeding.cut_off,
        strict=not running.clock.shadow,
    )
    feeding.on_change(zone_outputs.recheck)
    for zone, wiring in zone_outputs.wiring.items():
        alone = single_points(wiring, routes.get(zone, ()))
        if alone:
            _LOG.warning(
                "zone-without-spare", zone=zone, alone=", ".join(alone), todo="give it a spare output or route"
            )
    running.registry.register(OutputFigures(zone_outputs, feeding))
    telling = OutputTelling(zone_outputs, feeding, running.clock, zones)
    return Loudspeakers(
        outputs=zone_outputs,
        feeding=feeding,
        telling=telling,
        log=log,
        service=_Running(running, zone_outputs, feeding, telling),
    )


def _port(settings: AmplifierSettings, running: Running) -> AmplifierPort:
    if settings.device is not None:
        return SerialPort(settings.device, settings.baud, running.reactor)
    return TcpPort(settings.host, settings.port, running.reactor)


def _output(settings: OutputSettings, running: Running, reels: Reels, pronunciations: Pronunciations) -> Output:
    reactor, equipment = running.reactor, settings.equipment
    if isinstance(equipment, CardSettings):
        return CardOutput(settings.name, equipment, reactor=reactor, reels=reels)
    if isinstance(equipment, FolderSettings):
        return FolderOutput(settings.name, equipment, reactor=reactor, now=running.clock.now)
    if isinstance(equipment, ChipSettings):
        chip = ChipSink(reactor, equipment, pronunciations)
        return ChipOutput(settings.name, chip, f"{equipment.chip} {equipment.device}", reactor)
    return RtpOutput(
        settings.name,
        equipment,
        reactor=reactor,
        wire=UdpWire(equipment),
        reels=reels,
        numbers=running.random.getrandbits,
        now=running.clock.now,
    )
