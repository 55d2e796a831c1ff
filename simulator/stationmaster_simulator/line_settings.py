"""What `[line]` in the configuration file says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_simulator.line_faults import LineFaults

__all__ = ["BAUD_RATES", "FaultSettings", "LineSettings"]

BAUD_RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
"""Bits per second; a byte takes ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSettings:
    """What `[line.faults]` says: how bad the line is, in the words of `LineFaults`, whose bits are a UART's."""

    seed: int = 1
    flip: float = 0.0
    drop: float = 0.0
    insert: float = 0.0
    burst: float = 0.0
    burst_bytes: float = 20.0
    cuts: float = 0.0
    cut_bytes: float = 100.0

    @classmethod
    def from_table(cls, table: Table) -> FaultSettings:
        """Read the table. Faults are left in `table.faults`."""
        usual = cls()
        settings = cls(
            seed=table.integer("seed", usual.seed),
            flip=table.number("flip", 0.0, low=0.0, high=1.0),
            drop=table.number("drop", 0.0, low=0.0, high=1.0),
            insert=table.number("insert", 0.0, low=0.0, high=1.0),
            burst=table.number("burst", 0.0, low=0.0, high=1.0),
            burst_bytes=table.number("burst_bytes", usual.burst_bytes, low=1.0, high=1e6),
            cuts=table.number("cuts", 0.0, low=0.0, high=1.0),
            cut_bytes=table.number("cut_bytes", usual.cut_bytes, low=1.0, high=1e9),
        )
        table.finish()
        return settings

    def make(self) -> LineFaults:
        """Faults that begin now."""
        return LineFaults(
            self.seed,
            flip=self.flip,
            drop=self.drop,
            insert=self.insert,
            burst=self.burst,
            burst_bytes=self.burst_bytes,
            cuts=self.cuts,
            cut_bytes=self.cut_bytes,
            uart=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """One line between two devices: `gateway`, which sends, and `hub`, which receives; both are links that it makes.

    `faults` is how bad it is; None: it is good.
    """

    gateway: Path
    hub: Path
    baud: int = 115200
    faults: FaultSettings | None = None

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> LineSettings:
        """Read the table; relative paths count from `folder`. Faults are left in `table.faults`."""
        gateway, hub = table.text("gateway"), table.text("hub")
        baud = table.integer("baud", 115200)
        if baud not in BAUD_RATES:
            table.fault("baud", f"{baud} is not possible", ", ".join(str(rate) for rate in BAUD_RATES))
        if gateway and gateway == hub:
            table.fault("hub", f"{hub!r} is the gateway's link too", "another path")
        faults = FaultSettings.from_table(table.table("faults")) if "faults" in table else None
        table.finish()
        return cls(gateway=folder / gateway, hub=folder / hub, baud=baud, faults=faults)
