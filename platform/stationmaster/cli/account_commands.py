"""The commands about accounts: `account add`, `list`, `lock`, `unlock`, `change`, `password`, `remove`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_account_commands"]

ROLES = ("viewer", "announcer", "controller", "supervisor", "administrator", "security", "auditor")

SUMMARIES = {
    "add": "makes an account; its password is asked for",
    "list": "tells all accounts",
    "change": "changes name, roles or subsystems",
    "password": "gives an account another password, which is asked for",
    "lock": "lets nobody log in with an account any more",
    "unlock": "takes that back",
    "remove": "takes an account away",
}


def add_account_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `account` to the command line's commands; `add` is how that adds one."""
    parser = add(
        commands,
        "account",
        "who may log in at the pages of a running hub and its subsystems",
        "Works on the hub's own machine, in the name of an operator of its configuration file.\n"
        "A password is typed, or is the first line of standard input; it is never an argument.\n"
        "Exit code 1 if the account cannot be so, 2 if the hub refuses it or does not answer.",
        call=_account,
        extra="hub",
        examples=(
            "  stationmaster account add hub.toml li --name 李站长 --role supervisor --at broadcast\n"
            "  stationmaster account password hub.toml li < password.txt\n"
            "  stationmaster account lock hub.toml li\n"
        ),
    )
    told = "; ".join(f"{key}: {text}" for key, text in SUMMARIES.items())
    parser.add_argument("what", choices=tuple(SUMMARIES), help=told)
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("login", metavar="LOGIN", nargs="?", default="", help="the login name; for all but list")
    parser.add_argument("--name", metavar="TEXT", help="what others call him")
    roles = f"one of {', '.join(ROLES)}; again for more"
    parser.add_argument("--role", dest="roles", action="append", choices=ROLES, metavar="ROLE", help=roles)
    parser.add_argument(
        "--at",
        dest="subsystems",
        action="append",
        metavar="KIND",
        help="a kind of subsystem at whose page he may log in; again for more; none: only at the hub",
    )
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.set_defaults(refuse=parser.error)


def _account(chosen: argparse.Namespace) -> int:
    accounts: Any = import_module("stationmaster.cli.accounts")
    what, config, login, operator = chosen.what, chosen.config, chosen.login, chosen.operator
    if bool(login) is (what == "list"):
        chosen.refuse("list takes no login name, and all others need one")
    code: int
    if what == "list":
        code = accounts.list_accounts(config, operator=operator)
    elif what == "add":
        if chosen.name is None or not chosen.roles:
            chosen.refuse("a new account needs --name and --role")
        code = accounts.add_account(
            config, login, name=chosen.name, roles=chosen.roles, subsystems=chosen.subsystems or (), operator=operator
        )
    elif what == "password":
        code = accounts.set_password(config, login, operator=operator)
    elif what == "remove":
        code = accounts.remove_account(config, login, operator=operator)
    else:
        code = accounts.change_account(config, login, _changes(chosen), operator=operator)
    return code


def _changes(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.what != "change":
        return {"locked": chosen.what == "lock"}
    asked = {"name": chosen.name, "roles": chosen.roles, "subsystems": chosen.subsystems}
    changes = {key: value for key, value in asked.items() if value is not None}
    if not changes:
        chosen.refuse("say what is to change: --name, --role or --at")
    return changes
