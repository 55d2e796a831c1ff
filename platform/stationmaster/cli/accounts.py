"""`stationmaster account`: makes, shows, locks and removes the accounts of a running hub, over its API.

A password is typed, or comes over standard input; it is never an argument, which other programs of the machine could
read, and a shell would remember.
"""

from __future__ import annotations

import getpass
import http.client
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stationmaster.cli.acting import operator_of
from stationmaster.cli.hub_address import ask, hub_of
from stationmaster_base.errors import StationError

__all__ = ["add_account", "change_account", "list_accounts", "read_password", "remove_account", "set_password"]

FAULTY = 1

_PATH = "/api/v1/accounts"


def add_account(
    config: Path, login: str, *, name: str, roles: Sequence[str], subsystems: Sequence[str], operator: str | None
) -> int:
    """Make an account, with a password that is asked for; 1 if it cannot be so.

    Raises:
        StationError: there is no such operator or hub, or it refuses.

    """
    token = operator_of(config, operator)[1]
    body = {"name": name, "roles": list(roles), "subsystems": list(subsystems), "password": read_password(login)}
    return _told(*_asked(config, token, "PUT", login, body))


def set_password(config: Path, login: str, *, operator: str | None) -> int:
    """Give an account another password, which is asked for; as `add_account`."""
    token = operator_of(config, operator)[1]
    return change(config, token, login, {"password": read_password(login)})


def change_account(config: Path, login: str, body: Mapping[str, Any], *, operator: str | None) -> int:
    """Change an account, but for its password; as `add_account`."""
    return change(config, operator_of(config, operator)[1], login, body)


def change(config: Path, token: str, login: str, body: Mapping[str, Any]) -> int:
    """Change what the body says, of an account that there is."""
    if all(account["login"] != login for account in _all(config, token)):
        raise StationError("account-unknown", f"There is no account {login}.", "stationmaster account list tells all.")
    return _told(*_asked(config, token, "PUT", login, body))


def remove_account(config: Path, login: str, *, operator: str | None) -> int:
    """Take an account away; as `add_account`."""
    code, answer = _asked(config, operator_of(config, operator)[1], "DELETE", login)
    if code == http.client.OK:
        sys.stdout.write(f"{login}: removed\n")
        return 0
    return _told(code, answer)


def list_accounts(config: Path, *, operator: str | None) -> int:
    """Write a line for each account.

    Raises:
        StationError: there is no such operator or hub, or it refuses.

    """
    accounts = _all(config, operator_of(config, operator)[1])
    for account in accounts:
        sys.stdout.write(f"{_line(account)}\n")
    if not accounts:
        sys.stdout.write("There are no accounts.\n")
    return 0


def read_password(login: str) -> str:
    """A password, typed twice without being shown; or the first line of standard input, if nobody sits there.

    Raises:
        StationError: there is none, or the two differ.

    """
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line.strip("\r\n"):
            raise StationError("no-password", "Nothing came over standard input.", "Its first line is the password.")
        return line.rstrip("\r\n")
    password = getpass.getpass(f"Password of {login}: ")
    if getpass.getpass("Once more: ") != password:
        raise StationError("passwords-differ", "The two passwords differ.", "Nothing was changed; try again.")
    return password


def _all(config: Path, token: str) -> list[dict[str, Any]]:
    code, answer = _asked(config, token, "GET", "")
    if code != http.client.OK:
        _told(code, answer)
    accounts: list[dict[str, Any]] = answer["accounts"]
    return accounts


def _asked(
    config: Path, token: str, method: str, login: str, body: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    path = f"{_PATH}/{quote(login, safe='')}" if login else _PATH
    return ask(hub_of(config), path, body, {"Authorization": f"Bearer {token}"}, method=method)


def _told(code: int, answer: Mapping[str, Any]) -> int:
    if code == http.client.BAD_REQUEST:
        for fault in answer.get("faults", ()):
            allowed = f" (allowed: {fault['allowed']})" if fault["allowed"] else ""
            sys.stdout.write(f"{fault['place']}: {fault['problem']}{allowed}\n")
        return FAULTY
    if code not in (http.client.OK, http.client.CREATED):
        message = str(answer.get("message", f"It answers {code}."))
        raise StationError(str(answer.get("error", "hub-refused")), message, str(answer.get("hint", "")))
    sys.stdout.write(f"{_line(answer['account'])}\n")
    return 0


def _line(account: Mapping[str, Any]) -> str:
    where = ", ".join(account["subsystems"]) or "the hub alone"
    locked = ", locked" if account["locked"] else ""
    return f"{account['login']} ({account['name']}): {', '.join(account['roles'])}; at {where}{locked}"
