"""LED cards as they would behave on a line: Onbon BX-K and BX-Q, IBIS signs, Alpha signs.

They read frames strictly, with parsers of their own, and answer as the real ones are said to; and each can be slow,
silent, busy for a while, wrong in what it holds, or refuse everything. Pure: bytes go in, bytes come out.
"""

from __future__ import annotations

import re
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["CARDS", "AlphaSign", "Card", "IbisSign", "Mood", "OnbonKCard", "OnbonQCard"]


class Mood(StrEnum):
    """How a card behaves."""

    WELL = "well"
    SILENT = "silent"
    BUSY = "busy"
    REFUSING = "refusing"
    WRONG = "wrong"


@dataclass(slots=True, eq=False)
class Card(ABC):
    """What all cards have: a mood, what they hold, and what they were sent that was no frame of theirs.

    `busy_times`: how often a busy card says so before it does as it is told. `changed` is called when it shows
    something else.
    """

    mood: Mood = Mood.WELL
    busy_times: int = 2
    shown: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    commands: int = 0
    changed: Callable[[], object] = lambda: None
    held: bytearray = field(default_factory=bytearray)

    @abstractmethod
    def receive(self, data: bytes) -> bytes:
        """Take bytes; what the card answers to them."""

    def show(self, lines: list[str]) -> None:
        """Show these lines now."""
        self.shown = lines
        self.changed()

    def busy(self) -> bool:
        """Whether it is busy this time."""
        if self.mood is not Mood.BUSY or not self.busy_times:
            return False
        self.busy_times -= 1
        return True


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value >> 8 ^ _REMAINDERS[(value ^ byte) & 0xFF]
    return value


