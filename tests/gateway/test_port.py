"""The transmit-only port, on pseudo-terminals: nothing from the far side has any effect, and nothing can be read."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import struct
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster_base.errors import StationError
from stationmaster_gateway.port import PortGone, TransmitPort, transmit_only

NOISE = bytes((0x13, 0x11, 0x03, 0x1C, 0x1A, 0x04, 0x0D, 0x0A, 0x00, 0xFF)) * 200
"""XOFF, XON, interrupt, quit, suspend, end of file, line ends, zeros, ones."""


TIOCGETD = 0x5424
"""Linux, asm-generic/ioctls.h."""


class Far:
    """The far side of the line: the master of a pseudo-terminal whose slave is the gateway's device."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.device = Path(os.ttyname(self._slave))

    def read(self) -> bytes:
        try:
            return os.read(self.master, 65536)
        except BlockingIOError:
            return b""

    def take(self, count: int) -> bytes:
        """So many bytes, which the kernel may still be moving."""
        data = b""
        while len(data) < count and select.select([self.master], [], [], 10)[0]:
            data += os.read(self.master, count - len(data))
        return data

    def settings(self) -> list[object]:
        return list(termios.tcgetattr(self._slave))

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        for end in (self.master, self._slave):
            if end >= 0:
                os.close(end)


@pytest.fixture
def far() -> Iterator[Far]:
    far = Far()
    yield far
    far.close()


@pytest.fixture
def consoles(tmp_path: Path) -> Path:
    """A machine without consoles."""
    file = tmp_path / "active"
    file.write_text("")
    return file


@pytest.fixture
def port(far: Far, consoles: Path) -> Iterator[TransmitPort]:
    port = TransmitPort(far.device, 115200, consoles=consoles)
    yield port
    port.close()


