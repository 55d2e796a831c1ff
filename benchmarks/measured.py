"""What a benchmark has measured, and how it hands it on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["OUT", "Measured", "hand_on"]

OUT = "STATIONMASTER_BENCH_OUT"
"""The environment variable that names the file for a benchmark's results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One figure.

    `baseline` is what it is compared with, measured in the same run, and `ratio` is `value / baseline`.
    `budget` says in words what is allowed; `ok` whether it was kept (true without a budget).
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    budget: str = ""
    ok: bool = True


def hand_on(results: Iterable[Measured]) -> None:
    """Give the figures to `benchmarks/run.py`; called alone, a benchmark has only printed them."""
    file = os.environ.get(OUT)
    if file:
        Path(file).write_text(json.dumps([asdict(result) for result in results], ensure_ascii=False), "utf-8")
