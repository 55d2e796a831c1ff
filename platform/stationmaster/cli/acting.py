"""`stationmaster act`: does an act over a running hub's API, in the name of an operator of its configuration file."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from stationmaster.cli.hub_address import ask, hub_of, hub_table
from stationmaster_base.errors import StationError

__all__ = ["do_act", "operator_of"]

FAULTY = 1


def do_act(config: Path, deeds: str, *, operator: str | None, why: str, lock: bool, act: str | None) -> int:
    """Do deeds, given as JSON, and say what came of them; 0 if they were done or wait, 1 if they cannot be read.

    Args:
        config: the configuration file of the hub.
        deeds: one deed, or a list of them.
        operator: in whose name; may be None if there is only one operator.
        why: the reason that is written down.
        lock: whether what is set is kept from the feed.
        act: the act's id, to send the same one again; None for a new one.

    Raises:
        StationError: there is no such operator or hub, or the act was refused.

    """
    name, token = operator_of(config, operator)
    body = {"id": act or uuid4().hex, "why": why, "deeds": _deeds(deeds), "lock": lock}
    code, answer = ask(hub_of(config), "/api/v1/acts", body, {"Authorization": f"Bearer {token}"})
    if code == http.client.BAD_REQUEST:
        for fault in answer.get("faults", ()):
            allowed = f" (allowed: {fault['allowed']})" if fault["allowed"] else ""
            sys.stdout.write(f"{fault['place']}: {fault['problem']}{allowed}\n")
        return FAULTY
    if code == http.client.ACCEPTED:
        sys.stdout.write(f"{answer['id']} of {name} waits: {answer['message']}\n")
        return 0
    if code != http.client.OK:
        message = str(answer.get("message", f"It answers {code}."))
        raise StationError(str(answer.get("error", "hub-refused")), message, str(answer.get("hint", "")))
    sys.stdout.write("".join(f"{line}\n" for line in _told(answer)))
    return 0


def operator_of(config: Path, wanted: str | None) -> tuple[str, str]:
    """Name and token of an operator of a configuration file; the only one, if none is named.

    Raises:
        StationError: there is no such operator, or it is not said which.

    """
    table = hub_table(config).table("operators")
    names = table.keys()
    if wanted is None and len(names) == 1:
        wanted = names[0]
    if wanted not in names:
        allowed = ", ".join(names) or "nobody; name operators in [hub.operators]"
        problem = "It is not said who acts." if wanted is None else f"{wanted!r} is no operator of {config}."
        raise StationError("no-such-operator", problem, f"Operators are: {allowed}.")
    token = table.text(wanted)
    table.faults.raise_if_any()
    return wanted, token


def _deeds(text: str) -> list[Any]:
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise StationError(
            "no-deeds",
            f"The deeds are not JSON: {error}.",
            'They look like {"do": "track", "call": "…", "track": "5"}.',
        ) from error
    return plain if isinstance(plain, list) else [plain]


def _told(answer: Mapping[str, Any]) -> Iterator[str]:
    yield f"{answer['id']}: done, entry {answer['position']['sequence']} of the journal"
    for put in answer["puts"]:
        if put["kind"] != "act":
            yield f"{put['kind']} {put['id']}: revision {put['revision']}"
    for kind, item in answer["deletes"]:
        yield f"{kind} {item}: gone"
    for note in answer["notes"]:
        detail = ", ".join(f"{name} {value}" for name, value in note["detail"])
        yield f"note {note['code']} {note['subject']}" + (f": {detail}" if detail else "")
