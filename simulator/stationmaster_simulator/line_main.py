"""`stationmaster line` as a process: the serial line of a demo or a test."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError
from stationmaster_base.logging import configure_logging, get_logger
from stationmaster_simulator.line import SerialLine
from stationmaster_simulator.line_settings import LineSettings

__all__ = ["main"]

USER_ERROR = 2
"""The exit code of a process that a person has to do something about."""


def main(config: Path) -> int:
    """Carry bytes until SIGTERM or SIGINT.

    Returns:
        the exit code: 0, or 2 when a person has to do something, said on standard error.

    """
    configure_logging("line")
    log = get_logger("line")
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _frame: told.append(signum))
    try:
        mistakes = Faults()
        table = read_toml(config, mistakes)
        mistakes.raise_if_any()
        settings = LineSettings.from_table(table.table("line"), config.absolute().parent)
        mistakes.raise_if_any()
        faults = None if settings.faults is None else settings.faults.make()
        line = SerialLine(settings, monotonic=time.monotonic, faults=faults)
        line.open()
        log.info("started", gateway=str(settings.gateway), hub=str(settings.hub), baud=settings.baud)
        try:
            line.run(lambda: bool(told))
        finally:
            line.close()
        log.info("stopped", bytes=line.sent, lost=line.lost)
    except StationError as error:
        sys.stderr.write(f"stationmaster line: {error}\n")
        return USER_ERROR
    return 0
