"""A station with a third language that is written from top to bottom in shaped letters: data, and nothing of code."""

from __future__ import annotations

from dataclasses import replace

from guidance.fakes import NOON, board, configuration, row_task
from stationmaster_guidance.moment import BoardMoment, board_moment
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task, Text

MONGOLIAN = "ᠬᠥᠬᠡᠬᠣᠲᠠ"
LANGUAGES = ("zh", "en", "mn")

LAYOUT = """
languages = "alternate"
language_s = 10
dwell_s = 30
vertical = ["mn"]
[fonts]
zh = ["Noto Sans CJK SC"]
en = ["Noto Sans CJK SC", "Noto Sans"]
mn = ["Noto Sans Mongolian", "Unifont"]
[header]
title = { zh = "出发", en = "Departures", mn = "ᠭᠠᠷᠬᠤ" }
[stale]
text = { zh = "过时", en = "Out of date", mn = "ᠬᠠᠭᠤᠴᠢᠨ" }
[[region]]
rows = 3
headings = "none"
[[region.line]]
columns = [
  { field = "number", width = 5 },
  { field = "destination", width = 8 },
  { field = "time", width = 5 },
]
"""
"""The third language alternates with the others; `together` puts all three side by side."""


def third_station(body: str = LAYOUT) -> Configuration:
    """A station of three languages with one board."""
    made = configuration(board(names=(("zh", "屏"), ("en", "Board"), ("mn", MONGOLIAN))), body=body)
    return replace(made, station=replace(made.station, languages=LANGUAGES))


def third_row() -> Task:
    """A row whose destination has a name in each language."""
    task = row_task("K1278")
    names = (("zh", "呼和浩特东"), ("en", "Hohhot East"), ("mn", MONGOLIAN))
    destination = tuple(Text(name="destination", language=language, text=text) for language, text in names)
    return replace(task, texts=(*(text for text in task.texts if text.name != "destination"), *destination))


def third_moment(body: str = LAYOUT) -> BoardMoment:
    """The board with one row."""
    return board_moment(third_station(body), "hall-1", (third_row(),), {}, NOON)
