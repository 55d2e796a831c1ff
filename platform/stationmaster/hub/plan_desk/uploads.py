"""Bringing an upload into the draft: a child process reads it, and only what it made of it comes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from stationmaster.hub.plan_desk.checking import laid_out
from stationmaster.hub.plan_desk.files import LARGEST_FILE
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster_base.errors import Fault, StationError

__all__ = ["LARGEST_UPLOAD", "Importer", "LeftOutTrips", "Upload", "UploadReport", "UploadResult", "WithoutTrack"]

LARGEST_UPLOAD = 100_000_000
"""Bytes: feeds of whole countries are about that large."""

PATIENCE_S = 120.0
"""Machine seconds after which the child is ended, whatever it does."""

MOST_SAID = 200
"""Faults, warnings and rows that a report names."""

TIMETABLE, NAMES, CALENDARS = "timetable.csv", "names.csv", "calendars.csv"
KINDS = ("timetable", "gtfs")
NUMBERS_FROM = ("trip_short_name", "trip_id")

_ZIP = b"PK"
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is to be imported: a kind of `KINDS`, the content, and what the person says of it; see `GtfsOptions`.

    The content may be large, and is read once, from where it stands; who reads it closes it.
    """

    kind: str
    content: BinaryIO
    without_track: bool = False
    stops: tuple[str, ...] = ()
    classes: tuple[tuple[str, str], ...] = ()
    tracks: tuple[tuple[str, str], ...] = ()
    number_from: str = NUMBERS_FROM[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutTrack:
    """A row for which no track is free, and why."""

    number: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutTrips:
    """Trips of a feed that are not in the timetable, and why."""

    reason: str
    trips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReport:
    """What came of an upload. `drafted`: it is in the draft now; if not, nothing has changed, and `faults` say why."""

    drafted: bool
    rows: int
    allotted: int = 0
    unallotted: tuple[WithoutTrack, ...] = ()
    names_added: tuple[str, ...] = ()
    left_out: tuple[LeftOutTrips, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """A report, and the files that the import made."""

    report: UploadReport
    contents: Mapping[str, bytes]


class Importer:
    """Starts a child for each upload, one at a time. It is used in a thread; `stop` may come from another."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, upload: Upload, contents: Mapping[str, bytes]) -> UploadResult:
        """Import an upload into a station's files.

        Raises:
            DeskRefusal: it takes too long or too much, or no report comes of it.

        """
        with laid_out(contents) as folder:
            file = _stored(upload, folder)
            said = self._ask(upload, file, folder)
            if said.get("problem"):
                raise DeskRefusal("import-refused", str(said["problem"]), "Make it smaller, or import a part of it.")
            report = _report(said)
            made = _made(folder, contents) if report.drafted else {}
        return UploadResult(report=report, contents=made)

    def stop(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.kill()

    def _ask(self, upload: Upload, file: Path, folder: Path) -> dict[str, Any]:
        asked = {
            "kind": upload.kind,
            "file": str(file),
            "folder": str(folder),
            "without_track": upload.without_track,
            "stops": upload.stops,
            "classes": upload.classes,
            "tracks": upload.tracks,
            "number_from": upload.number_from,
            "most": MOST_SAID,
        }
        with subprocess.Popen(
            [sys.executable, "-m", "stationmaster.hub.plan_desk.import_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as child:
            self._child = child
            try:
                out, err = child.communicate(json.dumps(asked).encode(), PATIENCE_S)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise DeskRefusal("import-refused", "It takes too long to read.", "Import a part of it.") from error
            finally:
                self._child = None
        code = child.returncode
        if code < 0:
            raise DeskRefusal("import-refused", "It takes more time or memory to read than an upload may.", "A part.")
        try:
            said: dict[str, Any] = json.loads(out)
            if "written" not in said and "problem" not in said:
                raise ValueError(f"it said {out[:100]!r}")
        except ValueError as error:
            last = "".join(err.decode("utf-8", "replace").strip().splitlines()[-1:])[:300] or str(error)
            raise StationError("import-failed", f"It could not be read: {last}", "Report this.") from error
        return said


def _stored(upload: Upload, folder: Path) -> Path:
    """The upload as a file, under a name of ours."""
    with upload.content as content:
        begins = content.read(len(_ZIP))
        table = ".xlsx" if begins == _ZIP else ".csv"
        file = folder / f"upload{'.zip' if upload.kind == 'gtfs' else table}"
        with file.open("wb") as stored:
            stored.write(begins)
            shutil.copyfileobj(content, stored, _AT_ONCE)
    return file


def _made(folder: Path, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that are not what they were, of those that an import writes."""
    found = {}
    for name in (TIMETABLE, NAMES, CALENDARS):
        path = folder / name
        if not path.is_file():
            continue
        if path.stat().st_size > LARGEST_FILE:
            raise DeskRefusal("import-refused", f"{name} would have {path.stat().st_size} bytes.", "Import a part.")
        content = path.read_bytes()
        if content != before.get(name):
            found[name] = content
    return found


def _report(said: dict[str, Any]) -> UploadReport:
    return UploadReport(
        drafted=said["written"],
        rows=said["rows"],
        allotted=said["allotted"],
        unallotted=tuple(WithoutTrack(**each) for each in said["unallotted"]),
        names_added=tuple(said["names_added"]),
        left_out=tuple(
            LeftOutTrips(reason=each["reason"], trips=tuple(each["trips"])) for each in said.get("left_out", [])
        ),
        faults=tuple(Fault(**each) for each in said["faults"]),
        warnings=tuple(Fault(**each) for each in said["warnings"]),
    )
