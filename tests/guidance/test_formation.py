"""A board that shows where cars stop follows the make-up of its train; other boards are left in peace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from guidance.fakes import LAYOUT, board, configuration, row_task
from guidance.making import Guidance
from stationmaster_guidance.boards import Boards

CARS = LAYOUT.replace('{ field = "time"', '{ field = "cars", width = 6 },\n  { field = "time"')


@dataclass(frozen=True)
class KnownCall:
    """Of a call, what the boards look at."""

    formation: str


def cars(boards: Boards) -> list[int]:
    """How many cars each row of the board's page is told to draw."""
    shown = boards.get("hall-1")
    assert shown is not None
    return [row["cars"] for row in json.loads(boards.state(shown)[1])["rows"]]


def test_change_of_formation_reaches_the_page(tmp_path: Path) -> None:
    """When only the make-up of the train changes, the board is drawn anew with as many cars."""
    guidance = Guidance(tmp_path, configuration(board(), body=CARS))
    task = row_task("G1")
    guidance.view.calls = {task.call: KnownCall("8辆")}
    guidance.source.show(task)
    assert cars(guidance.boards) == [8]
    before = guidance.event_id()
    guidance.view.calls = {task.call: KnownCall("8+8")}
    guidance.source.changed()
    assert cars(guidance.boards) == [16]
    assert guidance.event_id() != before


def test_board_without_cars_does_not_follow_them(tmp_path: Path) -> None:
    """A board whose layout shows no cars gets no new state because a train is made up otherwise."""
    guidance = Guidance(tmp_path)
    task = row_task("G1")
    guidance.view.calls = {task.call: KnownCall("8辆")}
    guidance.source.show(task)
    before = guidance.event_id()
    guidance.view.calls = {task.call: KnownCall("8+8")}
    guidance.source.changed()
    assert guidance.event_id() == before
