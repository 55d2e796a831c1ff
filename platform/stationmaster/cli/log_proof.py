"""`stationmaster log`: whether the log of what people did is whole, without the hub's own word for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from stationmaster.hub.audit.log_search import LogReader
from stationmaster.hub.audit.record import LogHead
from stationmaster.hub.settings import HubSettings
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import StationError

__all__ = ["prove_log"]

DAMAGED = 1

_PLACE = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})\Z")


def prove_log(config: Path, known: Sequence[str]) -> int:
    """Look at every record and say what was found; 0 if the log is whole, else 1.

    Args:
        config: the hub's configuration file.
        known: places of the log that are known from elsewhere, as `sequence:hash`.

    Raises:
        StationError: the configuration or the database cannot be read, or `known` has something else in it.

    """
    faults = Faults()
    table = read_toml(config, faults)
    faults.raise_if_any()
    settings = HubSettings.from_table(table.table("hub"), config.absolute().parent)
    faults.raise_if_any()
    proof = LogReader(settings.database).proof([_place(text) for text in known])
    out = sys.stdout
    if not proof.faults:
        out.write(f"The log is whole: {proof.records} records, {proof.first} to {proof.last}.\n")
        out.write(f"Its end is {proof.last}:{proof.hash}\n")
        return 0
    out.write(f"The log is not what was written ({proof.records} records were looked at):\n")
    for fault in proof.faults:
        out.write(f"  record {fault.sequence}: {fault.code}. {fault.message}\n")
    return DAMAGED


def _place(text: str) -> LogHead:
    found = _PLACE.match(text)
    if found is None:
        raise StationError(
            "usage", f"{text!r} is no place of a log.", "Write --known SEQUENCE:HASH, with all 64 digits."
        )
    return LogHead(sequence=int(found[1]), hash=found[2])
