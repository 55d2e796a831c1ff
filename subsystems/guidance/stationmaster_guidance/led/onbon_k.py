"""Onbon BX-5K and BX-6K: cards with Chinese fonts of their own, which take text in GBK, over TCP or a serial line.

Each line of a page is a dynamic area of its own, sent with command A3 06; the card shows it at once, beside nothing
else. Areas run in mode 2: the card itself wipes one that is not sent again within its time, so that no row stands when
guidance or the line is dead.

Sources, and what is certain. Header, command, area header and the answer agree between the maker's public C++ header
(Led5kSDK.h: areas, errors, card types), a public protocol analyser and frames recorded in public programs, which are
the tests' golden bytes: ping, delete all, three areas with text, brightness, the answer A0 00. From descriptions alone,
and not seen in a recorded frame: run mode 2, display mode 3 (a line that is too long runs to the left) and its speed,
the marks for colours (C1 red, C2 green, C3 yellow; only C1 was seen) and
an answer A0 01 with the error's number behind it. Descriptions disagree whether X and width count dots or groups of
eight; recorded frames fit screens of 64, 96 and 128 dots only as dots, and so they are sent. Nothing could be tried on
a card.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from stationmaster_guidance.led.composing import PanelLine, PanelPage
from stationmaster_guidance.led.dots import Ink
from stationmaster_guidance.led.driver import Answer, DriverParts, Exchange, Frame, Outcome, SerialForm
from stationmaster_guidance.led.grid import APART, as_cells, fits
from stationmaster_guidance.led.onbon_frames import CardError, FrameReader, framed, said_error

__all__ = ["OnbonK", "onbon_k"]

SOURCE = 0x8000
"""The address of whoever commands."""
DEVICE = 0xFE
"""Any card; the maker's header has a number for each."""
VERSION = 2
ANSWER = 1
"""Answer, please; 2 would be: do not."""
RUN_UNTIL_LATE = 2
AT_ONCE, TO_THE_LEFT = 1, 3
"""Display modes: stand, without moving in; run to the left."""
SPEED = 4
"""Of what runs; a larger number is slower."""
_COLOURS = {Ink.RED: b"\\C1", Ink.GREEN: b"\\C2", Ink.AMBER: b"\\C3"}
_FONT = b"\\FO000"
MOST_AREAS = 4
"""Areas that a card of the fifth generation is said to have."""


class OnbonK:
    """The driver.

    Args:
        address: the card's (its screen number).
        width: dots.
        height: dots.
        line_height: dots a line.
        stale_s: after how many seconds without news the card wipes itself.
        two_colours: whether colours are sent.

    """

    draws = False
    turns_pages = False

    def __init__(
        self, *, address: int, width: int, height: int, line_height: int, stale_s: int, two_colours: bool
    ) -> None:
        self._address = address
        self._width = width
        self._line_height = line_height
        self._stale_s = stale_s
        self._two_colours = two_colours
        self._reader = FrameReader()
        self._shown = 0
        self.lines: int | None = max(1, min(MOST_AREAS, height // line_height))
        self.refresh_s = stale_s / 3
        self.serial = SerialForm(baud=57_600)

    def speaks(self, text: str) -> bool:
        """Whether GBK has every character."""
        try:
            text.encode("gbk")
        except UnicodeEncodeError:
            return False
        return True

    def steps(self, page: PanelPage) -> int:  # noqa: ARG002 - the card does it
        """The card lets a line run that is too long for it."""
        return 1

    def show(self, frames: Sequence[Frame]) -> Sequence[Exchange]:
        """One command with an area for each line of the first page; areas that it does not need are deleted."""
        lines = frames[0].page.lines[: self.lines] if frames else ()
        gone = bytes(range(len(lines), self._shown))
        self._shown = len(lines)
        areas = [self._area(number, line) for number, line in enumerate(lines)]
        body = bytes([len(gone)]) + gone + bytes([len(areas)])
        for area in areas:
            body += struct.pack("<H", len(area)) + area
        return (self._command(0xA3, 0x06, body),)

    def ask(self) -> Sequence[Exchange]:
        """A ping."""
        return (self._command(0xA2, 0x00, b""),)

    def brightness(self, percent: int) -> Sequence[Exchange]:
        """By hand, 0 to 15."""
        return (self._command(0xA3, 0x02, bytes([1, round(percent * 15 / 100)])),)

    def receive(self, data: bytes) -> Sequence[Answer]:
        """What the card answers."""
        return [answer for body in self._reader.receive(data) if (answer := self._answer(body)) is not None]

    def reset(self) -> None:
        """A new connection: the card may be another, so all of its areas are thought to be there."""
        self._reader.reset()
        self._shown = self.lines or 0

    def _answer(self, body: bytes) -> Answer | None:
        if len(body) < 17 or struct.unpack_from("<H", body, 12)[0] != len(body) - 14 or body[14] != 0xA0:
            return None
        if int.from_bytes(body[2:4], "little") not in (self._address, 0xFFFE):
            return None
        if body[15] == 0:
            return Answer(outcome=Outcome.ACCEPTED)
        busy = body[16] == CardError.BUSY
        return Answer(outcome=Outcome.BUSY if busy else Outcome.REFUSED, detail=said_error(body[16]))

    def _command(self, group: int, number: int, body: bytes) -> Exchange:
        data = bytes([group, number, ANSWER]) + struct.pack("<H", len(body)) + body
        header = struct.pack("<HH5xBBBH", self._address, SOURCE, 0, DEVICE, VERSION, len(data))
        return Exchange(chunks=(framed(header + data),))

    def _area(self, number: int, line: PanelLine) -> bytes:
        runs = not fits(line, self._characters)
        text = self._text(line, runs=runs)
        return (
            struct.pack(
                "<BHHHHBBBH3xBBBBBBI",
                0,
                0,
                number * self._line_height,
                self._width,
                self._line_height,
                number,
                0,
                RUN_UNTIL_LATE,
                self._stale_s,
                1,
                1,
                TO_THE_LEFT if runs else AT_ONCE,
                0,
                SPEED if runs else 0,
                0,
                len(text),
            )
            + text
        )

    @property
    def _characters(self) -> int:
        """Latin letters in a line."""
        return 2 * self._width // self._line_height

    def _text(self, line: PanelLine, *, runs: bool) -> bytes:
        cells = [cell.text + APART for cell in line] if runs else as_cells(line, self._characters)
        out = _FONT
        for cell, text in zip(line, cells, strict=True):
            out += (_COLOURS[cell.ink] if self._two_colours else b"") + _encoded(text)
        return out


def _encoded(text: str) -> bytes:
    r"""GBK; what it lacks is a question mark, and a backslash, which begins a mark, is a slash."""
    return text.replace("\\", "/").encode("gbk", "replace")


def onbon_k(parts: DriverParts) -> OnbonK:
    """Keys: `address` (the screen number, 1), `line_height` (16), `stale_s` (60)."""
    table = parts.table
    return OnbonK(
        address=table.integer("address", 1, low=1, high=0xFFFE),
        width=parts.width,
        height=parts.height,
        line_height=table.integer("line_height", 16, low=8, high=64),
        stale_s=table.integer("stale_s", 60, low=3, high=3600),
        two_colours=parts.two_colours,
    )
