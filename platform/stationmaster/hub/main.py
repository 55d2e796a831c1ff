"""The hub's process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stationmaster.hub.build import AddFace, build
from stationmaster.station.check import LayoutCheck
from stationmaster_service.process import run

__all__ = ["main"]


def main(config: Path, faces: Sequence[AddFace] = (), layout_check: LayoutCheck | None = None) -> int:
    """Run the hub by the configuration file `config`; returns the exit code.

    Args:
        config: the file.
        faces: add their pages.
        layout_check: what draws boards, asked about layouts that somebody drafts.

    """
    return run("hub", config, partial(build, faces=faces, layout_check=layout_check))
