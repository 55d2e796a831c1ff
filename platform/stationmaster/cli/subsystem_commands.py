"""The commands about who may connect: `subsystem enrol`, `list`, `rotate`, `revoke`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_subsystem_commands"]

SUMMARIES = {
    "enrol": "makes a one-time code, with which a subsystem gets its secret",
    "list": "tells who may connect",
    "rotate": "makes a new token, while the old one still counts for a while",
    "revoke": "takes all secrets from a subsystem and ends its session at once",
}


def add_subsystem_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `subsystem` to the command line's commands; `add` is how that adds one."""
    parser = add(
        commands,
        "subsystem",
        "which subsystems may connect to a running hub",
        "Works on the hub's own machine, in the name of an operator of its configuration file.\n"
        "Codes and tokens are shown once, and the hub keeps a hash of them. Nothing needs a restart.\n"
        "Exit code 2 if the hub refuses or does not answer.",
        call=_subsystem,
        extra="hub",
        examples=(
            "  stationmaster subsystem enrol hub.toml guidance-2 --kind guidance\n"
            "  stationmaster subsystem list hub.toml\n"
            "  stationmaster subsystem rotate hub.toml guidance-2\n"
            "  stationmaster subsystem revoke hub.toml guidance-2\n"
        ),
    )
    told = "; ".join(f"{key}: {text}" for key, text in SUMMARIES.items())
    parser.add_argument("what", choices=tuple(SUMMARIES), help=told)
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("identity", metavar="IDENTITY", nargs="?", default="", help="the subsystem; for all but list")
    parser.add_argument("--kind", metavar="KIND", help="its kind, from which its rights follow; for enrol")
    parser.add_argument(
        "--hours",
        type=float,
        metavar="N",
        help="how long the code is good (default: 24), or how long the old token counts (default: 168)",
    )
    parser.add_argument(
        "--certificate",
        action="store_true",
        help="enrol: no code; let it in with any certificate that is made out to it",
    )
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.set_defaults(refuse=parser.error)


def _subsystem(chosen: argparse.Namespace) -> int:
    subsystems: Any = import_module("stationmaster.cli.subsystems")
    what, config, identity, operator = chosen.what, chosen.config, chosen.identity, chosen.operator
    if bool(identity) is (what == "list"):
        chosen.refuse("list takes no identity, and all others need one")
    if (chosen.kind is not None) is not (what == "enrol"):
        chosen.refuse("enrol needs --kind, and nothing else takes it")
    code: int
    if what == "list":
        code = subsystems.list_identities(config, operator=operator)
    elif what == "enrol":
        code = subsystems.enrol(
            config,
            identity,
            kind=chosen.kind,
            hours=24 if chosen.hours is None else chosen.hours,
            certificate=chosen.certificate,
            operator=operator,
        )
    elif what == "rotate":
        hours = 168 if chosen.hours is None else chosen.hours
        code = subsystems.rotate(config, identity, hours=hours, operator=operator)
    else:
        code = subsystems.revoke(config, identity, operator=operator)
    return code
