"""`stationmaster reload`: has a running hub read its station's folder again, and says what differs."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stationmaster.cli.hub_address import ask, hub_of
from stationmaster_base.errors import StationError

__all__ = ["reload_station"]

FAULTY = 1

SHOWN = 20
"""Ids that a line names."""


def reload_station(config: Path) -> int:
    """Ask the hub of a configuration file to read its folder again; 0 if it did, 1 if the folder has faults.

    Raises:
        StationError: there is no such hub, it does not answer, or it will not.

    """
    code, answer = ask(hub_of(config), "/api/v1/reload")
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
