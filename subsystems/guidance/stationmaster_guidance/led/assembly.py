"""Wires a station's LED panels into guidance; without panels, none of what they need is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_guidance.led.panel_settings import PanelSettings

if TYPE_CHECKING:
    from stationmaster_agent.agent import Agent
    from stationmaster_guidance.boards import Boards
    from stationmaster_guidance.led.link import Opener
    from stationmaster_guidance.led.panels import Panels
    from stationmaster_guidance.settings import GuidanceSettings
    from stationmaster_service.process import Running

__all__ = ["PanelsHealth", "led_panels"]


class PanelsHealth(Protocol):
    """What `/healthz` asks of the panels."""

    def health(self) -> dict[str, JsonValue]:
        """How many there are, and which are not well."""


def led_panels(settings: GuidanceSettings, boards: Boards, agent: Agent, running: Running) -> Panels | None:
    """The service of all panels; None if the station has none.

    Raises:
        StationError: `led-missing`: the packages for panels are not installed.

    """
    if not settings.panels:
        return None
    try:
        from stationmaster_guidance.led.glyphs import Fonts  # noqa: PLC0415 - needs Pillow
        from stationmaster_guidance.led.openers import serial_opener, tcp_opener  # noqa: PLC0415 - needs pyserial
        from stationmaster_guidance.led.panels import Panels  # noqa: PLC0415 - needs Pillow
    except ImportError as error:
        raise StationError(
            "led-missing", f"LED panels need a package: {error}.", "Install stationmaster[guidance]."
        ) from error

    def opener(panel: PanelSettings) -> Opener:
        if panel.tcp is not None:
            return tcp_opener(*panel.tcp, reactor=running.reactor)
        return serial_opener(panel.serial or Path("/dev/null"), panel.driver.serial, reactor=running.reactor)

    return Panels(
        settings.panels,
        boards,
        agent,
        agent,
        opener=opener,
        fonts=Fonts(dict(settings.led_fonts)),
        clock=running.clock,
        reactor=running.reactor,
        registry=running.registry,
    )
