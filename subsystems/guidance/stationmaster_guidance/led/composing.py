"""What an LED panel says: a board's picture as pages of lines of words, before a dot is drawn or a frame is made.

The rows are those of the board's picture, so panel and web page cannot differ in what they show; only how many stand on
a page is counted anew, because a panel's type has a fixed height. Colours follow the layout: what is more red than
green there is red here, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stationmaster_guidance.geometry import lines_of
from stationmaster_guidance.layout import BoardLayout, Column, Languages, Region
from stationmaster_guidance.led.dots import Ink
from stationmaster_guidance.led.wrapping import wrapped
from stationmaster_guidance.messages import NOTHING_WRITTEN, BoardMessage, BoardMessages
from stationmaster_guidance.rows import NO_ROOM, BoardPicture, BoardRow
from stationmaster_kernel.configuration import Board, StationFacts, Words

__all__ = ["PanelCell", "PanelLine", "PanelPage", "Said", "Show", "compose", "ink_of", "merged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCell:
    """Words in a line; `width` is their share of it, and `align` left, right or center. `kept`: rather cut others."""

    text: str
    width: float = 1.0
    align: str = "left"
    ink: Ink = Ink.AMBER
    kept: bool = False


PanelLine = tuple[PanelCell, ...]


def merged(line: PanelLine) -> PanelCell:
    """All of a line in one cell, for panels that are too narrow for columns; its colour is that of the last."""
    text = " ".join(cell.text for cell in line if cell.text)
    return PanelCell(text=text, ink=line[-1].ink if line else Ink.AMBER)


_KEPT = ("number", "planned", "expected", "time", "platform", "track", "gates")
"""Fields of which a part would be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPage:
    """What stands on the panel at once, from the top down, and for how many seconds."""

    lines: tuple[PanelLine, ...]
    dwell_s: float
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A row that is on the panel, for its readback: task, revision and page (from 1)."""

    task: str
    revision: int
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """All of a panel's pages, one after the other and again, the rows on them, and how many there is room for."""

    pages: tuple[PanelPage, ...]
    rows: tuple[Said, ...] = ()
    capacity: int = 0


