"""What does not fit on the boards, and what their fonts cannot draw, before anybody sees it on a board.

Every text that may ever stand in a cell is put into it: all names of stations, places as trains use them, statuses
with large delays, train numbers, headings, titles, footers. A text that a page would have to scroll because it is too
long even in the smallest type is a finding, and so is one with a sign that no font has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_guidance.boxes import CELL_GAP, SECOND_LANGUAGE, CellBox, RegionBoxes, board_boxes
from stationmaster_guidance.fonts import USUAL_FAMILIES, Face, FontBook, lacking, text_width
from stationmaster_guidance.layout import BoardLayout, Languages, Overflow, Region
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.naming import put_names, served_words
from stationmaster_guidance.possible_texts import PossibleTexts
from stationmaster_kernel.configuration import Board, Configuration, Words

__all__ = ["FitReport", "FontBook", "check_fit"]

SMALLEST = 0.68
"""How far a page makes a text smaller before it scrolls it: `SMALLEST` in `fit.js`."""

SMALLEST_TITLE = 0.35
"""The same for headings and titles."""

SMALLEST_VERTICAL = 0.2
"""The same for a language that is written from top to bottom."""

WRAPPED = 0.55
"""The smallest size at which a text is set on several lines."""

TOLERANCE = 1.02
"""A page's own measure differs from ours by kerning and rounding."""

LINE = 1.15


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """What a check has found. `fonts` are lines that say what was looked at; `texts` and `cells` count the work."""

    findings: tuple[Fault, ...]
    fonts: tuple[str, ...]
    texts: int
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """One text that is wrong in one place; `lack` is how many times too long it is, or 0 for a sign that is missing."""

    file: str
    place: str
    board: str
    problem: str
    allowed: str
    lack: float


def check_fit(configuration: Configuration, *, numbers: Sequence[str] = (), book: FontBook) -> FitReport:
    """Look at every board of a station.

    Args:
        configuration: the station; a layout that has faults is passed over, for `stationmaster check` tells those.
        numbers: the train numbers of the timetable.
        book: where fonts are looked for.

    """
    texts = PossibleTexts(configuration, numbers)
    findings: dict[tuple[str, str, str], _Finding] = {}
    tried: set[str] = set()
    told: dict[str, None] = {}
    cells = 0
    layouts = _layouts(configuration)
    for board in configuration.boards:
        layout = layouts.get(board.layout)
        if layout is None:
            continue
        desk = _Desk(configuration, board, layout, book)
        told |= dict.fromkeys(desk.fonts())
        for found in desk.look(texts):
            tried.add(found.text)
            cells += 1
            if found.finding is not None:
                key = (found.finding.file, found.finding.place, found.text)
                held = findings.get(key)
                if held is None or held.lack < found.finding.lack:
                    findings[key] = found.finding
    faults = [
        Fault(file=each.file, place=f"{each.place} on {each.board}", problem=each.problem, allowed=each.allowed)
        for each in findings.values()
    ]
    return FitReport(findings=tuple(faults), fonts=tuple(told), texts=len(tried), cells=cells)


def _layouts(configuration: Configuration) -> dict[str, BoardLayout]:
    good = {}
    for written in configuration.layouts:
        faults = Faults()
        layout = parse_layout(written.body, written.id, faults)
        if not faults:
            good[written.id] = layout
    return good


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    text: str
    finding: _Finding | None


