"""Boards as a control room looks at them: the picture that should be there, and the one that was read from the page.

Both are drawn in the same way, so a difference between them is one between what should be seen and what is; the
second is made of the words that stand in the board's page and of nothing else. A machine that draws them takes nothing
from the boards: it is done in a thread, one picture at a time, and kept until the board changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock

from stationmaster_base.clock import StationClock
from stationmaster_base.health import JsonValue
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.boards import Boards, ShownBoard
from stationmaster_guidance.messages import BoardMessage
from stationmaster_guidance.moment import BoardMoment
from stationmaster_guidance.readings import Reading, ReadMessage, ReadRow
from stationmaster_guidance.rows import BoardPicture, BoardRow
from stationmaster_guidance.screens import Screens
from stationmaster_kernel.configuration import StationFacts, Words
from stationmaster_kernel.values import Status
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["Drawn", "InThread", "Pictures"]

MOST_KEPT = 200
"""Pictures that are kept."""

_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture is no page: nothing that stands in it may do anything, even where it is opened by itself."""

InThread = Callable[[Callable[[], Any]], Deferred[Any]]
"""Runs a function away from the reactor, or at once in tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What is to be drawn: `whole` takes the board, `lines` stand below the rows; dark boards show neither."""

    moment: BoardMoment
    dark: bool
    whole: tuple[str, ...]
    lines: tuple[str, ...]
    language: int
    page: int


