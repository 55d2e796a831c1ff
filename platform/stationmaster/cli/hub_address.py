"""Where the hub of a configuration file listens, and asking it something."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_base.errors import StationError

__all__ = ["HubAddress", "ask", "hub_of", "hub_table"]

PATIENCE_S = 120.0
"""Machine seconds; a hub whose database is away answers when it is back."""

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what a hub listens on, not what we listen on


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """Where a hub answers requests."""

    host: str
    port: int


def hub_table(config: Path) -> Table:
    """Table `[hub]` of a configuration file.

    Raises:
        ConfigurationError: the file cannot be read.

    """
    faults = Faults()
    table = read_toml(config, faults)
    faults.raise_if_any()
    return table.table("hub")


def hub_of(config: Path) -> HubAddress:
    """The address of the hub of a configuration file, on this machine if it listens everywhere.

    Raises:
        ConfigurationError: the file cannot be read, or says no possible address.

    """
    table = hub_table(config)
    listen = table.text("listen", "127.0.0.1")
    port = table.integer("port", 8080, high=65535)
    table.faults.raise_if_any()
    return HubAddress(host="127.0.0.1" if listen in EVERYWHERE else listen, port=port)


def ask(
    hub: HubAddress,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    patience_s: float = PATIENCE_S,
) -> tuple[int, dict[str, Any]]:
    """Ask the hub something: the status and the JSON object of its answer, for which `patience_s` are waited.

    Raises:
        StationError: no hub answers.

    """
    connection = http.client.HTTPConnection(hub.host, hub.port, timeout=patience_s)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), dict(headers or {}))
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise StationError(
            "no-hub", f"No hub answers at {hub.host}:{hub.port}: {error}.", "Is it running with this configuration?"
        ) from error
    finally:
        connection.close()
    return response.status, answer
