"""A serial port that is only read, and that may be unplugged and plugged in again.

It is opened for reading alone: nothing is ever written to it, and no setting lets the driver answer by itself: no echo,
no flow control. When it goes away it is tried again and again, by its path.
"""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["OpenDevice", "ReadingReactor", "SerialInput", "open_receiver", "receive_only"]

_LOG = get_logger("serial")

_CHUNK = 65536
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 2.0

OpenDevice = Callable[[Path, int], int]
"""Opens a device at a rate and gives a descriptor; as `open_receiver`."""


class ReadingReactor(MachineTime, Protocol):
    """A reactor that can wait for a descriptor (`IReactorFDSet`)."""

    def addReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name
    def removeReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name


@implementer(IReadDescriptor)
class _Reading:
    """The descriptor that the reactor waits for."""

    def __init__(self, device: int, receive: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._device = device
        self._receive = receive
        self._lost = lost

    def fileno(self) -> int:
        return self._device

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        try:
            data = os.read(self._device, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(str(error))
            return
        if data:
            self._receive(data)
        else:
            self._lost("end of file")

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self._lost(reason.getErrorMessage())

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        return "serial"


class SerialInput:
    """One port, opened whenever it is there.

    Args:
        device: its path.
        baud: its rate.
        reactor: waits for bytes and for time.
        received: called with the bytes that come.
        lost: called when the device has gone away.
        open_device: opens it.

    """

    def __init__(
        self,
        device: Path,
        baud: int,
        *,
        reactor: ReadingReactor,
        received: Callable[[bytes], None],
        lost: Callable[[], None],
        open_device: OpenDevice | None = None,
    ) -> None:
        self.device = device
        self._baud = baud
        self._reactor = reactor
        self._received = received
        self._on_lost = lost
        self._open_device = open_device or open_receiver
        self._running = False
        self._reading: _Reading | None = None
        self._retry_s = _RETRY_FIRST_S
        self._opening: DelayedCall | None = None

    @property
    def is_open(self) -> bool:
        """Whether the device is there now."""
        return self._reading is not None

    def start(self) -> None:
        """Begin to read it, or to wait for it."""
        self._running = True
        self._open()

    def stop(self) -> None:
        """Read it no more."""
        self._running = False
        if self._opening is not None and self._opening.active():
            self._opening.cancel()
        self._opening = None
        self._close()

    def _open(self) -> None:
        self._opening = None
        try:
            device = self._open_device(self.device, self._baud)
        except (OSError, StationError) as error:
            if self._retry_s == _RETRY_FIRST_S:
                _LOG.warning("device-missing", device=str(self.device), problem=str(error), todo="connect it")
            self._retry()
            return
        self._retry_s = _RETRY_FIRST_S
        self._reading = _Reading(device, self._received, self._lost)
        self._reactor.addReader(self._reading)
        _LOG.info("device-opened", device=str(self.device))

    def _retry(self) -> None:
        self._opening = self._reactor.callLater(self._retry_s, self._open)
        self._retry_s = min(_RETRY_MOST_S, 2 * self._retry_s)

    def _lost(self, problem: str) -> None:
        if self._reading is None:
            return
        _LOG.warning("device-lost", device=str(self.device), problem=problem, todo="nothing; it is opened again")
        self._close()
        self._on_lost()
        if self._running:
            self._retry()

    def _close(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            self._reactor.removeReader(reading)
            os.close(reading.fileno())


def open_receiver(path: Path, baud: int) -> int:
    """A descriptor that can be read without waiting; what came before it was opened is thrown away.

    Raises:
        OSError: the device is not there.
        StationError: `line-not-serial`: it is no serial port.

    """
    device = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not os.isatty(device):
            raise StationError("line-not-serial", f"{path} is not a serial port.", "Name a device such as /dev/ttyS0.")
        speed = getattr(termios, f"B{baud}")
        try:
            termios.tcsetattr(device, termios.TCSANOW, receive_only(termios.tcgetattr(device), speed))
            termios.tcflush(device, termios.TCIFLUSH)
        except termios.error as error:
            raise OSError(*error.args) from error
    except BaseException:
        os.close(device)
        raise
    return device


def receive_only(attributes: list[Any], speed: int) -> list[Any]:
    """The terminal attributes (as of `termios.tcgetattr`) of a port that takes bytes as they come, 8N1 at `speed`."""
    iflag, oflag, cflag, lflag, _, _, characters = attributes
    iflag &= ~(
        termios.IXON
        | termios.IXOFF
        | termios.IXANY
        | termios.INLCR
        | termios.IGNCR
        | termios.ICRNL
        | termios.ISTRIP
        | termios.PARMRK
        | termios.INPCK
        | termios.BRKINT
    )
    iflag |= termios.IGNBRK
    oflag &= ~termios.OPOST
    cflag &= ~(termios.CRTSCTS | termios.CSIZE | termios.PARENB | termios.CSTOPB)
    cflag |= termios.CLOCAL | termios.CREAD | termios.CS8
    lflag &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    characters = list(characters)
    characters[termios.VMIN] = 1
    characters[termios.VTIME] = 0
    return [iflag, oflag, cflag, lflag, speed, speed, characters]
