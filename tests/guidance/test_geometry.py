"""How many rows a board shows follows from its size."""

from __future__ import annotations

import pytest

from guidance.fakes import LAYOUT, board
from stationmaster_base.configuration import Faults
from stationmaster_guidance.geometry import capacity, header_place, is_across, is_narrow, lines_of
from stationmaster_guidance.layout import BoardLayout, HeaderPlace
from stationmaster_guidance.layout_reader import parse_layout


def layout(body: str) -> BoardLayout:
    """A good layout."""
    faults = Faults()
    read = parse_layout(body, "hall", faults)
    faults.raise_if_any()
    return read


TEN_ROWS = LAYOUT.replace("rows = 3", "rows = 10")


def test_a_board_has_the_rows_of_its_layout() -> None:
    """Where they can be read, a page has as many rows as the layout says."""
    wanted = layout(TEN_ROWS)
    assert capacity(board(), wanted, wanted.regions[0]) == 10


def test_a_low_board_has_fewer_rows_rather_than_small_type() -> None:
    """A band of a board shows as many rows as its type leaves room for, and never none."""
    wanted = layout(TEN_ROWS)
    low = capacity(board(width=1920, height=360), wanted, wanted.regions[0])
    assert 3 <= low <= 6
    assert capacity(board(width=1920, height=20), wanted, wanted.regions[0]) == 1


def test_together_needs_more_room_than_alternating() -> None:
    """Two languages one below the other take room from rows."""
    many = LAYOUT.replace("rows = 3", "rows = 60")
    alternate = layout(many)
    together = layout(many.replace('"alternate"', '"together"'))
    assert capacity(board(), together, together.regions[0]) < capacity(board(), alternate, alternate.regions[0])


@pytest.mark.parametrize(
    ("width", "height", "place", "across", "narrow"),
    [
        (1920, 1080, HeaderPlace.TOP, True, False),
        (1080, 1920, HeaderPlace.TOP, False, True),
        (1920, 360, HeaderPlace.SIDE, True, False),
        (1024, 768, HeaderPlace.TOP, False, False),
    ],
)
def test_shape_decides_where_things_lie(
    width: int, height: int, place: HeaderPlace, across: bool, narrow: bool
) -> None:
    """A band has its header at the side; only a wide board has its regions side by side."""
    shape = board(width=width, height=height)
    wanted = layout(LAYOUT)
    assert header_place(shape, wanted) is place
    assert is_across(shape, wanted) is across
    assert is_narrow(shape) is narrow


def test_narrow_boards_have_their_own_lines_where_the_layout_has_them() -> None:
    """A portrait board takes the lines written for it; without any it takes the usual ones."""
    body = LAYOUT + '\n[[region.narrow]]\ncolumns = [{ field = "number", width = 5 }]\n'
    wanted, plain = layout(body), layout(LAYOUT)
    portrait = board(width=1080, height=1920)
    assert lines_of(portrait, wanted.regions[0]) == wanted.regions[0].narrow
    assert lines_of(board(), wanted.regions[0]) == wanted.regions[0].lines
    assert lines_of(portrait, plain.regions[0]) == plain.regions[0].lines
