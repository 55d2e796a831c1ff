"""Whether what we send arrives: a network that is cut one way brings us the hub's words, and the hub none of ours.

The hub notices that after three heartbeats and says so, but its word may not come through: a TCP that hears nothing of
what it has sent does not send on. So the own TCP is asked, at each of our heartbeats, what of the earlier ones has
arrived. If nothing has while two heartbeats went by, the hub does not hear us. A hub that is only busy or stopped is
something else: its machine takes what is sent to it.

Linux says what arrives; on other systems nothing is known, and the hub's own heartbeats have to do.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Arriving", "Progress", "tcp_progress"]

BEATS = 2
"""So many heartbeats without anything arriving."""

_UNACKNOWLEDGED = struct.Struct("=I")
_UNACKNOWLEDGED_AT = 24
_ARRIVED = struct.Struct("=Q")
_ARRIVED_AT = 120
_LENGTH = _ARRIVED_AT + _ARRIVED.size
"""Where Linux' `struct tcp_info` has `tcpi_unacked` and `tcpi_bytes_acked` (`linux/tcp.h`, since Linux 4.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Bytes that have arrived since the connection was made, and whether others are still on their way."""

    arrived: int
    waiting: bool


class Arriving:
    """Args:
    progress: asks the connection; None where that is not to be known.

    """

    def __init__(self, progress: Callable[[], Progress | None]) -> None:
        self._progress = progress
        self._arrived = -1
        self._beats = 0

    def stuck(self) -> bool:
        """A heartbeat is due: whether nothing has arrived since the one before the last."""
        now = self._progress()
        if now is None or not now.waiting or now.arrived != self._arrived:
            self._beats = 0
        else:
            self._beats += 1
        self._arrived = -1 if now is None else now.arrived
        return self._beats >= BEATS


def tcp_progress(transport: object) -> Progress | None:
    """What Linux knows of a connection of Twisted's, with TLS or without; None elsewhere, and of any other thing."""
    option = getattr(socket, "TCP_INFO", None)
    lowest = getattr(transport, "transport", transport)  # TLS lies over the connection itself
    handle = getattr(lowest, "socket", None)
    if option is None or not isinstance(handle, socket.socket):
        return None
    try:
        info = handle.getsockopt(socket.IPPROTO_TCP, option, _LENGTH)
    except OSError:
        return None  # it is closed; who uses it is told so soon
    if len(info) < _LENGTH:
        return None
    (waiting,) = _UNACKNOWLEDGED.unpack_from(info, _UNACKNOWLEDGED_AT)
    (arrived,) = _ARRIVED.unpack_from(info, _ARRIVED_AT)
    return Progress(arrived=arrived, waiting=waiting > 0)
