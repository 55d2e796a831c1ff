"""Wires guidance: the agent, the boards that follow it, and the pages that show them."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any, cast

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool

from stationmaster_agent.agent import Agent
from stationmaster_agent.desk import Desk
from stationmaster_agent.page import StatusPage
from stationmaster_agent.view import AgentHealth
from stationmaster_base.health import Health
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.led.assembly import PanelsHealth, led_panels
from stationmaster_guidance.local_pages import LocalPages
from stationmaster_guidance.pages import Pages
from stationmaster_guidance.pictures import Pictures
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.settings import GuidanceSettings
from stationmaster_guidance.telling import Telling
from stationmaster_guidance.text_commands import TextCommands
from stationmaster_guidance.written_here import WrittenHere
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["build", "guidance_health"]

LOOK_S = 1.0
"""Machine seconds between looks at what the boards' pages have said."""


def build(running: Running) -> MultiService:
    """The guidance process as one service.

    Raises:
        ConfigurationError: the `[guidance]` table has faults.
        StationError: the agent's state file cannot be used.

    """
    settings = GuidanceSettings.from_table(running.table.table("guidance"), folder=running.folder)
    running.table.faults.raise_if_any()
    boot = running.new_boot_id()
    commands = BoardCommands(clock=running.clock, reactor=running.reactor)
    agent = Agent(
        settings.agent,
        reactor=running.reactor,
        clock=running.clock,
        timer=running.timer,
        performer=None,
        boot=boot,
        commands=commands,
    )
    controls = Controls(settings.dimming, settings.controls)
    written = WrittenHere(
        agent, clock=running.clock, boot=boot, file=settings.texts, alarm=agent.alarm, clear=agent.clear
    )
    boards = Boards(
        written,
        clock=running.clock,
        timer=running.timer,
        reactor=running.reactor,
        boot=boot,
        registry=running.registry,
        controls=controls,
    )
    screens = Screens(
        boards,
        Telling(agent, running.clock),
        clock=running.clock,
        reactor=running.reactor,
        registry=running.registry,
        tested=commands.tested,
        panelled=frozenset(panel.board for panel in settings.panels),
    )
    controls.on_change(boards.refresh)
    panels = led_panels(settings, boards, agent, running)
    commands.serve(
        boards, screens.pages, (lambda _: None) if panels is None else panels.well, texts=TextCommands(written)
    )
    face = Face(
        health=lambda: guidance_health(agent.health(), boards, screens, panels),
        clock=running.clock,
        timer=running.timer,
        registry=running.registry,
    )
    Pages(face, boards, agent, running.clock, screens)
    Pictures(
        face=face,
        boards=boards,
        screens=screens,
        clock=running.clock,
        in_thread=lambda function: _in_thread(running.reactor, function),
    )
    StatusPage(face, agent, running.clock, "guidance")
    desk = Desk(
        settings.desk,
        face=face,
        agent=agent,
        clock=running.clock,
        reactor=running.reactor,
        offload=lambda function: _in_thread(running.reactor, function),
        new_secret=lambda: token_urlsafe(24),
        boot=boot,
    )
    LocalPages(
        face=face,
        desk=desk,
        boards=boards,
        screens=screens,
        commands=commands,
        written=written,
        health=agent.health,
        clock=running.clock,
        boot=boot,
    )
    service = MultiService()
    for part in (
        agent,
        _BoardService(boards, agent, screens, desk, running.reactor),
        *([] if panels is None else [panels]),
        Listening(running.reactor, face.site(), settings.listen, settings.port),
    ):
        service.addService(part)
    return service


def _in_thread(reactor: Any, function: Callable[[], Any]) -> Deferred[Any]:
    return deferToThreadPool(reactor, reactor.getThreadPool(), function)


def guidance_health(
    agent: AgentHealth, boards: Boards, screens: Screens | None = None, panels: PanelsHealth | None = None
) -> Health:
    """What the process says of itself: degraded while it is on its own, has a layout that it cannot use, or a board
    that shows the wrong thing.
    """
    seen = ({} if screens is None else screens.health()) | ({} if panels is None else panels.health())
    moments = [moment for moment in (agent.next_at, boards.next_at) if moment is not None]
    well = agent.state == "online" and agent.stored and not boards.broken
    well = well and not seen.get("boards_wrong") and not seen.get("panels_wrong")
    return Health(
        process="guidance",
        status="ok" if well else "degraded",
        quiet=agent.quiet and boards.quiet,
        next_at=min(moments, default=None),
        more=agent.keys() | {"boards": len(list(boards.all())), "broken_layouts": list(boards.broken)} | seen,
    )


class _BoardService(Service):
    """The boards' part in the life of the process."""

    def __init__(self, boards: Boards, agent: Agent, screens: Screens, desk: Desk, reactor: MachineTime) -> None:
        self._boards = boards
        self._desk = desk
        self._agent = agent
        self._screens = screens
        self._looking = cast("Any", LoopingCall(screens.look))  # its clock is declared as a zope interface
        self._looking.clock = reactor

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._boards.start()
        self._agent.on_change(self._screens.look)  # after the boards themselves have followed
        self._looking.start(LOOK_S)

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        self._looking.stop()
        self._desk.stop()
        self._boards.stop()
