"""The tables of `docs/kernel.md`, "What becomes of tasks", are whole, and what checks them notices what is wrong."""

from __future__ import annotations

import pytest

from support.states_document import IMPOSSIBLE_CELL, cells_of, titles, words_of_cell, words_of_document
from support.states_happenings import HAPPENINGS
from support.states_tables import TABLES, Case, cases, check_cell
from support.states_words import WORDS

EXECUTORS = ["Announcements, with the executor online, alone and absent", "Rows, with the board online and alone"]


def first_case(title: str, cell: str) -> Case:
    """The first case of a cell that says this."""
    return next(case for case in cases(title) if cells_of(title)[case.row, case.column] == cell)


def test_every_table_of_the_document_is_known() -> None:
    """There is none that no test reads, and none is missing."""
    assert sorted(titles()) == sorted([*TABLES, *EXECUTORS])


@pytest.mark.parametrize("title", TABLES)
def test_a_table_has_just_its_rows_and_columns(title: str) -> None:
    """A row or column that no test knows fails, and so does one that is missing."""
    table = TABLES[title]
    assert set(cells_of(title)) == {(row, column) for row in table.rows for column in table.columns}


def test_every_happening_stands_in_a_table() -> None:
    """What can be made to happen is told of."""
    assert set(HAPPENINGS) == {row for table in TABLES.values() for row in table.rows} & set(HAPPENINGS)


def test_the_words_are_those_that_have_a_meaning() -> None:
    """The document explains just the words that there are, and uses each."""
    assert words_of_document() == list(WORDS)
    cells = [cell for title in TABLES for cell in cells_of(title).values() if cell != IMPOSSIBLE_CELL]
    assert {word for cell in cells for word in words_of_cell(cell)} == set(WORDS)


@pytest.mark.parametrize("title", TABLES)
def test_what_cannot_be_has_a_reason(title: str) -> None:
    """Just the cells that cannot be have a fact that rules them out, and each fact is put in words."""
    impossible = {key for key, cell in cells_of(title).items() if cell == IMPOSSIBLE_CELL}
    assert impossible == set(TABLES[title].cannot)
    assert all(why.__doc__ for why in TABLES[title].cannot.values())


@pytest.mark.parametrize("title", TABLES)
def test_a_cell_with_a_wrong_word_is_noticed(title: str) -> None:
    """Another word, a word less, a word more, or nothing at all."""
    cells = cells_of(title)
    stays = first_case(title, "stays")
    assert check_cell(stays, "stays") == ""
    for wrong in ("moves", "withdrawn", "stays, moves", "dropped"):
        assert "what becomes of the task is 'stays'" in check_cell(stays, wrong)
    longest = max(cells.values(), key=lambda cell: len(words_of_cell(cell)))
    case = first_case(title, longest)
    assert check_cell(case, longest) == ""
    for word in WORDS:
        changed = words_of_cell(longest) ^ {word}
        assert check_cell(case, ", ".join(changed) or "nothing")


@pytest.mark.parametrize("title", TABLES)
def test_what_can_be_is_not_called_impossible_nor_the_reverse(title: str) -> None:
    """A dash needs a fact, and where there is the fact the task is not in the state."""
    stays = first_case(title, "stays")
    assert check_cell(stays, IMPOSSIBLE_CELL) == "nobody says why this cannot be"
    impossible = [case for case in cases(title) if cells_of(title)[case.row, case.column] == IMPOSSIBLE_CELL]
    assert all(check_cell(case, "dropped") != "" for case in impossible[:1])


def test_every_flipped_cell_of_a_row_is_noticed() -> None:
    """In a whole row, each cell with a neighbour's words is wrong."""
    title, row = "Announcements and notices at a time", "late, beyond `rearm`"
    for case in cases(title):
        if case.row == row:
            cell = cells_of(title)[case.row, case.column]
            others = {cells_of(title)[row, column] for column in TABLES[title].columns} - {cell}
            assert all(check_cell(case, other) for other in others)
