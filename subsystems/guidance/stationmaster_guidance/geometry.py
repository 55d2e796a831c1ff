"""How much fits on a board: its size and its layout decide where things lie and how many rows can be read.

The page measures for itself in the end; what is here has only to agree with it on the number of rows, because the rows
of a page are counted out where the picture is made and not where it is drawn.
"""

from __future__ import annotations

from stationmaster_guidance.layout import BoardLayout, HeaderPlace, Headings, Languages, Line, Region, Split
from stationmaster_kernel.configuration import Board

__all__ = ["capacity", "header_place", "is_across", "is_narrow", "lines_of"]

HEADER_TOP = (0.13, 0.10)
"""A header at the top takes this part of the height, but no more than this part of the width."""

HEADER_SIDE = 0.24
"""A header at the side takes this part of the width."""

SIDE_FROM = 3.0
"""From this ratio of width to height on, `auto` puts the header at the side."""

ROW_PER_CHARACTER = 1.5
"""A line is so many times as high as its type; the page's style sheet has the same number, as 66 % of a line."""

SMALLEST = 0.72
"""How far type may be smaller than its line's width allows before a page rather has fewer rows."""


def is_narrow(board: Board) -> bool:
    """Whether the board is higher than wide."""
    return board.height > board.width


def lines_of(board: Board, region: Region) -> tuple[Line, ...]:
    """The lines that a row of the region has on this board."""
    return region.narrow if region.narrow and is_narrow(board) else region.lines


def capacity(board: Board, layout: BoardLayout, region: Region) -> int:
    """How many rows the region shows on a page of this board: its `rows`, or fewer if they would be too small.

    The type of a line is as large as its width in characters allows; a page has no more rows than still leave
    that type most of its size.
    """
    if board.rows:  # built of characters: its lines are given, and its regions take turns
        return max(1, min(region.rows, board.rows // len(lines_of(board, region))))
    width, height = _room(board, layout)
    across = is_across(board, layout)
    part = region.share / sum(each.share for each in layout.regions)
    width, height = (width * part, height) if across else (width, height * part)
    lines = lines_of(board, region)
    type_size = min(width / line.width for line in lines)
    stacked = 1.45 if layout.languages is Languages.TOGETHER else 1.0
    inside = 1.3 if region.headings is Headings.INSIDE else 1.0
    row = type_size * SMALLEST * ROW_PER_CHARACTER * len(lines) * stacked * inside
    above = bool(region.titles) + 0.7 * (region.headings is Headings.TOP)
    return max(1, min(region.rows, int((height - above * row / len(lines)) / row)))


def is_across(board: Board, layout: BoardLayout) -> bool:
    """Whether the board's regions lie side by side."""
    return layout.split is Split.ACROSS or (layout.split is Split.AUTO and board.width * 3 > board.height * 4)


def header_place(board: Board, layout: BoardLayout) -> HeaderPlace:
    """Where the header stands on this board; never `auto`."""
    if layout.header.place is HeaderPlace.AUTO:
        return HeaderPlace.SIDE if board.width >= SIDE_FROM * board.height else HeaderPlace.TOP
    return layout.header.place


def _room(board: Board, layout: BoardLayout) -> tuple[float, float]:
    """Pixels that header and footer leave to the regions."""
    width, height = float(board.width), float(board.height)
    place = header_place(board, layout)
    if place is HeaderPlace.SIDE:
        width *= 1 - HEADER_SIDE
    elif place is HeaderPlace.TOP:
        height -= min(HEADER_TOP[0] * board.height, HEADER_TOP[1] * board.width)
    if layout.footer:
        height -= 0.05 * board.height
    return width * 0.97, height * 0.98
