"""The receiving device: a serial port (or a pseudo-terminal) opened for reading alone.

Nothing is ever written to it, and no setting lets the driver answer by itself: no echo, no flow control.
"""

from __future__ import annotations

import os
import termios
from pathlib import Path
from typing import Any

from stationmaster_base.errors import StationError

__all__ = ["open_receiver", "receive_only"]


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
