"""How a panel's link gets at its card: over TCP or a serial line."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from serial import SerialException
from twisted.internet.interfaces import IAddress, IConnector
from twisted.internet.protocol import ClientFactory
from twisted.internet.serialport import SerialPort
from twisted.python.failure import Failure

from stationmaster_guidance.led.driver import SerialForm
from stationmaster_guidance.led.link import Opener, PanelWire
from stationmaster_service.interfaces import TCPReactor

__all__ = ["serial_opener", "tcp_opener"]

CONNECT_S = 3


class _One(ClientFactory):
    """Makes one connection for one wire."""

    noisy = False

    def __init__(self, wire: PanelWire, failed: Callable[[str], None]) -> None:
        self._wire = wire
        self._failed = failed

    def buildProtocol(self, addr: IAddress | None) -> PanelWire:  # noqa: ARG002, N802 - Twisted's name
        return self._wire

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:  # noqa: ARG002, N802 - Twisted's
        self._failed(str(reason.getErrorMessage()))


def tcp_opener(host: str, port: int, *, reactor: TCPReactor) -> Opener:
    """Cards with an address."""

    def open_(wire: PanelWire, failed: Callable[[str], None]) -> None:
        reactor.connectTCP(host, port, _One(wire, failed), timeout=CONNECT_S)

    return open_


def serial_opener(device: Path, form: SerialForm, *, reactor: object) -> Opener:
    """Cards on a serial line of their own."""

    def open_(wire: PanelWire, failed: Callable[[str], None]) -> None:
        try:
            if not stat.S_ISCHR(device.stat().st_mode):
                failed(f"{device} is no serial line")
                return
            SerialPort(
                wire,
                str(device),
                reactor,
                baudrate=form.baud,
                bytesize=form.bits,
                parity=form.parity,
                stopbits=form.stop,
            )
        except (SerialException, OSError, ValueError) as error:
            failed(f"{device}: {error}")

    return open_
