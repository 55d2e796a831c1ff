"""Importing a timetable from a spreadsheet: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster.station.allotment import Unallotted, allot_tracks
from stationmaster.station.files import replace_text
from stationmaster.station.names import NAMES_FILE, added_warning, fill_names, names_text, read_names
from stationmaster.station.occupation import Clearance, conflicts
from stationmaster.station.places import read_places, read_station_file
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.spreadsheet import read_sheet
from stationmaster.station.timetable import TIMETABLE_FILE, TimetableRow, read_row, repeated_rows, timetable_text
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import Name, Place

__all__ = ["ImportReport", "import_timetable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of an import.

    `written` says whether the folder now holds the timetable; if not, it is as it was, and `faults` say why.
    `allotted` counts the rows that were given a track here, `unallotted` are those for which there was none.
    `names_added` are stations that were not in `names.csv`, now there with their pinyin.
    `backup` is the timetable that stood there before; None if there was none or it was the same.
    """

    written: bool
    rows: int
    allotted: int = 0
    unallotted: tuple[Unallotted, ...] = ()
    names_added: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    backup: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Into:
    """What an import needs to know of the folder that it goes into."""

    languages: tuple[str, ...]
    clearance: Clearance
    places: tuple[Place, ...]
    names: tuple[Name, ...]
    own: Name

    @property
    def known(self) -> tuple[Name, ...]:
        """All names that need not be added: those of `names.csv` and the station's own."""
        return self.names if self.own.id in {name.id for name in self.names} else (*self.names, self.own)


def import_timetable(file: Path, folder: Path, *, allow_unallotted: bool = False) -> ImportReport:
    """Replace the timetable of the station in `folder` by the one in `file`.

    Any fault, in the file or in what the folder says of the station, leaves the folder as it was. `names.csv` is
    written before `timetable.csv`: if the machine stops between the two, some stations are named that no train serves.

    Args:
        file: what a person gives; see `spreadsheet` for what it may look like.
        folder: the station's folder; only `station.toml`, `places.toml` and `names.csv` must be good.
        allow_unallotted: import rows for which there is no free track without one, instead of refusing.

    """
    faults = HelpfulFaults()
    into = _read_folder(folder, faults)
    if len(faults):
        return ImportReport(written=False, rows=0, faults=tuple(faults))
    sheet = read_sheet(file, into.places, faults)
    read = [read_row(raw, into.places, file.name, faults) for raw in sheet.rows]
    rows = [row for row in read if row is not None]
    for row, earlier in repeated_rows(rows):
        faults.add(
            file.name, f"line {row.line}", f"{row.number} stands on line {earlier.line} already", "each call once"
        )
    if len(faults):
        return ImportReport(written=False, rows=len(rows), faults=tuple(faults), warnings=sheet.warnings)
    allotted = allot_tracks(rows, into.places, into.clearance)
    if not allow_unallotted:
        for missing in allotted.unallotted:
            faults.add(
                file.name,
                f"line {missing.row.line}",
                f"{missing.row.number} has no track: {missing.reason}",
                "a track in the file, other times in [allotment], or importing it without track",
            )
    stations = (name for row in rows for name in (row.origin, row.destination))
    added = fill_names(into.known, stations, into.languages).names[len(into.known) :]
    backup = None if len(faults) else _write(folder, allotted.rows, into, added, faults)
    return ImportReport(
        written=not len(faults),
        rows=len(rows),
        allotted=allotted.given,
        unallotted=allotted.unallotted,
        names_added=tuple(name.id for name in added),
        faults=tuple(faults),
        warnings=(
            *sheet.warnings,
            *_conflict_warnings(file.name, allotted.rows, into.clearance),
            *(added_warning(name) for name in added),
        ),
        backup=backup,
    )


def _read_folder(folder: Path, faults: Faults) -> _Into:
    station = read_station_file(folder, faults)
    languages = station.facts.languages
    places = read_places(folder, languages, faults)
    names = read_names(folder, languages, faults) if (folder / NAMES_FILE).exists() else ()
    own = Name(id=dict(station.facts.names).get(languages[0], ""), names=station.facts.names)
    return _Into(languages=languages, clearance=station.clearance, places=places, names=names, own=own)


def _write(
    folder: Path, rows: Sequence[TimetableRow], into: _Into, added: Sequence[Name], faults: Faults
) -> Path | None:
    try:
        if added:
            replace_text(folder / NAMES_FILE, names_text((*into.names, *added), into.languages))
        return replace_text(folder / TIMETABLE_FILE, timetable_text(rows))
    except OSError as error:
        faults.add(str(folder), "folder", f"cannot be written: {error.strerror}", "a folder that this user may write")
        return None


def _conflict_warnings(file: str, rows: Sequence[TimetableRow], clearance: Clearance) -> tuple[Fault, ...]:
    """Tracks are given by people as well, and people may have their reasons."""
    return tuple(
        Fault(
            file=file,
            place=f"line {conflict.second.line}",
            problem=f"{conflict.second.number} and {conflict.first.number} (line {conflict.first.line}) "
            f"are on track {conflict.track} at the same time",
            allowed="another track, or none to have one allotted",
        )
        for conflict in conflicts(rows, clearance)
    )
