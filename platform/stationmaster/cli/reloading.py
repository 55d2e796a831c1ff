"""`stationmaster reload`: has a running hub read its station's folder again, and says what differs."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError

__all__ = ["reload_station"]

FAULTY = 1

PATIENCE_S = 120.0
"""Machine seconds; a hub whose database is away answers when it is back."""

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what a hub listens on, not what we listen on

SHOWN = 20
"""Ids that a line names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hub:
    """Where the hub of a configuration file listens."""

    host: str
    port: int


def reload_station(config: Path) -> int:
    """Ask the hub of a configuration file to read its folder again; 0 if it did, 1 if the folder has faults.

    Raises:
        StationError: there is no such hub, it does not answer, or it will not.

    """
    hub = _hub_of(config)
    code, answer = _ask(hub)
    if code == http.client.UNPROCESSABLE_ENTITY:
        for fault in answer.get("faults", ()):
            sys.stdout.write(f"{_fault(fault)}\n")
        count = len(answer.get("faults", ()))
        sys.stdout.write(f"Nothing has changed: {count} fault{'' if count == 1 else 's'}.\n")
        return FAULTY
    if code != http.client.OK:
        raise StationError(str(answer.get("error", "hub-refused")), str(answer.get("message", f"It answers {code}.")))
    sys.stdout.write("".join(f"{line}\n" for line in _told(answer)))
    return 0


def _hub_of(config: Path) -> _Hub:
    faults = Faults()
    table = read_toml(config, faults).table("hub")
    listen = table.text("listen", "127.0.0.1")
    hub = _Hub(host="127.0.0.1" if listen in EVERYWHERE else listen, port=table.integer("port", 8080, high=65535))
    faults.raise_if_any()
    return hub


def _ask(hub: _Hub) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(hub.host, hub.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/api/v1/reload")
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise StationError(
            "no-hub", f"No hub answers at {hub.host}:{hub.port}: {error}.", "Is it running with this configuration?"
        ) from error
    finally:
        connection.close()
    return response.status, answer


def _told(answer: Mapping[str, Any]) -> Iterator[str]:
    for warning in answer["warnings"]:
        yield f"warning: {_fault(warning)}"
    for kind in answer["configuration"]:
        for how in ("added", "changed", "gone"):
            if kind[how]:
                yield f"{kind['kind']} {how}: {_ids(kind[how], len(kind[how]))}"
    for day in answer["plans"]:
        yield f"plan of {day}: a new version"
    for how in ("made", "changed", "withdrawn"):
        tasks = answer[f"tasks_{how}"]
        if tasks["count"]:
            yield f"{tasks['count']} tasks {how}: {_ids(tasks['ids'], tasks['count'])}"
    if not answer["configuration"] and not answer["plans"]:
        yield "The folder says nothing new."


def _ids(ids: list[str], count: int) -> str:
    shown = ", ".join(ids[:SHOWN])
    return shown if count <= SHOWN else f"{shown} and {count - SHOWN} more"


def _fault(fault: Mapping[str, str]) -> str:
    allowed = f" (allowed: {fault['allowed']})" if fault["allowed"] else ""
    return f"{fault['file']}: {fault['place']}: {fault['problem']}{allowed}"
