"""The command line of the simulated devices, and their composition root."""

from __future__ import annotations

import argparse

from stationmaster_conform.devices.device import Device
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.hardware import DEVICES
from stationmaster_conform.devices.settings import DeviceSettings
from stationmaster_conform.machine import Machine, this_machine

__all__ = ["add_device_arguments", "run_device"]


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """What a device is told; `--connect` becomes a host and a port by `address`."""
    parser.add_argument("device", choices=sorted(DEVICES), help="which device")
    parser.add_argument("--identity", metavar="NAME", help="who it is (default: as the device is called)")
    parser.add_argument("--token", default="", metavar="SECRET", help="its secret (default: none)")
    parser.add_argument(
        "--fault", choices=[fault.value for fault in Fault], metavar="FAULT", help=f"one of: {', '.join(Fault)}"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="end after so long (default: at Ctrl-C)")


def run_device(parsed: argparse.Namespace, machine: Machine | None = None) -> int:
    """Be the device until it is to end; the exit code."""
    clock = machine or this_machine()
    kind = DEVICES[parsed.device]
    host, port = parsed.connect
    end = None if parsed.seconds is None else clock.monotonic() + parsed.seconds
    settings = DeviceSettings(
        kind=kind,
        host=host,
        port=port,
        identity=parsed.identity or kind.name,
        token=parsed.token,
        fault=None if parsed.fault is None else Fault(parsed.fault),
    )
    try:
        Device(settings, clock, lambda: end is None or clock.monotonic() < end).run()
    except KeyboardInterrupt:
        return 0
    return 0
