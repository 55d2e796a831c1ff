"""Importing a timetable from a spreadsheet: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stationmaster.station.allotment import Unallotted, allot_tracks
from stationmaster.station.calendars import CALENDARS_FILE, calendars_text, read_calendars
from stationmaster.station.files import replace_text
from stationmaster.station.names import NAMES_FILE, added_warning, fill_names, names_text, read_names
from stationmaster.station.occupation import conflicts
from stationmaster.station.operations import read_operations
from stationmaster.station.places import read_places, read_station_file
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.running_days import Calendar
from stationmaster.station.spreadsheet import read_sheet
from stationmaster.station.timetable import TIMETABLE_FILE, TimetableRow, read_row, repeated_rows, timetable_text
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import Clearance, Name, Place, StationFacts

__all__ = ["ImportReport", "Target", "bring_in", "import_timetable", "read_target"]


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
class Target:
    """What an import needs to know of the folder that it goes into; `classes` are those that `station.toml` lists."""

    folder: Path
    station: StationFacts
    classes: tuple[str, ...]
    places: tuple[Place, ...]
    calendars: tuple[Calendar, ...]
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
        folder: the station's folder; only `station.toml`, `places.toml`, `calendars.csv`, `operations.csv` and
            `names.csv` must be good.
        allow_unallotted: import rows for which there is no free track without one, instead of refusing.

    """
    faults = HelpfulFaults()
    target = read_target(folder, faults)
    if len(faults):
        return ImportReport(written=False, rows=0, faults=tuple(faults))
    sheet = read_sheet(file, target.places, faults)
    read = [read_row(raw, target.places, file.name, faults, target.calendars) for raw in sheet.rows]
    rows = [row for row in read if row is not None]
    for row, earlier in repeated_rows(rows):
        faults.add(
            file.name, f"line {row.line}", f"{row.number} stands on line {earlier.line} already", "each call once"
        )
    report = bring_in(rows, target, file.name, faults, allow_unallotted=allow_unallotted)
    return replace(report, warnings=(*sheet.warnings, *report.warnings))


def read_target(folder: Path, faults: Faults) -> Target:
    """The folder as far as an import needs it."""
    station = read_station_file(folder, faults)
    languages = station.facts.languages
    return Target(
        folder=folder,
        station=station.facts,
        classes=station.classes,
        places=read_places(folder, languages, faults),
        calendars=read_calendars(folder, faults),
        names=read_names(folder, languages, faults) if (folder / NAMES_FILE).exists() else (),
        own=Name(id=dict(station.facts.names).get(languages[0], ""), names=station.facts.names),
    )


def bring_in(
    rows: Sequence[TimetableRow],
    target: Target,
    file: str,
    faults: Faults,
    *,
    calendars: Sequence[Calendar] | None = None,
    allow_unallotted: bool = False,
) -> ImportReport:
    """Write these rows as the folder's timetable, with tracks and names; if there is any fault, nothing.

    Args:
        rows: the timetable.
        target: the folder.
        file: where the rows come from, as reports show it.
        faults: what is wrong so far; if there is anything, this looks no further.
        calendars: all of the folder's calendars from now on; None leaves them as they are. Those that the timetable
            before refers to should be among them as they were, so that it can be put back.
        allow_unallotted: write rows for which there is no free track without one.

    """
    if len(faults):
        return ImportReport(written=False, rows=len(rows), faults=tuple(faults))
    classes = tuple(dict.fromkeys((*target.classes, *(row.train_class for row in rows))))
    operations = read_operations(target.folder, target.places, classes, rows, faults)
    worked = [operations.worked(row) for row in rows]
    allotted = allot_tracks(worked, target.places, target.station.clearance)
    if not allow_unallotted:
        for missing in allotted.unallotted:
            faults.add(
                file,
                f"line {missing.row.line}",
                f"{missing.row.number} has no track: {missing.reason}",
                "a track in the file, other times in [clearance], or importing it without track",
            )
    # A track that operations.csv gives is not put into the timetable, where it would hide what is changed there.
    whole = [
        row if before.track else replace(row, track=after.track)
        for row, before, after in zip(rows, worked, allotted.rows, strict=True)
    ]
    stations = (name for row in rows for name in (row.origin, row.destination))
    added = fill_names(target.known, stations, target.station.languages).names[len(target.known) :]
    backup = None if len(faults) else _write(whole, target, added, calendars, faults)
    return ImportReport(
        written=not len(faults),
        rows=len(rows),
        allotted=allotted.given,
        unallotted=allotted.unallotted,
        names_added=tuple(name.id for name in added),
        faults=tuple(faults),
        warnings=(
            *_conflict_warnings(file, allotted.rows, target.station.clearance),
            *(added_warning(name) for name in added),
        ),
        backup=backup,
    )


def _write(
    rows: Sequence[TimetableRow],
    target: Target,
    added: Sequence[Name],
    calendars: Sequence[Calendar] | None,
    faults: Faults,
) -> Path | None:
    """What the timetable refers to comes first, so that at no moment it refers to something that is not there."""
    folder = target.folder
    try:
        if added:
            replace_text(folder / NAMES_FILE, names_text((*target.names, *added), target.station.languages))
        if calendars is not None and tuple(calendars) != target.calendars:
            replace_text(folder / CALENDARS_FILE, calendars_text(calendars))
        backup = replace_text(folder / TIMETABLE_FILE, timetable_text(rows))
    except OSError as error:
        faults.add(str(folder), "folder", f"cannot be written: {error.strerror}", "a folder that this user may write")
        return None
    return backup


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
