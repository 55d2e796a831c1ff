"""Figures that system tests saw, one JSON line each, for whoever reads a run's result."""

from __future__ import annotations

import json
import os
from pathlib import Path


def record(name: str, **figures: object) -> None:
    """Print the figures, and add them to the file that STATIONMASTER_TEST_RECORD names, if it does."""
    line = json.dumps({"name": name, **figures})
    print(line)  # noqa: T201 - shown by pytest -s, or with a failure
    file = os.environ.get("STATIONMASTER_TEST_RECORD")
    if file:
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(line + "\n")
