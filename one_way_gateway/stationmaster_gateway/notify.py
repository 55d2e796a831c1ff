"""Tells the init system how this process is: sd_notify(3), which is a datagram to a local socket.

This is the one module of the appliance that makes a socket itself; it is AF_UNIX, and nothing is ever received.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

__all__ = ["Notifier"]


class Notifier:
    """Tells whoever started this process, if he wants to know.

    Args:
        environment: the process's; `NOTIFY_SOCKET` names the socket, a leading `@` an abstract one.

    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.lost = 0
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name

    def ready(self) -> None:
        """It has started."""
        self._tell("READY=1")

    def alive(self, status: str) -> None:
        """Every part of it gives signs of life; `status` is one line for people."""
        self._tell(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """It is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)
                to.sendto(text.encode(), self._address)
        except OSError:
            self.lost += 1  # nobody listens, or not fast enough: then the watchdog does what it is for
