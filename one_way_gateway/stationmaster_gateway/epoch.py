"""The epoch: a counter in a file, one higher at each start, so that a receiver tells a restart from a repeat."""

from __future__ import annotations

import json
from pathlib import Path

from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError
from stationmaster_telegram.records import LARGEST_COUNTER

__all__ = ["next_epoch"]


def next_epoch(file: Path) -> int:
    """Count up, on disk before anything is transmitted under the new number; 1 if there is no file.

    Raises:
        StationError: `gateway-state`: the file cannot be read or written.

    """
    try:
        before = json.loads(file.read_text("utf-8"))["epoch"] if file.exists() else 0
        if type(before) is not int or not 0 <= before < LARGEST_COUNTER:
            raise ValueError(f"epoch is {before!r}")
        write_durably(file, json.dumps({"epoch": before + 1}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StationError(
            "gateway-state",
            f"The state file {file} cannot be used: {error}.",
            'It holds {"epoch": N}; N must be at least that of the last start, so write one that surely is higher.',
        ) from error
    return before + 1
