"""Sounds that have been made, kept by what they say, so that a due announcement starts at once.

A file's name is the hash of everything that makes it sound as it does. The folder is bounded: what was not used for
longest goes first, and it goes too when the disk has no room left, before anything new is made. Whatever is deleted
from it is simply made again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["SoundCache"]

_LOG = get_logger("cache")
RESERVE = 16 << 20
"""Bytes of the disk that are left free, for what is being made and for whoever else writes there."""

_NAME = re.compile(r"[0-9a-f]{64}\.wav\Z")


def disk_free(folder: Path) -> int:
    """Bytes that can still be written there."""
    return shutil.disk_usage(folder).free


class SoundCache:
    """A folder of wave files by key.

    Args:
        folder: where they are; made if it is not there. Drafts that a crash left there are removed.
        limit: bytes that all of them may have together.
        free: how many bytes the disk of a folder has left.

    Raises:
        StationError: `sound-folder` if the folder cannot be made or read.

    """

    def __init__(self, folder: Path, limit: int, free: Callable[[Path], int] = disk_free) -> None:
        self.full = False
        """Whether the disk had no room at the last look, with nothing left here that could go."""
        self._free = free
        self._folder = folder
        self._limit = limit
        self._sizes: dict[str, int] = {}  # the least recently used first
        self._total = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = sorted((entry.stat().st_mtime_ns, entry) for entry in folder.iterdir() if entry.is_file())
            for _, entry in found:
                if _NAME.match(entry.name):
                    self._add(entry.stem, entry.stat().st_size)
                elif entry.name.endswith(".part"):
                    entry.unlink()
            for mark in folder.glob("*.passing"):
                self.drop(mark.stem)
                mark.unlink(missing_ok=True)
        except OSError as error:
            raise StationError(
                "sound-folder",
                f"{folder} cannot be used for sounds: {error}.",
                "Give the process a folder to write in.",
            ) from error

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return self._total

    def __len__(self) -> int:
        return len(self._sizes)

    def path(self, key: str) -> Path:
        """Where the sound of this key is or will be."""
        return self._folder / f"{key}.wav"

    def draft(self, key: str, part: int) -> Path:
        """Where a part of the sound may be put while it is made; makes room on the disk first."""
        self._make_room()
        return self._folder / f"{key}.{part}.part"

    def find(self, key: str) -> Path | None:
        """The file of this key, which thereby becomes the most recently used; None if it has to be made."""
        size = self._sizes.pop(key, None)
        path = self.path(key)
        if size is None or not path.is_file():
            self._total -= size or 0
            return None
        self._sizes[key] = size
        try:
            os.utime(path)  # so that the order holds after a new start as well
        except OSError as error:
            _LOG.debug("sound-not-touched", file=key, problem=str(error))
        return path

    def keep(self, key: str, *, passing: bool = False) -> None:
        """The file of this key has been written; others go if there is no room for all.

        A `passing` one (another engine stood in) is gone after a new start.
        """
        if passing:
            self._mark(key).touch()
        else:
            self._mark(key).unlink(missing_ok=True)
        self._total -= self._sizes.pop(key, 0)
        self._add(key, self.path(key).stat().st_size)
        while self._total > self._limit and len(self._sizes) > 1:
            self._drop(next(iter(self._sizes)))

    def drop(self, key: str) -> None:
        """Forget the sound of this key: it will be made again."""
        if key in self._sizes:
            self._drop(key)

    def _make_room(self) -> None:
        try:
            while self._free(self._folder) < RESERVE and self._sizes:
                self._drop(next(iter(self._sizes)))
            full = self._free(self._folder) < RESERVE
        except OSError as error:
            _LOG.warning("disk-not-seen", folder=str(self._folder), problem=str(error), todo="see the disk")
            return
        if full and not self.full:
            _LOG.error("disk-full", folder=str(self._folder), todo="free the disk: no new announcement can be made")
        self.full = full

    def _drop(self, key: str) -> None:
        self._total -= self._sizes.pop(key)
        try:
            self.path(key).unlink(missing_ok=True)
            self._mark(key).unlink(missing_ok=True)
        except OSError as error:
            _LOG.warning("sound-not-removed", file=key, problem=str(error), todo="free the disk by hand")

    def _mark(self, key: str) -> Path:
        return self._folder / f"{key}.passing"

    def _add(self, key: str, size: int) -> None:
        self._sizes[key] = size
        self._total += size
