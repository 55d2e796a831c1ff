"""The transmit-only port: the one way out of this appliance, and no way in.

It is opened for writing alone, so that reading from it fails in the kernel, and set so that nothing from the far
side can have an effect: the receiver of the UART is off (CREAD), no character or modem line stops the sender (IXON,
IXOFF, IXANY, CRTSCTS off, CLOCAL on), nothing is echoed (ECHO, ECHONL), no character makes a signal or is edited
(ISIG, ICANON, IEXTEN), and bytes go out as they are (OPOST off). See termios(3), tty_ioctl(4).
A port on which somebody could be listened to in another way, a console or a login, is refused.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import termios
from pathlib import Path
from typing import Any

from stationmaster_base.errors import StationError

__all__ = ["PortGone", "TransmitPort", "transmit_only"]

_GONE = frozenset(
    {errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOENT, errno.EBADF, errno.EPIPE, errno.ENOTDIR, errno.EACCES}
)
_TIOCGETD = 0x5424
"""Get the line discipline (tty_ioctl(4)); the standard library does not name it everywhere."""
_N_TTY = 0
_PSEUDO_TERMINALS = range(136, 144)
"""Device majors of Unix98 pseudo-terminals (Linux, Documentation/admin-guide/devices.txt)."""
_IFLAG, _OFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED, _CC = range(7)


class PortGone(StationError):
    """The device is not there (any more); it may come back."""


class TransmitPort:
    """The serial port.

    Args:
        path: the device.
        baud: its rate.
        consoles: the file that lists the kernel's consoles.
        processes: the folder of processes.

    """

    def __init__(
        self,
        path: Path,
        baud: int,
        *,
        consoles: Path = Path("/sys/class/tty/console/active"),
        processes: Path = Path("/proc"),
    ) -> None:
        self._path = path
        self._speed = getattr(termios, f"B{baud}")
        self._consoles = consoles
        self._processes = processes
        self._port: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a device to transmit on."""
        return self._port is not None

    def open(self) -> None:
        """Open and set the port.

        Raises:
            PortGone: it is not there now.
            StationError: `port-unsafe`, `port-not-serial`: it must not or cannot be used.

        """
        if self._port is not None:
            return
        try:
            port = os.open(self._path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._gone(error) from error
        try:
            self._refuse_unsafe(port)
            self._set(port)
        except (OSError, termios.error) as error:
            os.close(port)
            raise self._gone(error) from error
        except StationError:
            os.close(port)
            raise
        self._port = port

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
            self.close()
            raise self._gone(error) from error

    def queued(self) -> int:
        """How many bytes wait in the kernel (TIOCOUTQ); a pseudo-terminal always says 0.

        Raises:
            PortGone: the device went away; the port is closed.

        """
        if self._port is None:
            raise PortGone("port-gone", f"{self._path} is not open.")
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(self._port, termios.TIOCOUTQ, b"\0\0\0\0"))
        except OSError as error:
            self.close()
            raise self._gone(error) from error
        return int(count)

    def fileno(self) -> int:
        """The descriptor, -1 if closed; for tests that show what cannot be done with it."""
        return -1 if self._port is None else self._port

    def close(self) -> None:
        """Let go of the device; what it still holds is thrown away, so that closing never waits."""
        port, self._port = self._port, None
        if port is None:
            return
        try:
            termios.tcflush(port, termios.TCOFLUSH)
        except termios.error:
            pass  # it is gone already, with what it held
        finally:
            os.close(port)

    def _gone(self, error: Exception) -> PortGone:
        number = error.args[0] if error.args else None
        hint = "" if number in _GONE else "Look at the device."
        return PortGone("port-gone", f"{self._path} cannot be transmitted on: {error}.", hint)

    def _refuse_unsafe(self, port: int) -> None:
        status = os.fstat(port)
        if not stat.S_ISCHR(status.st_mode) or not os.isatty(port):
            raise StationError(
                "port-not-serial", f"{self._path} is not a serial port.", "Name a device such as /dev/ttyS1."
            )
        name = Path(os.ttyname(port)).name
        if name in self._active_consoles():
            raise self._unsafe(
                "is a console of this machine's kernel: it would carry messages out and SysRq in",
                "Take it off the kernel's command line (console=).",
            )
        (discipline,) = struct.unpack("i", fcntl.ioctl(port, _TIOCGETD, b"\0\0\0\0"))
        if discipline != _N_TTY:
            raise self._unsafe(
                f"has line discipline {discipline}: something other than this gateway works on it",
                "Stop what attached it (ldattach, pppd, gpsd …).",
            )
        holder = self._terminal_of(status.st_rdev)
        if holder is not None:
            raise self._unsafe(
                f"is the terminal of process {holder}: somebody could log in on it",
                "Stop that process, for example `systemctl disable --now serial-getty@…`.",
            )

    def _unsafe(self, what: str, hint: str) -> StationError:
        return StationError("port-unsafe", f"{self._path} {what}.", hint)

    def _active_consoles(self) -> list[str]:
        try:
            return self._consoles.read_text("ascii").split()
        except FileNotFoundError:
            return []  # a kernel without consoles

    def _terminal_of(self, device: int) -> int | None:
        """A process whose controlling terminal is the device: field 7, tty_nr, of /proc/PID/stat (proc(5))."""
        for entry in self._processes.iterdir():
            if not entry.name.isdigit():
                continue
            try:
                text = (entry / "stat").read_text("utf-8", "replace")
            except OSError:
                continue  # it ended while we looked
            fields = text.rpartition(")")[2].split()
            if len(fields) > 4 and _same_device(int(fields[4]), device):
                return int(entry.name)
        return None

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
            raise self._unsafe("does not keep the settings of a transmit-only port", "Use another driver or device.")


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


def _same_device(tty_nr: int, device: int) -> bool:
    """Compare the kernel's two ways to write a device number (proc(5), makedev(3))."""
    major = (tty_nr >> 8) & 0xFFF
    minor = (tty_nr & 0xFF) | ((tty_nr >> 12) & 0xFFF00)
    return tty_nr > 0 and (major, minor) == (os.major(device), os.minor(device))
