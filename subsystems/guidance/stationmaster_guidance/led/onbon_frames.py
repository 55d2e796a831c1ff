"""Frames of Onbon's LED cards: eight A5, what is in the frame with its CRC, 5A; no A5, A6, 5A or 5B within.

Sources. The marks, the escapes and the CRC (polynomial A001, begun with 0, lower byte first) are in the maker's public
Java SDK for BX-6Q (github.com/onbonlab/bx.dual.dyn.java) and in public programs that speak to BX-5K cards; whole frames
with their CRC from those programs are this module's golden bytes. No card was at hand.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from enum import IntEnum

__all__ = ["CardError", "FrameReader", "crc16", "framed", "said_error"]

_START, _END = 0xA5, 0x5A
_ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
_MEANT = {code: byte for byte, code in _ESCAPES.items()}
_LONGEST = 65_536


class CardError(IntEnum):
    """Why a card refuses; the numbers are those of the maker's public C++ header (Led5kSDK.h)."""

    NONE = 0
    GROUP = 1
    COMMAND = 2
    BUSY = 3
    MEMORY = 4
    CHECKSUM = 5


def said_error(number: int) -> str:
    """The card's error in words for people."""
    words = {
        CardError.GROUP: "it knows no such group of commands",
        CardError.COMMAND: "it knows no such command",
        CardError.BUSY: "it is busy",
        CardError.MEMORY: "its memory is full",
        CardError.CHECKSUM: "the checksum was wrong",
    }
    return next((said for error, said in words.items() if error == number), f"error {number}")


def crc16(data: bytes) -> int:
    """The checksum of what stands in a frame, header included."""
    words = array("H", data[: len(data) & ~1])
    if sys.byteorder == "big":
        words.byteswap()
    value = 0
    for word in words:  # all of the sum is used up by two bytes, so a table of pairs halves the work on large pictures
        value = _PAIRS[value ^ word]
    return value >> 8 ^ _TABLE[(value ^ data[-1]) & 0xFF] if len(data) & 1 else value


def framed(body: bytes) -> bytes:
    """The frame around `body`, which is a header and data without checksum."""
    whole = body + crc16(body).to_bytes(2, "little")
    for byte in (0xA6, 0x5B, _START, _END):  # first those that stand in escapes themselves
        whole = whole.replace(bytes([byte]), _ESCAPES[byte])
    return bytes([_START] * 8) + whole + bytes([_END])


class FrameReader:
    """Finds frames in what a card sends; what is damaged is counted and passed over."""

    def __init__(self) -> None:
        self.damaged = 0
        self._held: bytearray | None = None

    def reset(self) -> None:
        """Forget half a frame."""
        self._held = None

    def receive(self, data: bytes) -> Sequence[bytes]:
        """The bodies, without checksum, of the frames that these bytes complete."""
        found = []
        for byte in data:
            if byte == _START:
                self._held = bytearray()
            elif self._held is not None and byte == _END:
                body = _body(bytes(self._held))
                self._held = None
                if body is None:
                    self.damaged += 1
                else:
                    found.append(body)
            elif self._held is not None:
                self._held.append(byte)
                if len(self._held) > _LONGEST:
                    self.damaged += 1
                    self._held = None
        return found


def _body(escaped: bytes) -> bytes | None:
    """What stood in a frame; None if it is damaged."""
    whole = bytearray()
    at = 0
    while at < len(escaped):
        if escaped[at] in (0xA6, 0x5B):
            meant = _MEANT.get(escaped[at : at + 2])
            if meant is None:
                return None
            whole.append(meant)
            at += 2
        else:
            whole.append(escaped[at])
            at += 1
    body, given = bytes(whole[:-2]), int.from_bytes(whole[-2:], "little")
    return body if len(whole) > 2 and crc16(body) == given else None


def _table() -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        values.append(value)
    return tuple(values)


_TABLE = _table()


def _pairs() -> array[int]:
    firsts = (value >> 8 ^ _TABLE[value & 0xFF] for value in range(65_536))
    return array("H", (value >> 8 ^ _TABLE[value & 0xFF] for value in firsts))


_PAIRS = _pairs()
