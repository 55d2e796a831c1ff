"""What can happen to bytes on a line: flipped bits, lost bytes, bursts, a cut; from a seed, so it can be repeated."""

from __future__ import annotations

import math
import random

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
    ) -> None:
        self.cut = False
        self.flipped = 0
        self.dropped = 0
        self.inserted = 0
        self.bursts = 0
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._flip = flip
        self._drop = drop
        self._insert = insert
        self._burst = burst
        self._burst_bytes = burst_bytes
        self._next_flip = self._skip(flip)
        self._next_drop = self._skip(drop)
        self._next_insert = self._skip(insert)
        self._next_burst = self._skip(burst)
        self._burst_left = 0

    def pass_on(self, data: bytes) -> bytes:
        """What arrives when `data` is sent."""
        if self.cut:
            return b""
        data = self._burst_through(self._flip_bits(data))
        return self._insert_bytes(self._drop_bytes(data))

    def _skip(self, probability: float) -> float:
        """How many go well before the next that does not: geometric."""
        if probability <= 0:
            return math.inf
        if probability >= 1:
            return 0
        return math.floor(math.log(1.0 - self._random.random()) / math.log(1.0 - probability))

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
            self._next_flip += 1 + self._skip(self._flip)
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
                self._next_burst = self._skip(self._burst)
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
            self._next_drop = self._skip(self._drop)
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
            self._next_insert = self._skip(self._insert)
        self._next_insert -= len(data) - at
        return bytes(out + data[at:])
