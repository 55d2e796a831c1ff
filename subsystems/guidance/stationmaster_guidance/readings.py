"""What a board's page says of itself after it has painted: read from the page, not from what it was sent.

A page is a peer like any other: what it says is checked for shape and size here, and compared with what it should say
elsewhere (`judging.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from stationmaster_base.errors import StationError

__all__ = ["LARGEST", "ReadMessage", "ReadRow", "Reading", "TestOutcome", "parse_reading"]

LARGEST = 256 * 1024
"""Bytes that a page may say at once."""

MOST_ROWS = 400
MOST_WORDS = 40
LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row as it stands in the page.

    `seen`: it is on the page of rows that is showing now, and no part of it is outside of the screen or behind
    something else; None: another page of rows is showing. `words` are the texts of its cells, each with its field.
    """

    task: str
    revision: int
    page: int
    region: int
    status: str
    seen: bool | None
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A person's text as it stands in the page; `seen` as for rows."""

    task: str
    revision: int
    seen: bool | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """What a page found when it tested itself: pictures a second, its size in pixels, and what is wrong."""

    id: str
    frames: int
    width: int
    height: int
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a page.

    `state` is the id of the state that it was drawn from, `age_s` how long ago it was painted when it was sent.
    `notice` is what is said of trust: `stale`, `alone` or nothing. `dark`: the board is covered, on purpose.
    `nodes` and `memory` (bytes, 0 if the browser does not say) are what the page holds.
    """

    state: str
    age_s: float
    rows: tuple[ReadRow, ...]
    whole: ReadMessage | None
    lines: tuple[ReadMessage, ...]
    notice: str
    dark: bool
    nodes: int
    memory: int
    test: TestOutcome | None


def parse_reading(body: bytes) -> Reading:
    """Read what a page says.

    Raises:
        StationError: `reading-impossible`: it cannot be what a board's page says.

    """
    if len(body) > LARGEST:
        raise _impossible("it is too long")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _impossible("it is not JSON") from error
    if not isinstance(given, dict):
        raise _impossible("it is no object")
    test = given.get("test")
    whole = given.get("whole")
    return Reading(
        state=_text(given, "state"),
        age_s=min(60.0, max(0.0, _whole(given, "age_ms") / 1000)),
        rows=tuple(_row(row) for row in _list(given, "rows")),
        whole=None if whole is None else _message(whole),
        lines=tuple(_message(line) for line in _list(given, "lines")),
        notice=_text(given, "notice"),
        dark=given.get("dark") is True,
        nodes=_whole(given, "nodes"),
        memory=_whole(given, "memory"),
        test=None if test is None else _test(test),
    )


def _row(given: Any) -> ReadRow:
    words = []
    for cell in _list(given, "cells"):
        field = _text(cell, "field")
        words += [(field, text) for text in _words(cell)]
    return ReadRow(
        task=_text(given, "task"),
        revision=_whole(given, "revision"),
        page=_whole(given, "page"),
        region=_whole(given, "region"),
        status=_text(given, "status"),
        seen=_seen(given),
        words=tuple(words),
    )


def _message(given: Any) -> ReadMessage:
    return ReadMessage(
        task=_text(given, "task"), revision=_whole(given, "revision"), seen=_seen(given), words=_words(given)
    )


def _test(given: Any) -> TestOutcome:
    return TestOutcome(
        id=_text(given, "id"),
        frames=_whole(given, "frames"),
        width=_whole(given, "width"),
        height=_whole(given, "height"),
        wrong=tuple(str(each)[:200] for each in _list(given, "wrong")[:10]),
    )


def _seen(given: Any) -> bool | None:
    seen = given.get("seen")
    return seen if isinstance(seen, bool) else None


def _words(given: Any) -> tuple[str, ...]:
    words = _list(given, "words")
    if len(words) > MOST_WORDS or not all(isinstance(word, str) and len(word) <= LONGEST for word in words):
        raise _impossible("words are no texts")
    return tuple(words)


def _list(given: Any, key: str) -> list[Any]:
    found = given.get(key) if isinstance(given, dict) else None
    if not isinstance(found, list) or len(found) > MOST_ROWS:
        raise _impossible(f"{key} is no list")
    return found


def _text(given: Any, key: str) -> str:
    found = given.get(key) if isinstance(given, dict) else None
    if not isinstance(found, str) or len(found) > LONGEST:
        raise _impossible(f"{key} is no text")
    return found


def _whole(given: Any, key: str) -> int:
    found = given.get(key) if isinstance(given, dict) else None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**63:
        raise _impossible(f"{key} is no whole number")
    return found


def _impossible(problem: str) -> StationError:
    return StationError(
        "reading-impossible", f"This is no reading of a board's page: {problem}.", "Load the board's page anew."
    )