def compose(
    board: Board,
    layout: BoardLayout,
    picture: BoardPicture,
    station: StationFacts,
    *,
    lines: int,
    characters: int,
    messages: BoardMessages = NOTHING_WRITTEN,
    notice: Words = (),
    places: Words = (),
    header: bool = False,
    speaks: Callable[[str], bool] = lambda _: True,
) -> Show:
    """The board's pages on a panel of `lines` lines of so many `characters`, two for each Chinese one.

    Args:
        board: the board.
        layout: how it looks.
        picture: its rows.
        station: for the languages and the name.
        lines: lines that the panel has room for.
        characters: Latin letters in a line.
        messages: what people have written: those that take all of it are shown instead of rows, the others after them.
        notice: words that stand on every page, below: that the rows cannot be relied on.
        places: what the board serves, for texts with `{places}`.
        header: whether the title stands above.
        speaks: whether the card can show a text at all; a language in which it cannot show the title is left out.

    """
    languages = _languages(layout, station, speaks)
    texts = _Texts(board, station, places)
    if messages.whole:
        pages = [
            page
            for message in messages.whole
            for language in languages
            for page in _written(message, language, lines, characters, layout.dwell_s)
        ]
        written = tuple(Said(task=each.task, revision=each.revision, page=1) for each in messages.whole)
        return Show(pages=tuple(pages), rows=written, capacity=len(written))
    room = max(1, lines - (header and lines > 1) - (bool(notice) and lines > 1))
    pages = []
    rows: list[Said] = []
    dwell = layout.dwell_s / len(languages)
    for index, region in enumerate(layout.regions):
        mine = [row for row in picture.rows if row.region == index and row.page != NO_ROOM]
        mine.sort(key=lambda row: row.page)
        fit = max(1, room // len(lines_of(board, region)))
        for start in range(0, max(1, len(mine)), fit):
            on_page = mine[start : start + fit]
            if not on_page and not region.empty:
                continue
            for language in languages:
                above = texts.line(layout.header.titles, language, layout.colours.header_text) if header else ()
                body = [line for row in on_page for line in _row(board, layout, region, row, language)]
                if not on_page:
                    body = [texts.line(region.empty, language, layout.colours.muted)]
                below = texts.line(notice, language, "#ff0000")
                pages += _fitted(lines, above, body, below, dwell=dwell, language=language)
            page = 1 + (rows[-1].page if rows else 0)
            rows += [Said(task=row.task, revision=row.revision, page=page) for row in on_page]
    for message in messages.lines:
        for language in languages:
            pages += _written(message, language, lines, characters, layout.dwell_s)
        rows.append(Said(task=message.task, revision=message.revision, page=1))
    if not pages:
        below = texts.line(notice, languages[0], "#ff0000")
        pages = _fitted(lines, (), [()], below, dwell=dwell, language=languages[0])
    capacity = sum(room // len(lines_of(board, region)) * region.pages for region in layout.regions)
    return Show(pages=tuple(pages), rows=tuple(rows), capacity=max(capacity, len(rows)))


def ink_of(colour: str) -> Ink:
    """The dots that come nearest to a colour `#rrggbb`."""
    red, green = int(colour[1:3], 16) >= 128, int(colour[3:5], 16) >= 128
    if red and green:
        return Ink.AMBER
    return Ink.RED if red else Ink.GREEN if green else Ink.AMBER


def _fitted(
    lines: int,
    above: PanelLine,
    body: Sequence[PanelLine],
    below: PanelLine,
    *,
    dwell: float,
    language: str,
) -> list[PanelPage]:
    """A page, or, where there is one line only, one for the rows and one for the notice."""
    whole = [line for line in (above, *body) if line] if lines > 1 else [line for line in body if line]
    if lines > 1:
        whole += [()] * (lines - len(whole) - 1) + [below] if below else []
        return [PanelPage(lines=tuple(whole), dwell_s=dwell, language=language)]
    parts = [whole, [below]] if below else [whole]
    return [PanelPage(lines=tuple(part), dwell_s=dwell / len(parts), language=language) for part in parts]


def _written(message: BoardMessage, language: str, lines: int, characters: int, dwell_s: float) -> list[PanelPage]:
    """A text over all of the panel, on as many pages as it needs; an emergency is red."""
    text = wrapped(_said(message.texts, language), characters)
    ink = Ink.RED if message.emergency else Ink.AMBER
    return [
        PanelPage(
            lines=tuple((PanelCell(text=line, align="center", ink=ink),) for line in text[start : start + lines]),
            dwell_s=dwell_s,
            language=language,
        )
        for start in range(0, len(text), lines)
    ]


def _languages(layout: BoardLayout, station: StationFacts, speaks: Callable[[str], bool]) -> tuple[str, ...]:
    names = dict(station.names)
    shown = tuple(each for each in station.languages if speaks(names.get(each, each))) or station.languages[-1:]
    return shown[:1] if layout.languages is Languages.FIRST else shown


def _row(board: Board, layout: BoardLayout, region: Region, row: BoardRow, language: str) -> list[PanelLine]:
    return [
        tuple(
            PanelCell(
                text=_cell(row, column, column.language or language),
                width=column.width / line.width,
                align=column.align,
                ink=_ink(layout, row, column),
                kept=column.field in _KEPT,
            )
            for column in line.columns
        )
        for line in lines_of(board, region)
    ]


def _cell(row: BoardRow, column: Column, language: str) -> str:
    fields = dict(row.fields)
    if column.field == "status":
        return _said(row.status_texts, language)
    if column.field == "time" and "time" not in fields:
        return _said(fields.get("expected", ()), language) or _said(fields.get("planned", ()), language)
    return _said(fields.get(column.field, ()), language)


def _ink(layout: BoardLayout, row: BoardRow, column: Column) -> Ink:
    colours = layout.colours
    if column.field == "number":
        return ink_of(colours.number)
    return ink_of(colours.of(row.status) if column.field in ("status", "time", "expected") else colours.text)


def _said(words: Words, language: str) -> str:
    """The text in a language, else the one that holds for all, else the first."""
    known = dict(words)
    return known.get(language) or known.get("") or next(iter(known.values()), "")


class _Texts:
    """A layout's own texts, with what may stand in them."""

    def __init__(self, board: Board, station: StationFacts, places: Words) -> None:
        self._within = {"{board}": board.names, "{station}": station.names, "{places}": places}

    def line(self, words: Words, language: str, colour: str) -> PanelLine:
        """A line of its own; none if there are no words."""
        text = _said(words, language)
        for mark, names in self._within.items():
            text = text.replace(mark, _said(names, language))
        return (PanelCell(text=text, align="center", ink=ink_of(colour)),) if text else ()
