"""Checking a layout file before a station relies on it: what `stationmaster check` asks guidance."""

from __future__ import annotations

from pathlib import Path

from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import Fault
from stationmaster_guidance.layout_reader import read_layout

__all__ = ["check_layout"]


def check_layout(file: Path, name: str) -> list[Fault]:
    """All that is wrong with one layout file, at once.

    Args:
        file: the file.
        name: its name as faults show it, for example `layouts/hall.toml`.

    Returns:
        the faults, in the file's order as far as there is one; none if a board can be drawn with it.

    """
    faults = Faults()
    table = read_toml(file, faults, name)
    if not faults:
        read_layout(table, file.stem)
    return list(faults)
