"""Query on a fake reactor, a stepped clock and a fake agent, with the sample station's day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from guidance.believable import BelievableDay
from guidance.fakes import SteppedClock
from service.web import Browser
from stationmaster_agent.machine import AgentState
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.values import FeedGrade
from stationmaster_query.kiosk import Kiosk
from stationmaster_query.pages import Pages
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer


@dataclass
class FakeView:
    """A view that a test sets as it likes."""

    state: AgentState = AgentState.ONLINE
    configuration: Configuration | None = None
    calls: Mapping[str, Call] = field(default_factory=dict)
    grade: FeedGrade = FeedGrade.FRESH
    fresh_at: Instant | None = None


@dataclass
class FakeSource:
    """An agent that tells its listeners when the test says so."""

    view: FakeView = field(default_factory=FakeView)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def on_change(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def changed(self) -> None:
        for listener in self.listeners:
            listener()

    def adopt(self, day: BelievableDay) -> None:
        """The view is that of the day's kernel."""
        self.view.configuration = self.view.configuration or day.configuration
        self.view.calls = day.state.calls
        self.view.fresh_at = day.now
        self.changed()


class Query:
    """Query with everything around it, on the morning of a believable day."""

    def __init__(self, folder: Path, *, known: bool = True) -> None:
        self.day = BelievableDay(time(8, 7))
        self.reactor = Clock()
        self.stepped = SteppedClock(folder, self.day.now)
        timer = StationTimer(self.stepped.clock, self.reactor)
        self.source = FakeSource()
        self.view = self.source.view
        self.kiosk = Kiosk(self.source, clock=self.stepped.clock, reactor=self.reactor, boot="boot")
        face = Face(
            health=lambda: Health(process="query"),
            clock=self.stepped.clock,
            timer=timer,
            registry=CollectorRegistry(),
        )
        Pages(face, self.kiosk)
        self.site = face.site()
        if known:
            self.source.adopt(self.day)
        self.kiosk.start()

    def browser(self) -> Browser:
        """A connection to the pages."""
        return Browser(self.site)
