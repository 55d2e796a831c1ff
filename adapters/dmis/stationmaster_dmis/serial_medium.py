"""A serial port, or a pseudo-terminal, that is only read."""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_dmis.medium import Receive
from stationmaster_dmis.settings import SerialPlace
from stationmaster_service.serial_input import OpenDevice, ReadingReactor, SerialInput

__all__ = ["SerialMedium"]


class SerialMedium:
    """One port; when it is unplugged it is opened again once it is back.

    Args:
        settings: which, and its rate.
        reactor: waits for it.
        open_device: opens it for reading.

    """

    kind = "serial"
    dropped = 0

    def __init__(self, settings: SerialPlace, reactor: ReadingReactor, open_device: OpenDevice) -> None:
        self.place = str(settings.device)
        self._settings = settings
        self._reactor = reactor
        self._open_device = open_device
        self._input: SerialInput | None = None

    @property
    def is_open(self) -> bool:
        """Whether the device is there."""
        return self._input is not None and self._input.is_open

    def start(self, receive: Receive, interrupted: Callable[[], None]) -> None:
        """Open the port and read it."""
        self._input = SerialInput(
            self._settings.device,
            self._settings.baud,
            reactor=self._reactor,
            received=lambda data: receive(data, 0.0),
            lost=interrupted,
            open_device=self._open_device,
        )
        self._input.start()

    def stop(self) -> None:
        """Close the port."""
        if self._input is not None:
            self._input.stop()
