"""Draws a board as a control room sees it: dark, with a text that takes all of it, or with its rows and lines.

It is read by the process only when somebody looks at a picture: what finds fonts takes a third of a second to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from stationmaster_guidance.board_svg import board_svg
from stationmaster_guidance.fonts import USUAL_FAMILIES, FontBook, text_width
from stationmaster_guidance.moment import BoardMoment
from stationmaster_guidance.pictures import Drawn
from stationmaster_kernel.configuration import Board

__all__ = ["PictureDrawer"]

LINE_GROUND, LINE_TEXT = "#7a4d00", "#ffffff"
"""Colours of a person's line below the rows."""

LINE_PART = 0.09
"""How much of the board's height it takes."""


class PictureDrawer:
    """Draws one picture at a time; it looks for the machine's fonts when it is first asked."""

    def __init__(self) -> None:
        self._book = FontBook()

    def draw(self, drawn: Drawn) -> bytes:
        """The picture as an SVG document in UTF-8."""
        board = drawn.moment.board
        if drawn.dark:
            return _dark(board).encode()
        if drawn.whole:
            return _text(drawn.moment, drawn.whole, self._book).encode()
        svg = board_svg(drawn.moment, language=drawn.language, page=drawn.page, book=self._book)
        return _with_lines(svg, board, drawn.lines).encode()


def _open_svg(board: Board) -> str:
    size = f'width="{board.width}" height="{board.height}" viewBox="0 0 {board.width} {board.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-weight="700">'


def _dark(board: Board) -> str:
    return f'{_open_svg(board)}<rect width="{board.width}" height="{board.height}" fill="#000000"/></svg>'


def _text(moment: BoardMoment, words: Sequence[str], book: FontBook) -> str:
    """A text that takes the board, as large as it can be."""
    board, colours = moment.board, moment.layout.colours
    lines = [line for text in words for line in text.split("\n")]
    faces = book.faces(USUAL_FAMILIES)
    widest = max((text_width(line, faces) for line in lines), default=1.0) or 1.0
    size = min(0.92 * board.width / widest, 0.8 * board.height / (1.4 * max(1, len(lines))), 0.3 * board.height)
    family = escape(", ".join(f"'{each}'" for each in USUAL_FAMILIES), quote=True)
    top = board.height / 2 - (len(lines) - 1) * 0.7 * size
    texts = "".join(
        f'<text x="{board.width / 2:.1f}" y="{top + number * 1.4 * size + 0.36 * size:.1f}" text-anchor="middle" '
        f'font-size="{size:.1f}" font-family="{family}, sans-serif" fill="{colours.text}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return f'{_open_svg(board)}<rect width="100%" height="100%" fill="{colours.background}"/>{texts}</svg>'


def _with_lines(svg: str, board: Board, lines: Sequence[str]) -> str:
    """The picture with people's lines below its rows, which make room for them."""
    if not lines:
        return svg
    head, _, rows = svg.removesuffix("</svg>\n").partition("\n")
    high = LINE_PART * board.height
    strip = (
        f'<rect x="0" y="{board.height - high:.1f}" width="{board.width}" height="{high:.1f}" fill="{LINE_GROUND}"/>'
        f'<text x="{0.016 * board.width:.1f}" y="{board.height - 0.3 * high:.1f}" font-size="{0.6 * high:.1f}" '
        f'font-family="sans-serif" fill="{LINE_TEXT}">{escape(lines[0])}</text>'
    )
    return f'{head}\n<g transform="scale(1 {1 - LINE_PART:.2f})">\n{rows}</g>\n{strip}\n</svg>\n'
