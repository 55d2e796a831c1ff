"""The journal's entries and their chain."""

from __future__ import annotations

import json
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from hub.making import START, begin, tick
from stationmaster.hub.journal import (
    changes_from_text,
    compact,
    entry_hash,
    first_hash,
    input_kind,
    make_entry,
    notes_from_text,
    resource_from_row,
)
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes, Note
from stationmaster_kernel.inputs import Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step


def test_an_entry_says_what_the_step_changed() -> None:
    """The stored texts and rows give back exactly the changes, for every kind of resource that a station has."""
    state = State.empty(START)
    previous = first_hash("epoch")
    for sequence, item in enumerate((*begin(), *(tick(minutes) for minutes in range(60, 200, 10))), 1):
        state, changes = step(state, item)
        entry = make_entry(sequence, previous, item, changes)
        assert changes_from_text(entry.changes_text, notes_from_text(entry.notes_text)) == changes
        assert tuple(resource_from_row(row) for row in entry.rows) == changes.puts
        previous = entry.hash


def test_the_hash_is_as_the_document_says() -> None:
    """SHA-256 over the previous hash and the canonical bytes, line feeds between them."""
    entry = make_entry(
        7,
        "ab",
        Tick(id="tick/x", at=Instant(60)),
        Changes(deletes=(("call", "A/1"),), notes=(Note(code="c", subject="s"),)),
    )
    canonical = 'ab\n[7,"tick/x"]\n{"puts":[],"deletes":[["call","A/1"]]}\n[{"code":"c","subject":"s"}]'
    assert entry.hash == sha256(canonical.encode()).hexdigest()
    assert first_hash("epoch") == sha256(b"epoch").hexdigest()


@given(
    st.tuples(st.text(max_size=8), st.integers(0, 9), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)),
    st.integers(0, 4),
)
def test_every_part_of_an_entry_is_in_its_hash(parts: tuple[str, int, str, str, str], which: int) -> None:
    """Whatever part is changed, the hash is another one."""
    previous, sequence, input_id, changes, notes = parts
    other = [previous, sequence, input_id, changes, notes]
    other[which] = sequence + 1 if which == 1 else f"{parts[which]}x"
    assert entry_hash(*parts) != entry_hash(*other)  # type: ignore[arg-type]  # the list holds what the tuple did


@given(st.text(), st.text(), st.text())
def test_texts_stand_in_the_journal_as_they_are(code: str, subject: str, detail: str) -> None:
    """Any text in a note comes back, whatever characters it has."""
    note = Note(code=code, subject=subject, detail=((detail, subject),))
    entry = make_entry(1, "", Tick(id=subject, at=Instant(0)), Changes(notes=(note,), deletes=((code, detail),)))
    assert notes_from_text(entry.notes_text) == (note,)
    assert changes_from_text(entry.changes_text).deletes == ((code, detail),)


def test_json_is_compact_and_keeps_characters() -> None:
    """No spaces, no escapes for Chinese."""
    assert compact({"站": ["1道", 1]}) == '{"站":["1道",1]}'
    assert json.loads(make_entry(1, "", tick(0), Changes()).input_text) == {"id": tick(0).id, "at": START}
    assert input_kind(tick(0)) == "tick"
