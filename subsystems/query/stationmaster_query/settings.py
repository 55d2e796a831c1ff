"""What query is told in its table of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_agent.settings import AgentSettings
from stationmaster_base.configuration import Table

__all__ = ["QuerySettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettings:
    """`agent` says how query finds its hub; the kiosk is served at `listen`:`port`."""

    agent: AgentSettings
    listen: str = "127.0.0.1"
    port: int = 8082

    @staticmethod
    def from_table(table: Table, *, folder: Path | None = None) -> QuerySettings:
        """Read `[query]`; faults go to the table.

        Args:
            table: the table.
            folder: what relative paths count from; the configuration file's folder unless told.

        """
        settings = QuerySettings(
            agent=AgentSettings.from_table(table, folder=folder),
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", 8082, low=0, high=65535),
        )
        table.finish()
        return settings
