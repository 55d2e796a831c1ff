"""`stationmaster check`, `plan`, `draw` and `import`: what a person reads of a station's folder.

The station's own loader knows nothing of subsystems; this is where guidance's check of layouts is handed to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.console.track_plan.drawing import draw as drawn
from stationmaster.station.check import check_station
from stationmaster.station.importing import ImportReport
from stationmaster.station.importing import import_timetable as import_into
from stationmaster.station.load import load_station, read_station
from stationmaster.station.own_drawing import DRAWING_FILE
from stationmaster.station.plan_text import plans_csv, plans_json
from stationmaster.station.plans import plan_days
from stationmaster.station.reading import HelpfulFaults
from stationmaster_base.errors import ConfigurationError, Fault, StationError
from stationmaster_guidance.check import check_layout

__all__ = ["check", "draw", "import_gtfs", "import_timetable", "plan"]

FAULTY = 1


def check(folder: Path) -> int:
    """Print every fault of a station's folder; 0 if there is none, else 1."""
    report = check_station(folder, layout_check=check_layout)
    _print(report.faults)
    _print(report.warnings, "warning: ")
    if not report.good:
        sys.stdout.write(f"{folder}: {_count(len(report.faults), 'fault')}.\n")
        return FAULTY
    sys.stdout.write("".join(f"{line}\n" for line in (*report.summary, f"{folder}: no faults.")))
    return 0


def plan(folder: Path, first: date, days: int, *, form: str = "csv", out: Path | None = None) -> int:
    """Write the plans of some service dates, as CSV or JSON, to a file or for a person to read.

    Raises:
        ConfigurationError: with every fault of the station's folder.
        StationError: the file cannot be written.

    """
    station = load_station(folder)
    text = {"csv": plans_csv, "json": plans_json}[form](station, plan_days(station, first, days))
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise StationError("plan-not-written", f"{out} cannot be written: {error.strerror}.") from error
    sys.stdout.write(f"The plans of {_count(days, 'date')} from {first.isoformat()} on are in {out}.\n")
    return 0


def draw(folder: Path, *, out: Path | None = None) -> int:
    """Write the track plan that is made from a station's data, as SVG, to a file or to standard output.

    What the folder has as a drawing of its own does not matter: it may be what is to be replaced.

    Raises:
        ConfigurationError: with every other fault of the station's folder.
        StationError: the file cannot be written.

    """
    faults = HelpfulFaults()
    station = read_station(folder, faults)
    others = [fault for fault in faults if fault.file != DRAWING_FILE]
    if others:
        raise ConfigurationError(others)
    svg = drawn(station.configuration).svg
    if out is None:
        sys.stdout.write(svg.decode())
        return 0
    try:
        out.write_bytes(svg)
    except OSError as error:
        raise StationError("plan-not-written", f"{out} cannot be written: {error.strerror}.") from error
    sys.stdout.write(f"The track plan is in {out}.\n")
    return 0


def import_timetable(file: Path, folder: Path, *, without_track: bool = False) -> int:
    """Bring a timetable into a station's folder and say what came of it; 0 if it was written, else 1.

    With `without_track`, rows for which no track is free come in without one.
    """
    return _say(import_into(file, folder, allow_unallotted=without_track), folder)


def import_gtfs(
    feed: Path,
    folder: Path,
    *,
    stops: tuple[str, ...],
    classes: tuple[tuple[str, str], ...] = (),
    tracks: tuple[tuple[str, str], ...] = (),
    route_types: tuple[tuple[int, int], ...] = (),
    number_from: str = "trip_short_name",
    without_track: bool = False,
) -> int:
    """Bring one station of a GTFS feed into a station's folder; what is not brought in is listed. 0 if written, else 1.

    The options are those of `GtfsOptions`.
    """
    calls: Any = import_module("stationmaster.station.gtfs_calls")
    importing: Any = import_module("stationmaster.station.gtfs_importing")
    options = calls.GtfsOptions(
        stops=stops, classes=classes, tracks=tracks, route_types=route_types or calls.RAIL, number_from=number_from
    )
    made = importing.import_gtfs(feed, folder, options, allow_unallotted=without_track)
    code = _say(made.report, folder)
    for left in made.left_out:
        sys.stdout.write(f"left out: {_count(len(left.trips), 'trip')}: {left.reason}\n")
        sys.stdout.write("".join(f"  {trip}\n" for trip in left.trips))
    return code


def _say(report: ImportReport, folder: Path) -> int:
    _print(report.faults)
    _print(report.warnings, "warning: ")
    if not report.written:
        sys.stdout.write(f"Nothing was imported: {_count(len(report.faults), 'fault')}.\n")
        return FAULTY
    sys.stdout.write(f"{_told(report, folder)}\n")
    return 0


def _told(report: ImportReport, folder: Path) -> str:
    parts = [f"{_count(report.rows, 'call')} imported into {folder}."]
    if report.allotted:
        parts.append(f"{report.allotted} were given a track.")
    for item in report.unallotted:
        parts.append(f"\n{item.row.number} (line {item.row.line}) has no track: {item.reason}")
    if report.names_added:
        parts.append(f"{_count(len(report.names_added), 'station')} added to names.csv, named by pinyin: mend them.")
    if report.backup is not None:
        parts.append(f"The timetable before is {report.backup.name}.")
    return " ".join(parts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _print(faults: Iterable[Fault], before: str = "") -> None:
    for fault in faults:
        sys.stdout.write(f"{before}{fault}\n")
