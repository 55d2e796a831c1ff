"""VDV 300 (IBIS): signs on the bus of vehicles and stops, 1200 bits a second, 7 data bits, even parity, 2 stop bits.

A telegram is its text, a carriage return, and the exclusive or of 7F and all before it. Signs show capital letters
without Chinese, with German letters in the places of brackets and braces.

Sources. Telegrams and parity are described in public (cybox.ib-luehning.de/ibis, and several public programs that agree
with it): DS001 `l`, DS003 `z`, DS003a `zA`, DS005 `u`, DS009 `v`, DS020 `a` with its answer DS120, DS021 `aA`.
VDV's own text is sold and was not at hand; nothing could be tried on a sign. Only a sign with an address answers, and
then says that it is well, not what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from stationmaster_base.errors import StationError
from stationmaster_guidance.led.composing import PanelPage
from stationmaster_guidance.led.driver import Answer, DriverParts, Exchange, Frame, Outcome, SerialForm
from stationmaster_guidance.led.grid import as_text, steps_of

__all__ = ["Ibis", "TelegramReader", "ds001", "ds003", "ds003a", "ds005", "ds009", "ds020", "ds021", "ibis", "telegram"]

END = 0x0D
DIGITS = "0123456789:;<=>?"
"""IBIS writes the numbers 0 to 15 so."""
_LETTERS = str.maketrans("äöüßÄÖÜ", "{|}~[\\]")
_WIDTHS = {"DS009": 16, "DS009a": 20, "DS009b": 24}
_BLOCK = 16
_STATES = {"0": "well", "1": "showing", "2": "searching", "3": "faulty", "6": "it was sent what it cannot show"}


def telegram(text: str) -> bytes:
    """The telegram of this text.

    Raises:
        StationError: `ibis-text`: it has characters that a sign cannot show.

    """
    try:
        body = text.translate(_LETTERS).encode("ascii") + bytes([END])
    except UnicodeEncodeError as error:
        raise StationError("ibis-text", f"An IBIS sign cannot show {text!r}.", "Use Latin letters.") from error
    return body + bytes([_parity(body)])


def ds001(line: int) -> bytes:
    """The line's number, three digits."""
    return telegram(f"l{line:03d}")


def ds003(destination: int) -> bytes:
    """The destination's number, three digits."""
    return telegram(f"z{destination:03d}")


def ds003a(text: str) -> bytes:
    """The destination's text, in blocks of sixteen."""
    return telegram("zA" + _blocks(text))


def ds005(hour: int, minute: int) -> bytes:
    """The time."""
    return telegram(f"u{hour:02d}{minute:02d}")


def ds009(text: str, width: int = 16) -> bytes:
    """The next stop, 16 (DS009), 20 (DS009a) or 24 (DS009b) characters."""
    return telegram("v" + text[:width].ljust(width))


def ds020(address: int) -> bytes:
    """Asks how the sign of this address is."""
    return telegram("a" + DIGITS[address])


def ds021(address: int, text: str) -> bytes:
    """The destination's text for the sign of this address, in blocks of sixteen."""
    return telegram("aA" + DIGITS[address] + _blocks(text))


class TelegramReader:
    """Finds telegrams in a stream; what has a wrong parity is counted and passed over."""

    def __init__(self) -> None:
        self.damaged = 0
        self._held = bytearray()

    def reset(self) -> None:
        """Forget half a telegram."""
        self._held.clear()

    def receive(self, data: bytes) -> Sequence[str]:
        """The texts of the telegrams that these bytes complete."""
        found = []
        for byte in data:
            self._held.append(byte)
            if len(self._held) >= 2 and self._held[-2] == END:
                body = bytes(self._held[:-1])
                if _parity(body) == byte and max(body) < 0x80:
                    found.append(body[:-1].decode("ascii"))
                else:
                    self.damaged += 1
                self._held.clear()
            elif len(self._held) > 400:
                self.damaged += 1
                self._held.clear()
        return found


class Ibis:
    """The driver.

    Args:
        form: which telegram carries the text: DS009, DS009a, DS009b, DS003a or DS021.
        address: the sign's, 0 to 15; None: it has none, and does not answer.
        width: characters of a line where the telegram does not say.
        lines: lines of the sign; only DS003a and DS021 have more than one.

    """

    draws = False
    turns_pages = False
    refresh_s = 30.0
    serial = SerialForm(baud=1200, bits=7, parity="E", stop=2)

    def __init__(self, *, form: str, address: int | None, width: int, lines: int) -> None:
        self._form = form
        self._address = address
        self._width = _WIDTHS.get(form, width)
        self._reader = TelegramReader()
        self.lines: int | None = 1 if form in _WIDTHS else lines

    def speaks(self, text: str) -> bool:
        """Whether the sign has every letter."""
        return text.translate(_LETTERS).isascii()

    def steps(self, page: PanelPage) -> int:
        """A sign stands still, so what is too long comes in parts."""
        return max((steps_of(line, self._width) for line in page.lines[: self.lines]), default=1)

    def show(self, frames: Sequence[Frame]) -> Sequence[Exchange]:
        """The first page, then the question how the sign is."""
        lines = frames[0].page.lines[: self.lines] if frames else ()
        step = frames[0].step if frames else 0
        text = "".join(self._plain(as_text(line, self._width, step).ljust(self._width)) for line in lines).upper()
        if self._form in _WIDTHS:
            sent = ds009(text, self._width)
        elif self._form == "DS021" and self._address is not None:
            sent = ds021(self._address, text)
        else:
            sent = ds003a(text)
        return (Exchange(chunks=(sent,), answered=False), *self.ask())

    def ask(self) -> Sequence[Exchange]:
        """DS020, if the sign has an address."""
        return () if self._address is None else (Exchange(chunks=(ds020(self._address),)),)

    def brightness(self, percent: int) -> Sequence[Exchange]:  # noqa: ARG002 - IBIS has no telegram for it
        """Nothing: IBIS has no telegram for it."""
        return ()

    def receive(self, data: bytes) -> Sequence[Answer]:
        """DS120: `a` and how the sign is."""
        answers = []
        for text in self._reader.receive(data):
            if len(text) == 2 and text[0] == "a":
                well = text[1] in "01"
                said = _STATES.get(text[1], f"status {text[1]}")
                outcome = Outcome.ACCEPTED if well else Outcome.BUSY if text[1] == "2" else Outcome.REFUSED
                answers.append(Answer(outcome=outcome, detail=said))
        return answers

    def reset(self) -> None:
        """Forget half a telegram."""
        self._reader.reset()

    def _plain(self, text: str) -> str:
        return "".join(each if self.speaks(each) else "?" for each in text)


def ibis(parts: DriverParts) -> Ibis:
    """Keys: `telegram` (DS009b), `address` (none), `characters` of a line (24), `sign_lines` (1)."""
    table = parts.table
    form = table.choice("telegram", (*_WIDTHS, "DS003a", "DS021"), "DS009b")
    address = table.integer("address", low=0, high=15) if "address" in table else None
    if form == "DS021" and address is None:
        table.fault("telegram", "DS021 needs an address", "address = 0 … 15")
    return Ibis(
        form=form,
        address=address,
        width=table.integer("characters", 24, low=4, high=64),
        lines=table.integer("sign_lines", 1, low=1, high=4),
    )


def _parity(body: bytes) -> int:
    value = 0x7F
    for byte in body:
        value ^= byte
    return value


def _blocks(text: str) -> str:
    count = min(15, -(-len(text) // _BLOCK))
    return DIGITS[count] + text[: count * _BLOCK].ljust(count * _BLOCK)
