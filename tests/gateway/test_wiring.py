"""RS-422 and RS-485: what the driver is told, to the byte; no copper is touched here."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.wiring import Wiring
from support.machine import quiet_machine

TIOCSRS485 = 0x542F
"""Linux, asm-generic/ioctls.h."""


def read(**body: object) -> tuple[Wiring, list[str]]:
    faults = Faults()
    wiring = Wiring.from_table(Table(dict(body), "s.toml", faults, "gateway.wiring"))
    return wiring, sorted(fault.place for fault in faults)


class Driver:
    """A driver that is told things, and answers as it likes."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda given: given) -> None:
        self.told: list[tuple[int, bytes]] = []
        self._answer = answer

    def ioctl(self, _: int, request: int, given: bytes) -> bytes:
        self.told.append((request, given))
        return self._answer(given)


def test_rs485_is_told_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """On, RTS while sending, never receiving meanwhile, 2 ms before and 3 ms after: linux/serial.h, 32 bytes."""
    driver = Driver()
    monkeypatch.setattr("stationmaster_gateway.wiring.fcntl.ioctl", driver.ioctl)
    Wiring(kind="rs485", before_ms=2, after_ms=3).apply(7)
    ((request, given),) = driver.told
    assert request == TIOCSRS485
    little = bytes.fromhex("03000000 02000000 03000000" + "00000000" * 5)
    assert given == (little if sys.byteorder == "little" else struct.pack(">8I", *struct.unpack("<8I", little)))


@pytest.mark.parametrize(
    ("wiring", "flags"),
    [
        (Wiring(kind="rs485"), 0b000011),
        (Wiring(kind="rs485", rts_on_send=False), 0b000101),
        (Wiring(kind="rs485", terminate=True), 0b100011),
    ],
)
def test_rs485s_flags(wiring: Wiring, flags: int) -> None:
    """ENABLED 1, RTS_ON_SEND 2, RTS_AFTER_SEND 4, TERMINATE_BUS 32; RX_DURING_TX (16) is never set."""
    assert struct.unpack("=8I", wiring.rs485())[0] == flags


@pytest.mark.parametrize("does", [0, 0b010011, 0b000101])
def test_a_driver_that_does_something_else_is_refused(monkeypatch: pytest.MonkeyPatch, does: int) -> None:
    """Not on, receiving while it sends, or the wrong way round: the driver writes back what it does."""
    driver = Driver(lambda given: struct.pack("=I", does) + given[4:])
    monkeypatch.setattr("stationmaster_gateway.wiring.fcntl.ioctl", driver.ioctl)
    with pytest.raises(StationError, match="cannot do this RS-485") as caught:
        Wiring(kind="rs485").apply(7)
    assert caught.value.code == "port-wiring"


@pytest.mark.parametrize(("line", "bit"), [("rts", termios.TIOCM_RTS), ("dtr", termios.TIOCM_DTR)])
def test_rs422s_driver_is_switched_on_and_nothing_is_read(monkeypatch: pytest.MonkeyPatch, line: str, bit: int) -> None:
    """One modem line is set (TIOCMBIS) and that is all that is asked of the driver."""
    driver = Driver()
    monkeypatch.setattr("stationmaster_gateway.wiring.fcntl.ioctl", driver.ioctl)
    read(kind="rs422", enable=line)[0].apply(7)
    assert driver.told == [(termios.TIOCMBIS, struct.pack("i", bit))]


@pytest.mark.parametrize("wiring", [Wiring(), Wiring(kind="rs422", enable="none")])
def test_nothing_is_asked_where_there_is_nothing_to_switch(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    """RS-232, and a converter that is always on."""
    driver = Driver()
    monkeypatch.setattr("stationmaster_gateway.wiring.fcntl.ioctl", driver.ioctl)
    wiring.apply(7)
    assert driver.told == []


def test_a_port_that_cannot_do_it_is_refused_and_one_that_went_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pseudo-terminal has no RS-485: the kernel itself says so, and the gateway does not transmit without."""
    master, slave = pty.openpty()
    machine = quiet_machine(tmp_path)
    device = Path(os.ttyname(slave))
    port = TransmitPort(device, 9600, machine=machine, wiring=Wiring(kind="rs485"))
    with pytest.raises(StationError, match="no driver that can do rs485") as caught:
        port.open()
    assert caught.value.code == "port-wiring"
    assert not port.is_open

    ask = fcntl.ioctl

    def unplugged(port: int, request: int, given: bytes) -> bytes:
        if request == TIOCSRS485:
            raise OSError(errno.EIO, "Input/output error")
        return bytes(ask(port, request, given))

    monkeypatch.setattr("stationmaster_gateway.wiring.fcntl.ioctl", unplugged)
    with pytest.raises(StationError, match="cannot be transmitted on") as caught:
        port.open()
    assert caught.value.code == "port-gone"
    os.close(master)
    os.close(slave)


def test_settings_are_read_and_what_means_nothing_is_a_fault() -> None:
    """A key that belongs to another kind is a mistake, said as one."""
    assert read() == (Wiring(), [])
    assert read(kind="rs485", rts_on_send=False, before_ms=1, after_ms=2, terminate=True) == (
        Wiring(kind="rs485", rts_on_send=False, before_ms=1, after_ms=2, terminate=True),
        [],
    )
    assert read(kind="rs422", enable="dtr", before_ms=5)[1] == ["gateway.wiring.before_ms"]
    assert read(kind="rs232", enable="rts")[1] == ["gateway.wiring.enable"]
    assert read(kind="cat5", colour="red")[1] == ["gateway.wiring.colour", "gateway.wiring.kind"]
    assert read(kind="rs485", before_ms=101)[1] == ["gateway.wiring.before_ms"]
