"""How loud announcements are by hand, zone by zone; kept in a file, so that a new start wakes no sleeping town."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from pathlib import Path

from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["SILENT_DB", "HandVolume"]

_LOG = get_logger("volume")

SILENT_DB = -96.0
"""Decibels at which a sound of 16 bits is gone."""


class HandVolume:
    """Percent of full volume by zone.

    Args:
        path: the file.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._percent: dict[str, int] = {}
        try:
            body = json.loads(path.read_text("utf-8"))
            self._percent = {str(zone): min(100, max(0, int(percent))) for zone, percent in body.items()}
        except FileNotFoundError:
            _LOG.debug("no-volumes", file=str(path))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            _LOG.warning("volumes-unreadable", file=str(path), problem=str(error), todo="set the volumes again")

    @property
    def by_zone(self) -> tuple[tuple[str, int], ...]:
        """Zones whose volume was set, each with its percent."""
        return tuple(sorted(self._percent.items()))

    def gain_db(self, zone: str) -> float | None:
        """Decibels that announcements there are louder than usual; None: nobody has set it."""
        percent = self._percent.get(zone)
        if percent is None:
            return None
        return SILENT_DB if percent == 0 else 20 * math.log10(percent / 100)

    def set(self, zones: Collection[str], percent: int | None) -> None:
        """Have announcements in these zones so loud; None: as the time of day has it.

        Raises:
            StationError: `bad-parameter`: it is no percentage; `not-stored`: it holds until the next start only.

        """
        if percent is not None and not 0 <= percent <= 100:
            raise StationError("bad-parameter", f"{percent} is no percentage.", "Give 0 to 100.")
        for zone in zones:
            if percent is None:
                self._percent.pop(zone, None)
            else:
                self._percent[zone] = percent
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps(self._percent, ensure_ascii=False))
        except OSError as error:
            raise StationError(
                "not-stored", f"The volume is set, but not kept: {error}.", "See that the disk has room."
            ) from error
