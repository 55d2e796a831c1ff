"""A serial line that is not there: two pseudo-terminals, and between them a relay that drains at the baud rate.

A pseudo-terminal alone is unpaced and has no wire; with the relay it behaves as RS-232 with transmit and ground does:
bytes take their time, go one way, and are lost when nobody reads. The relay keeps both devices open itself, so that
either side can die and return without the other noticing a hang-up.
"""

from __future__ import annotations

import errno
import os
import pty
import select
import termios
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_simulator.line_settings import LineSettings

__all__ = ["SerialLine"]

_SLICE_S = 0.005
"""How finely time is sliced: bytes are passed on this often."""
_CHUNK = 4096


class SerialLine:
    """One line.

    Args:
        settings: the two links and the rate.
        monotonic: machine seconds.
        faults: what happens to the bytes; None: nothing.

    """

    def __init__(
        self, settings: LineSettings, *, monotonic: Callable[[], float], faults: LineFaults | None = None
    ) -> None:
        self.sent = 0
        self.delivered = 0
        self.lost = 0
        self.backwards = 0
        self._settings = settings
        self._rate = settings.baud / 10
        self._monotonic = monotonic
        self._faults = faults
        self._gateway: tuple[int, int] | None = None
        self._hub: tuple[int, int] | None = None
        self._at = 0.0
        self._tokens = 0.0
        self._idle = True

    @property
    def gateway_end(self) -> int:
        """The master of the gateway's device: what a far side that wants to speak back would write to."""
        return _opened(self._gateway)[0]

    def open(self) -> None:
        """Make both devices and their links.

        Raises:
            StationError: `line-link`: a link cannot be made.

        """
        self._gateway = _raw_pair()
        self._hub = _raw_pair()
        self._at = self._monotonic()
        try:
            _link(self._settings.gateway, self._gateway[1])
            _link(self._settings.hub, self._hub[1])
        except OSError as error:
            self.close()
            raise StationError("line-link", f"The line's link cannot be made: {error}.", "Change [line].") from error

    def step(self) -> float:
        """Pass on what the line can carry by now; gives the seconds until there is more to do."""
        now = self._monotonic()
        self._tokens += (now - self._at) * self._rate
        if self._idle:  # time in which nothing was sent carries nothing later
            self._tokens = min(self._tokens, max(1.0, self._rate * _SLICE_S))
        self._at = now
        self._discard_backwards()
        count = int(self._tokens)
        if count > 0:
            data = _read(_opened(self._gateway)[0], count)
            self._tokens -= len(data)
            self._idle = len(data) < count
            self.sent += len(data)
            self._deliver(self._faults.pass_on(data) if self._faults else data)
        return _SLICE_S

    def wait(self, seconds: float) -> None:
        """Sleep; idle, until a byte comes."""
        gateway = _opened(self._gateway)[0]
        if self._idle:
            select.select([gateway], [], [], 0.1)
        else:
            select.select([], [], [], seconds)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Work until `stopping` says so; it is asked many times a second."""
        while not stopping():
            self.wait(self.step())

    def close(self) -> None:
        """Take the line away: both sides see their device vanish."""
        for link, pair in ((self._settings.gateway, self._gateway), (self._settings.hub, self._hub)):
            if pair is not None:
                _unlink(link, pair[1])
                for end in pair:
                    os.close(end)
        self._gateway = self._hub = None

    def _deliver(self, data: bytes) -> None:
        """Into the receiver's buffer; what does not fit is lost, as on any serial line that nobody reads."""
        written = 0
        while written < len(data):
            try:
                written += os.write(_opened(self._hub)[0], data[written:])
            except BlockingIOError:
                break
        self.delivered += written
        self.lost += len(data) - written

    def _discard_backwards(self) -> None:
        """There is no wire back: what the receiving side sends goes nowhere."""
        self.backwards += len(_read(_opened(self._hub)[0], _CHUNK))


def _opened(pair: tuple[int, int] | None) -> tuple[int, int]:
    if pair is None:
        raise ValueError("the line is not open")
    return pair


def _raw_pair() -> tuple[int, int]:
    """A pseudo-terminal (master, slave) without echo and translation, whose master never waits."""
    master, slave = pty.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[0] = termios.IGNBRK
    attributes[1] = 0
    attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    attributes[3] = 0
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    os.set_blocking(master, False)
    return master, slave


def _link(link: Path, slave: int) -> None:
    """Point the link to the device, in one move."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.exists() and not link.is_symlink():
        raise FileExistsError(errno.EEXIST, "there is something else already", str(link))
    draft = link.with_name(f"{link.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(os.ttyname(slave))
    draft.replace(link)


def _unlink(link: Path, slave: int) -> None:
    """Take the link away, if it is still ours."""
    try:
        ours = link.is_symlink() and str(link.readlink()) == os.ttyname(slave)
    except FileNotFoundError:
        return  # somebody took it away between the two looks
    if ours:
        link.unlink(missing_ok=True)


def _read(end: int, most: int) -> bytes:
    try:
        return os.read(end, most)
    except BlockingIOError:
        return b""
