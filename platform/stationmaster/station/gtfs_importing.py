"""Importing a timetable from a GTFS feed: all of what can be said here, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from stationmaster.station.gtfs_archive import Archive
from stationmaster.station.gtfs_calls import CALENDAR_PREFIX, FeedCalls, GtfsOptions, LeftOut, timetable_of
from stationmaster.station.gtfs_feed import StopFeed, read_stop_feed
from stationmaster.station.importing import ImportReport, Target, bring_in, read_target
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.running_days import Calendar
from stationmaster.station.timetable import read_timetable
from stationmaster_base.configuration import Faults

__all__ = ["GtfsReport", "import_gtfs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsReport:
    """What came of an import from a feed: as of a timetable's, and which trips are not in it, by reason."""

    report: ImportReport
    left_out: tuple[LeftOut, ...] = ()


def import_gtfs(feed: Path, folder: Path, options: GtfsOptions, *, allow_unallotted: bool = False) -> GtfsReport:
    """Replace the timetable of the station in `folder` by what a feed says of its stop or stops.

    Calendars with exceptions go into `calendars.csv`, under ids that begin with `gtfs.`; those that people have put
    there stay, and so do those of the timetable before.

    Args:
        feed: the feed, a zip file.
        folder: the station's folder, as for `import_timetable`.
        options: which stops, and what the feed does not say.
        allow_unallotted: import rows for which there is no free track without one, instead of refusing.

    """
    faults = HelpfulFaults()
    target = read_target(folder, faults)
    if len(faults):
        return GtfsReport(report=ImportReport(written=False, rows=0, faults=tuple(faults)))
    read = _read(feed, target, options, faults)
    calls = timetable_of(read, options, target, faults)
    if not calls.rows and not len(faults):
        reasons = "; ".join(f"{len(each.trips)} {each.reason}" for each in calls.left_out)
        faults.add(feed.name, "stop_times.txt", f"no trip can be taken into the timetable ({reasons})", "another stop")
    report = bring_in(
        calls.rows,
        target,
        f"{feed.name}/stop_times.txt",
        faults,
        calendars=_calendars(calls, target),
        allow_unallotted=allow_unallotted,
    )
    return GtfsReport(report=replace(report, warnings=(*calls.warnings, *report.warnings)), left_out=calls.left_out)


def _read(feed: Path, target: Target, options: GtfsOptions, faults: Faults) -> StopFeed:
    archive = Archive(feed, faults)
    if not archive.opened:
        return StopFeed(stops=(), calls=())
    return read_stop_feed(archive, options.stops, target.station.zone, faults)


def _calendars(calls: FeedCalls, target: Target) -> tuple[Calendar, ...]:
    """The new ones, those that people have made, and those that the timetable before refers to."""
    before = read_timetable(target.folder, target.places, target.calendars, Faults())
    used = {row.days.calendar.id for row in before if row.days.calendar is not None}
    kept = [each for each in target.calendars if not each.id.startswith(CALENDAR_PREFIX) or each.id in used]
    both = {calendar.id: calendar for calendar in (*kept, *calls.calendars)}
    return tuple(both.values())
