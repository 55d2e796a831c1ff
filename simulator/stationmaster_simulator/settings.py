"""The simulator's table in the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_simulator.database import located

__all__ = ["SimulatorSettings"]

DEFAULT_PORT = 8088


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """`[simulator]`.

    `station` is the station's folder, `database` SQLAlchemy's URL of the dispatching database, `seed` makes the days.
    With a `scenario` file nothing is made: what stands there happens, and nothing else.
    """

    station: Path
    database: str
    seed: int = 1
    scenario: Path | None = None
    listen: str = "127.0.0.1"
    port: int = DEFAULT_PORT

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> SimulatorSettings:
        """The settings in `table`; paths count from `folder`. Faults go to the table's."""
        scenario = table.text("scenario", "")
        settings = cls(
            station=folder / table.text("station"),
            database=located(table.text("database"), folder),
            seed=table.integer("seed", 1),
            scenario=folder / scenario if scenario else None,
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", DEFAULT_PORT, high=65535),
        )
        table.finish()
        return settings
