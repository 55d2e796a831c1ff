"""A panel's page as dots, in the largest font that its lines and words allow."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_guidance.led.composing import PanelCell, PanelPage
from stationmaster_guidance.led.dots import SIZES, Bitmap
from stationmaster_guidance.led.glyphs import Canvas, Fonts

__all__ = ["Drawn", "draw"]

GAP = 2
"""Dots between two cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A page as dots, and the words that did not go into their cell and were cut."""

    bitmap: Bitmap
    cut: tuple[str, ...] = ()


def draw(page: PanelPage, fonts: Fonts, *, width: int, height: int, size: int) -> Drawn:
    """The page on a panel of `width` × `height` dots, in the font `size`; words too long for it in a smaller one.

    Raises:
        StationError: `led-font-missing`.

    """
    canvas = Canvas(fonts, width, height)
    cut = []
    for number, line in enumerate(page.lines):
        top = number * size
        if top + size > height:
            break
        left = 0.0
        for cell in line:
            right = left + cell.width * width
            room = round(right) - round(left) - (GAP if right < width - 1 else 0)
            high = _size(cell, fonts, size, room)
            wide = fonts.width(cell.text, high)
            if wide > room:
                cut.append(cell.text)
            spare = max(0, room - wide)
            shift = {"right": spare, "center": spare // 2}.get(cell.align, 0)
            canvas.put(cell.text, high, round(left) + shift, top + size - high, cell.ink, room=max(1, room))
            left = right
    return Drawn(bitmap=canvas.bitmap(), cut=tuple(cut))


def _size(cell: PanelCell, fonts: Fonts, size: int, room: int) -> int:
    """The largest font, from `size` down, in which the words fit; the smallest if they fit in none."""
    sizes = [each for each in sorted(SIZES, reverse=True) if each <= size]
    return next((each for each in sizes if fonts.width(cell.text, each) <= room), sizes[-1])
