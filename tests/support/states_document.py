"""Reads the tables of `docs/kernel.md`, "What becomes of tasks", as data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["IMPOSSIBLE_CELL", "Cells", "cells_of", "titles", "words_of_cell", "words_of_document"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "kernel.md"
CHAPTER = "## What becomes of tasks"
VOCABULARY = "The words"
IMPOSSIBLE_CELL = "—"

Cells = dict[tuple[str, str], str]
"""(row, column) → cell."""


@cache
def _chapter() -> dict[str, list[list[str]]]:
    """Title of a subsection → the rows of its table, headings first."""
    text = DOCUMENT.read_text("utf-8").split(f"{CHAPTER}\n", maxsplit=1)[1]
    lines = text.split("\n## ", maxsplit=1)[0].splitlines()
    found: dict[str, list[list[str]]] = {}
    title = ""
    for line in lines:
        if line.startswith("### "):
            title = line.removeprefix("### ")
            found[title] = []
        elif line.startswith("|") and not line.startswith("| ---"):
            found[title].append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found


def titles() -> list[str]:
    """The titles of all tables but that of the words."""
    return [title for title in _chapter() if title != VOCABULARY]


def words_of_document() -> list[str]:
    """The words that the document says the meaning of."""
    return [row[0].strip("*") for row in _chapter()[VOCABULARY][1:]]


def cells_of(title: str) -> Cells:
    """The cells of one table."""
    headings, *rows = _chapter()[title]
    cells: Cells = {}
    for row in rows:
        if len(row) != len(headings):
            raise ValueError(f"{title}: the row {row[0]!r} has {len(row)} cells and not {len(headings)}")
        for column, cell in zip(headings[1:], row[1:], strict=True):
            if (row[0], column) in cells:
                raise ValueError(f"{title}: the row {row[0]!r} stands there twice")
            cells[row[0], column] = cell
    return cells


def words_of_cell(cell: str) -> frozenset[str]:
    """The words of a cell."""
    return frozenset(_split(cell))


def _split(cell: str) -> Iterator[str]:
    for word in cell.split(","):
        if not word.strip():
            raise ValueError(f"the cell {cell!r} has an empty word")
        yield word.strip()
