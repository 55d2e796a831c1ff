"""A panel's page as dots, in the largest font that its lines and words allow."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_guidance.led.composing import PanelPage
from stationmaster_guidance.led.dots import SIZES, Bitmap
from stationmaster_guidance.led.glyphs import Canvas, Fonts
from stationmaster_guidance.led.sharing import shared

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
    forms = {count: _form(page, count, fonts, width, size) for count in {len(line) for line in page.lines if line}}
    for number, line in enumerate(page.lines):
        top = number * size
        if top + size > height or not line:
            continue
        high, rooms = forms[len(line)]
        left = 0
        for cell, room in zip(line, rooms, strict=True):
            text = cell.text
            while text and fonts.width(text, high) > room:
                text = text[:-2] + "." if len(text) > 1 else ""
            if text != cell.text:
                cut.append(cell.text)
            if text:
                spare = room - fonts.width(text, high)
                shift = {"right": spare, "center": spare // 2}.get(cell.align, 0)
                canvas.put(text, high, left + shift, top + size - high, cell.ink, room=room)
            left += room + GAP
    return Drawn(bitmap=canvas.bitmap(), cut=tuple(cut))


def _form(page: PanelPage, count: int, fonts: Fonts, width: int, size: int) -> tuple[int, list[int]]:
    """The font of the lines with so many cells, and the room of each: lines of one form stand in columns.

    It is the largest in which every word fits, or the smallest if there is none.
    """
    columns = list(zip(*(line for line in page.lines if len(line) == count), strict=True))
    room = width - GAP * (count - 1)
    for high in sorted((each for each in SIZES if each <= size), reverse=True):
        wanted = [max(fonts.width(cell.text, high) for cell in column) for column in columns]
        if sum(wanted) <= room:
            break
    weights = [column[0].width for column in columns]
    return high, shared(wanted, weights, [column[0].kept for column in columns], room)
