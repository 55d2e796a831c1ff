"""The process that reads an upload: `python -m stationmaster.hub.plan_desk.import_child`, one upload each.

What is uploaded comes from anywhere, so it is read where nothing can be hurt: in a process with limits on its memory,
its time and the size of what it writes, on a copy of the draft. It says what came of it as one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stationmaster.station.gtfs_calls import RAIL, GtfsOptions
from stationmaster.station.gtfs_importing import import_gtfs
from stationmaster.station.importing import ImportReport, import_timetable
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.workbook import archive_faults
from stationmaster_base.errors import Fault

__all__ = ["limit", "main"]

MEMORY = 1_500_000_000
"""Bytes of address space; the reading of a large sheet takes a third of it."""

SECONDS = 60
"""Of processor."""

LARGEST_WRITTEN = 64_000_000

LARGEST_TABLE = 1_000_000_000
"""Bytes of one table of a feed, unpacked: it is read row by row."""


def main() -> int:
    """Read what standard input says, import it, and say what came of it."""
    limit(resource.setrlimit)
    asked: dict[str, Any] = json.loads(sys.stdin.read())
    try:
        said = _import(asked)
    except MemoryError:
        said = {"problem": "It needs more memory than an upload may."}
    json.dump(said, sys.stdout, ensure_ascii=False)
    return 0


def limit(set_limit: Callable[[int, tuple[int, int]], None]) -> None:
    """Bound this process for as long as it lives."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        set_limit(what, (most, most))


def _import(asked: dict[str, Any]) -> dict[str, Any]:
    file, folder = Path(asked["file"]), Path(asked["folder"])
    free: bool = asked["without_track"]
    most: int = asked["most"]
    if asked["kind"] == "timetable":
        return _said(import_timetable(file, folder, allow_unallotted=free), most)
    faults = HelpfulFaults()
    if not archive_faults(file, faults, largest=LARGEST_TABLE):
        return _said(ImportReport(written=False, rows=0, faults=tuple(faults)), most)
    options = GtfsOptions(
        stops=tuple(asked["stops"]),
        classes=tuple((route, name) for route, name in asked["classes"]),
        tracks=tuple((code, track) for code, track in asked["tracks"]),
        route_types=RAIL,
        number_from=asked["number_from"],
    )
    # What reads feeds comes with an extra of its own, and is looked for when a feed is opened.
    try:
        made = import_gtfs(file, folder, options, allow_unallotted=free)
    except ImportError:
        return {"problem": "Feeds cannot be read here: stationmaster[gtfs] is not installed."}
    left = [{"reason": each.reason, "trips": list(each.trips[:most])} for each in made.left_out]
    return {**_said(made.report, most), "left_out": left}


def _said(report: ImportReport, most: int) -> dict[str, Any]:
    """What is told of it, with so many of what there may be one of for each row: whoever is told has less memory."""
    return {
        "written": report.written,
        "rows": report.rows,
        "allotted": report.allotted,
        "unallotted": [
            {"number": each.row.number, "line": each.row.line, "reason": each.reason}
            for each in report.unallotted[:most]
        ],
        "names_added": list(report.names_added[:most]),
        "faults": _faults(report.faults[:most]),
        "warnings": _faults(report.warnings[:most]),
    }


def _faults(faults: tuple[Fault, ...]) -> list[dict[str, str]]:
    return [asdict(fault) for fault in faults]


if __name__ == "__main__":
    sys.exit(main())
