"""What `stationmaster gateway` can do besides running: test itself, and hand out its security log."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_gateway_options", "run_gateway"]


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """Add the gateway's own options to its command."""
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--self-test",
        action="store_true",
        help="try all that the gateway needs, put one telegram on the line, report, and end; exit code 1 if it failed",
    )
    instead.add_argument(
        "--export-log",
        type=Path,
        metavar="FILE",
        help="copy the security log into a new file, check its chain, and end; exit code 1 if it is broken",
    )


def run_gateway(chosen: argparse.Namespace) -> int:
    """Run the gateway, or do what was asked for instead."""
    gateway: Any = import_module("stationmaster_gateway.main")
    code: int
    if chosen.self_test:
        code = gateway.run_self_test(chosen.config)
    elif chosen.export_log is not None:
        code = gateway.export_log(chosen.config, chosen.export_log)
    else:
        code = gateway.main(chosen.config)
    return code
