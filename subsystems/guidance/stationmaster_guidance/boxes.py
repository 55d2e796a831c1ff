"""Where everything on a board lies, in pixels, as the page's style sheet lays it out.

The page measures for itself; these boxes are for what has no browser: the check whether names fit, and the picture of
a board as SVG. Where a number here and one in `board.css` say the same thing, the style sheet is named beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stationmaster_guidance.geometry import HEADER_SIDE, capacity, header_place, is_across, lines_of
from stationmaster_guidance.layout import BoardLayout, Column, HeaderPlace, Headings, Languages, Line, Region
from stationmaster_kernel.configuration import Board

__all__ = ["BoardBoxes", "Box", "CellBox", "RegionBoxes", "board_boxes"]

LINE_HEIGHT = 1.15
"""`#board { line-height }`."""

SECOND_LANGUAGE = 0.6
"""`.together .text:not(.l0, .lone)`: how large the languages below the first are."""

CELL_GAP = 0.45
"""`.cell { padding-right }`, in type sizes; the last of a line has LAST_GAP."""

LAST_GAP = 0.1

OF_HEIGHT = {(False, False): 0.66, (True, False): 0.46, (False, True): 0.50, (True, True): 0.36}
"""`.cell { font-size }` as a part of its line's height, by (together, with a label inside the cell)."""

OF_WIDTH = 0.92
"""`.cell { font-size }` as a part of the line's width for a character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in pixels, from the board's upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBox:
    """One cell of a row; `type_size` is that of its first language in pixels, `room` the width its text may take."""

    box: Box
    column: Column
    type_size: float
    room: float
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionBoxes:
    """A region: its title, its headings, and its rows of cells. `title` and `headings` are empty where it has none."""

    box: Box
    title: Box | None
    title_size: float
    headings: tuple[tuple[Column, Box], ...]
    heading_size: float
    rows: tuple[tuple[CellBox, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardBoxes:
    """A whole board; `header` and `footer` are None where it has none. Sizes of type are pixels."""

    header: Box | None
    title_size: float
    side: bool
    footer: Box | None
    footer_size: float
    regions: tuple[RegionBoxes, ...]


def board_boxes(board: Board, layout: BoardLayout, shown: Sequence[int] = ()) -> BoardBoxes:
    """Lay a board out.

    Args:
        board: its size.
        layout: how it looks.
        shown: how many rows each region shows at the moment, for those that grow; as many as there is room for unless
            given.

    """
    width, height = float(board.width), float(board.height)
    together = layout.languages is Languages.TOGETHER
    place = header_place(board, layout)
    room = Box(x=0, y=0, width=width, height=height)
    header: Box | None = None
    title_size = 0.0
    if place is HeaderPlace.SIDE:
        header = Box(x=0, y=0, width=width * HEADER_SIDE, height=height)
        title_size = min(0.42 * height, 0.09 * width) * (0.46 if together else 0.5)
        room = Box(x=header.width, y=0, width=width - header.width, height=height)
    elif place is HeaderPlace.TOP:
        head = min(0.115 * height, 0.09 * width)
        header = Box(x=0, y=0, width=width, height=head)
        title_size = head * (0.42 if together else 0.6)
        room = Box(x=0, y=head, width=width, height=height - head)
    footer: Box | None = None
    footer_size = min(0.03 * height, 0.026 * width)
    if layout.footer:
        languages = 1 + SECOND_LANGUAGE * (len(layout.footer) - 1) if together else 1.0
        high = footer_size * (LINE_HEIGHT * languages + 0.7)
        footer = Box(x=room.x, y=room.y + room.height - high, width=room.width, height=high)
        room = Box(x=room.x, y=room.y, width=room.width, height=room.height - high)
    return BoardBoxes(
        header=header,
        title_size=title_size,
        side=place is HeaderPlace.SIDE,
        footer=footer,
        footer_size=footer_size,
        regions=_regions(board, layout, room, shown),
    )


def _regions(board: Board, layout: BoardLayout, room: Box, shown: Sequence[int]) -> tuple[RegionBoxes, ...]:
    across = is_across(board, layout)
    gap = 0.004 * min(board.width, board.height)
    whole = sum(region.share for region in layout.regions)
    long = (room.width if across else room.height) - gap * (len(layout.regions) - 1)
    at = room.x if across else room.y
    made = []
    for number, region in enumerate(layout.regions):
        part = long * region.share / whole
        box = (
            Box(x=at, y=room.y, width=part, height=room.height)
            if across
            else Box(x=room.x, y=at, width=room.width, height=part)
        )
        at += part + gap
        size = capacity(board, layout, region)
        rows = max(1, min(size, shown[number])) if region.grow and number < len(shown) else size
        made.append(_region(board, layout, region, box, rows))
    return tuple(made)


def _region(board: Board, layout: BoardLayout, region: Region, box: Box, rows: int) -> RegionBoxes:
    least = min(board.width, board.height)
    x, width = box.x + 0.012 * board.width, box.width - 0.024 * board.width
    y, bottom = box.y + 0.004 * least, box.y + box.height - 0.004 * least
    lines = lines_of(board, region)
    title: Box | None = None
    title_size = min(0.044 * board.height, 0.046 * width)
    if region.titles:
        title = Box(x=x, y=y + 0.2 * title_size, width=width, height=title_size * LINE_HEIGHT)
        y += title_size * (LINE_HEIGHT + 0.2)
    headings: tuple[tuple[Column, Box], ...] = ()
    together = layout.languages is Languages.TOGETHER
    by_width, smallest, largest = (0.50, 0.018, 0.028) if together else (0.62, 0.019, 0.036)
    heading_size = max(smallest * least, min(by_width * width / lines[0].width, max(largest * least, 17.0)))
    if region.headings is Headings.TOP and any(column.headings for column in lines[0].columns):
        stacked = 1 + SECOND_LANGUAGE if together else 1.0
        high = heading_size * (LINE_HEIGHT * stacked + 0.55)
        headings = tuple((column, cell) for column, cell in _across(lines[0], x, y, width, high))
        y += high
    row_height = max(1.0, bottom - y) / rows
    return RegionBoxes(
        box=box,
        title=title,
        title_size=title_size,
        headings=headings,
        heading_size=heading_size,
        rows=tuple(
            _row(layout, region, lines, Box(x=x, y=y + number * row_height, width=width, height=row_height))
            for number in range(rows)
        ),
    )


def _row(layout: BoardLayout, region: Region, lines: Sequence[Line], box: Box) -> tuple[CellBox, ...]:
    together = layout.languages is Languages.TOGETHER
    whole = sum(line.height for line in lines)
    y, cells = box.y, []
    for number, line in enumerate(lines):
        high = box.height * line.height / whole
        for column, cell in _across(line, box.x, y, box.width, high):
            inside = region.headings is Headings.INSIDE and bool(column.headings)
            labelled = bool(column.headings) and (inside or (region.headings is Headings.TOP and number > 0))
            size = column.size * min(OF_HEIGHT[together, inside] * high, OF_WIDTH * box.width / line.width)
            gap = LAST_GAP if column is line.columns[-1] else CELL_GAP
            filled = 0.6 * size if column.filled else 0.0
            room = max(1.0, cell.width - gap * size - filled)
            cells.append(CellBox(box=cell, column=column, type_size=size, room=room, labelled=labelled))
        y += high
    return tuple(cells)


def _across(line: Line, x: float, y: float, width: float, height: float) -> list[tuple[Column, Box]]:
    cells = []
    for column in line.columns:
        part = width * column.width / line.width
        cells.append((column, Box(x=x, y=y, width=part, height=height)))
        x += part
    return cells
