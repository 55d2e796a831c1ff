"""The words of `stationmaster line-sniff`; the work's modules are imported when it is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_line_commands"]


def add_line_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `add` makes a command's parser as the others are made."""
    parser = add(
        commands,
        "line-sniff",
        "shows the telegrams that come down a line",
        "One line for each telegram, one for each thing that is none with the reason, and a summary at the end.\n"
        "A port is read until Ctrl-C; a hub that receives from it has to be ended first. A file holds bytes as they\n"
        "came down a line. Nothing is written anywhere but to the output. Exit code 1 if nothing was understood.",
        call=_sniff,
        extra="hub",
        examples="  stationmaster line-sniff --port /dev/ttyS0 --baud 19200\n"
        "  stationmaster line-sniff recording.bin --station QHD --keys line-keys.toml\n",
    )
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a file of bytes of a line")
    parser.add_argument("--port", type=Path, metavar="DEVICE", help="a serial port")
    parser.add_argument("--baud", type=int, default=115200, metavar="N", help="its rate (default: 115200)")
    parser.add_argument("--seconds", type=float, metavar="N", help="read the port for so long (default: until Ctrl-C)")
    parser.add_argument("--station", metavar="CODE", help="this station's telegrams alone (default: everybody's)")
    parser.add_argument("--keys", type=Path, metavar="FILE", help="the keys of signed telegrams (default: no tags)")
    parser.add_argument(
        "--zone", default="Asia/Shanghai", metavar="ZONE", help="in which times are shown (default: Asia/Shanghai)"
    )


def _sniff(chosen: argparse.Namespace) -> int:
    if (chosen.port is None) is (chosen.file is None):
        sys.stderr.write("stationmaster line-sniff: name either a file, or a port with --port DEVICE\n")
        return 2
    sniffing: Any = import_module("stationmaster_dmis.sniff_main")
    options = sniffing.SniffOptions(
        port=chosen.port,
        baud=chosen.baud,
        file=chosen.file,
        station=chosen.station,
        keys=chosen.keys,
        seconds=chosen.seconds,
        zone=chosen.zone,
    )
    code: int = sniffing.sniff(options, _line)
    return code


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