def _remainder(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


_REMAINDERS = [_remainder(byte) for byte in range(256)]


class _Onbon(Card):
    """The frames of both series: from the first A5 to 5A."""

    def receive(self, data: bytes) -> bytes:
        """Answer every whole frame."""
        self.held += data
        out = b""
        while 0x5A in self.held:
            end = self.held.index(0x5A)
            raw = bytes(self.held[:end])
            del self.held[: end + 1]
            body = self._body(raw)
            if body is not None:
                self.commands += 1
                answer = self.told(body)
                out += b"" if self.mood is Mood.SILENT else answer
        return out

    @abstractmethod
    def told(self, body: bytes) -> bytes:
        """Do what a frame says; the answer's frame."""

    def _body(self, raw: bytes) -> bytes | None:
        marks = len(raw) - len(raw.lstrip(b"\xa5"))
        escaped = raw[marks:]
        if marks < 8 or 0xA5 in escaped:
            self.faults.append(f"{marks} marks before the frame")
            return None
        if not _ESCAPED.fullmatch(escaped):
            self.faults.append("no escape")
            return None
        plain = escaped
        for code, byte in (
            (b"\xa6\x02", b"\xa5"),
            (b"\x5b\x02", b"\x5a"),
            (b"\xa6\x01", b"\xa6"),
            (b"\x5b\x01", b"\x5b"),
        ):
            plain = plain.replace(code, byte)
        if len(plain) < 4 or _crc(plain[:-2]) != int.from_bytes(plain[-2:], "little"):
            self.faults.append("checksum")
            return None
        return plain[:-2]

    @staticmethod
    def frame(body: bytes) -> bytes:
        """The frame around an answer."""
        escapes = {0xA6: b"\xa6\x01", 0xA5: b"\xa6\x02", 0x5B: b"\x5b\x01", 0x5A: b"\x5b\x02"}
        whole = body + _crc(body).to_bytes(2, "little")
        plain = b"".join(escapes.get(byte, bytes([byte])) for byte in whole)
        return b"\xa5" * 8 + plain + b"\x5a"


class OnbonKCard(_Onbon):
    """A BX-5K or BX-6K: areas of text by number."""

    address = 1
    brightness = -1

    modes: tuple[int, ...] = ()
    """How the areas of the last command are shown: 1 stands still, 3 runs to the left."""

    def told(self, body: bytes) -> bytes:
        """Ping (A2 00), brightness (A3 02), dynamic areas (A3 06)."""
        to, source, _, _, _, length = struct.unpack_from("<HH5xBBBH", body)
        data = body[14:]
        rest = struct.unpack_from("<H", data, 3)[0]
        if length != len(data) or to not in (self.address, 0xFFFE) or rest != len(data) - 5:
            self.faults.append(f"lengths or address: {body.hex(' ')}")
            return b""
        if self.busy():
            return self._answer(source, 3)
        if self.mood is Mood.REFUSING:
            return self._answer(source, 2)
        group, number, args = data[0], data[1], data[5:]
        if (group, number) == (0xA2, 0x00):
            return self._answer(source, 0)
        if (group, number) == (0xA3, 0x02) and len(args) == 2 and args[1] < 16:
            self.brightness = args[1]
            return self._answer(source, 0)
        if (group, number) == (0xA3, 0x06):
            return self._answer(source, 0 if self._areas(args) else 4)
        return self._answer(source, 1)

    def _areas(self, args: bytes) -> bool:
        areas = dict(enumerate(self.shown))
        gone, args = args[0], args[1:]
        for number in list(areas) if gone == 0xFF else args[:gone]:
            areas.pop(number, None)
        args = b"" + args[0 if gone == 0xFF else gone :]
        count, args = args[0], args[1:]
        self.modes = ()
        for _ in range(count):
            size = int.from_bytes(args[:2], "little")
            area, args = args[2 : 2 + size], args[2 + size :]
            number = area[9]
            length = int.from_bytes(area[23:27], "little")
            if len(area) != 27 + length or area[11] != 2 or not int.from_bytes(area[12:14], "little"):
                self.faults.append(f"area: {area.hex(' ')}")
                return False
            areas[number] = area[27:].decode("gbk")
            self.modes += (area[19],)
        if args:
            self.faults.append("more after the areas")
        self.show([areas[number] for number in sorted(areas)])
        return not args

    def _answer(self, to: int, error: int) -> bytes:
        data = bytes([0xA0, 1 if error else 0, error, 0, 0])
        return self.frame(struct.pack("<HH5xBBBH", to, self.address, 0, 0xFE, 2, len(data)) + data)


class OnbonQCard(_Onbon):
    """A BX-6Q: one area of dots; `shown` holds a page a line of text, a row of it R, G, A or a point for each dot."""

    def told(self, body: bytes) -> bytes:
        """Dynamic areas (A7 00), delete them (A7 01)."""
        length = struct.unpack_from("<I", body, 12)[0]
        data = body[16:]
        if length != len(data) or data[0] != 1 or data[1] != 0xA7:
            self.faults.append(f"command: {data[:8].hex(' ')}")
            return self._answer(1)
        if self.busy():
            return self._answer(3)
        if self.mood is Mood.REFUSING:
            return self._answer(2)
        if data[2] == 1:
            self.show([])
        elif not self._area(data[5:]):
            return self._answer(4)
        return self._answer(0)

    def _area(self, args: bytes) -> bool:
        count, size = struct.unpack_from("<HI", args)
        area, dots = args[6 : 6 + size], args[6 + size :]
        _, mode, _, _, programs, _ = struct.unpack_from("<BBHBHB", area)
        at = 8 + 2 * programs + 4
        kind, _, _, width, height = struct.unpack_from("<BHHHH", area, at)
        pages = struct.unpack_from("<H", area, at + 9 + 10)[0]
        at += 9 + 10 + 2
        found = []
        for _ in range(pages):
            para = struct.unpack_from("<I", area, at)[0]
            start, length = struct.unpack_from("<II", area, at + 4 + para - 8)
            at += 4 + para
            if length != width * height * 3:
                self.faults.append("dots")
                return False
            found.append(_drawn(dots[start : start + length], width))
        if count != 1 or mode != 2 or kind != 0x10 or at != len(area):
            self.faults.append("area")
            return False
        self.show(found)
        return True

    def _answer(self, error: int) -> bytes:
        data = struct.pack("<BBBHHH", 0, 0xA0, 1 if error else 0, 0, error, 0)
        return self.frame(struct.pack("<HHBBH4xI", 0x8000, 0xFFFF, 0xF0, 0, 0x0266, len(data)) + data)


class IbisSign(Card):
    """An IBIS sign with an address: DS009, DS003a and DS021 are shown, DS020 is answered with DS120."""

    address = 1

    def receive(self, data: bytes) -> bytes:
        """Take telegrams; what follows a carriage return is the parity."""
        self.held += data
        out = b""
        while (end := self.held.find(b"\r")) >= 0 and len(self.held) > end + 1:
            body, parity = bytes(self.held[: end + 1]), self.held[end + 1]
            del self.held[: end + 2]
            value = 0x7F
            for byte in body:
                value ^= byte
            if value != parity or max(body) > 0x7F:
                self.faults.append("parity")
            else:
                self.commands += 1
                out += self._told(body[:-1].decode("ascii"))
        return out

    def _told(self, text: str) -> bytes:
        digit = chr(0x30 + self.address)
        if text == "a" + digit:
            if self.mood is Mood.SILENT:
                return b""
            state = "2" if self.busy() else "3" if self.mood in (Mood.REFUSING, Mood.WRONG) else "0"
            body = f"a{state}\r".encode()
            value = 0x7F
            for byte in body:
                value ^= byte
            return body + bytes([value])
        if text[0] == "v" and len(text) in (17, 21, 25):
            self.show([text[1:]])
        elif text[:2] == "zA" or text[:3] == "aA" + digit:
            blocks, words = (text[2], text[3:]) if text[0] == "z" else (text[3], text[4:])
            if len(words) != 16 * (ord(blocks) - 0x30):
                self.faults.append("blocks")
            self.show([words])
        else:
            self.faults.append(f"telegram {text!r}")
        return b""


class AlphaSign(Card):
    """An Alpha sign with address 01: text file A, acknowledgements, and the file when it is asked for."""

    address = b"01"

    def receive(self, data: bytes) -> bytes:
        """Take packets; each ends with EOT."""
        self.held += data
        out = b""
        while (end := self.held.find(b"\x04")) >= 0:
            packet = bytes(self.held[: end + 1])
            del self.held[: end + 1]
            self.commands += 1
            out += self._packet(packet)
        return out

    def _packet(self, packet: bytes) -> bytes:
        head, _, rest = packet.partition(b"\x02")
        body, _, check = rest.partition(b"\x03")
        whole = b"\x02" + body + b"\x03"
        if not head.startswith(b"\0" * 5 + b"\x01Z") or head[-2:] != self.address or 0xFF in packet:
            self.faults.append(f"head {head!r}")
            return b""
        if check[:-1] != f"{sum(whole) & 0xFFFF:04X}".encode():
            self.faults.append("checksum")
            return self._say(b"\x15\x50")
        if self.busy():
            return self._say(b"\x15\x48")
        if self.mood is Mood.REFUSING:
            return self._say(b"\x15\x60")
        if body[:2] == b"BA":
            return self._say(self._file())
        if body[:3] == b"AA\x1b":
            self.show(body[5:].decode("ascii").split("\r"))
        elif body[:2] not in (b"Es", b"E$"):
            self.faults.append(f"command {body[:4]!r}")
            return self._say(b"\x15\x60")
        return self._say(b"\x06\x40")

    def _file(self) -> bytes:
        text = "\r".join(self.shown).encode()
        if self.mood is Mood.WRONG:
            text = b"?" + text[1:]
        body = b"\x02AA\x1b&b" + text + b"\x03"
        return b"\0" * 20 + b"\x01000" + body + f"{sum(body) & 0xFFFF:04X}".encode() + b"\x04"

    def _say(self, answer: bytes) -> bytes:
        return b"" if self.mood is Mood.SILENT else answer


CARDS: dict[str, type[Card]] = {"onbon-k": OnbonKCard, "onbon-q": OnbonQCard, "ibis": IbisSign, "alpha": AlphaSign}
"""The cards by the name of the driver that speaks to them."""


def _drawn(rgb: bytes, width: int) -> str:
    """Dots as letters; what is neither 0 nor 255 is a question mark."""
    red, green = (rgb[start::3].translate(_LEVELS) for start in (0, 1))
    both = int.from_bytes(red, "big") | int.from_bytes(green, "big") << 1
    dots = both.to_bytes(len(red) + 1, "big")[1:].translate(_LETTERS).decode("ascii")
    return "\n".join(dots[at : at + width] for at in range(0, len(dots), width))


_LEVELS = bytes({0: 0, 255: 1}.get(level, 4) for level in range(256))
_LETTERS = bytes(b".RGA"[value] if value < 4 else ord("?") for value in range(256))
_ESCAPED = re.compile(rb"(?:[^\xa5\xa6\x5a\x5b]|[\xa6\x5b][\x01\x02])*", re.DOTALL)
