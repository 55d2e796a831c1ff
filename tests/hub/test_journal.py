"""The journal's entries and their chain."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from hub.journalled import morning
from hub.making import START, begin, tick
from stationmaster.hub.storage.journal import (
    INPUT_KINDS,
    UNREADABLE,
    Row,
    changes_from_text,
    compact,
    entry_hash,
    first_hash,
    input_from_text,
    input_kind,
    input_text,
    make_entry,
    notes_from_text,
    resource_from_row,
    rows_from_text,
)
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes, Note
from stationmaster_kernel.inputs import Act, Input, Tick
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


def test_every_kind_of_input_is_read_back() -> None:
    """From its kind and its text comes the very input, and from that the very text."""
    assert {kind.__name__ for kind in INPUT_KINDS.values()} == {kind.__name__ for kind in get_args(Input)}
    for item in morning():
        text = input_text(item)
        back = input_from_text(input_kind(item), text)
        assert back == item
        assert input_text(back) == text


@given(st.from_type(Act))
def test_every_act_is_read_back(act: Act) -> None:
    """Whatever its deeds are."""
    text = input_text(act)
    back = input_from_text("act", text)
    assert back == act
    assert input_text(back) == text


@given(st.sampled_from(sorted(INPUT_KINDS)), st.text(max_size=30) | st.sampled_from(['{"id":"x","at":1}', "[]", "{}"]))
def test_no_text_is_read_as_an_input_that_it_is_not(kind: str, text: str) -> None:
    """Any text is the input that gives this text, or an error that the reader knows."""
    try:
        found = input_from_text(kind, text)
    except UNREADABLE:
        return
    assert input_text(found) == compact(json.loads(text))


def test_rows_are_read_back_with_their_texts() -> None:
    """What an entry puts comes back as the rows that were written, and what it deletes as pairs."""
    state, previous = State.empty(START), ""
    for sequence, item in enumerate(begin(), 1):
        state, changes = step(state, item)
        entry = make_entry(sequence, previous, item, changes)
        assert rows_from_text(entry.changes_text) == (list(entry.rows), [])
    entry = make_entry(9, "", tick(0), Changes(deletes=(("call", "A/1"),)))
    assert rows_from_text(entry.changes_text) == ([], [("call", "A/1")])
    assert rows_from_text('{"puts":[["站","1",2,{"一":1}]],"deletes":[]}')[0] == [
        Row(kind="站", id="1", revision=2, body='{"一":1}')
    ]


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


def test_the_hash_of_a_very_long_entry_is_that_of_its_whole_text() -> None:
    """It is made piece by piece, and letters of several bytes stand where one piece ends and the next begins."""
    long = "1" + "站北🚄" * (1 << 19)
    whole = f'{"0" * 64}\n[7,"a\\"b"]\n{long}\n[]'
    assert entry_hash("0" * 64, 7, 'a"b', long, "[]") == sha256(whole.encode()).hexdigest()


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
