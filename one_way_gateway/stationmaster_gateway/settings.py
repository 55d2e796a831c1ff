"""What `[gateway]` in the configuration file says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from stationmaster_base.configuration import Table
from stationmaster_gateway.appliance_settings import ApplianceSettings, loopback
from stationmaster_gateway.carousel import Shares
from stationmaster_gateway.mapping import SourceSettings
from stationmaster_gateway.wiring import Wiring
from stationmaster_telegram.frame import is_station

__all__ = ["BAUD_RATES", "GatewaySettings", "KeySettings"]

BAUD_RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
"""The rates that a line may have, bits per second; a byte takes ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """What telegrams are signed with: the key `send` (1…255) of the file `file`."""

    file: Path
    send: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """One gateway.

    `database` is an SQLAlchemy URL, `port` the device that it transmits on, `station` the telecode in its telegrams,
    `gateway` its own number (1…255; two gateways of a station differ), `state` the file that keeps the epoch.
    `poll_hz` reads a second; `whole_read_s` seconds between reads of everything; `slow_s` seconds after which the
    database counts as slow; `timeout_s` seconds that one statement may take; `source` what is read of it.
    """

    database: URL
    port: Path
    baud: int
    station: str
    gateway: int
    state: Path
    poll_hz: float
    whole_read_s: float
    slow_s: float
    timeout_s: float
    listen: str
    status_port: int
    appliance: ApplianceSettings
    key: KeySettings | None = None
    wiring: Wiring = field(default_factory=Wiring)
    carousel: Shares = field(default_factory=Shares)
    source: SourceSettings = field(default_factory=SourceSettings)

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> GatewaySettings:
        """Read the table; relative paths count from `folder`. Faults are left in `table.faults`."""
        baud = table.integer("baud", 115200)
        if baud not in BAUD_RATES:
            table.fault("baud", f"{baud} is not possible", ", ".join(str(rate) for rate in BAUD_RATES))
        station = table.text("station")
        if station and not is_station(station):
            table.fault("station", f"{station!r} cannot stand in a telegram", "1 to 4 ASCII letters and digits")
        state = folder / table.text("state")
        settings = cls(
            database=_database(table, folder),
            port=folder / table.text("port"),
            baud=baud,
            station=station,
            gateway=table.integer("id", 1, low=1, high=255),
            state=state,
            poll_hz=table.number("poll_hz", 5.0, low=0.01, high=100.0),
            whole_read_s=table.number("whole_read_s", 30.0, low=0.1, high=86400.0),
            slow_s=table.number("slow_s", 2.0, low=0.1, high=3600.0),
            timeout_s=table.number("timeout_s", 5.0, low=0.1, high=600.0),
            listen=loopback(table, "listen", "127.0.0.1"),
            status_port=table.integer("status_port", 8089, high=65535),
            appliance=ApplianceSettings.from_table(table.table("appliance"), folder, state),
            key=_key(table.table("key"), folder) if "key" in table else None,
            wiring=Wiring.from_table(table.table("wiring")),
            carousel=Shares.from_table(table.table("carousel")),
            source=SourceSettings.from_tables(table.table("source"), table.table("allow")),
        )
        table.finish()
        return settings


def _key(table: Table, folder: Path) -> KeySettings:
    key = KeySettings(file=folder / table.text("file"), send=table.integer("send", low=1, high=255))
    table.finish()
    return key


def _database(table: Table, folder: Path) -> URL:
    text = table.text("database")
    if not text:
        return URL.create("sqlite")
    try:
        url = make_url(text)
        dialect = url.get_backend_name()
    except (ArgumentError, ValueError):
        table.fault("database", f"{text!r} is not a database URL", "sqlite:///file.db, postgresql+psycopg://…")
        return URL.create("sqlite")
    if dialect == "sqlite":
        if not url.database or url.database == ":memory:":
            table.fault("database", f"{text!r} names no file", "sqlite:///file.db")
            return url
        return url.set(database=str(folder / url.database))
    return url
