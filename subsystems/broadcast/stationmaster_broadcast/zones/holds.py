"""Holds on disk: a zone that a person has silenced does not begin to speak because the process was started anew."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from stationmaster_base.durable import write_durably
from stationmaster_base.logging import get_logger

__all__ = ["Holds"]

_LOG = get_logger("holds")


class Holds:
    """Which zones are held, and whether the whole station is.

    Args:
        path: the file; what cannot be read there holds nothing, and is told.

    """

    def __init__(self, path: Path) -> None:
        self.station = False
        self.zones: frozenset[str] = frozenset()
        self._path = path
        try:
            body = json.loads(path.read_text("utf-8"))
            self.zones = frozenset(str(zone) for zone in body["zones"])
            self.station = body["station"] is True
        except FileNotFoundError:
            _LOG.debug("no-holds", file=str(path))
        except (OSError, ValueError, TypeError, KeyError) as error:
            _LOG.warning("holds-unreadable", file=str(path), problem=str(error), todo="hold what is to be held again")

    def keep(self, station: bool, zones: Collection[str]) -> None:
        """It is so from now on; a disk that takes nothing is told, and they hold until the next start."""
        if (station, frozenset(zones)) == (self.station, self.zones):
            return
        self.station, self.zones = station, frozenset(zones)
        body = {"station": station, "zones": sorted(zones)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps(body, ensure_ascii=False))
        except OSError as error:
            _LOG.error("holds-not-kept", file=str(self._path), problem=str(error), todo="see that the disk has room")
