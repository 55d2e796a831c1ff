"""The LED panels of the station: each shows the rows of its board, whatever card it has, and dead ones hurt nobody.

The pictures are those of the boards: this only notices when a board's state is another, makes pages of it, has them
drawn where the card wants dots, and hands them to the card's link. What the card answers goes to the hub as readback,
how it is as a device, and what is wrong as an alarm.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

from prometheus_client import CollectorRegistry, Gauge, Histogram
from twisted.application.service import Service
from twisted.internet.task import LoopingCall

from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_guidance.boards import Boards, ShownBoard, Source
from stationmaster_guidance.led.composing import PanelCell, PanelPage, Show, compose
from stationmaster_guidance.led.dots import Bitmap
from stationmaster_guidance.led.drawing import draw_steps
from stationmaster_guidance.led.driver import Frame
from stationmaster_guidance.led.glyphs import Fonts
from stationmaster_guidance.led.link import LinkLimits, Opener, PanelLink
from stationmaster_guidance.led.panel_settings import PanelSettings
from stationmaster_guidance.telling import Desk
from stationmaster_protocol.equipment import (
    AlarmSign,
    Condition,
    Device,
    Evidence,
    Readback,
    Reading,
    Severity,
    ShownRow,
)
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["LOOK_S", "Panels"]

LOOK_S = 0.1
"""Machine seconds between looks at whether a board's state is another."""

STEP_S = 2.5
"""Seconds for which a part of a long text is seen at least."""

DRAWN = 512
"""Pages that are kept drawn."""

SLICE_S = 0.02
"""Machine seconds of drawing at a time."""

