"""A panel's line as characters, for cards that have fonts of their own: Latin letters take one place, Chinese two."""

from __future__ import annotations

from stationmaster_guidance.led.composing import PanelLine
from stationmaster_guidance.led.wrapping import places

__all__ = ["as_cells", "as_text"]


def as_text(line: PanelLine, width: int) -> str:
    """The line in `width` places: each cell in its share, one place between two; what is too long is cut."""
    return "".join(as_cells(line, width))


def as_cells(line: PanelLine, width: int) -> list[str]:
    """The same, cell by cell, each filled up with blanks."""
    cells = []
    share = 0.0
    at = 0
    for number, cell in enumerate(line):
        share += cell.width
        last = number == len(line) - 1
        end = width if last else min(width, round(share * width))
        room = max(0, end - at - (not last))
        text = _cut(cell.text, room)
        spare = room - places(text)
        before = {"right": spare, "center": spare // 2}.get(cell.align, 0)
        cells.append(" " * before + text + " " * (max(0, end - at) - before - places(text)))
        at = max(at, end)
    return cells


def _cut(text: str, room: int) -> str:
    while places(text) > room:
        text = text[:-1]
    return text
