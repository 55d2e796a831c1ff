"""Contacts on the modem lines of a serial port: up to four for the price of a plug.

The port holds DTR and RTS up, and a contact between one of them and CTS, DSR, DCD or RI makes that line active: closed.
The lines are read forty times a second (TIOCMGET); waiting for their change (TIOCMIWAIT) would need a thread that
nothing can end, and many USB adapters do not do it. A line may be given as `guard`: it is bridged in the plug, so if it
opens the cable is off and the others mean nothing any more.
"""

from __future__ import annotations

import array
import fcntl
import os
import termios
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.emergencies.contacts import ContactParts, ContactsHeard
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["LINES", "ModemContacts", "ModemLines", "modem_contacts"]

_LOG = get_logger("contacts")

LINES = {"cts": termios.TIOCM_CTS, "dsr": termios.TIOCM_DSR, "dcd": termios.TIOCM_CAR, "ri": termios.TIOCM_RNG}

POLL_S = 0.025
"""Machine seconds between two looks."""

AGAIN_S = 1.0
"""Machine seconds after which a port that is gone is looked for again."""


class ModemLines:
    """An open port of which only the modem lines are used.

    Args:
        path: the device.

    Raises:
        OSError: it is not there, or has no modem lines.

    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            up = array.array("i", [termios.TIOCM_DTR | termios.TIOCM_RTS])
            fcntl.ioctl(self._descriptor, termios.TIOCMBIS, up)
            self.read()
        except BaseException:
            os.close(self._descriptor)
            raise

    def read(self) -> int:
        """The bits of the lines.

        Raises:
            OSError: the port is gone.

        """
        bits = array.array("i", [0])
        fcntl.ioctl(self._descriptor, termios.TIOCMGET, bits, True)
        return bits[0]

    def close(self) -> None:
        """Let go of it; DTR and RTS go down."""
        os.close(self._descriptor)


class ModemContacts:
    """One port; a `ContactDriver`.

    Args:
        device: its path.
        guard: the line that is bridged in the plug, or empty.
        reactor: machine time.
        heard: who is told.
        open_port: opens it.

    """

    def __init__(
        self,
        device: Path,
        guard: str,
        *,
        reactor: MachineTime,
        heard: ContactsHeard,
        open_port: Callable[[Path], ModemLines] = ModemLines,
    ) -> None:
        self._device = device
        self._guard = guard
        self._reactor = reactor
        self._heard = heard
        self._open_port = open_port
        self._lines = frozenset(LINES).difference({guard})
        self._port: ModemLines | None = None
        self._next: DelayedCall | None = None

    def start(self) -> None:
        """Open the port and read it again and again."""
        self._look()

    def stop(self) -> None:
        """Close it."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._port is not None:
            self._port.close()
            self._port = None

    def _look(self) -> None:
        try:
            if self._port is None:
                self._port = self._open_port(self._device)
                _LOG.info("device-opened", device=str(self._device))
            bits = self._port.read()
        except OSError as error:
            if self._port is not None:
                self._port.close()
                self._port = None
            self._next = self._reactor.callLater(AGAIN_S, self._look)
            self._heard.lost(f"{self._device}: {error.strerror or error}")
            return
        self._next = self._reactor.callLater(POLL_S, self._look)
        if self._guard and not bits & LINES[self._guard]:
            self._heard.lost(f"{self._device}: {self._guard} is open, the cable is off")
        else:
            self._heard.seen(frozenset(name for name in self._lines if bits & LINES[name]), self._lines)


def modem_contacts(parts: ContactParts) -> ModemContacts:
    """The driver `modem-lines`: `device`, and `guard` if a line is bridged in the plug."""
    device = parts.folder / parts.table.text("device", "/dev/ttyS0")
    guard = parts.table.choice("guard", ("", *LINES), "")
    return ModemContacts(device, guard, reactor=parts.reactor, heard=parts.heard)
