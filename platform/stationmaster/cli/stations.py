"""`stationmaster check` and `stationmaster import`: what a person reads of a station's folder.

The station's own loader knows nothing of subsystems; this is where guidance's check of layouts is handed to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from stationmaster.station.check import check_station
from stationmaster.station.importing import ImportReport
from stationmaster.station.importing import import_timetable as import_into
from stationmaster_base.errors import Fault
from stationmaster_guidance.check import check_layout

__all__ = ["check", "import_timetable"]

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


def import_timetable(file: Path, folder: Path, *, without_track: bool = False) -> int:
    """Bring a timetable into a station's folder and say what came of it; 0 if it was written, else 1.

    With `without_track`, rows for which no track is free come in without one.
    """
    report = import_into(file, folder, allow_unallotted=without_track)
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
