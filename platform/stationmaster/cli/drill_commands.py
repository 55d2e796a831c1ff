"""The command `drill`: its words, and how it is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words

__all__ = ["add_drill_command"]


def add_drill_command(
    commands: Any, add: Callable[..., argparse.ArgumentParser], run_hub: Callable[[Path], int]
) -> None:
    """Add the command.

    Args:
        commands: of the command line.
        add: adds one of them.
        run_hub: runs a hub by its configuration file.

    """
    parser = add(
        commands,
        "drill",
        "a drill: the hub's console with a copy of today, which reaches no device",
        "Copies the database and the station of a hub, which may go on running, and starts a hub of its own on the\n"
        "copy, on a shadow clock. It has no port for subsystems and no line, and the process can open no connection.\n"
        "Its console says on every pane that this is a drill. A drill that was ended goes on when it is started again.",
        call=lambda chosen: _drill(chosen, run_hub),
        extra="hub",
        examples="  stationmaster drill --config /etc/stationmaster/stationmaster.toml\n"
        "  stationmaster drill --at 17:30 --speed 10 --fresh\n",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("stationmaster.toml"),
        metavar="FILE",
        help="the configuration file of the hub that is copied (default: stationmaster.toml)",
    )
    parser.add_argument(
        "--into", type=Path, default=Path("var/drill"), metavar="DIR", help="the drill's folder (default: var/drill)"
    )
    parser.add_argument("--listen", default="127.0.0.2", metavar="ADDRESS", help="of its console (default: 127.0.0.2)")
    parser.add_argument("--port", type=words.port, default=8090, metavar="N", help="of its console (default: 8090)")
    parser.add_argument("--at", metavar="HH:MM", help="station time at which it begins (default: now)")
    parser.add_argument(
        "--speed", type=words.speed, default=1.0, metavar="N", help="station seconds per second (default: 1)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the drill that is in the folder, and copy anew")


def _drill(chosen: argparse.Namespace, run_hub: Callable[[Path], int]) -> int:
    drills: Any = import_module("stationmaster.cli.drills")
    options = drills.DrillOptions(
        config=chosen.config,
        folder=chosen.into,
        listen=chosen.listen,
        port=chosen.port,
        at=chosen.at,
        speed=chosen.speed,
        fresh=chosen.fresh,
    )
    code: int = drills.run_drill(options, run_hub)
    return code
