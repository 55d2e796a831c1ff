"""What a control room sees of boards: what should be there, and what was read from the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, execute

from guidance.fakes import NOON, row_task, stage, text_task
from guidance.making import Guidance
from stationmaster_kernel.values import Status

EVIL = "<script>alert(1)</script>"
"""What a board's page says that stands in a row."""


@pytest.fixture
def guidance(tmp_path: Path) -> Guidance:
    """One board at noon with two trains, and the routes."""
    made = Guidance(tmp_path)
    made.pictures(execute)
    made.source.show(row_task("G1"), row_task("G2", 40, stages=(stage(NOON, Status.LATE),)))
    return made


def picture(guidance: Guidance, words: str = "", board: str = "hall-1") -> tuple[int, dict[str, str], str]:
    """A picture, or why there is none."""
    status, headers, body = guidance.browser().ask("GET", f"/api/v1/boards/{board}/picture{words}")
    return status, headers, body.decode()


def read(guidance: Guidance) -> dict[str, Any]:
    """The board in words."""
    found: dict[str, Any] = json.loads(guidance.browser().ask("GET", "/api/v1/boards/hall-1/read")[2])
    return found


def say(guidance: Guidance, *rows: dict[str, object], **other: object) -> None:
    """A page of the board says what stands in it."""
    shown = guidance.boards.get("hall-1")
    assert shown is not None
    usual = {"state": shown.event_id, "whole": None, "lines": [], "notice": "", "dark": False, "nodes": 1, "memory": 1}
    body = json.dumps({**usual, "rows": rows, "age_ms": 0, "test": None, **other}).encode()
    guidance.browser().ask("POST", "/board/hall-1/painted?page=p1", body=body)


def row(guidance: Guidance, number: str) -> dict[str, object]:
    """A row of the page, with `number` where the train's should be."""
    shown = guidance.boards.get("hall-1")
    assert shown is not None
    first = shown.picture.rows[0]
    cells = [{"field": "number", "words": [number]}, {"field": "destination", "words": ["北京北", "Beijing North"]}]
    place = {"page": 1, "region": 0, "status": "waiting", "seen": True}
    return {"task": first.task, "revision": first.revision, "cells": cells, **place}


def test_the_picture_is_of_what_should_be_seen(guidance: Guidance) -> None:
    """Every row is drawn in the language that is asked for; the picture may do nothing, wherever it is opened."""
    status, headers, svg = picture(guidance, "?language=en")
    assert (status, headers["content-type"]) == (200, "image/svg+xml")
    assert "sandbox" in headers["content-security-policy"]
    texts = re.findall(r">([^<]+)</text>", svg)
    assert {"G1", "G2", "Beijing North", "About 20 min late"} <= set(texts)
    assert "北京北" in picture(guidance)[2]


def test_what_was_read_is_drawn_of_nothing_else(guidance: Guidance) -> None:
    """A page that shows another number is drawn with that one; without a page there is no such picture."""
    assert picture(guidance, "?of=shown")[0] == 404
    assert read(guidance)["shown"] is None
    say(guidance, row(guidance, EVIL))
    svg = picture(guidance, "?of=shown")[2]
    assert "G2" not in svg
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    told = read(guidance)
    assert [dict(each["words"])["number"] for each in told["should"]["rows"]] == ["G1", "G2"]
    assert [dict(each["words"])["number"] for each in told["shown"]["rows"]] == [EVIL]
    say(guidance, dark=True)
    assert "<text" not in picture(guidance, "?of=shown")[2]
    say(guidance, whole={"task": "t", "revision": 1, "seen": True, "words": ["全体", "All"]})
    assert re.findall(r">([^<]+)</text>", picture(guidance, "?of=shown")[2]) == ["全体", "All"]


def test_texts_are_in_the_picture(guidance: Guidance) -> None:
    """A text that takes the board stands alone in its picture, a line below the rows; a dark board shows nothing."""
    line = text_task("line", "电梯维修")
    guidance.source.show(row_task("G1"), line)
    told = read(guidance)["should"]
    assert [each["task"] for each in told["lines"]] == [line.id]
    words = told["lines"][0]["words"]
    assert words[0] in picture(guidance)[2]
    assert "G1" in picture(guidance)[2]
    guidance.source.show(row_task("G1"), replace(line, whole=True, revision=2))
    assert "G1" not in picture(guidance)[2]
    guidance.controls.set(("hall-1",), lambda control: replace(control, on=False))
    assert "<text" not in picture(guidance)[2]


def test_the_same_picture_is_drawn_once(tmp_path: Path) -> None:
    """A picture is kept until the board, what was read of it, or the minute is another."""
    drawn: list[int] = []
    made = Guidance(tmp_path)

    def count(function: Any) -> Deferred[Any]:
        drawn.append(1)
        return execute(function)

    made.pictures(count)
    made.source.show(row_task("G1"))
    assert [picture(made)[0] for _ in range(3)] == [200, 200, 200]
    assert len(drawn) == 1
    made.source.show(row_task("G2"))
    picture(made)
    made.step(60)
    picture(made)
    assert len(drawn) == 3


@pytest.mark.parametrize("words", ["?of=other", "?language=xx", "?page=0", "?page=100", "?page=x"])
def test_what_cannot_be_asked_for(guidance: Guidance, words: str) -> None:
    """It is refused with what is possible, and a board that is not there is not found."""
    assert picture(guidance, words)[0] == 400
    assert picture(guidance, board="nowhere")[0] == 404
    assert guidance.browser().ask("GET", "/api/v1/boards/nowhere/read")[0] == 404
