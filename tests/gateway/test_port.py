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
from stationmaster_gateway.port_refusals import MachinePaths
from support.machine import as_real, process, quiet_machine

NOISE = bytes((0x13, 0x11, 0x03, 0x1C, 0x1A, 0x04, 0x0D, 0x0A, 0x00, 0xFF)) * 200
"""XOFF, XON, interrupt, quit, suspend, end of file, line ends, zeros, ones."""


TIOCGETD, TIOCGEXCL = 0x5424, 0x80045440
"""Linux, asm-generic/ioctls.h."""


class Far:
    """The far side of the line: the master of a pseudo-terminal whose slave is the gateway's device."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.device = Path(os.ttyname(self.slave))

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

    @property
    def name(self) -> str:
        return str(self.device).removeprefix("/dev/")

    @property
    def number(self) -> int:
        return self.device.stat().st_rdev

    def settings(self) -> list[object]:
        return list(termios.tcgetattr(self.slave))

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        for end in (self.master, self.slave):
            if end >= 0:
                os.close(end)


def exclusive(far: Far) -> bool:
    (answer,) = struct.unpack("i", fcntl.ioctl(far.slave, TIOCGEXCL, b"\0\0\0\0"))
    return bool(answer)


@pytest.fixture
def far() -> Iterator[Far]:
    far = Far()
    yield far
    far.close()


@pytest.fixture
def machine(tmp_path: Path) -> MachinePaths:
    """A machine with nothing on it."""
    return quiet_machine(tmp_path / "machine")


@pytest.fixture
def port(far: Far, machine: MachinePaths) -> Iterator[TransmitPort]:
    port = TransmitPort(far.device, 115200, machine=machine)
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


def test_a_port_can_be_opened_again(far: Far, machine: MachinePaths) -> None:
    """A restarted gateway finds the port set as it wants it, which is no error."""
    for number in range(3):
        port = TransmitPort(far.device, 115200, machine=machine)
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


@pytest.fixture
def named(far: Far, machine: MachinePaths, tmp_path: Path) -> Iterator[tuple[Path, TransmitPort]]:
    """A symbolic link that leads to the far side's device, and the port that is open under it."""
    link = tmp_path / "line"
    link.symlink_to(far.device)
    port = TransmitPort(link, 9600, machine=machine)
    port.open()
    yield link, port
    port.close()


@pytest.fixture
def other() -> Iterator[Far]:
    """Another device."""
    made = Far()
    yield made
    made.close()


def test_a_device_that_goes_away_closes_the_port_and_comes_back(
    far: Far, other: Far, named: tuple[Path, TransmitPort]
) -> None:
    """Unplugging is told as PortGone, and the same path can be opened again when there is a device.

    A name that was left behind is none: a pseudo-terminal's number may be anybody's as soon as it has gone.
    """
    link, port = named
    far.hang_up()
    with pytest.raises(PortGone):
        port.write(b"x")
    assert not port.is_open
    with pytest.raises(PortGone, match="still names the terminal that has gone"):
        port.open()
    link.unlink()
    with pytest.raises(PortGone, match="No such file"):
        port.open()
    link.symlink_to(other.device)
    port.open()
    port.write(b"back")
    assert other.take(4) == b"back"
    port.close()
    with pytest.raises(PortGone, match="not open"):
        port.write(b"x")
    with pytest.raises(PortGone, match="not open"):
        port.queued()


def test_a_name_that_another_device_has_by_now_is_followed(other: Far, named: tuple[Path, TransmitPort]) -> None:
    """What was opened under the name of a device that had gone is let go of when the name is right again."""
    link, port = named
    assert port.queued() == 0
    link.unlink()
    assert port.queued() == 0
    link.symlink_to(other.device)
    with pytest.raises(PortGone, match="another device by now"):
        port.queued()
    assert not port.is_open
    port.open()
    port.write(b"there")
    assert other.take(5) == b"there"


def test_a_pseudo_terminal_reports_no_queue(far: Far, port: TransmitPort) -> None:
    """TIOCOUTQ is only a cap where there is a real device."""
    port.open()
    port.write(bytes(1000))
    assert port.queued() == 0