class _Desk:
    """One board with its layout and its fonts."""

    def __init__(self, configuration: Configuration, board: Board, layout: BoardLayout, book: FontBook) -> None:
        self._configuration = configuration
        self._board = board
        self._layout = layout
        self._file = f"layouts/{layout.id}.toml"
        self._languages = configuration.station.languages[: 1 if layout.languages is Languages.FIRST else None]
        self._families = {
            language: layout.families(language) or USUAL_FAMILIES for language in configuration.station.languages
        }
        self._faces: dict[str, tuple[Face, ...]] = {
            language: book.faces(families) for language, families in self._families.items()
        }

    def fonts(self) -> Iterator[str]:
        """What is known of each language's fonts."""
        for language, faces in self._faces.items():
            names = ", ".join(self._families[language])
            if faces:
                yield f"{language}: {', '.join(str(face.file) for face in faces)}"
            else:
                yield f"{language}: none of {names} is here; widths are guessed and signs are not looked for"

    def look(self, texts: PossibleTexts) -> Iterator[_Tried]:
        """Every text in every cell of the board."""
        layout, board = self._layout, self._board
        boxes = board_boxes(board, layout)
        if boxes.header is not None:
            room = boxes.header.width * (0.92 if boxes.side or layout.header.clock is False else 0.6)
            yield from self._title("header.title", layout.header.titles, room, boxes.title_size)
        if boxes.footer is not None:
            yield from self._title("footer", layout.footer, boxes.footer.width * 0.96, boxes.footer_size)
        for number, (region, drawn) in enumerate(zip(layout.regions, boxes.regions, strict=True), start=1):
            yield from self._region(f"region[{number}]", region, drawn, texts)

    def _region(self, place: str, region: Region, drawn: RegionBoxes, texts: PossibleTexts) -> Iterator[_Tried]:
        if drawn.title is not None:
            yield from self._title(f"{place}.title", region.titles, drawn.title.width, drawn.title_size)
        yield from self._title(f"{place}.empty", region.empty, drawn.box.width, 0.0)
        for column, box in drawn.headings:
            room = box.width - CELL_GAP * drawn.heading_size
            yield from self._title(f"{place} heading of {column.field}", column.headings, room, drawn.heading_size)
        for cell in drawn.rows[0]:
            column = cell.column
            for language in (column.language,) if column.language else self._languages:
                for text in texts.of(column.field, language):
                    yield self._try(f"{place} {column.field}.{language}", text, language, cell)

    def _try(self, place: str, text: str, language: str, cell: CellBox) -> _Tried:
        together = self._layout.languages is Languages.TOGETHER and not cell.column.language
        size = cell.type_size * (SECOND_LANGUAGE if together and language != self._languages[0] else 1.0)
        room, overflow = cell.room, cell.column.overflow
        length = text_width(text, self._faces[language]) * size if language in self._faces else len(text) * size
        smallest = SMALLEST
        if language in self._layout.vertical:
            room, smallest = cell.box.height, SMALLEST_VERTICAL
        elif overflow is Overflow.SCROLL:
            room = float("inf")  # it is meant to scroll
        elif overflow is Overflow.WRAP:
            lines = max(1, int(cell.box.height / (size * WRAPPED * LINE)))
            room, smallest = room * lines, WRAPPED
        return self._tried(place, text, language, lack=length * smallest / room, wide=length / size)

    def _title(self, place: str, words: Words, room: float, size: float) -> Iterator[_Tried]:
        places = served_words(self._board, self._configuration)
        for language, text in put_names(words, self._board, places, self._configuration.station):
            if language in self._languages:
                length = text_width(text, self._faces[language])
                lack = length * size * SMALLEST_TITLE / room
                yield self._tried(f"{place}.{language}", text, language, lack=lack, wide=length)

    def _tried(self, place: str, text: str, language: str, *, lack: float, wide: float) -> _Tried:
        faces = self._faces.get(language, ())
        missing = lacking(text, faces) if faces else ""
        problem = allowed = ""
        if missing:
            signs = " ".join(f"{sign} U+{ord(sign):04X}" for sign in missing)
            problem, lack = f"{text!r} has signs that no font has: {signs}", 0.0
            allowed = f"other signs, or a font that has them in [fonts] {language}"
        elif lack > TOLERANCE:
            problem = f"{text!r} is {lack:.2f} times too long even in the smallest type and will scroll or be cut"
            allowed = f"a shorter text, at most {wide / lack:.1f} characters wide, or a wider cell"
        if not problem:
            return _Tried(text=text, finding=None)
        board = self._board
        finding = _Finding(
            file=self._file,
            place=place,
            board=f"{board.id} ({board.width}×{board.height})",
            problem=problem,
            allowed=allowed,
            lack=lack,
        )
        return _Tried(text=text, finding=finding)
