"""Keeps the folder of spoken announcements within its bounds; the log of what was said stays whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.studio import Offload
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Shelves", "tidy"]

_LOG = get_logger("shelves")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

EVERY = 900.0
"""Machine seconds between two looks."""


def tidy(folder: Path, *, days: int, limit: int) -> int:
    """Delete sounds of all but the last `days` service dates, then the oldest until all take at most `limit` bytes.

    A sound under the names of several zones counts once, and takes its room until the last of them is deleted.

    Returns:
        how many names were deleted.

    Raises:
        OSError: the folder cannot be read or written.

    """
    shelves = sorted(entry for entry in folder.iterdir() if entry.is_dir() and _DAY.match(entry.name))
    deleted = 0
    for shelf in shelves[:-days]:
        deleted += _empty(shelf)
    sounds = sorted((path.parent.name, path.name, path) for shelf in shelves[-days:] for path in shelf.glob("*.wav"))
    statuses = {path: path.stat() for _, _, path in sounds}
    names = Counter(status.st_ino for status in statuses.values())
    total = sum({status.st_ino: status.st_size for status in statuses.values()}.values())
    for _, _, path in sounds:
        if total <= limit:
            break
        path.unlink(missing_ok=True)
        deleted += 1
        status = statuses[path]
        names[status.st_ino] -= 1
        if not names[status.st_ino]:
            total -= status.st_size
    return deleted


def _empty(shelf: Path) -> int:
    count = 0
    for path in list(shelf.iterdir()):
        path.unlink(missing_ok=True)
        count += 1
    shelf.rmdir()
    return count


class Shelves(Service):
    """Tidies at the start and now and then.

    Args:
        reactor: machine time.
        offload: runs what takes long away from the reactor.
        folder: the folder of sounds.
        days: how many service dates are kept.
        limit: how many bytes are kept.

    """

    def __init__(self, reactor: MachineTime, offload: Offload, folder: Path, *, days: int, limit: int) -> None:
        self._reactor = reactor
        self._offload = offload
        self._tidy: Callable[[], int] = lambda: tidy(folder, days=days, limit=limit)
        self._next: DelayedCall | None = None
        self._working: Deferred[None] = succeed(None)

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._look()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        if self._next is not None:
            self._next.cancel()
            self._next = None
        return self._working

    def _look(self) -> None:
        self._next = self._reactor.callLater(EVERY, self._look)
        self._working = self._offload(self._tidy).addCallbacks(_tidied, _not_tidied)


def _tidied(count: int) -> None:
    if count:
        _LOG.info("sounds-deleted", count=count)


def _not_tidied(failure: Failure) -> None:
    failure.trap(OSError)
    _LOG.warning("sounds-not-deleted", problem=failure.getErrorMessage(), todo="see that the folder can be written")
