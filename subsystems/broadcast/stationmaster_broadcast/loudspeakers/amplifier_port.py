"""The ways to an amplifier rack: a connection of TCP, or a serial line. Both open again by themselves."""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from twisted.internet.interfaces import IAddress, IConnector
from twisted.internet.protocol import ClientFactory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_service.interfaces import DelayedCall, TCPReactor
from stationmaster_service.serial_input import ReadingReactor, SerialInput, receive_only

__all__ = ["SerialPort", "TcpPort"]

CONNECT_S = 3
FIRST_S, MOST_S = 0.5, 5.0
"""Machine seconds between two attempts to connect: doubled from the first to the other."""


def _unheard(_data: bytes) -> None:
    """Nobody listens yet."""


def _unseen() -> None:
    """Nobody looks yet."""


class TcpPort:
    """A rack with an address.

    Args:
        host, port: the address.
        reactor: connects.

    """

    def __init__(self, host: str, port: int, reactor: TCPReactor) -> None:
        self.problem = ""
        self.received: Callable[[bytes], None] = _unheard
        self._host = host
        self._port = port
        self._reactor = reactor
        self._up: Callable[[], None] = _unseen
        self._running = False
        self._wire: _Wire | None = None
        self._connector: Any = None
        self._again: DelayedCall | None = None
        self._pause_s = FIRST_S

    def start(self, received: Callable[[bytes], None], up: Callable[[], None]) -> None:
        """Connect."""
        self.received, self._up = received, up
        self._running = True
        self._connect()

    def write(self, data: bytes) -> None:
        """Send."""
        if self._wire is not None:
            self._wire.send(data)

    def again(self) -> None:
        """Break the connection; another is made."""
        if self._wire is not None:
            self._wire.abort()

    def stop(self) -> None:
        """Disconnect."""
        self._running = False
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = None
        if self._connector is not None:
            self._connector.disconnect()

    def connected(self, wire: _Wire) -> None:
        """From the wire: there it is."""
        self._wire = wire
        self._pause_s = FIRST_S
        self.problem = ""
        self._up()

    def lost(self, why: str) -> None:
        """There is no connection."""
        self._wire = None
        self.problem = f"{self._host}:{self._port}: {why}"
        if self._running:
            self._again = self._reactor.callLater(self._pause_s, self._connect)
            self._pause_s = min(2 * self._pause_s, MOST_S)

    def _connect(self) -> None:
        self._again = None
        self._connector = self._reactor.connectTCP(self._host, self._port, _One(self), timeout=CONNECT_S)


class _One(ClientFactory):
    noisy = False

    def __init__(self, port: TcpPort) -> None:
        self._port = port

    def buildProtocol(self, addr: IAddress | None) -> _Wire:  # noqa: ARG002, N802 - Twisted's name
        return _Wire(self._port)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:  # noqa: ARG002, N802 - Twisted's
        self._port.lost(reason.getErrorMessage())


class _Wire(TwistedProtocol):
    def __init__(self, port: TcpPort) -> None:
        self._port = port

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        cast("Any", self.transport).setTcpKeepAlive(True)
        self._port.connected(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._port.received(data)

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802 - Twisted's name
        self._port.lost("the connection ended" if reason is None else reason.getErrorMessage())

    def abort(self) -> None:
        cast("Any", self.transport).abortConnection()

    def send(self, data: bytes) -> None:
        cast("Any", self.transport).write(data)


class SerialPort:
    """A rack on a serial line, 8N1.

    Args:
        device, baud: the line.
        reactor: waits for bytes.

    """

    def __init__(self, device: Path, baud: int, reactor: ReadingReactor) -> None:
        self.problem = ""
        self._device = device
        self._baud = baud
        self._reactor = reactor
        self._up: Callable[[], None] = _unseen
        self._descriptor: int | None = None
        self._input: SerialInput | None = None

    def start(self, received: Callable[[bytes], None], up: Callable[[], None]) -> None:
        """Open the line, or wait for it."""
        self._up = up
        self._input = SerialInput(
            self._device,
            self._baud,
            reactor=self._reactor,
            received=received,
            lost=self._lost,
            open_device=self._open,
        )
        self._input.start()

    def write(self, data: bytes) -> None:
        """Send; what the line does not take at once is lost, and asked for again."""
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, data)
        except OSError as error:
            self.problem = f"{self._device} cannot be written to: {error.strerror or error}"

    def again(self) -> None:
        """A line has no state that could be stale."""

    def stop(self) -> None:
        """Let go of it."""
        self._descriptor = None
        if self._input is not None:
            self._input.stop()

    def _open(self, path: Path, baud: int) -> int:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self.problem = f"{path} is not there: {error.strerror or error}"
            raise
        try:
            if not os.isatty(descriptor):
                self.problem = f"{path} is not a serial port"
                raise StationError("amplifier-line", f"{self.problem}.", "Name a device such as /dev/ttyS0.")
            try:
                attributes = receive_only(termios.tcgetattr(descriptor), getattr(termios, f"B{baud}"))
                termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
            except termios.error as error:
                raise OSError(*error.args) from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self.problem = ""
        self._reactor.callLater(0, self._is_up)
        return descriptor

    def _is_up(self) -> None:
        if self._descriptor is not None:
            self._up()

    def _lost(self) -> None:
        self._descriptor = None
        self.problem = f"{self._device} is gone"