def test_reading_from_the_descriptor_fails(far: Far, port: TransmitPort) -> None:
    """The kernel refuses to read: the descriptor is open for writing alone."""
    port.open()
    os.write(far.master, b"hello")
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        os.read(port.fileno(), 1)
    assert caught.value.errno == errno.EBADF
    assert fcntl.fcntl(port.fileno(), fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY


def test_the_settings_are_those_of_a_port_that_only_transmits(far: Far, port: TransmitPort) -> None:
    """Every flag by which the far side could have an effect is off; CLOCAL is on; 8N1 at the rate."""
    tty.setraw(far.master)
    before = far.settings()
    before[0] |= termios.IXON | termios.IXOFF | termios.IXANY | termios.BRKINT  # type: ignore[operator]  # flags
    before[2] |= termios.CRTSCTS | termios.CSTOPB  # type: ignore[operator]  # flags
    before[2] &= ~termios.CLOCAL  # type: ignore[operator]  # flags
    before[3] |= termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN  # type: ignore[operator]  # flags
    termios.tcsetattr(far.master, termios.TCSANOW, before)  # type: ignore[arg-type]  # as they came
    port.open()
    iflag, oflag, cflag, lflag, _, speed, _ = termios.tcgetattr(port.fileno())
    assert not iflag & (termios.IXON | termios.IXOFF | termios.IXANY | termios.BRKINT)
    assert not oflag & termios.OPOST
    assert not cflag & (termios.CRTSCTS | termios.CSTOPB | termios.PARENB)
    assert cflag & termios.CLOCAL
    assert cflag & termios.CSIZE == termios.CS8
    assert not lflag & (termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    assert speed == termios.B115200


def test_a_port_can_be_opened_again(far: Far, consoles: Path) -> None:
    """A restarted gateway finds the port set as it wants it, which is no error."""
    for number in range(3):
        port = TransmitPort(far.device, 115200, consoles=consoles)
        port.open()
        assert port.write(bytes((number,))) == 1
        assert far.take(1) == bytes((number,))
        port.close()


def test_the_receiver_is_switched_off() -> None:
    """CREAD is cleared, though a pseudo-terminal cannot show it: its driver insists on it."""
    everything = [0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFF, 0, 0, []]
    _, _, cflag, _, _, speed, _ = transmit_only(everything, termios.B9600)
    assert not cflag & termios.CREAD
    assert speed == termios.B9600


def test_every_byte_goes_out_as_it_is(far: Far, port: TransmitPort) -> None:
    """Nothing is translated on the way: all 256 values arrive."""
    port.open()
    data = bytes(range(256))
    assert port.write(data) == 256
    assert far.take(256) == data


def test_flooding_from_the_far_side_changes_nothing(far: Far, port: TransmitPort) -> None:
    """XOFF, control characters and noise in any amount stop nothing, echo nothing, and change no setting."""
    port.open()
    settings = far.settings()
    received = b""
    sent = b""
    for number in range(50):
        for start in range(0, len(NOISE), 500):
            try:
                os.write(far.master, NOISE[start : start + 500])
            except BlockingIOError:
                break  # its buffer is full: nobody reads, which is the point
        piece = bytes((number,)) * 100
        assert port.write(piece) == 100
        sent += piece
        received += far.take(100)
    assert received + far.read() == sent
    assert far.settings() == settings


def test_a_full_device_takes_nothing_and_waits_for_nobody(far: Far, port: TransmitPort) -> None:
    """Writing never waits: it takes what there is room for."""
    port.open()
    total = refusals = 0
    while refusals < 1000:  # the kernel moves bytes on behind our back, so one refusal is not the last
        taken = port.write(bytes(4096))
        total += taken
        refusals += taken == 0
    assert 0 < total < 100_000
    drained = 0
    while drained < total:
        drained += len(far.read())
    assert port.write(b"x") == 1


def test_a_device_that_goes_away_closes_the_port_and_comes_back(
    far: Far, port: TransmitPort, consoles: Path, tmp_path: Path
) -> None:
    """Unplugging is told as PortGone, and the same path can be opened again when there is a device."""
    link = tmp_path / "line"
    link.symlink_to(far.device)
    port = TransmitPort(link, 9600, consoles=consoles)
    port.open()
    far.hang_up()
    with pytest.raises(PortGone):
        port.write(b"x")
    assert not port.is_open
    link.unlink()
    with pytest.raises(PortGone, match="No such file"):
        port.open()
    other = Far()
    link.symlink_to(other.device)
    port.open()
    port.write(b"back")
    assert other.take(4) == b"back"
    port.close()
    other.close()
    with pytest.raises(PortGone, match="not open"):
        port.write(b"x")
    with pytest.raises(PortGone, match="not open"):
        port.queued()


def test_a_pseudo_terminal_reports_no_queue(far: Far, port: TransmitPort) -> None:
    """TIOCOUTQ is only a cap where there is a real device."""
    port.open()
    port.write(bytes(1000))
    assert port.queued() == 0


def test_a_console_is_refused(far: Far, consoles: Path) -> None:
    """A port on which the kernel speaks, and listens for SysRq, is no transmit-only port."""
    consoles.write_text(f"tty0 {far.device.name}\n")
    with pytest.raises(StationError, match="console") as caught:
        TransmitPort(far.device, 9600, consoles=consoles).open()
    assert caught.value.code == "port-unsafe"


def test_a_terminal_with_a_login_is_refused(far: Far, consoles: Path, tmp_path: Path) -> None:
    """A port that is some process's terminal could be typed on."""
    device = far.device.stat().st_rdev
    major, minor = os.major(device), os.minor(device)
    tty_nr = (minor & 0xFF) | (major << 8) | ((minor & 0xFFF00) << 12)
    process = tmp_path / "processes" / "77"
    process.mkdir(parents=True)
    (tmp_path / "processes" / "self").mkdir()
    (process / "stat").write_text(f"77 (a get ty) S 1 77 77 {tty_nr} 77 0 0")
    with pytest.raises(StationError, match="terminal of process 77"):
        TransmitPort(far.device, 9600, consoles=consoles, processes=tmp_path / "processes").open()


def test_a_line_discipline_is_refused(far: Far, consoles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which something else works, a modem's protocol or a mouse driver, is refused."""
    ask = fcntl.ioctl

    def answer(port: int, request: int, given: bytes) -> bytes:
        return struct.pack("i", 2) if request == TIOCGETD else bytes(ask(port, request, given))

    monkeypatch.setattr("stationmaster_gateway.port.fcntl.ioctl", answer)
    with pytest.raises(StationError, match="line discipline 2"):
        TransmitPort(far.device, 9600, consoles=consoles).open()


@pytest.mark.parametrize("what", ["file", "null"])
def test_what_is_no_serial_port_is_refused(tmp_path: Path, consoles: Path, what: str) -> None:
    """A file or another device is a mistake, said as one."""
    path = Path("/dev/null")
    if what == "file":
        path = tmp_path / "file"
        path.touch()
    with pytest.raises(StationError, match="not a serial port"):
        TransmitPort(path, 9600, consoles=consoles).open()
