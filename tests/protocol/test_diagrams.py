"""The document's pictures are those that the code's tables make, and what they show is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster_agent.machine import TABLE
from stationmaster_protocol.clauses import CLAUSES, Who, clause_table
from stationmaster_protocol.codec import FrameReader, decode
from stationmaster_protocol.diagrams import (
    FIRST_HELLO,
    SEQUENCES,
    first_frame,
    sequence_diagram,
    session_diagram,
    state_diagram,
)
from stationmaster_protocol.states import TRANSITIONS, SessionState, next_state

TEXT = (Path(__file__).parents[2] / "docs" / "open-protocol.md").read_text("utf-8")


def block(picture: str) -> str:
    return f"```text\n{picture}\n```\n"


@pytest.mark.parametrize("name", sorted(SEQUENCES))
def test_every_sequence_is_in_the_document_and_allowed(name: str) -> None:
    """Each picture stands in the document as it is made, and each message in it may be sent there."""
    assert block(sequence_diagram(name)) in TEXT
    state = SessionState.CLOSED
    for step in SEQUENCES[name]:
        if step.begins is not None:
            state = step.begins
        if step.message is not None:
            assert step.sender is not None
            after = next_state(state, step.sender, step.message)
            assert after is not None, f"{step.message.__name__} in state {state}"
            state = after
    assert len({len(line) for line in sequence_diagram(name).splitlines()[1:]}) == 1


def test_the_states_of_a_session_are_drawn() -> None:
    """The picture of a session's states has every row of the table once."""
    picture = session_diagram()
    assert block(picture) in TEXT
    assert picture.count(",") + len(picture.splitlines()) == sum(len(row) for row in TRANSITIONS.values())


def test_the_states_of_autonomy_are_drawn() -> None:
    """The picture of a subsystem's states is made from the table by which the agent works."""
    rows = [(state.value, what, after.value) for state, row in TABLE.items() for what, after in row.items()]
    assert block(state_diagram(rows)) in TEXT


def test_the_first_frame_is_shown_byte_by_byte() -> None:
    """The bytes in the document are those of a real first message, with its length before it."""
    assert block(first_frame()) in TEXT
    shown = TEXT[TEXT.index("0000  00 00 00") :].split("```")[0]
    octets = bytes.fromhex("".join(line[6:53] for line in shown.splitlines()))
    (document,) = FrameReader(8192).documents(octets)
    assert decode(document) == FIRST_HELLO


def test_the_compliance_table_is_the_clauses() -> None:
    """The document's table is made from the clauses, whose ids are unique and of one form."""
    assert clause_table() in TEXT
    assert all(key == clause.id for key, clause in CLAUSES.items())
    assert {clause.who for clause in CLAUSES.values()} == set(Who)
    assert len({clause.text for clause in CLAUSES.values()}) == len(CLAUSES)
