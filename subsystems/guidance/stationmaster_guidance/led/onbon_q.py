"""Onbon BX-6Q: full-colour cards that take dynamic areas as dots, over TCP or a serial line.

The whole panel is one area with a page for each of ours; the card turns them by itself.

Sources. Header, command A7 00, area, page and answer are those of the maker's public Java SDK for these cards
(github.com/onbonlab/bx.dual.dyn.java, MIT licence): three bytes (red, green, blue) a dot, hold times in hundredths of
a second. That SDK sets run mode 0; that 2 wipes an area which is not sent again in time is taken over from the cards
of the K series and could not be verified. Nothing could be tried on a card. The SDK has no command that only asks
whether a card is there, so its answer to each refresh says so.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from stationmaster_base.errors import StationError
from stationmaster_guidance.led.composing import PanelPage
from stationmaster_guidance.led.driver import Answer, DriverParts, Exchange, Frame, Outcome, SerialForm
from stationmaster_guidance.led.onbon_frames import CardError, FrameReader, framed, said_error

__all__ = ["OnbonQ", "onbon_q"]

ANYONE, SOURCE = 0xFFFF, 0x8000
VERSION = 0xF0
DEVICE = 0x0266
"""BX-6Q2."""
DYNAMIC = 0x10
"""The kind of area."""
RUN_UNTIL_LATE = 2


class OnbonQ:
    """The driver.

    Args:
        width: dots.
        height: dots.
        stale_s: after how many seconds without news the card is to wipe the area.

    """

    draws = True
    turns_pages = True
    lines: int | None = None

    def __init__(self, *, width: int, height: int, stale_s: int) -> None:
        self._width = width
        self._height = height
        self._stale_s = stale_s
        self._reader = FrameReader()
        self.refresh_s = stale_s / 3
        self.serial = SerialForm(baud=57_600)

    def speaks(self, text: str) -> bool:
        """Whatever our fonts have."""
        return "\0" not in text

    def steps(self, page: PanelPage) -> int:  # noqa: ARG002 - dots come in steps by themselves
        """It takes dots."""
        return 1

    def show(self, frames: Sequence[Frame]) -> Sequence[Exchange]:
        """One area with all pages."""
        if not frames:
            return (self._command(0xA7, 0x01, b"\0\0\xff"),)
        area = struct.pack(
            "<BBHBHB4xBHHHHBBB7xH",
            0,
            RUN_UNTIL_LATE,
            self._stale_s,
            1,
            0,
            1,
            DYNAMIC,
            0,
            0,
            self._width,
            self._height,
            0,
            0,
            0,
            len(frames),
        )
        dots = b""
        for frame in frames:
            if frame.bitmap is None:
                raise StationError("led-page-undrawn", "A page came without its dots.", "Tell the maker.")
            rgb = frame.bitmap.rgb()
            hold = min(0xFFFF, round(frame.page.dwell_s * 100))
            page = struct.pack("<BBBBHBH9x", 0, 0, 0, 0, hold, 1, self._width)
            area += struct.pack("<I", len(page) + 8) + page + struct.pack("<II", len(dots), len(rgb))
            dots += rgb
        return (self._command(0xA7, 0x00, b"\0\0" + struct.pack("<HI", 1, len(area)) + area + dots),)

    def ask(self) -> Sequence[Exchange]:
        """Nothing: no such command is known."""
        return ()

    def brightness(self, percent: int) -> Sequence[Exchange]:  # noqa: ARG002 - no command of these cards is known
        """Nothing: no such command is known."""
        return ()

    def receive(self, data: bytes) -> Sequence[Answer]:
        """What the card answers."""
        return [answer for body in self._reader.receive(data) if (answer := _answer(body)) is not None]

    def reset(self) -> None:
        """Forget half an answer."""
        self._reader.reset()

    def _command(self, group: int, number: int, body: bytes) -> Exchange:
        header = struct.pack("<HHBBH4xI", ANYONE, SOURCE, VERSION, 0, DEVICE, len(body) + 3)
        return Exchange(chunks=(framed(header + bytes([1, group, number]) + body),))


def _answer(body: bytes) -> Answer | None:
    if len(body) < 25 or body[17] != 0xA0:
        return None
    error = int.from_bytes(body[21:23], "little")
    if body[18] == 0:
        return Answer(outcome=Outcome.ACCEPTED)
    return Answer(outcome=Outcome.BUSY if error == CardError.BUSY else Outcome.REFUSED, detail=said_error(error))


def onbon_q(parts: DriverParts) -> OnbonQ:
    """Key: `stale_s` (60)."""
    return OnbonQ(width=parts.width, height=parts.height, stale_s=parts.table.integer("stale_s", 60, low=3, high=3600))
