"""What the tests of LED panels need: pages, a wire without a network, and whoever listens to a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from stationmaster_base.configuration import Faults, Table
from stationmaster_guidance.led.composing import PanelCell, PanelPage
from stationmaster_guidance.led.dots import Bitmap, Ink
from stationmaster_guidance.led.driver import BoardDriver, DriverParts, Frame, driver_factory
from stationmaster_guidance.led.link import PanelWire
from stationmaster_protocol.equipment import Evidence
from stationmaster_simulator.led_cards import Card, Mood


def page(*texts: str, dwell_s: float = 10.0, ink: Ink = Ink.GREEN) -> PanelPage:
    """A page with a cell in each line."""
    return PanelPage(lines=tuple((PanelCell(text=text, ink=ink),) for text in texts), dwell_s=dwell_s)


def frame(*texts: str, dwell_s: float = 10.0, width: int = 64, height: int = 16) -> Frame:
    """A page for drivers of either sort; its dots are dark."""
    return Frame(page=page(*texts, dwell_s=dwell_s), bitmap=Bitmap.dark(width, height))


def driver(
    name: str, /, *, width: int = 64, height: int = 32, two_colours: bool = False, **keys: object
) -> BoardDriver:
    """A driver with these settings; a fault is an error."""
    faults = Faults()
    table = Table(dict(keys), "test.toml", faults)
    made = driver_factory(name)(DriverParts(table=table, width=width, height=height, two_colours=two_colours))
    table.finish()
    faults.raise_if_any()
    return made


class Bench:
    """A card at the end of a wire on which nothing is late; `connects` False: nobody is there."""

    def __init__(self, reactor: Clock, card: Card) -> None:
        self.reactor = reactor
        self.card = card
        self.connects = True
        self.opened: list[float] = []
        self.wire: PanelWire | None = None

    def open(self, wire: PanelWire, failed: Callable[[str], None]) -> None:
        """As an `Opener`."""
        self.opened.append(self.reactor.seconds())
        if not self.connects:
            failed("nobody is there")
            return
        self.wire = wire
        wire.makeConnection(_Transport(self, wire))

    def cut(self) -> None:
        """The connection ends."""
        assert self.wire is not None
        self.wire.connectionLost(None)


class _Transport(StringTransport):
    def __init__(self, bench: Bench, wire: PanelWire) -> None:
        super().__init__()
        self._bench, self._wire = bench, wire

    def write(self, data: bytes) -> None:
        answer = self._bench.card.receive(data)
        if answer:
            self._bench.reactor.callLater(0, self._wire.dataReceived, answer)


@dataclass
class Listener:
    """Records what a link says."""

    said: list[str | Evidence] = field(default_factory=list)

    def shown(self, token: object, evidence: Evidence) -> None:
        self.said.append(evidence)

    def failed(self, why: str, *, there: bool) -> None:
        self.said.append(f"{'there' if there else 'gone'}: {why}")


MOODS = list(Mood)
