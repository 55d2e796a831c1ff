"""The words of `stationmaster conform` and `stationmaster simulate-device`; the kit is imported when they are called.

The kit has a command line of its own, so that a vendor can run it without the rest; this only hands the words on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["add_conform_commands"]


def add_conform_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` makes a command's parser as the others are made."""
    conform = add(
        commands,
        "conform",
        "tries whether a client or a hub does what the open protocol says",
        "`conform client` plays a hub to a client, `conform hub` plays a client to a hub; docs/conformance.md tells\n"
        "what each scenario does. Exit code 0 if nothing failed, 1 if something did, 2 if it could not run.",
        call=_conform,
        extra="conform",
        examples="  stationmaster conform client --listen 127.0.0.1:7310 --report report.md --junit report.xml\n"
        "  stationmaster conform hub --connect 127.0.0.1:7310 --identity kit --token SECRET\n"
        "  stationmaster conform client --help\n",
    )
    conform.add_argument("words", nargs=argparse.REMAINDER, metavar="client|hub …", help="what to try, and how")
    device = add(
        commands,
        "simulate-device",
        "a simulated vendor's device: a board, a loudspeaker or a light",
        "It is well-behaved, or wrong in the one way that --fault names.",
        call=_device,
        extra="conform",
        examples="  stationmaster simulate-device board --connect 127.0.0.1:7310 --token SECRET\n"
        "  stationmaster simulate-device loudspeaker --connect 127.0.0.1:7310 --fault does-twice\n",
    )
    device.add_argument("words", nargs=argparse.REMAINDER, metavar="DEVICE …", help="which device, and how")


def _conform(chosen: argparse.Namespace) -> int:
    kit: Any = import_module("stationmaster_conform.main")
    code: int = kit.main(chosen.words)
    return code


def _device(chosen: argparse.Namespace) -> int:
    kit: Any = import_module("stationmaster_conform.main")
    code: int = kit.main(["device", *chosen.words])
    return code
