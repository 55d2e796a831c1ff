"""`plan.toml`: which way trains go on the track plan, as a station's folder says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster.station.directions import DIRECTIONS_FILE, Directions, Side, read_directions
from stationmaster_base.configuration import Faults

WHOLE = """\
odd_from = "right"
depot = "right"
approach = 6
leave = 3

[stations]
"北京西" = "left"
"""


def read(folder: Path, text: str) -> tuple[Directions, list[str]]:
    (folder / DIRECTIONS_FILE).write_text(text, "utf-8")
    faults = Faults()
    found = read_directions(folder, faults)
    return found, [f"{fault.place}: {fault.problem}; {fault.allowed}" for fault in faults]


def test_without_a_file_it_is_as_usual(tmp_path: Path) -> None:
    """A folder without the file has the usual directions, and so has one with an empty file."""
    faults = Faults()
    assert read_directions(tmp_path, faults) == Directions()
    assert len(faults) == 0
    assert read(tmp_path, "") == (Directions(), [])


def test_what_the_file_says_holds(tmp_path: Path) -> None:
    """Sides, stations and minutes are taken as they stand there."""
    found, faults = read(tmp_path, WHOLE)
    assert faults == []
    assert found == Directions(
        odd_from=Side.RIGHT, depot=Side.RIGHT, stations=(("北京西", Side.LEFT),), approach=6, leave=3
    )
    assert found.comes_from("北京西", "G1") is Side.LEFT
    assert found.goes_to("北京西", "G2") is Side.LEFT


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('odd_from = "up"', "odd_from: 'up' is not known; left, right"),
        ('[stations]\n"北京西" = "north"', "stations.北京西: 'north' is not known; left, right"),
        ("approach = 0", "approach: 0 is not possible; a whole number 1…30"),
        ('side = "left"', "side: is not a key of this table; approach, depot, leave, odd_from, stations"),
    ],
)
def test_faults_say_what_is_allowed(tmp_path: Path, text: str, fault: str) -> None:
    """Each fault is told with its place and with what may stand there."""
    assert read(tmp_path, text)[1] == [fault]
