"""What becomes of rows, lights and check-in, cell by cell: `docs/kernel.md`, "What becomes of tasks"."""

from __future__ import annotations

import pytest

from stationmaster_base.times import MINUTE
from stationmaster_kernel.task import POINT_KINDS, interval_on
from support.small_station import at
from support.states_document import IMPOSSIBLE_CELL, cells_of
from support.states_tables import ALL_HAPPENINGS, Case, brought, cases, check_cell

LATEST = 29 * 60 * MINUTE
"""A train that is late by 26 hours is waited for a few hours longer."""


@pytest.mark.parametrize("case", cases("Rows on boards"), ids=str)
def test_a_row(case: Case) -> None:
    """Each cell says exactly what becomes of a row."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("Lights"), ids=str)
def test_lights(case: Case) -> None:
    """Each cell says exactly what becomes of lights."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("Check-in"), ids=str)
def test_check_in(case: Case) -> None:
    """Each cell says exactly what becomes of check-in."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("Rows of arrivals"), ids=str)
def test_a_row_of_an_arrival(case: Case) -> None:
    """Each cell says exactly what becomes of a row that hangs on the arrival."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("What a person has ordered on"), ids=str)
def test_what_a_person_has_ordered_on(case: Case) -> None:
    """Each cell says exactly what becomes of a row, lights or check-in that is on because a person said so."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("What a person shows on boards"), ids=str)
def test_what_a_person_shows(case: Case) -> None:
    """Each cell says exactly what becomes of a text that hangs on no train."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize(
    "title",
    ["Rows on boards", "Rows of arrivals", "Lights", "Check-in", "What a person has ordered on"],
)
def test_no_interval_is_left_on(title: str) -> None:
    """Whatever has happened, nothing that hangs on a train is on for good if nobody says anything any more."""
    for case in cases(title):
        if cells_of(title)[case.row, case.column] == IMPOSSIBLE_CELL:
            continue
        story = brought(case)
        ALL_HAPPENINGS[case.row].happen(story)
        intervals = [task for task in story.state.tasks.values() if task.kind not in POINT_KINDS]
        last = max(story.now, at("08:10")) + LATEST
        assert [task.id for task in intervals if interval_on(task, last)] == [], case
