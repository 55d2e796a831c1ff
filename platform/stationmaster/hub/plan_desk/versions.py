"""The versions of the station's files: each that was applied, by whom, when and why, kept whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.station.replacing import VERSIONS, put_file
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant

__all__ = ["KEPT", "Version", "VersionBook"]

KEPT = 200
"""Versions that can be put back; older ones are let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of the station's files.

    `files` are the hashes of all contents by name. `changed` are the names that differ from the version before.
    `again` is the number of the version that was put back; 0 if it was none. Without `by`, it was found in the folder.
    """

    number: int
    at: Instant
    by: str
    why: str
    files: Mapping[str, str]
    changed: tuple[str, ...]
    again: int = 0

    @property
    def record(self) -> str:
        """As it is written down."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @property
    def name(self) -> str:
        """Of its file; sorts as the number does."""
        return f"{self.number:06}"


class VersionBook:
    """The versions on disk, a file for each.

    Args:
        desk: the folder beside the station's.

    """

    def __init__(self, desk: Path) -> None:
        self._folder = desk / VERSIONS

    def all(self) -> list[Version]:
        """Every version that is kept, the newest first."""
        return [_read(path) for path in sorted(self._folder.glob("*.json"), reverse=True)]

    def newest(self) -> Version | None:
        """The version that was applied, or found, last."""
        paths = sorted(self._folder.glob("*.json"))
        return _read(paths[-1]) if paths else None

    def get(self, number: int) -> Version:
        """One version.

        Raises:
            DeskRefusal: it is not there, or not any more.

        """
        path = self._folder / f"{number:06}.json"
        if not path.is_file():
            raise DeskRefusal("no-such-version", f"There is no version {number}.", f"The last {KEPT} are kept.")
        return _read(path)

    def add(self, version: Version) -> None:
        """Write a version down."""
        put_file(self._folder / f"{version.name}.json", version.record.encode())

    def thin(self) -> list[Version]:
        """Let the oldest go; those that stay."""
        versions = self.all()
        for version in versions[KEPT:]:
            (self._folder / f"{version.name}.json").unlink(missing_ok=True)
        return versions[:KEPT]


def _read(path: Path) -> Version:
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        return Version(**{**said, "changed": tuple(said["changed"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StationError(
            "desk-damaged", f"{path.name} cannot be read: {error}.", "Move it away, or put it back from a copy."
        ) from error
