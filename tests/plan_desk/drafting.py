"""A small station's folder and its desk, for tests of the plan desk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from stationmaster.hub.plan_desk.desk import PlanDesk
from stationmaster_base.times import from_iso

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
NOW = from_iso("2026-03-01T00:00:00Z")
ROWS = 4
"""Lines of the timetable that are left, with its header."""


def small_station(folder: Path) -> Path:
    """A copy of the sample with a few trains."""
    shutil.copytree(SAMPLE, folder)
    timetable = folder / "timetable.csv"
    timetable.write_text("".join(timetable.read_text("utf-8").splitlines(keepends=True)[:ROWS]), "utf-8")
    return folder


def desk_on(folder: Path, probe: Callable[[str], None] = lambda _: None) -> PlanDesk:
    """A desk at a standing clock."""
    return PlanDesk(folder, lambda: float(NOW), probe)


def edit(desk: PlanDesk, name: str, old: str, new: str, by: str = "li") -> None:
    """Draft a file with one change."""
    file = desk.file(name)
    assert file.shown is not None
    text = file.shown.decode()
    assert old in text
    desk.put(name, text.replace(old, new, 1), file.tag, by)
