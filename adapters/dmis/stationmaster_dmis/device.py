"""The receiving device: a serial port (or a pseudo-terminal) opened for reading alone."""

from __future__ import annotations

from stationmaster_service.serial_input import open_receiver, receive_only

__all__ = ["open_receiver", "receive_only"]
