"""Where the subsystems' own pages are that the hub's pages show something of: `[hub.console]`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from stationmaster_base.configuration import Table

__all__ = ["ConsoleSettings", "base_fault"]

_ALLOWED = "http://127.0.0.1:8083, https://broadcast.station: a scheme, a host and perhaps a port"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Base addresses of the processes' own pages, without a slash at the end; empty: they are shown nowhere."""

    broadcast: str = ""
    guidance: str = ""

    @classmethod
    def from_table(cls, table: Table) -> ConsoleSettings:
        """Read `[hub.console]`; faults go to the table."""
        found = {}
        for name in ("broadcast", "guidance"):
            base = table.text(name, "")
            fault = base_fault(base) if base else ""
            if fault:
                table.fault(name, fault, _ALLOWED)
            found[name] = "" if fault else base.rstrip("/")
        table.finish()
        return cls(**found)


def base_fault(base: str) -> str:
    """What is wrong with a base address; empty if nothing."""
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "is no address of a web page"
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/"):
        return "has more than a scheme, a host and a port"
    return "" if base.isascii() and base.isprintable() and " " not in base else "has characters that no address has"
