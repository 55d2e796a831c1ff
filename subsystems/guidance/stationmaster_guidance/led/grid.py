"""A panel's line as characters, for cards that have fonts of their own: Latin letters take one place, Chinese two.

A cell that is too long for its share is shown in parts, a step for each, unless the card itself lets lines run. Where a
share is too small even for that, the cells stand one after the other, and the whole line is shown in parts.
"""

from __future__ import annotations

from stationmaster_guidance.led.composing import PanelLine, merged
from stationmaster_guidance.led.sharing import shared
from stationmaster_guidance.led.wrapping import MOST_STEPS, parts_of, places

__all__ = ["APART", "as_cells", "as_text", "fits", "laid", "steps_of"]

MORE = ".."
"""Stands where the next step goes on; every card has it."""

LEAST = 6
"""Places of which a share has some at least if its words do not fit into it."""

APART = "  "
"""Between two cells of a line that runs."""


def fits(line: PanelLine, width: int) -> bool:
    """Whether the line stands in `width` places as it is."""
    return sum(places(cell.text) for cell in line) <= width - len(line) + 1


def steps_of(line: PanelLine, width: int) -> int:
    """How many steps `as_text` has for the line."""
    cells = laid(line, width)
    shares = _shares(cells, width)
    return max((len(_parts(cell.text, share)) for cell, share in zip(cells, shares, strict=True)), default=1)


def laid(line: PanelLine, width: int) -> PanelLine:
    """The line with the cells that it is shown in: its own, or all of it in one."""
    shares = _shares(line, width)
    if all(share >= LEAST or places(cell.text) <= share for cell, share in zip(line, shares, strict=True)):
        return line
    return (merged(line),)


def as_text(line: PanelLine, width: int, step: int = 0) -> str:
    """The line in `width` places: each cell in its share, one place between two; what is too long in parts.

    Each cell begins anew when its own parts are over.
    """
    return "".join(as_cells(line, width, step))


def as_cells(line: PanelLine, width: int, step: int = 0) -> list[str]:
    """The same, cell by cell (those of `laid`), each filled up with blanks."""
    line = laid(line, width)
    room = width - len(line) + 1
    shares = _shares(line, width)
    cells = []
    for number, (cell, share) in enumerate(zip(line, shares, strict=True)):
        parts = _parts(cell.text, share)
        text = _cut(parts[step % len(parts)], share)
        spare = share - places(text)
        before = {"right": spare, "center": spare // 2}.get(cell.align, 0)
        between = 1 if number + 1 < len(line) else room - sum(shares)
        cells.append(" " * before + text + " " * (spare - before + between))
    return cells


def _shares(line: PanelLine, width: int) -> list[int]:
    wanted = [places(cell.text) for cell in line]
    return shared(wanted, [cell.width for cell in line], [cell.kept for cell in line], width - len(line) + 1)


def _parts(text: str, room: int) -> list[str]:
    return parts_of(text, room, MORE)[:MOST_STEPS]


def _cut(text: str, room: int) -> str:
    """The text, or as much of it as there is room for with a point after it."""
    while places(text) > room:
        text = text[:-2] + "." if len(text) > 1 else ""
    return text