def test_every_reason_to_refuse_is_said_at_once(far: Far, machine: MachinePaths) -> None:
    """A port on which the kernel speaks and somebody logs in is no transmit-only port; a person mends it once."""
    (machine.proc / "consoles").write_text(f"{far.name}               -W- (EC  p a)    4:64\n")
    process(machine, 77, far.number)
    with pytest.raises(StationError, match=r"is a console .*\n.*terminal of process 77") as caught:
        TransmitPort(far.device, 9600, machine=machine).open()
    assert caught.value.code == "port-unsafe"


def test_a_real_port_is_taken_for_this_process_alone(far: Far, machine: MachinePaths) -> None:
    """TIOCEXCL is set while it is open, so that no other program opens it to read; a second gateway is refused."""
    real = as_real(machine)
    first = TransmitPort(far.device, 9600, machine=real)
    first.open()
    assert exclusive(far)
    with pytest.raises(StationError, match="another program for itself"):
        TransmitPort(far.device, 9600, machine=real).open()
    assert exclusive(far)
    first.close()


def test_a_port_that_is_refused_is_left_as_it_was(far: Far, machine: MachinePaths) -> None:
    """Whoever holds the device goes on with it: it is not taken away from him."""
    real = as_real(machine)
    process(machine, 88, 0, holds=far.device)
    with pytest.raises(StationError, match="held open by process 88"):
        TransmitPort(far.device, 9600, machine=real).open()
    assert not exclusive(far)


def test_a_pseudo_terminal_is_not_taken(far: Far, port: TransmitPort) -> None:
    """What made it holds its other end by nature, and a gateway that was killed could not come back otherwise."""
    port.open()
    assert not exclusive(far)


def test_a_device_that_is_taken_already_is_refused(
    far: Far, machine: MachinePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not root learns of another program's TIOCEXCL by EBUSY; that is a person's matter, not a lost device."""

    def busy(*_: object) -> int:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr("stationmaster_gateway.port.os.open", busy)
    with pytest.raises(StationError, match="another program for itself") as caught:
        TransmitPort(far.device, 9600, machine=machine).open()
    assert caught.value.code == "port-unsafe"


def test_what_comes_later_is_seen(
    far: Far, port: TransmitPort, machine: MachinePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What attaches itself to the open port is found when it is looked at again; a device that went is no reason."""
    assert port.refusals() == []
    port.open()
    assert port.refusals() == []
    process(machine, 77, far.number)
    monkeypatch.setattr("stationmaster_gateway.port_refusals.fcntl.ioctl", lambda *_: struct.pack("i", 3))
    found = port.refusals()
    assert [refusal.code for refusal in found] == ["login", "discipline"]
    error = port.unsafe(found)
    assert error.code == "port-unsafe"
    assert "process 77" in error.message
    assert "line discipline 3" in error.message

    def gone(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("stationmaster_gateway.port_refusals.fcntl.ioctl", gone)
    assert [refusal.code for refusal in port.refusals()] == ["login"]
    port.close()
    assert port.refusals() == []


def test_a_line_discipline_is_refused(far: Far, machine: MachinePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which something else works, a modem's protocol or a mouse driver, is refused."""
    ask = fcntl.ioctl

    def answer(port: int, request: int, given: bytes) -> bytes:
        return struct.pack("i", 2) if request == TIOCGETD else bytes(ask(port, request, given))

    monkeypatch.setattr("stationmaster_gateway.port_refusals.fcntl.ioctl", answer)
    with pytest.raises(StationError, match="line discipline 2"):
        TransmitPort(far.device, 9600, machine=machine).open()


@pytest.mark.parametrize("what", ["file", "null"])
def test_what_is_no_serial_port_is_refused(tmp_path: Path, machine: MachinePaths, what: str) -> None:
    """A file or another device is a mistake, said as one."""
    path = Path("/dev/null")
    if what == "file":
        path = tmp_path / "file"
        path.touch()
    with pytest.raises(StationError, match="not a serial port"):
        TransmitPort(path, 9600, machine=machine).open()
