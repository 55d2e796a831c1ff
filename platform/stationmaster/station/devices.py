"""`boards.toml`, `layouts/` and `zones.toml`: what shows and what speaks, and which places each serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster.station.places import ids_of
from stationmaster.station.reading import read_reference, read_references, read_words, unique
from stationmaster_base.configuration import IDENTIFIER, Faults, Table, read_toml
from stationmaster_kernel.configuration import Board, Layout, Place, PlaceKind, Zone

__all__ = [
    "BOARDS_FILE",
    "BOARD_TYPES",
    "LAYOUTS_FOLDER",
    "MESSAGE_BOARD",
    "ZONES_FILE",
    "layout_files",
    "read_boards",
    "read_layouts",
    "read_zones",
]

BOARDS_FILE = "boards.toml"
ZONES_FILE = "zones.toml"
LAYOUTS_FOLDER = "layouts"

MESSAGE_BOARD = "message"
"""The type of board that shows texts alone: no rule puts rows on it."""

BOARD_TYPES = (
    "ticket_hall",
    "main_entrance",
    "waiting_area",
    "gate",
    "platform",
    "underpass",
    "exit",
    "arrivals",
    "forecourt",
    "staff_room",
    MESSAGE_BOARD,
)


CHARACTER = (8, 16)
"""Pixels of a Latin character, wide and high, where a board's size is given in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a board is; `columns` and `rows` are 0 where that is not given in characters."""

    width: int
    height: int
    columns: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The places that a board or a zone serves."""

    platforms: tuple[str, ...]
    gates: tuple[str, ...]
    areas: tuple[str, ...]
    exits: tuple[str, ...]


def layout_files(folder: Path) -> list[Path]:
    """The folder's layouts, in order of their ids."""
    return sorted((folder / LAYOUTS_FOLDER).glob("*.toml"), key=lambda path: path.stem)


def read_layouts(folder: Path, faults: Faults) -> tuple[Layout, ...]:
    """`layouts/<id>.toml` as they stand; whether guidance can draw them is for guidance to say."""
    layouts = []
    for path in layout_files(folder):
        name = f"{LAYOUTS_FOLDER}/{path.name}"
        before = len(faults)
        read_toml(path, faults, name)
        if not IDENTIFIER.match(path.stem):
            faults.add(name, "file", f"{path.stem!r} is not an identifier", "letters, digits, '.', '_', '-'")
        # A layout that cannot be read is still one that boards may name: one mistake, one fault.
        body = "" if len(faults) > before else path.read_bytes().decode("utf-8-sig")
        layouts.append(Layout(id=path.stem, body=body))
    return tuple(layouts)


def read_boards(
    folder: Path, languages: tuple[str, ...], places: Sequence[Place], layouts: Sequence[Layout], faults: Faults
) -> tuple[Board, ...]:
    """`boards.toml`."""
    table = read_toml(folder / BOARDS_FILE, faults, BOARDS_FILE)
    boards = unique((item, _board(item, languages, places, layouts)) for item in table.tables("board"))
    table.finish()
    return boards


def read_zones(folder: Path, languages: tuple[str, ...], places: Sequence[Place], faults: Faults) -> tuple[Zone, ...]:
    """`zones.toml`."""
    table = read_toml(folder / ZONES_FILE, faults, ZONES_FILE)
    zones = unique((item, _zone(item, languages, places)) for item in table.tables("zone"))
    table.finish()
    return zones


def _board(table: Table, languages: tuple[str, ...], places: Sequence[Place], layouts: Sequence[Layout]) -> Board:
    served = _served(table, places)
    size = _size(table)
    board = Board(
        id=table.identifier("id"),
        type=table.choice("type", BOARD_TYPES),
        names=read_words(table, "names", languages),
        layout=read_reference(table, "layout", "file in layouts/", [layout.id for layout in layouts]),
        platforms=served.platforms,
        gates=served.gates,
        areas=served.areas,
        exits=served.exits,
        width=size.width,
        height=size.height,
        columns=size.columns,
        rows=size.rows,
        groups=_groups(table),
    )
    table.finish()
    return board


def _size(table: Table) -> Size:
    """In pixels, or in characters; both is a contradiction sooner or later."""
    if "columns" not in table and "rows" not in table:
        return Size(
            width=table.integer("width", 1920, low=64, high=16384),
            height=table.integer("height", 1080, low=16, high=16384),
        )
    for key in ("width", "height"):
        if key in table:
            table.integer(key)
            table.fault(key, "stands beside columns and rows", "a size in pixels, or one in characters")
    columns = table.integer("columns", low=8, high=400)
    rows = table.integer("rows", low=1, high=60)
    return Size(width=columns * CHARACTER[0], height=rows * CHARACTER[1], columns=columns, rows=rows)


def _groups(table: Table) -> tuple[str, ...]:
    groups = table.texts("groups")
    for number, group in enumerate(groups):
        if not IDENTIFIER.match(group):
            table.fault(f"groups[{number}]", f"{group!r} is not an identifier", "letters, digits, '.', '_', '-'")
    return groups


def _zone(table: Table, languages: tuple[str, ...], places: Sequence[Place]) -> Zone:
    served = _served(table, places)
    zone = Zone(
        id=table.identifier("id"),
        type=table.identifier("type"),
        names=read_words(table, "names", languages),
        platforms=served.platforms,
        gates=served.gates,
        areas=served.areas,
        exits=served.exits,
    )
    table.finish()
    return zone


def _served(table: Table, places: Sequence[Place]) -> Served:
    return Served(
        platforms=read_references(table, "platforms", "platform", ids_of(places, PlaceKind.PLATFORM)),
        gates=read_references(table, "gates", "gate", ids_of(places, PlaceKind.GATE)),
        areas=read_references(table, "areas", "area", ids_of(places, PlaceKind.AREA)),
        exits=read_references(table, "exits", "exit", ids_of(places, PlaceKind.EXIT)),
    )
