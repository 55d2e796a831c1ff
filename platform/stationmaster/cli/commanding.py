"""`stationmaster command`: has devices do something now, over a running hub's API, and waits for what comes of it."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from stationmaster.cli.acting import operator_of
from stationmaster.cli.hub_address import ask, hub_of
from stationmaster_base.errors import StationError

__all__ = ["CommandOptions", "do_command"]

NOT_DONE = 1

_LOOK_S = 0.25
"""Machine seconds between two questions for what has come of it."""

_WELL = ("done", "accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOptions:
    """What is to be done.

    `identity` is the subsystem; None: whoever serves `targets`. `parameters` are `name=value`. `expires_s` are
    station seconds, `wait_s` machine seconds for which the answer is waited for. `command` is its id, to hear of
    the same one again; None for a new one.
    """

    action: str
    identity: str | None = None
    targets: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    expires_s: int = 30
    wait_s: float = 10.0
    operator: str | None = None
    command: str | None = None


def do_command(
    config: Path,
    options: CommandOptions,
    *,
    seconds: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Give a command and say what comes of it; 0 if everybody did it or is at it, 1 if anybody did not.

    Args:
        config: the configuration file of the hub.
        options: what is to be done.
        seconds: machine time.
        pause: waits.

    Raises:
        StationError: there is no such operator or hub, or the hub does not take the command.

    """
    hub, (_, token) = hub_of(config), operator_of(config, options.operator)
    code, answer = ask(hub, "/api/v1/commands", _body(options), {"Authorization": f"Bearer {token}"})
    if code == http.client.BAD_REQUEST:
        for fault in answer.get("faults", ()):
            allowed = f" (allowed: {fault['allowed']})" if fault["allowed"] else ""
            sys.stdout.write(f"{fault['place']}: {fault['problem']}{allowed}\n")
        return NOT_DONE
    if code != http.client.OK:
        message = str(answer.get("message", f"It answers {code}."))
        raise StationError(str(answer.get("error", "hub-refused")), message, str(answer.get("hint", "")))
    command = answer["command"]
    until = seconds() + options.wait_s
    while _open(command) and seconds() < until:
        pause(_LOOK_S)
        code, answer = ask(hub, f"/api/v1/commands/{quote(command['id'])}", method="GET")
        command = answer["command"] if code == http.client.OK else command
    sys.stdout.write("".join(f"{line}\n" for line in _told(command)))
    return 0 if all(_state(part) in _WELL for part in command["parts"]) else NOT_DONE


def _body(options: CommandOptions) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": options.command or uuid4().hex,
        "action": options.action,
        "targets": list(options.targets),
        "devices": list(options.devices),
        "parameters": dict(_pairs(options.parameters)),
        "expires_s": options.expires_s,
    }
    return body if options.identity is None else {"identity": options.identity, **body}


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise StationError("no-parameter", f"{text!r} is no parameter.", "They look like brightness=40.")
        yield name, value


def _open(command: Mapping[str, Any]) -> bool:
    return any(part["result"] is None or part["result"]["state"] == "accepted" for part in command["parts"])


def _state(part: Mapping[str, Any]) -> str:
    return "" if part["result"] is None else str(part["result"]["state"])


def _told(command: Mapping[str, Any]) -> Iterator[str]:
    for part in command["parts"]:
        result = part["result"]
        if result is None:
            yield f"{part['identity']}: no answer yet; ask again with --id {command['id']}"
        else:
            more = ": ".join(text for text in (result["code"] or "", result["detail"]) if text)
            yield f"{part['identity']}: {result['state']}" + (f", {more}" if more else "")
