"""What becomes of tasks with their executor online, alone and absent, cell by cell: `docs/kernel.md`."""

from __future__ import annotations

import pytest

from support.states_document import cells_of, words_of_cell
from support.states_executors import EXECUTOR_COLUMNS, EXECUTOR_ROWS, SHOWN_COLUMNS, SHOWN_ROWS, executed, shown

EXECUTORS = "Announcements, with the executor online, alone and absent"
BOARDS = "Rows, with the board online and alone"


@pytest.mark.parametrize("row", EXECUTOR_ROWS)
@pytest.mark.parametrize("column", EXECUTOR_COLUMNS)
def test_an_announcement_and_its_executor(row: str, column: str) -> None:
    """Each cell says exactly what a real executor says, and what the hub then holds of it."""
    assert executed(row, column) == words_of_cell(cells_of(EXECUTORS)[row, column])


@pytest.mark.parametrize("row", SHOWN_ROWS)
@pytest.mark.parametrize("column", SHOWN_COLUMNS)
def test_a_row_and_its_board(row: str, column: str) -> None:
    """Each cell says exactly what the row says with the hub, and by the kernel within a board that is cut off."""
    assert shown(SHOWN_ROWS[row], alone=column == "alone") == words_of_cell(cells_of(BOARDS)[row, column])


def test_the_tables_are_whole() -> None:
    """They have just the rows and columns that are known."""
    assert set(cells_of(EXECUTORS)) == {(row, column) for row in EXECUTOR_ROWS for column in EXECUTOR_COLUMNS}
    assert set(cells_of(BOARDS)) == {(row, column) for row in SHOWN_ROWS for column in SHOWN_COLUMNS}


def test_nothing_is_ever_said_twice() -> None:
    """No cell of the table has those words, so none of its cases has it happen."""
    assert not any("said twice" in words_of_cell(cell) for cell in cells_of(EXECUTORS).values())
