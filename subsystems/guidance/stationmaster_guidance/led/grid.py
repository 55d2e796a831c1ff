"""A panel's line as characters, for cards that have fonts of their own: Latin letters take one place, Chinese two."""

from __future__ import annotations

from stationmaster_guidance.led.composing import PanelLine
from stationmaster_guidance.led.sharing import shared
from stationmaster_guidance.led.wrapping import places

__all__ = ["as_cells", "as_text"]


def as_text(line: PanelLine, width: int) -> str:
    """The line in `width` places: each cell in its share, one place between two; what is too long is cut."""
    return "".join(as_cells(line, width))


def as_cells(line: PanelLine, width: int) -> list[str]:
    """The same, cell by cell, each filled up with blanks."""
    wanted = [places(cell.text) for cell in line]
    room = width - len(line) + 1
    shares = shared(wanted, [cell.width for cell in line], [cell.kept for cell in line], room)
    cells = []
    for number, (cell, share) in enumerate(zip(line, shares, strict=True)):
        text = _cut(cell.text, share)
        spare = share - places(text)
        before = {"right": spare, "center": spare // 2}.get(cell.align, 0)
        between = 1 if number + 1 < len(line) else room - sum(shares)
        cells.append(" " * before + text + " " * (spare - before + between))
    return cells


def _cut(text: str, room: int) -> str:
    """The text, or as much of it as there is room for with a point after it."""
    while places(text) > room:
        text = text[:-2] + "." if len(text) > 1 else ""
    return text
