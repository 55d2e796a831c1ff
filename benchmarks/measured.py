"""What a benchmark has measured, and how it hands it on."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["OUT", "Measured", "against", "hand_on", "resident_mb", "share", "told"]

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


def against(
    name: str,
    value: float,
    unit: str,
    baseline: float,
    budget: str = "",
    *,
    ratio: float | None = None,
    ok: bool = True,
) -> Measured:
    """A figure beside its baseline; with `ratio`, the budget is that the figure is at most so many times it."""
    times = value / baseline
    kept = ok and (ratio is None or times <= ratio)
    return Measured(name=name, value=value, unit=unit, baseline=baseline, ratio=times, budget=budget, ok=kept)


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` of the values do not exceed: 0.5 is the median, 0.95 the 95th percentile."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]


def resident_mb() -> float:
    """The memory of this process that is in RAM."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def told(results: Iterable[Measured]) -> str:
    """The figures as lines of text, for people."""
    return "\n".join(
        f"{result.name}: {result.value:.4g} {result.unit}"
        + ("" if result.baseline is None else f" (baseline {result.baseline:.4g}, {result.ratio:.3g} times)")
        + (f" [{result.budget}: {'kept' if result.ok else 'NOT KEPT'}]" if result.budget else "")
        for result in results
    )


def hand_on(results: Iterable[Measured]) -> None:
    """Give the figures to `benchmarks/run.py`; called alone, end with exit code 1 if a budget is not kept."""
    results = list(results)
    file = os.environ.get(OUT)
    if file:
        Path(file).write_text(json.dumps([asdict(result) for result in results], ensure_ascii=False), "utf-8")
    elif not all(result.ok for result in results):
        sys.exit(1)
