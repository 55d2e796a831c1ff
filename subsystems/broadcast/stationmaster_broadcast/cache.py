"""Sounds that have been made, kept by what they say, so that a due announcement starts at once.

A file's name is the hash of everything that makes it sound as it does. The folder is bounded: what was not used for
longest goes first. Whatever is deleted from it is simply made again.
"""

from __future__ import annotations

import re
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["SoundCache"]

_LOG = get_logger("cache")
_NAME = re.compile(r"[0-9a-f]{64}\.wav\Z")


class SoundCache:
    """A folder of wave files by key.

    Args:
        folder: where they are; made if it is not there. Drafts that a crash left there are removed.
        limit: bytes that all of them may have together.

    Raises:
        StationError: `sound-folder` if the folder cannot be made or read.

    """

    def __init__(self, folder: Path, limit: int) -> None:
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
        """Where a part of the sound may be put while it is made."""
        return self._folder / f"{key}.{part}.part"

    def find(self, key: str) -> Path | None:
        """The file of this key, which thereby becomes the most recently used; None if it has to be made."""
        size = self._sizes.pop(key, None)
        path = self.path(key)
        if size is None or not path.is_file():
            self._total -= size or 0
            return None
        self._sizes[key] = size
        return path

    def keep(self, key: str) -> None:
        """The file of this key has been written; others go if there is no room for all."""
        self._total -= self._sizes.pop(key, 0)
        self._add(key, self.path(key).stat().st_size)
        while self._total > self._limit and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            self._total -= self._sizes.pop(oldest)
            try:
                self.path(oldest).unlink(missing_ok=True)
            except OSError as error:
                _LOG.warning("sound-not-removed", file=oldest, problem=str(error), todo="free the disk by hand")

    def _add(self, key: str, size: int) -> None:
        self._sizes[key] = size
        self._total += size
