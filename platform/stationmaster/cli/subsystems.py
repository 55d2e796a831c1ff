"""`stationmaster subsystem`: who may connect to a running hub, over its API on its own machine."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stationmaster.cli.acting import operator_of
from stationmaster.cli.hub_address import ask, hub_of
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, to_iso

__all__ = ["enrol", "list_identities", "revoke", "rotate"]

_PATH = "/api/v1/identities"


def enrol(config: Path, identity: str, *, kind: str, hours: float, certificate: bool, operator: str | None) -> int:
    """Invite a subsystem, and write its one-time code; with `certificate` let certificates of its name in.

    Raises:
        StationError: there is no such operator or hub, or it refuses.

    """
    body: dict[str, Any] = {"do": "enrol", "identity": identity, "kind": kind}
    body |= {"certificate": True} if certificate else {"valid_s": round(hours * 3600)}
    answer = _asked(config, operator, "POST", body)
    if certificate:
        sys.stdout.write(f"{identity} ({kind}) may come with any certificate that is made out to it.\n")
    else:
        sys.stdout.write(f"{answer['secret']}\n")
        until = to_iso(Instant(answer["until"]))
        _aside(f"One-time code of {identity} ({kind}), good until {until}. It is shown this once.")
    return 0


def rotate(config: Path, identity: str, *, hours: float, operator: str | None) -> int:
    """Write a new token for a subsystem; as `enrol`."""
    answer = _asked(config, operator, "POST", {"do": "rotate", "identity": identity, "grace_s": round(hours * 3600)})
    sys.stdout.write(f"{answer['secret']}\n")
    _aside(
        f"New token of {identity}, shown this once. What it had counts until the new one is used, "
        f"and until {to_iso(Instant(answer['before_until']))} at most."
    )
    return 0


def revoke(config: Path, identity: str, *, operator: str | None) -> int:
    """Take all secrets from a subsystem and end its session; as `enrol`."""
    answer = _asked(config, operator, "POST", {"do": "revoke", "identity": identity})
    session = "its session was ended" if answer["session_ended"] else "it was not connected"
    sys.stdout.write(f"{identity}: revoked; {session}\n")
    return 0


def list_identities(config: Path, *, operator: str | None) -> int:
    """Write a line for each; as `enrol`."""
    identities: list[dict[str, Any]] = _asked(config, operator, "GET", None)["identities"]
    for each in identities:
        sys.stdout.write(f"{_line(each)}\n")
    if not identities:
        sys.stdout.write("Nobody may connect.\n")
    return 0


def _asked(config: Path, operator: str | None, method: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {operator_of(config, operator)[1]}"}
    code, answer = ask(hub_of(config), _PATH, body, headers, method=method)
    if code != http.client.OK:
        message = str(answer.get("message", f"It answers {code}."))
        raise StationError(str(answer.get("error", "hub-refused")), message, str(answer.get("hint", "")))
    return answer


def _line(identity: Mapping[str, Any]) -> str:
    if identity["revoked"] is not None:
        what = f"revoked {to_iso(Instant(identity['revoked']))}"
    else:
        what = ", ".join(identity["known_by"]) or "nothing that counts"
    waits = "; the last secret was not shown yet" if identity["waits"] else ""
    serials = "".join(f"; certificate {serial}" for serial in identity["serials"])
    return f"{identity['identity']} ({identity['kind']}): {what}{waits}{serials}"


def _aside(text: str) -> None:
    """For people, and not into what takes the secret from the output."""
    sys.stderr.write(f"{text}\n")
