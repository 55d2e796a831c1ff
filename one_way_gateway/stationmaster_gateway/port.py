"""The transmit-only port: the one way out of this appliance, and no way in.

It is opened for writing alone, so that reading from it fails in the kernel, and set so that nothing from the far
side can have an effect: the receiver of the UART is off (CREAD), no character or modem line stops the sender (IXON,
IXOFF, IXANY, CRTSCTS off, CLOCAL on), nothing is echoed (ECHO, ECHONL), no character makes a signal or is edited
(ISIG, ICANON, IEXTEN), and bytes go out as they are (OPOST off). See termios(3), tty_ioctl(4).
A port on which somebody could be listened to in another way is refused (`port_refusals`), and a real one is taken for
this process alone (TIOCEXCL), so that no other program can open it to read.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stationmaster_base.errors import StationError
from stationmaster_gateway.port_refusals import (
    TAKEN,
    Device,
    MachinePaths,
    Refusal,
    machine_refusals,
    port_refusals,
    taken,
)
from stationmaster_gateway.wiring import Wiring

__all__ = ["PortGone", "TransmitPort", "transmit_only"]

_GONE = frozenset(
    {errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOENT, errno.EBADF, errno.EPIPE, errno.ENOTDIR, errno.EACCES}
)
_PSEUDO_TERMINALS = range(136, 144)
"""Device majors of Unix98 pseudo-terminals (Linux, Documentation/admin-guide/devices.txt)."""
_FORGETFUL = Refusal(
    code="settings", what="does not keep the settings of a transmit-only port", do="Use another driver or device."
)
_IFLAG, _OFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED, _CC = range(7)


class PortGone(StationError):
    """The device is not there (any more); it may come back."""


class TransmitPort:
    """The serial port.

    Args:
        path: the device.
        baud: its rate.
        machine: where this machine says what else uses the port.
        wiring: what drives the line.

    """

    def __init__(
        self, path: Path, baud: int, *, machine: MachinePaths | None = None, wiring: Wiring | None = None
    ) -> None:
        self._path = path
        self._speed = getattr(termios, f"B{baud}")
        self._machine = machine or MachinePaths()
        self._wiring = wiring or Wiring()
        self._device: Device | None = None
        self._port: int | None = None
        self._lost_under: tuple[int, int] | None = None
        """The symbolic link under which a pseudo-terminal was lost: its number may be anybody's at once."""

    @property
    def is_open(self) -> bool:
        """Whether there is a device to transmit on."""
        return self._port is not None

    @property
    def device(self) -> Device | None:
        """What the port is, while it is open."""
        return self._device

    def open(self) -> None:
        """Open and set the port.

        Raises:
            PortGone: it is not there now.
            StationError: `port-unsafe`, `port-not-serial`, `port-wiring`: it must not or cannot be used.

        """
        if self._port is not None:
            return
        if self._lost_under is not None and self._lost_under == self._link():
            raise PortGone("port-gone", f"{self._path} still names the terminal that has gone.")
        try:
            port = os.open(self._path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise self.unsafe([TAKEN]) from error
            raise self._gone(error) from error
        try:
            device = self._identified(port)
            if not device.pseudo(self._machine):
                self._take(port)
            self._refuse_unsafe(port, device)
            self._set(port)
            self._drive(port)
        except (OSError, termios.error) as error:
            os.close(port)
            raise self._gone(error) from error
        except StationError:
            os.close(port)
            raise
        self._port, self._device = port, device

    def refusals(self) -> list[Refusal]:
        """What speaks against the open port now; none while it is closed. Another thread may ask."""
        port, device = self._port, self._device
        if port is None or device is None:
            return []
        found = machine_refusals(device, self._machine)
        with suppress(OSError):  # the device has gone, which is found out by whoever writes to it next
            found += port_refusals(port)
        return found

    def unsafe(self, found: Sequence[Refusal]) -> StationError:
        """The refusal of this port, with every reason."""
        return StationError("port-unsafe", "\n".join(f"{self._path} {refusal.what}. {refusal.do}" for refusal in found))

    def write(self, data: bytes) -> int:
        """Hand bytes to the device; gives how many it took, 0 if it has no room.

        Raises:
            PortGone: the device went away; the port is closed.

        """
        if self._port is None:
            raise PortGone("port-gone", f"{self._path} is not open.")
        try:
            return os.write(self._port, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._lose()
            raise self._gone(error) from error

    def queued(self) -> int:
        """How many bytes wait in the kernel (TIOCOUTQ); a pseudo-terminal always says 0.

        Raises:
            PortGone: the device went away, or its name belongs to another one by now; the port is closed.

        """
        if self._port is None:
            raise PortGone("port-gone", f"{self._path} is not open.")
        if self._renamed(self._port):
            self.close()
            raise PortGone("port-gone", f"{self._path} is another device by now.")
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(self._port, termios.TIOCOUTQ, b"\0\0\0\0"))
        except OSError as error:
            self._lose()
            raise self._gone(error) from error
        return int(count)

    def fileno(self) -> int:
        """The descriptor, -1 if closed; for tests that show what cannot be done with it."""
        return -1 if self._port is None else self._port

    def close(self) -> None:
        """Let go of the device; what it still holds is thrown away, so that closing never waits."""
        port, self._port, self._device = self._port, None, None
        if port is None:
            return
        try:
            termios.tcflush(port, termios.TCOFLUSH)
        except termios.error:
            pass  # it is gone already, with what it held
        finally:
            os.close(port)

    def _lose(self) -> None:
        """The open device has gone."""
        device = self._device
        self._lost_under = self._link() if device is not None and device.pseudo(self._machine) else None
        self.close()

    def _link(self) -> tuple[int, int] | None:
        """What tells the path's symbolic link from one that is made later; None where the path is none."""
        with suppress(OSError):
            found = self._path.lstat()
            return (found.st_ino, found.st_mtime_ns) if stat.S_ISLNK(found.st_mode) else None
        return None

    def _renamed(self, port: int) -> bool:
        """Whether the path leads to another device than the open one, as after a plug was moved.

        While it leads nowhere the open device is held: if that has gone, whoever writes to it is told.
        """
        with suppress(OSError):
            return self._path.stat().st_rdev != os.fstat(port).st_rdev
        return False

    def _gone(self, error: Exception) -> PortGone:
        number = error.args[0] if error.args else None
        hint = "" if number in _GONE else "Look at the device."
        return PortGone("port-gone", f"{self._path} cannot be transmitted on: {error}.", hint)

    def _identified(self, port: int) -> Device:
        if not stat.S_ISCHR(os.fstat(port).st_mode) or not os.isatty(port):
            raise StationError(
                "port-not-serial", f"{self._path} is not a serial port.", "Name a device such as /dev/ttyS1."
            )
        return Device.of(port)

    def _take(self, port: int) -> None:
        """Have it for this process alone; root could open it all the same, and is looked for in `machine_refusals`."""
        if found := taken(port):
            raise self.unsafe(found)
        fcntl.ioctl(port, termios.TIOCEXCL)

    def _refuse_unsafe(self, port: int, device: Device) -> None:
        if found := [*machine_refusals(device, self._machine), *port_refusals(port)]:
            if not device.pseudo(self._machine):
                fcntl.ioctl(port, termios.TIOCNXCL)  # whoever else has it open keeps what he had
            raise self.unsafe(found)

    def _drive(self, port: int) -> None:
        try:
            self._wiring.apply(port)
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL, errno.EOPNOTSUPP):
                raise StationError(
                    "port-wiring",
                    f"{self._path} has no driver that can do {self._wiring.kind} as [gateway.wiring] asks: {error}.",
                    "Use another port, or a converter that switches its driver by itself.",
                ) from error
            raise

    def _set(self, port: int) -> None:
        """Set the port, and look, since a driver may ignore what it is told.

        A pseudo-terminal has no receiver to switch off and insists on CREAD; the C library makes that an error when
        nothing else changes, so it is left on there.
        """
        insists = termios.CREAD if os.major(os.fstat(port).st_rdev) in _PSEUDO_TERMINALS else 0
        wanted = transmit_only(termios.tcgetattr(port), self._speed)
        wanted[_CFLAG] |= insists
        termios.tcsetattr(port, termios.TCSANOW, wanted)
        found = termios.tcgetattr(port)
        wanted = transmit_only(found, self._speed)
        wanted[_CFLAG] |= insists
        if found != wanted:
            raise self.unsafe([_FORGETFUL])


def transmit_only(attributes: list[Any], speed: int) -> list[Any]:
    """The terminal attributes (as of `termios.tcgetattr`) of a port that only transmits, 8N1 at `speed`."""
    iflag, oflag, cflag, lflag = (int(attributes[at]) for at in (_IFLAG, _OFLAG, _CFLAG, _LFLAG))
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
    cflag &= ~(termios.CREAD | termios.CRTSCTS | termios.CSIZE | termios.PARENB | termios.CSTOPB)
    cflag |= termios.CLOCAL | termios.CS8
    lflag &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    return [iflag, oflag, cflag, lflag, speed, speed, attributes[_CC]]
