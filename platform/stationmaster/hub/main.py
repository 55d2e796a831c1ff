"""The hub's process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stationmaster.hub.build import AddFace, build
from stationmaster_service.process import run

__all__ = ["main"]


def main(config: Path, faces: Sequence[AddFace] = ()) -> int:
    """Run the hub by the configuration file `config`; `faces` add their pages. Returns the exit code."""
    return run("hub", config, partial(build, faces=faces))
