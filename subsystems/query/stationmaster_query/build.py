"""Wires query: the agent, the kiosks that ask it, and their pages."""

from __future__ import annotations

from twisted.application.service import MultiService, Service

from stationmaster_agent.agent import Agent
from stationmaster_agent.page import StatusPage
from stationmaster_agent.view import AgentHealth
from stationmaster_base.health import Health
from stationmaster_query.kiosk import Kiosk
from stationmaster_query.pages import Pages
from stationmaster_query.settings import QuerySettings
from stationmaster_service.face import Face
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["build", "query_health"]


def build(running: Running) -> MultiService:
    """The query process as one service.

    Raises:
        ConfigurationError: the `[query]` table has faults.
        StationError: the agent's state file cannot be used.

    """
    settings = QuerySettings.from_table(running.table.table("query"), folder=running.folder)
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
    kiosk = Kiosk(agent, clock=running.clock, reactor=running.reactor, boot=boot)
    face = Face(
        health=lambda: query_health(agent.health(), len(agent.view.calls)),
        clock=running.clock,
        timer=running.timer,
        registry=running.registry,
    )
    Pages(face, kiosk)
    StatusPage(face, agent, running.clock, "query")
    service = MultiService()
    for part in (agent, _KioskService(kiosk), Listening(running.reactor, face.site(), settings.listen, settings.port)):
        service.addService(part)
    return service


def query_health(agent: AgentHealth, calls: int) -> Health:
    """What the process says of itself: degraded while it is on its own. Answers are made when asked, so it is quiet."""
    return Health(
        process="query",
        status="ok" if agent.state == "online" and agent.stored else "degraded",
        quiet=agent.quiet,
        next_at=agent.next_at,
        more=agent.keys() | {"calls": calls},
    )


class _KioskService(Service):
    """The kiosks' part in the life of the process."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._kiosk.start()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        self._kiosk.stop()
