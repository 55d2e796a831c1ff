"""Checking files that are in no folder yet: they are laid out in a temporary one, and read as a station's folder is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stationmaster.station.check import LayoutCheck, Report, examine_station
from stationmaster.station.load import Station

__all__ = ["examine", "laid_out"]


@contextmanager
def laid_out(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with these files, for as long as it is used; their names must be proper ones."""
    with tempfile.TemporaryDirectory(prefix="stationmaster-draft-") as name:
        folder = Path(name)
        (folder / "layouts").mkdir()
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        yield folder


def examine(
    contents: Mapping[str, bytes], folder: Path, layout_check: LayoutCheck | None
) -> tuple[Report, Station | None]:
    """Every fault of these files; or what they hold, and the station that they would be if they stood in `folder`."""
    with laid_out(contents) as there:
        report, station = examine_station(there, layout_check=layout_check)
    return report, None if station is None else replace(station, folder=folder)
