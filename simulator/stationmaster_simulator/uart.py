"""What bit errors do to bytes on an asynchronous serial line: a start bit, eight bits, lowest first, and a stop bit.

A damaged bit between them is a wrong bit of a byte. A damaged start or stop bit is worse: the receiver looks for the
next start bit where there is none, and slips against the sender until it happens to find a true one again. In this
model it does as the 16550 does: it takes a wrong stop bit for the start bit of the next byte. A byte whose stop bit is
wrong is handed over all the same, as Linux does where a port is set as ours is; zeros with a wrong stop bit are a
break, which is not handed over, and ends when the line is at rest.

The line is never idle while the sender works, so one byte follows another.
"""

from __future__ import annotations

import math
import random

__all__ = ["BITS", "Uart"]

BITS = 10
"""Bits on the line for one byte."""

_MARK = 1
"""The line at rest, and where it is cut: a receiver's input that is connected to nothing reads as a stop bit."""


class Uart:
    """The bits of one line.

    Args:
        dice: where and how.
        flip: probability that a bit on the line is read as the other.
        burst: probability that at a byte a burst begins, in which every bit is as likely 0 as 1.
        burst_bytes: mean length of a burst.

    """

    def __init__(
        self, dice: random.Random, *, flip: float = 0.0, burst: float = 0.0, burst_bytes: float = 20.0
    ) -> None:
        self.flipped = 0
        self.bursts = 0
        self.slips = 0
        """How often the receiver lost the bytes' beginnings."""
        self._dice = dice
        self._flip = flip
        self._burst = burst
        self._burst_bytes = burst_bytes
        self._next_flip = skip(dice, flip)
        self._next_burst = skip(dice, burst)
        self._burst_left = 0
        self._slipped = False
        self._broken = False
        self._bits: list[int] = []
        """What has come since the receiver's last byte, while it has slipped."""
        self._mended = 0
        self._was_cut = False

    def pass_on(self, data: bytes, *, cut: bool = False) -> bytes:
        """The bytes that are received when `data` is sent; of a `cut` line, those of which the beginning came."""
        if cut:
            return self._cut(data)
        if self._was_cut and data:
            self._was_cut = False
            self._mended = self._dice.randrange(BITS + 1)
        out = bytearray()
        at = 0
        while at < len(data):
            end = at if self._slipped or self._mended or self._burst_left else at + self._undamaged(len(data) - at)
            if end > at:
                out += data[at:end]
                self._passed(end - at)
                at = end
            else:
                out += self._receive(self._line(data[at]))
                at += 1
        return bytes(out)

    def _undamaged(self, most: int) -> int:
        """How many bytes go well from here."""
        return int(min(most, self._next_flip / BITS, self._next_burst))

    def _passed(self, count: int) -> None:
        self._next_flip -= count * BITS
        self._next_burst -= count

    def _line(self, byte: int) -> list[int]:
        """The ten bits of a byte as the receiver's end of the line shows them."""
        bits = [0, *(byte >> place & 1 for place in range(8)), 1]
        if not self._burst_left and self._next_burst < 1:
            self.bursts += 1
            self._burst_left = 1 + int(self._dice.expovariate(1 / self._burst_bytes))
            self._next_burst = 1 + skip(self._dice, self._burst)
        if self._burst_left:
            self._burst_left -= 1
            bits = [self._dice.getrandbits(1) for _ in bits]
        while self._next_flip < BITS:
            bits[int(self._next_flip)] ^= 1
            self.flipped += 1
            self._next_flip += 1 + skip(self._dice, self._flip)
        self._passed(1)
        if self._mended:
            bits[: self._mended] = [_MARK] * self._mended
            self._mended = 0
        return bits

    def _receive(self, bits: list[int]) -> bytes:
        """What the receiver makes of ten more bits."""
        out = bytearray()
        self._bits += bits
        held = self._bits
        at = 0
        while at < len(held):
            if held[at]:  # no start bit
                self._broken = False
                at += 1
            elif self._broken:
                at += 1
            elif at + BITS > len(held):
                break
            else:
                byte = sum(held[at + 1 + place] << place for place in range(8))
                at += BITS - 1  # to the stop bit
                if held[at]:
                    at += 1
                elif not byte:
                    self._broken = True
                if byte or not self._broken:
                    out.append(byte)
        self._bits = held[at:]
        slipped = bool(self._bits) or self._broken
        self.slips += slipped and not self._slipped
        self._slipped = slipped
        return bytes(out)

    def _cut(self, data: bytes) -> bytes:
        """The line is cut within the first byte, and then at rest: what was begun is filled up with marks."""
        if self._was_cut or not data:
            return b""
        self._was_cut = True
        bits = self._line(data[0])
        kept = self._dice.randrange(BITS + 1)
        out = self._receive([*bits[:kept], *[_MARK] * (2 * BITS - kept)])
        out += self._receive([_MARK] * BITS)
        self._burst_left = 0
        return out


def skip(dice: random.Random, probability: float) -> float:
    """How many go well before the next that does not: geometric."""
    if probability <= 0:
        return math.inf
    if probability >= 1:
        return 0
    return math.floor(math.log(1.0 - dice.random()) / math.log(1.0 - probability))
