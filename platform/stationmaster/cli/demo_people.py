"""Who may log in at a demo: an account for each role, all with one password that is made for this demo's folder.

A demo listens on its own machine alone, and what it can do reaches no station. Its password is a random one all the
same, kept in its folder where nobody else may read it, so that who goes on with a demo stays logged in.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from pathlib import Path

from stationmaster.cli.acting import operator_of
from stationmaster.cli.hub_address import ask, hub_of
from stationmaster_base.errors import StationError
from stationmaster_people.passwords import one_time_password

__all__ = ["DEMO_PEOPLE", "let_people_in"]

DEMO_PEOPLE = {
    "supervisor": ("值班站长 supervisor", ("supervisor",)),
    "controller": ("综控员 controller", ("controller",)),
    "controller-2": ("综控员 controller 2", ("controller",)),
    "announcer": ("广播员 announcer", ("announcer",)),
    "viewer": ("见习 viewer", ("viewer",)),
    "administrator": ("系统管理员 administrator", ("administrator",)),
    "auditor": ("审计员 auditor", ("auditor",)),
}
"""By login the name and the roles."""

_PASSWORD = "state/demo-password"  # noqa: S105 - where it is, not what it is
_FIRST = "first-login.txt"
_AT = ("broadcast", "guidance")
"""The local pages at which they may log in too."""


def let_people_in(config: Path, random_bytes: Callable[[int], bytes]) -> list[str]:
    """See to it that the demo's accounts are there; what a person at the terminal has to know.

    Raises:
        StationError: no hub answers, or it refuses.

    """
    folder = config.parent
    password = _password(folder / _PASSWORD, random_bytes)
    headers = {"Authorization": f"Bearer {operator_of(config, None)[1]}"}
    hub = hub_of(config)
    status, found = ask(hub, "/api/v1/accounts", None, headers, method="GET")
    if status != http.client.OK:
        raise StationError(str(found.get("error")), str(found.get("message")), str(found.get("hint")))
    there = {account["login"] for account in found["accounts"]}
    for login, (name, roles) in DEMO_PEOPLE.items():
        if login in there:
            continue
        body = {"name": name, "roles": list(roles), "password": password}
        at = {} if roles == ("auditor",) else {"subsystems": list(_AT)}
        status, answer = ask(hub, f"/api/v1/accounts/{login}", {**body, **at}, headers, method="PUT")
        if status not in (http.client.OK, http.client.CREATED):
            raise StationError(str(answer.get("error")), str(answer.get("message")), str(answer.get("hint")))
    lines = [f"log in as       {', '.join(DEMO_PEOPLE)}", f"password        {password}  (the same for all)"]
    first = folder / _FIRST
    if first.is_file():
        words = ", ".join(line.replace(": ", " ") for line in first.read_text("utf-8").split("\n") if line)
        lines.append(f"first start     {words}  (one-time; asks for another at once)")
    return lines


def _password(file: Path, random_bytes: Callable[[int], bytes]) -> str:
    """The password of a demo's folder; made if there is none."""
    try:
        return file.read_text("utf-8").strip()
    except FileNotFoundError:
        password = one_time_password(random_bytes(16)).lower()
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(f"{password}\n")
    return password
