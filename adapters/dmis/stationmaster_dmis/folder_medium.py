"""Telegrams in files, as a security gateway (网闸) puts them into a folder.

A file holds frames with their delimiters. It is taken when it has had the same size and time for two looks, so one
that is being written is left alone; names that begin with a dot or end in `.part` or `.tmp` are never taken, nor are
folders. Files are taken in the order of their names. A file that held telegrams goes to `done/`, anything else to
`bad/`; each of them keeps its newest 100. How old the news in a file is counts from when the file came to this machine
(its ctime, which whoever brings it cannot set), so that files that lay there while nobody looked do not pass for fresh.
Nothing in a file is ever run, links are not followed, and a file that is too large is not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.logging import get_logger
from stationmaster_dmis.medium import Receive, unheard
from stationmaster_dmis.settings import FolderPlace
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["FolderMedium"]

_LOG = get_logger("line")

_LOOK_S = 0.5
_LARGEST = 1 << 20
"""Bytes of a file: a full state of 900 calls is about 32 thousand."""
_AT_ONCE = 32
"""Files taken at one look; the others wait for the next."""
_KEPT = 100
_UNFINISHED = (".part", ".tmp")
_DONE, _BAD = "done", "bad"

_Seen = tuple[int, int, int]
"""Inode, size, ctime in nanoseconds."""


class FolderMedium:
    """One folder.

    Args:
        settings: which.
        reactor: machine time.
        wall: the machine's clock, the one that files' times are of.
        frames: how many telegrams the line has taken so far; shows whether a file held any.

    """

    kind = "folder"

    def __init__(
        self, settings: FolderPlace, reactor: MachineTime, *, wall: Callable[[], float], frames: Callable[[], int]
    ) -> None:
        self.place = str(settings.folder)
        self.is_open = False
        self.dropped = 0
        self._folder = settings.folder
        self._reactor = reactor
        self._wall = wall
        self._frames = frames
        self._before: dict[str, _Seen] = {}
        self._stuck: dict[str, _Seen] = {}
        self._looking: DelayedCall | None = None
        self._receive: Receive = unheard
        self._interrupted: Callable[[], None] = lambda: None
        self._complained = False

    def start(self, receive: Receive, interrupted: Callable[[], None]) -> None:
        """Begin to look."""
        self._receive, self._interrupted = receive, interrupted
        self._look()

    def stop(self) -> None:
        """Look no more."""
        if self._looking is not None and self._looking.active():
            self._looking.cancel()
        self._looking = None
        self.is_open = False

    def _look(self) -> None:
        self._looking = self._reactor.callLater(_LOOK_S, self._look)
        try:
            found = self._listing()
        except OSError as error:
            if not self._complained:
                self._complained = True
                _LOG.warning(
                    "folder-missing", folder=self.place, problem=str(error), todo="make it; it is looked for again"
                )
            self.is_open = False
            return
        if not self.is_open:
            self.is_open, self._complained = True, False
            _LOG.info("folder-opened", folder=self.place)
        before, self._before = self._before, found
        self._stuck = {name: seen for name, seen in self._stuck.items() if found.get(name) == seen}
        ready = [name for name in sorted(found) if before.get(name) == found[name] and name not in self._stuck]
        for name in ready[:_AT_ONCE]:
            self._take(name, found[name])

    def _listing(self) -> dict[str, _Seen]:
        found = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        continue
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # whoever brings them took it away again
                found[entry.name] = (status.st_ino, status.st_size, status.st_ctime_ns)
        return found

    def _take(self, name: str, seen: _Seen) -> None:
        frames = self._frames()
        try:
            data, age_s = self._read(self._folder / name)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.dropped += 1
            _LOG.warning("file-refused", file=name, problem=str(error), todo=f"see {_BAD}/ in {self.place}")
            self._move(name, seen, _BAD)
            return
        self._receive(data, age_s)
        self._interrupted()
        self._move(name, seen, _DONE if self._frames() > frames else _BAD)

    def _read(self, path: Path) -> tuple[bytes, float]:
        """Its bytes, and how many seconds ago it came.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no file, or too large.

        """
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("it is no file")
            if status.st_size > _LARGEST:
                raise ValueError(f"{status.st_size} bytes are more than {_LARGEST}")
            return opened.read(_LARGEST), max(0.0, self._wall() - status.st_ctime)

    def _move(self, name: str, seen: _Seen, where: str) -> None:
        """Put it away; one that cannot be is remembered, so that it is not taken again."""
        target = self._folder / where
        try:
            target.mkdir(exist_ok=True)
            (self._folder / name).rename(target / name)
            kept = sorted(target.iterdir(), key=lambda path: path.lstat().st_ctime_ns)
            for path in kept[:-_KEPT]:
                path.unlink()
        except OSError as error:
            self._stuck[name] = seen
            _LOG.warning("file-stays", file=name, problem=str(error), todo=f"let the hub write to {self.place}")
