"""Guidance on a fake reactor, a stepped clock and a fake agent."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from twisted.internet.task import Clock

from guidance.fakes import NOON, FakeDesk, FakeSource, SteppedClock, configuration
from service.web import Browser
from stationmaster_base.health import Health
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.controls import Controls, Dimming
from stationmaster_guidance.pages import Pages
from stationmaster_guidance.pictures import InThread, Pictures
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.telling import Telling
from stationmaster_kernel.configuration import Configuration
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer


class Guidance:
    """The boards with everything around them; `configuration` None: the station is not known yet."""

    def __init__(
        self,
        folder: Path,
        station: Configuration | None = None,
        *,
        known: bool = True,
        dimming: tuple[Dimming, ...] = (),
        panelled: tuple[str, ...] = (),
    ) -> None:
        self.reactor = Clock()
        self.stepped = SteppedClock(folder)
        self.timer = StationTimer(self.stepped.clock, self.reactor)
        self.registry = CollectorRegistry()
        self.source = FakeSource()
        self.view = self.source.view
        if known:
            self.view.configuration = station or configuration()
        self.controls = Controls(dimming, folder / "boards.json")
        self.boards = Boards(
            self.source,
            clock=self.stepped.clock,
            timer=self.timer,
            reactor=self.reactor,
            boot="boot",
            registry=self.registry,
            controls=self.controls,
        )
        face = Face(
            health=lambda: Health(process="guidance"),
            clock=self.stepped.clock,
            timer=self.timer,
            registry=self.registry,
        )
        self.desk = FakeDesk()
        self.commands = BoardCommands(clock=self.stepped.clock, reactor=self.reactor)
        self.screens = Screens(
            self.boards,
            Telling(self.desk, self.stepped.clock),
            clock=self.stepped.clock,
            reactor=self.reactor,
            registry=self.registry,
            tested=self.commands.tested,
            panelled=panelled,
        )
        self.commands.serve(self.boards, self.screens.pages)
        self.controls.on_change(self.boards.refresh)
        Pages(face, self.boards, self.source, self.stepped.clock, self.screens)
        self.face = face
        self.site = face.site()
        self.boards.start()

    def step(self, seconds: float) -> None:
        """It is `seconds` after NOON; everything that is due is done."""
        self.stepped.set(NOON + seconds)
        self.timer.poke()

    def shown(self, board: str = "hall-1") -> list[tuple[str, str]]:
        """Numbers and statuses of a board's rows."""
        found = self.boards.get(board)
        assert found is not None
        return [(row.number, str(row.status)) for row in found.picture.rows]

    def event_id(self, board: str = "hall-1") -> str:
        """The id of the state that the board's pages should hold."""
        found = self.boards.get(board)
        assert found is not None
        return found.event_id

    def pictures(self, in_thread: InThread) -> None:
        """Serve pictures of the boards as well, drawn where `in_thread` does it."""
        Pictures(
            face=self.face, boards=self.boards, screens=self.screens, clock=self.stepped.clock, in_thread=in_thread
        )

    def browser(self) -> Browser:
        """A connection to the pages."""
        return Browser(self.site)

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        lines = generate_latest(self.registry).decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))
