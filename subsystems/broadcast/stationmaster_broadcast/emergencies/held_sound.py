"""Sounds that are there whatever becomes of the disk: the emergency tone and what is said after it.

What plays wants a file. A held sound is kept in memory, and its file is where it should be or is put there again; where
that is not possible (a full disk, a folder that is gone) it is a file in memory, which every program of this machine
reads as any other.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.sound import Sound, read_wave, wave_bytes

__all__ = ["HeldSound"]

_LOG = get_logger("emergency")


class HeldSound:
    """One sound.

    Args:
        path: where its file shall be.
        data: what the file holds, a whole wave file.
        seconds: how long it lasts.

    """

    def __init__(self, path: Path, data: bytes, seconds: float) -> None:
        self.seconds = seconds
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._path = path
        self._data = data
        self._memory: int | None = None

    @staticmethod
    def of(path: Path, sound: Sound) -> HeldSound:
        """A sound that was made here, to be held at `path`."""
        return HeldSound(path, wave_bytes(sound), sound.seconds)

    @staticmethod
    def read(source: Path, path: Path) -> HeldSound:
        """The sound in the file `source`, to be held at `path` from now on.

        Raises:
            StationError: `sound-file`: it is not whole, or no sound.
            OSError: it cannot be read.

        """
        seconds = read_wave(source).seconds
        return HeldSound(path, source.read_bytes(), seconds)

    def recording(self) -> Recording:
        """The sound as something that can be played: its file is there, if there can be one at all."""
        path = self._path
        if not self.put():
            try:
                path = self._in_memory()
            except OSError as error:  # no descriptor is left either: what plays will say that there is no file
                _LOG.error("sound-not-in-memory", file=str(path), problem=str(error), todo="start the process anew")
        return Recording(key=self.sha256, path=path, seconds=self.seconds, sha256=self.sha256)

    def put(self) -> bool:
        """See that the file is where it should be; whether it is."""
        try:
            if self._path.is_file() and self._path.read_bytes() == self._data:
                return True
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".part")
            try:
                draft.write_bytes(self._data)
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            _LOG.warning("sound-not-on-disk", file=str(self._path), problem=str(error), todo="see the disk")
            return False
        return True

    def close(self) -> None:
        """Let go of the memory that stands in for the file."""
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None

    def _in_memory(self) -> Path:
        if self._memory is None:
            self._memory = os.memfd_create(self._path.stem, os.MFD_CLOEXEC)
            left = memoryview(self._data)
            while left:
                left = left[os.write(self._memory, left) :]
        return Path(f"/proc/{os.getpid()}/fd/{self._memory}")
