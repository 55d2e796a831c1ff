"""The query process."""

from __future__ import annotations

from pathlib import Path

from stationmaster_query.build import build
from stationmaster_service.process import run

__all__ = ["main"]


def main(config: Path) -> int:
    """Run query with this configuration file until it is told to end; returns the exit code."""
    return run("query", config, build)