_LOG = get_logger("panels")
_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Panels(Service):
    """Args:
    settings: the panels.
    boards: whose rows they show.
    source: the agent, for whether the hub is there.
    desk: who is told how the panels are.
    opener: how to get at a panel's card.
    fonts: for cards that take dots.
    clock: station time.
    reactor: machine time.
    registry: the process's metrics.
    limits: how long cards are waited for.

    """

    def __init__(
        self,
        settings: Sequence[PanelSettings],
        boards: Boards,
        source: Source,
        desk: Desk,
        *,
        opener: Callable[[PanelSettings], Opener],
        fonts: Fonts,
        clock: StationClock,
        reactor: MachineTime,
        registry: CollectorRegistry,
        limits: LinkLimits | None = None,
    ) -> None:
        self._boards = boards
        self._source = source
        # Boards that hang side by side say the same: each page is drawn once for all panels of its size.
        self._drawn = lru_cache(maxsize=DRAWN)(
            lambda page, width, height, size: draw_steps(page, fonts, width=width, height=height, size=size)
        )
        self._took = Histogram(
            "stationmaster_guidance_panel_shown_seconds",
            "Machine time from a board's change to its LED card's last answer.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._reactor = reactor
        self._unseen: deque[_Panel] = deque()
        self._rest: DelayedCall | None = None
        self._panels = []
        for each in settings:
            panel = _Panel(each, desk, clock, reactor, self._took)
            panel.link = PanelLink(each.driver, opener(each), reactor=reactor, listener=panel, limits=limits)
            self._panels.append(panel)
        wrong = Gauge("stationmaster_guidance_panels_wrong", "LED panels with an alarm.", registry=registry)
        wrong.set_function(lambda: len(self.wrong()))
        self._looking = cast("Any", LoopingCall(self.look))  # its clock is declared as a zope interface
        self._looking.clock = reactor

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        for panel in self._panels:
            panel.connected.start()
        self._looking.start(LOOK_S)

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        if self._looking.running:
            self._looking.stop()
        if self._rest is not None and self._rest.active():
            self._rest.cancel()
        for panel in self._panels:
            panel.connected.stop()

    def look(self) -> None:
        """Hand to each panel what its board shows, if that is something else than before."""
        station = self._boards.station
        if station is None:
            return
        if self._rest is None or not self._rest.active():
            self._unseen = deque(self._panels)
            self._look_on()

    def _look_on(self) -> None:
        """Look at those that are left, and let answers in between where there is much to draw."""
        alone = self._source.view.state not in (AgentState.ONLINE, AgentState.SUSPECT)
        until = self._reactor.seconds() + SLICE_S
        while self._unseen:
            if self._reactor.seconds() > until:
                self._rest = self._reactor.callLater(0, self._look_on)
                return
            panel = self._unseen.popleft()
            shown = self._boards.get(panel.settings.board)
            if shown is None:
                panel.failed(f"the station has no board {panel.settings.board}", there=True)
            elif panel.seen != (shown.event_id, alone):
                panel.seen = (shown.event_id, alone)
                try:
                    self._hand_over(panel, shown, alone=alone)
                except StationError as error:
                    _LOG.error("panel-undrawn", board=panel.settings.board, error=error.message, todo=error.hint)
                    panel.failed(str(error), there=True)

    def well(self, board: str) -> bool | None:
        """Whether the panels of a board show what they are told, as far as their cards can say; None: it has none."""
        mine = [panel for panel in self._panels if panel.settings.board == board]
        return all(panel.told and not panel.alarmed for panel in mine) if mine else None

    def wrong(self) -> tuple[str, ...]:
        """The boards whose panels an alarm stands for."""
        return tuple(panel.settings.board for panel in self._panels if panel.alarmed)

    def health(self) -> dict[str, JsonValue]:
        """For `/healthz`."""
        return {"panels": len(self._panels), "panels_wrong": list(self.wrong())}

    def _hand_over(self, panel: _Panel, shown: ShownBoard, *, alone: bool) -> None:
        settings, layout = panel.settings, shown.layout
        station = self._boards.station
        if station is None:
            return
        lines, characters = settings.room(shown.board)
        if shown.light.percent != panel.percent:
            panel.percent = shown.light.percent
            panel.connected.brightness(panel.percent)
        if not shown.light.on:
            show = Show(pages=(PanelPage(lines=(), dwell_s=layout.dwell_s),))
        elif shown.light.test:
            bright = (PanelCell(text="█" * characters),)
            show = Show(pages=(PanelPage(lines=(bright,) * lines, dwell_s=layout.dwell_s),))
        else:
            show = compose(
                shown.board,
                layout,
                shown.picture,
                station,
                lines=lines,
                characters=characters,
                messages=shown.messages,
                notice=layout.stale.texts if shown.stale else layout.alone if alone else (),
                places=shown.places,
                header=settings.header,
                speaks=settings.driver.speaks,
            )
        panel.show(show, self._frames(panel, show), since=shown.published_s, blank=not shown.light.on)

    def _frames(self, panel: _Panel, show: Show) -> tuple[Frame, ...] | None:
        """The pages for the driver; None if they are what it was given last."""
        if panel.wanted is not None and panel.wanted.pages == show.pages:
            return None
        frames: list[Frame] = []
        panel.cut = 0
        settings = panel.settings
        for page in show.pages:
            if not settings.driver.draws:
                steps = settings.driver.steps(page)
                frames += [Frame(page=_step_of(page, steps), step=step) for step in range(steps)]
                continue
            drawn = self._drawn(page, settings.width, settings.height, settings.font)
            panel.cut += len(drawn[0].cut)
            for step, each in enumerate(drawn):
                bitmap = each.bitmap if settings.two_colours else _red(each.bitmap)
                frames.append(Frame(page=_step_of(page, len(drawn)), bitmap=bitmap, step=step))
        return tuple(frames)


@dataclass(slots=True, eq=False)
class _Panel:
    """One panel: what it was given, and what its card says."""

    settings: PanelSettings
    desk: Desk
    clock: StationClock
    reactor: MachineTime
    took: Histogram
    link: PanelLink | None = None
    seen: tuple[str, bool] = ("", False)
    wanted: Show | None = None
    since: float | None = None
    blank: bool = False
    percent: int = 100
    cut: int = 0
    alarmed: str = ""
    told: tuple[object, ...] = field(default=())

    @property
    def connected(self) -> PanelLink:
        """Its link."""
        if self.link is None:
            raise StationError("panel-without-link", "The panel has no link.", "Tell the maker.")
        return self.link

    def show(self, show: Show, frames: tuple[Frame, ...] | None, *, since: float, blank: bool) -> None:
        """Show something else; without frames the card has them already."""
        there = frames is None and self.told and not self.alarmed
        self.wanted, self.blank = show, blank
        if frames is not None:
            self.since = since
            self.connected.show(frames, self)
        elif there:
            self._read_back(cast("Evidence", self.told[0]))

    def shown(self, token: object, evidence: Evidence) -> None:  # noqa: ARG002 - there is one panel to a link
        """From the link: the card has it."""
        if self.since is not None:
            self.took.observe(max(0.0, self.reactor.seconds() - self.since))
            self.since = None
        self._device(Condition.DEGRADED if self.cut else Condition.OK, "some words are cut" if self.cut else "")
        if self.alarmed:
            self.alarmed = ""
            self.desk.clear(self._name)
        self._read_back(evidence)

    def failed(self, why: str, *, there: bool) -> None:
        """From the link: it has not."""
        self._device(Condition.FAULTY if there else Condition.ABSENT, why)
        if self.told:
            self.told = ()
            self.desk.not_shown(self.settings.board)
        if self.alarmed != why:
            _LOG.warning("panel-wrong", board=self.settings.board, why=why, todo="look after the panel and its line")
            self.alarmed = why
            board = self.settings.board
            self.desk.alarm(
                AlarmSign(
                    id=self._name,
                    severity=Severity.ALARM,
                    since=Instant(int(self.clock.now())),
                    cause=self._name,
                    texts=(("zh", f"LED 屏 {board} 故障: {why}"), ("en", f"LED panel {board}: {why}")),
                )
            )

    @property
    def _name(self) -> str:
        return f"panel/{self.settings.board}"

    def _read_back(self, evidence: Evidence) -> None:
        if self.wanted is None or self.told == (evidence, self.wanted, self.blank):
            return
        self.told = (evidence, self.wanted, self.blank)
        rows = self.wanted.rows
        self.desk.shown(
            Readback(
                target=self.settings.board,
                at=Instant(int(self.clock.now())),
                evidence=evidence,
                capacity=self.wanted.capacity,
                blank=self.blank,
                rows=tuple(ShownRow(task=row.task, revision=row.revision, page=row.page) for row in rows),
            )
        )

    def _device(self, condition: Condition, detail: str) -> None:
        self.desk.devices.put(
            Device(
                id=self._name,
                kind="panel",
                condition=condition,
                since=Instant(int(self.clock.now())),
                detail=detail[:200],
                targets=(self.settings.board,),
                readings=(Reading(name="brightness", value=f"{self.percent} %"),),
            )
        )


def _step_of(page: PanelPage, steps: int) -> PanelPage:
    """The page for as long as one of its steps is seen: together as long as the page, but each long enough to read."""
    return page if steps == 1 else replace(page, dwell_s=max(STEP_S, page.dwell_s / steps))


def _red(bitmap: Bitmap) -> Bitmap:
    """What a panel of one colour lights."""
    return Bitmap(width=bitmap.width, height=bitmap.height, red=bitmap.mono, green=bytes(len(bitmap.mono)))
