"""What becomes of announcements and notices, cell by cell: `docs/kernel.md`, "What becomes of tasks"."""

from __future__ import annotations

import pytest

from support.states_document import cells_of
from support.states_tables import Case, cases, check_cell
from support.states_triggers import OF_CHANGES, OF_TIME, OVERDUE

AT_A_TIME = "Announcements and notices at a time"
OF_LATENESS = "Announcements and notices of a late or early train"
OF_OTHERS = "Announcements and notices of other changes"
OF_OVERDUE = "Announcements and notices of an overdue train"


@pytest.mark.parametrize("case", cases(AT_A_TIME), ids=str)
def test_an_announcement_at_a_time(case: Case) -> None:
    """Each cell says exactly what becomes of an announcement that is due at a time."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("case", cases("What a person announces"), ids=str)
def test_what_a_person_announces(case: Case) -> None:
    """Each cell says exactly what becomes of an announcement that hangs on no train."""
    assert check_cell(case, cells_of(case.title)[case.row, case.column]) == ""


@pytest.mark.parametrize("title", [OF_LATENESS, OF_OTHERS, OF_OVERDUE])
@pytest.mark.parametrize("rule", [*OF_TIME, *OF_CHANGES, *OVERDUE])
def test_an_announcement_of_a_condition(title: str, rule: str) -> None:
    """Each cell says exactly what becomes of an announcement that hangs on a condition, for each such condition."""
    of_rule = [case for case in cases(title) if case.subject == rule]
    assert bool(of_rule) == (rule in {OF_LATENESS: OF_TIME, OF_OTHERS: OF_CHANGES, OF_OVERDUE: OVERDUE}[title])
    wrong = {str(case): check_cell(case, cells_of(title)[case.row, case.column]) for case in of_rule}
    assert {case: fault for case, fault in wrong.items() if fault} == {}
