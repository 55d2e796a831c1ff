"""The command that acts: `act`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_act_commands"]


def add_act_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `act` to the command line's commands; `add` is how that adds one."""
    parser = add(
        commands,
        "act",
        "does something to a running hub's day, as an operator",
        "Deeds are JSON, one or a list; all are done or none. docs/operation.md says what there is.\n"
        "Exit code 1 if they cannot be read, 2 if the hub refuses them or does not answer.",
        call=_act,
        extra="hub",
        examples=(
            '  stationmaster act hub.toml \'{"do": "track", "call": "NDC/2026-03-01/G2402/1", "track": "5"}\'\n'
            '  stationmaster act hub.toml --as "controller 1" \'{"do": "undo", "act": "act/5f0c…"}\'\n'
        ),
    )
    parser.add_argument(
        "config", type=Path, metavar="FILE", help="the configuration file that the hub was started with"
    )
    parser.add_argument("deeds", metavar="DEEDS", help="what to do, as JSON")
    parser.add_argument("--as", dest="operator", metavar="NAME", help="which operator acts (default: the only one)")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, as it is written down")
    parser.add_argument("--no-lock", action="store_true", help="let the feed change again what is set")
    parser.add_argument("--id", metavar="ID", help="send the act with this id again, to hear what came of it")


def _act(chosen: argparse.Namespace) -> int:
    acting: Any = import_module("stationmaster.cli.acting")
    code: int = acting.do_act(
        chosen.config,
        chosen.deeds,
        operator=chosen.operator,
        why=chosen.why,
        lock=not chosen.no_lock,
        act=chosen.id,
    )
    return code
