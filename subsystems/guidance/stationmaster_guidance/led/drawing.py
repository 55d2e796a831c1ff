"""A panel's page as dots, in the largest font that its lines and words allow.

Words that go into their cell in no font are drawn in steps, a picture for each: the page stays as it is, and in that
cell one part of the words comes after the other. Where a cell is too small even for that, the whole line is drawn so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from stationmaster_guidance.led.composing import PanelCell, PanelPage, merged
from stationmaster_guidance.led.dots import SIZES, Bitmap
from stationmaster_guidance.led.glyphs import Canvas, Fonts
from stationmaster_guidance.led.sharing import shared
from stationmaster_guidance.led.wrapping import MOST_STEPS, parts_of

__all__ = ["Drawn", "draw", "draw_steps"]

GAP = 2
"""Dots between two cells."""

LEAST = 2
"""A cell whose words do not fit has room for so many Chinese characters at least."""

MORE = "…"
"""Stands where the next step goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A page as dots, and the words that did not go into their cell and were cut."""

    bitmap: Bitmap
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A cell with its place: dots from the left and from the top, its room, its font, its words in parts."""

    cell: PanelCell
    left: int
    top: int
    room: int
    size: int
    parts: tuple[str, ...]


def draw(page: PanelPage, fonts: Fonts, *, width: int, height: int, size: int) -> Drawn:
    """The page in its first step, as `draw_steps` has it."""
    return draw_steps(page, fonts, width=width, height=height, size=size)[0]


def draw_steps(page: PanelPage, fonts: Fonts, *, width: int, height: int, size: int) -> tuple[Drawn, ...]:
    """The page on a panel of `width` × `height` dots, in the font `size`; words too long for it in a smaller one.

    Returns:
        a picture for each step, at least one; each cell begins anew when its own parts are over.

    Raises:
        StationError: `led-font-missing`.

    """
    placed = list(_placed(page, fonts, width, height, size))
    steps = max((len(each.parts) for each in placed), default=1)
    cut = tuple(each.cell.text for each in placed if _is_cut(each, fonts))
    return tuple(Drawn(bitmap=_drawn(placed, step, fonts, width, height), cut=cut) for step in range(steps))


def _placed(page: PanelPage, fonts: Fonts, width: int, height: int, size: int) -> Iterator[_Placed]:
    forms = {count: _form(page, count, fonts, width, size) for count in {len(line) for line in page.lines if line}}
    for number, line in enumerate(page.lines):
        top = number * size
        if top + size > height or not line:
            continue
        cells = line
        high, rooms = forms[len(line)]
        if any(_too_small(cell.text, high, room, fonts) for cell, room in zip(line, rooms, strict=True)):
            cells, rooms = (merged(line),), [width]
        left = 0
        for cell, room in zip(cells, rooms, strict=True):
            parts = parts_of(cell.text, room, MORE, partial(fonts.width, size=high))
            yield _Placed(
                cell=cell, left=left, top=top + size - high, room=room, size=high, parts=tuple(parts[:MOST_STEPS])
            )
            left += room + GAP


def _too_small(text: str, size: int, room: int, fonts: Fonts) -> bool:
    """Whether nothing of the words goes into the room that would still be read."""
    return fonts.width(text, size) > room and room < LEAST * size


def _is_cut(placed: _Placed, fonts: Fonts) -> bool:
    last = placed.parts[-1]
    return fonts.width(last, placed.size) > placed.room or (len(placed.parts) == MOST_STEPS and last.endswith(MORE))


def _drawn(placed: Sequence[_Placed], step: int, fonts: Fonts, width: int, height: int) -> Bitmap:
    canvas = Canvas(fonts, width, height)
    for each in placed:
        text = each.parts[step % len(each.parts)]
        while text and fonts.width(text, each.size) > each.room:
            text = text[:-2] + "." if len(text) > 1 else ""
        if text:
            spare = each.room - fonts.width(text, each.size)
            shift = {"right": spare, "center": spare // 2}.get(each.cell.align, 0)
            canvas.put(text, each.size, each.left + shift, each.top, each.cell.ink, room=each.room)
    return canvas.bitmap()


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
