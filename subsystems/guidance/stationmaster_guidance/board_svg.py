"""A board as SVG: the same boxes, texts and colours as the page's, drawn without a browser.

It is for documents, for plans that go to a printer, and for machines without Chromium. Sizes follow the style sheet to
within some pixels; what scrolls on the page is drawn in its smallest type here, and cut at its cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant, local_hhmm
from stationmaster_guidance.boxes import LINE_HEIGHT, SECOND_LANGUAGE, BoardBoxes, Box, CellBox, board_boxes
from stationmaster_guidance.cars import car_count
from stationmaster_guidance.fonts import USUAL_FAMILIES, FontBook, text_width
from stationmaster_guidance.layout import Languages
from stationmaster_guidance.moment import BoardMoment
from stationmaster_guidance.naming import put_names
from stationmaster_guidance.rows import BoardRow
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.values import Status

__all__ = ["board_svg"]

SMALLEST = 0.2
BASELINE = 0.36
"""How far below its middle a text's baseline is, in type sizes."""

ANCHORS = {"left": "start", "centre": "middle", "right": "end"}
LABEL = 0.34
TINT = 0.2
"""How much of a state's colour the ground of its row has."""


def board_svg(moment: BoardMoment, *, language: int = 0, page: int = 1, book: FontBook | None = None) -> str:
    """The board as an SVG document of its own size.

    Args:
        moment: the board.
        language: which language, counted from 0, where they alternate.
        page: which page, counted from 1; a region with fewer pages shows its last.
        book: where fonts are looked for to measure texts; the machine's own unless given.

    """
    return _Drawing(moment, language, page, book or FontBook()).text()


@dataclass(frozen=True, slots=True)
class _Type:
    """How a text is set: its size in pixels, where it stands in its box, its colour."""

    size: float
    align: str
    colour: str


