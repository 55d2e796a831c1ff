"""What can happen to bytes on a line: flipped bits, lost bytes, bursts, a cut; from a seed, so it can be repeated."""

from __future__ import annotations

import random

from stationmaster_simulator.uart import Uart, skip

__all__ = ["LineFaults"]


class LineFaults:
    """A line's faults.

    Args:
        seed: the same seed gives the same faults for the same bytes.
        flip: probability that a bit is flipped.
        drop: probability that a byte is lost.
        insert: probability that a byte appears before another.
        burst: probability that at a byte a burst begins, in which every bit is as likely 0 as 1.
        burst_bytes: mean length of a burst.
        cuts: probability that at a byte the line is cut, and mended by itself.
        cut_bytes: how many bytes a cut takes away, in the mean.
        uart: flips and bursts happen to the bits on the line, ten for a byte, so that bytes slip as well (`uart`), and
            a cut falls within a byte; otherwise they happen to the eight bits of a byte, and a cut between bytes.

    """

    def __init__(
        self,
        seed: int,
        *,
        flip: float = 0.0,
        drop: float = 0.0,
        insert: float = 0.0,
        burst: float = 0.0,
        burst_bytes: float = 20.0,
        cuts: float = 0.0,
        cut_bytes: float = 100.0,
        uart: bool = False,
    ) -> None:
        self.cut = False
        self.flipped = 0
        self.dropped = 0
        self.inserted = 0
        self.bursts = 0
        self.cuts = 0
        dice = self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._uart = Uart(dice, flip=flip, burst=burst, burst_bytes=burst_bytes) if uart else None
        if uart:
            flip = burst = 0.0
        self._flip = flip
        self._drop = drop
        self._insert = insert
        self._burst = burst
        self._burst_bytes = burst_bytes
        self._next_flip = skip(dice, flip)
        self._next_drop = skip(dice, drop)
        self._next_insert = skip(dice, insert)
        self._next_burst = skip(dice, burst)
        self._burst_left = 0
        self._cuts = cuts
        self._cut_bytes = cut_bytes
        self._next_cut = skip(dice, cuts)
        self._cut_left = 0

    def pass_on(self, data: bytes) -> bytes:
        """What arrives when `data` is sent."""
        if not self._cuts:
            return self._carry(data, cut=self.cut)
        out = bytearray()
        at = 0
        while at < len(data):
            if self._cut_left:
                end = min(len(data), at + self._cut_left)
                out += self._carry(data[at:end], cut=True)
                self._cut_left -= end - at
            else:
                end = int(min(len(data), at + self._next_cut))
                out += self._carry(data[at:end], cut=self.cut)
                self._next_cut -= end - at
                if self._next_cut < 1 and end < len(data):
                    self.cuts += 1
                    self._cut_left = 1 + int(self._random.expovariate(1 / self._cut_bytes))
                    self._next_cut = skip(self._random, self._cuts)
            at = end
        return bytes(out)

    def _carry(self, data: bytes, *, cut: bool) -> bytes:
        if self._uart is not None:
            data = self._uart.pass_on(data, cut=cut)
            self.flipped, self.bursts = self._uart.flipped, self._uart.bursts
        elif cut:
            data = b""
        else:
            data = self._burst_through(self._flip_bits(data))
        return self._insert_bytes(self._drop_bytes(data))

    def _flip_bits(self, data: bytes) -> bytes:
        bits = len(data) * 8
        if self._next_flip >= bits:
            self._next_flip -= bits
            return data
        out = bytearray(data)
        while self._next_flip < bits:
            at = int(self._next_flip)
            out[at // 8] ^= 1 << (at % 8)
            self.flipped += 1
            self._next_flip += 1 + skip(self._random, self._flip)
        self._next_flip -= bits
        return bytes(out)

    def _burst_through(self, data: bytes) -> bytes:
        out = bytearray(data)
        at = 0
        while at < len(out):
            if self._burst_left:
                out[at] = self._random.randrange(256)
                self._burst_left -= 1
                at += 1
            elif self._next_burst < len(out) - at:
                at += int(self._next_burst)
                self.bursts += 1
                self._burst_left = 1 + int(self._random.expovariate(1 / self._burst_bytes))
                self._next_burst = skip(self._random, self._burst)
            else:
                self._next_burst -= len(out) - at
                at = len(out)
        return bytes(out)

    def _drop_bytes(self, data: bytes) -> bytes:
        out = bytearray()
        at = 0
        while self._next_drop < len(data) - at:
            end = at + int(self._next_drop)
            out += data[at:end]
            at = end + 1
            self.dropped += 1
            self._next_drop = skip(self._random, self._drop)
        self._next_drop -= len(data) - at
        return bytes(out + data[at:])

    def _insert_bytes(self, data: bytes) -> bytes:
        out = bytearray()
        at = 0
        while self._next_insert < len(data) - at:
            end = at + int(self._next_insert)
            out += data[at:end]
            out.append(self._random.randrange(256))
            out += data[end : end + 1]
            at = end + 1
            self.inserted += 1
            self._next_insert = skip(self._random, self._insert)
        self._next_insert -= len(data) - at
        return bytes(out + data[at:])
