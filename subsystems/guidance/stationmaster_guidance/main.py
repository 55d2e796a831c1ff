"""The guidance process."""

from __future__ import annotations

from pathlib import Path

from stationmaster_guidance.build import build
from stationmaster_service.process import run

__all__ = ["main"]


def main(config: Path) -> int:
    """Run guidance with this configuration file until it is told to end; returns the exit code."""
    return run("guidance", config, build)
