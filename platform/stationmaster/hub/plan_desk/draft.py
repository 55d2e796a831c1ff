"""The draft: which of the station's files somebody has changed and not yet applied.

There is one, shared by all who edit: a station's files refer to each other, so two drafts that are good each by itself
may be bad together, and everybody should see what the next station is to be. Who changed a file last stands with it.
A file's draft remembers what was used when it was written, so that a file that somebody changes in the folder itself
is not undone in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stationmaster.station.replacing import content_hash, put_file
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant

__all__ = ["Draft", "DraftBook", "DraftedFile"]

DRAFT_FILE = "draft.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedFile:
    """What is drafted of one file: the hash of its content, None: it is to go. `live` is what was used then."""

    shown: str | None
    live: str | None
    by: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The drafted files by name."""

    files: Mapping[str, DraftedFile] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Tells one draft from another; empty if nothing is drafted."""
        said = [f"{name} {file.shown} {file.live}" for name, file in sorted(self.files.items())]
        return content_hash("\n".join(said).encode())[:32] if said else ""

    def put(self, name: str, file: DraftedFile) -> Draft:
        """The draft with another state of a file; one that says what is used is no draft any more."""
        others = {item: known for item, known in self.files.items() if item != name}
        return replace(self, files=others if file.shown == file.live else {**others, name: file})

    def drop(self, name: str) -> Draft:
        """The draft without a file."""
        return replace(self, files={item: known for item, known in self.files.items() if item != name})


class DraftBook:
    """The draft on disk, in one file that is replaced as a whole.

    Args:
        desk: the folder beside the station's.

    """

    def __init__(self, desk: Path) -> None:
        self._path = desk / DRAFT_FILE

    def read(self) -> Draft:
        """The draft as it is.

        Raises:
            StationError: it is damaged.

        """
        try:
            said: Any = json.loads(self._path.read_bytes())
            return Draft(files={name: DraftedFile(**file) for name, file in said["files"].items()})
        except FileNotFoundError:
            return Draft()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StationError(
                "desk-damaged", f"{self._path.name} cannot be read: {error}.", "Move it away: the draft is lost then."
            ) from error

    def write(self, draft: Draft) -> None:
        """Keep a draft; an empty one leaves no file."""
        if not draft.files:
            self._path.unlink(missing_ok=True)
            return
        files = {
            name: {"shown": file.shown, "live": file.live, "by": file.by, "at": file.at}
            for name, file in draft.files.items()
        }
        put_file(self._path, json.dumps({"files": files}, ensure_ascii=False, indent=1).encode())
