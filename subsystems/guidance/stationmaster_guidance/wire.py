"""Pictures as JSON: what goes to the board's page, and what `GET /api/v1/boards` says of all boards.

The page gets everything that it needs to draw, look included, in one whole state, so it can miss any number of states
and be right again with the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_guidance.cars import car_count
from stationmaster_guidance.geometry import header_place, is_across, is_narrow
from stationmaster_guidance.layout import BoardLayout, Cars, Column, Line, Message, Region
from stationmaster_guidance.messages import NOTHING_WRITTEN, BoardMessage, BoardMessages
from stationmaster_guidance.rows import NO_ROOM, BoardPicture, BoardRow, RegionPicture
from stationmaster_kernel.configuration import Board, StationFacts, Words

__all__ = ["FULL_LIGHT", "Light", "api_board", "page_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Whether a board is lit, how bright it is (0 to 100), and the test that its pages are to do, if any."""

    on: bool = True
    percent: int = 100
    test: str = ""


FULL_LIGHT = Light()
"""A board that nobody has touched, by day."""


def page_state(
    board: Board,
    layout: BoardLayout,
    station: StationFacts,
    picture: BoardPicture,
    *,
    places: Words,
    stale: bool,
    alone: bool,
    messages: BoardMessages = NOTHING_WRITTEN,
    light: Light = FULL_LIGHT,
    ends: Mapping[str, Instant | None] | None = None,
) -> str:
    """The whole state of one board's page; one picture always gives the same text.

    `places` names what the board serves. `ends` is when each task's row goes whatever comes, so that a page whose
    server is gone takes it down by itself.
    """
    return _text(
        {
            "board": {
                "id": board.id,
                "type": board.type,
                "names": _words(board.names),
                "places": _words(places),
                "width": board.width,
                "height": board.height,
            },
            "station": {
                "names": _words(station.names),
                "zone": station.zone,
                "languages": list(station.languages),
            },
            "look": _look(board, layout),
            "regions": [_region(region, drawn) for region, drawn in zip(layout.regions, picture.regions, strict=True)],
            "rows": [
                _page_row(row) | {"ends": (ends or {}).get(row.task)} for row in picture.rows if row.page != NO_ROOM
            ],
            "stale": stale,
            "alone": alone,
            "messages": {
                "whole": [_written(message) for message in messages.whole],
                "lines": [_written(message) for message in messages.lines],
            },
            "light": {"on": light.on, "percent": light.percent, "test": light.test},
        }
    )


def api_board(picture: BoardPicture, *, stale: bool, messages: BoardMessages = NOTHING_WRITTEN) -> dict[str, JsonValue]:
    """One board in `GET /api/v1/boards`: every row that is on, on whichever page; page 0 is no room on the board.

    `texts` are those that take the whole board instead, `lines` those below the rows.
    """
    return {
        "rows": [
            {
                "call": row.call,
                "task": row.task,
                "revision": row.revision,
                "number": row.number,
                "status": row.status,
                "fields": {name: _words(words) for name, words in row.fields},
                "status_texts": _words(row.status_texts),
                "region": row.region,
                "page": row.page,
            }
            for row in picture.rows
        ],
        "texts": [_written(message) for message in messages.whole],
        "lines": [_written(message) for message in messages.lines],
        "stale": stale,
    }


def _written(message: BoardMessage) -> JsonValue:
    return {
        "task": message.task,
        "revision": message.revision,
        "emergency": message.emergency,
        "texts": _words(message.texts),
    }


def _look(board: Board, layout: BoardLayout) -> dict[str, JsonValue]:
    colours = layout.colours
    return {
        "layout": layout.id,
        "languages": layout.languages,
        "language_s": layout.language_s,
        "dwell_s": layout.dwell_s,
        "across": is_across(board, layout),
        "narrow": is_narrow(board),
        "header": {
            "titles": _words(layout.header.titles),
            "place": header_place(board, layout),
            "clock": layout.header.clock,
            "date": layout.header.date,
        },
        "footer": _words(layout.footer),
        "stale": {"texts": _words(layout.stale.texts), "silent_s": layout.stale.silent_s},
        "alone": _words(layout.alone),
        "colours": {
            "background": colours.background,
            "text": colours.text,
            "muted": colours.muted,
            "header": colours.header,
            "header_text": colours.header_text,
            "number": colours.number,
            "status": {str(status): colour for status, colour in colours.statuses},
        },
        "fonts": {language: list(families) for language, families in layout.fonts},
        "vertical": list(layout.vertical),
        "cars": _cars(layout.cars),
        "message": _message_look(layout.message),
    }


def _cars(cars: Cars) -> JsonValue:
    return {"first": cars.first, "places": cars.places, "sectors": list(cars.sectors), "here": cars.here}


def _message_look(message: Message) -> JsonValue:
    return {
        "texts": _words(message.texts),
        "size": message.size,
        "align": message.align,
        "background": message.background,
        "text": message.text,
        "emergency_background": message.emergency_background,
        "emergency_text": message.emergency_text,
    }


def _region(region: Region, drawn: RegionPicture) -> dict[str, JsonValue]:
    return {
        "titles": _words(region.titles),
        "share": region.share,
        "rows": drawn.rows_per_page,
        "pages": drawn.pages,
        "grow": region.grow,
        "headings": region.headings,
        "empty": _words(region.empty),
        "lines": [_line(line) for line in drawn.lines],
    }


def _line(line: Line) -> JsonValue:
    return {"height": line.height, "width": line.width, "columns": [_column(column) for column in line.columns]}


def _column(column: Column) -> JsonValue:
    return {
        "field": column.field,
        "headings": _words(column.headings),
        "width": column.width,
        "align": column.align,
        "language": column.language,
        "overflow": column.overflow,
        "size": column.size,
        "filled": column.filled,
    }


def _page_row(row: BoardRow) -> dict[str, JsonValue]:
    return {
        "task": row.task,
        "call": row.call,
        "revision": row.revision,
        "status": row.status,
        "fields": {name: _words(words) for name, words in row.fields},
        "status_texts": _words(row.status_texts),
        "formation": row.formation,
        "cars": car_count(row.formation),
        "region": row.region,
        "page": row.page,
    }


def _words(words: Words) -> dict[str, JsonValue]:
    return dict(words)


def _text(body: JsonValue) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
