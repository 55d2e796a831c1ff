"""A folder as a zone's output: each sound becomes a wave file there, for a player of somebody else's to take.

The file is there as a whole or not at all, as loud as it is to be heard. It is beside the record of what was said,
which has all sounds of all zones in any case.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers.output import Changed, Ended
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.reel import amplified
from stationmaster_broadcast.loudspeakers.sinks import sound_name
from stationmaster_broadcast.speech.sound import Sound, read_wave, write_wave
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["FolderOutput", "FolderSettings"]

LOOK_S = 2.0
"""Machine seconds between two looks at the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """Which folder, and how many files stay in it; the oldest go first."""

    folder: Path
    keep: int = 1000

    @staticmethod
    def from_table(table: Table, folder: Path) -> FolderSettings:
        """Read `folder` and `keep`; finish is left."""
        return FolderSettings(
            folder=folder / table.text("folder"), keep=table.integer("keep", 1000, low=1, high=1_000_000)
        )


class FolderOutput:
    """One folder; an `Output`.

    Args:
        name: the output's.
        settings: which folder.
        reactor: machine time.
        now: station time, for the files' names.

    """

    kind = "file"
    patience_s = 3.0

    def __init__(self, name: str, settings: FolderSettings, *, reactor: MachineTime, now: Callable[[], float]) -> None:
        self.name = name
        self.problem = ""
        self.detail = str(settings.folder)
        self._settings = settings
        self._reactor = reactor
        self._now = now
        self._changed: Changed | None = None
        self._look: DelayedCall | None = None

    def start(self, changed: Changed) -> None:
        """See whether the folder takes files, and go on doing so."""
        self._changed = changed
        self._look_now()

    def stop(self) -> None:
        """Look no more."""
        self._changed = None
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def begin(self, saying: Saying, ended: Ended) -> _Lasting:
        """Write the file; it has ended when it would have been heard.

        Raises:
            StationError: `output-folder`: it cannot be written; `sound-file`: it cannot be read.

        """
        sound = read_wave(saying.recording.path)
        start = min(len(sound.samples), max(0, round(saying.offset_s * sound.rate)))
        heard = Sound(rate=sound.rate, samples=array("h", amplified(sound.samples[start:], saying.gain_db)))
        try:
            write_wave(self._free_name(saying.zone), heard)
            self._tidy()
        except OSError as error:
            self._has(f"{self._settings.folder} cannot be written to: {error.strerror or error}")
            raise StationError("output-folder", self.problem, "See the disk and the folder's rights.") from error
        self._has("")
        return _Lasting(self._reactor.callLater(heard.seconds, ended, ""))

    def _free_name(self, zone: str) -> Path:
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%dT%H%M%S")
        self._settings.folder.mkdir(parents=True, exist_ok=True)
        path = self._settings.folder / sound_name(stamp, zone)
        number = 2
        while path.exists():
            path = self._settings.folder / sound_name(stamp, zone, str(number))
            number += 1
        return path

    def _tidy(self) -> None:
        mine = sorted(self._settings.folder.glob("[0-9]*T[0-9]*-*.wav"), key=_age)
        for path in mine[: -self._settings.keep]:
            path.unlink(missing_ok=True)

    def _look_now(self) -> None:
        self._look = self._reactor.callLater(LOOK_S, self._look_now)
        folder = self._settings.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            room = os.statvfs(folder)
        except OSError as error:
            self._has(f"{folder} is not there: {error.strerror or error}")
            return
        if not os.access(folder, os.W_OK | os.X_OK):
            self._has(f"{folder} cannot be written to")
        elif not room.f_bavail:
            self._has(f"the disk of {folder} is full")
        else:
            self._has("")

    def _has(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            if self._changed is not None:
                self._changed()


def _age(path: Path) -> str:
    """Older files first: by the name without its ending, before which a second file of one second has its number."""
    return path.stem


class _Lasting:
    """A sound that somebody else plays; a `Sounding`. Its file stays when it is stopped."""

    def __init__(self, call: DelayedCall) -> None:
        self._call = call

    def stop(self) -> None:
        """Its end is not told."""
        if self._call.active():
            self._call.cancel()
