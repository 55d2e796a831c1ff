"""Pictures of red and green dots: what an LED panel of one or two colours can show.

A panel of two colours has a red and a green diode in each place; both together are seen as amber. One of a single
colour lights wherever either is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["SIZES", "Bitmap", "Ink"]

SIZES = (16, 24, 32)
"""How high the fonts are, in dots."""


class Ink(Enum):
    """A colour that a panel of two colours has; the bits are red (1) and green (2)."""

    RED = 1
    GREEN = 2
    AMBER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitmap:
    """`width` × `height` dots.

    `red` and `green` hold a bit for each dot, the leftmost highest, each line filled up to whole bytes; lines from the
    top down.
    """

    width: int
    height: int
    red: bytes
    green: bytes

    def __post_init__(self) -> None:
        size = self.stride * self.height
        if len(self.red) != size or len(self.green) != size:
            raise ValueError(f"{self.width} × {self.height} dots are {size} bytes a colour")

    @property
    def stride(self) -> int:
        """Bytes in a line of one colour."""
        return -(-self.width // 8)

    @staticmethod
    def dark(width: int, height: int) -> Bitmap:
        """A picture without a dot."""
        nothing = bytes(-(-width // 8) * height)
        return Bitmap(width=width, height=height, red=nothing, green=nothing)

    @property
    def mono(self) -> bytes:
        """The dots that light on a panel of one colour, packed as `red` is."""
        return bytes(red | green for red, green in zip(self.red, self.green, strict=True))

    def ink(self, x: int, y: int) -> Ink | None:
        """The colour of a dot; None: dark."""
        at, bit = y * self.stride + x // 8, 0x80 >> x % 8
        value = bool(self.red[at] & bit) | bool(self.green[at] & bit) << 1
        return Ink(value) if value else None

    def rgb(self) -> bytes:
        """Three bytes a dot (red, green, blue), without filling."""
        out = bytearray()
        for y in range(self.height):
            red = _bits(self.red[y * self.stride : (y + 1) * self.stride])[: self.width]
            green = _bits(self.green[y * self.stride : (y + 1) * self.stride])[: self.width]
            line = bytearray(3 * self.width)
            line[0::3] = red
            line[1::3] = green
            out += line
        return bytes(out)

    def drawn(self) -> str:
        """A line of text for each line of dots: R, G, A, and a point for a dark one."""
        letters = {None: ".", Ink.RED: "R", Ink.GREEN: "G", Ink.AMBER: "A"}
        return "\n".join("".join(letters[self.ink(x, y)] for x in range(self.width)) for y in range(self.height))


_SPREAD = [bytes(255 if byte & 0x80 >> place else 0 for place in range(8)) for byte in range(256)]


def _bits(packed: bytes) -> bytes:
    """A byte, 255 or 0, for each bit."""
    return b"".join(_SPREAD[byte] for byte in packed)
