"""A gateway with somebody at the far side of its line who will not be quiet.

The far side speaks into the very device that the gateway transmits on: XOFF, XON and every other control character,
what a BREAK turns into (zeros, and 255 0 0 as with PARMRK), and random bytes, without pause. Nobody reads them, so
they are thrown away behind the gateway's back, as a UART does whose receiver overruns; if they were not, the buffer
would soon be full and the flood at an end.
"""

from __future__ import annotations

import os
import random
import termios
import time
from collections.abc import Callable
from pathlib import Path

from stationmaster_dmis.ledger import Ledger
from stationmaster_simulator.line import SerialLine
from stationmaster_simulator.line_settings import LineSettings
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord
from support.dispatching import Dispatching
from support.gateway_process import GatewayProcess

XOFF = b"\x13"
CONTROLS = bytes(range(32)) + b"\x7f\x80\xff"
BREAKS = b"\0" * 8 + b"\xff\0\0" * 4
PATIENCE_S = 30.0


class Flood:
    """What the far side sends: always XOFF among it, and last."""

    def __init__(self, seed: int) -> None:
        self.sent = 0
        self._random = random.Random(seed)

    def pour(self, master: int, slave: int) -> None:
        """Send some, all of which passes the device's input; then lose it, as an overrun does."""
        kind = self._random.choice((XOFF * 64, CONTROLS, BREAKS, self._random.randbytes(200)))
        self.sent += os.write(master, kind + XOFF)
        termios.tcflush(slave, termios.TCIFLUSH)


class Watched:
    """A gateway process, a paced line, and what arrives at its end."""

    def __init__(self, folder: Path, baud: int = 9600) -> None:
        self.dispatching = Dispatching(folder / "d.db")
        settings = LineSettings(gateway=folder / "line-gateway", hub=folder / "line-hub", baud=baud)
        self.line = SerialLine(settings, monotonic=time.monotonic)
        self.line.open()
        flags = os.O_NOCTTY | os.O_NONBLOCK
        self.slave = os.open(settings.gateway, os.O_RDWR | flags)
        self.hub = os.open(settings.hub, os.O_RDONLY | flags)
        self.gateway = GatewayProcess(folder, str(settings.gateway), baud=baud)
        self.decoder = Decoder("QHD")
        self.ledger = Ledger()
        self.calls: dict[int, CallRecord] = {}
        self.flood: Flood | None = None

    def turn(self) -> None:
        """One turn of everything: the line carries, the far side floods, what came is decoded."""
        self.line.wait(self.line.step())
        if self.flood is not None:
            self.flood.pour(self.line.gateway_end, self.slave)
        try:
            self.decoder.receive_data(os.read(self.hub, 65536))
        except BlockingIOError:
            return
        while (event := self.decoder.next_event()) is not None:
            if isinstance(event, Telegram):
                self.calls.update({record.run: record for record in self.ledger.take(event, 0.0).records})

    def until(self, done: Callable[[], bool]) -> None:
        ending = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < ending, "it did not come"
            self.turn()

    def rate(self, seconds: float) -> float:
        """Bytes a second that the gateway sends."""
        begun, before = time.monotonic(), self.line.sent
        while time.monotonic() < begun + seconds:
            self.turn()
        return (self.line.sent - before) / (time.monotonic() - begun)

    def close(self) -> None:
        self.gateway.close()
        self.line.close()
        os.close(self.slave)
        os.close(self.hub)
        self.dispatching.close()
