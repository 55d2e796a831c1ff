"""The gateway as a process: where the machine's clock, signals and files enter."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector

from stationmaster_base.clock import FileClock, MachineClock, StationClock
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.logging import configure_logging
from stationmaster_gateway.build import build
from stationmaster_gateway.settings import GatewaySettings

__all__ = ["main"]

DIED = 1
"""The exit code of a gateway of which a part has died: its supervisor starts it again."""

USER_ERROR = 2
"""The exit code of a process that a person has to do something about."""


def main(config: Path) -> int:
    """Run the gateway until SIGTERM or SIGINT.

    Returns:
        the exit code: 0; 1 when it is to be started again; 2 when a person has to do something, said on standard error.

    """
    configure_logging("gateway")
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _frame: told.append(signum))
    try:
        faults = Faults()
        table = read_toml(config, faults)
        faults.raise_if_any()
        folder = config.absolute().parent
        clock_file = table.table("clock").text("file", "")  # its other keys are the hub's
        settings = GatewaySettings.from_table(table.table("gateway"), folder)
        faults.raise_if_any()
        clock: StationClock = FileClock(folder / clock_file, time.time) if clock_file else MachineClock(time.time)
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        gateway = build(settings, clock=clock, monotonic=time.monotonic, registry=registry)
        gateway.run(stopping=lambda: bool(told), sleep=time.sleep)
    except StationError as error:
        sys.stderr.write(f"stationmaster gateway: {error}\n")
        return DIED if error.code == "gateway-died" else USER_ERROR
    return 0
