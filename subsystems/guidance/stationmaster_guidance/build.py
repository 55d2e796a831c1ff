"""Wires guidance: the agent, the boards that follow it, and the pages that show them."""

from __future__ import annotations

from twisted.application.service import MultiService, Service

from stationmaster_agent.agent import Agent
from stationmaster_agent.page import StatusPage
from stationmaster_agent.view import AgentHealth
from stationmaster_base.health import Health
from stationmaster_guidance.board_devices import BoardDevices
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.pages import Pages
from stationmaster_guidance.settings import GuidanceSettings
from stationmaster_service.face import Face
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["build", "guidance_health"]


def build(running: Running) -> MultiService:
    """The guidance process as one service.

    Raises:
        ConfigurationError: the `[guidance]` table has faults.
        StationError: the agent's state file cannot be used.

    """
    settings = GuidanceSettings.from_table(running.table.table("guidance"), folder=running.folder)
    running.table.faults.raise_if_any()
    boot = running.new_boot_id()
    agent = Agent(
        settings.agent,
        reactor=running.reactor,
        clock=running.clock,
        timer=running.timer,
        performer=None,
        boot=boot,
    )
    boards = Boards(
        agent,
        clock=running.clock,
        timer=running.timer,
        reactor=running.reactor,
        boot=boot,
        registry=running.registry,
    )
    devices = BoardDevices(boards, agent.devices, running.clock)
    face = Face(
        health=lambda: guidance_health(agent.health(), boards),
        clock=running.clock,
        timer=running.timer,
        registry=running.registry,
    )
    Pages(face, boards, agent, running.clock)
    StatusPage(face, agent, running.clock, "guidance")
    service = MultiService()
    for part in (
        agent,
        _BoardService(boards, agent, devices),
        Listening(running.reactor, face.site(), settings.listen, settings.port),
    ):
        service.addService(part)
    return service


def guidance_health(agent: AgentHealth, boards: Boards) -> Health:
    """What the process says of itself: degraded while it is on its own or has a layout that it cannot use."""
    moments = [moment for moment in (agent.next_at, boards.next_at) if moment is not None]
    well = agent.state == "online" and agent.stored and not boards.broken
    return Health(
        process="guidance",
        status="ok" if well else "degraded",
        quiet=agent.quiet and boards.quiet,
        next_at=min(moments, default=None),
        more=agent.keys() | {"boards": len(list(boards.all())), "broken_layouts": list(boards.broken)},
    )


class _BoardService(Service):
    """The boards' part in the life of the process."""

    def __init__(self, boards: Boards, agent: Agent, devices: BoardDevices) -> None:
        self._boards = boards
        self._agent = agent
        self._devices = devices

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._boards.start()
        self._agent.on_change(self._devices.look)  # after the boards themselves have followed

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        self._boards.stop()
