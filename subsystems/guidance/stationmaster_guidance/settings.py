"""What guidance is told in its table of the configuration file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stationmaster_agent.desk import DeskSettings
from stationmaster_agent.settings import AgentSettings
from stationmaster_base.configuration import Table
from stationmaster_guidance.controls import Dimming
from stationmaster_guidance.led.panel_settings import PanelSettings, font_files, panel_settings
from stationmaster_kernel.values import TaskKind

__all__ = ["GuidanceSettings"]

CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceSettings:
    """`agent` says how guidance finds its hub; its pages are served at `listen`:`port`.

    `dimming` is how bright boards are by the time of day; `controls` the file where people's word about that is kept.
    `texts` is the file of what was written at the page for people, `desk` what that page is told.
    `panels` are LED panels, `led_fonts` files of fonts for them by height, instead of the system's.
    """

    agent: AgentSettings
    desk: DeskSettings
    listen: str = "127.0.0.1"
    port: int = 8081
    dimming: tuple[Dimming, ...] = ()
    controls: Path | None = None
    texts: Path | None = None
    panels: tuple[PanelSettings, ...] = ()
    led_fonts: tuple[tuple[int, Path], ...] = ()

    @staticmethod
    def from_table(table: Table, *, folder: Path | None = None) -> GuidanceSettings:
        """Read `[guidance]`; faults go to the table.

        Args:
            table: the table.
            folder: what relative paths count from; the configuration file's folder unless told.

        """
        agent = AgentSettings.from_table(table, folder=folder, task_kinds=(TaskKind.DISPLAY, TaskKind.MESSAGE))
        settings = GuidanceSettings(
            agent=agent,
            desk=DeskSettings.from_table(
                table.table("desk"), identity=agent.identity, kind="guidance", logins=agent.accounts
            ),
            dimming=tuple(_dimming(each) for each in table.tables("brightness")),
            controls=Path(f"{agent.state_file}.boards"),
            texts=Path(f"{agent.state_file}.texts"),
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", 8081, low=0, high=65535),
            panels=panel_settings(table),
            led_fonts=tuple(font_files(table).items()),
        )
        table.finish()
        return settings


def _dimming(table: Table) -> Dimming:
    """One line of `[[guidance.brightness]]`: `from`, local time, and `percent`."""
    at = CLOCK.match(table.text("from"))
    if at is None:
        table.fault("from", "is no time of day", 'a local time such as "22:30"')
    percent = table.integer("percent", low=0, high=100)
    table.finish()
    return Dimming(at=0 if at is None else int(at[1]) * 60 + int(at[2]), percent=percent)
