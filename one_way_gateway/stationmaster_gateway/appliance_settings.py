"""What `[gateway.appliance]` says: where the appliance keeps its records, how much of them, and when a part is hung."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from stationmaster_base.configuration import Table

__all__ = ["SIX_MONTHS_DAYS", "ApplianceSettings", "loopback"]

SIX_MONTHS_DAYS = 183
"""Half of 366 days: network logs are to be kept for at least six months (Cybersecurity Law of the PRC, article 21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceSettings:
    """One appliance.

    `records` is the folder of the security log and of the exit report. The security log is kept for `keep_days` and
    takes at most `keep_mb` megabytes of disk. `log` is the file of the ordinary log, of which `log_mb` megabytes are
    kept; None: it goes to standard error. A thread that has given no sign for `hung_s` seconds beyond what it may wait
    is hung. What else uses the port is looked at every `check_s` seconds.
    """

    records: Path
    keep_days: int = SIX_MONTHS_DAYS
    keep_mb: int = 64
    log: Path | None = None
    log_mb: int = 10
    hung_s: float = 60.0
    check_s: float = 60.0

    @classmethod
    def from_table(cls, table: Table, folder: Path, state: Path) -> ApplianceSettings:
        """Read the table; relative paths count from `folder`. Faults are left in `table.faults`.

        `records` is beside the `state` file unless told.
        """
        records, log = table.text("records", ""), table.text("log", "")
        settings = cls(
            records=folder / records if records else state.with_name(f"{state.stem}-records"),
            keep_days=table.integer("keep_days", SIX_MONTHS_DAYS, low=SIX_MONTHS_DAYS, high=36500),
            keep_mb=table.integer("keep_mb", 64, low=1, high=100_000),
            log=folder / log if log else None,
            log_mb=table.integer("log_mb", 10, low=1, high=100_000),
            hung_s=table.number("hung_s", 60.0, low=3.0, high=3600.0),
            check_s=table.number("check_s", 60.0, low=0.1, high=3600.0),
        )
        table.finish()
        return settings


def loopback(table: Table, key: str, default: str) -> str:
    """An address at which this machine alone is heard."""
    address = table.text(key, default)
    try:
        heard = address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        heard = False
    if not heard:
        table.fault(key, f"{address!r} is no loopback address: the page is for this machine alone", "127.0.0.1, ::1")
    return address
