"""Alpha signs (BetaBrite and others that speak the M-protocol): Latin text, 9600 bits a second, 7 bits, even parity.

The frames are made by `alphasignpy` (MIT licence), which is maintained and covers the protocol; of it only the frames
are used, since its own sender blocks the process. A page is written into text file A and read from the sign again,
so that its readback is what the sign holds. It could not be tried on a sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from alphasign.commands.base import BaseCommand
from alphasign.commands.special import WriteSpecialFunction
from alphasign.commands.text import ReadText, WriteText, parse_read_text_response
from alphasign.packet import Packet
from alphasign.protocol import ACK, DELAY, EOT, NAK, SOH, Color, DisplayMode, DisplayPosition, FileType

from stationmaster_guidance.led.composing import PanelLine, PanelPage
from stationmaster_guidance.led.dots import Ink
from stationmaster_guidance.led.driver import Answer, DriverParts, Exchange, Frame, Outcome, SerialForm
from stationmaster_guidance.led.grid import APART, as_cells, fits, laid, steps_of

__all__ = ["Alpha", "alpha"]

FILE = "A"
_SIZE = 1024
"""Bytes of memory for the file; more than a page takes."""
_PAUSE_S = 0.1
"""Where `alphasignpy` marks a pause."""
_LONGEST = 4096
_COLOURS = {Ink.RED: Color.RED, Ink.GREEN: Color.GREEN, Ink.AMBER: Color.AMBER}
NEXT_LINE = b"\x0d"


class Alpha:
    """The driver.

    Args:
        address: the sign's, two hexadecimal digits; 00 is every sign, which then cannot be read.
        width: characters in a line.
        lines: lines.
        two_colours: whether colours are sent.

    """

    draws = False
    turns_pages = False
    refresh_s = 60.0
    serial = SerialForm(baud=9600, bits=7, parity="E", stop=1)

    def __init__(self, *, address: str, width: int, lines: int, two_colours: bool) -> None:
        self._address = address
        self._width = width
        self._two_colours = two_colours
        self._held = bytearray()
        self._ready = False
        self.lines: int | None = lines

    def speaks(self, text: str) -> bool:
        """Whether the text is ASCII without control characters."""
        return text.isascii() and text.isprintable()

    def steps(self, page: PanelPage) -> int:
        """A sign of one line lets it run by itself; on others what is too long comes in parts."""
        if self.lines == 1:
            return 1
        return max((steps_of(line, self._width) for line in page.lines[: self.lines]), default=1)

    def show(self, frames: Sequence[Frame]) -> Sequence[Exchange]:
        """The first page; before the first, that it answers and has a file; afterwards the file read again."""
        lines, step = (frames[0].page.lines[: self.lines], frames[0].step) if frames else ((), 0)
        runs = len(lines) == self.lines == 1 and not fits(lines[0], self._width)
        text = NEXT_LINE.join(self._line(line, step, runs=runs) for line in lines)
        mode = DisplayMode.ROTATE if runs else DisplayMode.HOLD
        write = WriteText(text, label=FILE, position=DisplayPosition.FILL, mode=mode)
        out = [] if self._ready else [*self._begin()]
        self._ready = True
        answered = self._address != "00"
        out.append(self._exchange(write, answered=answered))
        if answered:
            out.append(self._exchange(ReadText(label=FILE), expected=text))
        return tuple(out)

    def ask(self) -> Sequence[Exchange]:
        """Read the file."""
        return (self._exchange(ReadText(label=FILE)),) if self._address != "00" else ()

    def brightness(self, percent: int) -> Sequence[Exchange]:  # noqa: ARG002 - not on all signs
        """Nothing: older signs have no such command."""
        return ()

    def receive(self, data: bytes) -> Sequence[Answer]:
        """Acknowledgements, and files that are read."""
        self._held += data
        answers = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        if len(self._held) > _LONGEST:
            self._held.clear()
        return answers

    def reset(self) -> None:
        """A new connection: the sign may have lost its memory."""
        self._held.clear()
        self._ready = False

    def _next(self) -> Answer | None:
        while self._held and self._held[0] not in (ACK, NAK, SOH[0]):
            del self._held[0]
        if not self._held:
            return None
        if self._held[0] in (ACK, NAK):
            if len(self._held) < 2:
                return None
            good, status = self._held[0] == ACK, self._held[1]
            del self._held[:2]
            if good:
                return Answer(outcome=Outcome.ACCEPTED)
            return Answer(outcome=Outcome.BUSY if status & 0x08 else Outcome.REFUSED, detail=f"status {status:02X}")
        end = self._held.find(EOT)
        if end < 0:
            return None
        frame = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        return _read(frame)

    def _begin(self) -> Sequence[Exchange]:
        memory = WriteSpecialFunction.configure_memory([{"label": FILE, "type": FileType.TEXT, "size": _SIZE}])
        answered = self._address != "00"
        first = self._exchange(WriteSpecialFunction.enable_ack_nak(True), answered=answered)
        return (first, self._exchange(memory, answered=answered))

    def _exchange(self, command: BaseCommand, *, answered: bool = True, expected: bytes | None = None) -> Exchange:
        packet = Packet(type_code=b"Z", address=self._address).add(command).to_bytes()
        return Exchange(chunks=tuple(packet.split(DELAY)), gap_s=_PAUSE_S, answered=answered, expected=expected)

    def _line(self, line: PanelLine, step: int, *, runs: bool) -> bytes:
        out = b""
        cells = [cell.text + APART for cell in line] if runs else as_cells(line, self._width, step)
        for cell, text in zip(line if runs else laid(line, self._width), cells, strict=True):
            plain = "".join(each if self.speaks(each) else "?" for each in text)
            out += (_COLOURS[cell.ink].value if self._two_colours else b"") + plain.encode("ascii")
        return out


def _read(frame: bytes) -> Answer:
    """A file that the sign was asked for; its checksum is that of all from STX to ETX."""
    start, end = frame.find(b"\x02"), frame.rfind(b"\x03")
    if start < 0 or end < start or frame[end + 1 : -1] != f"{sum(frame[start : end + 1]) % 65536:04X}".encode():
        return Answer(outcome=Outcome.REFUSED, detail="what it sent is damaged")
    try:
        _, _, _, text = parse_read_text_response(frame)
    except ValueError as error:
        return Answer(outcome=Outcome.REFUSED, detail=str(error))
    return Answer(outcome=Outcome.HELD, held=text)


def alpha(parts: DriverParts) -> Alpha:
    """Keys: `address` ("01"), `characters` of a line (20), `sign_lines` (1)."""
    table = parts.table
    address = table.text("address", "01").upper()
    if len(address) != 2 or any(each not in "0123456789ABCDEF" for each in address):
        table.fault("address", f"{address!r} is no address of a sign", 'two hexadecimal digits, such as "01"')
    return Alpha(
        address=address,
        width=table.integer("characters", 20, low=4, high=200),
        lines=table.integer("sign_lines", 1, low=1, high=8),
        two_colours=parts.two_colours,
    )
