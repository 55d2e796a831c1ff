"""What is found wrong with a page, thing by thing."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.fakes import NOON, row_task, text_task
from guidance.making import Guidance
from stationmaster_base.errors import StationError
from stationmaster_guidance.judging import Intent, Wrong, WrongKind, wrongs
from stationmaster_guidance.messages import board_messages
from stationmaster_guidance.readings import Reading, ReadMessage, ReadRow, parse_reading
from stationmaster_guidance.rows import NO_ROOM


@pytest.fixture
def intent(tmp_path: Path) -> Intent:
    """Two trains at noon."""
    guidance = Guidance(tmp_path)
    guidance.source.show(row_task("G1"), row_task("G2", 40))
    return intent_of(guidance)


def intent_of(guidance: Guidance) -> Intent:
    shown = guidance.boards.get("hall-1")
    assert shown is not None
    return Intent(
        picture=shown.picture, messages=shown.messages, state=shown.event_id, stale=shown.stale, lit=shown.light.on
    )


def right(intent: Intent) -> Reading:
    """What a page says that shows all as it should."""
    rows = tuple(
        ReadRow(
            task=row.task,
            revision=row.revision,
            page=row.page,
            region=row.region,
            status=str(row.status),
            seen=True if row.page == 1 else None,
            words=(("number", row.number), ("time", "12:30"), ("destination", "北京北"), ("status", "候车")),
        )
        for row in intent.picture.rows
        if row.page != NO_ROOM
    )
    return Reading(
        state=intent.state,
        age_s=0.0,
        rows=rows,
        whole=None,
        lines=(),
        notice="",
        dark=False,
        nodes=100,
        memory=0,
        test=None,
    )


def test_right_page_has_nothing_wrong(intent: Intent) -> None:
    """What shows all as it should is right."""
    assert len(intent.picture.rows) == 2
    assert wrongs(intent, right(intent)) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"revision": 7}, WrongKind.OLD),
        ({"page": 2}, WrongKind.OLD),
        ({"status": "late"}, WrongKind.OLD),
        ({"seen": False}, WrongKind.UNSEEN),
        ({"words": (("number", "G1"), ("destination", "上海虹桥"))}, WrongKind.WORDS),
        ({"words": (("number", "G1"), ("destination", ""))}, WrongKind.WORDS),
        ({"words": (("number", "G1"), ("status", "晚点约20分"))}, WrongKind.WORDS),
    ],
)
def test_row_that_is_not_as_it_should_be(intent: Intent, change: dict[str, object], kind: WrongKind) -> None:
    """Each way in which one row can be wrong is told with its train."""
    reading = right(intent)
    first = replace(reading.rows[0], **change)  # type: ignore[arg-type]
    assert wrongs(intent, replace(reading, rows=(first, *reading.rows[1:]))) == (Wrong(kind=kind, what="G1"),)


def test_rows_that_lack_or_are_too_many_or_in_the_wrong_order(intent: Intent) -> None:
    """A row that is not there, one that ended, one twice, and two that are exchanged."""
    reading = right(intent)
    one, other = reading.rows
    ended = replace(one, task="MZN/2026-03-01/G9/1/row-hall/1", words=(("number", "G9"),))
    assert wrongs(intent, replace(reading, rows=(one,))) == (Wrong(kind=WrongKind.MISSING, what="G2"),)
    assert wrongs(intent, replace(reading, rows=(one, other, ended))) == (Wrong(kind=WrongKind.EXTRA, what="G9"),)
    assert wrongs(intent, replace(reading, rows=(one, other, one))) == (Wrong(kind=WrongKind.EXTRA, what="G1"),)
    assert wrongs(intent, replace(reading, rows=(other, one))) == (Wrong(kind=WrongKind.ORDER, what="G2"),)


def test_whole_board(intent: Intent) -> None:
    """A page that stands at an older state, is dark, is lit though it should not be, or hides that it is old."""
    reading = right(intent)
    assert wrongs(intent, replace(reading, state="boot.0")) == (Wrong(kind=WrongKind.BEHIND, what="boot.0"),)
    assert wrongs(intent, replace(reading, dark=True)) == (Wrong(kind=WrongKind.DARK),)
    assert wrongs(replace(intent, lit=False), reading) == (Wrong(kind=WrongKind.LIT),)
    assert wrongs(replace(intent, lit=False), replace(reading, dark=True, rows=())) == ()
    assert wrongs(replace(intent, stale=True), reading) == (Wrong(kind=WrongKind.TRUST),)


def test_texts_of_people(intent: Intent) -> None:
    """A text that takes the board must be what is seen; a line must be there with its own words."""
    whole = board_messages("hall-1", [text_task("a", "疏散", whole=True, priority=1)], NOON)
    line = board_messages("hall-1", [text_task("b", "慢行")], NOON)
    reading = right(intent)
    said = ReadMessage(task="hub-1-a", revision=1, seen=True, words=("疏散", "疏散 (en)"))
    wrong = (Wrong(kind=WrongKind.TEXT, what="hub-1-a"),)
    assert wrongs(replace(intent, messages=whole), replace(reading, rows=(), whole=said)) == ()
    assert wrongs(replace(intent, messages=whole), reading) == wrong
    assert wrongs(replace(intent, messages=whole), replace(reading, whole=replace(said, words=("回家",)))) == wrong
    assert wrongs(replace(intent, messages=whole), replace(reading, whole=replace(said, seen=False))) == wrong
    assert wrongs(intent, replace(reading, whole=said)) == wrong
    shown = replace(said, task="hub-1-b", words=("慢行",), seen=None)
    assert wrongs(replace(intent, messages=line), replace(reading, lines=(shown,))) == ()
    assert wrongs(replace(intent, messages=line), reading) == (Wrong(kind=WrongKind.TEXT, what="hub-1-b"),)
    assert wrongs(intent, replace(reading, lines=(shown,))) == (Wrong(kind=WrongKind.TEXT, what="hub-1-b"),)


def test_texts_go_by_rank_and_end_by_themselves() -> None:
    """Of texts that take the board only the highest rank is shown; each ends at its time; lines are sorted."""
    tasks = [
        text_task("low", "通知", whole=True, priority=20),
        text_task("high", "疏散", whole=True, priority=1, end=NOON + 60, hard_end=NOON + 60),
        text_task("line", "慢行", priority=30),
        text_task("first", "小心", priority=15),
        text_task("other", "别处", boards=("gate-1A",)),
    ]
    now = board_messages("hall-1", tasks, NOON)
    assert [message.task for message in now.whole] == ["hub-1-high"]
    assert [message.task for message in now.lines] == ["hub-1-first", "hub-1-line"]
    assert (now.emergency, now.until) == (True, NOON + 60)
    later = board_messages("hall-1", tasks, NOON + 60)
    assert [message.task for message in later.whole] == ["hub-1-low"]
    assert later.emergency is False
    assert board_messages("hall-1", tasks, NOON + 600).whole == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["rows", "whole", "lines", "state", "cells", "words", "test"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda given: json.dumps(given).encode()))
def test_no_page_can_say_what_breaks_guidance(body: bytes) -> None:
    """Whatever comes is a reading or is refused."""
    with suppress(StationError):
        assert parse_reading(body).age_s >= 0
