"""What guidance is told in its table of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_agent.settings import AgentSettings
from stationmaster_base.configuration import Table
from stationmaster_kernel.values import TaskKind

__all__ = ["GuidanceSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceSettings:
    """`agent` says how guidance finds its hub; its pages are served at `listen`:`port`."""

    agent: AgentSettings
    listen: str = "127.0.0.1"
    port: int = 8081

    @staticmethod
    def from_table(table: Table, *, folder: Path | None = None) -> GuidanceSettings:
        """Read `[guidance]`; faults go to the table.

        Args:
            table: the table.
            folder: what relative paths count from; the configuration file's folder unless told.

        """
        settings = GuidanceSettings(
            agent=AgentSettings.from_table(table, folder=folder, task_kinds=(TaskKind.DISPLAY,)),
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", 8081, low=0, high=65535),
        )
        table.finish()
        return settings