class _Drawing:
    def __init__(self, moment: BoardMoment, language: int, page: int, book: FontBook) -> None:
        self._moment = moment
        self._layout = moment.layout
        self._colours = moment.layout.colours
        self._page = page
        languages = moment.station.languages
        together = self._layout.languages is Languages.TOGETHER
        shown = 0 if self._layout.languages is Languages.FIRST else language % len(languages)
        self._languages = languages if together else (languages[shown],)
        self._first = languages[0]
        self._families = {name: self._layout.families(name) or USUAL_FAMILIES for name in languages}
        self._faces = {name: book.faces(families) for name, families in self._families.items()}
        self._parts: list[str] = []

    def text(self) -> str:
        board, colours = self._moment.board, self._colours
        pages = [min(self._page, region.pages) for region in self._moment.picture.regions]
        rows = [
            [row for row in self._moment.picture.rows if row.region == number and row.page == pages[number]]
            for number in range(len(pages))
        ]
        boxes = board_boxes(board, self._layout, [len(each) for each in rows])
        whole = Box(x=0, y=0, width=board.width, height=board.height)
        self._fill(whole, colours.background)
        self._frame(boxes)
        for number, region in enumerate(self._layout.regions):
            drawn = boxes.regions[number]
            if drawn.title is not None:
                self._words(drawn.title, self._named(region.titles), _Type(drawn.title_size, "left", colours.muted))
            for column, box in drawn.headings:
                self._words(box, column.headings, _Type(drawn.heading_size, column.align, colours.muted))
            for row, cells in zip(self._ordered(rows[number]), drawn.rows, strict=False):
                if row.status is Status.PLATFORM_CHANGED:
                    self._mark([cell.box for cell in cells], colours.of(row.status))
                for cell in cells:
                    self._cell(cell, row)
            if not rows[number]:
                size = min(0.09 * board.height, 0.05 * drawn.box.width)
                self._words(drawn.box, self._named(region.empty), _Type(size, "centre", colours.muted))
        if not self._layout.regions:
            self._message(boxes)
        own = f'width="{board.width}" height="{board.height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {own} viewBox="0 0 {board.width} {board.height}" '
            f'font-weight="700">\n' + "\n".join(self._parts) + "\n</svg>\n"
        )

    def _ordered(self, rows: list[BoardRow]) -> list[BoardRow]:
        return sorted(rows, key=lambda row: (row.order, row.call, row.task))

    def _frame(self, boxes: BoardBoxes) -> None:
        header, colours = self._layout.header, self._colours
        if boxes.header is not None:
            self._fill(boxes.header, colours.header)
            now = local_hhmm(Instant(int(self._moment.now)), ZoneInfo(self._moment.station.zone))
            box, margin = boxes.header, 0.016 * self._moment.board.width
            part = 0.25 * box.height if boxes.side else 0.0
            clock = 0.34 * box.height if not boxes.side else boxes.title_size * 0.7
            title = Box(
                x=box.x + margin,
                y=box.y + part,
                width=box.width - 2 * margin - (0 if boxes.side else 3.4 * clock),
                height=box.height - 2 * part,
            )
            align = "centre" if boxes.side else "left"
            self._words(title, self._named(header.titles), _Type(boxes.title_size, align, colours.header_text))
            if header.clock and boxes.side:
                place = Box(x=box.x, y=box.y + 0.7 * box.height, width=box.width, height=0.2 * box.height)
                self._words(place, (("", now),), _Type(clock, "centre", colours.header_text))
            elif header.clock:
                place = Box(x=box.x, y=box.y, width=box.width - margin, height=box.height)
                self._words(place, (("", now),), _Type(clock * 1.6, "right", colours.header_text))
        if boxes.footer is not None:
            self._fill(boxes.footer, colours.header)
            place = Box(
                x=boxes.footer.x + 0.016 * self._moment.board.width,
                y=boxes.footer.y,
                width=boxes.footer.width,
                height=boxes.footer.height,
            )
            self._words(place, self._named(self._layout.footer), _Type(boxes.footer_size, "left", colours.header_text))

    def _message(self, boxes: BoardBoxes) -> None:
        board, message = self._moment.board, self._layout.message
        top = boxes.header.height if boxes.header is not None and not boxes.side else 0.0
        left = boxes.header.width if boxes.header is not None and boxes.side else 0.0
        box = Box(x=left, y=top, width=board.width - left, height=board.height - top)
        self._fill(box, message.background)
        texts = [
            (language, line)
            for language, text in self._named(message.texts)
            if language in self._languages
            for line in text.split("\n")
        ]
        size = min(0.5 * box.height / max(1, len(texts)), 0.1 * box.width) * message.size
        for number, (language, line) in enumerate(texts):
            y = box.y + box.height / 2 + (number - (len(texts) - 1) / 2) * size * 1.4
            at = Box(x=box.x + 0.04 * board.width, y=y - size / 2, width=box.width - 0.08 * board.width, height=size)
            self._one(at, language, line, _Type(size, message.align, message.text))

    def _mark(self, boxes: Sequence[Box], colour: str) -> None:
        """A ground of its own for a row that is none of this platform's; the page has it striped."""
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
        box = Box(x=left, y=top, width=right - left, height=bottom - top)
        self._fill(box, _between(self._colours.background, colour, TINT))

    def _cell(self, cell: CellBox, row: BoardRow) -> None:
        colours, column = self._colours, cell.column
        status = colours.of(row.status)
        if column.field == "cars":
            self._cars(cell, row)
            return
        colour = {"number": colours.number, "status": status}.get(column.field, colours.text)
        box = Box(x=cell.box.x, y=cell.box.y, width=cell.room, height=cell.box.height)
        if cell.labelled:
            size = max(LABEL * cell.type_size, min(0.16 * box.height, 0.02 * self._moment.board.width))
            top = Box(x=box.x, y=box.y, width=box.width, height=size * 1.6)
            self._words(top, column.headings, _Type(size, column.align, colours.muted), only=column.language, flat=True)
            box = Box(x=box.x, y=box.y + top.height, width=box.width, height=box.height - top.height)
        if column.filled and row.status_texts:
            inner = Box(x=box.x, y=box.y + 0.05 * box.height, width=cell.room, height=0.9 * box.height)
            self._fill(inner, status, round_by=0.1 * inner.height)
            box, colour = inner, colours.background
        self._words(box, self._shown(cell, row), _Type(cell.type_size, column.align, colour), only=column.language)

    def _shown(self, cell: CellBox, row: BoardRow) -> Words:
        fields = dict(row.fields)
        name = cell.column.field
        if name == "status":
            return row.status_texts
        if name == "formation":
            return (("", row.formation),)
        if name != "time" or name in fields:
            return fields.get(name, ())
        planned, expected = (next(iter(dict(fields.get(each, ())).values()), "") for each in ("planned", "expected"))
        return (("", f"{planned} → {expected}" if expected else planned),)

    def _cars(self, cell: CellBox, row: BoardRow) -> None:
        cars, colours, box = self._layout.cars, self._colours, cell.box
        count = car_count(row.formation)
        room = max(cars.places, count)
        high = box.height / 2
        for number, name in enumerate(cars.sectors):
            width = box.width / len(cars.sectors)
            mark = Box(x=box.x + number * width, y=box.y, width=width, height=high * 0.9)
            colour = colours.number if name == cars.here else colours.muted
            self._words(mark, (("", name),), _Type(high * 0.6, "centre", colour))
        width = box.width / room
        for index in range(count):
            number = count - index if cars.first == "right" else index + 1
            x = box.x + ((room - count) // 2 + index) * width
            car = Box(x=x, y=box.y + high, width=width * 0.94, height=high * 0.86)
            self._fill(car, colours.header, round_by=high * 0.12)
            look = _Type(min(high, width) * 0.55, "centre", colours.header_text)
            self._words(car, (("", str(number)),), look)

    def _named(self, words: Words) -> Words:
        return put_names(words, self._moment.board, self._moment.places, self._moment.station)

    def _of(self, words: Words, only: str) -> Iterator[tuple[str, str]]:
        """What of a text is shown: one text for each language, or a single one where they are all the same."""
        texts = dict(words)
        general = texts.get("", texts.get(self._first, ""))
        shown = [(language, texts.get(language, general)) for language in ((only,) if only else self._languages)]
        yield from shown[:1] if len({text for _, text in shown}) == 1 else shown

    def _words(self, box: Box, words: Words, look: _Type, *, only: str = "", flat: bool = False) -> None:
        texts = [(language, text) for language, text in self._of(words, only) if text]
        if flat:
            texts = [(texts[0][0], "  ".join(text for _, text in texts))] if texts else []
        sizes = [look.size * (SECOND_LANGUAGE if number else 1.0) for number in range(len(texts))]
        y = box.y + (box.height - LINE_HEIGHT * sum(sizes)) / 2
        for (language, text), own in zip(texts, sizes, strict=True):
            line = Box(x=box.x, y=y, width=box.width, height=own * LINE_HEIGHT)
            self._one(line, language, text, _Type(own, look.align, look.colour))
            y += own * LINE_HEIGHT

    def _one(self, box: Box, language: str, text: str, kind: _Type) -> None:
        size, align = kind.size, kind.align
        family = ", ".join(f"'{each}'" for each in self._families.get(language, USUAL_FAMILIES)) + ", sans-serif"
        x = {"left": box.x, "centre": box.x + box.width / 2, "right": box.x + box.width}[align]
        y = box.y + box.height / 2
        look = f'font-family="{family}" fill="{kind.colour}" xml:lang="{escape(language)}"'
        length = text_width(text, self._faces.get(language, ())) * size
        if language in self._layout.vertical:
            scale = max(SMALLEST, min(1.0, box.height / max(length, 1)))
            self._parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size * scale:.1f}" {look} '
                f'style="writing-mode: vertical-lr" text-anchor="middle">{escape(text)}</text>'
            )
            return
        scale = max(SMALLEST, min(1.0, box.width / max(length, 1)))
        self._parts.append(
            f'<text x="{x:.1f}" y="{y + BASELINE * size * scale:.1f}" font-size="{size * scale:.1f}" {look} '
            f'text-anchor="{ANCHORS[align]}">{escape(text)}</text>'
        )

    def _fill(self, box: Box, colour: str, *, round_by: float = 0.0) -> None:
        corner = f' rx="{round_by:.1f}"' if round_by else ""
        self._parts.append(
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"{corner} '
            f'fill="{colour}"/>'
        )


def _between(ground: str, colour: str, part: float) -> str:
    """The colour that lies `part` of the way from one `#rrggbb` to the other."""
    pairs = ((int(ground[at : at + 2], 16), int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(low + (high - low) * part):02x}" for low, high in pairs)
