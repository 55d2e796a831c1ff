"""Checking files that are in no folder yet: they are laid out in a temporary one, and read as a station's folder is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stationmaster.station.check import LayoutCheck, Report, check_station
from stationmaster.station.load import Station, load_station

__all__ = ["check_contents", "laid_out", "station_of"]


@contextmanager
def laid_out(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with these files, for as long as it is used; their names must be proper ones."""
    with tempfile.TemporaryDirectory(prefix="stationmaster-draft-") as name:
        folder = Path(name)
        (folder / "layouts").mkdir()
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        yield folder


def check_contents(contents: Mapping[str, bytes], layout_check: LayoutCheck | None) -> Report:
    """Every fault of these files, or what they hold."""
    with laid_out(contents) as folder:
        return check_station(folder, layout_check=layout_check)


def station_of(contents: Mapping[str, bytes], folder: Path) -> Station:
    """The station that these files are, as if they stood in `folder`.

    Raises:
        ConfigurationError: with every fault.

    """
    with laid_out(contents) as there:
        return replace(load_station(there), folder=folder)
