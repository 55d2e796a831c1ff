"""Which files a station's folder consists of, as far as the plan desk gives and takes them.

A name is one of a list or of one pattern, and nothing that is sent ever becomes a path in another way. Files are text
in UTF-8, of bounded size.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.station.replacing import content_hash

__all__ = [
    "ABSENT",
    "LARGEST_FILE",
    "MOST_LAYOUTS",
    "FileKind",
    "kind_of",
    "live_files",
    "others",
    "proper_text",
    "tag_of",
]

LARGEST_FILE = 4_000_000
"""Bytes of one file: ten thousand rows of timetable are a tenth of it."""

MOST_LAYOUTS = 200

ABSENT = "-"
"""Stands for the hash of a file that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What is known of a file by its name; without one that is `needed` there is no station."""

    needed: bool
    rows: bool = False
    """Whether it is a table with a line for each row."""


_NAMED: Mapping[str, FileKind] = {
    "station.toml": FileKind(needed=True),
    "places.toml": FileKind(needed=True),
    "boards.toml": FileKind(needed=True),
    "zones.toml": FileKind(needed=True),
    "rules.toml": FileKind(needed=True),
    "templates.toml": FileKind(needed=True),
    "timetable.csv": FileKind(needed=True, rows=True),
    "operations.csv": FileKind(needed=False, rows=True),
    "calendars.csv": FileKind(needed=False, rows=True),
    "names.csv": FileKind(needed=True, rows=True),
    "pronunciations.csv": FileKind(needed=False, rows=True),
    "devices.toml": FileKind(needed=False),
    "plan.toml": FileKind(needed=False),
    "plan.svg": FileKind(needed=False),
}
_LAYOUT = re.compile(r"layouts/[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.toml")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LAYOUT_KIND = FileKind(needed=False)


def kind_of(name: str) -> FileKind:
    """What a file is.

    Raises:
        DeskRefusal: no file of a station is called so.

    """
    kind = _LAYOUT_KIND if _LAYOUT.fullmatch(name) else _NAMED.get(name)
    if kind is None:
        raise DeskRefusal(
            "no-such-file", f"No file of a station is called {name[:80]!r}.", f"{', '.join(_NAMED)}, layouts/<id>.toml"
        )
    return kind


def others(than: Collection[str]) -> tuple[str, ...]:
    """Files that a station may have besides these; layouts, of which there may be any number, are not among them."""
    return tuple(name for name in _NAMED if name not in than)


def live_files(folder: Path) -> dict[str, bytes]:
    """The contents of the station's files as they are used, by name, in the order in which a person reads them.

    A file that is larger than any may be, or of no proper name, is none of the desk's business and is left out.

    Raises:
        OSError: one cannot be read.

    """
    layouts = sorted((folder / "layouts").glob("*.toml"))[:MOST_LAYOUTS]
    names = [*_NAMED, *(name for path in layouts if _LAYOUT.fullmatch(name := f"layouts/{path.name}"))]
    paths = {name: folder / name for name in names}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.is_file() and path.stat().st_size <= LARGEST_FILE
    }


def proper_text(name: str, text: str) -> bytes:
    """The content of a file with this text.

    Raises:
        DeskRefusal: it is too large, or no text.

    """
    wrong = _NO_TEXT.search(text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        raise DeskRefusal("not-text", f"{name}, line {line}: U+{ord(wrong[0]):04X} is no text.", "UTF-8 text")
    content = text.encode()
    if len(content) > LARGEST_FILE:
        raise DeskRefusal("file-too-large", f"{name} has {len(content)} bytes.", f"At most {LARGEST_FILE}.")
    return content


def tag_of(shown: bytes | None, live: bytes | None) -> str:
    """What tells one state of a file from another: what is drafted of it, and what is used."""
    return ".".join(ABSENT if content is None else content_hash(content) for content in (shown, live))
