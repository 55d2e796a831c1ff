"""What drives the line: RS-232, RS-422 with its driver always on, or RS-485 with a driver that the kernel switches.

All three only transmit. RS-485 is asked of the kernel's driver (TIOCSRS485, `struct serial_rs485` of linux/serial.h,
Documentation/driver-api/serial/serial-rs485.rst): RTS switches the driver on while bytes go out, and the receiver is
never on meanwhile (no SER_RS485_RX_DURING_TX). RS-422 has no bus to share, so its driver is switched on once, by
setting a modem line; it is set and never read (TIOCMBIS, tty_ioctl(4)).
"""

from __future__ import annotations

import fcntl
import struct
import termios
from dataclasses import dataclass
from typing import Literal

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError

__all__ = ["Wiring"]

_TIOCSRS485 = 0x542F
"""asm-generic/ioctls.h; the driver writes back what it really does."""
_RS485 = struct.Struct("8I")
"""flags, delay_rts_before_send and delay_rts_after_send in ms, five unused words (linux/serial.h)."""
_ENABLED, _RTS_ON_SEND, _RTS_AFTER_SEND, _RX_DURING_TX, _TERMINATE_BUS = 1 << 0, 1 << 1, 1 << 2, 1 << 4, 1 << 5
_LINES = {"rts": termios.TIOCM_RTS, "dtr": termios.TIOCM_DTR}

_LONGEST_DELAY_MS = 100
"""The kernel's own limit (RS485_MAX_RTS_DELAY in serial_core.c)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """How the port is wired.

    `enable` says what switches an RS-422 driver on: a modem line, or nothing if the converter's driver is always on.
    `rts_on_send`: RTS is set while an RS-485 driver sends; false: it is cleared then. `before_ms` and `after_ms` are
    milliseconds between switching and the first bit, and between the last bit and switching back. `terminate` switches
    a terminating resistor in, where the board has one that the kernel can switch.
    """

    kind: Literal["rs232", "rs422", "rs485"] = "rs232"
    enable: Literal["rts", "dtr", "none"] = "rts"
    rts_on_send: bool = True
    before_ms: int = 0
    after_ms: int = 0
    terminate: bool = False

    @classmethod
    def from_table(cls, table: Table) -> Wiring:
        """Read `[gateway.wiring]`. Faults are left in `table.faults`."""
        kind = table.choice("kind", ("rs232", "rs422", "rs485"), "rs232")
        belonging = {"rs422": {"enable"}, "rs485": {"rts_on_send", "before_ms", "after_ms", "terminate"}}.get(
            kind, set()
        )
        given = table.keys()
        for key in given:
            if key != "kind" and key not in belonging and key in cls.__slots__:
                table.fault(key, f"means nothing with {kind}", ", ".join(sorted({"kind"} | belonging)))
        wiring = cls(
            kind=kind,  # type: ignore[arg-type]  # one of the three
            enable=table.choice("enable", ("rts", "dtr", "none"), "rts"),  # type: ignore[arg-type]  # likewise
            rts_on_send=table.flag("rts_on_send", True),
            before_ms=table.integer("before_ms", 0, high=_LONGEST_DELAY_MS),
            after_ms=table.integer("after_ms", 0, high=_LONGEST_DELAY_MS),
            terminate=table.flag("terminate", False),
        )
        table.finish()
        return wiring

    def apply(self, port: int) -> None:
        """Set an open port up for it.

        Raises:
            OSError: the device has gone, or its driver cannot do this.
            StationError: `port-wiring`: the driver does something else than it was told.

        """
        if self.kind == "rs422" and self.enable != "none":
            fcntl.ioctl(port, termios.TIOCMBIS, struct.pack("i", _LINES[self.enable]))
        elif self.kind == "rs485":
            answer = _RS485.unpack(fcntl.ioctl(port, _TIOCSRS485, self.rs485()))
            watched = _ENABLED | _RTS_ON_SEND | _RTS_AFTER_SEND | _RX_DURING_TX | _TERMINATE_BUS
            if answer[0] & watched != self._flags():
                raise StationError(
                    "port-wiring",
                    f"The serial driver cannot do this RS-485: asked for {self._flags():#x}, it does {answer[0]:#x}.",
                    'Use a port whose driver can, or kind = "rs422" with a converter that switches by itself.',
                )

    def rs485(self) -> bytes:
        """The 32 bytes of `struct serial_rs485`, in the machine's byte order."""
        return _RS485.pack(self._flags(), self.before_ms, self.after_ms, 0, 0, 0, 0, 0)

    def _flags(self) -> int:
        polarity = _RTS_ON_SEND if self.rts_on_send else _RTS_AFTER_SEND
        return _ENABLED | polarity | (_TERMINATE_BUS if self.terminate else 0)
