"""The serial line to a speech chip: both ways, 8N1, and opened again when it was unplugged."""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_service.serial_input import ReadingReactor, SerialInput, receive_only

__all__ = ["ChipPort"]


class ChipPort:
    """One port.

    Args:
        device: its path.
        baud: its rate.
        reactor: waits for bytes.
        received: called with the bytes that come.
        lost: called when it has gone.

    """

    def __init__(
        self,
        device: Path,
        baud: int,
        *,
        reactor: ReadingReactor,
        received: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        self._device = device
        self._on_lost = lost
        self._descriptor: int | None = None
        self._input = SerialInput(
            device, baud, reactor=reactor, received=received, lost=self._lost, open_device=self._open
        )

    @property
    def is_open(self) -> bool:
        """Whether the line is there."""
        return self._input.is_open

    def start(self) -> None:
        """Open it, or wait for it."""
        self._input.start()

    def stop(self) -> None:
        """Let go of it."""
        self._descriptor = None
        self._input.stop()

    def write(self, data: bytes) -> None:
        """A whole frame in one call: a chip ends a frame in which a byte is late (8 ms, SYN6288).

        Raises:
            StationError: `chip-line`: the line is not there, or does not take the frame.

        """
        if self._descriptor is None or not self._input.is_open:
            raise StationError("chip-line", f"{self._device} is not there.", "Connect the speech chip.")
        try:
            count = os.write(self._descriptor, data)
        except OSError as error:
            raise StationError("chip-line", f"{self._device} cannot be written to: {error}.") from error
        if count != len(data):
            raise StationError("chip-line", f"{self._device} took {count} of {len(data)} bytes.", "See its driver.")

    def _open(self, path: Path, baud: int) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not os.isatty(descriptor):
                raise StationError("chip-line", f"{path} is not a serial port.", "Name a device such as /dev/ttyS0.")
            try:
                attributes = receive_only(termios.tcgetattr(descriptor), getattr(termios, f"B{baud}"))
                termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
                termios.tcflush(descriptor, termios.TCIOFLUSH)
            except termios.error as error:
                raise OSError(*error.args) from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return descriptor

    def _lost(self) -> None:
        self._descriptor = None
        self._on_lost()
