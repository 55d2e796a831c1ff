"""The exit report: why the gateway last ended, on disk, for whoever comes to look.

While it runs the report says so, so that a process that was killed, or lost its power, is known by the next start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stationmaster_base.durable import write_durably

__all__ = ["RUNNING", "ExitReport", "read_report"]

RUNNING = -1
"""Stands for the exit code of a process that has not ended, as far as the report knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitReport:
    """One run of the gateway.

    `code` is the exit code and `why` a stable word: `running`, `told` (by a signal), or a `StationError`'s code.
    `started` and `ended` are ISO times of the machine's clock, which may never have been set; `up_s` is its monotonic
    one. `epoch` and `sequence` name the last telegram that left. `counters` are what was counted, `stacks` where each
    thread was, if one hung.
    """

    code: int
    why: str
    message: str = ""
    started: str = ""
    ended: str = ""
    up_s: float = 0.0
    epoch: int = 0
    sequence: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    stacks: tuple[str, ...] = ()

    def write(self, file: Path) -> None:
        """Put it on disk in place of the one before.

        Raises:
            OSError: it could not be written.

        """
        write_durably(file, json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n")


def read_report(file: Path) -> ExitReport | None:
    """The report of the run before; None if there is none that can be read."""
    try:
        body: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return ExitReport(**{**body, "stacks": tuple(body.get("stacks", ()))})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
