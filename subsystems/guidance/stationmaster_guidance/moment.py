"""One board at one moment, ready to be drawn: what a preview is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_guidance.layout import BoardLayout
from stationmaster_guidance.layout_reader import parse_layout
from stationmaster_guidance.naming import served_words
from stationmaster_guidance.rows import BoardPicture, RowCache, board_rows
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Configuration, StationFacts, Words
from stationmaster_kernel.task import Task

__all__ = ["BoardMoment", "board_moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMoment:
    """A board with its layout, its picture, the names of what it serves, and the station time of the picture."""

    board: Board
    layout: BoardLayout
    station: StationFacts
    picture: BoardPicture
    places: Words
    now: float


def board_moment(
    configuration: Configuration, name: str, tasks: Iterable[Task], calls: Mapping[str, Call], now: float
) -> BoardMoment:
    """The board `name` at station time `now`.

    Raises:
        ConfigurationError: the board's layout has faults; all of them.
        StationError: there is no such board, or no such layout.

    """
    board = next((board for board in configuration.boards if board.id == name), None)
    if board is None:
        known = ", ".join(each.id for each in configuration.boards) or "none"
        raise StationError("no-such-board", f"The station has no board {name!r}. Its boards: {known}.")
    written = next((layout for layout in configuration.layouts if layout.id == board.layout), None)
    if written is None:
        raise StationError(
            "no-such-layout", f"Board {name!r} names the layout {board.layout!r}; write layouts/{board.layout}.toml."
        )
    faults = Faults()
    layout = parse_layout(written.body, written.id, faults, f"layouts/{written.id}.toml")
    faults.raise_if_any()
    cache = RowCache(lambda call: calls[call].formation if call in calls else "")
    return BoardMoment(
        board=board,
        layout=layout,
        station=configuration.station,
        picture=board_rows(board, layout, tasks, now, row=cache.row),
        places=served_words(board, configuration),
        now=now,
    )