class Pictures:
    """The routes.

    - `GET /api/v1/boards/ID/picture`: SVG; `of` is `should` or `shown`, `language` and `page` choose where they turn
    - `GET /api/v1/boards/ID/read`: what should stand there and what does, in words

    Args:
        face: where they go.
        boards: what should be seen.
        screens: what is.
        clock: station time.
        in_thread: runs a function away from the reactor.

    """

    def __init__(
        self, *, face: Face, boards: Boards, screens: Screens, clock: StationClock, in_thread: InThread
    ) -> None:
        self._boards = boards
        self._screens = screens
        self._clock = clock
        self._in_thread = in_thread
        self._drawer: Any = None
        self._drawing = DeferredLock()
        self._kept: dict[tuple[object, ...], bytes] = {}
        for path, answer in (
            ("/api/v1/boards/<path:name>/picture", self._picture),
            ("/api/v1/boards/<path:name>/read", self._read),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)

    def _picture(self, request: WebRequest, name: str) -> bytes | Deferred[bytes]:
        of, language, page = _word(request, "of") or "should", _word(request, "language"), _word(request, "page") or "1"
        shown, station = self._board(name), self._boards.station
        if shown is None or station is None:
            return _unknown(request, name)
        if of not in ("should", "shown") or language not in ("", *station.languages) or not _is_page(page):
            message = f"of={of!r}, language={language!r}, page={page!r} are not possible."
            allowed = f"should or shown; {', '.join(station.languages)}; 1 to 99."
            return problem_answer(request, 400, "bad-argument", message, allowed)
        number = station.languages.index(language) if language else 0
        reading = self._screens.reading(name)
        if of == "shown" and reading is None:
            return problem_answer(request, 404, "not-read", f"Nothing is read back from {name} as a page.")
        read = reading if of == "shown" else None
        now = self._clock.now()
        key = (name, shown.event_id, read, language, page, now // MINUTE)
        known = self._kept.get(key)
        if known is not None:
            return _svg(request, known)
        moment = _moment(shown, station, now, read)
        drawn = Drawn(
            moment=moment,
            dark=not shown.light.on if read is None else read.dark,
            whole=_whole(shown, read, number),
            lines=_lines(shown, read, number),
            language=number,
            page=int(page),
        )
        drawing = self._drawing.run(self._in_thread, lambda: self._draw(drawn))
        return drawing.addCallback(lambda svg: _svg(request, self._keep(key, svg)))

    def _draw(self, drawn: Drawn) -> bytes:
        """In a thread, one at a time."""
        if self._drawer is None:
            drawing: Any = import_module("stationmaster_guidance.picture_drawing")
            self._drawer = drawing.PictureDrawer()
        svg: bytes = self._drawer.draw(drawn)
        return svg

    def _keep(self, key: tuple[object, ...], svg: bytes) -> bytes:
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = svg
        return svg

    def _read(self, request: WebRequest, name: str) -> bytes:
        shown = self._board(name)
        if shown is None:
            return _unknown(request, name)
        reading = self._screens.reading(name)
        control = self._boards.controls.of(name)
        return json_answer(
            request,
            {
                "board": name,
                "width": shown.board.width,
                "height": shown.board.height,
                "pages": max((region.pages for region in shown.picture.regions), default=1),
                "on": shown.light.on,
                "percent": shown.light.percent,
                "by_hand": control.percent is not None,
                "stale": shown.stale,
                "should": _should(shown),
                "shown": None if reading is None else _said(reading),
            },
        )

    def _board(self, name: str) -> ShownBoard | None:
        self._boards.refresh()
        return self._boards.get(name)


def _moment(shown: ShownBoard, station: StationFacts, now: float, reading: Reading | None) -> BoardMoment:
    picture = shown.picture if reading is None else _as_read(shown.picture, reading.rows)
    return BoardMoment(
        board=shown.board, layout=shown.layout, station=station, picture=picture, places=shown.places, now=now
    )


def _as_read(picture: BoardPicture, rows: Sequence[ReadRow]) -> BoardPicture:
    """The rows of a page, with the words that stand in it and in its order."""
    known = {row.task: row for row in picture.rows}
    there = [_read_row(row, number, known.get(row.task)) for number, row in enumerate(rows)]
    return replace(picture, rows=tuple(row for row in there if row.region < len(picture.regions)))


def _read_row(read: ReadRow, number: int, due: BoardRow | None) -> BoardRow:
    fields: dict[str, list[str]] = {}
    for field, text in read.words:
        fields.setdefault(field, []).append(text)
    status = Status(read.status) if read.status in list(Status) else None
    words: dict[str, Words] = {name: (("", texts[0]),) for name, texts in fields.items() if texts}
    return BoardRow(
        task=read.task,
        call="" if due is None else due.call,
        revision=read.revision,
        number=next(iter(fields.get("number", ())), ""),
        status=status,
        fields=tuple((name, text) for name, text in words.items() if name != "status"),
        status_texts=words.get("status", ()),
        order=Instant(number),
        formation=next(iter(fields.get("formation", ())), "") or ("" if due is None else due.formation),
        region=read.region,
        page=read.page,
    )


def _whole(shown: ShownBoard, reading: Reading | None, language: int) -> tuple[str, ...]:
    """The words that take all of the board; none if none do."""
    if reading is not None:
        return () if reading.whole is None else reading.whole.words
    return tuple(_of(shown.messages.whole[0], language)) if shown.messages.whole else ()


def _lines(shown: ShownBoard, reading: Reading | None, language: int) -> tuple[str, ...]:
    if reading is not None:
        return tuple(" / ".join(line.words) for line in reading.lines)
    return tuple(" / ".join(_of(line, language)) for line in shown.messages.lines)


def _of(message: BoardMessage, language: int) -> list[str]:
    texts = [text for _, text in message.texts]
    return [texts[language % len(texts)]] if texts else []


def _should(shown: ShownBoard) -> JsonValue:
    rows: list[JsonValue] = [
        {
            "task": row.task,
            "revision": row.revision,
            "page": row.page,
            "status": str(row.status or ""),
            "words": _row_words(row),
        }
        for row in shown.picture.rows
    ]
    return {
        "rows": rows,
        "whole": [_message(message) for message in shown.messages.whole],
        "lines": [_message(message) for message in shown.messages.lines],
    }


def _row_words(row: BoardRow) -> list[JsonValue]:
    fields = (*row.fields, ("status", row.status_texts))
    return [[field, text] for field, words in fields for _, text in words if text]


def _message(message: BoardMessage) -> JsonValue:
    return {"task": message.task, "revision": message.revision, "words": [text for _, text in message.texts]}


def _said(reading: Reading) -> JsonValue:
    rows: list[JsonValue] = [
        {
            "task": row.task,
            "revision": row.revision,
            "page": row.page,
            "status": row.status,
            "seen": row.seen,
            "words": [[field, text] for field, text in row.words if text],
        }
        for row in reading.rows
    ]
    return {
        "rows": rows,
        "whole": [] if reading.whole is None else [_read_message(reading.whole)],
        "lines": [_read_message(line) for line in reading.lines],
        "dark": reading.dark,
        "notice": reading.notice,
    }


def _read_message(message: ReadMessage) -> JsonValue:
    return {"task": message.task, "revision": message.revision, "words": list(message.words)}


def _svg(request: WebRequest, svg: bytes) -> bytes:
    request.setHeader(b"Content-Type", b"image/svg+xml")
    request.setHeader(b"Cache-Control", b"no-store")
    request.setHeader(b"Content-Security-Policy", _POLICY)
    return svg


def _unknown(request: WebRequest, name: str) -> bytes:
    return problem_answer(request, 404, "no-such-board", f"There is no board {name!r} here, or none is known yet.")


def _is_page(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text[:3]) <= 99 and len(text) < 3


def _word(request: WebRequest, name: str) -> str:
    return request.args.get(name.encode(), [b""])[0].decode("utf-8", "replace")
