"""Replacing several files of a station's folder as one: whoever dies in the middle of it leaves no mixture.

What is to come is first put whole into a folder beside the station's (`<station>.desk`), content by content, under the
hash of each. Then one file, the *intent*, says what goes where: once it is on disk the replacement has happened, and
whatever is not yet done of it is done by `finish_replacing` at the next start. Until then no reader takes the folder:
`interrupted` is a fault, and a fault keeps a station from being read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError

__all__ = [
    "Intent",
    "Shelf",
    "begin_replacing",
    "content_hash",
    "desk_of",
    "finish_replacing",
    "interrupted",
    "put_file",
]

DESK_SUFFIX = ".desk"
INTENT_FILE = "replacing.json"
OBJECTS = "objects"
VERSIONS = "versions"

Probe = Callable[[str], None]
"""Told each point that a replacement passes; for tests that end it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to stand in the folder: a content's hash for each file that changes, None for one that goes.

    `version` is the name of the record of it, and `record` what that says.
    """

    files: Mapping[str, str | None]
    version: str
    record: str


class Shelf:
    """Contents by their hash, each in a file of its own; what is there never changes.

    Args:
        desk: the folder beside the station's.

    """

    def __init__(self, desk: Path) -> None:
        self._folder = desk / OBJECTS

    def put(self, content: bytes, *, durable: bool = True) -> str:
        """Keep a content; its hash. One that is not `durable` may be gone if the machine loses its power now."""
        name = content_hash(content)
        path = self._folder / name
        if not path.exists() or path.stat().st_size != len(content):
            put_file(path, content, durable=durable)
        return name

    def has(self, name: str) -> bool:
        """Whether there is a content with this hash."""
        return (self._folder / name).is_file()

    def get(self, name: str) -> bytes:
        """The content with this hash.

        Raises:
            StationError: it is not there, or is not what was put there.

        """
        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            raise _damaged(f"{name} cannot be read: {error.strerror}") from error
        if content_hash(content) != name:
            raise _damaged(f"{name} is not what was put there")
        return content

    def sweep(self, kept: set[str]) -> int:
        """Let everything go that is not among `kept`; how many that were."""
        gone = [path for path in self._folder.glob("*") if path.name not in kept]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)


def desk_of(folder: Path) -> Path:
    """The folder beside a station's: its drafts, its versions, and what is being replaced."""
    whole = folder.resolve()
    return whole.with_name(whole.name + DESK_SUFFIX)


def content_hash(content: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def put_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Put a content into a file in one move, and, if it is to be `durable`, have it on disk before this returns.

    Raises:
        OSError: the file is as it was.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if durable:
        _sync(path.parent)


def begin_replacing(folder: Path, intent: Intent, probe: Probe = lambda _: None) -> None:
    """Replace files of a station's folder. The contents must be on the shelf.

    Raises:
        OSError: nothing has happened, or, once the intent is on disk, the rest is to be finished.

    """
    desk = desk_of(folder)
    said = {"files": dict(intent.files), "version": intent.version, "record": intent.record}
    probe("begin")
    put_file(desk / INTENT_FILE, json.dumps(said, ensure_ascii=False).encode())
    probe("intent")
    finish_replacing(folder, probe)


def finish_replacing(folder: Path, probe: Probe = lambda _: None) -> bool:
    """Finish what was interrupted, however often that was; whether there was anything.

    Raises:
        StationError: what it needs is damaged.
        OSError: the folder cannot be written; call it again when it can.

    """
    desk = desk_of(folder)
    intent = _read(desk / INTENT_FILE)
    if intent is None:
        return False
    shelf = Shelf(desk)
    contents = {name: None if item is None else shelf.get(item) for name, item in intent.files.items()}
    for name, content in contents.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
            _sync((folder / name).parent)
        else:
            put_file(folder / name, content)
        probe(f"moved {name}")
    put_file(desk / VERSIONS / f"{intent.version}.json", intent.record.encode())
    probe("recorded")
    (desk / INTENT_FILE).unlink()
    _sync(desk)
    return True


def interrupted(folder: Path, faults: Faults) -> None:
    """A fault if the folder's files are a mixture of two stations."""
    if (desk_of(folder) / INTENT_FILE).exists():
        faults.add(
            str(folder), "folder", "was being replaced when the hub ended", "start the hub, which finishes it first"
        )


def _read(path: Path) -> Intent | None:
    try:
        said: Any = json.loads(path.read_bytes())
        return Intent(files=said["files"], version=said["version"], record=said["record"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(f"{path.name} cannot be read: {error}") from error


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(what: str) -> StationError:
    return StationError(
        "desk-damaged", f"The plan desk's folder is damaged: {what}.", "Put it back from a copy, or move it away."
    )
