"""The receiving device: a serial port (or a pseudo-terminal) opened for reading alone, by one reader at a time.

Two readers of one port would each get some of the bytes and neither of them a feed; so whoever reads a line locks it
(flock(2), which concerns only programs that ask), and a second one is refused.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_service import serial_input

__all__ = ["open_receiver"]


def open_receiver(path: Path, baud: int) -> int:
    """A descriptor that can be read without waiting; what came before it was opened is thrown away.

    Raises:
        OSError: the device is not there.
        StationError: `line-not-serial`: it is no serial port. `line-taken`: another program receives from it.

    """
    device = serial_input.open_receiver(path, baud)
    try:
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(device)
        raise StationError(
            "line-taken", f"Another program receives from {path}.", "End it, or look at what the hub shows."
        ) from None
    except BaseException:
        os.close(device)
        raise
    return device
