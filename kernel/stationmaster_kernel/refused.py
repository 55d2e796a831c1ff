"""An input that cannot be true."""

from __future__ import annotations

from stationmaster_base.errors import StationError

__all__ = ["Refused"]


class Refused(StationError):
    """An input that cannot be true as a whole; it is quarantined with this reason and changes nothing."""
