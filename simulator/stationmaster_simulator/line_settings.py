"""What `[line]` in the configuration file says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table

__all__ = ["BAUD_RATES", "LineSettings"]

BAUD_RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
"""Bits per second; a byte takes ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """One line between two devices: `gateway`, which sends, and `hub`, which receives; both are links that it makes."""

    gateway: Path
    hub: Path
    baud: int = 115200

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> LineSettings:
        """Read the table; relative paths count from `folder`. Faults are left in `table.faults`."""
        gateway, hub = table.text("gateway"), table.text("hub")
        baud = table.integer("baud", 115200)
        if baud not in BAUD_RATES:
            table.fault("baud", f"{baud} is not possible", ", ".join(str(rate) for rate in BAUD_RATES))
        if gateway and gateway == hub:
            table.fault("hub", f"{hub!r} is the gateway's link too", "another path")
        table.finish()
        return cls(gateway=folder / gateway, hub=folder / hub, baud=baud)
